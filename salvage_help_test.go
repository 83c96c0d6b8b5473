package kuzzlite

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// What the tests of Salvage share: stores that are worth salvaging, and files that are about to be damaged.

// salvaged is what Salvage has found at a path.
type salvaged struct {
	*SalvageReport
	known    map[string]string // "index/collection id" to version and source
	outdated map[string]bool   // of these
	unknown  map[string]int    // "id version and source" to how often it came
}

// salvageAt runs Salvage, and fails the test if a document of a known collection comes twice, or a file was changed.
func salvageAt(t testing.TB, path string, o ...*SalvageOptions) *salvaged {
	t.Helper()
	before := filesOf(t, path)
	s := &salvaged{known: map[string]string{}, outdated: map[string]bool{}, unknown: map[string]int{}}
	var documents []Document
	r, err := Salvage(ctx, path, func(d Salvaged) error {
		documents = append(documents, d.Document)
		if d.Index == "" && d.Collection == "" {
			s.unknown[d.Document.ID+" "+versioned(d.Document.Version, d.Document.Source)]++
			return nil
		}
		key := d.Index + "/" + d.Collection + " " + d.Document.ID
		if _, twice := s.known[key]; twice {
			t.Errorf("%q comes twice", key)
		}
		s.known[key] = versioned(d.Document.Version, d.Document.Source)
		s.outdated[key] = d.Outdated
		if d.Document.Sequence == 0 || d.Document.Updated.UnixMilli() < epoch {
			t.Errorf("%q has sequence %d and was updated %v", key, d.Document.Sequence, d.Document.Updated)
		}
		return nil
	}, o...)
	if err != nil {
		t.Fatal(err)
	}
	s.SalvageReport = r
	for _, d := range documents { // which belong to the caller
		if !strings.HasPrefix(string(d.Source), "{") || !strings.HasSuffix(string(d.Source), "}") {
			t.Fatalf("%q has become %.20q", d.ID, d.Source)
		}
	}
	unknown := 0
	for _, n := range s.unknown {
		unknown += n
	}
	if int(r.Documents) != len(s.known)+unknown || int(r.Unknown) != unknown {
		t.Errorf("%d documents and %d of unknown collections came; %+v", len(s.known), unknown, *r)
	}
	if after := filesOf(t, path); !maps.Equal(before, after) {
		t.Errorf("files were changed: %v, %v", before, after)
	}
	return s
}

// contentOf lists all documents of a store, as salvaged has them.
func contentOf(f *fixture) map[string]string {
	f.t.Helper()
	all := map[string]string{}
	indexes, err := f.s.Indexes(ctx)
	f.ok(err)
	for _, index := range indexes {
		names, err := f.s.Collections(ctx, index)
		f.ok(err)
		for _, name := range names {
			for doc, err := range f.s.Collection(index, name).All(ctx, nil) {
				f.ok(err)
				all[index+"/"+name+" "+doc.ID] = versioned(doc.Version, doc.Source)
			}
		}
	}
	return all
}

// load writes n documents of a collection, in calls of 200.
func (f *fixture) load(index, name string, n int, value string) {
	f.t.Helper()
	var items []Write
	for i := range n {
		body := fmt.Sprintf(`{"of":%q,"v":%q,"pad":"%0150d"}`, index+"/"+name, value, i)
		items = append(items, Write{ID: fmt.Sprintf("doc-%05d", i), Body: raw(body)})
	}
	for chunk := range slices.Chunk(items, 200) {
		res, err := f.s.Collection(index, name).MCreateOrReplace(ctx, chunk, nil)
		f.ok(err)
		f.ok(res.Err())
	}
}

// change changes a store in all ways that hide something which is there.
func (f *fixture) change() {
	f.t.Helper()
	f.load("i", "c", 30, "newer")
	for _, id := range []string{"doc-00040", "doc-00041"} {
		_, err := f.s.Collection("i", "c").Delete(ctx, id, nil)
		f.ok(err)
	}
	f.load("i", "new", 20, "new")
	f.ok(f.s.DeleteCollection(ctx, "i", "gone"))
	f.ok(f.s.DeleteCollection(ctx, "i", "again"))
	f.load("i", "again", 10, "again")
	f.ok(f.s.Collection("i", "emptied").Truncate(ctx, nil))
	f.load("i", "emptied", 3, "refilled")
	f.ok(f.s.DeleteIndex(ctx, "k"))
}

