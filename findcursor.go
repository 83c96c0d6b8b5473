package kuzzlite

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// Where a query goes on: the key of the last document in its order, as text. The key is that of the values by which
// documents are sorted, one after the other, then the id, in the direction of the order; without an order the id alone.

// keyOf returns the key of a document.
func keyOf(order *filter.Order, id string, body []byte) []byte {
	if order == nil {
		return []byte(id)
	}
	return sortkey.AppendID(order.AppendKey(nil, id, body), id, order.Descending)
}

// cursor returns a key as text, with a checksum of the order that the key is of.
func cursor(order *filter.Order, key []byte) string {
	return base64.RawURLEncoding.EncodeToString(append(markOf(order), key...))
}

// markOf tells orders apart.
func markOf(order *filter.Order) []byte {
	h := fnv.New32a()
	if order != nil {
		fmt.Fprintf(h, "%v %t %s", order.Keys, order.Descending, order.Mark)
	}
	return binary.BigEndian.AppendUint32(nil, h.Sum32())
}

// position is the inverse of cursor.
func position(order *filter.Order, cursor string) ([]byte, error) {
	if cursor == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) <= 4 {
		return nil, fmt.Errorf("%w cursor %q: After takes the Next of a page", ErrInvalid, cursor)
	}
	if !bytes.Equal(b[:4], markOf(order)) {
		return nil, fmt.Errorf("%w cursor %q: it is no Next of a page with this Sort", ErrInvalid, cursor)
	}
	return b[4:], nil
}

// behindAll returns the key behind all documents that an order makes the same key of: no id, in neither direction,
// begins so.
func behindAll(key []byte) []byte { return append(bytes.Clone(key), 0xff, 0xff) }

// entryAt returns what follows the values of the first fields in the entry of a document in an index with the order, or
// its reverse, of which the document has a key.
func entryAt(order *filter.Order, key []byte, reverse bool) ([]byte, error) {
	entry := bytes.Clone(key)
	rest := entry
	for _, k := range order.Keys {
		n := sortkey.Len(rest, k.Descending)
		if n == 0 {
			return nil, fmt.Errorf("%w cursor: it is of another query", ErrInvalid)
		}
		if k.MissingFirst {
			sortkey.AbsentFirst(rest[:n])
		}
		if reverse {
			sortkey.Descend(rest[:n])
		}
		rest = rest[n:]
	}
	if !reverse {
		return entry, nil
	}
	id, ok := sortkey.CutID(rest, order.Descending)
	if !ok {
		return nil, fmt.Errorf("%w cursor: it is of another query", ErrInvalid)
	}
	return sortkey.AppendID(entry[:len(entry)-len(rest)], id, !order.Descending), nil
}
