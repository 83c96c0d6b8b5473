package query

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/filter"
)

// FieldValues says of which fields hits show the values (Elasticsearch: fields). Unlike a source filter, which shows parts
// of documents as they are written, it shows a list of values for each field by its name, as the mapping understands
// them: a sub-field such as name.keyword, an alias, and a field to which others are copied have values, a long is a
// number even if the document has it in a string, a date is in the format that is asked for.
type FieldValues []FieldValue

// FieldValue is a field of which hits show the values, or a pattern for the names of such fields.
type FieldValue struct {
	// Name is the name of a field, or a pattern, in which a star stands for any text, dots as well. The name of an object
	// stands for nothing, and so does that of a field which Elasticsearch itself has, such as _id.
	Name string

	// Format is how values are shown: a format of dates, and "geojson" or "wkt" for points. For a field of another type it
	// is an error. Default: the format of the mapping, and GeoJSON.
	Format string

	// Unmapped also shows what the mapping does not have, as it is written (include_unmapped). Without a mapping that is
	// everything, and always shown.
	Unmapped bool
}

// The bounds of a FieldValues: how many names it may have, and how many of them may be patterns, of how many bytes
// together. With each pattern the fields of a mapping are compared, and those of each hit that are unmapped.
const (
	mostFieldValues   = 1000
	mostFieldPatterns = 256
	mostPatternBytes  = 16 << 10
)

// unfetched are fields of Elasticsearch's own that cannot be asked for.
var unfetched = []string{"_source", "_field_names", "_nested_path", "_ignored_source"}

// check checks the names.
func (f FieldValues) check() error {
	if len(f) > mostFieldValues {
		return plainly("[fields] has %d names, and may have %d", len(f), mostFieldValues)
	}
	patterns, size := 0, 0
	for i := range f {
		switch name := f[i].Name; {
		case isPattern(name):
			patterns, size = patterns+1, size+len(name)
		case slices.Contains(unfetched, name):
			return plainly("error fetching [%s]: Cannot fetch values for internal field [%s].", name, name)
		}
	}
	switch {
	case patterns > mostFieldPatterns:
		return plainly("[fields] has %d patterns with a star, and may have %d", patterns, mostFieldPatterns)
	case size > mostPatternBytes:
		return plainly("the patterns of [fields] have %d bytes, and may have %d", size, mostPatternBytes)
	}
	return nil
}

// FieldFetcher compiles what is fetched for a store.
func (f FieldValues) FieldFetcher(env filter.Env) (filter.FieldFetcher, error) {
	schema, _ := env.Schema.(*Schema)
	fetcher, err := f.Compile(&Options{Schema: schema})
	if err != nil {
		return nil, err
	}
	return fetcher, nil
}

