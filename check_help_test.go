package kuzzlite

import (
	"bytes"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// A store that is changed behind its back, for the tests of Check.

// damager changes a store behind its back.
type damager struct {
	t      testing.TB
	engine kv.Engine
	bucket []byte // of the collection i/c
}

func (f *fixture) damage(do func(*damager)) {
	f.t.Helper()
	f.damaged = true
	do(&damager{f.t, f.s.engine, collectionKey("i", "c")})
}

func (d *damager) ok(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// change makes a batch.
func (d *damager) change(fill func(b *kv.Batch)) {
	d.t.Helper()
	stage, err := d.engine.Begin(ctx)
	d.ok(err)
	var b kv.Batch
	fill(&b)
	p, err := stage.Append(&b)
	d.ok(err)
	d.ok(p.Wait())
}

func (d *damager) putIn(bucket, key, value []byte) {
	d.t.Helper()
	d.change(func(b *kv.Batch) { b.Put(bucket, key, value) })
}

// getIn returns the value of a key that is there.
func (d *damager) getIn(bucket, key []byte) []byte {
	d.t.Helper()
	v, err := d.engine.Read(ctx)
	d.ok(err)
	defer v.Release()
	b, err := v.Get(bucket, key)
	d.ok(err)
	if b == nil {
		d.t.Fatalf("no key %q", key)
	}
	return bytes.Clone(b)
}

func (d *damager) bounds(first, last uint64) {
	d.t.Helper()
	d.putIn(bucketStore, keyFeed, bounds{first, last}.encode())
}

// renameBounds flips a bit in the name of the feed's bounds.
func (d *damager) renameBounds() {
	d.t.Helper()
	v := d.getIn(bucketStore, keyFeed)
	d.change(func(b *kv.Batch) {
		b.Delete(bucketStore, keyFeed)
		b.Put(bucketStore, []byte("fded"), v)
	})
}

func (d *damager) flipBounds() {
	d.t.Helper()
	v := d.getIn(bucketStore, keyFeed)
	v[len(v)-1] ^= 1
	d.putIn(bucketStore, keyFeed, v)
}

func (d *damager) get(key []byte) []byte { d.t.Helper(); return d.getIn(d.bucket, key) }
func (d *damager) put(key, value []byte) { d.t.Helper(); d.putIn(d.bucket, key, value) }
func (d *damager) count(n uint64)        { d.t.Helper(); d.put(keyCount, encodeCount(n)) }

func (d *damager) remove(key []byte) {
	d.t.Helper()
	d.get(key)
	d.change(func(b *kv.Batch) { b.Delete(d.bucket, key) })
}

func (d *damager) edit(key []byte, fn func([]byte) []byte) { d.t.Helper(); d.put(key, fn(d.get(key))) }

// flip flips a bit; a negative position is from the end.
func (d *damager) flip(key []byte, at int) {
	d.t.Helper()
	d.edit(key, func(v []byte) []byte {
		v[(at+len(v))%len(v)] ^= 4
		return v
	})
}

func (d *damager) decode(key []byte) record {
	d.t.Helper()
	r, err := decodeRecord(key, d.get(key))
	d.ok(err)
	return r
}

// sealed returns the bytes of a record, with the right checksum.
func (d *damager) sealed(key []byte, r record) []byte {
	b := append(appendRecordHeader(nil, &r), r.body...)
	seal(key, b)
	return b
}

// record changes the record of a document.
func (d *damager) record(id string, fn func(*record)) {
	d.t.Helper()
	key := documentKey(id)
	r := d.decode(key)
	fn(&r)
	d.put(key, d.sealed(key, r))
}

// tombstone changes the record of the tombstone of gone.
// expires makes a document expire, with its key in the queue or without.
func (d *damager) expires(id string, at int64, queued bool) {
	d.t.Helper()
	d.record(id, func(r *record) { r.expires = at })
	if queued {
		d.put(expiryKey(at, id), nil)
	}
}

// consumer makes a consumer.
func (d *damager) consumer(name string, sequence uint64) {
	d.t.Helper()
	key := consumerKey(name)
	d.putIn(bucketStore, key, consumerPlace{sequence: sequence, maxLag: 1}.encode(key))
}

func (d *damager) tombstone(fn func(*record)) {
	d.t.Helper()
	key := tombstoneKey("gone")
	r := d.decode(key)
	fn(&r)
	d.put(key, d.sealed(key, r))
}

// copyRecord makes a document of another.
func (d *damager) copyRecord(from, to string) {
	d.t.Helper()
	d.put(documentKey(to), d.sealed(documentKey(to), d.decode(documentKey(from))))
}

// block returns the block of the feed that begins with a sequence.
func (d *damager) block(sequence uint64) (key, block []byte) {
	d.t.Helper()
	key = sequenceKey(sequence)
	return key, d.getIn(bucketChanges, key)
}

func (d *damager) removeBlock(sequence uint64) {
	d.t.Helper()
	key, _ := d.block(sequence)
	d.change(func(b *kv.Batch) { b.Delete(bucketChanges, key) })
}

// putChange puts another change in the place of one.
func (d *damager) putChange(sequence uint64, op Op, index, collection string) {
	d.t.Helper()
	key, _ := d.block(sequence)
	block := appendBlockHead(nil, &blockHead{time: epoch, index: index, collection: collection}, 1)
	block = append(block, byte(op), 0, 0, 0) // without version, id and paths
	seal(key, block)
	d.putIn(bucketChanges, key, block)
}

func (d *damager) flipBlock(sequence uint64) {
	d.t.Helper()
	key, block := d.block(sequence)
	block[len(block)-1] ^= 1
	d.putIn(bucketChanges, key, block)
}
