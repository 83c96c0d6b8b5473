package kuzzlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

func TestCheck(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		r := f.sound()
		f.equal("a new store", *r, CheckReport{
			Changes: 2, Pages: r.Pages, FreePages: r.FreePages, LostPages: r.LostPages, Problems: []string{},
		})
		f.writeMany(100)
		gone := f.ids(&ListOptions{Limit: 30})
		_, err := f.col().MDelete(ctx, gone, nil)
		f.ok(err)
		report := f.sound()
		f.equal("documents, tombstones, changes", []uint64{report.Documents, report.Tombstones, report.Changes}, []uint64{70, 30, 132})
		f.ok(report.Err())
		if (report.Pages > 0) != f.disk || f.disk && report.FreePages >= report.Pages {
			t.Errorf("%d pages, %d free", report.Pages, report.FreePages)
		}
	})
}

// damages are done to a store with the documents a at version 2 and b at version 1, and the tombstone of gone. Its
// changes are blocks of their own, but for 10 and 11, which are one; 13 is the newest.
var damages = []struct {
	name string
	do   func(*damager)
	want string // in one of the problems
}{
	{"count too high", func(d *damager) { d.count(4) }, "i/c: has 3 documents, but says 4"},
	{"count too low", func(d *damager) { d.count(0) }, "i/c: has 3 documents, but says 0"},
	{"count lost", func(d *damager) { d.remove(keyCount) }, "i/c: data is corrupt: the number of documents"},
	{"bit flipped in the count", func(d *damager) { d.flip(keyCount, -1) }, "i/c: data is corrupt: the number of documents"},
	{"document cut short", func(d *damager) { d.edit(documentKey("a"), func(v []byte) []byte { return v[:3] }) }, `document "a" in i/c: data is corrupt`},
	{"bit flipped in the content", func(d *damager) { d.flip(documentKey("a"), -2) }, `document "a" in i/c: data is corrupt: checksum`},
	{"bit flipped in the version", func(d *damager) { d.flip(documentKey("a"), 5) }, `document "a" in i/c: data is corrupt: checksum`},
	{"record of another document", func(d *damager) { d.put(documentKey("b"), d.get(documentKey("a"))) }, `document "b" in i/c: data is corrupt: checksum`},
	{"tombstone for a document", func(d *damager) { d.record("a", func(r *record) { r.kind, r.body = kindTombstone, nil }) }, `document "a" in i/c: the record there is not a document`},
	{"not JSON", func(d *damager) { d.record("a", func(r *record) { r.body = []byte(`{"n":}`) }) }, `document "a" in i/c: invalid JSON at byte 5`},
	{"not an object", func(d *damager) { d.record("a", func(r *record) { r.body = []byte(`[]`) }) }, `document "a" in i/c: is not a JSON object`},
	{"white space", func(d *damager) { d.record("a", func(r *record) { r.body = []byte(`{"n": 2}`) }) }, `document "a" in i/c: is not a JSON object without white space`},
	{"version 0", func(d *damager) { d.record("a", func(r *record) { r.version = 0 }) }, `document "a" in i/c: has version 0`},
	{"another version", func(d *damager) { d.record("a", func(r *record) { r.version = 7 }) }, `at version 7 and sequence 4 is not what the change feed has there`},
	{"sequence 0", func(d *damager) { d.record("a", func(r *record) { r.sequence = 0 }) }, `document "a" in i/c: has version 2 and sequence 0`},
	{"future sequence", func(d *damager) { d.record("a", func(r *record) { r.sequence = 14 }) }, `has version 2 and sequence 14 of 13`},
	{"sequence of another", func(d *damager) { d.record("a", func(r *record) { r.sequence = 5 }) }, `at version 2 and sequence 5 is not what the change feed has there`},
	{"older state", func(d *damager) { d.record("a", func(r *record) { r.version, r.sequence = 1, 3 }) }, `document "a" in i/c is at sequence 3, the change feed has written it at 4`},
	{"document lost", func(d *damager) { d.remove(documentKey("b")); d.count(2) }, `document "b" in i/c is missing`},
	{"document from nowhere", func(d *damager) { d.copyRecord("a", "new"); d.count(4) }, `document "new" in i/c: at version 2 and sequence 4 is not what`},
	{"deleted document back", func(d *damager) { d.copyRecord("b", "gone"); d.count(4) }, `document "gone" in i/c`},
	{"deletion undone", func(d *damager) {
		d.remove(tombstoneKey("gone"))
		d.remove(removalKey(epoch, "gone"))
		d.copyRecord("a", "gone")
		d.record("gone", func(r *record) { r.version, r.sequence = 1, 6 })
		d.count(4)
	}, `document "gone" in i/c`},
	{"truncation undone", func(d *damager) { d.putChange(8, OpTruncate, "i", "c") }, `document "a" in i/c`},
	{"deletion of the collection undone", func(d *damager) { d.putChange(8, OpDeleteCollection, "i", "c") }, `document "a" in i/c`},
	{"deletion of the index undone", func(d *damager) { d.putChange(8, OpDeleteIndex, "i", "") }, `document "a" in i/c`},
	{"collection lost", func(d *damager) { d.change(func(b *kv.Batch) { b.DropBucket(d.bucket) }) }, `document "a" in i/c is missing`},
	{"empty collection lost", func(d *damager) { d.putChange(8, OpCreateCollection, "i", "x") }, `collection "x" of index "i" is missing`},
	{"empty index lost", func(d *damager) { d.putChange(8, OpCreateIndex, "x", "") }, `index "x" is missing`},
	{"index lost", func(d *damager) { d.change(func(b *kv.Batch) { b.DropBucket([]byte("i")) }) }, `collection "c" is there, but not its index "i"`},

	{"tombstone beside its document", func(d *damager) {
		d.put(tombstoneKey("gone"), d.get(tombstoneKey("gone")))
		d.copyRecord("b", "gone")
	}, `tombstone of "gone" in i/c: the document is there`},
	{"bit flipped in a tombstone", func(d *damager) { d.flip(tombstoneKey("gone"), 5) }, `tombstone of "gone" in i/c: data is corrupt`},
	{"tombstone never to go", func(d *damager) { d.remove(removalKey(epoch, "gone")) }, `has no time for its removal`},
	{"content where there is none", func(d *damager) { d.put(removalKey(epoch, "gone"), []byte("v")) }, `has 1 bytes of content`},
	{"tombstone lost", func(d *damager) { d.remove(tombstoneKey("gone")) }, `i/c: has 0 tombstones, but 1 times for their removal`},
	{"tombstone and its time lost", func(d *damager) {
		d.remove(tombstoneKey("gone"))
		d.remove(removalKey(epoch, "gone"))
	}, `tombstone of "gone" in i/c is missing: the change feed has deleted the document at sequence 7`},
	{"another version of a tombstone", func(d *damager) {
		d.tombstone(func(r *record) { r.version = 77 })
	}, `tombstone of "gone" in i/c: at version 77 and sequence 7 is not what the change feed has there`},
	{"version 0 of a tombstone", func(d *damager) {
		d.tombstone(func(r *record) { r.version = 0 })
	}, `tombstone of "gone" in i/c: has version 0 and sequence 7 of 13`},
	{"future sequence of a tombstone", func(d *damager) {
		d.tombstone(func(r *record) { r.sequence = 14 })
	}, `tombstone of "gone" in i/c: has version 2 and sequence 14 of 13`},
	{"tombstone of another", func(d *damager) {
		d.tombstone(func(r *record) { r.sequence = 8 })
	}, `tombstone of "gone" in i/c: at version 2 and sequence 8 is not what the change feed has there`},
	{"older tombstone", func(d *damager) {
		d.tombstone(func(r *record) { r.version, r.sequence = 1, 6 })
	}, `tombstone of "gone" in i/c is at sequence 6, the change feed has deleted the document at 7`},
	{"tombstone from before a truncation", func(d *damager) {
		d.putChange(8, OpTruncate, "i", "c")
	}, `tombstone of "gone" in i/c: is at sequence 7, the change feed has emptied the collection since`},
	{"tombstone from nowhere", func(d *damager) {
		r := d.decode(tombstoneKey("gone"))
		d.put(tombstoneKey("new"), d.sealed(tombstoneKey("new"), r))
		d.put(removalKey(epoch, "new"), nil)
	}, `tombstone of "new" in i/c: at version 2 and sequence 7 is not what the change feed has there`},
	{"deleted collection back", func(d *damager) {
		d.change(func(b *kv.Batch) {
			b.EnsureBucket(collectionKey("i", "dropped"))
			b.Put(collectionKey("i", "dropped"), keyCount, encodeCount(0))
		})
	}, `collection "dropped" of index "i" is there, the change feed has deleted it`},
	{"deleted index back", func(d *damager) {
		d.change(func(b *kv.Batch) { b.EnsureBucket([]byte("dropped")) })
	}, `index "dropped" is there, the change feed has deleted it`},
	{"collection of a deleted index back", func(d *damager) {
		d.change(func(b *kv.Batch) {
			b.EnsureBucket(collectionKey("dropped", "c"))
			b.Put(collectionKey("dropped", "c"), keyCount, encodeCount(0))
		})
	}, `collection "c" of index "dropped" is there, the change feed has deleted it`},
	{"expiry lost", func(d *damager) { d.expires("b", epoch+1, false) }, `document "b" in i/c: expires, but has no time for that`},
	{"expiry of nothing", func(d *damager) { d.put(expiryKey(epoch+1, "b"), nil) }, `i/c: has 0 documents that expire, but 1 times for that`},
	{"expiry with content", func(d *damager) { d.put(expiryKey(epoch+1, "b"), []byte("v")) }, `a time at which a document expires has 1 bytes`},
	{"expiry not registered", func(d *damager) { d.expires("b", epoch+1, true) }, `i/c: documents expire, but the collection is not registered`},
	{"missing collection registered", func(d *damager) {
		d.putIn(bucketStore, expiringKey([]byte("i/none")), nil)
	}, `"i/none" is registered as a collection in which documents expire, and is none`},
	{"index registered", func(d *damager) {
		d.putIn(bucketStore, expiringKey([]byte("i")), nil)
	}, `"i" is registered as a collection in which documents expire, and is none`},
	{"consumer ahead", func(d *damager) { d.consumer("c", 14) }, `consumer "c" is at sequence 14, the change feed ends at 13`},
	{"consumer without a name", func(d *damager) { d.consumer("", 1) }, `consumer "": data is corrupt: it has no name`},
	{"document for a tombstone", func(d *damager) {
		d.put(tombstoneKey("gone"), d.sealed(tombstoneKey("gone"), d.decode(documentKey("a"))))
	}, `tombstone of "gone" in i/c: the record there is not a tombstone`},

	{"unknown key", func(d *damager) { d.put([]byte("?key"), []byte("v")) }, `i/c: a key of unknown kind`},
	{"unknown bucket", func(d *damager) { d.change(func(b *kv.Batch) { b.EnsureBucket([]byte("#x")) }) }, `a bucket of unknown kind: "#x"`},
	{"content of an index", func(d *damager) {
		d.change(func(b *kv.Batch) { b.Put([]byte("i"), []byte("k"), []byte("v")) })
	}, `index "i" has content of its own`},
	{"unknown key of the store", func(d *damager) { d.putIn(bucketStore, []byte("k"), nil) }, `the store's own bucket has an unknown key "k"`},

	{"feed lost", func(d *damager) { d.change(func(b *kv.Batch) { b.DropBucket(bucketChanges) }) }, `there is no change feed`},
	{"feed cut at the end", func(d *damager) { d.removeBlock(13) }, `change feed: it ends at sequence 12, but says 13`},
	{"gap in the feed", func(d *damager) { d.removeBlock(5) }, `change feed: after sequence 4 comes 6`},
	{"bit flipped in the feed", func(d *damager) { d.flipBlock(4) }, `change feed: data is corrupt: checksum`},
	{"block of the feed elsewhere", func(d *damager) {
		_, block := d.block(3)
		d.putIn(bucketChanges, sequenceKey(4), block)
	}, `change feed: data is corrupt: checksum`},
	{"block behind the end", func(d *damager) {
		d.putIn(bucketChanges, sequenceKey(14), d.get(documentKey("a")))
	}, `change feed: data is corrupt`},
	{"end of the feed ahead", func(d *damager) { d.bounds(1, 20) }, `change feed: it ends at sequence 13, but says 20`},
	{"end of the feed behind", func(d *damager) { d.bounds(1, 7) }, `change feed: it ends at sequence 7, the store has acknowledged 13`},
	{"beginning of the feed ahead", func(d *damager) { d.bounds(5, 13) }, `change feed: after sequence 4 comes 1`},
	{"bounds of the feed lost", func(d *damager) {
		d.change(func(b *kv.Batch) { b.Delete(bucketStore, keyFeed) })
	}, `change feed: data is corrupt: the beginning and the end`},
	{"bounds of the feed under another name", func(d *damager) { d.renameBounds() }, `the store's own bucket has an unknown key "fded"`},
	{"bit flipped in the bounds of the feed", func(d *damager) { d.flipBounds() }, `change feed: data is corrupt: the beginning and the end`},
}

