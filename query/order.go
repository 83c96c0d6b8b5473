package query

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// Order says in which order documents come. It does not change; any number of goroutines may use it.
type Order struct {
	keys []filter.Key
	from *origin // not nil: by the distance from there, and without keys
	err  error
}

// By orders documents by the values of fields: by the first field, where its values are equal by the second, and so on,
// and in the end by their ids, in the direction of the last field. A field is a dotted path; one behind a "-" is
// descending.
//
// Values are in this order: false, true, numbers, strings by code points. A field with several values counts with the
// smallest, descending with the largest one. Behind all values, in both directions, are null, and then documents that do
// not have the field, or have only objects there; see MissingFirst.
func By(fields ...string) *Order {
	o := &Order{}
	for _, f := range fields {
		path, descending := strings.CutPrefix(f, "-")
		if path == "" {
			return &Order{err: fmt.Errorf("%w: %q is no field to sort by", ErrInvalid, f)}
		}
		o.keys = append(o.keys, filter.Key{Field: path, Descending: descending})
	}
	if len(o.keys) == 0 {
		o.err = fmt.Errorf("%w: an order needs a field", ErrInvalid)
	}
	return o
}

// MissingFirst returns the order in which documents that do not have a field, and behind them those that have null
// there, come before all others.
func (o *Order) MissingFirst() *Order {
	first := &Order{keys: slices.Clone(o.keys), from: o.from.missingFirst(), err: o.err}
	for i := range first.keys {
		first.keys[i].MissingFirst = true
	}
	return first
}

// Order compiles the order for a store.
func (o *Order) Order(filter.Env) (*filter.Order, error) {
	if o.err != nil {
		return nil, o.err
	}
	if o.from != nil {
		return o.from.order(), nil
	}
	k := &orderKeys{keys: o.keys}
	for _, key := range o.keys {
		k.slots = append(k.slots, k.fields.Each(key.Field))
	}
	return &filter.Order{Orderer: k, Keys: o.keys, Descending: o.keys[len(o.keys)-1].Descending}, nil
}

// orderKeys makes the keys of documents.
type orderKeys struct {
	keys   []filter.Key
	slots  []int
	fields fieldpath.Fields
	pool   sync.Pool // of *orderWork
}

// orderWork is what making a key needs.
type orderWork struct {
	values    fieldpath.Values
	best, key []byte
}

// AppendKey implements filter.Orderer.
func (k *orderKeys) AppendKey(dst []byte, _ string, doc []byte) []byte {
	w, ok := k.pool.Get().(*orderWork)
	if !ok {
		w = new(orderWork)
	}
	defer k.pool.Put(w)
	k.fields.Collect(doc, &w.values)
	for i := range k.keys {
		begin := len(dst)
		dst = append(dst, w.value(&k.keys[i], k.slots[i])...)
		if k.keys[i].Descending {
			sortkey.Descend(dst[begin:])
		}
		if k.keys[i].MissingFirst {
			sortkey.AbsentFirst(dst[begin:])
		}
	}
	return dst
}

// value returns the ascending key of the value that counts.
func (w *orderWork) value(key *filter.Key, slot int) []byte {
	w.best = w.best[:0]
	for _, v := range w.values.Of(slot) {
		var ok bool
		if w.key, ok = sortkey.Append(w.key[:0], v); !ok {
			continue
		}
		order := bytes.Compare(w.key, w.best)
		if key.Descending && v[0] != 'n' && len(w.best) > 0 && !sortkey.IsAbsent(w.best) {
			order = -order
		}
		if len(w.best) == 0 || order < 0 {
			w.best, w.key = w.key, w.best
		}
	}
	if len(w.best) == 0 {
		w.best = sortkey.AppendMissing(w.best)
	}
	return w.best
}
