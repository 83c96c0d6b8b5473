package highlight

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/internal/marks"
)

// Options say for what a request is compiled. Every zero field means the default.
type Options struct {
	// Now is the "now" of date math in the query. Default: the time of the call of Compile.
	Now time.Time

	// Schema says what the fields are. Default: none. Then the strings of all fields are texts.
	Schema *query.Schema

	// Nested is the path of the nested objects that are highlighted instead of documents: Highlight takes such an object.
	// Default: documents.
	Nested string

	// Index is the name of the collection, in the field _index and in errors. Default: none.
	Index string
}

// Highlighter highlights what a query has found. One goroutine at a time may use it.
type Highlighter struct {
	request *Request
	query   *query.Query
	index   string
	of      *query.Options
	markers map[*query.Query]*query.Marker
	paths   *fieldpath.Fields
	values  fieldpath.Values
	fields  []*field          // of a mapping, or those that the request names
	named   map[string]*field // others, without a mapping, by their names
	words   *int              // that are looked for, in all fields together
}

// field is a field that is highlighted.
type field struct {
	name   string
	text   *marks.Field
	slots  []int
	marker *query.Marker
	with   interface {
		highlight(values [][]byte, met []*marks.Mark, tooLong func(length int) error) ([]string, error)
		words() int // how many are looked for
	}
}

// longest is how many UTF-16 units a text may have (Elasticsearch: index.highlight.max_analyzed_offset).
const longest = 1_000_000

// mostWords is how many words are looked for, counted for each field, as what notes where they are is in memory.
const mostWords = 1_000_000

// Compile binds a request to a query, whose hits are highlighted, unless there is a highlight_query instead. The cost
// is about that of [query.Compile]. The error is an *[Error], or one of query.Compile.
func (r *Request) Compile(q *query.Query, o *Options) (*Highlighter, error) {
	if o == nil {
		o = &Options{}
	}
	return r.compile(q, o, new(int))
}

// compile is Compile where so many words are looked for already, which it adds to.
func (r *Request) compile(q *query.Query, o *Options, words *int) (*Highlighter, error) {
	h := &Highlighter{
		request: r, query: q, index: o.Index, words: words,
		of:      &query.Options{Now: o.Now, Schema: o.Schema, Index: o.Index, Nested: o.Nested},
		markers: map[*query.Query]*query.Marker{}, paths: &fieldpath.Fields{}, named: map[string]*field{},
	}
	if h.of.Now.IsZero() {
		h.of.Now = time.Now()
	}
	for i := range r.fields {
		f := &r.fields[i]
		if _, err := h.marker(f); err != nil {
			return nil, err
		}
	}
	return h, h.addFields()
}

// addFields adds the fields that the request names. The last of several entries for one field counts.
func (h *Highlighter) addFields() error {
	var names []string
	last := map[string]*requested{}
	for i := range h.request.fields {
		f := &h.request.fields[i]
		for _, name := range h.namesOf(f) {
			if last[name] == nil {
				names = append(names, name)
			}
			last[name] = f
		}
	}
	for _, name := range names {
		f, err := h.newField(name, last[name])
		if err != nil {
			return err
		}
		if f != nil {
			h.fields = append(h.fields, f)
		}
	}
	return nil
}

// marker returns what says which conditions a document meets.
func (h *Highlighter) marker(f *requested) (m *query.Marker, err error) {
	q := h.query
	if f.query != nil {
		q = f.query
	}
	if m = h.markers[q]; m == nil {
		m, err = query.NewMarker(q, h.of)
		h.markers[q] = m
	}
	return m, err
}

// namesOf returns the fields that a request names. A pattern stands for those of a mapping; without one, for those of
// each document.
func (h *Highlighter) namesOf(f *requested) []string {
	switch {
	case !strings.Contains(f.name, "*"):
		return []string{f.name}
	case h.of.Schema == nil:
		return nil
	}
	return h.of.Schema.FieldNames(f.name)
}

