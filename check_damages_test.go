package kuzzlite

import (
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// What Check finds.

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
