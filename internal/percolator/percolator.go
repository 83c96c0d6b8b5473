// Package percolator finds, for a document, the filters that may match the document, among many. It is the reverse of a
// query, and what makes many watchers of one collection cost little.
//
// A filter is kept under values of fields, or ids, of which a document must have one for the filter to match. A document
// is looked at once for all these fields. A filter of which nothing like that is known may match any document.
package percolator

import (
	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// Percolator is a set of things that have a condition each. It is not for concurrent use.
type Percolator[T comparable] struct {
	anchors map[T][]anchor
	under   map[anchor]map[T]struct{}
	others  map[T]struct{} // that may match any document

	used   map[string]int // how many anchors a field has
	paths  *fieldpath.Fields
	slots  map[string]int // of the fields; nil: paths are to be made anew
	values fieldpath.Values
	key    []byte
	seen   map[T]struct{}
}

// anchor is the key of a value of a field, or an id, where the field is "".
type anchor struct{ field, key string }

// New returns an empty set.
func New[T comparable]() *Percolator[T] {
	return &Percolator[T]{
		anchors: map[T][]anchor{}, under: map[anchor]map[T]struct{}{}, others: map[T]struct{}{}, used: map[string]int{},
		seen: map[T]struct{}{},
	}
}

// Add adds something that is not there.
func (p *Percolator[T]) Add(t T, c filter.Condition) {
	list, ok := anchorsOf(c)
	if !ok {
		p.others[t] = struct{}{}
		return
	}
	p.anchors[t] = list
	for _, a := range list {
		if p.under[a] == nil {
			p.under[a] = map[T]struct{}{}
		}
		p.under[a][t] = struct{}{}
		if a.field != "" {
			if p.used[a.field]++; p.used[a.field] == 1 {
				p.slots = nil
			}
		}
	}
}

// Remove removes something, if it is there.
func (p *Percolator[T]) Remove(t T) {
	delete(p.others, t)
	for _, a := range p.anchors[t] {
		if delete(p.under[a], t); len(p.under[a]) == 0 {
			delete(p.under, a)
		}
		if a.field != "" {
			if p.used[a.field]--; p.used[a.field] == 0 {
				delete(p.used, a.field)
				p.slots = nil
			}
		}
	}
	delete(p.anchors, t)
}

// mostAnchors is under how many values one filter is kept.
const mostAnchors = 64

// anchorsOf returns values or ids of which each document that meets a condition has one; ok is false if none are known.
// An empty list says that nothing meets the condition.
func anchorsOf(c filter.Condition) (list []anchor, ok bool) {
	switch c.Op {
	case filter.Never:
		return nil, true
	case filter.IDs:
		for _, id := range c.IDs {
			list = append(list, anchor{"", id})
		}
	case filter.Values:
		for _, s := range c.Spans {
			if !s.IsPoint() || c.Field == "" {
				return nil, false
			}
			list = append(list, anchor{c.Field, string(s.From)})
		}
	case filter.And:
		for _, part := range c.List {
			more, known := anchorsOf(part)
			if known && (!ok || len(more) < len(list)) {
				list, ok = more, true
			}
		}
		return list, ok
	case filter.Or:
		for _, part := range c.List {
			more, known := anchorsOf(part)
			if !known {
				return nil, false
			}
			list = append(list, more...)
		}
	default:
		return nil, false
	}
	return unique(list), len(list) <= mostAnchors
}

// unique returns a list with each anchor once.
func unique(list []anchor) []anchor {
	seen := map[anchor]bool{}
	once := list[:0]
	for _, a := range list {
		if !seen[a] {
			seen[a] = true
			once = append(once, a)
		}
	}
	return once
}

// Candidates calls fn once with all whose filters may match a document. fn must not change the set.
func (p *Percolator[T]) Candidates(id string, doc []byte, fn func(T)) {
	for t := range p.others {
		fn(t)
	}
	clear(p.seen)
	p.offer(anchor{"", id}, fn)
	p.prepare()
	p.paths.Collect(doc, &p.values)
	for field, slot := range p.slots {
		values := p.values.Of(slot)
		found := false
		for _, v := range values {
			var ok bool
			if p.key, _, ok = sortkey.AppendCut(p.key[:0], v, sortkey.MostIndexed); ok {
				found = true
				p.offer(anchor{field, string(p.key)}, fn)
			}
		}
		if !found {
			p.offer(anchor{field, string(sortkey.AppendMissing(p.key[:0]))}, fn)
		}
	}
}

// offer calls fn with those under an anchor that it was not called with yet.
func (p *Percolator[T]) offer(a anchor, fn func(T)) {
	for t := range p.under[a] {
		if _, ok := p.seen[t]; !ok {
			p.seen[t] = struct{}{}
			fn(t)
		}
	}
}

// prepare makes paths of the fields that are used.
func (p *Percolator[T]) prepare() {
	if p.slots != nil {
		return
	}
	p.paths, p.slots = &fieldpath.Fields{}, map[string]int{}
	for field := range p.used {
		p.slots[field] = p.paths.Each(field)
	}
}
