// Package phrase finds the places of phrases in texts.
package phrase

import (
	"math"
	"slices"
)

// Word is a word of a phrase, with its places in a text.
type Word struct {
	Places []int // positions, ascending
	Offset int   // in the phrase
}

// Sloppy calls yield for each place of a phrase whose words may be moved, with how far they are (Lucene:
// SloppyPhraseMatcher): from the words at their first places on, the word that is furthest behind goes to its next
// place, until it is no longer the last; the closest it came is a place of the phrase. at has the places of the words,
// by their numbers in Places, until yield returns.
func Sloppy(words []Word, slop int, yield func(length int, at []int)) {
	s := &sloppy{words: make([]sloppyWord, len(words)), at: make([]int, len(words))}
	for i, w := range words {
		if len(w.Places) == 0 {
			return
		}
		s.words[i] = sloppyWord{places: w.Places, offset: w.Offset, group: -1}
	}
	s.findGroups()
	for more := s.begin(); more; {
		var length int
		length, more = s.next(slop)
		if length > slop {
			continue
		}
		for i := range s.words {
			if i != s.lead {
				s.at[i] = s.words[i].next - 1
			}
		}
		yield(length, s.at)
	}
}

// sloppy is the search for a phrase with a slop.
type sloppy struct {
	words  []sloppyWord
	groups [][]int // the words that may take the places of one another, by their offsets
	queue  []int   // words, by their shifts
	end    int     // the largest shift there was
	at     []int   // the places of the words where the phrase is, see Sloppy
	lead   int     // the word that is furthest behind there: it has gone on since
}

// sloppyWord is a word of the phrase at one of its places.
type sloppyWord struct {
	places []int
	offset int
	next   int // in places
	shift  int // of the place
	group  int // -1: none
}

// keep notes where the word is that is furthest behind, before it goes on.
func (s *sloppy) keep(i int) { s.lead, s.at[i] = i, s.words[i].next-1 }

// place returns where the word is.
func (w *sloppyWord) place() int { return w.shift + w.offset }

// findGroups finds the words that share a place, which only one of them can have at a time.
func (s *sloppy) findGroups() {
	for i := range s.words {
		for j := range i {
			if !shareAny(s.words[i].places, s.words[j].places) {
				continue
			}
			g := s.words[j].group
			if g < 0 {
				g = len(s.groups)
				s.words[j].group = g
				s.groups = append(s.groups, []int{j})
			}
			s.words[i].group = g
			s.groups[g] = append(s.groups[g], i)
			break
		}
	}
}

// shareAny says whether two ascending lists have a number in common.
func shareAny(a, b []int) bool {
	for _, n := range a {
		if _, ok := slices.BinarySearch(b, n); ok {
			return true
		}
	}
	return false
}

// advance takes a word to its next place; ok is false if there is none.
func (s *sloppy) advance(i int) (ok bool) {
	w := &s.words[i]
	if w.next == len(w.places) {
		return false
	}
	w.shift = w.places[w.next] - w.offset
	w.next++
	s.end = max(s.end, w.shift)
	return true
}

// begin takes all words to their first places; ok is false if they do not have enough of them.
func (s *sloppy) begin() (ok bool) {
	s.end = math.MinInt32 // before any place
	for i := range s.words {
		s.advance(i)
	}
	for _, group := range s.groups {
		for _, i := range group {
			for other := s.collision(i); other >= 0; other = s.collision(i) {
				if !s.advance(s.lesser(i, other)) {
					return false
				}
			}
		}
	}
	for i := range s.words {
		s.push(i)
	}
	return true
}

// collision returns another word that is where a word is, -1 if there is none.
func (s *sloppy) collision(i int) int {
	w := &s.words[i]
	if w.group < 0 {
		return -1
	}
	for _, other := range s.groups[w.group] {
		if other != i && s.words[other].place() == w.place() {
			return other
		}
	}
	return -1
}

// lesser returns the word that is to give way to another.
func (s *sloppy) lesser(i, other int) int {
	a, b := &s.words[i], &s.words[other]
	if a.shift < b.shift || a.shift == b.shift && a.offset < b.offset {
		return i
	}
	return other
}

// push puts a word into the queue.
func (s *sloppy) push(i int) {
	at, _ := slices.BinarySearchFunc(s.queue, i, func(a, b int) int {
		x, y := &s.words[a], &s.words[b]
		switch {
		case x.shift != y.shift:
			return x.shift - y.shift
		case x.offset != y.offset:
			return x.offset - y.offset
		}
		return a - b
	})
	s.queue = slices.Insert(s.queue, at, i)
}

// pop takes the word that is furthest behind out of the queue.
func (s *sloppy) pop() int {
	first := s.queue[0]
	s.queue = slices.Delete(s.queue, 0, 1)
	return first
}

// next returns how far the words are from one another at the next place of the phrase, and whether there may be more.
// A length beyond the slop is no place.
func (s *sloppy) next(slop int) (length int, more bool) {
	i := s.pop()
	s.keep(i)
	length = s.end - s.words[i].shift
	ahead := s.words[s.queue[0]].shift
	for s.advance(i) {
		if !s.resolve(i) {
			break
		}
		if s.words[i].shift > ahead {
			s.push(i)
			if length <= slop {
				return length, true
			}
			i = s.pop()
			ahead = s.words[s.queue[0]].shift
			length = s.end - s.words[i].shift
		} else {
			length = min(length, s.end-s.words[i].shift)
		}
		s.keep(i)
	}
	return length, false
}

// resolve takes words on that are where another one is, after one has moved; ok is false if one has no more places.
func (s *sloppy) resolve(first int) (ok bool) {
	var moved []int
	i := first
	for other := s.collision(i); other >= 0; other = s.collision(i) {
		i = s.lesser(i, other)
		if !s.advance(i) {
			return false
		}
		if i != first && !slices.Contains(moved, i) {
			moved = append(moved, i)
		}
	}
	s.queue = slices.DeleteFunc(s.queue, func(i int) bool { return slices.Contains(moved, i) })
	for _, i := range moved {
		s.push(i)
	}
	return true
}
