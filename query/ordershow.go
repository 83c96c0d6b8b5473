package query

import (
	"encoding/binary"
	"math"
	"net/netip"
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
	"github.com/kuzzlite/kuzzlite/query/internal/docvalues"
)

// The values that documents are ordered by, as Elasticsearch shows them with the hits.

// Sorter compiles the order for package aggregation: for the documents of o.Schema, or the objects of o.Nested.
func (o *Order) Sorter(opt *Options) (*docvalues.Sorter, error) {
	if o.err != nil {
		return nil, o.err
	}
	c := &compiler{fields: &fieldpath.Fields{}, now: opt.Now, schema: opt.Schema, nested: opt.Nested, texts: &texts{}}
	k := &orderKeys{fields: c.fields}
	reversed, score := false, float32(0)
	for i := range o.keys {
		key := &o.keys[i]
		if key.byID {
			reversed = key.Descending
			break
		}
		made, err := key.compile(c)
		if err != nil {
			return nil, err
		}
		k.keys = append(k.keys, made)
	}
	return &docvalues.Sorter{
		Reversed: reversed,
		SetScore: func(of float32) { score = of },
		AppendKey: func(dst []byte, id string, doc []byte) []byte {
			return k.AppendScored(dst, score, id, doc)
		},
		AppendValues: func(dst []byte, id string, doc []byte) []byte {
			return k.AppendValues(dst, score, id, doc)
		},
	}, nil
}

// AppendValues appends the values of a document with a score, as a JSON array.
func (k *orderKeys) AppendValues(dst []byte, score float32, id string, doc []byte) []byte {
	w := k.work()
	defer k.pool.Put(w)
	w.id, w.raw, w.score = id, doc, score
	k.fields.Collect(doc, &w.values)
	dst = append(dst, '[')
	for i := range k.keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = k.keys[i].show(dst, k.keys[i].add(nil, w), w)
	}
	return append(dst, ']')
}

// showNumber shows the key of a number. What stands for a missing one is the largest number, or the smallest.
func (k *orderKey) showNumber(o *ordering) func(dst, key []byte, w *orderWork) []byte {
	return func(dst, key []byte, _ *orderWork) []byte {
		n := o.farthest(k.Descending == k.MissingFirst)
		if key[0] == tagPresent {
			n = int64(binary.BigEndian.Uint64(k.turned(key, 1)[1:]) ^ 1<<63)
		}
		if o.bits == 0 {
			return strconv.AppendInt(dst, n, 10)
		}
		return appendReal(dst, floatOfKey(n))
	}
}

// appendReal appends a number, infinite ones as strings (Elasticsearch).
func appendReal(dst []byte, n float64) []byte {
	if math.IsInf(n, 0) || math.IsNaN(n) {
		return rawjson.AppendString(dst, javaDouble(n))
	}
	if math.Abs(n) < 1e21 && (n == 0 || math.Abs(n) >= 1e-6) {
		return strconv.AppendFloat(dst, n, 'f', -1, 64)
	}
	return strconv.AppendFloat(dst, n, 'e', -1, 64)
}

// showText shows the key of a text, or an address.
func (k *orderKey) showText(kind kind) func(dst, key []byte, w *orderWork) []byte {
	_, isAddress := kind.(*ipKind)
	return func(dst, key []byte, _ *orderWork) []byte {
		if key[0] != tagPresent {
			return append(dst, "null"...)
		}
		key = k.turned(key, 1)
		key[0] = sortkey.Strings.From[0]
		text := sortkey.BeginningOf(key)
		if isAddress && len(text) == 16 {
			text = []byte(netip.AddrFrom16([16]byte(text)).Unmap().String())
		}
		return rawjson.AppendString(dst, string(text))
	}
}

// showDistance shows the key of a distance.
func (k *orderKey) showDistance(dst, key []byte, _ *orderWork) []byte {
	if key[0] != tagPresent {
		return append(dst, `"Infinity"`...)
	}
	return appendReal(dst, math.Float64frombits(binary.BigEndian.Uint64(k.turned(key, 1)[1:])))
}

// showJSON shows the value of a field without a schema.
func (k *orderKey) showJSON(values valueSource) func(dst, key []byte, w *orderWork) []byte {
	return func(dst, key []byte, w *orderWork) []byte {
		for _, v := range values(w) {
			own, ok := sortkey.Append(nil, v)
			if ok && string(k.placed(own, 0)) == string(key) {
				return append(dst, v...)
			}
		}
		if k.missing != nil {
			return append(dst, k.missing...)
		}
		if k.mode.isComputed() && isNumber(append([]byte(nil), w.key...)) {
			return append(dst, w.key...)
		}
		return append(dst, "null"...)
	}
}
