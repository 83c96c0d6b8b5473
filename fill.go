package kuzzlite

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
)

// The last part of a writing call's turn: everything is worked out and goes into the batch. The change feed gets a
// change for each item; each document is written once, as the last of its items leaves it.

// write fills the batch with what was staged.
func (p *plan) write(t *txn) error {
	if p.writes == 0 {
		return nil
	}
	own := len(t.blocks)
	if !p.stored.exists {
		if err := t.createCollection(p.col.index, p.col.name); err != nil {
			return err
		}
	}
	p.record(t)
	bucket := p.bucket()
	more, moved := p.moves()
	entries, set, err := p.entryChanges(t, bucket)
	if err != nil {
		return err
	}
	blocks := t.blocks[own:] // in a transaction the others are those of the steps before
	t.batch.Grow(p.size(blocks) + sizeOf(entries))
	if moved > 0 && p.stored.exists { // first, so that nothing that this call writes is among what goes
		if err := t.removeTombstones(bucket, p.stamp.now, p.retention(), 16+2*moved); err != nil {
			return err
		}
		if p.stored.buried != 0 { // which the queue, as it was looked at, did not have yet
			t.store.dues.put(bucket, p.stored.buried)
		}
	}
	if p.anyExpires() {
		if err := t.register(bucket); err != nil {
			return err
		}
	}
	for key, i := range p.latest {
		if i == 0 {
			continue
		}
		if err := p.ctx.Err(); err != nil {
			return err
		}
		if err := p.put(t, bucket, key, &p.staged[i-1]); err != nil {
			return err
		}
	}
	t.changeEntries(bucket, entries)
	if err := set.put(t, bucket, p.stored.indexes); err != nil {
		return err
	}
	t.documents += uint64(p.writes)
	p.learn(t, bucket)
	return p.count(t, bucket, more)
}

// learn writes the mapping of the call's collection with the fields that its documents have brought.
func (p *plan) learn(t *txn, bucket []byte) {
	if p.mapped == nil || !p.mapped.Learned() {
		return
	}
	kept := &p.stored.mapped.kept
	t.putMapping(bucket, &Mapping{Mappings: p.mapped.Extended(kept.Mappings), Settings: kept.Settings})
}

// anyExpires says whether a document that is written expires.
func (p *plan) anyExpires() bool {
	return slices.ContainsFunc(p.latest, func(i int) bool { return i > 0 && p.staged[i-1].record.expires != 0 })
}

// record makes the changes of the feed, and gives the results their sequences.
func (p *plan) record(t *txn) {
	r := recorder{t: t, head: blockHead{
		time: p.stamp.now, silent: p.opts.Silent, served: p.col.store.served,
		index: p.col.index, collection: p.col.name, user: p.opts.User,
		localOnly: p.opts.LocalOnly, origin: p.opts.Origin,
	}}
	for i := range p.staged {
		if s := &p.staged[i]; s.isWritten() {
			r.add(s.op, p.items[i].id, s.version, s.paths)
		}
	}
	r.close()
	next := t.feed.last - uint64(p.writes) + 1
	for i := range p.result.Successes {
		if s := &p.result.Successes[i]; !s.Noop {
			s.Sequence = next
			next++
		}
	}
}

// moves returns how many documents more there will be, and how many come or go.
func (p *plan) moves() (more int64, moved int) {
	for key, i := range p.latest {
		if i == 0 {
			continue
		}
		before, after := p.stored.docs[key] != nil, p.staged[i-1].op != OpDelete
		switch {
		case after && !before:
			more++
			moved++
		case !after:
			if before {
				more--
			}
			moved++
		}
	}
	return more, moved
}

// size is about how many bytes the batch will have, with the blocks of the plan's changes.
func (p *plan) size(blocks []block) int {
	const rest = 8 // of an operation, besides the id and the value
	n := 256
	for key, i := range p.latest {
		if i == 0 {
			continue
		}
		s := &p.staged[i-1]
		n += len(s.value) + len(p.keys.all[key]) + rest
		if s.op == OpDelete || s.record.expires != 0 { // there is a place in a queue, too
			n += len(p.keys.all[key]) + 2*rest
		}
	}
	for i := range blocks {
		n += len(blocks[i].bytes) + rest
	}
	return n
}

