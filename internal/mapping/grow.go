package mapping

import (
	"maps"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Mappings that have learned, and the text of such.

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
		parts := a.parts()
		of := next.root
		for _, part := range parts[:len(parts)-1] {
			of.fields[part] = copied(of.fields[part])
			of = of.fields[part]
		}
		last := parts[len(parts)-1]
		of.fields[last] = r.field(of, joined(of.path, last), []byte(a.definition))
		mine[of.fields[last]] = true
	}
	return &next
}

// Learned says whether the mapping has more fields than the one that was parsed.
func (m *Mapping) Learned() bool { return len(m.added) > 0 }

// Extended returns the text of the mapping that was parsed with the fields that are new. They come last in their
// objects, in the order in which they were learned.
func (m *Mapping) Extended(text []byte) []byte {
	var all growth
	for _, a := range m.added {
		all.add(a.parts(), a.definition)
	}
	return all.grown(text)
}

// growth is what is new in an object, or a field that is.
type growth struct {
	definition string // of a new field
	fields     map[string]*growth
	names      []string // of the fields, as they came
}

func (g *growth) add(parts []string, definition string) {
	if len(parts) == 0 {
		g.definition = definition
		return
	}
	next := g.fields[parts[0]]
	if next == nil {
		if g.fields == nil {
			g.fields = map[string]*growth{}
		}
		next = &growth{}
		g.fields[parts[0]] = next
		g.names = append(g.names, parts[0])
	}
	next.add(parts[1:], definition)
}

// grown returns the definition of an object with what is new; nil is one that is new itself. An object that has fields
// has no type.
func (g *growth) grown(object []byte) []byte {
	if object == nil {
		object = []byte(g.definition)
	}
	if len(g.names) == 0 {
		return object
	}
	var properties builder
	had, _ := rawjson.Lookup(object, "properties")
	has := map[string]bool{}
	for key, field := range rawjson.Members(had) {
		name := unquoted(key)
		if more := g.fields[name]; more != nil {
			field = more.grown(field)
			has[name] = true
		}
		properties.add(key, field)
	}
	for _, name := range g.names {
		if !has[name] {
			properties.add(quoted(name), g.fields[name].grown(nil))
		}
	}
	var out builder
	for key, value := range rawjson.Members(object) {
		isType := rawjson.KeyIs(key, "type") && string(value) == `"object"`
		if !isType && !rawjson.KeyIs(key, "properties") {
			out.add(key, value)
		}
	}
	out.add([]byte(`"properties"`), properties.object())
	return out.object()
}

// builder writes a JSON object.
type builder struct{ text []byte }

func (b *builder) add(key, value []byte) {
	b.text = append(append(append(append(b.text, ','), key...), ':'), value...)
}

func (b *builder) object() []byte {
	if len(b.text) == 0 {
		return []byte(`{}`)
	}
	b.text[0] = '{'
	return append(b.text, '}')
}

// quoted returns a name as JSON.
func quoted(name string) []byte { return rawjson.AppendString(nil, name) }
