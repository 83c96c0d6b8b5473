package phrase

import (
	"cmp"
	"container/heap"
)

// Exactly calls yield with the places of the words wherever a phrase is in a text as it is, by their numbers in Places,
// until yield returns.
func Exactly(words []Word, yield func(at []int)) {
	at := make([]int, len(words))
	for first, place := range words[0].Places {
		at[0] = first
		if exactly(words, at, place-words[0].Offset) {
			yield(at)
		}
	}
}

// exactly takes the words behind the first one to the places that they have with a shift, from where they are on; ok is
// false if one has no such place.
func exactly(words []Word, at []int, shift int) (ok bool) {
	for i := 1; i < len(words); i++ {
		w := &words[i]
		for at[i] < len(w.Places) && w.Places[at[i]] < shift+w.Offset {
			at[i]++
		}
		if at[i] == len(w.Places) || w.Places[at[i]] != shift+w.Offset {
			return false
		}
	}
	return true
}

// Near calls yield with the places of the words wherever all are so near to one another that the words between them are
// no more than the slop, in whatever order (Lucene: SpanNearQuery).
func Near(words []Word, slop int, yield func(at []int)) {
	n := &near{words: words, at: make([]int, len(words)), queue: make([]int, len(words))}
	last := 0 // the place that is furthest ahead; as words only go on, so does it
	for i, w := range words {
		if len(w.Places) == 0 {
			return
		}
		n.queue[i] = i
		last = max(last, w.Places[0])
	}
	heap.Init(n)
	for {
		first := n.queue[0]
		if last+1-n.place(first)-len(words) <= slop {
			yield(n.at)
		}
		if n.at[first]++; n.at[first] == len(words[first].Places) {
			return
		}
		last = max(last, n.place(first))
		heap.Fix(n, 0)
	}
}

// near is words at their places, as a heap with the one that is furthest behind at the top.
type near struct {
	words []Word
	at    []int // the places of the words, by their numbers in Places
	queue []int // words
}

func (n *near) place(i int) int { return n.words[i].Places[n.at[i]] }

func (n *near) Len() int      { return len(n.queue) }
func (n *near) Swap(i, j int) { n.queue[i], n.queue[j] = n.queue[j], n.queue[i] }
func (n *near) Push(any)      {} // it has all words from the beginning to the end
func (n *near) Pop() any      { return nil }

func (n *near) Less(i, j int) bool {
	return cmp.Or(n.place(n.queue[i])-n.place(n.queue[j]), n.queue[i]-n.queue[j]) < 0
}
