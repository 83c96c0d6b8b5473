package query

import (
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query/internal/koncorde"
)

// Koncorde's match: a document that contains an object.

// wanted is what a value must contain. The cost of looking for it is at most the product of the sizes of both.
type wanted struct {
	kind    byte      // '{', '[', or anything else for a scalar
	equal   valueTest // of a scalar
	members []wantedMember
	items   []*wanted
}

type wantedMember struct {
	key   string
	value *wanted
}

// wantedOf returns what a JSON value wants.
func wantedOf(raw []byte) *wanted {
	w := &wanted{kind: raw[0]}
	switch raw[0] {
	case '{':
		for _, m := range members(raw) {
			w.members = append(w.members, wantedMember{m.key, wantedOf(m.value)})
		}
	case '[':
		for _, e := range elements(raw) {
			w.items = append(w.items, wantedOf(e))
		}
	default:
		w.equal = same(raw)
	}
	return w
}

// containing returns the test of a match. The keys of the object are fields, which may have dots.
func (c *compiler) containing(m koncorde.Match) test {
	type wantedField struct {
		field wholeField
		value *wanted
	}
	var fields []wantedField
	for _, m := range members(m.Object) {
		fields = append(fields, wantedField{c.whole(m.key), wantedOf(m.value)})
	}
	return func(d *document) bool {
		for _, f := range fields {
			if v := f.field.of(d); v == nil || !f.value.in(d, v) {
				return false
			}
		}
		return true
	}
}

// in says whether a value contains what is wanted.
func (w *wanted) in(d *document, v []byte) bool {
	switch w.kind {
	case '{':
		if v[0] != '{' {
			return false
		}
		for _, m := range w.members {
			if inner, ok := rawjson.Lookup(v, m.key); !ok || !m.value.in(d, inner) {
				return false
			}
		}
		return true
	case '[':
		return v[0] == '[' && w.itemsIn(d, v)
	}
	return w.equal(d, v)
}

// itemsIn says whether each wanted item finds an element that contains it: the first one that no item before has taken.
func (w *wanted) itemsIn(d *document, v []byte) bool {
	var room [64]bool
	taken := room[:0]
	for range rawjson.Elements(v, rawjson.MaxDepth) {
		taken = append(taken, false)
	}
	if len(w.items) > len(taken) {
		return false
	}
	for _, item := range w.items {
		i, found := 0, false
		for e := range rawjson.Elements(v, rawjson.MaxDepth) {
			if !taken[i] && item.in(d, e) {
				taken[i], found = true, true
				break
			}
			i++
		}
		if !found {
			return false
		}
	}
	return true
}
