package kuzzlite

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"iter"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// Whatever is read from a disk or from a user: no input panics, hangs, or is taken for what it is not.

func FuzzDecodeRecord(f *testing.F) {
	for _, r := range sampleRecords {
		f.Add(documentKey("c1"), encoded(documentKey("c1"), r))
	}
	f.Add([]byte("d"), []byte{0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, key, b []byte) {
		decode := func(b []byte) {
			r, err := decodeRecord(key, b)
			if err != nil {
				if !errors.Is(err, ErrCorrupt) {
					t.Errorf("%v does not wrap ErrCorrupt", err)
				}
				return
			}
			again, err := decodeRecord(key, encoded(key, r))
			if err != nil || again.version != r.version || again.sequence != r.sequence || again.created != r.created ||
				again.updated != r.updated || again.kind != r.kind || !bytes.Equal(again.body, r.body) {
				t.Errorf("%+v became %+v, %v", r, again, err)
			}
			if !bytes.HasSuffix(b, r.body) {
				t.Error("the body is not the end of the record")
			}
		}
		decode(b)
		if len(b) >= checksumSize { // past the checksum
			b = bytes.Clone(b)
			seal(key, b)
			decode(b)
		}
	})
}

func FuzzDecodeBlock(f *testing.F) {
	for _, b := range recorded(7, blockHead{time: epoch, silent: true, index: "i", collection: "c", user: "u"},
		Change{Op: OpUpdate, ID: "a", Version: 3, Paths: []string{"x", "y.z"}}, Change{Op: OpDelete, ID: "b", Version: 9}) {
		f.Add(b.key(), b.bytes, uint64(0))
		f.Add(b.key(), b.bytes, uint64(7))
	}
	f.Fuzz(func(t *testing.T, key, b []byte, since uint64) {
		if len(b) < checksumSize {
			return
		}
		seal(key, b)
		all, err := decodeBlock(nil, key, b, 0)
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("%v does not wrap ErrCorrupt", err)
		}
		for i := range all {
			if first := binary.BigEndian.Uint64(key); first > 0 && all[i].Sequence != first+uint64(i) {
				t.Fatalf("change %d has sequence %d, the block begins at %d", i, all[i].Sequence, first)
			}
		}
		some, _ := decodeBlock(nil, key, b, since)
		if len(some) > len(all) {
			t.Errorf("%d changes after %d, but %d in all", len(some), since, len(all))
		}
		for _, c := range some {
			if c.Sequence <= since {
				t.Errorf("sequence %d is not after %d", c.Sequence, since)
			}
		}
		if err == nil && len(all) > 0 {
			_, _ = json.Marshal(all)
		}
	})
}

func FuzzDecodeBounds(f *testing.F) {
	f.Add(bounds{first: 1}.encode())
	f.Add(bounds{first: 7, last: 9}.encode())
	f.Add(bounds{first: 0, last: math.MaxUint64}.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= checksumSize {
			seal(keyFeed, b)
		}
		got, err := decodeBounds(b)
		switch {
		case err != nil && !errors.Is(err, ErrCorrupt):
			t.Errorf("%v does not wrap ErrCorrupt", err)
		case err == nil && (got.first == 0 || got.first-1 > got.last || !bytes.Equal(got.encode(), b)):
			t.Errorf("%x was read as %+v", b, got)
		}
	})
}

func FuzzDecodeCount(f *testing.F) {
	f.Add(encodeCount(0))
	f.Add(encodeCount(math.MaxUint64))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= checksumSize {
			seal(keyCount, b)
		}
		n, err := decodeCount(b)
		switch {
		case err != nil && !errors.Is(err, ErrCorrupt):
			t.Errorf("%v does not wrap ErrCorrupt", err)
		case err == nil && !bytes.Equal(encodeCount(n), b):
			t.Errorf("%x was read as %d", b, n)
		}
	})
}

