// Package javascript sees JSON as a program in JavaScript does, since that is what Kuzzle and its clients are: numbers
// are rounded to 64 bits, of two equal keys the last one counts, and keys that are indexes of arrays come first.
package javascript

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"sync"
	"unicode/utf8"
)

// MaxDepth is how deeply a text may be nested: far more than Elasticsearch stores.
const MaxDepth = 10_000

// SyntaxError says what is wrong with a text, and where.
type SyntaxError struct {
	Offset int // in bytes from 0
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s in JSON at position %d", e.Reason, e.Offset)
}

// Normalize returns what JSON.stringify makes of what JSON.parse makes of a text, in memory of its own. Bytes that are
// no UTF-8 count as U+FFFD, as in Node. The error is a *SyntaxError. The cost is that of one pass over the text, and of
// sorting the keys of objects that need it.
func Normalize(src []byte) ([]byte, error) {
	if !utf8.Valid(src) {
		src = bytes.ToValidUTF8(src, []byte("\uFFFD"))
	}
	members := memberLists.Get().(*[]member)
	n := normalizer{src: src, out: make([]byte, 0, len(src)), members: (*members)[:0]}
	defer func() {
		if cap(n.members) <= mostMembers {
			*members = n.members
			memberLists.Put(members)
		}
	}()
	if err := n.value(0); err != nil {
		return nil, err
	}
	if n.space(); n.at < len(src) {
		return nil, n.unexpected()
	}
	n.flush()
	return n.out, nil
}

// memberLists is memory for the members of a normalizer.
var memberLists = sync.Pool{New: func() any { return new([]member) }}

// mostMembers is of how many members the memory is kept.
const mostMembers = 1024

// normalizer reads src from at on, and writes to out. What stays as it is, which is most of what the SDKs send, is copied
// when something comes that does not: src[copied:at] belongs behind out.
type normalizer struct {
	src     []byte
	at      int
	copied  int
	out     []byte
	members []member // of the objects that are open, the innermost last
}

// member is a member of an object: places in the output.
type member struct {
	from, value, to int // of the key, of the value, and the end
}

// place is where the output ends, with what is still to be copied.
func (n *normalizer) place() int { return len(n.out) + n.at - n.copied }

// flush copies what is to be copied.
func (n *normalizer) flush() {
	n.out = append(n.out, n.src[n.copied:n.at]...)
	n.copied = n.at
}

// written says that what comes next in src, up to a place there, is in out already, in another form, or left out.
func (n *normalizer) written(to int) { n.at, n.copied = to, to }

func (n *normalizer) unexpected() error {
	if n.at >= len(n.src) {
		return &SyntaxError{n.at, "Unexpected end"}
	}
	r, _ := utf8.DecodeRune(n.src[n.at:])
	return &SyntaxError{n.at, fmt.Sprintf("Unexpected token %q", r)}
}

// space steps over white space, which is left out.
func (n *normalizer) space() {
	if n.at >= len(n.src) || n.src[n.at] > ' ' {
		return
	}
	n.flush()
	for n.at < len(n.src) {
		switch n.src[n.at] {
		case ' ', '\t', '\n', '\r':
			n.written(n.at + 1)
		default:
			return
		}
	}
}

// peek returns the next byte that is no white space, 0 at the end.
func (n *normalizer) peek() byte {
	n.space()
	if n.at < len(n.src) {
		return n.src[n.at]
	}
	return 0
}

func (n *normalizer) value(depth int) error {
	if depth > MaxDepth {
		return &SyntaxError{n.at, fmt.Sprintf("More than %d levels", MaxDepth)}
	}
	switch c := n.peek(); {
	case c == '{':
		return n.object(depth)
	case c == '[':
		return n.array(depth)
	case c == '"':
		return n.text()
	case c == '-' || '0' <= c && c <= '9':
		return n.number()
	case c == 't':
		return n.word("true")
	case c == 'f':
		return n.word("false")
	case c == 'n':
		return n.word("null")
	}
	return n.unexpected()
}

func (n *normalizer) word(word string) error {
	for i := range len(word) {
		if n.at >= len(n.src) || n.src[n.at] != word[i] {
			return n.unexpected()
		}
		n.at++
	}
	return nil
}

func (n *normalizer) array(depth int) error {
	n.at++
	for first := true; ; first = false {
		if c := n.peek(); c == ']' && first {
			break
		} else if !first {
			if n.at++; c == ']' {
				n.at--
				break
			}
			if c != ',' {
				n.at--
				return n.unexpected()
			}
		}
		if err := n.value(depth + 1); err != nil {
			return err
		}
	}
	n.at++
	return nil
}