// put writes a document, or its tombstone. The tombstone that the document has had goes.
func (p *plan) put(t *txn, bucket []byte, key int, s *staged) error {
	tomb, err := p.stored.tomb(&p.keys, key)
	if err != nil {
		return err
	}
	id := p.keys.id(key)
	if tomb.kind == kindTombstone {
		t.batch.Delete(bucket, p.keys.under(prefixTombstone, key))
		t.batch.Delete(bucket, removalKey(tomb.updated, id))
	}
	t.moveExpiry(bucket, id, expiryOf(p.stored.docs[key]), s.record.expires)
	if s.op != OpDelete {
		k := p.keys.under(prefixDocument, key)
		seal(k, s.value)
		t.batch.Put(bucket, k, s.value)
		if p.opts.NoSource {
			s.value, s.body = nil, nil // the batch has them
		}
		return nil
	}
	if p.stored.docs[key] != nil {
		t.batch.Delete(bucket, p.keys.under(prefixDocument, key))
	}
	if s.value != nil {
		k := p.keys.under(prefixTombstone, key)
		t.bury(bucket, k, s.value, p.stamp.now)
	}
	return nil
}

// count writes the number of documents if that changes.
func (p *plan) count(t *txn, bucket []byte, more int64) error {
	if more == 0 {
		return nil
	}
	n := uint64(0)
	if p.stored.exists {
		var err error
		if n, err = decodeCount(p.stored.docs[0]); err != nil {
			return err
		}
	}
	if more < 0 && n < uint64(-more) {
		return fmt.Errorf("%w: a collection of %d documents loses %d", ErrCorrupt, n, -more)
	}
	t.batch.Put(bucket, keyCount, encodeCount(n+uint64(more)))
	return nil
}

// setChange is what a call makes of what is known of the field indexes of its collection.
type setChange struct {
	wider   *fieldindex.Definitions // nil: the definitions stay as they are
	corpora []fieldindex.Corpus     // by how much those of the indexes grow; nil: by nothing
}

// put writes the change.
func (c *setChange) put(t *txn, bucket []byte, set *fieldindex.Set) error {
	if c.corpora != nil {
		if err := t.changeCorpora(bucket, set.Indexes, c.corpora); err != nil {
			return err
		}
	}
	if c.wider != nil {
		return t.putFieldIndexes(bucket, c.wider)
	}
	return nil
}

// entryChanges returns what the call does to entries of field indexes, and to the indexes themselves.
func (p *plan) entryChanges(t *txn, bucket []byte) (changes []entryChange, of setChange, err error) {
	set := p.stored.indexes
	if set == nil {
		return nil, of, nil
	}
	shapes := make([]fieldindex.Shape, len(set.Indexes))
	changes = make([]entryChange, 0, min(2*len(set.Indexes)*p.writes, 4096))
	for key, i := range p.latest {
		if i == 0 {
			continue
		}
		id, s := p.keys.id(key), &p.staged[i-1]
		before, err := indexStored(set, id, p.keys.under(prefixDocument, key), p.stored.docs[key])
		if err != nil {
			return nil, of, err
		}
		var failed error
		fieldindex.Diff(before.List, s.entries.List, func(e *fieldindex.Entry) {
			own, err := t.owns(bucket, id, e)
			if failed = cmp.Or(failed, err); own {
				changes = append(changes, entryChange{key: e.Key, goes: true})
			}
		}, func(e *fieldindex.Entry) {
			free, err := true, error(nil)
			if p.isDue(s) {
				free, err = p.stored.isFree(id, e)
			}
			if failed = cmp.Or(failed, err); free {
				changes = append(changes, entryChange{key: e.Key, value: e.Value(id)})
			}
		})
		if failed != nil {
			return nil, of, failed
		}
		for n, shape := range s.entries.Shapes {
			shapes[n] = shapes[n].And(shape)
		}
		of.corpora = grown(of.corpora, set, id, before.Corpora, s.entries.Corpora)
	}
	of.wider = set.Widen(shapes)
	return changes, of, nil
}