func TestCheckFinds(t *testing.T) {
	for _, tt := range damages {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, nil)
			f.put("a", `{"n":1}`)
			f.put("a", `{"n":2}`)
			f.put("b", `{}`)
			f.put("gone", `{}`)
			_, err := f.col().Delete(ctx, "gone", nil)
			f.ok(err)
			f.ok(f.s.CreateIndex(ctx, "other"))
			f.createCollection("other", "x")
			_, err = f.s.Collection("other", "x").MCreate(ctx, []Write{
				{ID: strings.Repeat("x", 500), Body: raw(`{}`)}, {ID: strings.Repeat("y", 500), Body: raw(`{}`)},
			}, nil)
			f.ok(err)
			f.ok(f.s.CreateIndex(ctx, "last"))
			f.put("last", `{}`)
			if strings.Contains(tt.want, `"dropped"`) {
				f.createCollection("dropped", "c")
				f.createCollection("i", "dropped")
				f.ok(f.s.DeleteCollection(ctx, "i", "dropped"))
				f.ok(f.s.DeleteIndex(ctx, "dropped"))
			}
			f.sound()

			f.damage(tt.do)
			report, err := f.s.Check(ctx)
			f.ok(err)
			f.is("report", report.Err(), ErrCorrupt)
			if !slices.ContainsFunc(report.Problems, func(p string) bool { return strings.Contains(p, tt.want) }) {
				t.Errorf("problems:\n%s\nwant: %s", strings.Join(report.Problems, "\n"), tt.want)
			}
		})
	}
}

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
	d.putIn(bucketStore, key, consumerPlace{sequence, 1}.encode(key))
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

