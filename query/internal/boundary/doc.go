// Package boundary says where the sentences and the words of a text end, as java.text.BreakIterator does for all
// languages but Thai: Elasticsearch cuts what it highlights there.
//
// The rules are those of Java's documentation of its classes of characters; the automata were found by asking Java 17
// for the boundaries of short texts over one character of each class, and are compared with it in testdata. Which class
// a character has follows Go's tables of Unicode, which are of another version than Java's.
//
// A text is in UTF-16 units, as Java counts. The boundaries are ascending, and begin with 0 and end with the length of
// the text; an empty text has the one boundary 0. The cost is linear in the length of the text.
package boundary

import "unicode/utf16"

// runeAt returns the code point at a place, and how many units it has.
func runeAt(text []uint16, at int) (r rune, size int) {
	r = rune(text[at])
	if utf16.IsSurrogate(r) && at+1 < len(text) {
		if pair := utf16.DecodeRune(r, rune(text[at+1])); pair != '\uFFFD' {
			return pair, 2
		}
	}
	return r, 1
}

// split returns the boundaries of a text; next returns the one behind a place.
func split(text []uint16, next func(at int) int) []int {
	list := []int{0}
	for at := 0; at < len(text); {
		at = next(at)
		list = append(list, at)
	}
	return list
}