func FuzzTimeKey(f *testing.F) {
	f.Add(int64(epoch), "a", timeKey('x', epoch, "a"))
	f.Add(int64(-1), "", []byte("x1234567"))
	f.Fuzz(func(t *testing.T, deleted int64, id string, key []byte) {
		if at, got, ok := splitTimeKey('x', timeKey('x', deleted, id)); at != deleted || got != id || !ok {
			t.Errorf("%d %q became %d %q %v", deleted, id, at, got, ok)
		}
		if at, id, ok := splitTimeKey('x', key); ok && !bytes.Equal(timeKey('x', at, id), key) {
			t.Errorf("%q was taken for the key of %d %q", key, at, id)
		}
		if at, _, ok := splitTimeKey('x', key); ok && at >= 0 && deleted >= 0 && at < deleted &&
			bytes.Compare(key, timeKey('x', deleted, id)) >= 0 {
			t.Errorf("%q does not sort before %d", key, deleted)
		}
	})
}

// itemSeeds are items of Kuzzle's documents array.
var itemSeeds = []string{
	`{"_id":"a","changes":{"x":1}}`, `{"_id":"a","changes":{"x":{"y":[1,2]}},"default":{"z":null}}`, `{}`, `null`, `5`, `"x"`, `[]`,
	`{"_id":1,"changes":{}}`, `{"_id":"","changes":{}}`, `{"_id":"a","changes":[]}`, `{"_id":"a","changes":{},"default":0}`,
	`{"_id":"\u0061","changes":{"a":1e400,"a\u0000":"\ud83d\ude00"}}`, `{"_id":"\ud800","changes":{}}`, `{"_id":"a","_id":"b"}`,
	`{"changes":{"a":1,"a":2},"_id":"x"}`, `{"_id":"a","changes":{"n":12345678901234567890.10}}`, "{\"_id\":\"\xff\",\"changes\":{}}",
}

func FuzzReadItem(f *testing.F) {
	for _, seed := range itemSeeds {
		f.Add([]byte(seed))
	}
	s, err := OpenMemory(&Options{MaxDepth: 8})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	f.Fuzz(func(t *testing.T, element []byte) {
		before := bytes.Clone(element)
		r := s.readItem(ctx, 3, element)
		if !bytes.Equal(element, before) {
			t.Error("the input was changed")
		}
		if r.position != 3 {
			t.Errorf("position %d", r.position)
		}
		if r.err != nil {
			if !errors.Is(r.err, ErrInvalid) && !errors.Is(r.err, ErrTooLarge) {
				t.Errorf("%v wraps neither ErrInvalid nor ErrTooLarge", r.err)
			}
			return
		}
		if !json.Valid(element) || !utf8.Valid(element) {
			t.Fatal("accepted what is not JSON")
		}
		var want struct {
			ID      json.RawMessage `json:"_id"`
			Changes json.RawMessage `json:"changes"`
			Default json.RawMessage `json:"default"`
		}
		if json.Unmarshal(element, &want) != nil || r.content == nil {
			return // not an object, or keys that encoding/json alone takes for ours
		}
		var id string
		if !r.badID && r.rawID != nil && (json.Unmarshal(r.rawID, &id) != nil || id != r.id) {
			t.Errorf("_id %q was read as %q", r.rawID, r.id)
		}
		for _, part := range [][]byte{r.content, r.defaults, r.rawID} {
			if part != nil && !json.Valid(part) {
				t.Errorf("%q is not JSON", part)
			}
		}
	})
}

// A whole call: every item has one outcome, in order, and what is stored is what the outcome says.
func FuzzMUpsertJSON(f *testing.F) {
	all := "["
	for i, seed := range itemSeeds {
		if i > 0 {
			all += ","
		}
		all += seed
		f.Add([]byte("["+seed+"]"), uint8(i))
	}
	f.Add([]byte(all+"]"), uint8(0))
	f.Add([]byte(`[{"_id":"a","changes":{"x":1}},{"_id":"a","changes":{"x":1}}`), uint8(0))
	f.Fuzz(func(t *testing.T, documents []byte, options uint8) {
		fx := newFixture(t, &Options{MaxDepth: 8, Metadata: options&8 != 0})
		c := fx.s.Collection("i", "c")
		fx.put("a", `{"x":1,"y":{"z":[1,{"w":2}]}}`)
		res, err := c.MUpsertJSON(ctx, documents, &WriteOptions{
			Atomic: options&1 != 0, Merge: MergeMode(options >> 1 & 1), Silent: options&4 != 0, OnCreate: CreateRule(options >> 4 % 4),
		})
		if res == nil {
			if !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrTooLarge) {
				t.Errorf("error %v", err)
			}
			return
		}
		outcomes := len(res.Errors) + len(res.Successes)
		if n := countElements(documents); outcomes != n && !(err != nil && len(res.Successes) == 0) {
			t.Errorf("%d outcomes for %d items", outcomes, n)
		}
		latest := map[string]Success{}
		for _, s := range res.Successes {
			latest[s.ID] = s
		}
		for id, s := range latest {
			doc, err := c.Get(ctx, id)
			if err != nil || doc.Version != s.Version || !bytes.Equal(doc.Source, s.Source) || !json.Valid(doc.Source) {
				t.Errorf("%q: the outcome is %s at %d, stored is %s at %d, %v", id, s.Source, s.Version, doc.Source, doc.Version, err)
			}
		}
		if b := res.AppendJSON(nil); !json.Valid(b) {
			t.Errorf("the result is not JSON: %s", b)
		}
	})
}

