package query

import (
	"slices"

	phrases "github.com/kuzzlite/kuzzlite/query/internal/phrase"
)

// How often a phrase is in a field, for scores. With a slop a place where its words are moved counts less, and each place
// is found once.

// frequency returns how often the phrase is in the field.
func (p *phrase) frequency(h *hits) float32 {
	if p.slop > 0 {
		return p.sloppyFrequency(h)
	}
	n := 0
	for _, place := range h.places[p.words[0]] {
		shift := place - p.offsets[0]
		if p.isAt(h, shift) {
			n++
		}
	}
	return float32(n)
}

// isAt says whether all words have a place with a shift.
func (p *phrase) isAt(h *hits, shift int) bool {
	for i, w := range p.words {
		if _, ok := slices.BinarySearch(h.places[w], shift+p.offsets[i]); !ok {
			return false
		}
	}
	return true
}

// sloppyFrequency is frequency for a phrase with a slop.
func (p *phrase) sloppyFrequency(h *hits) (total float32) {
	words := make([]phrases.Word, len(p.words))
	for i, w := range p.words {
		words[i] = phrases.Word{Places: h.places[w], Offset: p.offsets[i]}
	}
	phrases.Sloppy(words, p.slop, func(length int, _ []int) { total += 1 / (1 + float32(length)) })
	return total
}