// A damaged document fails with ErrCorrupt, by itself: the others are read and written as before.
func TestDamagedDocument(t *testing.T) {
	f := newFixture(t, nil)
	for _, id := range []string{"a", "bad", "c"} {
		f.put(id, `{"n":1}`)
	}
	f.damage(func(d *damager) { d.flip(documentKey("bad"), -1) })
	sequence := f.s.Sequence()
	_, err := f.col().Get(ctx, "bad")
	f.is("get", err, ErrCorrupt)
	f.equal("message", err.Error(), `document "bad" in i/c: data is corrupt: checksum of a record does not match`)
	_, err = f.col().MGet(ctx, []string{"a", "bad"})
	f.is("mGet", err, ErrCorrupt)
	for _, v := range verbs {
		r, err := v.many(ctx, f.col(), []string{"bad"}, `{"n":2}`, nil, nil)
		f.ok(err)
		f.equal(v.name+": errors", len(r.Errors), 1)
		f.is(v.name, r.Err(), ErrCorrupt)
		f.equal(v.name+": status", r.Errors[0].Status, 500)
	}
	f.equal("sequence", f.s.Sequence(), sequence)
	r, err := f.col().MUpsertJSON(ctx, []byte(`[{"_id":"a","changes":{"n":2}},{"_id":"bad","changes":{}},{"_id":"c","changes":{"n":2}}]`), nil)
	f.ok(err)
	f.equal("written", positions(r.Successes), []int{0, 2})
	var listed []string
	for doc, e := range f.col().All(ctx, nil) {
		if listed = append(listed, doc.ID); e != nil {
			err = e
		}
	}
	f.is("all", err, ErrCorrupt)
	f.equal("listed", listed, []string{"a", ""})
	f.equal("after it", f.ids(&ListOptions{After: "bad"}), []string{"c"})
	ok, err := f.col().Exists(ctx, "bad")
	f.equal("exists", []any{ok, err}, []any{true, nil})
	f.ok(f.col().Truncate(ctx, nil)) // which helps
	f.damaged = false
}

