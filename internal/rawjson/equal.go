package rawjson

import "bytes"

// Equal reports whether two valid values are deeply equal: objects whatever the order of their
// keys, arrays in order, strings by what they decode to, numbers by exact decimal value and by kind.
// A number without '.', 'e' or 'E' is an integer, any other a float: 1 is not 1.0, 1.0 is 1.00 and 10e-1,
// 9007199254740993 is not 9007199254740992 (Elasticsearch: detect_noop).
func Equal(a, b []byte) bool {
	if same(a, b) {
		return true
	}
	_, _, ok := equalAt(a, skipSpace(a, 0), b, skipSpace(b, 0), 0, new(spans))
	return ok
}

// equalAt compares the values at a[i:] and b[j:]. If they are equal it returns where they end.
func equalAt(a []byte, i int, b []byte, j int, depth int, sp *spans) (aEnd, bEnd int, equal bool) {
	c := at(a, i)
	switch c {
	case '{', '[':
		switch {
		case at(b, j) != c || depth > MaxDepth:
			return 0, 0, false
		case c == '{':
			return equalObjects(a, i, b, j, depth+1, sp)
		default:
			return equalArrays(a, i, b, j, depth+1, sp)
		}
	}
	aEnd, bEnd = Skip(a, i), Skip(b, j)
	x, y := a[i:aEnd], b[j:bEnd]
	switch {
	case c == '"':
		equal = len(x) > 1 && len(y) > 1 && y[0] == '"' && equalStrings(x[1:len(x)-1], y[1:len(y)-1])
	case c == '-' || isDigit(c):
		equal = (at(y, 0) == '-' || isDigit(at(y, 0))) && equalNumbers(x, y)
	default:
		equal = bytes.Equal(x, y)
	}
	return aEnd, bEnd, equal
}

func equalArrays(a []byte, i int, b []byte, j int, depth int, sp *spans) (aEnd, bEnd int, equal bool) {
	i, j = skipSpace(a, i+1), skipSpace(b, j+1)
	if at(a, i) == ']' || at(b, j) == ']' {
		return i + 1, j + 1, at(a, i) == at(b, j)
	}
	for {
		if i, j, equal = equalAt(a, i, b, j, depth, sp); !equal {
			return 0, 0, false
		}
		i, j = skipSpace(a, i), skipSpace(b, j)
		switch c := at(a, i); {
		case c != at(b, j):
			return 0, 0, false
		case c == ',':
			i, j = skipSpace(a, i+1), skipSpace(b, j+1)
		default:
			return i + 1, j + 1, c == ']'
		}
	}
}

// equalObjects walks both objects side by side as long as their keys come in the same order.
func equalObjects(a []byte, i int, b []byte, j int, depth int, sp *spans) (aEnd, bEnd int, equal bool) {
	x, y := openObject(a, i), openObject(b, j)
	for {
		more := x.next()
		if more != y.next() {
			return 0, 0, false
		}
		if !more {
			return x.end(), y.end(), true
		}
		if !equalStrings(x.body(), y.body()) {
			return equalUnordered(x, y, depth, sp)
		}
		i, j, equal = equalAt(a, x.value, b, y.value, depth, sp)
		if !equal {
			return 0, 0, false
		}
		x.done(i)
		y.done(j)
	}
}

// equalUnordered compares the members from the current ones of x and y on, as sets.
func equalUnordered(x, y memberReader, depth int, sp *spans) (aEnd, bEnd int, equal bool) {
	sp.enter(y.b, y.key)
	defer sp.leave()
	var set memberSet
	for more := true; more; more = y.next() {
		set.add(&y)
		y.done(sp.skip(y.b, y.value))
	}
	n := 0
	for more := true; more; more = x.next() {
		j := set.find(&x)
		if j < 0 {
			return 0, 0, false
		}
		end, _, ok := equalAt(x.b, x.value, y.b, j, depth, sp)
		if !ok {
			return 0, 0, false
		}
		x.done(end)
		n++
	}
	return x.end(), y.end(), n == set.n
}

// memberSet finds where the value of a key starts. Small sets are searched, larger ones hashed.
type memberSet struct {
	n     int
	few   [16]fewMember
	b     []byte
	many  map[string]int
	spare []byte
}

type fewMember struct {
	key, keyEnd, value int
	escaped            bool
}

// add adds r's current member.
func (s *memberSet) add(r *memberReader) {
	s.b = r.b
	if s.n < len(s.few) {
		s.few[s.n] = fewMember{r.key, r.keyEnd, r.value, r.escaped}
	} else {
		if s.many == nil {
			s.many = make(map[string]int, 2*len(s.few))
		}
		s.many[string(s.decoded(r))] = r.value
	}
	s.n++
}

// find costs no more than r's key is long, whatever keys are in the set.
func (s *memberSet) find(r *memberReader) int {
	name := s.decoded(r)
	for i := range min(s.n, len(s.few)) {
		m := &s.few[i]
		body := s.b[m.key+1 : m.keyEnd-1]
		if m.escaped && decodesTo(body, name) || !m.escaped && same(body, name) {
			return m.value
		}
	}
	if value, ok := s.many[string(name)]; ok {
		return value
	}
	return -1
}

func (s *memberSet) decoded(r *memberReader) []byte {
	look(r.keyEnd - r.key)
	if !r.escaped {
		return r.body()
	}
	s.spare = appendDecoded(s.spare[:0], r.body())
	return s.spare
}