func countElements(documents []byte) (n int) {
	for _, err := range elements(documents, nil) {
		if err != nil {
			return -1
		}
		n++
	}
	return n
}

// A damaged store file: whatever is changed in it, nothing dies, and no document is other than it was.
func FuzzOpen(f *testing.F) {
	base := smallStoreWith(f, true, LogOn)
	base = base[:min(usedBytes(base), len(base))] // without what it never used
	original := documentsOf(f, base)
	f.Add(false, []byte{})
	f.Add(true, []byte{0, 0, 3, 0, 0, 1, 200, 7})
	for _, at := range []uint16{0, 16, 20, 32, 48, 56, 64, 72, 4096, 8192, 8200, 8202, 8204, 8208, 8216, 12288, 12304, 16384} {
		f.Add(at%3 == 0, []byte{1, byte(at >> 8), byte(at), 3})
	}
	f.Fuzz(func(t *testing.T, sums bool, damage []byte) {
		b := damaged(base, sums, damage)
		path := filepath.Join(t.TempDir(), "test.db")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := Open(path, &Options{ReadOnly: true}); err == nil {
			for name, doc := range allDocuments(s) {
				if original[doc.ID] != string(doc.Source) {
					t.Errorf("%s/%s is now %s", name, doc.ID, doc.Source)
				}
			}
			s.Close()
		}
		for _, r := range openAny(path).Reads {
			if strings.HasPrefix(r, "UNEXPECTED") {
				t.Error(r)
			}
		}
	})
}

// documentsOf returns the documents in a store file by their ids. Where several collections have one, they are the
// same.
func documentsOf(t testing.TB, file []byte) map[string]string {
	path := filepath.Join(t.TempDir(), "original.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	docs := map[string]string{}
	for _, doc := range allDocuments(s) {
		docs[doc.ID] = string(doc.Source)
	}
	if len(docs) != 23 {
		t.Fatalf("%d documents", len(docs))
	}
	return docs
}

// allDocuments lists what can be read of all collections.
func allDocuments(s *Store) iter.Seq2[string, Document] {
	return func(yield func(string, Document) bool) {
		indexes, _ := s.Indexes(ctx)
		for _, index := range indexes {
			names, _ := s.Collections(ctx, index)
			for _, name := range names {
				for doc, err := range s.Collection(index, name).All(ctx, nil) {
					if err == nil && !yield(index+"/"+name, doc) {
						return
					}
				}
			}
		}
	}
}

// damaged is a file with changes: of each four bytes of damage the first says how to change it, the next where, the
// last to what. sums makes the meta pages valid afterwards.
func damaged(base []byte, sums bool, damage []byte) []byte {
	b := bytes.Clone(base)
	for ; len(damage) >= 4; damage = damage[4:] {
		at := int(binary.BigEndian.Uint16(damage[1:]))
		if damage[0]&0x80 != 0 {
			at += 1 << 16
		}
		at %= len(b) - 8
		switch value := damage[3]; damage[0] % 5 {
		case 0:
			b[at] = value
		case 1:
			b[at] ^= value
		case 2:
			binary.NativeEndian.PutUint64(b[at&^7:], uint64(value))
		case 3:
			binary.NativeEndian.PutUint64(b[at&^7:], uint64(int8(value)))
		case 4:
			copy(b[at:min(at+int(value), len(b))], b[max(0, at-4096):])
		}
	}
	if page := os.Getpagesize(); sums {
		metaSum(b)
		metaSum(b[page:])
	}
	return b
}
