package kuzzlite

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// The change feed on disk. The bucket "#changes" has the blocks of changes under their keys; its own sequence is that of
// the newest change in it. There is no gap: each block begins where the one before it ended.
//
// The newest blocks may be in the tail instead: a value of at most tailLimit bytes, under "tail" in the bucket "#store",
// which bbolt keeps inside the root page as long as it is that small. That page is written with every commit anyway, so
// a commit of a few changes costs no pages for the feed; when the tail is full, it moves into the bucket. It is:
//
//	CRC-32C (4 bytes, big endian) of its key and of all that follows, sequence of the first change, of the last (8
//	bytes each, big endian), then for each block its length (uvarint) and the block

var keyTail = []byte("tail")

// tailLimit is in bytes. With what else is in the bucket it stays below a quarter of a page of 4 KiB, as bbolt wants it.
const tailLimit = 800

const tailHead = checksumSize + 16

// tail is the newest part of the feed, apart from the bucket; the zero tail if there is none.
type tail struct {
	first, last uint64
	blocks      []byte // each after its length
}

// readTail reads the tail. A bit that has rotted in its name hides it, and then its sequences would come again: so where
// there is none, there must be nothing unknown beside where it would be.
func readTail(tx *bolt.Tx) (tail, error) {
	store := tx.Bucket(bucketStore)
	b := store.Get(keyTail)
	if b == nil {
		if key := unknownKey(store); key != nil {
			return tail{}, fmt.Errorf("%w: the store's own bucket has no newest changes, and an unknown key %q", ErrCorrupt, key)
		}
		return tail{}, nil
	}
	if !sealed(keyTail, b) || len(b) < tailHead {
		return tail{}, fmt.Errorf("%w: checksum of the newest changes does not match", ErrCorrupt)
	}
	return tail{
		first: binary.BigEndian.Uint64(b[checksumSize:]), last: binary.BigEndian.Uint64(b[checksumSize+8:]),
		blocks: b[tailHead:],
	}, nil
}

// unknownKey returns a key of the store's own bucket that does not belong there, nil if there is none.
func unknownKey(store *bolt.Bucket) []byte {
	for k := range cursorSeq(store.Cursor()) {
		if !bytes.Equal(k, keyFormat) && !bytes.Equal(k, keyStoreID) && !bytes.Equal(k, keyTail) {
			return k
		}
	}
	return nil
}

// split returns the blocks of the tail.
func (t *tail) split() (blocks []block, err error) {
	d := decoder{b: t.blocks}
	for first := t.first; len(d.b) > 0; {
		b := block{first, []byte(d.string())}
		changes, err := decodeBlock(nil, b.key(), b.bytes, 0)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, b)
		first += uint64(len(changes))
	}
	return blocks, nil
}

// feedBounds returns the sequences of the oldest change kept, last+1 if there is none, and of the newest; with an error
// those of what can be read.
func feedBounds(tx *bolt.Tx) (first, last uint64, err error) {
	t, err := readTail(tx)
	b := tx.Bucket(bucketChanges)
	last = b.Sequence()
	first = last + 1
	if k, _ := b.Cursor().First(); len(k) == 8 {
		first = binary.BigEndian.Uint64(k)
	}
	return first, max(last, t.last), err
}

// writeFeed writes the blocks of a transaction: into the tail if there is room, or else with the tail into the bucket.
func writeFeed(t *txn) error {
	if len(t.blocks) == 0 {
		return nil
	}
	old, err := readTail(t.tx)
	if err != nil {
		return err
	}
	known := t.store.feed.last.Load()
	if last := max(t.tx.Bucket(bucketChanges).Sequence(), old.last); last != known {
		return fmt.Errorf("%w: the change feed ends at sequence %d, the store has acknowledged %d", ErrCorrupt, last, known)
	}
	size := tailHead + len(old.blocks)
	for _, b := range t.blocks {
		size += len(b.bytes) + binary.MaxVarintLen16
	}
	if size <= tailLimit && !old.isOlder(t.store.opts.oldestKept()) {
		return t.bucket(bucketStore).Put(keyTail, appendTail(old, t.blocks, t.sequence))
	}
	if err := old.move(t); err != nil {
		return err
	}
	return t.appendBlocks(t.blocks, t.sequence)
}

// move moves the tail, if there is one, into the bucket.
func (t *tail) move(to *txn) error {
	if t.last == 0 {
		return nil
	}
	blocks, err := t.split()
	if err != nil {
		return err
	}
	if err := to.appendBlocks(blocks, t.last); err != nil {
		return err
	}
	return to.bucket(bucketStore).Delete(keyTail)
}

// feedFill is how full the pages of the feed become: keys only ever go at the end.
const feedFill = 1

// appendBlocks puts blocks that end at sequence last at the end of the bucket.
func (t *txn) appendBlocks(blocks []block, last uint64) error {
	bucket := t.bucket(bucketChanges)
	bucket.FillPercent = feedFill
	for _, b := range blocks {
		if err := bucket.Put(b.key(), b.bytes); err != nil {
			return err
		}
	}
	return bucket.SetSequence(last)
}

