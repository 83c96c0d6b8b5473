package query

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/query/internal/docvalues"
	"github.com/kuzzlite/kuzzlite/query/internal/highlighting"
)

// InnerHits are the nested objects by which documents match a query, for the nested clauses that ask to see them
// (Elasticsearch: inner_hits). It is used in three steps, as a [Scorer] is: Observe all documents of the collection if
// NeedsStatistics says so, Settle, and then Of. Any number of goroutines may call Of behind Settle; they wait for one
// another.
type InnerHits struct {
	levels []*innerLevel // those of clauses that are in no other with inner hits

	scored  []*innerLevel    // all whose objects have scores
	counted []*innerLevel    // those of them whose scores need statistics
	fields  fieldpath.Fields // the objects of these, from the document

	mu     sync.Mutex       // guards what follows, and the sorters of levels
	values fieldpath.Values // of the document at hand
}

// innerLevel is one definition of inner hits.
type innerLevel struct {
	*innerDefinition
	steps  []innerStep // from what is around to the objects
	absent bool        // there are no such objects in what is around

	matcher *Matcher
	scorer  *Scorer            // nil: nobody asks for scores
	ordered *docvalues.Sorter  // nil: the best scores first
	marks   filter.Highlighter // nil: nothing is highlighted
	fetcher *FieldFetcher      // nil: no values of fields are shown
	slot    int                // of the objects, in the fields of InnerHits

	inner []*innerLevel // of clauses in the clause
}

// innerStep leads from an object to the nested objects of a field in it.
type innerStep struct {
	field  string // from the object
	fields fieldpath.Fields
	slot   int
}

// The bounds of inner hits: how far from and size of one definition may reach together (Elasticsearch:
// index.max_inner_result_window), and how many definitions a query may have, as each may show objects with each hit.
const (
	mostInnerHits        = 100
	mostInnerDefinitions = 100
)

// InnerHits compiles what a query shows of nested objects; it is nil if that is nothing. The error is that of names or
// numbers which cannot be, of an order that does not fit the schema, or that of Compile.
func (q *Query) InnerHits(o *Options) (*InnerHits, error) {
	list := showing(q.root(), nil)
	if len(list) == 0 {
		return nil, nil
	}
	h := &InnerHits{}
	b := &innerBuilder{hits: h, options: Options{}}
	if o != nil {
		b.options = *o
	}
	levels, err := b.levels(list, "")
	if err != nil {
		return nil, err
	}
	h.levels = levels
	return h, nil
}

// Inner compiles what the query shows of nested objects for a store; nil: nothing.
func (q *Query) Inner(env filter.Env) (filter.Inner, error) {
	schema, _ := env.Schema.(*Schema)
	h, err := q.InnerHits(&Options{Now: env.Now, Schema: schema})
	if h == nil {
		return nil, err
	}
	return h, nil
}

// shown is a nested clause with inner hits, and the schema that a part of the query around says.
type shown struct {
	nested
	schema *Schema // nil: none
}

// showing appends the clauses of a condition that have inner hits, and are in no other nested clause. What must not
// match has none: there are no objects to show (Elasticsearch).
func showing(n node, list []shown) []shown {
	each := func(nodes []node) []shown {
		for _, n := range nodes {
			list = showing(n, list)
		}
		return list
	}
	switch n := n.(type) {
	case and:
		return each(n)
	case or:
		return each(n)
	case maybe:
		return each(n)
	case atLeast:
		return each(n.list)
	case best:
		return each(n.list)
	case verified:
		return each([]node{n.node})
	case demoted:
		return each([]node{n.node, n.negative})
	case fixed:
		return each([]node{n.node})
	case raised:
		return each([]node{n.node})
	case *functionScore:
		return each([]node{n.query})
	case mappedNode:
		before := len(list)
		list = showing(n.node, list)
		for i := range list[before:] {
			if one := &list[before+i]; one.schema == nil {
				one.schema = n.schema
			}
		}
	case nested:
		if n.inner != nil {
			list = append(list, shown{nested: n})
		}
	}
	return list
}

// innerBuilder compiles the definitions of a query.
type innerBuilder struct {
	hits        *InnerHits
	options     Options
	definitions int
	words       int // that are looked for to be highlighted
}