func (n *normalizer) object(depth int) error {
	begin, outer := n.place(), len(n.members)
	n.at++
	indexes := false
	for first := true; ; first = false {
		c := n.peek()
		if c == '}' {
			break
		}
		if !first {
			if c != ',' {
				return n.unexpected()
			}
			n.at++
			c = n.peek()
		}
		if c != '"' {
			return n.unexpected()
		}
		m := member{from: n.place()}
		if err := n.text(); err != nil {
			return err
		}
		m.value = n.place() + len(":")
		indexes = indexes || isIndex(n.key(m))
		if n.peek() != ':' {
			return n.unexpected()
		}
		n.at++
		if err := n.value(depth + 1); err != nil {
			return err
		}
		m.to = n.place()
		n.members = append(n.members, m)
	}
	n.at++
	if list := n.members[outer:]; indexes || n.hasTwins(list) {
		n.flush()
		n.out = append(n.out[:begin], n.reordered(list)...)
	}
	n.members = n.members[:outer]
	return nil
}

// key returns the key of a member, as it is in JSON without the quotes. Equal keys are equal there.
func (n *normalizer) key(m member) []byte {
	from, to := m.from+1, m.value-2
	if ahead := n.copied - len(n.out); m.from >= len(n.out) { // it is still to be copied, as a whole
		return n.src[from+ahead : to+ahead]
	}
	return n.out[from:to]
}

// fewMembers is up to how many keys are compared with one another without a map.
const fewMembers = 12

// hasTwins says whether two members have the same key.
func (n *normalizer) hasTwins(list []member) bool {
	if len(list) > fewMembers {
		seen := make(map[string]struct{}, len(list))
		for _, m := range list {
			seen[string(n.key(m))] = struct{}{}
		}
		return len(seen) < len(list)
	}
	for i, m := range list {
		for _, other := range list[:i] {
			if bytes.Equal(n.key(m), n.key(other)) {
				return true
			}
		}
	}
	return false
}

// reordered returns an object of members as JavaScript has it.
func (n *normalizer) reordered(list []member) []byte {
	places := map[string]int{}
	var order []member
	for _, m := range list {
		key := string(n.key(m))
		if i, ok := places[key]; ok {
			order[i] = m
			continue
		}
		places[key] = len(order)
		order = append(order, m)
	}
	slices.SortStableFunc(order, func(a, b member) int { return compareIndexes(n.key(a), n.key(b)) })
	out := []byte{'{'}
	for i, m := range order {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, n.out[m.from:m.to]...)
	}
	return append(out, '}')
}

// isIndex says whether a key is an index of an array: a whole number from 0 to 2^32-2, without leading zeros.
func isIndex(key []byte) bool {
	if len(key) == 0 || len(key) > 10 || key[0] == '0' && len(key) > 1 {
		return false
	}
	for _, c := range key {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(key) < 10 || string(key) <= "4294967294"
}

// compareIndexes puts indexes in front of all other keys, and in order.
func compareIndexes(a, b []byte) int {
	switch x, y := isIndex(a), isIndex(b); {
	case x && y && len(a) != len(b):
		return len(a) - len(b)
	case x && y:
		return bytes.Compare(a, b)
	case x:
		return -1
	case y:
		return 1
	}
	return 0
}

// text takes a string. What has no escapes is as JavaScript writes it.
func (n *normalizer) text() error {
	end, escaped, err := n.stringEnd()
	if err != nil {
		return err
	}
	if !escaped {
		n.at = end
		return nil
	}
	n.flush()
	n.out = append(n.out, '"')
	n.out = appendUnescaped(n.out, n.src[n.at+1:end-1])
	n.out = append(n.out, '"')
	n.written(end)
	return nil
}

// stringEnd returns the end of the string that begins here.
func (n *normalizer) stringEnd() (end int, escaped bool, err error) {
	i := plainEnd(n.src, n.at+1)
	for ; i < len(n.src); i++ {
		switch c := n.src[i]; {
		case c == '"':
			return i + 1, escaped, nil
		case c < ' ':
			n.at = i
			return 0, false, &SyntaxError{i, "Bad control character in string literal"}
		case c == '\\':
			escaped = true
			if i++; i >= len(n.src) || !isEscape(n.src[i:]) {
				n.at = min(i, len(n.src))
				return 0, false, &SyntaxError{n.at, "Bad escaped character"}
			}
		}
	}
	n.at = i
	return 0, false, &SyntaxError{i, "Unterminated string"}
}

// plainEnd steps over bytes of a string from i on that are only that, eight at a time, and returns where something else
// may be: a quote, a backslash or a control character.
func plainEnd(b []byte, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, backslash := w^'"'*ones, w^'\\'*ones
		if special := ((quote - ones) | (backslash - ones) | (w - ' '*ones)) &^ w & tops; special != 0 {
			return i + bits.TrailingZeros64(special)/8
		}
	}
	return i
}

// isEscape says whether what follows a backslash is an escape.
func isEscape(b []byte) bool {
	if b[0] != 'u' {
		return bytes.IndexByte([]byte(`"\/bfnrt`), b[0]) >= 0
	}
	if len(b) < 5 {
		return false
	}
	for _, c := range b[1:5] {
		if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f') {
			return false
		}
	}
	return true
}