// A damaged block of the feed ends followers with ErrCorrupt, after what comes before it.
func TestDamagedFeed(t *testing.T) {
	for name, do := range map[string]func(*damager){
		"flipped": func(d *damager) { d.flipBlock(5) },
		"gap":     func(d *damager) { d.removeBlock(5) },
	} {
		f := newFixture(t, nil)
		for n := range 5 {
			f.put(fmt.Sprint(n), `{}`)
		}
		f.writeMany(100)
		f.damage(do)
		f.follows(name, 1, 2, 3, 4)
	}
	f := newFixture(t, nil)
	f.writeMany(100)
	f.put("a", `{}`)
	f.damage(func(d *damager) { d.flipBounds() })
	f.follows("bounds")
}

// follows checks that the feed yields these sequences and then ErrCorrupt.
func (f *fixture) follows(what string, want ...uint64) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var seen []uint64
	var end error
	for c, err := range f.s.Changes(ctx, 0) {
		if end = err; err == nil {
			seen = append(seen, c.Sequence)
		}
	}
	f.is(what, end, ErrCorrupt)
	f.equal(what, seen, want)
}

// Where the store's files show an older state than what was acknowledged nothing is written on top: sequences would
// come again.
func TestWriteOnOlderState(t *testing.T) {
	f := newFixture(t, nil)
	for range 5 {
		f.put("a", `{}`)
	}
	f.damage(func(d *damager) { d.bounds(1, 5) })
	_, err := f.s.Collection("i", "c").Create(ctx, "b", raw(`{}`), nil)
	f.is("a write", err, ErrCorrupt)
	f.holds("a v5 {}")
}

