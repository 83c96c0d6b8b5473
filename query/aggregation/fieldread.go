package aggregation

import (
	"math"
	"net/netip"
	"strconv"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/dates"
	"github.com/kuzzlite/kuzzlite/query/internal/docvalues"
)

// Fields as a request names them, and values in requests.

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
			f.Class = s.classOfMissing()
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
func (s *source) classOfMissing() docvalues.Class {
	switch c := s.missing[0]; {
	case s.dates:
		return docvalues.Date
	case c == 't' || c == 'f':
		return docvalues.Boolean
	case isNumber(s.missing):
		return docvalues.Double
	}
	return docvalues.Keyword
}

// printAs reads how an aggregation wants the values of a field to be shown.
func (f *field) printAs(s *source) (err error) {
	f.printer = printer{class: f.Class, format: f.Format, zone: s.zone, asDate: s.dates}
	if f.Class == docvalues.None || f.Class == docvalues.Any && s.dates {
		f.format = dates.Default
	}
	if s.format == "" {
		return nil
	}
	if f.Class != docvalues.Date && !s.dates {
		return plainError("[format] is supported for dates only: the field [%s] is none", s.field)
	}
	f.format, err = dates.Parse(s.format)
	return err
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

// bound reads a bound of numbers or dates.
func (f *field) bound(raw []byte, b *binder, date bool) (float64, error) {
	if !date {
		return parseReal(textOf(raw))
	}
	if f.format == nil {
		f.format = dates.Default
	}
	ms, err := f.format.Query(textOf(raw), isNumber(raw), dates.QueryOptions{Now: b.r.now, Zone: f.zone})
	return float64(ms), err
}

// stored returns a number as the field keeps it.
func (f *field) stored(n float64) float64 {
	if f.Class == docvalues.Double && f.Stored != nil {
		return f.Stored(n)
	}
	return n
}
