package query

import (
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/dates"
	"github.com/kuzzlite/kuzzlite/internal/geo"
	"github.com/kuzzlite/kuzzlite/internal/javanumber"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// How the values of each type of fields are shown in hits.

// valuePrinter appends a value of a document as hits show it, as JSON. ok is false for one that is no value of the
// field; of an array the elements are asked for then. Several values have commas in between.
type valuePrinter func(dst []byte, d *document, v []byte) (out []byte, ok bool)

// asWritten shows what is no array and not null as it is.
func asWritten(dst []byte, _ *document, v []byte) (out []byte, ok bool) {
	if isNull(v) || isArray(v) {
		return dst, false
	}
	return append(dst, v...), true
}

// noFormat returns an error if there is a format.
func (m *mapped) noFormat(format string) error {
	if format == "" {
		return nil
	}
	return plainly("Field [%s] of type [%s] doesn't support formats.", m.name, m.typ)
}

// plainFormat is noFormat for types whose error does not name them.
func (m *mapped) plainFormat(format string) error {
	if format == "" {
		return nil
	}
	return plainly("Field [%s] doesn't support formats.", m.name)
}

// printer is that of types of which the values are shown as they are written.
func (m *mapped) printer(format string) (valuePrinter, error) {
	return func(dst []byte, d *document, v []byte) ([]byte, bool) {
		if v = m.valueOf(v); v == nil {
			return dst, false
		}
		return asWritten(dst, d, v)
	}, m.plainFormat(format)
}

// printer shows texts; one that is too long is left out.
func (k *keywordKind) printer(format string) (valuePrinter, error) {
	return func(dst []byte, d *document, v []byte) ([]byte, bool) {
		if v = k.valueOf(v); v == nil || isArray(v) {
			return dst, false
		}
		if isNumber(v) {
			v = []byte(javaText(v))
		}
		text, ok := k.text(d, v)
		if !ok {
			return dst, false
		}
		return rawjson.AppendString(dst, string(text)), true
	}, k.noFormat(format)
}

// printer shows the object as a whole, or what is written under one key.
func (k *flattenedKind) printer(format string) (valuePrinter, error) {
	if k.keyed {
		return asWritten, k.noFormat(format)
	}
	return asWritten, k.plainFormat(format)
}

// printer shows what is written. Ranges and dates of nanoseconds have formats, which must be right, but not here.
func (k *unsearchableKind) printer(format string) (valuePrinter, error) {
	err := k.noFormat(format)
	if k.typ == "date_nanos" || strings.HasSuffix(k.typ, "_range") {
		_, err = formatOf(format, nil)
	}
	show, _ := k.mapped.printer("")
	return show, err
}

func (k *textKind) printer(format string) (valuePrinter, error) {
	return func(dst []byte, _ *document, v []byte) ([]byte, bool) {
		switch {
		case isNull(v) || isArray(v) || isObject(v):
			return dst, false
		case isString(v):
			return append(dst, v...), true
		}
		return append(append(append(dst, '"'), javaText(v)...), '"'), true
	}, k.plainFormat(format)
}

func (k *integerKind) printer(format string) (valuePrinter, error) {
	return func(dst []byte, d *document, v []byte) ([]byte, bool) {
		n, ok := k.key(d, v)
		if !ok {
			return dst, false
		}
		return strconv.AppendInt(dst, n, 10), true
	}, k.noFormat(format)
}

// printer shows numbers as wide as the field keeps them: 1.1 in a float is 1.1.
func (k *floatKind) printer(format string) (valuePrinter, error) {
	return func(dst []byte, d *document, v []byte) ([]byte, bool) {
		key, ok := k.key(d, v)
		if !ok {
			return dst, false
		}
		n := floatOfKey(key)
		if k.bits < 64 {
			n, _ = strconv.ParseFloat(strconv.FormatFloat(n, 'g', -1, 32), 64)
		}
		return append(dst, javanumber.Print(n)...), true
	}, k.noFormat(format)
}

func (k *booleanKind) printer(format string) (valuePrinter, error) {
	return func(dst []byte, d *document, v []byte) ([]byte, bool) {
		n, ok := k.key(d, v)
		if !ok {
			return dst, false
		}
		return strconv.AppendBool(dst, n != 0), true
	}, k.noFormat(format)
}

func (k *dateKind) printer(format string) (valuePrinter, error) {
	printed, err := formatOf(format, k.format)
	return func(dst []byte, d *document, v []byte) ([]byte, bool) {
		ms, ok := k.key(d, v)
		if !ok {
			return dst, false
		}
		return rawjson.AppendString(dst, printed.Print(ms, nil)), true
	}, err
}

// formatOf returns a format of dates that is asked for; "": the other one.
func formatOf(format string, otherwise *dates.Format) (*dates.Format, error) {
	if format == "" {
		return otherwise, nil
	}
	f, err := dates.Parse(format)
	if err != nil {
		return nil, plainly("%v", err)
	}
	return f, nil
}

// printer shows what is written; with a format, dates that the default format of a mapping knows are in that format.
func (anyKind) printer(format string) (valuePrinter, error) {
	printed, err := formatOf(format, nil)
	if printed == nil {
		return asWritten, err
	}
	return func(dst []byte, d *document, v []byte) ([]byte, bool) {
		if isString(v) || isNumber(v) {
			if ms, ok := dateOf(dates.Default, d, v); ok {
				return rawjson.AppendString(dst, printed.Print(ms, nil)), true
			}
		}
		return asWritten(dst, d, v)
	}, nil
}

func (k *ipKind) printer(format string) (valuePrinter, error) {
	return func(dst []byte, d *document, v []byte) ([]byte, bool) {
		a, ok := k.address(d, v)
		if !ok {
			return dst, false
		}
		return rawjson.AppendString(dst, a.Unmap().String()), true
	}, k.noFormat(format)
}

// printer shows points as they are written, not rounded as an index keeps them.
func (k *pointKind) printer(format string) (valuePrinter, error) {
	var before, between, behind string
	switch format {
	case "", "geojson":
		before, between, behind = `{"coordinates":[`, ",", `],"type":"Point"}`
	case "wkt":
		before, between, behind = `"POINT (`, " ", `)"`
	default:
		return nil, plainly("Unrecognized geometry format [%s].", format)
	}
	return func(dst []byte, d *document, v []byte) ([]byte, bool) {
		if v = k.valueOf(v); v == nil {
			return dst, false
		}
		d.points = geo.Written(d.points[:0], v)
		for i, p := range d.points {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(append(append(dst, before...), javaDouble(p.Lon)...), between...)
			dst = append(append(dst, javaDouble(p.Lat)...), behind...)
		}
		return dst, true
	}, nil
}
