package koncorde

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// This file reads JSON as JavaScript does. Of equal keys the last value counts, at the place of the first. Keys that
// are array indexes come first, in numerical order. Numbers are 64-bit floating-point numbers, and too large ones are
// infinite. Lone surrogates are kept, in WTF-8.

type kind byte

const (
	null kind = iota
	boolean
	number
	text
	array
	object
)

// A value is a JSON value.
type value struct {
	kind    kind
	boolean bool
	number  float64
	text    string
	items   []value
	members []member
}

type member struct {
	key   string
	value value
}

// get returns the member of an object with the given key.
func (v value) get(key string) (value, bool) {
	for _, m := range v.members {
		if m.key == key {
			return m.value, true
		}
	}
	return value{}, false
}

// scalar returns a null, boolean, number or text as nil, bool, float64 or string.
func (v value) scalar() any {
	switch v.kind {
	case boolean:
		return v.boolean
	case number:
		return v.number
	case text:
		return v.text
	}
	return nil
}

// parseValue reads raw, or returns false if raw is not JSON. It takes time in proportion to the length of raw, and a
// logarithmic factor for large objects. JSON that is nested more than 10,000 levels deep is not accepted. Bytes that
// are not UTF-8 are read as U+FFFD, each.
func parseValue(raw []byte) (value, bool) {
	if !json.Valid(raw) {
		return value{}, false
	}
	if !utf8.Valid(raw) {
		raw = []byte(string([]rune(string(raw))))
	}
	r := reader{raw: raw}
	return r.value(), true
}

// A reader reads valid JSON.
type reader struct {
	raw []byte
	at  int
}

// next skips whitespace and returns the byte after it, which is not consumed.
func (r *reader) next() byte {
	for strings.IndexByte(" \t\r\n", r.raw[r.at]) >= 0 {
		r.at++
	}
	return r.raw[r.at]
}

func (r *reader) value() value {
	switch r.next() {
	case '{':
		return value{kind: object, members: r.members()}
	case '[':
		return value{kind: array, items: r.items()}
	case '"':
		return value{kind: text, text: r.text()}
	case 't':
		r.at += len("true")
		return value{kind: boolean, boolean: true}
	case 'f':
		r.at += len("false")
		return value{kind: boolean}
	case 'n':
		r.at += len("null")
		return value{kind: null}
	}
	start := r.at
	for r.at < len(r.raw) && strings.IndexByte("+-.eE0123456789", r.raw[r.at]) >= 0 {
		r.at++
	}
	n, _ := strconv.ParseFloat(string(r.raw[start:r.at]), 64) // the error only says that the number is infinite
	return value{kind: number, number: n}
}

func (r *reader) items() []value {
	items := []value{}
	for r.at++; r.next() != ']'; {
		items = append(items, r.value())
		if r.next() == ',' {
			r.at++
		}
	}
	r.at++
	return items
}

func (r *reader) members() []member {
	members := []member{}
	places := map[string]int{}
	for r.at++; r.next() != '}'; {
		key := r.text()
		r.next() // the colon
		r.at++
		v := r.value()
		if place, ok := places[key]; ok {
			members[place].value = v
		} else {
			places[key] = len(members)
			members = append(members, member{key, v})
		}
		if r.next() == ',' {
			r.at++
		}
	}
	r.at++
	return indexesFirst(members)
}

// indexesFirst moves keys that are array indexes to the front, in numerical order.
func indexesFirst(members []member) []member {
	slices.SortStableFunc(members, func(a, b member) int {
		i, iOk := arrayIndex(a.key)
		j, jOk := arrayIndex(b.key)
		switch {
		case iOk && jOk:
			return cmp.Compare(i, j)
		case iOk:
			return -1
		case jOk:
			return 1
		}
		return 0
	})
	return members
}

// arrayIndex says whether a key is an array index to JavaScript: a number below 2^32-1 as JavaScript writes it.
func arrayIndex(key string) (uint64, bool) {
	if key == "" || len(key) > 10 || key[0] < '0' || key[0] > '9' || key[0] == '0' && key != "0" {
		return 0, false
	}
	n, err := strconv.ParseUint(key, 10, 64)
	return n, err == nil && n < 1<<32-1
}

// text reads a string.
func (r *reader) text() string {
	r.next()
	start := r.at
	r.at, _ = rawjson.SkipString(r.raw, r.at)
	raw := r.raw[start:r.at]
	if s, err := rawjson.Unquote(raw); err == nil {
		return s
	}
	return unquoteLone(raw)
}

// unquoteLone decodes a string with lone surrogates, which become three bytes each, as in WTF-8.
func unquoteLone(raw []byte) string {
	var out []byte
	for i := 1; i < len(raw)-1; i++ {
		switch {
		case raw[i] != '\\':
			out = append(out, raw[i])
			continue
		case raw[i+1] != 'u':
			s, _ := strconv.Unquote(`"` + strings.ReplaceAll(string(raw[i:i+2]), `\/`, `/`) + `"`)
			out = append(out, s...)
			i++
			continue
		}
		unit := hex4(raw, i+2)
		i += 5
		if utf16.IsSurrogate(unit) && i+2 < len(raw)-1 && raw[i+1] == '\\' && raw[i+2] == 'u' {
			if both := utf16.DecodeRune(unit, hex4(raw, i+3)); both != utf8.RuneError {
				out = utf8.AppendRune(out, both)
				i += 6
				continue
			}
		}
		if utf16.IsSurrogate(unit) {
			out = append(out, 0xe0|byte(unit>>12), 0x80|byte(unit>>6)&0x3f, 0x80|byte(unit)&0x3f)
			continue
		}
		out = utf8.AppendRune(out, unit)
	}
	return string(out)
}

// hex4 returns the number of the four hexadecimal digits at raw[i].
func hex4(raw []byte, i int) rune {
	n, _ := strconv.ParseUint(string(raw[i:i+4]), 16, 32)
	return rune(n)
}
