package query

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// FieldValues says of which fields hits show the values (Elasticsearch: fields). Unlike a source filter, which shows
// parts of documents as they are written, it shows a list of values for each field by its name, as the mapping
// understands them: a sub-field such as name.keyword, an alias, and a field to which others are copied have values, a
// long is a number even if the document has it in a string, a date is in the format that is asked for.
type FieldValues []FieldValue

// FieldValue is a field of which hits show the values, or a pattern for the names of such fields.
type FieldValue struct {
	// Name is the name of a field, or a pattern, in which a star stands for any text, dots as well. A pattern does not
	// match the fields that Elasticsearch itself has, such as _id.
	Name string

	// Format is how values are shown: a format of dates, and "geojson" or "wkt" for points. For a field of another type
	// it is an error. Default: the format of the mapping, and GeoJSON.
	Format string

	// Unmapped also shows what the mapping does not have, as it is written (include_unmapped). Without a mapping that
	// is everything, and always shown.
	Unmapped bool
}

// The bounds of a FieldValues: how many names it may have, and how many of them may be patterns, with each of which the
// fields of each hit are compared.
const (
	mostFieldValues   = 1000
	mostFieldPatterns = 256
)

// FieldFetcher fetches the values of fields from documents. One goroutine at a time may use it.
type FieldFetcher struct {
	level    *fetchLevel
	document document
}

// fetchLevel fetches the values of what is in documents, or in nested objects under one path. Values of nested objects
// are shown object by object (Elasticsearch).
type fetchLevel struct {
	scope string // the path of the nested objects; "": documents
	lost  int    // how many bytes names in the answer lack at their beginning

	fetched  []*fetchedField
	index    map[string]*fetchedField // by their whole names, and the paths of nested objects in these objects
	patterns []unmappedPattern

	fields fieldpath.Fields
	values fieldpath.Values
	queue  []queued
}

// queued is a value that is to be printed, or an array of such.
type queued struct {
	value  []byte
	arrays int // around
}

// fetchedField is a field of which the values are fetched.
type fetchedField struct {
	key   []byte // its name in the answer, as JSON
	slots []int
	print valuePrinter
	inner *fetchLevel // instead of print: of nested objects
}

// unmappedPattern is a pattern for the names of fields that have no mapping.
type unmappedPattern struct {
	name  string
	print valuePrinter
}