// Where the feed cannot be read, what it may have deleted since is not missing.
func TestCheckOfDamagedFeed(t *testing.T) {
	f := newFixture(t, nil)
	f.ok(f.s.CreateIndex(ctx, "j"))
	f.put("x", `{}`)
	f.writeMany(100)
	_, err := f.col().Delete(ctx, "x", nil)
	f.ok(err)
	f.ok(f.s.DeleteIndex(ctx, "j"))
	last := f.s.Sequence()
	f.damage(func(d *damager) { d.flipBlock(last) })
	report, err := f.s.Check(ctx)
	f.ok(err)
	f.equal("problems", len(report.Problems), 1)
}

// A bit had rotted in the name under which the store keeps where its feed ends: nothing noticed, and sequences would
// have come again.
func TestBoundsUnderAnotherName(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.ok(f.s.CreateIndex(ctx, "j"))
	f.ok(f.s.DeleteIndex(ctx, "j"))
	f.damage(func(d *damager) { d.renameBounds() })
	f.ok(f.s.Close())
	f.s = f.reopened(nil)
	report, err := f.s.Check(ctx)
	f.ok(err)
	f.is("report", report.Err(), ErrCorrupt)
	f.is("a write", f.s.CreateIndex(ctx, "k"), ErrCorrupt)
	_, err = f.s.Indexes(ctx)
	f.ok(err)
}

func TestCheckProblemsAreBounded(t *testing.T) {
	f := newFixture(t, nil)
	f.writeMany(500)
	ids := f.ids(nil)
	f.damage(func(d *damager) {
		for _, id := range ids {
			d.flip(documentKey(id), -1)
		}
	})
	report, err := f.s.Check(ctx)
	f.ok(err)
	f.equal("problems", len(report.Problems), 100)
	f.equal("documents", report.Documents, uint64(500))
}

// Check looks at one state of the store, whatever is written meanwhile.
func TestCheckUnderLoad(t *testing.T) {
	f := newDiskFixture(t, &Options{Durability: Relaxed, FeedMaxCount: 200})
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; ctx.Err() == nil; n++ {
			c := f.s.Collection("i", "c")
			v := verbs[n%len(verbs)]
			_, _ = v.many(ctx, c, []string{fmt.Sprint(n % 7), fmt.Sprint(n % 11), fmt.Sprint(n % 50)}, fmt.Sprintf(`{"a":%d}`, n), nil, nil)
			if n%100 == 99 {
				_ = c.Truncate(ctx, nil)
			}
		}
	}()
	for range 20 {
		f.sound()
	}
	cancel()
	<-done
}