// newField returns a field, nil if it is none of texts.
func (h *Highlighter) newField(name string, of *requested) (*field, error) {
	f := &field{name: name, text: query.TextField(name, h.of)}
	if f.text == nil {
		return nil, nil
	}
	for _, path := range f.text.Paths {
		f.slots = append(f.slots, h.paths.Each(path))
	}
	var err error
	if f.marker, err = h.marker(of); err != nil {
		return nil, err
	}
	var matched []*marks.Field
	for _, name := range of.matched() {
		if m := query.TextField(name, h.of); m != nil {
			matched = append(matched, m)
		}
	}
	if of.typ == typePlain {
		f.with = newPlain(&of.options, f.text, f.marker.All())
	} else {
		f.with = newUnified(&of.options, f.text, matched, f.marker.All())
	}
	if *h.words += f.with.words(); *h.words > mostWords {
		return nil, wrong("fields."+name, "a request looks for at most %d words, in all its fields together", mostWords)
	}
	return f, nil
}

// marksOf returns the marks that are about a field.
func marksOf(f *marks.Field, all []*marks.Mark) (list []*marks.Mark) {
	for _, m := range all {
		if m.Field == f.Name || m.Pattern && query.MatchesStars(m.Field, f.Name) {
			list = append(list, m)
		}
	}
	return list
}

// Highlight returns the fragments of a document, as an object with a list for each field that has some: {"title":["The
// <em>quick</em> fox"]}. It is nil if there are none. doc is as for [query.Matcher.Match]. The cost is a pass over the
// document, and over the words of the fields that are highlighted. The error is an *[Error]: a field is too long.
func (h *Highlighter) Highlight(id string, doc []byte) (json.RawMessage, error) {
	fields, err := h.fieldsOf(doc)
	if err != nil || len(fields) == 0 {
		return nil, err
	}
	h.paths.Collect(doc, &h.values)
	met := map[*query.Marker][]*marks.Mark{}
	var dst []byte
	for _, f := range fields {
		if _, ok := met[f.marker]; !ok {
			met[f.marker] = f.marker.Met(id, doc)
		}
		values := h.valuesOf(f)
		if len(values) == 0 {
			continue
		}
		fragments, err := f.with.highlight(values, met[f.marker], func(length int) error { return h.tooLong(f, id, length) })
		if err != nil {
			return nil, err
		}
		if len(fragments) > 0 {
			dst = appendFragments(append(dst, ','), f.name, fragments)
		}
	}
	if dst == nil {
		return nil, nil
	}
	dst[0] = '{'
	return append(dst, '}'), nil
}

func appendFragments(dst []byte, name string, fragments []string) []byte {
	dst = append(rawjson.AppendString(dst, name), ":["...)
	for i, fragment := range fragments {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = rawjson.AppendString(dst, fragment)
	}
	return append(dst, ']')
}

// valuesOf returns the texts of a field in the document at hand.
func (h *Highlighter) valuesOf(f *field) (values [][]byte) {
	for _, slot := range f.slots {
		for _, v := range h.values.Of(slot) {
			if text, ok := f.text.Text(v); ok {
				values = append(values, slices.Clone(text))
			}
		}
	}
	return values
}

// fieldsOf returns the fields that are highlighted in a document.
func (h *Highlighter) fieldsOf(doc []byte) ([]*field, error) {
	fields := slices.Clone(h.fields)
	if h.of.Schema != nil {
		return fields, nil
	}
	seen := map[string]bool{}
	for i := range h.request.fields {
		of := &h.request.fields[i]
		if !strings.Contains(of.name, "*") {
			continue
		}
		var err error
		fieldpath.Leaves(doc, func(path, _ []byte) {
			name := string(path)
			if h.of.Nested != "" {
				name = h.of.Nested + "." + name
			}
			if err != nil || seen[name] || !query.MatchesStars(of.name, name) {
				return
			}
			seen[name] = true
			f := h.named[name]
			if f == nil {
				if f, err = h.newField(name, of); err != nil || f == nil {
					return
				}
				h.named[name] = f
			}
			fields = append(fields, f)
		})
		if err != nil {
			return nil, err
		}
	}
	return fields, nil
}

// tooLong is the error of a text that is too long.
func (h *Highlighter) tooLong(f *field, id string, length int) error {
	return wrong("fields."+f.name, "The length [%d] of field [%s] in doc[%s]/index[%s] exceeds the "+
		"[index.highlight.max_analyzed_offset] limit [%d]. To avoid this error, set the query parameter "+
		"[max_analyzed_offset] to a value less than index setting [%d] and this will tolerate long field values by "+
		"truncating them.", length, f.name, id, h.index, longest, longest)
}
