package mapping

import (
	"bytes"
	"fmt"
	"maps"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/dates"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// What becomes of fields that a dynamic mapping does not have: each value says of which type its field is to be, and all
// of one document must agree.

// inferred is what a document brings to a mapping.
type inferred struct {
	found   []addition
	objects map[string]*field // by their paths
	size    int               // how many fields that makes, with sub-fields
}

// addition is a field that is new, with its definition.
type addition struct {
	path       []string
	definition string
}

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
	if !x.has(f.path) {
		more := x.size + counted.total
		if x.m.total+more > x.m.limits.fields {
			if x.m.limits.ignoreBeyond {
				return nil, nil
			}
			return nil, at(column, fmt.Sprintf("failed to parse: Limit of total fields [%d] has been exceeded while adding "+
				"new fields [%d]", x.m.limits.fields, more))
		}
		x.size = more
	}
	x.found = append(x.found, addition{strings.Split(f.path, "."), definition})
	return f, nil
}

// has says whether the document has brought a field already.
func (x *examiner) has(path string) bool {
	for i := range x.found {
		if strings.Join(x.found[i].path, ".") == path {
			return true
		}
	}
	return false
}

// learned returns the mapping with what the document brings, or in what that does not agree with itself.
func (x *examiner) learned() (*Mapping, *Objection) {
	if len(x.found) == 0 {
		return x.m, nil
	}
	first := map[string]string{}
	var fresh []addition
	for _, a := range x.found {
		path := strings.Join(a.path, ".")
		before, isKnown := first[path]
		switch {
		case !isKnown:
			if name := a.path[len(a.path)-1]; len(name) > x.m.limits.name {
				return x.m, plainly(fmt.Sprintf("Field name [%s] is longer than the limit of [%d] characters", name,
					x.m.limits.name))
			}
			first[path] = a.definition
			fresh = append(fresh, a)
		case before != a.definition:
			return x.m, plainly(disagreement(path, before, a.definition))
		}
	}
	return x.m.with(fresh), nil
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

// with returns the mapping with more fields. It shares with the one before what stays the same.
func (m *Mapping) with(more []addition) *Mapping {
	next := *m
	next.added = append(m.added[:len(m.added):len(m.added)], more...)
	r := reader{m: &next}
	mine := map[*field]bool{} // the objects that are copies already
	copied := func(f *field) *field {
		if mine[f] {
			return f
		}
		c := *f
		c.fields = maps.Clone(f.fields)
		mine[&c] = true
		return &c
	}
	next.root = copied(m.root)
	for _, a := range more {
		if a.path[0] == infoKey {
			continue // which is the same everywhere
		}
		of := next.root
		for _, part := range a.path[:len(a.path)-1] {
			of.fields[part] = copied(of.fields[part])
			of = of.fields[part]
		}
		last := a.path[len(a.path)-1]
		of.fields[last] = r.field(of, joined(of.path, last), []byte(a.definition))
		mine[of.fields[last]] = true
	}
	return &next
}

// Learned says whether the mapping has more fields than the one that was parsed.
func (m *Mapping) Learned() bool { return len(m.added) > 0 }

// Extended returns the text of the mapping that was parsed with the fields that are new. Those are in the order in which
// they came; an object that has fields has no type.
func (m *Mapping) Extended(text []byte) []byte {
	for _, a := range m.added {
		if a.path[0] != infoKey {
			text = withField(text, a.path, a.definition)
		}
	}
	return text
}

// withField returns the mapping of an object with one more field.
func withField(object []byte, path []string, definition string) []byte {
	properties, _ := rawjson.Lookup(object, "properties")
	field := []byte(definition)
	if len(path) > 1 {
		inner, _ := rawjson.Lookup(properties, path[0])
		field = withField(inner, path[1:], definition)
	}
	if !isObject(properties) {
		properties = []byte(`{}`)
	}
	properties = replaced(properties, path[0], field)
	if kind, ok := rawjson.Lookup(object, "type"); ok && string(kind) == `"object"` {
		object = replaced(object, "type", nil)
	}
	return replaced(object, "properties", properties)
}

// replaced returns an object with a member, or with nil without it.
func replaced(object []byte, name string, value []byte) []byte {
	out := []byte{'{'}
	put := func(key, value []byte) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, key...), ':'), value...)
	}
	isThere := false
	for key, old := range rawjson.Members(object) {
		switch {
		case !rawjson.KeyIs(key, name):
			put(key, old)
		case value != nil:
			put(key, value)
			isThere = true
		}
	}
	if !isThere && value != nil {
		put(quoted(name), value)
	}
	return append(out, '}')
}

// quoted returns a name as JSON.
func quoted(name string) []byte { return rawjson.AppendString(nil, name) }
