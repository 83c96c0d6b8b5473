package kuzzlite

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// salvaged is what Salvage has found at a path.
type salvaged struct {
	*SalvageReport
	known    map[string]string // "index/collection id" to version and source
	outdated map[string]bool   // of these
	unknown  map[string]int    // "id version and source" to how often it came
}

// salvageAt runs Salvage, and fails the test if a document comes twice, if one of a known collection comes after one of
// an unknown collection, or if any file was changed.
func salvageAt(t testing.TB, path string) *salvaged {
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
		if _, twice := s.known[key]; twice || len(s.unknown) > 0 {
			t.Errorf("%q comes twice, or after documents of unknown collections", key)
		}
		s.known[key] = versioned(d.Document.Version, d.Document.Source)
		s.outdated[key] = d.Outdated
		if d.Document.Sequence == 0 || d.Document.Updated.UnixMilli() < epoch {
			t.Errorf("%q has sequence %d and was updated %v", key, d.Document.Sequence, d.Document.Updated)
		}
		return nil
	})
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

// Of a sound store everything comes once, in its newest version, wherever it is.
func TestSalvageSound(t *testing.T) {
	t.Parallel()
	f := salvageable(t)
	whole := func(what string, records bool) {
		t.Helper()
		s := salvageAt(t, f.crashed())
		f.equal(what, s.known, contentOf(f))
		if !s.Complete() || (s.LogRecords > 0) != records || s.Documents < 1000 {
			t.Errorf("%s: %+v", what, *s.SalvageReport)
		}
	}
	whole("without a log", false)
	f.change()
	whole("with a log", true)
	f.reopen(func(o *Options) { o.CheckpointSize = minCheckpointSize })
	for n := range 40 { // checkpoints come and go
		f.load("i", "c", 200, fmt.Sprint(n))
		if n%4 == 3 {
			s := salvageAt(t, f.crashed())
			f.equal("during checkpoints", s.known, contentOf(f))
			if !s.Complete() {
				t.Errorf("%+v", *s.SalvageReport)
			}
		}
	}
	f.crash()
	_, err := f.s.Collection("i", "c").Delete(ctx, "doc-00100", nil)
	f.ok(err)
	whole("after a crash", true)
	f.reopen(func(o *Options) { o.ReadOnly = true })
	s := salvageAt(t, f.path) // beside another reader
	f.equal("closed", s.known, contentOf(f))
	if !s.Complete() || s.LogRecords > 0 {
		t.Errorf("closed: %+v", *s.SalvageReport)
	}
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

// A leaf page that is zeroed, or has rotted, costs what is on it.
func TestSalvageLeaf(t *testing.T) {
	t.Parallel()
	f := salvageable(t)
	want := contentOf(f)
	f.ok(f.s.Close())
	w := wreckOf(t, f.path)
	leaf := w.leaves(w.root(f.path, "i/c"))[7]
	var lost []string
	for _, id := range w.ids(leaf) {
		lost = append(lost, "i/c "+id)
	}
	if len(lost) < 5 {
		t.Fatalf("%d documents on the page", len(lost))
	}
	zeroed := w.clone()
	clear(zeroed.page(leaf))
	s := zeroed.salvage("zeroed", want)
	f.equal("missing", s.missing(want), lost)
	if s.Skipped != 1 || s.Damaged > 0 || s.Unknown > 0 || s.Complete() || !s.LogComplete {
		t.Errorf("zeroed: %+v", *s.SalvageReport)
	}
	rotten := w.clone()
	p := rotten.page(leaf)
	p[bytes.LastIndex(p, []byte(`"pad"`))+20] ^= 4
	s = rotten.salvage("rotten", want)
	if s.Skipped != 0 || s.Damaged != 1 || s.Unknown > 0 || s.Complete() {
		t.Errorf("rotten: %+v", *s.SalvageReport)
	}
	f.equal("missing", s.missing(want), lost[len(lost)-1:])
	_, id, _ := strings.Cut(lost[len(lost)-1], " ")
	f.equal("problems", s.Problems, []string{
		fmt.Sprintf("document %q in i/c: data is corrupt: checksum of a record does not match", id)})
}

// A branch page that is zeroed costs no document: they come without their collection at worst.
func TestSalvageBranch(t *testing.T) {
	t.Parallel()
	f := salvageable(t)
	want := contentOf(f)
	f.ok(f.s.Close())
	w := wreckOf(t, f.path)
	root := w.root(f.path, "i/c")
	clear(w.page(root))
	s := w.salvage("zeroed", want)
	for key, value := range want {
		if !s.has(key, value) {
			t.Fatalf("%q is missing; %+v", key, *s.SalvageReport)
		}
	}
	if s.Skipped != 1 || s.Unknown == 0 || s.Damaged > 0 || s.Complete() {
		t.Errorf("%+v", *s.SalvageReport)
	}
	for _, key := range s.missing(want) {
		if !strings.HasPrefix(key, "i/c ") {
			t.Errorf("%q has lost its collection", key)
		}
	}
}

// Without both meta pages the newest root is found by what it leads to.
func TestSalvageWithoutHeader(t *testing.T) {
	t.Parallel()
	f := salvageable(t)
	want := contentOf(f)
	f.ok(f.s.Close())
	w := wreckOf(t, f.path)
	clear(w.b[:2*w.size])
	if _, err := Open(w.write(), nil); !errors.Is(err, ErrNotStore) {
		t.Errorf("open: %v", err)
	}
	s := w.salvage("without header", want)
	f.equal("documents", s.known, want)
	if !s.HeaderLost || s.Complete() || !s.LogComplete {
		t.Errorf("%+v", *s.SalvageReport)
	}
}

// A page that leads back to itself, or to a page above it, is no way on.
func TestSalvageCycle(t *testing.T) {
	t.Parallel()
	f := salvageable(t)
	want := contentOf(f)
	f.ok(f.s.Close())
	w := wreckOf(t, f.path)
	root := w.root(f.path, "i/c")
	binary.NativeEndian.PutUint64(w.child(root, 5), uint64(root))
	if _, err := Open(w.write(), nil); !errors.Is(err, ErrCorrupt) {
		t.Errorf("open: %v", err)
	}
	s := w.salvage("cycle", want)
	for key, value := range want {
		if !s.has(key, value) {
			t.Fatalf("%q is missing; %+v", key, *s.SalvageReport)
		}
	}
	if s.Skipped != 1 || s.Complete() {
		t.Errorf("%+v", *s.SalvageReport)
	}
}

// Whichever page is gone, everything that is not on that page is found, and nothing is made up.
func TestSalvageAnyPage(t *testing.T) {
	t.Parallel()
	f := newDiskFixture(t, &Options{AutoCreate: true, FeedMaxCount: 50})
	f.load("i", "c", 400, "old")
	f.load("j", "small", 3, "old")
	f.reopen(nil)
	f.load("i", "c", 100, "new")
	want := contentOf(f)
	f.ok(f.s.Close())
	w := wreckOf(t, f.path)
	top := w.root(f.path, "")
	incomplete := 0
	for page := 2; page < w.pages(); page++ {
		lost := map[string]bool{}
		for _, id := range w.ids(page) {
			lost[id] = true
		}
		zeroed := w.clone()
		clear(zeroed.page(page))
		s := zeroed.salvage(fmt.Sprint("page ", page), want)
		for key, value := range want {
			_, id, _ := strings.Cut(key, " ")
			inTop := page == top && strings.HasPrefix(key, "j/") // inlined there
			if !s.has(key, value) && !lost[id] && !inTop {
				t.Fatalf("page %d: %q is missing; %+v", page, key, *s.SalvageReport)
			}
		}
		if !s.Complete() {
			incomplete++
		} else if len(s.missing(want)) > 0 {
			t.Errorf("page %d: documents are missing, and nothing says so", page)
		}
	}
	if incomplete < 10 {
		t.Errorf("only %d pages were missed", incomplete)
	}
}

// logged returns a store of which the log has what change has done, and copies of its files.
func logged(t *testing.T) (f *fixture, path string) {
	f = salvageable(t)
	f.change()
	return f, f.crashed()
}

// Without its log the store is as the file has it, and the report says so.
func TestSalvageWithoutLog(t *testing.T) {
	t.Parallel()
	f := salvageable(t)
	old := contentOf(f)
	f.change()
	path := f.crashed()
	for suffix := range filesOf(t, path) {
		if suffix != "" {
			f.ok(os.Remove(path + suffix))
		}
	}
	if _, err := Open(path, nil); !errors.Is(err, ErrCorrupt) {
		t.Errorf("open: %v", err)
	}
	s := salvageAt(t, path)
	f.equal("documents", s.known, old)
	if s.LogComplete || s.LogRecords > 0 || s.Complete() || s.Skipped+s.Damaged+s.Unknown > 0 {
		t.Errorf("%+v", *s.SalvageReport)
	}
}

// Of a log with a rotted record everything before that record counts.
func TestSalvageRottedLog(t *testing.T) {
	t.Parallel()
	f := salvageable(t)
	old := contentOf(f)
	var states []map[string]string
	for n := range 5 {
		f.put(fmt.Sprintf("doc-%05d", n), fmt.Sprintf(`{"mark":"here is %d"}`, n))
		states = append(states, contentOf(f))
	}
	path := f.crashed()
	log, err := os.ReadFile(path + "-log0")
	f.ok(err)
	for n := range 4 { // a rotted last record looks like one that was never written
		b := bytes.Clone(log)
		at := bytes.Index(b, fmt.Appendf(nil, "here is %d", n))
		if at < 0 {
			t.Fatal("the mark is not in the log")
		}
		b[at] ^= 1
		f.ok(os.WriteFile(path+"-log0", b, 0o600))
		if _, err := Open(path, &Options{ReadOnly: true}); !errors.Is(err, ErrCorrupt) {
			t.Errorf("open: %v", err)
		}
		want := old
		if n > 0 {
			want = states[n-1]
		}
		s := salvageAt(t, path)
		f.equal(fmt.Sprint("record ", n), s.known, want)
		if s.LogComplete || s.LogRecords != uint64(n) || s.Complete() {
			t.Errorf("record %d: %+v", n, *s.SalvageReport)
		}
	}
}

// With damage in the file the log counts all the same: what is only there, and what it has deleted.
func TestSalvageLogOverDamage(t *testing.T) {
	t.Parallel()
	f, path := logged(t)
	want := contentOf(f)
	w := wreckOf(t, path)
	lost := map[string]bool{}
	leaf := w.leaves(w.root(path, "i/c"))[0]
	for _, id := range w.ids(leaf) {
		lost["i/c "+id] = true
	}
	for name, damage := range map[string]func(b []byte){
		"leaf":    func(b []byte) { clear(b[leaf*w.size:][:w.size]) },
		"header":  func(b []byte) { clear(b[:2*w.size]) },
		"nothing": func(b []byte) { clear(b) },
		"empty":   nil,
	} {
		b := bytes.Clone(w.b)
		if damage == nil {
			b = nil
		} else {
			damage(b)
		}
		f.ok(os.WriteFile(path, b, 0o600))
		s := salvageAt(t, path)
		for key, value := range want {
			inLog := strings.Contains(value, "new") || strings.Contains(value, "again") || strings.Contains(value, "refilled")
			inFile := name == "header" || name == "leaf" && !lost[key]
			if (inLog || inFile) && s.known[key] != value {
				t.Fatalf("%s: %q is %.60q; %+v", name, key, s.known[key], *s.SalvageReport)
			}
		}
		for key := range s.known {
			if want[key] == "" {
				t.Errorf("%s: %q was deleted", name, key)
			}
		}
		if s.LogRecords == 0 || s.Complete() {
			t.Errorf("%s: %+v", name, *s.SalvageReport)
		}
	}
}

// A log of an older moment than the file, of another store or with a part missing is refused by Open. What such a log
// has counts as far as it is newer than the file.
func TestSalvageForeignLog(t *testing.T) {
	t.Parallel()
	f, older := logged(t)
	f.reopen(nil)
	closed := contentOf(f)
	file := f.crashed()
	copyOf(t, older+"-log0", file+"-log0") // of the moment before, which the file contains
	s := salvageAt(t, file)
	f.equal("contained log", s.known, closed)
	if !s.Complete() || s.LogRecords > 0 {
		t.Errorf("contained log: %+v", *s.SalvageReport)
	}

	first := f.crashed()
	for range 2 {
		f.put("later", `{"n":1}`)
		f.reopen(nil)
	}
	f.put("latest", `{"n":2}`)
	latest := f.crashed()
	copyOf(t, latest+"-log0", first+"-log0") // with a gap before
	if _, err := Open(first, nil); !errors.Is(err, ErrCorrupt) {
		t.Errorf("open: %v", err)
	}
	s = salvageAt(t, first)
	want := maps.Clone(closed)
	want["i/c latest"] = `v1 {"n":2}`
	f.equal("log with a gap", s.known, want)
	if s.LogComplete || s.LogRecords != 1 {
		t.Errorf("log with a gap: %+v", *s.SalvageReport)
	}

	for range 12 { // as many generations as the file remembers, and more
		f.put("later", `{"n":1}`)
		f.reopen(nil)
	}
	want = contentOf(f)
	file = f.crashed()
	copyOf(t, older+"-log0", file+"-log0")
	s = salvageAt(t, file)
	f.equal("log of long ago", s.known, want)
	if s.LogComplete || s.LogRecords > 0 {
		t.Errorf("log of long ago: %+v", *s.SalvageReport)
	}

	other := newDiskFixture(t, &Options{AutoCreate: true})
	other.put("foreign", `{}`)
	copyOf(t, other.crashed()+"-log0", file+"-log0")
	s = salvageAt(t, file)
	f.equal("log of another store", s.known, want)
	if s.LogComplete || s.LogRecords > 0 {
		t.Errorf("log of another store: %+v", *s.SalvageReport)
	}
}

// Where the file no longer tells what of the log it contains, its own record of a document counts if its sequence is
// higher than that in the log.
func TestSalvageLogOfUnknownMoment(t *testing.T) {
	t.Parallel()
	f := salvageable(t)
	f.put("doc-00001", `{"in":"log"}`)
	f.put("doc-00002", `{"in":"log"}`)
	log := f.crashed()
	f.put("doc-00002", `{"in":"file"}`)
	want := contentOf(f)
	f.ok(f.s.Close())
	copyOf(t, f.path, log)
	db, err := bolt.Open(log, 0, nil)
	f.ok(err)
	f.ok(db.Update(func(tx *bolt.Tx) error {
		documents, rotten := tx.Bucket([]byte("i/c")), documentKey("doc-00001")
		value := bytes.Clone(documents.Get(rotten))
		value[len(value)-1] ^= 1
		return errors.Join(documents.Put(rotten, value), tx.Bucket([]byte("#engine")).Put([]byte("log"), []byte("rotten")))
	}))
	f.ok(db.Close())
	s := salvageAt(t, log)
	f.equal("documents", s.known, want)
	if s.LogComplete || s.LogRecords != 2 || s.Damaged > 0 {
		t.Errorf("%+v", *s.SalvageReport)
	}
	f.ok(os.Remove(log + "-log0"))
	if s := salvageAt(t, log); s.Damaged != 1 || s.LogComplete {
		t.Errorf("%+v", *s.SalvageReport)
	}
}

func TestSalvageErrors(t *testing.T) {
	t.Parallel()
	f := newDiskFixture(t, &Options{AutoCreate: true})
	f.load("i", "c", 200, "v")
	never := func(Salvaged) error { t.Error("something was found"); return nil }
	dir := t.TempDir()
	text, foreign := filepath.Join(dir, "text"), filepath.Join(dir, "bolt")
	f.ok(os.WriteFile(text, bytes.Repeat([]byte("text\n"), 5000), 0o600))
	db, err := bolt.Open(foreign, 0o600, nil)
	f.ok(err)
	f.ok(db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucket([]byte("b"))
		return errors.Join(err, b.Put([]byte("k"), []byte("v")))
	}))
	f.ok(db.Close())
	for _, c := range []struct {
		path string
		want error
	}{
		{f.path, ErrLocked}, {text, ErrNotStore}, {foreign, ErrNotStore}, {dir, ErrNotStore},
		{filepath.Join(dir, "none"), fs.ErrNotExist}, {"", ErrInvalid},
	} {
		r, err := Salvage(ctx, c.path, never)
		f.is(c.path, err, c.want)
		if r != nil {
			t.Errorf("%s: %+v", c.path, *r)
		}
	}
	path := f.crashed()
	full, calls := errors.New("full"), 0
	_, err = Salvage(ctx, path, func(Salvaged) error { calls++; return full })
	if err != full || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
	f.ok(f.s.Close())
	for name, path := range map[string]string{"log": path, "file": f.path} {
		ctx, cancel := context.WithCancel(ctx)
		calls = 0
		_, err = Salvage(ctx, path, func(Salvaged) error { calls++; cancel(); return nil })
		if !errors.Is(err, context.Canceled) || calls > 100 {
			t.Errorf("%s: %v after %d calls", name, err, calls)
		}
		_, err = Salvage(ctx, path, never)
		f.is(name+", cancelled", err, context.Canceled)
	}
}
