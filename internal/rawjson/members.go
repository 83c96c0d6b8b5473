package rawjson

import "iter"

// Elements steps through src, which must be one JSON array, and yields each element as written,
// without the whitespace around it. An element is checked as by [Compact] and with the same maxDepth,
// to which the outer array does not count, but not for duplicate keys: hand it to Compact for those.
// What is wrong with src is yielded once, as an [*Error], and ends the loop; elements
// before it have been yielded by then. Yielded slices alias src.
func Elements(src []byte, maxDepth int) iter.Seq2[[]byte, error] {
	return ElementsUntil(src, maxDepth, nil)
}

// ElementsUntil is Elements, but asks stop now and then whether to go on, and ends with its error.
func ElementsUntil(src []byte, maxDepth int, stop func() error) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		p := parser{src: src, maxDepth: limitDepth(maxDepth), stop: stop}
		i := p.elements(yield)
		if i >= 0 {
			if i = p.space(i); i < len(src) {
				p.fail(i, Syntax, "data after the value")
			}
		}
		switch {
		case p.stopped != nil:
			yield(nil, p.stopped)
		case p.err != nil:
			yield(nil, p.err)
		}
	}
}

// elements returns -1 also when yield asks to stop; then err is nil.
func (p *parser) elements(yield func([]byte, error) bool) int {
	i := p.space(0)
	if at(p.src, i) != '[' {
		return p.fail(i, Syntax, "expected an array")
	}
	if i = p.space(i + 1); at(p.src, i) == ']' {
		return i + 1
	}
	for {
		start := i
		if i = p.value(i, 0); i < 0 {
			return -1
		}
		end := i
		i = p.space(i)
		c := at(p.src, i)
		if c != ',' && c != ']' {
			return p.fail(i, Syntax, "expected ',' or ']' in array")
		}
		if !yield(p.src[start:end:end], nil) {
			return -1
		}
		if c == ']' {
			return i + 1
		}
		i = p.space(i + 1)
	}
}

// Members steps through the members of obj in order, and yields each key as written, with its quotes,
// and each value as written. It yields nothing for anything but an object and
// stops where obj is malformed. Yielded slices alias obj.
func Members(obj []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		r := openObject(obj, skipSpace(obj, 0))
		for r.next() {
			end := Skip(obj, r.value)
			if end == r.value || !yield(obj[r.key:r.keyEnd:r.keyEnd], obj[r.value:end:end]) {
				return
			}
			r.done(end)
		}
	}
}

// Lookup returns the value of the top-level member of obj whose key decodes to name.
func Lookup(obj []byte, name string) (value []byte, ok bool) {
	r := openObject(obj, skipSpace(obj, 0))
	for r.next() {
		end := Skip(obj, r.value)
		body := obj[r.key+1 : r.keyEnd-1]
		if !r.escaped && string(body) == name || r.escaped && decodesTo(body, name) {
			return obj[r.value:end:end], true
		}
		r.done(end)
	}
	return nil, false
}

// A memberReader steps through an object. next finds a key and where its value starts;
// the caller then walks the value in its own way and says by done where it ends.
type memberReader struct {
	b           []byte
	i           int // at a key or at the closing brace
	key, keyEnd int // with quotes
	value       int
	escaped     bool // the key holds an escape
}

// openObject reads from the object whose brace is at i; if there is none, next returns false.
func openObject(b []byte, i int) memberReader {
	if at(b, i) != '{' {
		return memberReader{b: b, i: len(b)}
	}
	return memberReader{b: b, i: skipSpace(b, i+1)}
}

func (r *memberReader) next() bool {
	if at(r.b, r.i) != '"' {
		return false
	}
	r.key = r.i
	r.keyEnd, r.escaped = SkipString(r.b, r.i)
	i := skipSpace(r.b, r.keyEnd)
	if at(r.b, i) != ':' {
		return false
	}
	r.value = skipSpace(r.b, i+1)
	return true
}

// done moves to what follows the value that ends at i.
func (r *memberReader) done(i int) {
	i = skipSpace(r.b, i)
	switch {
	case at(r.b, i) == ',':
		i = skipSpace(r.b, i+1)
	case at(r.b, i) != '}':
		i = len(r.b)
	}
	r.i = i
}

// end returns the index past the closing brace; next must have returned false.
func (r *memberReader) end() int { return min(r.i+1, len(r.b)) }

// body returns the current key without its quotes.
func (r *memberReader) body() []byte { return r.b[r.key+1 : r.keyEnd-1] }
