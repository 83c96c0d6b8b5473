// Package phrase finds the places of phrases in texts.
package phrase

import (
	"cmp"
	"container/heap"
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
	queue  []int   // words, as a heap by their shifts
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
	number int // in the group
}

// keep notes where the word is that is furthest behind, before it goes on.
func (s *sloppy) keep(i int) { s.lead, s.at[i] = i, s.words[i].next-1 }

// place returns where the word is.
func (w *sloppyWord) place() int { return w.shift + w.offset }

// findGroups finds the words that share a place, which only one of them can have at a time. Words that share places with
// the same one are of one group.
func (s *sloppy) findGroups() {
	groups := 0
	for i := range s.words {
		for j := range i {
			if shareAny(s.words[i].places, s.words[j].places) {
				groups = s.join(i, j, groups)
			}
		}
	}
	s.groups = make([][]int, groups)
	for i := range s.words {
		if w := &s.words[i]; w.group >= 0 {
			w.number = len(s.groups[w.group])
			s.groups[w.group] = append(s.groups[w.group], i)
		}
	}
}

// join puts two words into one group, and returns how many groups there are then, of which some may be empty.
func (s *sloppy) join(i, j, groups int) int {
	a, b := &s.words[i], &s.words[j]
	switch {
	case a.group < 0 && b.group < 0:
		a.group, b.group = groups, groups
		return groups + 1
	case a.group < 0:
		a.group = b.group
	case b.group < 0:
		b.group = a.group
	default:
		for from, k := a.group, 0; k < len(s.words); k++ {
			if s.words[k].group == from {
				s.words[k].group = b.group
			}
		}
	}
	return groups
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
		heap.Push(s, i)
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

// The queue is a heap. That it is one shows in scores: see resolve.

func (s *sloppy) Len() int           { return len(s.queue) }
func (s *sloppy) Swap(i, j int)      { s.queue[i], s.queue[j] = s.queue[j], s.queue[i] }
func (s *sloppy) Push(word any)      { s.queue = append(s.queue, word.(int)) }
func (s *sloppy) Less(i, j int) bool { return s.isBehind(s.queue[i], s.queue[j]) }

func (s *sloppy) Pop() any {
	last := len(s.queue) - 1
	word := s.queue[last]
	s.queue = s.queue[:last]
	return word
}

// isBehind says whether a word is further behind than another.
func (s *sloppy) isBehind(i, j int) bool {
	a, b := &s.words[i], &s.words[j]
	return cmp.Or(a.shift-b.shift, a.offset-b.offset, i-j) < 0
}

// pop takes the word that is furthest behind out of the queue.
func (s *sloppy) pop() int { return heap.Pop(s).(int) }

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
			heap.Push(s, i)
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
//
// Words that have moved while they were in the queue have to go to another place there. Lucene takes words out of it until
// it has seen those, and puts all in again. It knows them by their number in their group, and so takes a word of another
// group for one of them: then some stay where they were, and the next word out of the queue need not be the one that is
// furthest behind.
func (s *sloppy) resolve(first int) (ok bool) {
	if s.words[first].group < 0 {
		return true
	}
	moved := map[int]bool{} // by the numbers in the group
	i := first
	for other := s.collision(i); other >= 0; other = s.collision(i) {
		i = s.lesser(i, other)
		if !s.advance(i) {
			return false
		}
		if other != first {
			moved[s.words[other].number] = true
		}
	}
	var out []int
	for len(moved) > 0 {
		i := s.pop()
		out = append(out, i)
		if w := &s.words[i]; w.group >= 0 {
			delete(moved, w.number)
		}
	}
	for _, i := range slices.Backward(out) {
		heap.Push(s, i)
	}
	return true
}