// salvageable returns a store in a file, closed and opened again, so that the log has nothing.
func salvageable(t *testing.T) *fixture {
	f := newDiskFixture(t, &Options{AutoCreate: true, FeedMaxCount: 50})
	f.load("i", "c", 1500, "old")
	f.load("i", "gone", 300, "old")
	f.load("i", "again", 300, "old")
	f.load("i", "emptied", 300, "old")
	f.load("j", "small", 3, "old")
	f.load("k", "c", 30, "old")
	f.reopen(nil)
	return f
}

// A wreck is a file of a store that is about to be damaged.
type wreck struct {
	t    *testing.T
	b    []byte
	size int // of a page
}

func wreckOf(t *testing.T, path string) *wreck {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(path, 0, &bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	return &wreck{t: t, b: b, size: db.Info().PageSize}
}

func (w *wreck) clone() *wreck { return &wreck{t: w.t, b: bytes.Clone(w.b), size: w.size} }

func (w *wreck) pages() int { return len(w.b) / w.size }

func (w *wreck) page(id int) []byte { return w.b[id*w.size:][:w.size] }

// kind returns the flags of a page (1 branch, 2 leaf) and how many elements it has.
func (w *wreck) kind(id int) (flags, count int) {
	p := w.page(id)
	return int(binary.NativeEndian.Uint16(p[8:])), int(binary.NativeEndian.Uint16(p[10:]))
}

// child returns the bytes that name a child of a branch page.
func (w *wreck) child(id, i int) []byte { return w.page(id)[16+16*i+8:][:8] }

// root returns the root page of a bucket.
func (w *wreck) root(path, bucket string) (id int) {
	w.t.Helper()
	db, err := bolt.Open(path, 0, &bolt.Options{ReadOnly: true})
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	err = db.View(func(tx *bolt.Tx) error {
		id = int(tx.Cursor().Bucket().Root())
		if bucket != "" {
			id = int(tx.Bucket([]byte(bucket)).Root())
		}
		return nil
	})
	if err != nil || id == 0 {
		w.t.Fatal(id, err)
	}
	return id
}

// leaves returns the leaf pages of a bucket whose root is a branch page above them.
func (w *wreck) leaves(root int) (list []int) {
	w.t.Helper()
	flags, count := w.kind(root)
	if flags != 1 || count < 10 {
		w.t.Fatalf("page %d has flags %d and %d elements", root, flags, count)
	}
	for i := range count {
		list = append(list, int(binary.NativeEndian.Uint64(w.child(root, i))))
	}
	return list
}

// ids returns the ids of documents on a leaf page.
func (w *wreck) ids(id int) (list []string) {
	p := w.page(id)
	flags, count := w.kind(id)
	for i := range count {
		e := p[16+16*i:]
		at, size := int(binary.NativeEndian.Uint32(e[4:])), int(binary.NativeEndian.Uint32(e[8:]))
		if key := p[16+16*i+at:][:size]; flags == 2 && key[0] == prefixDocument {
			list = append(list, string(key[1:]))
		}
	}
	return list
}

// write writes the file to a path of its own.
func (w *wreck) write() (path string) {
	w.t.Helper()
	path = filepath.Join(w.t.TempDir(), "wreck.db")
	if err := os.WriteFile(path, w.b, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// salvage salvages the file, and fails the test if something was found that is not in the store and is not said to be
// outdated, or if the report says that nothing is wrong.
func (w *wreck) salvage(what string, want map[string]string) *salvaged {
	w.t.Helper()
	s := salvageAt(w.t, w.write())
	for key, got := range s.known {
		if got != want[key] && !s.outdated[key] {
			w.t.Errorf("%s: %q is %.40q, want %.40q", what, key, got, want[key])
		}
	}
	return s
}

// missing are the documents that were not found with their collections.
func (s *salvaged) missing(want map[string]string) (list []string) {
	for key, value := range want {
		if s.known[key] != value {
			list = append(list, key)
		}
	}
	slices.Sort(list)
	return list
}

// has says whether a document was found, be it without its collection.
func (s *salvaged) has(key, value string) bool {
	_, id, _ := strings.Cut(key, " ")
	return s.known[key] == value || s.unknown[id+" "+value] > 0
}