// levels compiles the definitions of some clauses, which are about the objects under a path; "": about documents.
func (b *innerBuilder) levels(list []shown, around string) (levels []*innerLevel, err error) {
	names := map[string]bool{}
	for _, n := range list {
		name := n.inner.name
		if !n.inner.named {
			name = n.path
		}
		if names[name] {
			return nil, n.inner.place.wrong("[inner_hits] already contains an entry for key [%s]", name)
		}
		names[name] = true
		if b.definitions++; b.definitions > mostInnerDefinitions {
			return nil, n.inner.place.wrong("a query has at most %d [inner_hits]", mostInnerDefinitions)
		}
		l, err := b.level(n, name, around)
		if err != nil {
			return nil, err
		}
		if l != nil {
			levels = append(levels, l)
		}
	}
	return levels, nil
}

// level compiles a definition; it is nil if its path is unmapped, and that is no error.
func (b *innerBuilder) level(n shown, name, around string) (l *innerLevel, err error) {
	o := b.options
	if n.schema != nil {
		o.Schema = n.schema
	}
	if o.Schema != nil && !slices.Contains(o.Schema.nested, n.path) {
		if n.ignoreUnmapped {
			return nil, nil
		}
		return nil, refused("[nested] failed to find nested object under path [%s]", n.path)
	}
	l = &innerLevel{innerDefinition: n.inner}
	if last := int64(l.from) + int64(l.size); last > mostInnerHits {
		given := "null"
		if l.named {
			given = name
		}
		return nil, l.place.wrong("Inner result window is too large, the inner hit definition's [%s]'s from + size must be "+
			"less than or equal to: [%d] but was [%d]. This limit can be set by changing the [index.max_inner_result_window] "+
			"index level setting.", given, mostInnerHits, last)
	}
	if !l.named { // the definition is one of a query that does not change
		named := *l.innerDefinition
		named.name, l.innerDefinition = name, &named
	}
	l.lead(o.Schema, around, n.path)
	o.Nested = n.path
	if l.sort != nil {
		if l.ordered, err = l.sort.Sorter(&o); err != nil {
			return nil, err
		}
	}
	if err := b.match(l, n.node, &o); err != nil {
		return nil, err
	}
	if l.highlight != nil {
		place := highlighting.Place{
			Env: filter.Env{Now: o.Now, Schema: o.Schema}, Index: o.Index, Nested: n.path, Words: &b.words,
		}
		if l.marks, err = l.highlight.Bind(&Query{n.node}, place); err != nil {
			return nil, err
		}
	}
	if len(l.innerDefinition.fields) > 0 {
		if l.fetcher, err = l.innerDefinition.fields.Compile(&o); err != nil {
			return nil, err
		}
	}
	inner := showing(n.node, nil)
	for i := range inner {
		if inner[i].schema == nil {
			inner[i].schema = n.schema
		}
	}
	l.inner, err = b.levels(inner, n.path)
	return l, err
}

// match compiles what says which objects match, and how well.
func (b *innerBuilder) match(l *innerLevel, n node, o *Options) (err error) {
	c := newCompiler(o)
	if l.sort != nil && !l.scores && !l.sort.HasScores() {
		l.matcher, err = c.matcher(n)
		return err
	}
	c.scoring = &scoring{}
	if l.scorer, err = c.scorer(n); err != nil {
		return err
	}
	l.matcher = l.scorer.matcher
	b.hits.scored = append(b.hits.scored, l)
	if l.scorer.NeedsStatistics() {
		l.slot = b.hits.fields.Each(o.Nested)
		b.hits.counted = append(b.hits.counted, l)
	}
	return nil
}

// lead finds the way from the objects under one path to those under another.
func (l *innerLevel) lead(s *Schema, around, path string) {
	if path == around {
		return
	}
	if around != "" && !strings.HasPrefix(path, around+".") {
		l.absent = true
		return
	}
	for i := len(around) + 1; i <= len(path); i++ {
		if i < len(path) && (s == nil || path[i] != '.' || !slices.Contains(s.nested, path[:i])) {
			continue
		}
		step := innerStep{field: path[:i]}
		if around != "" {
			step.field = path[len(around)+1 : i]
		}
		step.slot = step.fields.Each(step.field)
		l.steps = append(l.steps, step)
		around = path[:i]
	}
}

// NeedsStatistics says whether scores depend on all documents of the collection.
func (h *InnerHits) NeedsStatistics() bool { return len(h.counted) > 0 }

