package kuzzlite

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/disk"
	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Building a field index while others write. From the turn in which its definition is stored, writing calls keep the
// entries of the documents that they change; the builder makes those of all documents, in the order of their ids. How far
// it has come is stored with the entries.

// The bounds of what one turn builds. Tests make do with less.
var (
	buildDocuments = 4096
	buildBytes     = 4 << 20
)

// buildAlone is how many times as much one turn builds while nobody else wants to write: the more entries are sorted
// and written at a time, the less each of them costs. Tests make do with less.
var buildAlone = 4

// builder builds one index.
type builder struct {
	col      *Collection
	name     string
	number   uint32
	done     uint64      // documents that this builder has read
	made     []madeEntry // room for those of a turn
	progress func(done, total uint64)
}

// begin stores the definition of the index, if it is not there.
func (b *builder) begin(t *txn, d *fieldindex.Definition) error {
	bucket := b.col.key
	set, err := t.store.fieldIndexes(t.view, bucket)
	if errors.Is(err, kv.ErrNoBucket) {
		err = t.createCollection(b.col.index, b.col.name)
	}
	if err != nil {
		return err
	}
	all := &fieldindex.Definitions{}
	if set != nil {
		all = set.Clone()
	}
	if known := all.Find(d.Name); known != nil {
		b.number = known.Number
		if !known.Same(d) {
			return fmt.Errorf("field index %q of %s/%s %w, with other fields or options: drop it first", d.Name,
				b.col.index, b.col.name, ErrExists)
		}
		return nil
	}
	if len(all.Indexes) >= fieldindex.MaxIndexes {
		return fmt.Errorf("%w field index %q: %s/%s has %d, and cannot have more", ErrInvalid, d.Name, b.col.index,
			b.col.name, fieldindex.MaxIndexes)
	}
	d.Number, d.Build, d.Noted = all.Next, &fieldindex.Build{}, true
	b.number = d.Number
	all.Next++
	all.Indexes = append(all.Indexes, *d)
	if err := t.beginCorpus(bucket, d); err != nil {
		return err
	}
	return t.putFieldIndexes(bucket, all)
}

// run builds until the index is complete.
func (b *builder) run(ctx context.Context) error {
	for {
		var complete bool
		var total uint64
		err := b.col.store.write(ctx, func(t *txn) (err error) {
			complete, total, err = b.turn(ctx, t)
			return err
		})
		if errors.Is(err, ErrNotUnique) || errors.Is(err, ErrTooLarge) {
			return cmp.Or(b.giveUp(ctx), err)
		}
		if err != nil {
			return fmt.Errorf("building field index %q of %s/%s: %w", b.name, b.col.index, b.col.name, err)
		}
		if b.progress != nil && b.done > 0 {
			b.progress(min(b.done, total), total)
		}
		if complete {
			return nil
		}
	}
}

// giveUp drops the index, if it is still there: another one may have its name by now.
func (b *builder) giveUp(ctx context.Context) error {
	return b.col.store.write(context.WithoutCancel(ctx), func(t *txn) error {
		bucket := b.col.key
		set, err := t.store.fieldIndexes(t.view, bucket)
		if errors.Is(err, kv.ErrNoBucket) {
			return nil
		}
		if set == nil || err != nil {
			return err
		}
		if d := set.Find(b.name); d == nil || d.Number != b.number || d.Build == nil {
			return nil
		}
		return t.dropFieldIndex(bucket, set, b.name)
	})
}

// turn builds the next part.
func (b *builder) turn(ctx context.Context, t *txn) (complete bool, total uint64, err error) {
	bucket := b.col.key
	set, err := t.store.fieldIndexes(t.view, bucket)
	if err != nil && !errors.Is(err, kv.ErrNoBucket) {
		return false, 0, err
	}
	var known *fieldindex.Definition
	if set != nil {
		known = set.Find(b.name)
	}
	if known == nil || known.Number != b.number {
		return false, 0, fmt.Errorf("%w: it was dropped meanwhile", ErrNotFound)
	}
	if total, err = readCount(t.view, bucket); err != nil || known.Build == nil {
		return true, total, err
	}
	d := set.Clone()
	own := d.Find(b.name)
	one := &fieldindex.Definitions{Next: d.Next, Indexes: []fieldindex.Definition{*known}}
	part := buildPart{
		t: t, bucket: bucket, own: fieldindex.NewSet(one), owners: owners{}, now: b.col.now(), made: b.made[:0],
	}
	err = part.build(ctx, known.Build.After)
	clear(part.made)
	if b.made = part.made; err != nil {
		return false, 0, err
	}
	own.Shape = own.Shape.And(part.shape)
	if own.Build.After = part.last; part.atEnd {
		own.Build = nil
	}
	b.done += uint64(part.documents)
	if err := t.changeCorpora(bucket, one.Indexes, []fieldindex.Corpus{part.corpus}); err != nil {
		return false, 0, err
	}
	return part.atEnd, total, t.putFieldIndexes(bucket, d)
}

