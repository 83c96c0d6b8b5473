package kuzzlite

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// CheckReport is what Check found.
type CheckReport struct {
	Documents  uint64 `json:"documents"`
	Tombstones uint64 `json:"tombstones"`
	Changes    uint64 `json:"changes"` // in the change feed
	Pages      uint64 `json:"pages"`
	FreePages  uint64 `json:"freePages"`
	LostPages  uint64 `json:"lostPages"` // not used and not free: no harm, and Compact gives them back

	// OneHeader says that one of the two copies of the file's header is damaged. After a crash that may be so, and the
	// next write mends it; at any other time the disk has damaged a page. Without the other copy the store would not open.
	OneHeader bool `json:"oneHeader"`

	// Problems are what is wrong, at most 100 of them; none means that the store is sound. They name documents by
	// their id, and quote no content.
	Problems []string `json:"problems"`

	// Unfit counts the documents that do not fit the [Mapping] of their collection, and would be refused if they were
	// written now. They are no problem: they were there before the mapping, or were loaded.
	Unfit uint64 `json:"unfit"`

	// UnfitDocuments names these, at most 100 of them, by their id, with the field where the mapping has it. They quote no
	// content.
	UnfitDocuments []string `json:"unfitDocuments"`
}

// CheckOptions says how Check behaves. Every zero field means the default, as do options that are left out, or nil.
type CheckOptions struct {
	// Progress is told how far Check has come, see [Progress]. Default: nobody is told.
	Progress func(Progress)
}

func (o *CheckOptions) progress() func(Progress) {
	if o == nil {
		return nil
	}
	return o.Progress
}

// maxProblems bounds a report.
const maxProblems = 100

// Err returns nil if the store is sound, and otherwise an [ErrCorrupt] with the first problem.
func (r *CheckReport) Err() error {
	if len(r.Problems) == 0 {
		return nil
	}
	return fmt.Errorf("%w: problem 1 of %d: %s", ErrCorrupt, len(r.Problems), r.Problems[0])
}

// Check verifies everything that can be verified, of one state of the store, while reads and writes go on: the log; the
// pages of the file; of every document and tombstone the checksum, the version and the place in the change feed; the
// JSON of documents, and their number; that field indexes have the entries of all documents, and no others; that mappings can be
// read, and which documents do not fit theirs; and that the
// change feed has no gap, and led to what is there and what is not. Of a document that expires an entry may be missing:
// another document may have it, if the clock has moved. What is wrong is in the report; err is for what kept Check from
// checking, as an index of a part of the documents where package query is not linked.
//
// Check reads the whole file, about a second per GiB that is cached. Memory grows with the documents that were written
// and deleted again, and the collections that came and went, within the change feed. As long as it takes no page that
// was freed since can be used again, and the file grows.
func (s *Store) Check(ctx context.Context, o ...*CheckOptions) (*CheckReport, error) {
	opts, err := onlyOne(o)
	if err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	ctx, cancel := s.whileOpen(ctx)
	defer cancel()
	c := &checker{told: told{map[string]*toldIndex{}}}
	c.report = CheckReport{Problems: []string{}, UnfitDocuments: []string{}}
	err = observed(ctx, opts.progress(), func(ctx context.Context, by *observer) error {
		c.ctx, c.gauge = ctx, gaugeFor(s.engine, by.meter())
		return c.store(s)
	})
	if err != nil {
		return nil, fmt.Errorf("check: %w", whyDone(ctx, err))
	}
	return &c.report, nil
}

// store checks a store. Damage is no error.
func (c *checker) store(s *Store) error {
	s.restoring.RLock() // so that what was acknowledged is of the same feed
	c.published, c.opened, c.retention = s.feed.last.Load(), s.feed.era.Load().line.fork, s.opts.retention()
	err := s.longView(c.ctx, func(v kv.View) error {
		s.restoring.RUnlock()
		c.v = v
		return c.run(s.engine)
	})
	if c.v == nil {
		s.restoring.RUnlock()
	}
	if errors.Is(err, ErrCorrupt) {
		c.problem("%v", err)
		err = nil
	}
	return err
}

