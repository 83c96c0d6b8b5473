package aggregation

import (
	"bytes"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/kuzzlite/kuzzlite/query/internal/dates"
	"github.com/kuzzlite/kuzzlite/query/internal/docvalues"
)

// The values of fields, as aggregations count with them: numbers with duplicates, texts without, both ascending.

// field is a field that an aggregation counts with.
type field struct {
	*docvalues.Field
	slots []int
	printer
	missing []byte // the key of the value of documents without one; nil: none

	values [][]byte // of the object at hand, until the next one
	list   [][]byte
	buf    []byte
	leaves [][]byte
	floats []float64
}

// accepted says which classes of fields an aggregation takes.
type accepted func(docvalues.Class) bool

func numeric(c docvalues.Class) bool {
	switch c {
	case docvalues.Long, docvalues.Double, docvalues.Boolean, docvalues.Date, docvalues.Any, docvalues.None:
		return true
	}
	return false
}

func terms(c docvalues.Class) bool { return c != docvalues.Other }

func addresses(c docvalues.Class) bool {
	return c == docvalues.IP || c == docvalues.Any || c == docvalues.None
}

func anything(docvalues.Class) bool { return true }

// field returns a field of the documents, or nested objects, of a plan.
func (b *binder) field(p *plan, s *source, accepts accepted) (*field, error) {
	f := &field{Field: b.schema.DocValues(s.field)}
	switch {
	case f.Err != nil:
		return nil, p.wrong("%s", reasonOf(f.Err, b.name))
	case !accepts(f.Class):
		return nil, p.wrong("Field [%s] of type [%s] is not supported for aggregation [%s]", s.field, f.Type, p.typ)
	}
	if f.Nested == p.scope.path || f.Class == docvalues.Any {
		for _, path := range f.Paths {
			if relative, ok := p.scope.relative(path); ok {
				f.slots = append(f.slots, p.scope.fields.Each(relative))
			}
		}
	}
	if err := f.printAs(s); err != nil {
		return nil, p.wrong("%v", err)
	}
	if s.missing != nil {
		if f.Class == docvalues.None {
			f.Class = classOfMissing(s.missing)
			f.printer.class = f.Class
		}
		key, err := f.parse(s.missing, b.r.now)
		if err != nil {
			return nil, p.wrong("%v", err)
		}
		f.missing = key
	}
	return f, nil
}

// classOfMissing returns how a field that does not exist counts, of which a value is given for documents without one.
func classOfMissing(raw []byte) docvalues.Class {
	switch {
	case raw[0] == 't' || raw[0] == 'f':
		return docvalues.Boolean
	case isNumber(raw):
		return docvalues.Double
	}
	return docvalues.Keyword
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
	n, err := strconv.ParseFloat(string(v), 64)
	return n, err == nil
}

// numbers returns the numbers of an object, in no order, until the next call.
func (f *field) numbers(o *object) []float64 {
	f.floats = f.floats[:0]
	for _, v := range f.each(o) {
		if n, ok := f.number(v); ok {
			f.floats = append(f.floats, n)
		}
	}
	if len(f.floats) == 0 && f.missing != nil {
		if n, ok := numberOf(f.missing); ok {
			f.floats = append(f.floats, n)
		}
	}
	return f.floats
}

// dates returns the dates of an object, in no order, until the next call of numbers.
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
	values := f.each(o)
	f.list, f.buf = f.list[:0], f.buf[:0]
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

// parse returns the key of a value in a request.
func (f *field) parse(raw []byte, now time.Time) ([]byte, error) {
	text := textOf(raw)
	switch f.Class {
	case docvalues.Long:
		return parseWhole(text)
	case docvalues.Double:
		n, err := parseReal(text)
		return appendReal(nil, n), err
	case docvalues.Boolean:
		return parseBoolean(text)
	case docvalues.Date:
		ms, err := f.format.Query(text, isNumber(raw), dates.QueryOptions{Now: now, Zone: f.zone})
		return appendWhole(nil, ms), err
	case docvalues.IP:
		a, err := netip.ParseAddr(text)
		if err != nil || a.Zone() != "" {
			return nil, plainError("'%s' is not an IP string literal.", text)
		}
		full := a.As16()
		return append([]byte{tagAddress}, full[:]...), nil
	case docvalues.Any:
		return f.parseAny(raw)
	}
	return append([]byte{tagText}, text...), nil
}

// parseAny returns the key of a value in a request, without a mapping.
func (f *field) parseAny(raw []byte) ([]byte, error) {
	if f.asDate {
		ms, ok := f.Whole(raw)
		if !ok {
			return nil, plainError("[%s] is no date", textOf(raw))
		}
		return appendWhole(nil, ms), nil
	}
	key, ok := f.appendAny(nil, raw)
	if !ok {
		return nil, plainError("[%s] is no value", raw)
	}
	return key, nil
}

// parseWhole returns the key of a whole number; what follows its point does not count.
func parseWhole(text string) ([]byte, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil {
		return appendWhole(nil, n), nil
	}
	real, err := parseReal(text)
	if err != nil || math.Abs(real) >= 1<<63 {
		return nil, plainError("For input string: \"%s\"", text)
	}
	return appendWhole(nil, int64(real)), nil
}

func parseReal(text string) (float64, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, plainError("For input string: \"%s\"", text)
	}
	return n, nil
}

func parseBoolean(text string) ([]byte, error) {
	switch text {
	case "true", "1", "1.0":
		return appendWhole(nil, 1), nil
	case "false", "0", "0.0":
		return appendWhole(nil, 0), nil
	}
	return nil, plainError("Cannot parse boolean [%s], expected either [true] or [false]", text)
}
