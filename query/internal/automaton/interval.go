package automaton

import (
	"fmt"
	"strconv"
)

// interval matches decimal numbers from least to most. With a number of digits, they have just so many, with zeros in
// front; with 0, they have any number of zeros in front.
func (w *workshop) interval(least, most, digits int) (*graph, error) {
	if digits > 0 {
		return fixedDigits(padded(least, digits), padded(most, digits)), nil
	}
	var lengths []*graph
	smallest, largest := 0, 9 // of the numbers without zeros in front that have n digits
	for n := 1; n <= len(strconv.Itoa(most)); n++ {
		if lo, hi := max(least, smallest), min(most, largest); lo <= hi {
			lengths = append(lengths, fixedDigits(padded(lo, n), padded(hi, n)))
		}
		smallest, largest = largest+1, largest*10+9
	}
	limit := w.limit
	w.limit = max(limit, DefaultMaxStates) // a few hundred states at most: they do not count
	defer func() { w.limit = limit }()
	numbers, err := w.union(lengths)
	if err != nil {
		return nil, err
	}
	g, err := w.concatenate([]*graph{w.star(oneOf(set{{'0', '0'}})), numbers})
	if err != nil {
		return nil, err
	}
	return w.minimize(g)
}

func padded(n, digits int) string { return fmt.Sprintf("%0*d", digits, n) }

// fixedDigits matches the strings of digits from least to most, which are of one length.
//
// There are up to four states after each number of digits, by whether these digits are those of least, and whether they
// are those of most, so that the next digit may not be less, or more.
func fixedDigits(least, most string) *graph {
	g := newGraph(4*len(least) + 4)
	state := func(digits int, isLeast, isMost bool) int32 {
		s := int32(4 * digits)
		if !isLeast {
			s += 2
		}
		if !isMost {
			s++
		}
		return s
	}
	for i := range len(least) {
		for _, isLeast := range []bool{true, false} {
			for _, isMost := range []bool{true, false} {
				from := state(i, isLeast, isMost)
				for digit := byte('0'); digit <= '9'; digit++ {
					if isLeast && digit < least[i] || isMost && digit > most[i] {
						continue
					}
					to := state(i+1, isLeast && digit == least[i], isMost && digit == most[i])
					g.edges[from] = append(g.edges[from], edge{rune(digit), rune(digit), to})
				}
			}
		}
	}
	for s := 4 * len(least); s < len(g.accept); s++ {
		g.accept[s] = true
	}
	return g.finish().live(0)
}
