package kuzzlite

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/boltfile"
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

	// Problems are what is wrong, at most 100 of them; none means that the store is sound. They name documents by
	// their id, and quote no content.
	Problems []string `json:"problems"`
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

// Check verifies everything that can be verified, of one state of the store, while reads and writes go on: the log, for
// which writes wait a moment; the pages of the file; of every document the checksum, the JSON, the version and the place in the change feed; the number of
// documents; the tombstones; and that the change feed has no gap and agrees with the documents. What is wrong is in the
// report; err is for what kept it from checking.
//
// It reads the whole file, about a second per GiB that is cached. Memory grows with the documents that were written and
// deleted again within the change feed. As with [Store.Backup] the file grows as long as it takes.
func (s *Store) Check(ctx context.Context) (*CheckReport, error) {
	defer s.readers.enter()()
	ctx, cancel := s.whileOpen(ctx)
	defer cancel()
	c := &checker{ctx: ctx, report: CheckReport{Problems: []string{}}, gone: map[docKey]uint64{},
		cleared: map[[2]string]uint64{}, published: s.feed.last.Load()}
	err := s.viewEngine(ctx, func(tx *bolt.Tx, e *engine) error {
		c.tx = tx
		if err := c.pages(e.file); err != nil || len(c.report.Problems) > 0 {
			return err // damaged pages are not safe to follow
		}
		return c.content()
	})
	if errors.Is(err, ErrCorrupt) {
		c.problem("%v", err)
		err = nil
	}
	if err == nil {
		err = s.checkLog(ctx)
	}
	if errors.Is(err, ErrCorrupt) {
		c.problem("%v", err)
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("check: %w", whyDone(ctx, err))
	}
	return &c.report, nil
}

// checker is one run of Check.
type checker struct {
	ctx    context.Context
	tx     *bolt.Tx
	report CheckReport

	published   uint64               // sequence that the store knew of before it looked
	first, last uint64               // sequences of the change feed
	gone        map[docKey]uint64    // what the feed has written and is not there, so that the feed must go on to delete it; collections have no id
	cleared     map[[2]string]uint64 // when the feed last emptied a collection, or an index: {index, ""}
	unread      bool                 // some of the feed is damaged, so that it proves nothing of what it may have deleted
	block       []Change             // the block of changes read last
}

type docKey struct{ index, collection, id string }

func (c *checker) problem(format string, args ...any) {
	if len(c.report.Problems) < maxProblems {
		c.report.Problems = append(c.report.Problems, fmt.Sprintf(format, args...))
	}
}

// checkLog reads the log again, if there is one.
func (s *Store) checkLog(ctx context.Context) error {
	if s.writable() != nil { // it has none, or it is not known what it has
		return nil
	}
	return s.writer.exclusive(ctx, func() error {
		if a := s.engine.Load().ahead; a != nil && a.log != nil && s.failure.Load() == nil {
			return logError(s.file, a.log.Verify())
		}
		return nil
	})
}

// pages checks the structure of the file by plain reads.
func (c *checker) pages(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	header, err := boltfile.ReadHeaderAt(file, info.Size(), uint64(c.tx.ID()))
	if errors.Is(err, boltfile.ErrNoTx) {
		// Two commits since this transaction began: its meta page is gone, but not its pages.
		header = boltfile.Header{
			PageSize: c.tx.DB().Info().PageSize, Txid: uint64(c.tx.ID()), Size: info.Size(),
			Root: uint64(c.tx.Cursor().Bucket().Root()),
		}
		header.Pages = uint64(c.tx.Size()) / uint64(header.PageSize)
	} else if err != nil {
		return headerError(err)
	}
	report, err := boltfile.Walk(c.ctx, file, header, &boltfile.Options{Limit: maxProblems})
	if err != nil {
		return err
	}
	if report.Lost == 0 { // or else the problems are only that
		for _, p := range report.Problems {
			c.problem("%s", p)
		}
	}
	c.report.Pages, c.report.FreePages, c.report.LostPages = header.Pages, report.Free, report.Lost
	return nil
}

