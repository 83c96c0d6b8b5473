package koncorde

import (
	"bytes"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Canonical returns a text that is the same for filters that differ only in the order of keys, in doubled negations, in
// repetitions, or in the order or nesting of and and or. It is JSON, can serve as a name of the filter, and stays
// the same between runs. It is not the text that Koncorde derives its room ids from.
//
// The cost is in proportion to the filter, and a logarithmic factor.
func Canonical(f Filter) []byte {
	switch f := f.(type) {
	case And:
		return canonicalGroup("and", f)
	case Or:
		return canonicalGroup("or", f)
	case Not:
		return slices.Concat([]byte(`{"not":`), Canonical(f.Leaf), []byte("}"))
	}
	w := &leafWriter{}
	w.leaf(f)
	return w.out
}

// canonicalGroup returns the filters of a group in order, each once. Groups of the same kind become part of it.
func canonicalGroup(keyword string, filters []Filter) []byte {
	parts := canonicalParts(nil, keyword, filters)
	slices.SortFunc(parts, bytes.Compare)
	parts = slices.CompactFunc(parts, bytes.Equal)
	if len(parts) == 1 {
		return parts[0]
	}
	list := bytes.Join(parts, []byte(","))
	return slices.Concat([]byte(`{"`+keyword+`":[`), list, []byte("]}"))
}

func canonicalParts(parts [][]byte, keyword string, filters []Filter) [][]byte {
	for _, f := range filters {
		and, isAnd := f.(And)
		or, isOr := f.(Or)
		switch {
		case isAnd && keyword == "and":
			parts = canonicalParts(parts, keyword, and)
		case isOr && keyword == "or":
			parts = canonicalParts(parts, keyword, or)
		default:
			parts = append(parts, Canonical(f))
		}
	}
	return parts
}

// A leafWriter writes a leaf as {"keyword":[…]}.
type leafWriter struct{ out []byte }

func (w *leafWriter) leaf(f Filter) {
	switch f := f.(type) {
	case Equals:
		w.write("equals", f.Field, f.Value)
	case Exists:
		if f.Array {
			w.write("exists", f.Path, f.Value)
		} else {
			w.write("exists", f.Path)
		}
	case Range:
		w.write("range", f.Field, f.Low, f.AboveLow, f.High, f.BelowHigh)
	case *Regexp:
		w.write("regexp", f.Field, f.Expression, f.Flags)
	case Match:
		v, _ := parseValue(f.Object)
		w.write("match", Composite(appendJSON(nil, sortKeys(v), infinityKept)))
	case *Select:
		w.write("select", f.Field, f.Index, Composite(Canonical(f.Filter)))
	case Box:
		w.write("geoBoundingBox", f.Field, f.Top, f.Left, f.Bottom, f.Right)
	case Distance:
		w.write("geoDistance", f.Field, f.Lat, f.Lon, f.Meters)
	case DistanceRange:
		w.write("geoDistanceRange", f.Field, f.Lat, f.Lon, f.From, f.To)
	case Polygon:
		values := []any{f.Field}
		for _, p := range f.Points {
			values = append(values, p[0], p[1])
		}
		w.write("geoPolygon", values...)
	case Nothing:
		w.write("nothing")
	case Everything:
		w.write("everything")
	}
}

// write appends the keyword and the values.
func (w *leafWriter) write(keyword string, values ...any) {
	w.out = append(w.out, `{"`+keyword+`":[`...)
	for i, v := range values {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		switch v := v.(type) {
		case string:
			w.out = rawjson.AppendString(w.out, v)
		case Composite:
			w.out = append(w.out, v...)
		case float64:
			w.out = appendJSON(w.out, value{kind: number, number: v}, infinityKept)
		default:
			w.out = append(w.out, scalarText(v)...)
		}
	}
	w.out = append(w.out, "]}"...)
}

// sortKeys returns v with the members of all objects in the order of their keys.
func sortKeys(v value) value {
	result := value{kind: v.kind, boolean: v.boolean, number: v.number, text: v.text}
	for _, item := range v.items {
		result.items = append(result.items, sortKeys(item))
	}
	for _, m := range v.members {
		result.members = append(result.members, member{m.key, sortKeys(m.value)})
	}
	slices.SortFunc(result.members, func(a, b member) int { return bytes.Compare([]byte(a.key), []byte(b.key)) })
	return result
}