// madeEntry is an entry as it is to be stored.
type madeEntry struct{ key, value []byte }

// buildPart is what one turn builds.
type buildPart struct {
	t      *txn
	bucket []byte
	own    *fieldindex.Set // of the one index
	owners owners
	now    int64

	ids              idBlocks
	made             []madeEntry
	most, alone      int // documents: if others wait, and if nobody does
	documents, bytes int
	last             string // the id of the last document that was read
	atEnd            bool   // there is none behind it
	shape            fieldindex.Shape
	corpus           fieldindex.Corpus
}

// build makes the entries of the documents behind an id.
func (p *buildPart) build(ctx context.Context, after string) error {
	p.last, p.atEnd = after, true
	p.most, p.alone = disk.BuildDocuments(buildDocuments), disk.BuildDocuments(buildAlone*buildDocuments)
	var failed error
	err := p.t.view.Scan(p.bucket, append(documentKey(after), 0), false, func(key, value []byte) bool {
		if key[0] != prefixDocument {
			return false
		}
		if p.full() {
			p.atEnd = false
			return false
		}
		p.documents, p.bytes, p.last = p.documents+1, p.bytes+len(value), p.ids.copy(key[1:])
		failed = cmp.Or(ctx.Err(), p.document(p.last, key, value))
		return failed == nil
	})
	if err = cmp.Or(failed, err); err == nil {
		p.put()
	}
	return err
}

// full says whether the turn has built enough.
func (p *buildPart) full() bool {
	switch {
	case p.documents < p.most && p.bytes < buildBytes:
		return false
	case max(p.documents, len(p.made)) >= p.alone || p.bytes >= buildAlone*buildBytes:
		return true
	}
	return p.t.store.mayWait()
}

// put writes the entries in the order of their keys, which is faster than the order of the documents.
func (p *buildPart) put() {
	slices.SortFunc(p.made, func(a, b madeEntry) int { return bytes.Compare(a.key, b.key) })
	size := 0
	for i := range p.made {
		size += len(p.made[i].key) + len(p.made[i].value) + 8
	}
	p.t.batch.Grow(size)
	for i := range p.made {
		p.t.batch.Put(p.bucket, p.made[i].key, p.made[i].value)
	}
}

// document makes the entries of one document.
func (p *buildPart) document(id string, key, value []byte) error {
	absent, words := due(expiryOf(value), p.now), p.own.Indexes[0].Kind == fieldindex.Text
	if absent && !words {
		return nil // what removes the document removes entries that are not there
	}
	r, err := decodeRecord(key, value)
	if err != nil {
		return fmt.Errorf("document %q: %w", id, err)
	}
	made := p.own.Entries
	if absent { // its words are counted until the document is removed, and then no more
		made = p.own.Stored
	}
	entries, err := made(id, r.body)
	if err != nil {
		return fmt.Errorf("document %q: %w", id, tooManyEntries(err))
	}
	for i := range entries.List {
		e := &entries.List[i]
		if e.Unique {
			if err := p.claim(e, id); err != nil {
				return err
			}
		}
		p.made = append(p.made, madeEntry{e.Key, e.Value(id)})
		p.bytes += len(e.Key) + len(e.Places) + len(id) + 64
	}
	p.shape = p.shape.And(entries.Shapes[0])
	if words {
		p.corpus.Add(entries.Corpora[0])
	}
	return nil
}

// claim takes a unique entry for a document.
func (p *buildPart) claim(e *fieldindex.Entry, id string) error {
	stored, err := p.t.view.Get(p.bucket, e.Key)
	if err != nil {
		return err
	}
	owner := p.owners.of(e.Key, string(stored))
	if owner != "" && owner != id {
		b, err := p.t.view.Get(p.bucket, documentKey(owner))
		if err != nil {
			return err
		}
		if !due(expiryOf(b), p.now) {
			return fmt.Errorf("%w: field index %q on %s: the documents %q and %q have the same values", ErrNotUnique,
				p.own.Indexes[0].Name, fieldList(&p.own.Indexes[0]), owner, id)
		}
	}
	p.owners[string(e.Key)] = id
	return nil
}