// Compile compiles what is fetched for a schema, from documents or from the nested objects under Options.Nested. The
// error is that of a name or a format that cannot be.
func (f FieldValues) Compile(o *Options) (*FieldFetcher, error) {
	if o == nil {
		o = &Options{}
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	b := fetchBuilder{f, o.Schema}
	level, err := b.level(o.Nested, 0)
	if err != nil {
		return nil, err
	}
	return &FieldFetcher{level: level}, nil
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

// check checks the names.
func (f FieldValues) check() error {
	if len(f) > mostFieldValues {
		return plainly("[fields] has %d names, and may have %d", len(f), mostFieldValues)
	}
	patterns := 0
	for i := range f {
		switch name := f[i].Name; {
		case name == "":
			return plainly("[fields] has an empty name")
		case isPattern(name):
			patterns++
		case name == "_id" || slices.Contains(metadataFields, name):
			return plainly("error fetching [%s]: values of this field are not supported: hits have _id and _version anyway",
				name)
		}
	}
	if patterns > mostFieldPatterns {
		return plainly("[fields] has %d patterns with a star, and may have %d", patterns, mostFieldPatterns)
	}
	return nil
}

// fetchBuilder compiles a FieldValues.
type fetchBuilder struct {
	list   FieldValues
	schema *Schema
}

// level compiles what is fetched of nested objects under a path, with names that lose so many bytes.
func (b *fetchBuilder) level(scope string, lost int) (*fetchLevel, error) {
	l := &fetchLevel{scope: scope, lost: lost, index: map[string]*fetchedField{}}
	for i := range b.list {
		if err := b.mapped(l, &b.list[i]); err != nil {
			return nil, err
		}
	}
	if err := b.nested(l); err != nil {
		return nil, err
	}
	for i := range b.list {
		if err := b.unmapped(l, &b.list[i]); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// mapped adds the fields of the schema that have a name.
func (b *fetchBuilder) mapped(l *fetchLevel, f *FieldValue) error {
	if b.schema == nil {
		return nil
	}
	names := b.schema.matching(f.Name)
	if len(names) == 0 && !isPattern(f.Name) {
		names = []string{f.Name} // a key of a flattened object, perhaps
	}
	for _, name := range names {
		field := b.schema.fields[name]
		if field == nil {
			field = b.schema.flattenedKey(name)
		}
		if _, in := l.relative(name); !in || field == nil || field.nested != l.scope {
			continue
		}
		print, err := field.kind.(printable).printer(f.Format)
		if err != nil {
			which := ""
			if isPattern(f.Name) {
				which = fmt.Sprintf(" which matched [%s]", f.Name)
			}
			return plainly("error fetching [%s]%s: %v", name, which, err)
		}
		one := l.add(name)
		one.print, one.slots = print, nil
		for _, path := range field.paths {
			if in, ok := l.relative(path); ok {
				one.slots = append(one.slots, l.fields.Plain(in))
			}
		}
	}
	return nil
}

// nested adds the nested objects in those of a level.
func (b *fetchBuilder) nested(l *fetchLevel) error {
	if b.schema == nil {
		return nil
	}
	for _, path := range b.schema.nested {
		in, ok := l.relative(path)
		around := func(other string) bool { // that is in the level, too
			_, within := l.relative(other)
			return within && strings.HasPrefix(path, other+".")
		}
		if !ok || slices.ContainsFunc(b.schema.nested, around) {
			continue
		}
		inner, err := b.level(path, len(path)+1)
		if err != nil {
			return err
		}
		one := l.add(path)
		one.inner, one.slots = inner, []int{l.fields.Each(in)}
	}
	return nil
}

// unmapped adds a name of fields that the schema does not have.
func (b *fetchBuilder) unmapped(l *fetchLevel, f *FieldValue) error {
	if b.schema != nil && !f.Unmapped {
		return nil
	}
	print, err := anyKind{}.printer(f.Format)
	if b.schema != nil {
		print, err = asWritten, nil
	}
	if err != nil {
		return plainly("error fetching [%s]: %v", f.Name, err)
	}
	if isPattern(f.Name) {
		l.patterns = append(l.patterns, unmappedPattern{f.Name, print})
		return nil
	}
	in, ok := l.relative(f.Name)
	if !ok || b.schema != nil && l.covers([]byte(f.Name)) {
		return nil
	}
	one := l.add(f.Name)
	one.print, one.slots = print, []int{l.fields.Plain(in)}
	return nil
}

// relative returns a path from the objects of a level; ok is false for one that does not lead into these.
func (l *fetchLevel) relative(path string) (in string, ok bool) {
	if l.scope == "" {
		return path, true
	}
	in, ok = strings.CutPrefix(path, l.scope)
	if !ok || len(in) < 2 || in[0] != '.' {
		return "", false
	}
	return in[1:], true
}

// add adds a field, or returns the one with that name.
func (l *fetchLevel) add(name string) *fetchedField {
	one := l.index[name]
	if one == nil {
		one = &fetchedField{key: rawjson.AppendString(nil, name[l.lost:])}
		l.index[name] = one
		l.fetched = append(l.fetched, one)
	}
	return one
}

// covers says whether what is under a path is fetched as a field that is known, or is in one.
func (l *fetchLevel) covers(path []byte) bool {
	for i := range path {
		if path[i] == '.' && l.index[string(path[:i])] != nil {
			return true
		}
	}
	return l.index[string(path)] != nil
}

// AppendFields appends the values of the fields of a document, or of a nested object: an object with a list for each
// field that has some. doc is as for Matcher.Match. If there are none it returns dst, and false. The cost is a pass
// over the document, a second one with patterns for what is unmapped, and one more for each nested object.
func (f *FieldFetcher) AppendFields(dst, doc []byte) (out []byte, some bool) {
	if doc[0] != '{' {
		return dst, false
	}
	return f.level.append(dst, &f.document, doc)
}

// append appends the values of an object.
func (l *fetchLevel) append(dst []byte, d *document, obj []byte) (out []byte, some bool) {
	begin := len(dst)
	dst = append(dst, '{')
	l.fields.Collect(obj, &l.values)
	for _, one := range l.fetched {
		head := len(dst)
		dst = append(append(dst, one.key...), ":["...)
		before := len(dst)
		for _, slot := range one.slots {
			if one.inner != nil {
				dst = one.inner.appendEach(dst, d, l.values.Of(slot))
			} else {
				l.queue = l.queue[:0]
				for i, v := range l.values.Of(slot) {
					l.queue = append(l.queue, queued{v, l.values.Arrays(slot)[i]})
				}
				dst = l.appendQueue(dst, one.print, d)
			}
		}
		if dst = endList(dst, before); len(dst) == before {
			dst = dst[:head]
		}
	}
	dst = l.appendUnmapped(dst, d, obj)
	if len(dst) == begin+1 {
		return dst[:begin], false
	}
	dst[len(dst)-1] = '}' // instead of the last comma
	return dst, true
}

// endList ends a list of values, each with a comma behind it, that begins at an index; an empty one stays as it is.
func endList(dst []byte, begin int) []byte {
	if len(dst) == begin {
		return dst
	}
	dst[len(dst)-1] = ']'
	return append(dst, ',')
}

// appendEach appends the values of some nested objects, each object for itself with a comma behind it.
func (l *fetchLevel) appendEach(dst []byte, d *document, objects [][]byte) []byte {
	for _, obj := range objects {
		if !isObject(obj) {
			continue
		}
		var some bool
		if dst, some = l.append(dst, d, obj); some {
			dst = append(dst, ',')
		}
	}
	return dst
}

// appendQueue appends the values in the queue, each with a comma behind it. What is in many arrays comes behind what is
// in few (Elasticsearch).
func (l *fetchLevel) appendQueue(dst []byte, print valuePrinter, d *document) []byte {
	for len(l.queue) > 0 {
		least := slices.MinFunc(l.queue, func(a, b queued) int { return a.arrays - b.arrays }).arrays
		var later []queued
		for _, one := range l.queue {
			if one.arrays > least {
				later = append(later, one)
				continue
			}
			before := len(dst)
			var ok bool
			switch dst, ok = print(dst, d, one.value); {
			case ok && len(dst) > before:
				dst = append(dst, ',')
			case !ok && isArray(one.value):
				for _, e := range elements(one.value) {
					later = append(later, queued{e, least + 1})
				}
			}
		}
		l.queue = later
	}
	return dst
}

// appendUnmapped appends the values of fields that have no mapping, and which a pattern matches.
func (l *fetchLevel) appendUnmapped(dst []byte, d *document, obj []byte) []byte {
	if len(l.patterns) == 0 {
		return dst
	}
	var names []string
	found := map[string][][]byte{}
	path := []byte(l.scope)
	if l.scope != "" {
		path = append(path, '.')
	}
	from := len(path)
	fieldpath.Leaves(obj, func(name, value []byte) {
		if path = append(path[:from], name...); isNull(value) || l.covers(path) || l.pattern(path) == nil {
			return
		}
		if found[string(path)] == nil {
			names = append(names, string(path))
		}
		found[string(path)] = append(found[string(path)], value)
	})
	for _, name := range names {
		dst = append(rawjson.AppendString(dst, name[l.lost:]), ":["...)
		before := len(dst)
		l.queue = l.queue[:0]
		for _, v := range found[name] {
			l.queue = append(l.queue, queued{value: v})
		}
		dst = endList(l.appendQueue(dst, l.pattern([]byte(name)), d), before)
	}
	return dst
}

// pattern returns how what is under a path is shown: as the last pattern says that matches it; nil: there is none.
func (l *fetchLevel) pattern(path []byte) valuePrinter {
	for i := len(l.patterns) - 1; i >= 0; i-- {
		if p := &l.patterns[i]; matchesStars(p.name, string(path)) {
			return p.print
		}
	}
	return nil
}
