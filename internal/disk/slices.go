package disk

import (
	"errors"
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Writing a version of an overlay into a bbolt file, in slices: each an ordinary durable bbolt transaction that touches
// a bounded number of pages, since bbolt keeps every page that a transaction touches on the heap. What is written is
// absolute, so it does not matter whether a slice has been written before.

// The bounds of a slice.
const (
	sliceNodes = 512     // pages of the tree that bbolt has on the heap
	sliceBytes = 4 << 20 // of keys and values
)

// sink is where slices go.
type sink interface {
	// begin begins a slice.
	begin() (*target, error)
	// commit ends a slice durably; last says that there will be none after it.
	commit(t *target, last bool) error
	// rollback ends a slice and undoes it.
	rollback(t *target)
}

// writeVersion writes v into a sink, from the beginning.
func writeVersion(v *kv.Version, to sink) (err error) {
	w := &slicer{to: to}
	defer func() {
		if w.t != nil {
			to.rollback(w.t)
		}
	}()
	if w.t, err = to.begin(); err != nil {
		return err
	}
	v.Buckets(func(name string, c *kv.Changes) bool {
		err = w.bucket([]byte(name), c)
		return err == nil
	})
	if err != nil {
		return err
	}
	t := w.t
	w.t = nil // commit ends the slice whatever happens
	return to.commit(t, true)
}

// slicer is one run of writeVersion.
type slicer struct {
	to   sink
	t    *target // the slice; nil between two
	name []byte  // of the bucket that is written
	puts int     // since the size of the slice was last looked at
}

// bucket writes the changes of one bucket. What was dropped is dropped once, before anything is put into the bucket.
func (w *slicer) bucket(name []byte, c *kv.Changes) error {
	w.name = name
	if c.Hides {
		if err := w.t.drop(name); err != nil {
			return err
		}
	}
	if !c.Exists {
		return nil
	}
	if err := w.t.enter(name); err != nil {
		return err
	}
	for _, r := range c.Deleted {
		if err := w.deleteRange(r); err != nil {
			return err
		}
	}
	return w.entries(c)
}

// portion is how many changed keys of a bucket are written at a time: first the deleted ones, then the others. So a
// page that loses and gets keys mostly gets them into the room of those that it has lost. Packed keys are written in their
// order: their blocks are.
const portion = 256

// entries writes the changes of the keys of one bucket.
func (w *slicer) entries(c *kv.Changes) (err error) {
	type pair struct{ key, value []byte }
	puts, seen, inBlocks := make([]pair, 0, min(portion, c.Len())), 0, false
	write := func() {
		for _, p := range puts {
			if err == nil {
				err = w.t.put(p.key, p.value)
			}
			if err == nil {
				err = w.next()
			}
		}
		puts = puts[:0]
	}
	c.Each("", func(key, value []byte, deleted bool) bool {
		packed := w.t.rule.Packs(key)
		if packed != inBlocks {
			write()
			inBlocks = packed
			if err == nil {
				err = w.another()
			}
		}
		switch {
		case err != nil:
		case deleted:
			if err = w.t.delete(key); err == nil {
				err = w.next()
			}
		case packed:
			if err = w.t.put(key, value); err == nil {
				err = w.next()
			}
		default:
			puts = append(puts, pair{key, value})
		}
		if seen++; seen%portion == 0 {
			write()
		}
		return err == nil
	})
	write()
	return err
}

// deleteRange deletes the keys of a range, some at a time: bbolt's cursors skip keys where others are deleted.
func (w *slicer) deleteRange(r kv.Range) error {
	for {
		bounds, err := w.t.blocks(r, 512)
		if err != nil {
			return err
		}
		if len(bounds) == 0 {
			break
		}
		if err := w.t.deleteBlocks(bounds); err != nil {
			return err
		}
		if err := w.next(); err != nil {
			return err
		}
	}
	for {
		keys, err := w.t.keys(r, 512)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if err := w.t.delete(key); err != nil {
				return err
			}
		}
		if len(keys) == 0 {
			return nil
		}
		if err := w.next(); err != nil {
			return err
		}
	}
}

// oneSlice is implemented by sinks that take everything in one slice.
type oneSlice interface{ oneSlice() }

// next begins the next slice if this one is large enough.
func (w *slicer) next() error {
	if _, ok := w.to.(oneSlice); ok {
		return nil
	}
	const often = 16
	most := tuned().sliceBytes()
	if w.puts++; w.puts%often != 0 && w.t.bytes < most {
		return nil
	}
	if w.t.bytes < most && w.t.nodes() < sliceNodes {
		return nil
	}
	return w.cut()
}

// another begins the next slice where blocks begin or end, if this one has some size: how full pages become counts for
// all pages of a bucket in one slice, and documents at the end of the others deserve fuller pages than blocks anywhere.
func (w *slicer) another() error {
	if _, ok := w.to.(oneSlice); ok || w.t.bytes < tuned().sliceBytes()/64 {
		return nil
	}
	return w.cut()
}