// content checks what is in the pages.
func (c *checker) content() error {
	store := c.tx.Bucket(bucketStore)
	if store == nil {
		c.problem("the store's own bucket is missing")
		return nil
	}
	if key := unknownKey(store); key != nil {
		c.problem("the store's own bucket has an unknown key %q", key)
	}
	if err := c.feed(); err != nil {
		return err
	}
	for key := range c.gone {
		if !c.unread {
			c.missing(key)
		}
	}
	for key := range cursorSeq(c.tx.Cursor()) {
		if index, name, ok := strings.Cut(string(key), "/"); ok && !hasIndex(c.tx, index) {
			c.problem("collection %q is there, but not its index %q", name, index)
		}
	}
	for index := range indexNames(c.tx) {
		for name := range collectionNames(c.tx, index) {
			if err := c.collection(index, name, c.tx.Bucket(collectionKey(index, name))); err != nil {
				return err
			}
		}
	}
	return nil
}

// missing reports what the feed has written and not deleted.
func (c *checker) missing(key docKey) {
	switch {
	case key.id != "":
		c.problem("document %q in %s/%s is missing: the change feed has written it and not deleted it",
			key.id, key.index, key.collection)
	case key.collection != "":
		c.problem("collection %q of index %q is missing: the change feed has created it and not deleted it",
			key.collection, key.index)
	default:
		c.problem("index %q is missing: the change feed has created it and not deleted it", key.index)
	}
}

