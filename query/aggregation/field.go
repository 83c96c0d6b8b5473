package aggregation

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/kuzzlite/kuzzlite/query/internal/docvalues"
)

// The values of fields, as aggregations count with them: numbers with duplicates, texts without, both ascending.

// field is a field that an aggregation counts with.
type field struct {
	*docvalues.Field
	slots []int
	printer
	missing []byte // the key of the value of documents without one; nil: none

	list   [][]byte
	buf    []byte
	leaves [][]byte
	floats []float64
}

// each calls fn with each value of the field in an object, as JSON.
func (f *field) each(o *object) [][]byte {
	switch {
	case len(f.slots) == 1 && !f.Leaves:
		return o.values.Of(f.slots[0])
	case len(f.slots) == 0:
		return nil
	}
	f.leaves = f.leaves[:0]
	for _, slot := range f.slots {
		for _, v := range o.values.Of(slot) {
			if !f.Leaves {
				f.leaves = append(f.leaves, v)
				continue
			}
			docvalues.EachLeaf(v, func(leaf []byte) { f.leaves = append(f.leaves, leaf) })
		}
	}
	return f.leaves
}

// number returns what a value is as a number.
func (f *field) number(v []byte) (n float64, ok bool) {
	switch f.Class {
	case docvalues.Double:
		return f.Real(v)
	case docvalues.Any:
		return anyNumber(v)
	case docvalues.Long, docvalues.Boolean, docvalues.Date:
		whole, ok := f.Whole(v)
		return float64(whole), ok
	}
	return 0, false
}

// anyNumber returns what a value is as a number, without a mapping.
func anyNumber(v []byte) (float64, bool) {
	if !isNumber(v) {
		return 0, false
	}
	if n, ok := shortNumber(v); ok {
		return n, true
	}
	n, err := strconv.ParseFloat(string(v), 64)
	return n, err == nil
}

// tens are the powers of ten that short numbers are divided by.
var tens = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// shortNumber returns a number of up to 15 digits without an exponent: its digits and the power of ten are exact as
// numbers, so that there is one rounding only. ok is false for any other.
func shortNumber(v []byte) (n float64, ok bool) {
	digits, point := v, -1
	if v[0] == '-' {
		digits = v[1:]
	}
	if len(digits) > 16 {
		return 0, false
	}
	whole := int64(0)
	for i, c := range digits {
		switch {
		case '0' <= c && c <= '9':
			whole = 10*whole + int64(c-'0')
		case c == '.':
			point = i
		default:
			return 0, false
		}
	}
	n = float64(whole)
	switch {
	case point >= 0:
		n /= tens[len(digits)-1-point]
	case len(digits) > 15:
		return 0, false
	}
	if v[0] == '-' {
		n = -n // of 0 as well
	}
	return n, true
}

// numbers returns the numbers of an object, in no order, until the next call of numbers or dates.
func (f *field) numbers(o *object) []float64 {
	f.floats = f.floats[:0]
	if n, ok := f.float(o); ok {
		f.floats = append(f.floats, n)
		return f.floats
	}
	for _, v := range f.each(o) {
		if n, ok := f.number(v); ok {
			f.floats = append(f.floats, n)
		}
	}
	return f.orMissing()
}

// dates returns the dates of an object, in no order, until the next call of numbers or dates.
func (f *field) dates(o *object) []float64 {
	if f.Class != docvalues.Any {
		return f.numbers(o)
	}
	f.floats = f.floats[:0]
	for _, v := range f.each(o) {
		if ms, ok := f.Whole(v); ok {
			f.floats = append(f.floats, float64(ms))
		}
	}
	return f.orMissing()
}

// orMissing returns the numbers that were found, or the one of documents without any.
func (f *field) orMissing() []float64 {
	if len(f.floats) == 0 && f.missing != nil {
		if n, ok := numberOf(f.missing); ok {
			f.floats = append(f.floats, n)
		}
	}
	return f.floats
}

// appendKey appends the key of a value; ok is false for what is no value of the field.
func (f *field) appendKey(dst, v []byte) (key []byte, ok bool) {
	switch f.Class {
	case docvalues.Long, docvalues.Boolean, docvalues.Date:
		n, ok := f.Whole(v)
		return appendWhole(dst, n), ok
	case docvalues.Double:
		n, ok := f.Real(v)
		return appendReal(dst, n), ok
	case docvalues.Keyword, docvalues.IP:
		text, ok := f.Text(v)
		return append(append(dst, tagOf(f.Class)), text...), ok
	case docvalues.Any:
		return f.appendAny(dst, v)
	case docvalues.Other:
		return append(append(dst, tagText), v...), f.Has != nil && f.Has(v)
	}
	return dst, false
}

// appendAny appends the key of a value without a mapping.
func (f *field) appendAny(dst, v []byte) ([]byte, bool) {
	switch v[0] {
	case 't', 'f':
		return append(dst, tagBoolean, v[0]), true // false is before true
	case '"':
		text, _ := f.Text(v)
		return append(append(dst, tagText), text...), true
	case 'n', '{':
		return dst, false
	}
	n, ok := anyNumber(v)
	return appendReal(dst, n), ok
}

// keys returns the keys of the values of an object, ascending, each once, until the next call.
func (f *field) keys(o *object) [][]byte {
	return slices.CompactFunc(f.sorted(o), bytes.Equal)
}

// sorted returns the keys of the values of an object, ascending, with duplicates, until the next call.
func (f *field) sorted(o *object) [][]byte {
	f.list, f.buf = f.list[:0], f.buf[:0]
	if n, ok := f.float(o); ok {
		f.buf = appendReal(f.buf, n)
		f.list = append(f.list, f.buf)
		return f.list
	}
	values := f.each(o)
	for _, v := range values {
		begin := len(f.buf)
		key, ok := f.appendKey(f.buf, v)
		if !ok {
			continue
		}
		f.buf = key // keys before stay valid, also where it has been moved
		f.list = append(f.list, f.buf[begin:len(f.buf):len(f.buf)])
	}
	switch {
	case len(f.list) == 0 && f.missing != nil:
		f.list = append(f.list, f.missing)
	case len(f.list) > 1:
		slices.SortFunc(f.list, bytes.Compare)
	}
	return f.list
}

// count returns how many values an object has: of texts each once.
func (f *field) count(o *object) int {
	switch f.Class {
	case docvalues.Keyword, docvalues.IP:
		return len(f.keys(o))
	}
	return len(f.sorted(o))
}

// turn returns what is the same only for objects with the same values of a field; 0: nothing is known.
func (f *field) turn(o *object) uint64 {
	if len(f.slots) != 1 || o.entry == nil {
		return 0
	}
	return o.entry.of[f.slots[0]].turn
}

// float returns the only value of a field in an object, if that has come as a number.
func (f *field) float(o *object) (n float64, ok bool) {
	if len(f.slots) != 1 || o.entry == nil {
		return 0, false
	}
	v := &o.entry.of[f.slots[0]]
	return v.float, v.isFloat
}