// Observe counts a document of the collection, whether it matches or not, see [Scorer.Observe].
func (h *InnerHits) Observe(id string, doc []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if doc[0] != '{' {
		return
	}
	h.fields.Collect(doc, &h.values)
	for _, l := range h.counted {
		for _, object := range h.values.Of(l.slot) {
			if object[0] == '{' {
				l.scorer.Observe(id, object)
			}
		}
	}
}

// Settle ends counting.
func (h *InnerHits) Settle() {
	for _, l := range h.scored {
		l.scorer.Settle()
	}
}

// Of returns the objects of a document, those of each clause by its name. doc is as for Matcher.Match. The cost is that
// of matching each nested object under the paths of the clauses, and of highlighting those that are shown. The error is
// that of Scorer.Score, or of a text that is too long to be highlighted.
func (h *InnerHits) Of(id string, doc []byte) ([]filter.InnerHits, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return innerHitsOf(h.levels, id, doc, nil)
}

func innerHitsOf(levels []*innerLevel, id string, object []byte, at fieldpath.NestedPlaces) (
	all []filter.InnerHits, err error) {
	for _, l := range levels {
		hits, err := l.find(id, object, at)
		if err != nil {
			return nil, err
		}
		all = append(all, hits)
	}
	return all, nil
}

// innerFound is an object that matches.
type innerFound struct {
	key []byte
	raw []byte
	hit filter.InnerHit
}

// find returns the objects that match in what is around.
func (l *innerLevel) find(id string, around []byte, at fieldpath.NestedPlaces) (hits filter.InnerHits, err error) {
	var found []innerFound
	l.each(l.steps, around, at, func(object []byte, at fieldpath.NestedPlaces) {
		score, ok, wrong := l.match(id, object)
		if wrong != nil {
			err = wrong
		}
		if !ok || wrong != nil {
			return
		}
		one := innerFound{raw: object, hit: filter.InnerHit{Places: at, Score: score, Scored: l.sort == nil || l.scores}}
		one.key = l.key(id, object, score, len(found))
		found = append(found, one)
	})
	if err != nil {
		return hits, err
	}
	slices.SortFunc(found, func(a, b innerFound) int { return bytes.Compare(a.key, b.key) })
	hits = filter.InnerHits{Name: l.name, Total: len(found)}
	found = found[min(l.from, len(found)):]
	for _, one := range found[:min(l.size, len(found))] {
		if !l.source.Nothing {
			one.hit.Source = l.source.AppendNested(nil, one.hit.Places.Keys(), one.raw)
		}
		if l.marks != nil {
			if one.hit.Highlight, err = l.marks.Highlight(id, one.raw); err != nil {
				return hits, err
			}
		}
		if l.fetcher != nil {
			one.hit.Fields = l.fetcher.Fields(one.raw)
		}
		if one.hit.Inner, err = innerHitsOf(l.inner, id, one.raw, one.hit.Places); err != nil {
			return hits, err
		}
		hits.Hits = append(hits.Hits, one.hit)
	}
	return hits, nil
}

// match says whether an object matches, and how well if that is asked for.
func (l *innerLevel) match(id string, object []byte) (score float32, ok bool, err error) {
	if l.scorer != nil {
		return l.scorer.Score(id, object)
	}
	return 0, l.matcher.Match(id, object), nil
}

// key returns what orders an object, the nth that matches. What is equal stays in the order of the document.
func (l *innerLevel) key(id string, object []byte, score float32, n int) (key []byte) {
	place := uint32(n)
	if l.ordered == nil {
		key = binary.BigEndian.AppendUint32(nil, ^bitsOf(score))
	} else {
		l.ordered.SetScore(score)
		key = l.ordered.AppendKey(nil, id, object)
		if l.ordered.Reversed {
			place = ^place
		}
	}
	return binary.BigEndian.AppendUint32(key, place)
}

// each calls fn with the objects that steps lead to, and where they are.
func (l *innerLevel) each(
	steps []innerStep, around []byte, at fieldpath.NestedPlaces, fn func([]byte, fieldpath.NestedPlaces),
) {
	switch {
	case l.absent || around[0] != '{':
		return
	case len(steps) == 0:
		fn(around, at)
		return
	}
	step, values, offset := &steps[0], fieldpath.Values{}, 0
	step.fields.Collect(around, &values)
	for _, object := range values.Of(step.slot) {
		if object[0] != '{' {
			continue
		}
		place := fieldpath.NestedPlace{Field: step.field, Offset: offset}
		offset++
		l.each(steps[1:], object, append(slices.Clone(at), place), fn)
	}
}
