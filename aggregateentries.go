package kuzzlite

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/planner"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Aggregations by the entries of a field index alone.

// cover says whether entries alone tell what is aggregated, at less cost than documents. Then its plan is the one.
func (g *aggregating) cover(v kv.View, bucket []byte) (ok bool, err error) {
	if g.to.Fields == nil || g.filter.Reads == nil {
		return false, nil
	}
	fields, spelled := slices.Clone(g.filter.Reads), false
	for _, f := range g.to.Fields {
		fields = append(fields, f.Path)
		spelled = spelled || f.Spelled
	}
	g.request.Count = func(spans []span, most int) (int, error) { return g.counted.count(v, bucket, spans, most) }
	plan, err := planner.Cover(&g.request, fields, spelled, g.plan)
	g.request.Count = nil
	if plan == nil || err != nil {
		return false, err
	}
	if g.due, ok, err = dueIDs(v, bucket, g.now); ok && err == nil {
		g.plan = plan
	}
	return ok, err
}

// entries hands over the entries of the plan, as far as they match.
func (g *aggregating) entries(v kv.View, bucket []byte) error {
	e := &entryReader{
		aggregating: g, entries: fieldindex.NewReader(g.plan.Index), values: make([]filter.Value, len(g.to.Fields)),
	}
	e.find(g.plan.Index)
	if len(e.filters) == 0 && !e.matches() { // then no document does
		return nil
	}
	for _, s := range g.plan.Spans {
		var failed error
		err := scanSpan(v, bucket, s, nil, false, func(key, value []byte) bool {
			failed = e.entry(key, value)
			return failed == nil
		})
		if err := cmp.Or(failed, err); err != nil {
			return err
		}
	}
	return nil
}

// entryReader reads entries instead of documents.
type entryReader struct {
	*aggregating
	entries *fieldindex.Reader
	fields  []int          // of the index, where each of the values is
	values  []filter.Value // of the aggregation
	filters []filteredField

	id, made []byte
}

// filteredField is a field that the filter reads.
type filteredField struct {
	field int    // of the index
	key   []byte // in an object, with the colon
}

// find finds the fields in the index.
func (e *entryReader) find(d *fieldindex.Definition) {
	at := func(path string) int {
		return slices.IndexFunc(d.Fields, func(f fieldindex.Field) bool { return f.Path == path })
	}
	for _, f := range e.to.Fields {
		e.fields = append(e.fields, at(f.Path))
	}
	for _, path := range e.filter.Reads {
		e.filters = append(e.filters, filteredField{at(path), append(rawjson.AppendString(nil, path), ':')})
	}
	for i, field := range e.fields {
		isFiltered := slices.Contains(e.filter.Reads, e.to.Fields[i].Path) // which takes JSON
		if e.to.Fields[i].Floats && !isFiltered {
			e.entries.Floats(field)
		}
	}
}

// entry hands over an entry, if its document matches.
func (e *entryReader) entry(key, value []byte) error {
	if err := e.look(1); err != nil {
		return err
	}
	if !e.entries.Read(key) {
		return fmt.Errorf("%w: an entry of the field index %q", ErrCorrupt, e.plan.Index.Name)
	}
	if len(e.due) > 0 {
		e.id, _ = e.plan.Index.AppendIDOf(e.id[:0], key, value)
		if e.due[string(e.id)] {
			return nil
		}
	}
	if len(e.filters) > 0 && !e.matches() {
		return nil
	}
	for i, field := range e.fields {
		if v := e.entries.Value(field); v.Turn != e.values[i].Turn {
			e.values[i] = *v
		}
	}
	e.found++
	return e.to.Values(e.values)
}

// matches says whether a document of the values of the entry matches.
func (e *entryReader) matches() bool {
	e.made = append(e.made[:0], '{')
	for i := range e.filters {
		value := e.entries.Value(e.filters[i].field).JSON
		if value == nil {
			continue
		}
		if len(e.made) > 1 {
			e.made = append(e.made, ',')
		}
		e.made = append(append(e.made, e.filters[i].key...), value...)
	}
	e.made = append(e.made, '}')
	return e.filter.Match("", e.made)
}