// What comes and goes in any order is sound, with any retention, whatever the clock does, and if another one was in use
// before.
func TestCheckOfAnyOrder(t *testing.T) {
	retentions := []time.Duration{0, -1, time.Millisecond, time.Minute, 24 * time.Hour}
	jumps := []time.Duration{1, 60_000, 60_001, -60_001, 3_600_000, -86_400_000} // ms
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 7))
		f := newDiskFixture(t, &Options{
			AutoCreate: true, Durability: Relaxed, TombstoneRetention: retentions[random.IntN(5)],
		})
		for range 300 {
			index, name := fmt.Sprint("x", random.IntN(2)), fmt.Sprint("y", random.IntN(2))
			c := f.s.Collection(index, name)
			ids := []string{fmt.Sprint(random.IntN(6)), fmt.Sprint(random.IntN(6)), fmt.Sprint(random.IntN(6))}
			v := verbs[random.IntN(len(verbs))]
			var err error
			switch n := random.IntN(100); {
			case n < 45:
				_, err = v.many(ctx, c, ids, fmt.Sprintf(`{"n":%d}`, n), nil, nil)
			case n < 70:
				_, err = c.MDelete(ctx, ids, nil)
			case n < 75:
				err = c.Truncate(ctx, nil)
			case n < 79:
				err = f.s.DeleteCollection(ctx, index, name)
			case n < 82:
				err = f.s.DeleteIndex(ctx, index)
			case n < 86:
				err = f.s.CreateCollection(ctx, index, name)
			case n < 95:
				f.clock.Advance(jumps[random.IntN(len(jumps))] * time.Millisecond)
			case n < 98:
				f.reopen(func(o *Options) { o.TombstoneRetention = retentions[random.IntN(5)] })
			default:
				f.sound()
			}
			unknown := errors.Is(err, ErrUnknownIndex) || errors.Is(err, ErrUnknownCollection)
			if err != nil && !unknown && !errors.Is(err, ErrExists) {
				t.Fatal(err)
			}
		}
		f.sound()
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// Restored is what another store has deleted with other options.
func TestCheckOfRestored(t *testing.T) {
	forgetful := newFixture(t, &Options{TombstoneRetention: -1})
	forgetful.put("a", `{}`)
	_, err := forgetful.s.Collection("i", "c").Delete(ctx, "a", nil)
	forgetful.ok(err)
	saved, err := forgetful.s.Snapshot()
	forgetful.ok(err)
	f := newFixture(t, nil)
	f.ok(f.s.Restore(saved))
	f.sound()
	f.put("b", `{}`)
	_, err = f.s.Collection("i", "c").Delete(ctx, "b", nil)
	f.ok(err)
	f.sound()
	f.damage(func(d *damager) {
		d.remove(tombstoneKey("b"))
		d.remove(removalKey(epoch, "b"))
	})
	report, err := f.s.Check(ctx)
	f.ok(err)
	f.equal("problems", report.Problems, []string{
		`tombstone of "b" in i/c is missing: the change feed has deleted the document at sequence 6`,
	})
}

// Check looked at every document that is gone whenever a collection was emptied, also another one: for 30,000 of both
// it took 16 s.
func TestCheckOfManyTruncates(t *testing.T) {
	f := newFixture(t, &Options{AutoCreate: true})
	const n = 30_000
	a, b := f.s.Collection("i", "a"), f.s.Collection("i", "c")
	var items []Write
	for i := range n {
		items = append(items, Write{ID: fmt.Sprint(i), Body: raw(`{}`)})
	}
	_, err := a.MCreate(ctx, items, nil)
	f.ok(err)
	for range n {
		f.ok(b.Truncate(ctx, nil))
	}
	f.ok(a.Truncate(ctx, nil))
	begin := time.Now()
	f.sound()
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("Check took %v", took)
	}
}

// Check tells of one copy of the header that is damaged, which is no problem by itself.
func TestCheckOneHeader(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	f.equal("whole", f.sound().OneHeader, false)
	f.ok(f.s.Close())
	for _, page := range []int64{0, 1} {
		b, err := os.ReadFile(f.path)
		f.ok(err)
		damaged := filepath.Join(t.TempDir(), "test.db")
		clear(b[page*int64(os.Getpagesize()) : (page+1)*int64(os.Getpagesize())])
		f.ok(os.WriteFile(damaged, b, 0o600))
		s, err := Open(damaged, &Options{ReadOnly: true})
		f.ok(err)
		report, err := s.Check(ctx)
		f.ok(err)
		f.equal(fmt.Sprint("page ", page), report.OneHeader, true)
		f.ok(report.Err())
		f.ok(s.Close())
	}
	f.s = f.reopened(nil)
}
