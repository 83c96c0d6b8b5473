package highlight

import (
	"cmp"
	"slices"

	"github.com/kuzzlite/kuzzlite/query/internal/marks"
	"github.com/kuzzlite/kuzzlite/query/internal/phrase"
)

// match is what is tagged: a word, or a phrase.
type match struct {
	start, end  int // in the content
	first, last int // positions
	label       string
	frequency   int // how often it is taken to be in the content
}

// matches returns what is found of some marks, a phrase as one match each time (Lucene: Weight.matches). Each counts as
// if it were the only one of its kind.
func (s *source) matches(met []*marks.Mark) (list []match) {
	for _, m := range met {
		w := s.watched[m]
		switch {
		case w == nil:
		case len(w.words) == 1:
			for _, p := range w.words[0].places {
				list = append(list, w.match(p, p))
			}
		default:
			w.phrase(func(at []int) {
				first, last := w.words[0].places[at[0]], w.words[0].places[at[0]]
				for i, word := range w.words {
					p := word.places[at[i]]
					first.start, first.position = min(first.start, p.start), min(first.position, p.position)
					last.end, last.position = max(last.end, p.end), max(last.position, p.position)
				}
				list = append(list, w.match(first, last))
			})
		}
	}
	slices.SortStableFunc(list, func(a, b match) int { return cmp.Or(a.first-b.first, a.last-b.last) })
	return list
}

func (w *watched) match(first, last place) match {
	m := match{first.start, last.end, first.position, last.position, w.Label, 1}
	if w.Label == "" || w.Each {
		m.label = first.term
	}
	return m
}

// phrase calls yield with the places of the words of a phrase, see package phrase.
func (w *watched) phrase(yield func(at []int)) {
	words := w.phraseWords()
	if w.Slop == 0 {
		phrase.Exactly(words, yield)
		return
	}
	phrase.Sloppy(words, w.Slop, func(_ int, at []int) { yield(at) })
}

func (w *watched) phraseWords() []phrase.Word {
	words := make([]phrase.Word, len(w.words))
	for i, word := range w.words {
		words[i].Offset = word.Offset
		for _, p := range word.places {
			words[i].Places = append(words[i].Places, p.position)
		}
	}
	return words
}

// words returns what is found of some marks word by word, those of a phrase where it is (Lucene's way before
// Weight.matches, which Elasticsearch goes for require_field_match: false). Each counts as often as it is there.
func (s *source) words(all []*marks.Mark) (list []match) {
	single := singleWords(all)
	for _, m := range all {
		w := s.watched[m]
		switch {
		case w == nil:
		case len(w.words) == 1:
			list = append(list, w.eachPlace(w.words[0])...)
		default:
			list = append(list, w.phraseWordsOutside(single)...)
			if last := w.words[len(w.words)-1]; last.Matcher != nil { // the beginning of a word, wherever it is
				list = append(list, w.eachPlace(last)...)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b match) int {
		return cmp.Or(a.start-b.start, a.end-b.end, cmp.Compare(a.label, b.label))
	})
	return list
}

// singleWords returns the words that are looked for outside of phrases.
func singleWords(all []*marks.Mark) map[string]bool {
	single := map[string]bool{}
	for _, m := range all {
		if len(m.Words) == 1 && m.Words[0].Matcher == nil {
			single[m.Words[0].Text] = true
		}
	}
	return single
}

// eachPlace returns what is found of a word.
func (w *watched) eachPlace(word *sought) (list []match) {
	for _, p := range word.places {
		list = append(list, w.match(p, p))
	}
	if w.Label == "" {
		countEach(list)
		return list
	}
	for i := range list {
		list[i].label, list[i].frequency = w.Label, len(list)
	}
	return list
}

// phraseWordsOutside returns the words of a phrase where it is, but for some words.
func (w *watched) phraseWordsOutside(of map[string]bool) (list []match) {
	take := func(at []int) {
		for i, word := range w.words {
			p := word.places[at[i]]
			if of[p.term] {
				continue
			}
			m := w.match(p, p)
			m.label = p.term
			list = append(list, m)
		}
	}
	if w.Slop == 0 {
		phrase.Exactly(w.phraseWords(), take)
	} else {
		phrase.Near(w.phraseWords(), w.Slop, take)
	}
	list = distinct(list)
	countEach(list)
	return list
}

// distinct sorts matches by their places, and leaves out what is there twice.
func distinct(list []match) []match {
	slices.SortStableFunc(list, func(a, b match) int { return cmp.Or(a.start-b.start, a.end-b.end) })
	return slices.CompactFunc(list, func(a, b match) bool { return a.start == b.start && a.end == b.end })
}

// countEach says of each match how often its label is there.
func countEach(list []match) {
	counts := map[string]int{}
	for _, m := range list {
		counts[m.label]++
	}
	for i := range list {
		list[i].frequency = counts[list[i].label]
	}
}

// merged merges lists of matches that are sorted by their places.
func merged(lists [][]match) []match {
	if len(lists) == 1 {
		return lists[0]
	}
	list := slices.Concat(lists...)
	slices.SortStableFunc(list, func(a, b match) int {
		return cmp.Or(a.start-b.start, a.end-b.end, cmp.Compare(a.label, b.label))
	})
	return list
}