// isOlder says whether the tail begins before a time, in ms; then it goes where old blocks are removed.
func (t *tail) isOlder(than int64) bool {
	d := decoder{b: t.blocks}
	return t.last > 0 && blockTime([]byte(d.string())) < than
}

// appendTail returns the value of a tail with more blocks, which end at sequence last.
func appendTail(old tail, blocks []block, last uint64) []byte {
	if old.last == 0 {
		old.first = blocks[0].first
	}
	b := make([]byte, checksumSize, tailLimit)
	b = binary.BigEndian.AppendUint64(b, old.first)
	b = binary.BigEndian.AppendUint64(b, last)
	b = append(b, old.blocks...)
	for _, block := range blocks {
		b = binary.AppendUvarint(b, uint64(len(block.bytes)))
		b = append(b, block.bytes...)
	}
	seal(keyTail, b)
	return b
}

// readChanges returns some changes after since, none if since is the newest.
func readChanges(tx *bolt.Tx, since uint64) ([]Change, error) {
	t, err := readTail(tx)
	if err != nil {
		return nil, err
	}
	b := tx.Bucket(bucketChanges)
	last := max(b.Sequence(), t.last)
	switch {
	case since == last:
		return nil, nil
	case since > last:
		return nil, fmt.Errorf("%w: asked for those after %d, but the newest is %d: was the store restored from a backup?",
			ErrSequenceGone, since, last)
	case t.last > 0 && since+1 >= t.first:
		return t.changes(since)
	}
	c := b.Cursor()
	want := sequenceKey(since + 1)
	k, v := c.Seek(want)
	if k == nil || string(k) != string(want) { // in the middle of the block before
		if k == nil {
			k, v = c.Last()
		} else {
			k, v = c.Prev()
		}
	}
	if k == nil {
		return nil, gone(tx, since)
	}
	changes, err := decodeBlock(nil, k, v, since)
	if err != nil {
		return nil, err
	}
	if len(changes) == 0 || changes[0].Sequence != since+1 {
		return nil, fmt.Errorf("%w: the change feed has a gap after sequence %d", ErrCorrupt, since)
	}
	return changes, nil
}

// changes returns the changes in the tail after since.
func (t *tail) changes(since uint64) (changes []Change, err error) {
	blocks, err := t.split()
	for i := 0; i < len(blocks) && err == nil; i++ {
		changes, err = decodeBlock(changes, blocks[i].key(), blocks[i].bytes, since)
	}
	return changes, err
}

func gone(tx *bolt.Tx, since uint64) error {
	first, last, err := feedBounds(tx)
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: asked for those after %d, the oldest kept is %d: read all documents again and go on from %d",
		ErrSequenceGone, since, first, last)
}

// oldestKept is the time before which changes go, in ms since 1970; 0 if they stay.
func (o *Options) oldestKept() int64 {
	if o.FeedMaxAge == 0 {
		return 0
	}
	return o.Clock().Add(-o.FeedMaxAge).UnixMilli()
}

// prune removes the oldest blocks once the feed is over its bounds. It lets it grow a little beyond them, to remove
// many at a time.
func (f *feed) prune(t *txn) error {
	o := &t.store.opts
	first := f.first.Load()
	keep := uint64(max(o.FeedMaxCount, 1))
	over := o.FeedMaxCount > 0 && t.sequence+1-first > keep+keep/64+64
	oldest := o.oldestKept()
	if !over && (oldest == 0 || !firstBlockIsOlder(t.tx, oldest-o.FeedMaxAge.Milliseconds()/64)) {
		return nil
	}
	b := t.bucket(bucketChanges)
	inBucket := b.Sequence()
	drop, firstKept := pruned(b.Bucket, func(key, next, block []byte) bool {
		end := inBucket // of this block
		if next != nil {
			end = binary.BigEndian.Uint64(next) - 1
		}
		return over && end+keep <= t.sequence || oldest > 0 && blockTime(block) < oldest
	})
	for _, key := range drop {
		if err := b.Delete(key); err != nil {
			return err
		}
	}
	t.firstKept = firstKept
	if firstKept == 0 {
		t.firstKept = inBucket + 1
	}
	t.dirty = t.dirty || len(drop) > 0
	return nil
}

// pruned returns the keys of the leading blocks that may go, and the sequence at which the rest begins, 0 if nothing
// is left.
func pruned(b *bolt.Bucket, mayGo func(key, next, block []byte) bool) (drop [][]byte, firstKept uint64) {
	c := b.Cursor()
	k, v := c.First()
	for k != nil {
		next, nextBlock := c.Next()
		if !mayGo(k, next, v) {
			return drop, binary.BigEndian.Uint64(k)
		}
		drop = append(drop, slices.Clone(k))
		k, v = next, nextBlock
	}
	return drop, 0
}

func firstBlockIsOlder(tx *bolt.Tx, than int64) bool {
	k, v := tx.Bucket(bucketChanges).Cursor().First()
	return k != nil && blockTime(v) < than
}

// blockTime reads the time of a block without checking the rest.
func blockTime(b []byte) int64 {
	d := decoder{b: b[min(len(b), checksumSize+1):]}
	return d.varint()
}
