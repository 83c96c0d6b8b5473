package kuzzlite

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// Where the candidates of a query come from.

type span = sortkey.Span

// source yields the candidates of a query.
type source interface {
	// next calls take with the next candidates, until take returns false or a chunk is at its end, and says whether there
	// may be more.
	next(v kv.View, bucket []byte, take func(id string, value []byte) bool) (more bool, err error)
}

// scanSource are all documents of a collection.
type scanSource struct {
	last string // the id of the last candidate
}

func (s *scanSource) next(v kv.View, bucket []byte, take func(string, []byte) bool) (more bool, err error) {
	var ids idBlocks
	from := append(documentKey(s.last), 0)
	if s.last == "" {
		from = []byte{prefixDocument}
	}
	err = v.Scan(bucket, from, false, func(key, value []byte) bool {
		if key[0] != prefixDocument {
			return false
		}
		s.last = ids.copy(key[1:])
		more = !take(s.last, value)
		return !more
	})
	return more, err
}

// listSource are the documents of a list of ids, which ascend.
type listSource struct{ ids []string }

func (s *listSource) next(v kv.View, bucket []byte, take func(string, []byte) bool) (more bool, err error) {
	portion := s.ids[:min(len(s.ids), chunkDocuments)]
	keys, values := make([][]byte, len(portion)), make([][]byte, len(portion))
	for i, id := range portion {
		keys[i] = documentKey(id)
	}
	if err := v.GetMany(bucket, keys, values); err != nil {
		return false, err
	}
	for i, id := range portion {
		s.ids = s.ids[1:]
		if values[i] != nil && !take(id, values[i]) {
			break
		}
	}
	return len(s.ids) > 0, nil
}

// entrySource are the documents of the entries in spans of an index, in the order of the entries.
type entrySource struct {
	reading *reading
	index   *fieldindex.Definition
	spans   []span // that are left
	reverse bool
	inOrder bool   // the order of the entries matters, and that no document has several
	last    []byte // the key of the last entry, nil: at the beginning of the first span
	portion int    // how many entries are read at once; 0: chunkDocuments
}

// leastPortion is how many entries are read first where few documents are wanted.
const leastPortion = 16

// wants has the source read few entries at first where few documents are wanted: limit, or all if that is 0.
func (s *entrySource) wants(limit int) {
	if limit > 0 && limit < chunkDocuments {
		s.portion = max(limit, leastPortion)
	}
}

// most is how many entries are read at once.
func (s *entrySource) most() int {
	if s.portion == 0 {
		return chunkDocuments
	}
	return s.portion
}

// seek goes behind the entry whose key ends with what follows the values of the first fields, of which there are so many.
func (s *entrySource) seek(fields int, end []byte) error {
	if len(s.spans) == 0 {
		return nil
	}
	for i := range s.spans {
		at := append(s.commonPrefix(fields), end...)
		if s.spans[i].Contains(at) {
			s.spans, s.last = s.spans[i:], at
			return nil
		}
	}
	return fmt.Errorf("%w cursor: it is of another query", ErrInvalid)
}

// commonPrefix returns what the keys of all entries in the spans begin with: the number of the index, and the values of
// the first fields.
func (s *entrySource) commonPrefix(fields int) []byte {
	n, from := 5, s.spans[0].From
	for i := range fields {
		n += sortkey.Len(from[n:], s.index.Fields[i].Descending)
	}
	return bytes.Clone(from[:n])
}

func (s *entrySource) next(v kv.View, bucket []byte, take func(string, []byte) bool) (more bool, err error) {
	if err := s.stillThere(v, bucket); err != nil {
		return false, err
	}
	ids, keys, err := s.entries(v, bucket)
	if err != nil {
		return false, err
	}
	values, err := storedUnder(v, bucket, ids)
	if err != nil {
		return false, err
	}
	for i, id := range ids {
		s.last = keys[i]
		if values[i] != nil && !take(id, values[i]) {
			return true, nil
		}
	}
	if len(ids) < s.most() {
		s.spans, s.last = s.spans[1:], nil
	} else {
		s.portion = min(2*s.most(), chunkDocuments)
	}
	return len(s.spans) > 0, nil
}

// stillThere fails if the index was dropped since the query began.
func (s *entrySource) stillThere(v kv.View, bucket []byte) error {
	if len(s.spans) == 0 {
		return nil
	}
	set, err := s.reading.col.store.fieldIndexes(v, bucket)
	if err != nil {
		return err
	}
	if set != nil {
		d := set.Find(s.index.Name)
		if d != nil && d.Number == s.index.Number && (!s.inOrder || d.Shape == s.index.Shape) {
			return nil
		}
	}
	return fmt.Errorf("%w: the field index %q, by which the query goes, has changed meanwhile: begin again", ErrConflict,
		s.index.Name)
}

// entries returns the next entries of the first span: the ids of their documents, and their keys.
func (s *entrySource) entries(v kv.View, bucket []byte) (ids []string, keys [][]byte, err error) {
	if len(s.spans) == 0 {
		return nil, nil, nil
	}
	var failed error
	err = scanSpan(v, bucket, s.spans[0], s.last, s.reverse, func(key, value []byte) bool {
		id, ok := s.index.IDOf(key, value)
		if !ok {
			failed = fmt.Errorf("%w: an entry of the field index %q", ErrCorrupt, s.index.Name)
			return false
		}
		failed = s.reading.look(1)
		ids, keys = append(ids, id), append(keys, bytes.Clone(key))
		return failed == nil && len(ids) < s.most()
	})
	return ids, keys, cmp.Or(failed, err)
}

// scanSpan calls fn with the entries of a span behind one of them, nil: all, in their order or backwards.
func scanSpan(v kv.View, bucket []byte, s span, behind []byte, reverse bool, fn func(key, value []byte) bool) error {
	from := s.From
	switch {
	case reverse && behind != nil:
		from = behind
	case reverse:
		from = s.To
	case behind != nil:
		from = append(bytes.Clone(behind), 0)
	}
	return v.Scan(bucket, from, reverse, func(key, value []byte) bool {
		if reverse && (bytes.Equal(key, behind) || s.To != nil && bytes.Compare(key, s.To) >= 0) {
			return true
		}
		return s.Contains(key) && fn(key, value)
	})
}

// storedUnder returns what is stored under ids, which may be in any order.
func storedUnder(v kv.View, bucket []byte, ids []string) ([][]byte, error) {
	order := make([]int, len(ids))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(ids[a], ids[b]) })
	keys, found := make([][]byte, len(ids)), make([][]byte, len(ids))
	for i, at := range order {
		keys[i] = documentKey(ids[at])
	}
	if err := v.GetMany(bucket, keys, found); err != nil {
		return nil, err
	}
	values := make([][]byte, len(ids))
	for i, at := range order {
		values[at] = found[i]
	}
	return values, nil
}

// countEntries counts the entries in spans, up to most.
func countEntries(v kv.View, bucket []byte, spans []span, most int) (n int, err error) {
	for _, s := range spans {
		err = scanSpan(v, bucket, s, nil, false, func([]byte, []byte) bool {
			n++
			return n < most
		})
		if err != nil || n >= most {
			return n, err
		}
	}
	return n, nil
}