// Compile compiles what is fetched for a schema, from documents or from the nested objects under Options.Nested. The
// error is that of a name or a format that cannot be. The cost is that of comparing each pattern with each field.
func (f FieldValues) Compile(o *Options) (*FieldFetcher, error) {
	if o == nil {
		o = &Options{}
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	b := fetchBuilder{list: f, schema: o.Schema, inner: map[string][]string{}, mapped: map[string][]mappedValue{}}
	if b.schema != nil {
		b.findNested()
		if err := b.findMapped(); err != nil {
			return nil, err
		}
	}
	if err := b.findPatterns(); err != nil {
		return nil, err
	}
	level, err := b.level(o.Nested, 0)
	if err != nil {
		return nil, err
	}
	return &FieldFetcher{level: level}, nil
}

// fetchBuilder compiles a FieldValues.
type fetchBuilder struct {
	list   FieldValues
	schema *Schema

	patterns *starSet       // for names of what is unmapped, the same in all nested objects; nil: none
	shows    []valuePrinter // of each

	inner  map[string][]string      // of a path of nested objects, "" being documents: the paths of those in these
	mapped map[string][]mappedValue // of such a path: the fields of the objects
}

// mappedValue is a field of the schema that is asked for.
type mappedValue struct {
	name  string
	field *schemaField
	show  valuePrinter
}

// findNested finds which nested objects are in which.
func (b *fetchBuilder) findNested() {
	known := map[string]bool{}
	for _, path := range b.schema.nested {
		known[path] = true
	}
	for _, path := range b.schema.nested {
		around := path
		for around != "" {
			around = around[:max(0, strings.LastIndexByte(around, '.'))]
			if known[around] {
				break
			}
		}
		b.inner[around] = append(b.inner[around], path)
	}
}

// findMapped finds the fields of the schema that are asked for.
func (b *fetchBuilder) findMapped() error {
	for i := range b.list {
		f := &b.list[i]
		names := b.schema.matching(f.Name)
		if len(names) == 0 && !isPattern(f.Name) {
			names = []string{f.Name} // a key of a flattened object, perhaps
		}
		for _, name := range names {
			field := b.schema.fields[name]
			if field == nil {
				field = b.schema.flattenedKey(name)
			}
			if field == nil {
				continue
			}
			show, err := field.kind.printer(f.Format)
			if err != nil {
				return f.wrong(name, err)
			}
			b.mapped[field.nested] = append(b.mapped[field.nested], mappedValue{name, field, show})
		}
	}
	return nil
}

// wrong returns the error of a field as Elasticsearch tells it.
func (f *FieldValue) wrong(name string, err error) error {
	which := ""
	if name != f.Name {
		which = fmt.Sprintf(" which matched [%s]", f.Name)
	}
	return plainly("error fetching [%s]%s: %v", name, which, err)
}

// level compiles what is fetched of nested objects under a path, with names of which so many bytes are left out.
func (b *fetchBuilder) level(scope string, leftOut int) (*fetchLevel, error) {
	l := &fetchLevel{scope: scope, leftOut: leftOut, mapped: map[string]*fetchedField{}}
	for _, m := range b.mapped[scope] {
		if _, in := l.relative(m.name); !in { // an alias from elsewhere
			continue
		}
		one := l.add(m.name)
		one.show, one.slots = m.show, nil
		for _, path := range m.field.paths {
			if in, ok := l.relative(path); ok {
				one.slots = append(one.slots, l.fields.Plain(in))
			}
		}
	}
	for _, path := range b.inner[scope] {
		inner, err := b.level(path, len(path)+1)
		if err != nil {
			return nil, err
		}
		in, _ := l.relative(path)
		one := l.add(path)
		one.inner, one.slots = inner, []int{l.fields.Each(in)}
	}
	return l, b.unmapped(l)
}

// showsUnmapped returns how what is unmapped is shown that a name stands for; nil: it is not.
func (b *fetchBuilder) showsUnmapped(f *FieldValue) (valuePrinter, error) {
	switch {
	case b.schema != nil && !f.Unmapped:
		return nil, nil
	case b.schema != nil:
		return asWritten, nil
	}
	show, err := anyKind{}.printer(f.Format)
	if err != nil {
		return nil, f.wrong(f.Name, err)
	}
	return show, nil
}

// findPatterns finds the patterns for names of what is unmapped.
func (b *fetchBuilder) findPatterns() error {
	var patterns []string
	for i := range b.list {
		f := &b.list[i]
		show, err := b.showsUnmapped(f)
		if err != nil {
			return err
		}
		if show != nil && isPattern(f.Name) {
			patterns, b.shows = append(patterns, f.Name), append(b.shows, show)
		}
	}
	if len(patterns) > 0 {
		b.patterns = newStarSet(patterns)
	}
	return nil
}

// unmapped adds what the schema does not have.
func (b *fetchBuilder) unmapped(l *fetchLevel) error {
	l.patterns, l.shows = b.patterns, b.shows
	for i := range b.list {
		f := &b.list[i]
		show, err := b.showsUnmapped(f)
		if err != nil {
			return err
		}
		in, ok := l.relative(f.Name)
		if show != nil && ok && !isPattern(f.Name) && !b.elsewhere(f.Name, l) && l.mapped[f.Name] == nil {
			l.name(f.Name, l.fields.Each(in), show)
		}
	}
	return nil
}

// elsewhere says whether a name is one of nested objects in those of a level.
func (b *fetchBuilder) elsewhere(name string, l *fetchLevel) bool {
	for i := range name {
		if name[i] == '.' && l.mapped[name[:i]] != nil && l.mapped[name[:i]].inner != nil {
			return true
		}
	}
	return false
}
