package mapping

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Documents as Kuzzle hands them to Elasticsearch, and as that writes them again: the order of their members, and how
// many bytes each value has. Elasticsearch says in which column of that text it found what it refuses, so the column
// can be told only by who knows the text. The text itself is never made: its lengths are enough.
//
// The stored document is another thing. It keeps its bytes.

// Text is the text of a document as Elasticsearch parses it.
type Text struct {
	members []member
	w       writer
}

// Sent is a document as Kuzzle hands it on: that of create and replace. doc is compact, as in all that follows.
func Sent(doc []byte) Text { return Text{prepared(doc), javaScript} }

// Created is a document that an update or upsert creates: Elasticsearch writes it anew.
func Created(doc []byte) Text { return Text{prepared(doc), java} }

// Updated is what an update has made of a stored document.
func Updated(stored, changes, merged []byte) Text {
	return Text{preparedMerge(stored, changes, merged), java}
}

// A writer is whose text of a document counts.
type writer uint8

const (
	// javaScript is Kuzzle: the text of create and replace, which Elasticsearch parses as it comes.
	javaScript writer = iota

	// java is Elasticsearch: the text of update and upsert, which it writes anew before it looks at the document.
	java
)

// Names returns the names of the document's members, in the order in which Elasticsearch reads them.
func (t Text) Names() []string {
	names := []string{}
	for _, m := range t.members {
		names = append(names, unquoted(m.key))
	}
	return names
}

// member is a member of an object, as it was written.
type member struct {
	key, value []byte
}

// prepared returns the members of an object in JavaScript's order: first what looks like the index of an array, by
// number, then the rest as it came.
func prepared(obj []byte) []member {
	var members []member
	indexes := 0
	for key, value := range rawjson.Members(obj) {
		members = append(members, member{key, value})
		if arrayIndex(key) >= 0 {
			indexes++
		}
	}
	if indexes > 0 {
		slices.SortStableFunc(members, func(a, b member) int {
			return cmp.Compare(uint64(arrayIndex(a.key)), uint64(arrayIndex(b.key))) // -1 is beyond all others
		})
	}
	return members
}

// arrayIndex returns the number of a key that JavaScript takes for the index of an array, -1 for any other key.
func arrayIndex(key []byte) int64 {
	digits := key[1 : len(key)-1]
	if len(digits) == 0 || len(digits) > 10 || digits[0] < '0' || digits[0] > '9' || digits[0] == '0' && len(digits) > 1 {
		return -1
	}
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil || n >= math.MaxUint32 {
		return -1
	}
	return n
}

// preparedMerge returns the members of a document that an update has made of a stored one: those it had before, then
// the new ones, in the order in which Java's hash map of the changes has them. merged is the document as the store has
// it, which has all new members behind the old ones.
func preparedMerge(stored, changes, merged []byte) []member {
	var members []member
	for key, value := range rawjson.Members(merged) {
		members = append(members, member{key, value})
	}
	old := make(map[string]bool)
	for key := range rawjson.Members(stored) {
		old[unquoted(key)] = true
	}
	before := 0 // how many of the old ones are left
	for before < len(members) && old[unquoted(members[before].key)] {
		before++
	}
	if before == len(members) {
		return members
	}
	order := hashOrder(prepared(changes))
	place := make(map[string]int, len(order))
	for i, m := range order {
		place[unquoted(m.key)] = i
	}
	slices.SortStableFunc(members[before:], func(a, b member) int {
		return cmp.Compare(place[unquoted(a.key)], place[unquoted(b.key)])
	})
	return members
}

// hashOrder returns members in the order in which Java's HashMap has them that were put into it one by one: by the
// bucket of the key's hash, and as they came within a bucket. The number of buckets doubles once three quarters are
// used.
func hashOrder(members []member) []member {
	buckets := uint32(16)
	for len(members) > int(buckets)/4*3 {
		buckets *= 2
	}
	type placed struct {
		member
		bucket uint32
	}
	list := make([]placed, len(members))
	for i, m := range members {
		h := uint32(0)
		for _, unit := range utf16.Encode([]rune(unquoted(m.key))) {
			h = 31*h + uint32(unit)
		}
		list[i] = placed{m, (h ^ h>>16) & (buckets - 1)}
	}
	slices.SortStableFunc(list, func(a, b placed) int { return cmp.Compare(a.bucket, b.bucket) })
	ordered := make([]member, len(list))
	for i := range list {
		ordered[i] = list[i].member
	}
	return ordered
}