// checker is one run of Check.
type checker struct {
	ctx    context.Context
	v      kv.View
	report CheckReport
	gauge

	published   uint64 // sequence that the store knew of before it looked
	opened      uint64 // the changes behind this sequence were made with the options of this store
	retention   int64  // of tombstones, of these options
	first, last uint64 // sequences of the change feed
	told        told
	unread      bool     // some of the feed is damaged, so that it proves nothing of what it may have done since
	block       []Change // the block of changes read last
}

type docKey struct{ index, collection, id string }

func (c *checker) problem(format string, args ...any) {
	if len(c.report.Problems) < maxProblems {
		c.report.Problems = append(c.report.Problems, fmt.Sprintf(format, args...))
	}
}

// run checks the file and what is in it.
func (c *checker) run(e kv.Engine) (err error) {
	if e, ok := e.(verifier); ok {
		pages, err := e.Verify(c.ctx, c.v, c.problem, c.walk)
		r := &c.report
		r.Pages, r.FreePages, r.LostPages, r.OneHeader = pages.All, pages.Free, pages.Lost, pages.OneHeader
		c.all = pages.Content + c.above
		if err != nil || len(r.Problems) > 0 {
			return err // damaged pages are not safe to follow
		}
	} else if c.scan != nil {
		if c.all, err = kv.Size(c.ctx, c.v); err != nil {
			return err
		}
	}
	return c.content()
}

// content checks what is in the store.
func (c *checker) content() error {
	if err := c.own(); err != nil {
		return err
	}
	if err := c.feed(); err != nil {
		return err
	}
	if err := c.missing(); err != nil {
		return err
	}
	return c.buckets()
}

// own checks the store's own bucket.
func (c *checker) own() error {
	err := c.v.Scan(bucketStore, nil, false, func(key, value []byte) bool {
		if !bytes.Equal(key, keyFeed) {
			c.ownKey(key, value)
		}
		return true
	})
	if errors.Is(err, kv.ErrNoBucket) {
		c.problem("the store's own bucket is missing")
		return nil
	}
	return err
}

// ownKey checks a key of the store's own bucket.
func (c *checker) ownKey(key, value []byte) {
	if bucket, ok := bytes.CutPrefix(key, keyExpiring); ok {
		there, err := hasBucket(c.v, bucket)
		if err == nil && (!there || bytes.IndexByte(bucket, '/') < 0) || len(value) > 0 {
			c.problem("%q is registered as a collection in which documents expire, and is none", bucket)
		}
		return
	}
	if name, ok := bytes.CutPrefix(key, keyConsumer); ok {
		if p, err := decodePlace(key, value); err != nil || len(name) == 0 {
			err = cmp.Or(err, fmt.Errorf("%w: it has no name", ErrCorrupt))
			c.problem("consumer %q: %v", name, err)
		} else if b, err := readBounds(c.v); err == nil && p.sequence > b.last {
			c.problem("consumer %q is at sequence %d, the change feed ends at %d", name, p.sequence, b.last)
		}
		return
	}
	c.problem("the store's own bucket has an unknown key %q", key)
}