// cut ends the slice and begins the next one.
func (w *slicer) cut() error {
	t := w.t
	w.t = nil
	if err := w.to.commit(t, false); err != nil {
		return err
	}
	if pause := tuned().Slice; pause != nil {
		pause()
	}
	t, err := w.to.begin()
	if err != nil {
		return err
	}
	w.t = t
	return t.enter(w.name)
}

// checkpointSlices is the sink of a checkpoint.
type checkpointSlices struct {
	e       *Engine
	g       *generation
	closing bool
	begun   bool // the first slice has begun
}

func (s *checkpointSlices) run() error { return writeVersion(s.g.version, s) }

// begin begins a slice, in the turn to write to the base. The first one makes the file say that g is being written into
// it: until the last one the file is a whole bbolt file, and not a whole store.
func (s *checkpointSlices) begin() (*target, error) {
	e := s.e
	if s.begun {
		hook(&betweenSlices)
	}
	if err := e.failure.Load(); err != nil {
		return nil, *err
	}
	t, err := e.beginSlice(min(sliceNodes, s.g.overlay.Entries()), min(int64(tuned().sliceBytes()), s.g.overlay.Bytes()))
	if err != nil {
		return nil, err
	}
	if !s.begun {
		next := e.state
		next.applying = s.g.end
		if err := putState(t, &next); err != nil {
			s.rollback(t)
			return nil, err
		}
		s.begun = true
	}
	return t, nil
}

// commit ends a slice. The last one makes the file say that it contains g.
func (s *checkpointSlices) commit(t *target, last bool) error {
	e := s.e
	next := e.state
	next.applying = s.g.end
	if last {
		next.advance(s.g.end, s.g.since)
		if s.closing || !e.logged {
			next.open = false // nothing continues the file
		}
		if err := putState(t, &next); err != nil {
			s.rollback(t)
			return err
		}
	}
	defer e.endSlice(t)
	if err := e.commitSlice(t); err != nil {
		return err
	}
	e.state = next
	stats := t.tx.Stats()
	e.counters.checkpointBytes.Add(uint64(stats.GetPageAlloc()))
	return nil
}

func (s *checkpointSlices) rollback(t *target) { s.e.endSlice(t) }

// whole is the sink of a batch that a store without a log writes into the file: one transaction.
type whole struct {
	e       *Engine
	overlay *kv.Overlay
	unknown bool // the transaction may be in the file although it failed
}

func (w *whole) oneSlice() {}

func (w *whole) begin() (*target, error) {
	return w.e.beginSlice(w.overlay.Entries(), w.overlay.Bytes())
}

func (w *whole) commit(t *target, _ bool) error {
	defer w.e.endSlice(t)
	err := w.e.commitSlice(t)
	if errors.Is(err, kv.ErrDiskFull) {
		return noRoom(err)
	}
	w.unknown = err != nil
	return err
}

func (w *whole) rollback(t *target) { w.e.endSlice(t) }

// beginSlice begins a transaction that writes so many entries and bytes at most, in the turn to write to the base.
func (e *Engine) beginSlice(entries int, bytes int64) (*target, error) {
	done, err := e.roomToMap(entries, bytes)
	if err != nil {
		return nil, err
	}
	e.writing.Lock()
	tx, err := e.base.begin(true)
	if err != nil {
		e.writing.Unlock()
		done()
		return nil, err
	}
	tx.DB().AllocSize = allocStep(tx.Size())
	return &target{tx: tx, mirror: e.mirror, packing: e.opts.Packing, done: done}, nil
}

// commitSlice commits a transaction, and what the copy of Compact gets of it; endSlice must still be called.
func (e *Engine) commitSlice(t *target) error {
	if err := t.leave(); err != nil {
		return err
	}
	hook(&beforeCommit)
	if err := e.commitBase(t.tx); err != nil {
		return err
	}
	t.mirror.commit()
	return nil
}

// endSlice ends a transaction. What was not committed is undone.
func (e *Engine) endSlice(t *target) {
	e.base.end(t.tx)
	t.mirror.rollback()
	e.writing.Unlock()
	t.done()
}

// roomToMap waits, before a slice that may make the file outgrow what is mapped of it, for those who read for long:
// bbolt would wait for them, and all others that want to read for bbolt. Until done is called nobody begins to read for
// long then. The slice writes so many entries and bytes at most.
func (e *Engine) roomToMap(entries int, bytes int64) (done func(), err error) {
	e.writing.Lock() // Compact may close the base otherwise
	size, err := e.base.size()
	mapped, stats, page := e.base.mapped, e.base.db.Stats(), int64(e.base.pageSize)
	e.writing.Unlock()
	if err != nil {
		return nil, err
	}
	nodes := 3 * (int64(entries) + 16)                            // with branches, and pages that split or join
	need := max(nodes-int64(stats.FreePageN), 0)*page + 2*bytes + // pages of large values among them
		8*size/page // the list of free pages, at its longest
	if size+need < mapped {
		return func() {}, nil
	}
	if size+need > maxMapped {
		return nil, fmt.Errorf("%w: the store's file has %d bytes, and a program of 32 bits cannot map more than %d",
			kv.ErrDiskFull, size, int64(maxMapped))
	}
	return e.readers.hold(e.stop), nil
}
