package query

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// Order says in which order documents come. It does not change; any number of goroutines may use it. The zero Order, and
// a nil one, is that of the ids.
type Order struct {
	keys   []orderKey
	schema *Schema  // nil: none
	behind [][]byte // the values behind which documents begin, see Behind; nil: all documents
	err    error
}

// orderKey is one of the things by which documents are ordered: the values of a field, or distances.
type orderKey struct {
	filter.Key
	mode     orderMode
	missing  []byte       // the value of documents without one, as JSON; nil: none
	unmapped string       // the type of a field that a schema does not have; "": that is an error
	nested   *nestedOrder // not nil: the field is one of nested objects
	from     *origin      // not nil: by the distance from there
	byScore  bool         // by the scores of documents
	ofHits   bool         // null is no value, see filter.Hits
	byID     bool         // by the ids, whatever else the key has (Elasticsearch: _doc, its own order of documents)
}

// By orders documents by the values of fields: by the first field, where its values are equal by the second, and so on,
// and in the end by their ids, in the direction of the last field. A field is a dotted path; one behind a "-" is
// descending.
//
// Values are in this order: false, true, numbers, strings by code points. A field with several values counts with the
// smallest, descending with the largest one. Behind all values, in both directions, are null, and then documents that do
// not have the field, or have only objects there; see MissingFirst. With a schema the types of the fields say how values
// compare, see Mapped.
func By(fields ...string) *Order {
	o := &Order{}
	for _, f := range fields {
		path, descending := strings.CutPrefix(f, "-")
		if path == "" {
			return &Order{err: fmt.Errorf("%w: %q is no field to sort by", ErrInvalid, f)}
		}
		o.keys = append(o.keys, orderKey{Key: filter.Key{Field: path, Descending: descending}})
	}
	if len(o.keys) == 0 {
		o.err = fmt.Errorf("%w: an order needs a field", ErrInvalid)
	}
	return o
}

// MissingFirst returns the order in which documents that do not have a field, and behind them those that have null
// there, come before all others.
func (o *Order) MissingFirst() *Order {
	first := o.clone()
	for i := range first.keys {
		first.keys[i].MissingFirst = true
	}
	return first
}

// Mapped returns the order in which values compare as the types of their fields in a schema say: keywords by their
// bytes, numbers and dates as such, however they are written, false before true, addresses by their bits. What is no
// value of the type is passed over, and null is no value, unless the schema has another one for null. A field that the
// schema does not have is an error, as is one whose type has no order, such as text. No index has this order: all
// documents that are found are looked at.
func (o *Order) Mapped(s *Schema) *Order {
	mapped := o.clone()
	mapped.schema = s
	return mapped
}

func (o *Order) clone() *Order {
	if o == nil {
		return &Order{}
	}
	clone := *o
	clone.keys = slices.Clone(o.keys)
	return &clone
}

// Order compiles the order for a store. It is nil for the order of the ids.
func (o *Order) Order(env filter.Env) (*filter.Order, error) {
	switch {
	case o == nil:
		return nil, nil
	case o.err != nil:
		return nil, o.err
	}
	if o = o.of(env); o.err != nil {
		return nil, o.err
	}
	c := &compiler{fields: &fieldpath.Fields{}, now: env.Now, schema: o.schema, texts: &texts{}}
	k := &orderKeys{fields: c.fields}
	compiled := &filter.Order{Orderer: k, AppendValues: k.AppendValues}
	isPlain, mark := o.schema == nil && o.behind == nil && env.Search == nil, &strings.Builder{}
	for i := range o.keys {
		key := &o.keys[i]
		compiled.Descending = key.Descending
		if key.byID { // in which no two documents are equal
			compiled.ByWritten = key.ofHits
			isPlain = isPlain && (i == 0 || key.Descending == o.keys[i-1].Descending) // as the ids in an index are
			break
		}
		made, err := key.compile(c)
		if err != nil {
			return nil, err
		}
		if key.byScore {
			compiled.AppendScored = k.AppendScored
		}
		k.keys = append(k.keys, made)
		compiled.Keys = append(compiled.Keys, key.Key)
		isPlain = isPlain && key.isPlain()
		key.mark(mark, o.schema)
	}
	compiled.ByScore = o.isByScore()
	if len(k.keys) == 0 && !compiled.Descending && o.behind == nil && env.Search == nil {
		return nil, nil
	}
	var err error
	if compiled.Behind, err = o.position(k.keys, compiled.ByWritten); err != nil {
		return nil, err
	}
	if !isPlain {
		compiled.Keys, compiled.Mark = nil, mark.String()
	}
	return compiled, nil
}

// of returns the order for the collection whose schema a store knows, if it knows one, and for the hits of a search, if
// there is one.
func (o *Order) of(env filter.Env) *Order {
	if s, has := env.Schema.(*Schema); has && o.schema == nil {
		o = o.Mapped(s)
	}
	if env.Search == nil {
		return o
	}
	o = o.clone()
	for i := range o.keys {
		if o.keys[i].ofHits = true; o.keys[i].byID {
			o.keys = o.keys[:i+1] // no two hits are equal there
			break
		}
	}
	if env.Search.After != nil {
		o = o.Behind(env.Search.After)
	}
	return o
}

// isPlain says whether indexes have the key.
func (k *orderKey) isPlain() bool {
	return k.mode == modeOfDirection && k.missing == nil && k.nested == nil && k.from == nil && !k.byScore
}