// buckets checks all indexes and collections.
func (c *checker) buckets() error {
	var names []string
	err := c.v.Buckets(nil, func(name []byte) bool {
		names = append(names, string(name))
		return true
	})
	if err != nil {
		return err
	}
	for _, bucket := range names {
		index, name, isCollection := strings.Cut(bucket, "/")
		switch {
		case bucket == string(bucketStore), bucket == string(bucketChanges):
		case strings.Contains(bucket, "#"):
			c.problem("a bucket of unknown kind: %q", bucket)
		case isCollection:
			err = c.collection(index, name)
		default:
			err = c.index(index)
		}
		if errors.Is(err, kv.ErrNoBucket) {
			c.problem("the bucket %q is listed, but cannot be found", bucket)
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// index checks the bucket of an index, which has nothing in it.
func (c *checker) index(index string) error {
	if c.told.deleted(index, "") && !c.unread {
		c.problem("index %q is there, the change feed has deleted it", index)
	}
	return c.v.Scan([]byte(index), nil, false, func([]byte, []byte) bool {
		c.problem("index %q has content of its own", index)
		return false
	})
}

// missing looks for what must be there by the feed.
func (c *checker) missing() error {
	if c.unread {
		return nil
	}
	for index, ix := range c.told.indexes {
		if ok, err := hasIndex(c.v, index); err != nil {
			return err
		} else if !ok && ix.created > ix.dropped {
			c.problem("index %q is missing: the change feed has created it and not deleted it", index)
		}
		for name, t := range ix.collections {
			if ok, err := hasBucket(c.v, collectionKey(index, name)); err != nil {
				return err
			} else if !ok && t.created > t.dropped {
				c.problem("collection %q of index %q is missing: the change feed has created it and not deleted it",
					name, index)
			}
			c.missingOf(t, index, name)
		}
	}
	return nil
}

// missingOf reports what is missing in a collection.
func (c *checker) missingOf(t *toldCollection, index, name string) {
	for id := range t.gone {
		c.problem("document %q in %s/%s is missing: the change feed has written it and not deleted it", id, index, name)
	}
	for id, b := range t.unburied {
		if !t.mayBeForgotten(b, c.retention) {
			c.problem("tombstone of %q in %s/%s is missing: the change feed has deleted the document at sequence %d",
				id, index, name, b.sequence)
		}
	}
}

// feed checks the change feed, and that nothing that it has written is missing.
func (c *checker) feed() error {
	b, boundsErr := readBounds(c.v)
	c.first, c.last = b.first, b.last
	if boundsErr != nil {
		c.problem("change feed: %v", boundsErr)
		c.unread = true
		c.last = math.MaxUint64
	} else if b.last < c.published {
		c.problem("change feed: it ends at sequence %d, the store has acknowledged %d", b.last, c.published)
	}
	next := b.first
	var done error
	err := c.v.Scan(bucketChanges, nil, false, func(key, block []byte) bool {
		if boundsErr != nil && next == 0 && len(key) == 8 {
			next = binary.BigEndian.Uint64(key)
		}
		next = c.blockAt(key, block, next)
		c.saw(key, block)
		done = c.ctx.Err()
		return done == nil
	})
	c.block = nil
	if errors.Is(err, kv.ErrNoBucket) {
		c.problem("there is no change feed")
		c.unread = true
		return nil
	}
	if err = cmp.Or(err, done); err != nil {
		return err
	}
	if !c.unread && next != b.last+1 {
		c.problem("change feed: it ends at sequence %d, but says %d", next-1, b.last)
	}
	return nil
}

// blockAt checks a block of changes that should begin at the sequence want, and returns where the next one should.
func (c *checker) blockAt(k, v []byte, want uint64) (next uint64) {
	changes, err := decodeBlock(c.block[:0], k, v, 0)
	c.block = changes
	if err != nil {
		c.problem("change feed: %v", err)
		c.unread = true
		return want
	}
	first := binary.BigEndian.Uint64(k)
	if first != want {
		c.problem("change feed: after sequence %d comes %d", want-1, first)
	}
	c.report.Changes += uint64(len(changes))
	for i := range changes {
		c.change(&changes[i])
	}
	return first + uint64(len(changes))
}

// change checks one change against the documents and tombstones.
func (c *checker) change(ch *Change) {
	if !ch.Op.ofDocument() {
		c.told.structural(ch)
		return
	}
	t, key := c.told.collection(ch.Index, ch.Collection), docKey{ch.Index, ch.Collection, ch.ID}
	t.call(burial{ch.Sequence, ch.Time.UnixMilli()})
	delete(t.unburied, ch.ID)
	delete(t.gone, ch.ID)
	r, there := c.stored(key, prefixDocument)
	switch {
	case there && r.sequence < ch.Sequence:
		c.problem("document %q in %s/%s is at sequence %d, the change feed has %s it at %d",
			key.id, key.index, key.collection, r.sequence, pastOf(ch.Op), ch.Sequence)
	case !there && ch.Op.removes():
		c.buried(t, key, ch)
	case !there:
		t.gone[ch.ID] = true
	}
}

// pastOf says what a change has done to its document.
func pastOf(op Op) string {
	if op.removes() {
		return "deleted"
	}
	return "written"
}

// buried checks the tombstone of a document that was deleted and is not there.
func (c *checker) buried(t *toldCollection, key docKey, ch *Change) {
	r, ok := c.stored(key, prefixTombstone)
	switch {
	case !ok && ch.Sequence > c.opened && c.retention >= 0:
		t.unburied[ch.ID] = burial{ch.Sequence, ch.Time.UnixMilli()}
	case ok && r.sequence < ch.Sequence:
		c.problem("tombstone of %q in %s/%s is at sequence %d, the change feed has deleted the document at %d",
			key.id, key.index, key.collection, r.sequence, ch.Sequence)
	}
}

// stored reads the record of a document or of a tombstone.
func (c *checker) stored(key docKey, prefix byte) (record, bool) {
	k := prefixed(prefix, key.id)
	b, err := c.v.Get(collectionKey(key.index, key.collection), k)
	if b == nil || err != nil {
		return record{}, false
	}
	r, err := decodeRecord(k, b)
	if err != nil {
		return record{sequence: c.last}, true // reported with the others of the collection
	}
	return r, true
}

// collection checks the documents and tombstones of a collection.
func (c *checker) collection(index, name string) error {
	if ok, err := hasIndex(c.v, index); err != nil {
		return err
	} else if !ok {
		c.problem("collection %q is there, but not its index %q", name, index)
	}
	if c.told.deleted(index, name) && !c.unread {
		c.problem("collection %q of index %q is there, the change feed has deleted it", name, index)
	}
	l := looked{
		checker: c, index: index, name: name, bucket: collectionKey(index, name), emptied: c.told.emptied(index, name),
	}
	if err := cmp.Or(l.fieldIndexes(), l.readMapping()); err != nil {
		return err
	}
	var done error
	err := c.v.Scan(l.bucket, nil, false, func(key, value []byte) bool {
		l.key(key, value)
		c.saw(key, value)
		done = c.ctx.Err()
		return done == nil
	})
	if err = cmp.Or(err, done); err != nil {
		return err
	}
	if n, err := readCount(c.v, l.bucket); err != nil {
		c.problem("%s/%s: %v", index, name, err)
	} else if n != l.documents {
		c.problem("%s/%s: has %d documents, but says %d", index, name, l.documents, n)
	}
	if l.tombstones != l.removals {
		c.problem("%s/%s: has %d tombstones, but %d times for their removal", index, name, l.tombstones, l.removals)
	}
	if l.expiring != l.expiries {
		c.problem("%s/%s: has %d documents that expire, but %d times for that", index, name, l.expiring, l.expiries)
	}
	if known, err := c.v.Get(bucketStore, expiringKey(l.bucket)); err == nil && known == nil && l.expiries > 0 {
		c.problem("%s/%s: documents expire, but the collection is not registered for that", index, name)
	}
	l.entriesCounted()
	c.report.Documents += l.documents
	c.report.Tombstones += l.tombstones
	return nil
}

// looked is what was seen of a collection.
type looked struct {
	*checker
	index, name string
	bucket      []byte
	emptied     uint64 // when the feed has emptied the collection last

	documents, tombstones, removals uint64
	expiring, expiries              uint64 // documents that expire, and the times for that
	indexes                         lookedIndexes
	mapped                          *mapped // nil: there is none, or nothing is known of it
}

// key checks one key.
func (l *looked) key(key, value []byte) {
	switch {
	case key[0] == prefixDocument:
		l.documents++
		l.document(string(key[1:]), value)
	case key[0] == prefixTombstone:
		l.tombstones++
		l.tombstone(string(key[1:]), value)
	case key[0] == prefixRemoval:
		l.removals++
		if len(value) > 0 {
			l.problem("%s/%s: a time for the removal of a tombstone has %d bytes of content", l.index, l.name, len(value))
		}
	case key[0] == prefixExpiry:
		l.expiries++
		if len(value) > 0 {
			l.problem("%s/%s: a time at which a document expires has %d bytes of content", l.index, l.name, len(value))
		}
	case fieldindex.IsEntry(key):
		l.entryKey(key)
	case fieldindex.IsCorpus(key):
		l.corpusKey(key)
	case !bytes.Equal(key, keyCount) && !bytes.Equal(key, keyFieldIndexes) && !bytes.Equal(key, keyMapping):
		l.problem("%s/%s: a key of unknown kind", l.index, l.name)
	}
}

// tombstone checks one tombstone.
func (l *looked) tombstone(id string, value []byte) {
	where := fmt.Sprintf("tombstone of %q in %s/%s", id, l.index, l.name)
	r, err := decodeRecord(tombstoneKey(id), value)
	switch {
	case err != nil:
		l.problem("%s: %v", where, err)
	case r.kind != kindTombstone || len(r.body) > 0:
		l.problem("%s: the record there is not a tombstone", where)
	case l.has(documentKey(id)):
		l.problem("%s: the document is there", where)
	case !l.has(removalKey(r.updated, id)):
		l.problem("%s: has no time for its removal", where)
	default:
		l.agrees(where, id, &r)
	}
}

// agrees checks a record against the change feed.
func (l *looked) agrees(where, id string, r *record) {
	switch {
	case r.version == 0 || r.sequence == 0 || r.sequence > l.last:
		l.problem("%s: has version %d and sequence %d of %d", where, r.version, r.sequence, l.last)
	case r.sequence < l.emptied:
		l.problem("%s: is at sequence %d, the change feed has emptied the collection since", where, r.sequence)
	case r.sequence >= l.first && !l.unread:
		ch, err := l.at(r.sequence)
		if err != nil {
			l.problem("%s: %v", where, err)
			return
		}
		same := ch.Index == l.index && ch.Collection == l.name && ch.ID == id && ch.Version == r.version
		if !same || !ch.Op.ofDocument() || ch.Op.removes() != (r.kind == kindTombstone) {
			l.problem("%s: at version %d and sequence %d is not what the change feed has there",
				where, r.version, r.sequence)
		}
	}
}

// has says whether the collection has a key.
func (l *looked) has(key []byte) bool {
	b, err := l.v.Get(l.bucket, key)
	return b != nil && err == nil
}

// document checks one document by itself and against the change feed.
func (l *looked) document(id string, v []byte) {
	where := fmt.Sprintf("document %q in %s/%s", id, l.index, l.name)
	r, err := decodeRecord(documentKey(id), v)
	if err != nil {
		l.problem("%s: %v", where, err)
		return
	}
	if r.expires != 0 {
		l.expiring++
	}
	body, err := rawjson.Compact(r.body, hardMaxDepth)
	switch {
	case r.expires != 0 && !l.has(expiryKey(r.expires, id)):
		l.problem("%s: expires, but has no time for that", where)
	case r.kind != kindDocument:
		l.problem("%s: the record there is not a document", where)
	case err != nil:
		l.problem("%s: %v", where, err)
	case !isObject(body) || !bytes.Equal(body, r.body):
		l.problem("%s: is not a JSON object without white space", where)
	default:
		l.agrees(where, id, &r)
		l.entries(where, id, &r)
		l.fits(where, id, r.body)
	}
}

// at returns the change of a sequence.
func (c *checker) at(sequence uint64) (*Change, error) {
	if n := len(c.block); n == 0 || sequence < c.block[0].Sequence || sequence > c.block[n-1].Sequence {
		var err error
		if c.block, err = blockWith(c.block[:0], c.v, sequence); err != nil {
			return nil, err
		}
	}
	return &c.block[sequence-c.block[0].Sequence], nil
}

// blockWith appends the changes of the block that has a sequence to dst.
func blockWith(dst []Change, v kv.View, sequence uint64) (changes []Change, err error) {
	var damage error
	err = v.Scan(bucketChanges, sequenceKey(sequence), true, func(key, block []byte) bool {
		changes, damage = decodeBlock(dst, key, block, 0)
		return false
	})
	if err = cmp.Or(err, damage); err != nil {
		return nil, err
	}
	if n := len(changes); n == 0 || changes[n-1].Sequence < sequence {
		return nil, gap(sequence - 1)
	}
	return changes, nil
}
