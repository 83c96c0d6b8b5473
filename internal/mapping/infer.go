package mapping

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/dates"
)

// What becomes of fields that a dynamic mapping does not have: each value says of which type its field is to be, and
// all of one document must agree.

// inferred is what a document brings to a mapping.
type inferred struct {
	fresh    []addition        // new fields, as the first value of each says
	first    map[string]string // the definitions of these, by their paths
	objects  map[string]*field // those that are objects, by their paths
	size     int               // how many fields there are, with sub-fields
	conflict string            // why a later value cannot have the field that the first one made; "": all can
}

// addition is a field that is new, with its definition.
type addition struct{ path, definition string }

// parts are the names that lead to the field.
func (a *addition) parts() []string { return strings.Split(a.path, ".") }

// The definitions of new fields. A string is of a text that can be sorted by, too, if it is not too long.
const (
	newObject  = `{"type":"object"}`
	newLong    = `{"type":"long"}`
	newFloat   = `{"type":"float"}`
	newBoolean = `{"type":"boolean"}`
	newPlain   = `{"type":"date"}`
	newSlashed = `{"type":"date","format":"` + slashDate + `","locale":""}`
	newText    = `{"type":"text","fields":{"keyword":{"type":"keyword","ignore_above":256}}}`
)

// definitionOf returns the definition of a new field that has a scalar as a value.
func definitionOf(scalar []byte) string {
	switch scalar[0] {
	case 't', 'f':
		return newBoolean
	case '"':
		return definitionOfText(text(scalar))
	}
	if strings.ContainsAny(javaScriptNumber(scalar), ".e") {
		return newFloat
	}
	return newLong
}

// definitionOfText: what looks like a date is one, but digits alone are none.
func definitionOfText(s []byte) string {
	if !bytes.ContainsAny(s, ":-/") {
		return newText
	}
	if _, err := dates.Default.Document(s); err == nil {
		return newPlain
	}
	if _, err := slashes.Document(s); err == nil {
		return newSlashed
	}
	return newText
}

// infer makes a new field of an object, if a value says what it is to be.
func (x *examiner) infer(of *field, name string, v spot) *Objection {
	switch {
	case isNull(v.value):
		return nil
	case isArray(v.value):
		for _, e := range x.elements(v.value, v.start) {
			if o := x.infer(of, name, e); o != nil {
				return o
			}
		}
		return nil
	case isObject(v.value):
		f := x.objects[joined(of.path, name)]
		if f == nil {
			var o *Objection
			if f, o = x.newObject(of, name, v.start); f == nil {
				return o
			}
		}
		return x.object(f, v, name)
	}
	definition := definitionOf(v.value)
	f, o := x.newField(of, name, definition, v.start)
	if f == nil {
		return o
	}
	return x.value(f, v, name)
}

// newObject makes a new object of what a value in a column says; nil, if there is one too many.
func (x *examiner) newObject(of *field, name string, column int) (*field, *Objection) {
	path := joined(of.path, name)
	if depth := strings.Count(path, ".") + 2; depth > x.m.limits.depth {
		return nil, at(column, fmt.Sprintf("failed to parse: Limit of mapping depth [%d] has been exceeded due to object "+
			"field [%s]", x.m.limits.depth, path))
	}
	f, o := x.newField(of, name, newObject, column)
	if f != nil {
		if x.objects == nil {
			x.objects = map[string]*field{}
		}
		x.objects[path] = f
	}
	return f, o
}

// newField makes a new field of an object; nil, if there is one too many. That is an objection, unless the surplus is
// ignored.
func (x *examiner) newField(of *field, name, definition string, column int) (*field, *Objection) {
	counted := &Mapping{}
	f := (&reader{m: counted}).field(of, joined(of.path, name), []byte(definition))
	if before, isKnown := x.first[f.path]; isKnown {
		if x.conflict == "" && before != definition {
			x.conflict = disagreement(f.path, before, definition)
		}
		return f, nil
	}
	more := x.size + counted.total
	switch {
	case x.m.total+more <= x.m.limits.fields:
	case x.m.limits.ignoreBeyond:
		return nil, nil
	default:
		return nil, at(column, fmt.Sprintf("failed to parse: Limit of total fields [%d] has been exceeded while adding "+
			"new fields [%d]", x.m.limits.fields, more))
	}
	if x.first == nil {
		x.first = map[string]string{}
	}
	x.first[f.path], x.size = definition, more
	x.fresh = append(x.fresh, addition{f.path, definition})
	return f, nil
}

// learned returns the mapping with what the document brings, or in what that does not agree with itself.
func (x *examiner) learned() (*Mapping, *Objection) {
	if x.conflict != "" {
		return x.m, plainly(x.conflict)
	}
	for _, a := range x.fresh {
		if name := a.path[strings.LastIndexByte(a.path, '.')+1:]; utf16Length([]byte(name)) > x.m.limits.name {
			return x.m, plainly(fmt.Sprintf("Field name [%s] is longer than the limit of [%d] characters", name,
				x.m.limits.name))
		}
	}
	isInfo := func(a addition) bool { return strings.HasPrefix(a.path, infoKey+".") } // which is the same everywhere
	if kept := slices.DeleteFunc(x.fresh, isInfo); len(kept) > 0 {
		return x.m.with(kept), nil
	}
	return x.m, nil
}

// disagreement says why a field cannot be what two values want it to be.
func disagreement(path, before, after string) string {
	was, is := parameters(before).text("type"), parameters(after).text("type")
	switch {
	case before == newObject:
		return "can't merge a non object mapping [" + path + "] with an object mapping"
	case after == newObject:
		is = "ObjectMapper"
	case was == is:
		return "Mapper for [" + path + "] conflicts with existing mapper:\n\tCannot update parameter [format] from [" +
			formatOf(before) + "] to [" + formatOf(after) + "]"
	}
	return "mapper [" + path + "] cannot be changed from type [" + was + "] to [" + is + "]"
}

func formatOf(definition string) string {
	if format := parameters(definition).text("format"); format != "" {
		return format
	}
	return defaultDate
}