// feed checks the change feed, and that nothing that it has written is missing.
func (c *checker) feed() error {
	b := c.tx.Bucket(bucketChanges)
	if b == nil {
		c.problem("there is no change feed")
		return nil
	}
	var tailErr error
	if c.first, c.last, tailErr = feedBounds(c.tx); tailErr != nil {
		c.problem("change feed: %v", tailErr)
		c.unread = true
	}
	if c.last < c.published && tailErr == nil {
		c.problem("change feed: it ends at sequence %d, the store has acknowledged %d: its newest meta page was lost",
			c.last, c.published)
	}
	next := c.first
	for k, v := range cursorSeq(b.Cursor()) {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		next = c.blockAt(k, v, next)
	}
	if next != b.Sequence()+1 {
		c.problem("change feed: it ends at sequence %d, but says %d", next-1, b.Sequence())
	}
	if tailErr != nil {
		return nil
	}
	t, err := readTail(c.tx)
	if err != nil {
		return err
	}
	blocks, err := t.split()
	if err != nil {
		c.problem("change feed: %v", err)
		c.unread = true
	}
	if t.last > 0 && t.first != next {
		c.problem("change feed: its newest part begins at sequence %d, the rest ends at %d", t.first, next-1)
	}
	for _, b := range blocks {
		next = c.blockAt(b.key(), b.bytes, next)
	}
	if t.last > 0 && next != t.last+1 {
		c.problem("change feed: it ends at sequence %d, the newest is %d", next-1, c.last)
	}
	c.block = nil
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

// change checks one change against the documents.
func (c *checker) change(ch *Change) {
	key := docKey{ch.Index, ch.Collection, ch.ID}
	switch ch.Op {
	case OpCreate, OpUpdate, OpReplace:
		r, ok := c.stored(key)
		if !ok {
			c.gone[key] = ch.Sequence
		} else if r.sequence < ch.Sequence {
			c.problem("document %q in %s/%s is at sequence %d, the change feed has written it at %d",
				key.id, key.index, key.collection, r.sequence, ch.Sequence)
		}
	case OpDelete:
		delete(c.gone, key)
		if r, ok := c.stored(key); ok && r.sequence < ch.Sequence {
			c.problem("document %q in %s/%s is at sequence %d, the change feed has deleted it at %d",
				key.id, key.index, key.collection, r.sequence, ch.Sequence)
		}
	case OpTruncate, OpDeleteCollection, OpDeleteIndex:
		c.cleared[[2]string{ch.Index, ch.Collection}] = ch.Sequence
		for k := range c.gone {
			if k.index == ch.Index && (k.collection == ch.Collection && (k.id != "" || ch.Op != OpTruncate) ||
				ch.Op == OpDeleteIndex) {
				delete(c.gone, k)
			}
		}
	case OpCreateIndex:
		if !hasIndex(c.tx, ch.Index) {
			c.gone[key] = ch.Sequence
		}
	case OpCreateCollection:
		if _, err := collectionBucket(c.tx, ch.Index, ch.Collection); err != nil {
			c.gone[key] = ch.Sequence
		}
	}
}

// stored reads a document.
func (c *checker) stored(key docKey) (record, bool) {
	b, err := collectionBucket(c.tx, key.index, key.collection)
	if err != nil {
		return record{}, false
	}
	docKey := documentKey(key.id)
	v := b.Get(docKey)
	if v == nil {
		return record{}, false
	}
	r, err := decodeRecord(docKey, v)
	if err != nil {
		return record{sequence: c.last}, true // reported with the documents
	}
	return r, true
}

// collection checks the documents and tombstones of a collection.
func (c *checker) collection(index, name string, b *bolt.Bucket) error {
	where := index + "/" + name
	documents, tombstones, expiries := uint64(0), uint64(0), uint64(0)
	for k, v := range cursorSeq(b.Cursor()) {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		switch {
		case v == nil:
			c.problem("%s: a bucket where there should be none", where)
		case k[0] == prefixDocument:
			documents++
			c.document(docKey{index, name, string(k[1:])}, v)
		case k[0] == prefixTombstone:
			tombstones++
			c.tombstone(b, where, string(k[1:]), v)
		case k[0] == prefixExpiry:
			expiries++
			if len(v) > 0 {
				c.problem("%s: a time for the removal of a tombstone has %d bytes of content", where, len(v))
			}
		default:
			c.problem("%s: a key of unknown kind", where)
		}
	}
	if documents != b.Sequence() {
		c.problem("%s: has %d documents, but says %d", where, documents, b.Sequence())
	}
	if tombstones != expiries {
		c.problem("%s: has %d tombstones, but %d times for their removal", where, tombstones, expiries)
	}
	c.report.Documents += documents
	c.report.Tombstones += tombstones
	return nil
}

// document checks one document by itself and against the change feed.
func (c *checker) document(key docKey, v []byte) {
	name := fmt.Sprintf("document %q in %s/%s", key.id, key.index, key.collection)
	r, err := decodeRecord(documentKey(key.id), v)
	if err != nil {
		c.problem("%s: %v", name, err)
		return
	}
	body, err := rawjson.Compact(r.body, hardMaxDepth)
	switch {
	case r.kind != kindDocument:
		c.problem("%s: is no document", name)
	case err != nil:
		c.problem("%s: %v", name, err)
	case !isObject(body) || !bytes.Equal(body, r.body):
		c.problem("%s: is not a JSON object without white space", name)
	case r.version == 0 || r.sequence == 0 || r.sequence > c.last:
		c.problem("%s: has version %d and sequence %d of %d", name, r.version, r.sequence, c.last)
	case r.sequence < max(c.cleared[[2]string{key.index, key.collection}], c.cleared[[2]string{key.index}]):
		c.problem("%s: is at sequence %d, the change feed has emptied the collection since", name, r.sequence)
	case r.sequence >= c.first && !c.unread:
		ch, err := c.at(r.sequence)
		if err != nil {
			c.problem("%s: %v", name, err)
		} else if (docKey{ch.Index, ch.Collection, ch.ID}) != key || ch.Version != r.version || ch.Op > OpReplace {
			c.problem("%s: at version %d and sequence %d is not what the change feed has there", name, r.version, r.sequence)
		}
	}
}

// at returns the change of a sequence.
func (c *checker) at(sequence uint64) (*Change, error) {
	if n := len(c.block); n == 0 || sequence < c.block[0].Sequence || sequence > c.block[n-1].Sequence {
		var err error
		if c.block, err = readChanges(c.tx, sequence-1); err != nil {
			return nil, err
		}
	}
	return &c.block[sequence-c.block[0].Sequence], nil
}

func (c *checker) tombstone(b *bolt.Bucket, where, id string, v []byte) {
	r, err := decodeRecord(tombstoneKey(id), v)
	switch {
	case err != nil:
		c.problem("tombstone of %q in %s: %v", id, where, err)
	case r.kind != kindTombstone || len(r.body) > 0:
		c.problem("tombstone of %q in %s: is none", id, where)
	case b.Get(documentKey(id)) != nil:
		c.problem("tombstone of %q in %s: the document is there", id, where)
	case b.Get(expiryKey(r.updated, id)) == nil:
		c.problem("tombstone of %q in %s: has no time for its removal", id, where)
	}
}
