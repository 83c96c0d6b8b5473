package query

import "strings"

// starSet is a set of patterns in which a star stands for any text. A text is matched piece by piece with all of them at
// once: each byte of it costs a word or two for 64 bytes of patterns, whatever they are. It does not change.
type starSet struct {
	words int           // of a starState
	steps [256][]uint64 // of a byte: the places in patterns where it is next; nil: nowhere
	stays []uint64      // the places behind a star: any byte leads to them again
	begin starState
	ends  []int // of each pattern, its last place
}

// starState is how far a text has been matched: the places in all patterns that it may have reached.
type starState []uint64

// newStarSet returns the set of some patterns.
func newStarSet(patterns []string) *starSet {
	places := 0
	for _, p := range patterns {
		places += len(p) - strings.Count(p, "*") + 1
	}
	s := &starSet{words: (places + 63) / 64}
	s.stays, s.begin = make([]uint64, s.words), make(starState, s.words)
	at := 0
	for _, p := range patterns {
		set(s.begin, at)
		for i := range len(p) {
			if p[i] == '*' {
				set(s.stays, at)
				continue
			}
			if s.steps[p[i]] == nil {
				s.steps[p[i]] = make([]uint64, s.words)
			}
			set(s.steps[p[i]], at)
			at++
		}
		s.ends = append(s.ends, at)
		at++
	}
	return s
}

func set(places []uint64, at int) { places[at/64] |= 1 << (at % 64) }

// next puts into to where a text leads to from a state, and says whether any pattern may still match. Both may be the
// same state.
func (s *starSet) next(to, from starState, text []byte) bool {
	copy(to, from)
	alive := uint64(0)
	for _, w := range to {
		alive |= w
	}
	for i := 0; i < len(text) && alive != 0; i++ {
		steps, carry := s.steps[text[i]], uint64(0)
		alive = 0
		for w, was := range to {
			is := was & s.stays[w]
			if steps != nil {
				stepped := was & steps[w]
				is |= stepped<<1 | carry
				carry = stepped >> 63
			}
			to[w] = is
			alive |= is
		}
	}
	return alive != 0
}

// last returns the last of the patterns that match what has led to a state; -1: none does.
func (s *starSet) last(state starState) int {
	for i := len(s.ends) - 1; i >= 0; i-- {
		if end := s.ends[i]; state[end/64]&(1<<(end%64)) != 0 {
			return i
		}
	}
	return -1
}