// mark writes what tells a key apart from others whose keys of documents are not comparable with its own.
func (k *orderKey) mark(b *strings.Builder, s *Schema) {
	fmt.Fprintf(b, "%q %t %t %s %s %q", k.Field, k.Descending, k.MissingFirst, k.mode, k.missing, k.unmapped)
	if s != nil {
		if f := s.fields[k.Field]; f != nil {
			typ, _ := f.kind.(named)
			fmt.Fprintf(b, " %s", typ.typeName())
		}
	}
	for n := k.nested; n != nil; n = n.inner {
		fmt.Fprintf(b, " in %q %q", n.path, n.text)
	}
	if k.from != nil {
		fmt.Fprintf(b, " from %v %t %g", k.from.places, k.from.plane, k.from.unit)
	}
	b.WriteString(";")
}

// madeKey is a key of an order that is compiled.
type madeKey struct {
	// add appends the key of a document.
	add func(dst []byte, w *orderWork) []byte

	// addValue appends the key of documents with a value, see Behind; nil: that cannot be.
	addValue func(dst, value []byte) ([]byte, error)

	// show appends the value of the document at hand as JSON, of which key is the key. It may change key.
	show func(dst, key []byte, w *orderWork) []byte
}

// compile returns what makes the keys of documents.
func (k *orderKey) compile(c *compiler) (made madeKey, err error) {
	switch {
	case k.byScore:
		return k.ofScores(), nil
	case k.nested != nil && k.mode == modeMedian:
		err = plainly("Unsupported sort mode: MEDIAN")
	case k.from != nil:
		made.add, err = k.byDistance(c)
		made.show, made.addValue = k.showDistance, k.addDistance
	case c.schema != nil:
		made, err = k.byType(c)
	default:
		made, err = k.byJSON(c)
	}
	if err != nil {
		return made, aboutField(k.Field, err)
	}
	return made, nil
}

// orderKeys makes the keys of documents.
type orderKeys struct {
	keys   []madeKey
	fields *fieldpath.Fields
	pool   sync.Pool // of *orderWork
}

// orderWork is what making a key needs.
type orderWork struct {
	document
	found     [][]byte // values that are not in one slot
	best, key []byte
	numbers   []int64
	floats    []float64
	score     float32
}

// AppendKey implements filter.Orderer.
func (k *orderKeys) AppendKey(dst []byte, id string, doc []byte) []byte {
	w := k.work()
	defer k.pool.Put(w)
	return k.appendKey(dst, w, id, doc)
}

// work returns the memory for a key, which is to be put back.
func (k *orderKeys) work() *orderWork {
	if w, ok := k.pool.Get().(*orderWork); ok {
		return w
	}
	return new(orderWork)
}

func (k *orderKeys) appendKey(dst []byte, w *orderWork, id string, doc []byte) []byte {
	w.id, w.raw = id, doc
	k.fields.Collect(doc, &w.values)
	for i := range k.keys {
		dst = k.keys[i].add(dst, w)
	}
	return dst
}

// What the key of a value begins with, where package sortkey does not make it.
const (
	tagBefore  = 0 // no value, and that is before all
	tagPresent = 1
	tagBehind  = 2 // no value, and that is behind all
)

// absent appends the key of a document without a value.
func (k *orderKey) absent(dst []byte) []byte {
	if k.MissingFirst {
		return append(dst, tagBefore)
	}
	return append(dst, tagBehind)
}

// turned makes what follows begin in a key descending, if the order is.
func (k *orderKey) turned(key []byte, begin int) []byte {
	if k.Descending {
		for i := begin; i < len(key); i++ {
			key[i] = ^key[i]
		}
	}
	return key
}

// byJSON orders by the values of a field without a schema.
func (k *orderKey) byJSON(c *compiler) (made madeKey, err error) {
	values, err := k.values(c, []string{k.Field})
	if err != nil {
		return made, err
	}
	pick := (*orderWork).smallest
	switch {
	case k.mode.isComputed():
		pick = k.mode.ofNumbers
	case k.mode.isLargest(k.Descending):
		pick = (*orderWork).largest
	}
	var missing []byte
	if k.missing != nil {
		missing, _ = sortkey.Append(nil, k.missing)
	}
	made.add = func(dst []byte, w *orderWork) []byte {
		pick(w, values(w))
		if len(w.best) == 0 || k.ofHits && sortkey.IsAbsent(w.best) {
			w.best = sortkey.AppendMissing(w.best[:0])
		}
		if missing != nil && sortkey.IsAbsent(w.best) {
			w.best = append(w.best[:0], missing...)
		}
		return k.placed(append(dst, w.best...), len(dst))
	}
	made.show = k.showJSON(values)
	made.addValue = func(dst, value []byte) ([]byte, error) {
		key, _ := sortkey.Append(dst, value)
		switch {
		case isNull(value) && missing != nil:
			key = append(dst, missing...)
		case isNull(value) && (!k.MissingFirst || k.ofHits): // the last of those without a value
			key = sortkey.AppendMissing(dst)
		}
		return k.placed(key, len(dst)), nil
	}
	return made, nil
}

// placed makes the ascending key of package sortkey that begins in a key one of the order.
func (k *orderKey) placed(key []byte, begin int) []byte {
	if k.Descending {
		sortkey.Descend(key[begin:])
	}
	if k.MissingFirst {
		sortkey.AbsentFirst(key[begin:])
	}
	return key
}
