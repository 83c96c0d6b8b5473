package kuzzlite

import "encoding/binary"

// recorder makes the blocks of one call.
type recorder struct {
	t       *txn
	head    blockHead
	first   uint64 // sequence of the first change in the open block
	n       int    // changes in it
	entries []byte
}

// add gives a change the next sequence and puts it into the open block.
func (r *recorder) add(op Op, id string, version uint64, paths []string) {
	r.t.feed.last++
	if r.n == 0 {
		r.first = r.t.feed.last
	}
	r.n++
	r.t.concerns = r.t.concerns || !r.head.localOnly && op != OpExpire
	size := 0
	for _, p := range paths {
		size += len(p)
	}
	if size > maxPaths {
		paths = nil
	}
	e := append(r.entries, byte(op))
	e = binary.AppendUvarint(e, version)
	e = appendString(e, id)
	e = binary.AppendUvarint(e, uint64(len(paths)))
	for _, p := range paths {
		e = appendString(e, p)
	}
	if r.entries = e; len(e) >= blockTarget {
		r.close()
	}
}

// close completes the open block, if there is one, and adds the block to those of the call.
func (r *recorder) close() {
	if r.n == 0 {
		return
	}
	b := block{r.first, appendBlockHead(make([]byte, 0, len(r.entries)+128), &r.head, r.n)}
	b.bytes = append(b.bytes, r.entries...)
	seal(b.key(), b.bytes)
	r.t.blocks = append(r.t.blocks, b)
	r.t.recorded += len(b.bytes)
	if mark := r.t.store.marks.find(r.head.index); mark != nil {
		r.t.marks = append(r.t.marks, mark)
	}
	r.n, r.entries = 0, r.entries[:0]
}
