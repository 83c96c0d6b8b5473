package kuzzlite

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"sort"

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
		if err := e.span(v, bucket, s); err != nil {
			return err
		}
	}
	return nil
}

// entriesAhead is about how many entries are read at once: as many as stay in the processor's cache. Tests make do with
// less.
var entriesAhead = 256

// span hands over the entries in a span.
func (e *entryReader) span(v kv.View, bucket []byte, s span) error {
	prefix := s.From[:fieldindex.PrefixSize]
	until := s.To // without the prefix; nil: all that have it
	if until != nil {
		var within bool
		if until, within = bytes.CutPrefix(s.To, prefix); !within {
			until = nil
		}
	}
	from, more := s.From, true
	for more {
		var err error
		if more, err = kv.ReadPortion(v, bucket, prefix, from, entriesAhead, &e.ahead); err != nil {
			return err
		}
		n := e.ahead.Len()
		if until != nil {
			n = sort.Search(n, func(i int) bool { return bytes.Compare(e.ahead.Key(i), until) >= 0 })
			more = more && n == e.ahead.Len()
		}
		if err := cmp.Or(e.look(n), e.clock.check(e.ctx)); err != nil {
			return err
		}
		for i := range n {
			if err := e.entry(prefix, e.ahead.Key(i), e.ahead.Value(i)); err != nil {
				return err
			}
		}
		if more {
			from = append(append(append(make([]byte, 0, 64), prefix...), e.ahead.Key(n-1)...), 0)
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

	ahead         kv.Portion
	key, id, made []byte
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

// entry hands over an entry, if its document matches. key is what is behind the prefix.
func (e *entryReader) entry(prefix, key, value []byte) error {
	if !e.entries.Read(key) {
		return fmt.Errorf("%w: an entry of the field index %q", ErrCorrupt, e.plan.Index.Name)
	}
	if len(e.due) > 0 {
		e.key = append(append(e.key[:0], prefix...), key...)
		e.id, _ = e.plan.Index.AppendIDOf(e.id[:0], e.key, value)
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
