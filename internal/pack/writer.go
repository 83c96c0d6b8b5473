package pack

import (
	"bytes"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Target is the bucket that a [Writer] writes blocks into.
type Target interface {
	// Cursor returns a cursor over blocks. It is not used any more once something was put or deleted, and for Seek and Next
	// only.
	Cursor() kv.Cursor
	// Put puts a block, and takes over its memory. Delete deletes one that is there.
	Put(bound, block []byte) error
	Delete(bound []byte) error
}

// The sizes of blocks, in bytes. Blocks are small against a page, so that pages with blocks fill as pages with other keys
// do; and large against a key.
const (
	largest = 900             // of a block with several keys
	small   = largest / 2     // a block of that size may end behind new keys
	carried = largest / 3     // a block below that is put together with the next one if that is changed, too
	joined  = largest * 3 / 4 // of a block that is put together with an unchanged one: a full one is divided again soon
	ahead   = 8 * largest     // is held before blocks are written: later keys have a say in where blocks end
)

// Writer puts and deletes packed keys of one bucket. Neighbouring keys, in ascending order, share the work on their block;
// keys may come in any order. Flush writes what a Writer holds back. A Writer that has failed is not used any more.
type Writer struct {
	to   Target
	rule Rule

	busy    bool    // with a block
	bound   []byte  // of the block under work
	stored  bool    // there is a block under the bound
	changed bool    // the block
	last    []byte  // key that was put or deleted
	rest    content // of the block as it was, from the key at restAt on: it is behind all of out
	restAt  int
	out     list

	added, inRuns int // keys that were new, and of these the ones behind another new key
}

// NewWriter returns a writer.
func NewWriter(to Target, r Rule) *Writer { return &Writer{to: to, rule: r} }

// Put sets the value of a key.
func (w *Writer) Put(key, value []byte) error {
	if err := w.reach(key); err != nil {
		return err
	}
	there := w.isNext(key)
	if there {
		w.restAt++
	}
	w.changed = true
	if !there {
		w.added++
		if w.out.endsNew() {
			w.inRuns++
		}
	}
	w.out.add(key, value, !there)
	return w.writeFull()
}

// Delete deletes a key, if it is there.
func (w *Writer) Delete(key []byte) error {
	if err := w.reach(key); err != nil {
		return err
	}
	if w.isNext(key) {
		w.restAt++
		w.changed = true
	}
	return nil
}

// isNext says whether a key is the next one of the block as it was.
func (w *Writer) isNext(key []byte) bool {
	return w.restAt < w.rest.len() && bytes.Equal(w.rest.key(w.restAt), key)
}

// reach takes over all keys of the block of a key that are smaller.
func (w *Writer) reach(key []byte) error {
	if !w.busy || !w.holds(key) {
		if err := w.enter(key); err != nil {
			return err
		}
	}
	w.last = append(w.last[:0], key...)
	for w.restAt < w.rest.len() && bytes.Compare(w.rest.key(w.restAt), key) < 0 {
		w.takeOne()
	}
	return w.writeFull()
}

// holds says whether a key is behind the last one and belongs into the block under work.
func (w *Writer) holds(key []byte) bool {
	return bytes.Compare(w.last, key) < 0 && w.rule.together(w.last, key) && bytes.Compare(key, w.bound) <= 0
}

// enter begins to work on the block into which a key belongs. What is left of a small block before goes into that block.
func (w *Writer) enter(key []byte) error {
	carry, err := w.carry(key)
	if err != nil {
		return err
	}
	if !carry {
		if err := w.Flush(); err != nil {
			return err
		}
	}
	bound, block := w.find(key)
	w.busy, w.changed = true, carry
	w.read(bound, block)
	return nil
}

// carry says whether what is left of the block goes into the block of a key, which is the next one, and deletes the block
// then.
func (w *Writer) carry(key []byte) (bool, error) {
	if !w.busy || !w.changed || !w.rule.together(w.last, key) || bytes.Compare(key, w.bound) <= 0 {
		return false, nil
	}
	w.takeRest()
	if w.out.size > carried {
		return false, nil
	}
	if next, _ := w.next(); next == nil || bytes.Compare(key, next) > 0 {
		return false, nil
	}
	return true, w.deleteStored()
}

// next returns the block behind the one under work; nil if there is none in the group.
func (w *Writer) next() (bound, block []byte) {
	bound, block = w.to.Cursor().Seek(append(bytes.Clone(w.bound), 0))
	if bound == nil || !w.rule.IsBlock(bound) || !w.rule.together(bound, w.bound) {
		return nil, nil
	}
	return bound, block
}

// find returns the block into which a key belongs; a nil block: there is none yet.
func (w *Writer) find(key []byte) (bound, block []byte) {
	bound, block = w.to.Cursor().Seek(key)
	if bound == nil || !w.rule.IsBlock(bound) || !w.rule.together(bound, key) {
		return w.rule.last(key), nil
	}
	return bound, block
}

// read makes a block the one under work.
func (w *Writer) read(bound, block []byte) {
	w.bound, w.stored, w.restAt = bytes.Clone(bound), block != nil, 0
	if w.rest.clear(); w.stored {
		w.rest.read(w.bound, bytes.Clone(block), w.rest.keys)
	}
}

func (w *Writer) takeOne() {
	w.out.add(w.rest.key(w.restAt), w.rest.values[w.restAt], false)
	w.restAt++
}

// takeRest takes over the rest of the keys of the block.
func (w *Writer) takeRest() {
	for w.restAt < w.rest.len() {
		w.takeOne()
	}
}

// Runs says whether new keys were mostly put behind others that are new. Then more will come behind them, and what is in
// front stays as it is.
func (w *Writer) Runs() bool { return 2*w.inRuns > w.added }

// Flush writes what was put and deleted.
func (w *Writer) Flush() error {
	if !w.busy {
		return nil
	}
	w.busy = false
	defer w.out.clear()
	if !w.changed {
		return nil
	}
	w.takeRest()
	if w.out.len() == 0 {
		return w.deleteStored()
	}
	if err := w.join(); err != nil {
		return err
	}
	for w.out.len() > 0 {
		n, bound := w.out.part(true), []byte(nil)
		if n == w.out.len() {
			bound = w.bound
		}
		if err := w.to.Put(w.out.take(n, bound)); err != nil {
			return err
		}
	}
	return nil
}

// join takes over the keys of the block behind, if the two are small.
func (w *Writer) join() error {
	if w.out.size > joined {
		return nil
	}
	bound, block := w.next()
	if bound == nil || w.out.size+len(block) > joined {
		return nil
	}
	old, stored := w.bound, w.stored
	w.read(bound, block)
	w.takeRest()
	if !stored {
		return nil
	}
	return w.to.Delete(old)
}

// deleteStored deletes the block as it was.
func (w *Writer) deleteStored() error {
	if !w.stored {
		return nil
	}
	w.stored = false
	return w.to.Delete(w.bound)
}

// writeFull writes blocks if much is held. Something is always left for the bound.
func (w *Writer) writeFull() error {
	for w.out.size > ahead && w.out.len() > 1 {
		if err := w.to.Put(w.out.take(w.out.part(false), nil)); err != nil {
			return err
		}
	}
	return nil
}
