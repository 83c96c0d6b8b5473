package rawjson

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"
)

// The naive twin: a value decoded into Go values in the most obvious way, for the fuzz
// targets to compare with. Strings become UTF-16 code units, as in JavaScript.
type (
	naiveObject []naiveMember
	naiveMember struct {
		key   string
		value any
	}
	naiveString string
	naiveNumber string
)

type naiveParser struct{ s string }

// naive decodes src, which encoding/json has found valid.
func naive(src []byte) any {
	p := naiveParser{string(src)}
	return p.value()
}

func (p *naiveParser) space() { p.s = strings.TrimLeft(p.s, " \t\r\n") }

func (p *naiveParser) take(n int) string {
	t := p.s[:n]
	p.s = p.s[n:]
	p.space()
	return t
}

func (p *naiveParser) value() any {
	p.space()
	switch p.s[0] {
	case '{':
		o := naiveObject{}
		for p.take(1); p.s[0] != '}'; {
			key := p.text()
			p.take(1)
			o = append(o, naiveMember{key, p.value()})
			if p.s[0] == ',' {
				p.take(1)
			}
		}
		p.take(1)
		return o
	case '[':
		a := []any{}
		for p.take(1); p.s[0] != ']'; {
			a = append(a, p.value())
			if p.s[0] == ',' {
				p.take(1)
			}
		}
		p.take(1)
		return a
	case '"':
		return naiveString(p.text())
	case 't':
		return p.take(4) == "true"
	case 'f':
		return p.take(5) == "true"
	case 'n':
		p.take(4)
		return nil
	}
	n := strings.IndexAny(p.s+",", ",]} \t\r\n")
	return naiveNumber(p.take(n))
}

func (p *naiveParser) text() string {
	n := 1
	for p.s[n] != '"' {
		if p.s[n] == '\\' {
			n++
		}
		n++
	}
	body := p.take(n + 1)
	return naiveUnits(body[1:n])
}

func naiveUnits(body string) string {
	var units []uint16
	for body != "" {
		if body[0] == '\\' && body[1] == 'u' {
			u, _ := strconv.ParseUint(body[2:6], 16, 16)
			units, body = append(units, uint16(u)), body[6:]
			continue
		}
		n := 1
		if body[0] == '\\' {
			n = 2
		}
		for n < len(body) && body[n] != '\\' {
			n++
		}
		var s string
		if err := json.Unmarshal([]byte(`"`+body[:n]+`"`), &s); err != nil {
			panic(err)
		}
		units, body = append(units, utf16.Encode([]rune(s))...), body[n:]
	}
	var out strings.Builder
	for _, u := range units {
		out.WriteByte(byte(u >> 8))
		out.WriteByte(byte(u))
	}
	return out.String()
}

// naiveFlaws reports duplicate keys, and how deep v is nested.
func naiveFlaws(v any) (duplicates bool, depth int) {
	seen := map[string]bool{}
	visit := func(v any) {
		dup, d := naiveFlaws(v)
		duplicates = duplicates || dup
		depth = max(depth, d)
	}
	switch v := v.(type) {
	case naiveObject:
		for _, m := range v {
			duplicates = duplicates || seen[m.key]
			seen[m.key] = true
			visit(m.value)
		}
		return duplicates, depth + 1
	case []any:
		for _, e := range v {
			visit(e)
		}
		return duplicates, depth + 1
	}
	return false, 0
}

func naiveEqual(a, b any) bool {
	switch a := a.(type) {
	case naiveObject:
		b, ok := b.(naiveObject)
		if !ok || len(a) != len(b) {
			return false
		}
		index := map[string]any{}
		for _, m := range b {
			index[m.key] = m.value
		}
		for _, m := range a {
			v, ok := index[m.key]
			if !ok || !naiveEqual(m.value, v) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !naiveEqual(a[i], b[i]) {
				return false
			}
		}
		return true
	case naiveNumber:
		b, ok := b.(naiveNumber)
		return ok && naiveEqualNumbers(string(a), string(b))
	}
	return a == b
}

// naiveEqualNumbers takes exponents that big.Rat can expand.
func naiveEqualNumbers(a, b string) bool {
	if strings.ContainsAny(a, ".eE") != strings.ContainsAny(b, ".eE") {
		return false
	}
	x, ok1 := new(big.Rat).SetString(a)
	y, ok2 := new(big.Rat).SetString(b)
	return ok1 && ok2 && x.Cmp(y) == 0
}