// unquoted returns what a JSON string says; for one with a lone surrogate, which no Go string can hold, its text.
func unquoted(raw []byte) string {
	s, err := rawjson.Unquote(raw)
	if err != nil {
		return string(raw)
	}
	return s
}

// width returns how many bytes w writes for a value, which is compact.
func (w writer) width(value []byte) int {
	n := 0
	for i := 0; i < len(value); {
		switch c := value[i]; {
		case c == '"':
			end, _ := rawjson.SkipString(value, i)
			n += w.stringWidth(value[i:end])
			i = end
		case c == '-' || '0' <= c && c <= '9':
			end := i + numberLength(value[i:])
			n += len(w.number(value[i:end]))
			i = end
		default: // punctuation, and the letters of true, false and null
			n++
			i++
		}
	}
	return n
}

// stringWidth returns how many bytes w writes for a string, which is as it was written, with its quotes. Both escape no
// more than they must; Java besides writes what lies beyond 16 bits as two escapes.
func (w writer) stringWidth(raw []byte) int {
	if w == javaScript && bytes.IndexByte(raw, '\\') < 0 {
		return len(raw)
	}
	n := len(`""`)
	for i := 1; i < len(raw)-1; {
		c := raw[i]
		switch {
		case c == '\\':
			width, size := w.escapeWidth(raw[i : len(raw)-1])
			n += width
			i += size
		case c >= 0xF0:
			n += w.pairWidth()
			i += 4
		default:
			n++
			i++
		}
	}
	return n
}

// pairWidth is how many bytes w writes for a character beyond 16 bits.
func (w writer) pairWidth() int {
	if w == java {
		return len(`\ud83d\ude00`)
	}
	return 4
}

// escapeWidth returns how many bytes w writes for the escape at the beginning of s, and how many it has there.
func (w writer) escapeWidth(s []byte) (width, size int) {
	if s[1] == '/' {
		return 1, 2
	}
	if s[1] != 'u' {
		return 2, 2
	}
	unit := hexUnit(s[2:6])
	switch {
	case unit == '"' || unit == '\\' || unit == '\b' || unit == '\f' || unit == '\n' || unit == '\r' || unit == '\t':
		return 2, 6
	case unit < ' ':
		return 6, 6
	case unit < 0x80:
		return 1, 6
	case unit < 0x800:
		return 2, 6
	case utf16.IsSurrogate(rune(unit)):
		if unit < 0xDC00 && len(s) >= 12 && s[6] == '\\' && s[7] == 'u' && hexUnit(s[8:12])&^0x3FF == 0xDC00 {
			return w.pairWidth(), 12
		}
		return 6, 6 // alone it stays an escape
	}
	return 3, 6
}

// hexUnit returns the value of four hexadecimal digits.
func hexUnit(digits []byte) uint64 {
	unit, _ := strconv.ParseUint(string(digits), 16, 32)
	return unit
}

// numberLength returns the length of the number at the beginning of s.
func numberLength(s []byte) int {
	n := bytes.IndexFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && r != '-' && r != '+' && r != '.' && r != 'e' && r != 'E'
	})
	if n < 0 {
		return len(s)
	}
	return n
}

// number returns how w writes a number.
func (w writer) number(raw []byte) string {
	text := javaScriptNumber(raw)
	if w == javaScript || !strings.ContainsAny(text, ".e") {
		return text
	}
	f, _ := strconv.ParseFloat(text, 64)
	if a := math.Abs(f); 1e-3 <= a && a < 1e7 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	digits, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', -1, 64), "E")
	if !strings.Contains(digits, ".") {
		digits += ".0"
	}
	n, _ := strconv.Atoi(exponent)
	return digits + "E" + strconv.Itoa(n)
}

// javaScriptNumber returns how JavaScript writes a number that it has read.
func javaScriptNumber(raw []byte) string {
	const exact = 15 // digits that a double holds
	if len(raw) <= exact && !bytes.ContainsAny(raw, ".eE-") {
		return string(raw)
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil { // infinite
		return "null"
	}
	if f == 0 {
		return "0" // and not -0
	}
	if a := math.Abs(f); 1e-6 <= a && a < 1e21 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	text := strconv.FormatFloat(f, 'e', -1, 64)
	if n := len(text); text[n-2] == '0' && (text[n-3] == '-' || text[n-3] == '+') { // e-07 is e-7
		text = text[:n-2] + text[n-1:]
	}
	return text
}
