package highlight

import (
	"container/heap"
	"math"
	"slices"
)

// passage is a part of the content that has matches.
type passage struct {
	stretch
	matches []match
	score   float32
}

// breaks are where passages may begin and end.
type breaks interface {
	// around returns the passage around the middle of a match: from the last break before one place to the first one
	// behind another. The places that it is called with ascend.
	around(before, behind int) stretch
}

// passages returns the best passages of a content, so many at most, in their order (Lucene: FieldHighlighter). Each
// goes from a break before its first match to a break behind that.
func passages(c *content, matches []match, b breaks, most int) []passage {
	best := &passageHeap{}
	var p passage
	keep := func() {
		if len(p.matches) == 0 {
			return
		}
		p.score = p.weigh(len(c.units))
		heap.Push(best, p)
		if best.Len() > most {
			heap.Pop(best)
		}
	}
	last := 0
	for _, m := range matches {
		if m.start >= p.to || len(p.matches) == 0 {
			keep()
			middle := m.start + (m.end-m.start)/2
			around := b.around(max(m.start+1, middle), min(m.end-1, middle))
			around.from = min(m.start, max(around.from, last))
			around.to = max(m.end, min(around.to, len(c.units)))
			p, last = passage{stretch: around}, around.to
		}
		p.matches = append(p.matches, m)
	}
	keep()
	list := []passage(*best)
	slices.SortFunc(list, func(a, b passage) int { return a.from - b.from })
	return list
}

// passageHeap has the worst passage at its top.
type passageHeap []passage

func (h passageHeap) Len() int      { return len(h) }
func (h passageHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h passageHeap) Less(i, j int) bool {
	if h[i].score != h[j].score {
		return h[i].score < h[j].score
	}
	return h[i].from < h[j].from
}
func (h *passageHeap) Push(p any) { *h = append(*h, p.(passage)) }
func (h *passageHeap) Pop() any {
	last := len(*h) - 1
	p := (*h)[last]
	*h = (*h)[:last]
	return p
}

// What a passage scores: that of a short document by BM25, with passages of a usual length for all documents, and a
// little more at the beginning of the content (Lucene: PassageScorer).
const (
	saturation  = float32(1.2)
	lengthShare = float32(0.75)
	usualLength = float32(87)
)

func (p *passage) weigh(length int) float32 {
	var order []string
	counts, inAll := map[string]int{}, map[string]int{}
	for _, m := range p.matches {
		if counts[m.label] == 0 {
			order = append(order, m.label)
			inAll[m.label] = m.frequency
		}
		counts[m.label]++
	}
	documents := 1 + float32(length)/usualLength
	norm := saturation * ((1 - lengthShare) + lengthShare*(float32(p.to-p.from)/usualLength))
	score := 0.0
	for _, label := range order {
		n := float32(counts[label])
		rarity := 1 + (float64(documents)+0.5)/(float64(inAll[label])+0.5)
		weight := (saturation + 1) * float32(math.Log(rarity))
		score += float64(n / (n + norm) * weight)
	}
	return float32(score * float64(1+1/float32(math.Log(float64(usualLength+float32(p.from))))))
}
