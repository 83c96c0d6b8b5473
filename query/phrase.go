package query

// phrase is a test of positions: the words of a phrase are in a text, in its order, or with so many moves.
//
// Each word of the phrase has an offset in it, and each place of the word in a text a shift, which is its position there
// less the offset. In an exact phrase all words have the same shift. The slop is how far the shifts may differ: so a
// word between two others costs 1, and two words that change places cost 2 (Lucene). A word that is in the phrase
// twice needs two places in the text.
type phrase struct {
	words   []int // by their numbers in a scan
	offsets []int // ascending
	before  []int // the index of the same word before, -1: there is none
	slop    int
	open    bool // the last word is a pattern, which another word of the phrase may match
	most    int  // how many words that stands for, for scores
}

// meets says whether the phrase is in the text. It tries the least shifts, one after the other: a word that has no place
// within the slop of a shift says how far the next one to try is. The cost is the number of words times that of shifts
// that are tried, which are no more than the text has positions.
func (p *phrase) meets(h *hits) bool {
	for _, w := range p.words {
		if !h.found[w] {
			return false
		}
	}
	h.at = h.at[:0]
	for range p.words {
		h.at = append(h.at, 0)
	}
	shift := h.places[p.words[0]][0] - p.offsets[0] - p.slop
	for {
		next, ok := p.fits(h, shift)
		if !ok || next == shift {
			return ok
		}
		shift = next
	}
}

// fits gives each word the first place that it may have with a shift. It returns the shift if that works, or the next
// one to try; ok is false if there is none.
func (p *phrase) fits(h *hits, shift int) (next int, ok bool) {
	for i, w := range p.words {
		places, at := h.places[w], h.at[i]
		if b := p.before[i]; b >= 0 {
			at = max(at, h.at[b]+1)
		}
		for at < len(places) && (places[at] < shift+p.offsets[i] || p.taken(h, i, places[at])) {
			at++
		}
		if at == len(places) {
			return 0, false
		}
		h.at[i] = at
		if least := places[at] - p.offsets[i] - p.slop; least > shift {
			return least, true
		}
	}
	return shift, true
}

// taken says whether a place of the pattern at the end is that of another word of the phrase.
func (p *phrase) taken(h *hits, i, place int) bool {
	if !p.open || i < len(p.words)-1 {
		return false
	}
	for j, w := range p.words[:i] {
		if h.places[w][h.at[j]] == place {
			return true
		}
	}
	return false
}
