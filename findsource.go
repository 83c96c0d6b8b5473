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
	// next calls take with the next candidates, most of them or a few more if they are many, until take returns false or
	// a chunk is at its end, and says whether there may be more. The key is that of the document, valid during the call.
	next(v kv.View, bucket []byte, most int, take taker) (more bool, err error)
}

// taker takes a candidate, and says whether to go on.
type taker func(id string, key, value []byte) bool

// scanSource are all documents of a collection.
type scanSource struct {
	last string // the id of the last candidate
}

func (s *scanSource) next(v kv.View, bucket []byte, _ int, take taker) (more bool, err error) {
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
		more = !take(s.last, key, value)
		return !more
	})
	return more, err
}

// listSource are the documents of a list of ids, which ascend.
type listSource struct{ ids []string }

func (s *listSource) next(v kv.View, bucket []byte, most int, take taker) (more bool, err error) {
	portion := s.ids[:min(len(s.ids), most)]
	keys, values := make([][]byte, len(portion)), make([][]byte, len(portion))
	for i, id := range portion {
		keys[i] = documentKey(id)
	}
	if err := v.GetMany(bucket, keys, values); err != nil {
		return false, err
	}
	for i, id := range portion {
		s.ids = s.ids[1:]
		if values[i] != nil && !take(id, keys[i], values[i]) {
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
	inOrder bool     // the order of the entries matters, and that no document has several
	last    []byte   // the key of the last entry, nil: at the beginning of the first span
	current bool     // the index is the one that it was: the plan is of this state
	ahead   *counted // the first entries of the first span, if they are known; nil: they are not
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

func (s *entrySource) next(v kv.View, bucket []byte, most int, take taker) (more bool, err error) {
	if !s.current {
		if err := s.stillThere(v, bucket); err != nil {
			return false, err
		}
	}
	s.current = false
	entries, err := s.entries(v, bucket, most)
	if err != nil {
		return false, err
	}
	values, err := storedUnder(v, bucket, entries)
	if err != nil {
		return false, err
	}
	var ids idBlocks
	for i, e := range entries {
		if values[i] != nil && !take(ids.copy(e.document[1:]), e.document, values[i]) {
			s.last = bytes.Clone(e.key)
			return true, nil
		}
	}
	if len(entries) > 0 {
		s.last = bytes.Clone(entries[len(entries)-1].key)
	}
	s.pass(len(entries) < most)
	return len(s.spans) > 0, nil
}

// pass leaves the first span if it is at its end.
func (s *entrySource) pass(atEnd bool) {
	if atEnd && len(s.spans) > 0 {
		s.spans, s.last = s.spans[1:], nil
	}
}

// stillThere fails if the index was dropped since the query began.
func (s *entrySource) stillThere(v kv.View, bucket []byte) error {
	if len(s.spans) == 0 {
		return nil
	}
	return s.reading.stillThere(v, bucket, s.index, s.inOrder)
}

// stillThere fails if an index was dropped since the query began; with sameShape also if it has got another shape.
func (r *reading) stillThere(v kv.View, bucket []byte, index *fieldindex.Definition, sameShape bool) error {
	set, err := r.col.store.fieldIndexes(v, bucket)
	if err != nil {
		return err
	}
	if set != nil {
		d := set.Find(index.Name)
		if d != nil && d.Number == index.Number && d.Same(index) && (!sameShape || d.Shape == index.Shape) {
			return nil
		}
	}
	return fmt.Errorf("%w: the field index %q, by which the query goes, has changed meanwhile: begin again", ErrConflict,
		index.Name)
}

// entry is an entry of an index.
type entry struct {
	key      []byte // of the view
	document []byte // the key of its document
}

// entries returns the next entries of the first span, at most so many.
func (s *entrySource) entries(v kv.View, bucket []byte, most int) (list []entry, err error) {
	if len(s.spans) == 0 {
		return nil, nil
	}
	var failed error
	keys := keyBlocks{size: min(keyBlock, most*32)}
	list = make([]entry, 0, most)
	take := func(key, value []byte) bool {
		document, ok := s.index.AppendIDOf(keys.begin(1+len(key)+len(value), prefixDocument), key, value)
		if !ok {
			failed = fmt.Errorf("%w: an entry of the field index %q", ErrCorrupt, s.index.Name)
			return false
		}
		failed = s.reading.look(1)
		list = append(list, entry{key, keys.end(document)})
		return failed == nil && len(list) < most
	}
	behind := s.last
	if known := s.ahead; known != nil {
		s.ahead = nil
		for _, e := range known.entries {
			if !take(e.key, e.value) {
				return list, failed
			}
			behind = e.key
		}
		if known.all {
			return list, nil
		}
	}
	err = scanSpan(v, bucket, s.spans[0], behind, s.reverse, take)
	return list, cmp.Or(failed, err)
}

// keyBlocks makes keys, many in one allocation.
type keyBlocks struct {
	size  int // of a block, in bytes; a key that is longer gets one for itself
	block []byte
}

// keyBlock is how large a block is for many keys, in bytes.
const keyBlock = 2048

// begin returns room for a key of at most so many bytes, which begins with some.
func (b *keyBlocks) begin(most int, with ...byte) []byte {
	if cap(b.block)-len(b.block) < most {
		b.block = make([]byte, 0, max(b.size, most))
	}
	return append(b.block[len(b.block):], with...)
}

// end returns a key that was begun and is complete.
func (b *keyBlocks) end(key []byte) []byte {
	b.block = b.block[:len(b.block)+len(key)]
	return key[:len(key):len(key)]
}

// scanSpan calls fn with the entries of a span behind one of them, nil: all, in their order or backwards. behind ends with
// the id of a document even where the entry is a unique one, whose key does not.
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
	if !reverse && behind == nil { // all keys are behind s.From
		return v.Scan(bucket, from, false, func(key, value []byte) bool {
			return (s.To == nil || bytes.Compare(key, s.To) < 0) && fn(key, value)
		})
	}
	return v.Scan(bucket, from, reverse, func(key, value []byte) bool {
		isBehind := bytes.Equal(behind, key) || len(value) > 0 && bytes.HasPrefix(behind, key)
		if reverse && (isBehind || s.To != nil && bytes.Compare(key, s.To) >= 0) {
			return true
		}
		return s.Contains(key) && fn(key, value)
	})
}

// storedUnder returns what is stored of the documents of entries, which may be in any order.
func storedUnder(v kv.View, bucket []byte, entries []entry) ([][]byte, error) {
	keys, values := make([][]byte, len(entries)), make([][]byte, len(entries))
	for i := range entries {
		keys[i] = entries[i].document
	}
	if slices.IsSortedFunc(keys, bytes.Compare) {
		return values, v.GetMany(bucket, keys, values)
	}
	order, found := make([]int, len(entries)), make([][]byte, len(entries))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return bytes.Compare(entries[a].document, entries[b].document) })
	for i, at := range order {
		keys[i] = entries[at].document
	}
	if err := v.GetMany(bucket, keys, found); err != nil {
		return nil, err
	}
	for i, at := range order {
		values[at] = found[i]
	}
	return values, nil
}
