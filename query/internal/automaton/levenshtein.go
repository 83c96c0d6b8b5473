package automaton

import "unicode/utf8"

// maxEdits is the largest number of edits that Lucene allows.
const maxEdits = 2

// band is how many cells of a row of the matrix of distances are kept: those for which the numbers of code points of
// the term and of the token differ by no more than maxEdits.
const band = 2*maxEdits + 1

// Levenshtein says how many edits lie between a term and tokens: code points that are inserted, deleted or replaced,
// and, if asked for, neighbours that change places. No part is edited twice (optimal string alignment), so that "ca"
// and "abc" are three edits apart.
type Levenshtein struct {
	term           string
	prefix         []rune // has to be the same
	rest           []rune
	edits          int
	transpositions bool
}

// Fuzzy makes a Levenshtein that allows a number of edits, from 0 to 2. Numbers beyond count as 0 or 2, because
// [ParseFuzziness] has refused them already. The first prefixLength code points of the term, or all it has, have to
// be the same, and do not change places with others. A byte that is not part of valid UTF-8 counts as U+FFFD.
//
// The empty term allows no edits, as in Lucene. Without edits, the bytes have to be the same.
func Fuzzy(term string, edits, prefixLength int, transpositions bool) *Levenshtein {
	runes := []rune(term)
	if term == "" {
		edits = 0
	}
	n := max(0, min(prefixLength, len(runes)))
	return &Levenshtein{
		term: term, prefix: runes[:n], rest: runes[n:],
		edits: max(0, min(edits, maxEdits)), transpositions: transpositions,
	}
}

// Match says whether the token is within the edits. It takes time linear in the length of the shorter one of the
// token and the term, and allocates nothing.
func (l *Levenshtein) Match(token []byte) bool {
	_, ok := distance(l, token)
	return ok
}

// MatchString is Match for a string.
func (l *Levenshtein) MatchString(token string) bool {
	_, ok := distance(l, token)
	return ok
}

// Distance returns the number of edits between the term and the token, and false if there are more than are allowed. It
// costs as much as Match.
func (l *Levenshtein) Distance(token []byte) (edits int, ok bool) { return distance(l, token) }

func distance[T string | []byte](l *Levenshtein, token T) (int, bool) {
	if string(token) == l.term {
		return 0, true
	}
	if l.edits == 0 {
		return 0, false
	}
	at := 0
	for _, want := range l.prefix {
		c, size := decode(token[at:])
		if c != want || size == 0 {
			return 0, false
		}
		at += size
	}
	d := restDistance(l, token[at:])
	return d, d <= l.edits
}

// Boost returns by what the score of a token counts, so many edits from the term: 1 without edits, else 1 less the edits
// per code point of the shorter one of the two. Of the tokens that match, Elasticsearch keeps those of the largest boosts
// (max_expansions), and of equal ones those that come first by their bytes. A boost can be negative, or be infinitely so
// for the empty token; the score then counts by 0, and the token matches all the same.
func (l *Levenshtein) Boost(token []byte, edits int) float32 {
	if edits == 0 {
		return 1
	}
	shorter := min(len(l.prefix)+len(l.rest), utf8.RuneCount(token))
	return 1 - float32(edits)/float32(shorter)
}

// row is a row of the matrix of distances, for j code points of the token. Cell k is for j+k-maxEdits code points of
// the term. It holds the number of edits, or far if there are more.
type row [band]uint8

const far = maxEdits + 1

// restDistance returns the distance of what follows the prefix in the token, or far.
func restDistance[T string | []byte](l *Levenshtein, token T) int {
	before, above := row{far, far, far, far, far}, row{far, far, 0, 1, 2} // the rows for j-2 and j-1
	last, j := rune(-1), 0
	for at := 0; at < len(token); j++ {
		if above.allAbove(l.edits) {
			return far // no row below can have fewer edits than one above it
		}
		c, size := decode(token[at:])
		before, above = above, l.nextRow(&before, &above, j+1, last, c)
		at, last = at+size, c
	}
	if k := len(l.rest) - j + maxEdits; k >= 0 && k < band {
		return int(above[k])
	}
	return far
}

// nextRow returns the row for j code points of the token, of which c is the last and last the one before, or -1.
func (l *Levenshtein) nextRow(before, above *row, j int, last, c rune) (current row) {
	for k := range current {
		current[k] = far
		i := j + k - maxEdits
		if i < 0 || i > len(l.rest) {
			continue
		}
		best := far
		if k+1 < band {
			best = min(best, int(above[k+1])+1) // c is inserted
		}
		if k > 0 {
			best = min(best, int(current[k-1])+1) // a code point of the term is deleted
		}
		if i > 0 {
			replaced := int(above[k])
			if l.rest[i-1] != c {
				replaced++
			}
			best = min(best, replaced)
		}
		if l.transpositions && i > 1 && l.rest[i-1] == last && l.rest[i-2] == c {
			best = min(best, int(before[k])+1)
		}
		current[k] = uint8(best)
	}
	return current
}

func (r *row) allAbove(edits int) bool {
	for _, cell := range r {
		if int(cell) <= edits {
			return false
		}
	}
	return true
}
