package kuzzlite

import (
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// Salvage of a file that has lost its end, and with it the names of the collections.

// pagesInUse is how many pages the header of a store's file speaks of.
func pagesInUse(t *testing.T, path string) (pages int) {
	t.Helper()
	db, err := bolt.Open(path, 0, &bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_ = db.View(func(tx *bolt.Tx) error { pages = int(tx.Size()) / db.Info().PageSize; return nil })
	return pages
}

// A store that had lost its last 13 KB had lost the names of its collections, and one page was said to be missing,
// however much was.
func TestSalvageTruncated(t *testing.T) {
	t.Parallel()
	f := newDiskFixture(t, &Options{AutoCreate: true})
	f.load("i", "c", 1500, "old")
	f.load("j", "other", 700, "old")
	f.load("i", "c", 300, "new")
	want := contentOf(f)
	f.ok(f.s.Close())
	pages := pagesInUse(t, f.path)
	w := wreckOf(t, f.path)
	root, names := w.root(f.path, ""), 0
	for _, missing := range []int{1, 3, 4, 10, 40, pages / 2, pages * 3 / 4, pages - 2} { // in the end only the header is left
		cut := w.clone()
		cut.b = cut.b[:(pages-missing)*w.size+13] // and a bit of a page
		path := cut.write()
		s := salvageAt(t, path)
		if int(s.Missing) != missing || s.Complete() {
			t.Errorf("%d pages of %d cut off: %+v", missing, pages, *s.SalvageReport)
		}
		for key, got := range s.known {
			if got != want[key] && !s.outdated[key] {
				t.Errorf("%d pages cut off: %q is %.40q", missing, key, got)
			}
			if got[strings.Index(got, "{"):][:20] != want[key][strings.Index(want[key], "{"):][:20] {
				t.Fatalf("%d pages cut off: %q is of another collection: %.40q", missing, key, got)
			}
		}
		if root < pages-missing {
			continue
		}
		names++
		if missing < 10 && int(s.Named) < len(want)*3/4 {
			t.Errorf("%d pages cut off: only %d of %d documents have a name; %+v", missing, s.Named, len(want),
				*s.SalvageReport)
		}
	}
	if names < 3 {
		t.Errorf("the names of the collections were lost %d times only", names)
	}
}

// lostNames is a store of which the page is zeroed that leads to i/c, with the log that it had when it was killed.
func lostNames(t *testing.T, change func(f *fixture)) (path string, want map[string]string) {
	t.Helper()
	f := newDiskFixture(t, &Options{AutoCreate: true})
	f.load("i", "c", 500, "old")
	f.load("i", "d", 50, "old")
	f.reopen(nil)
	change(f)
	path = f.crashed()
	w := wreckOf(t, path)
	clear(w.page(w.root(path, "i/c")))
	f.ok(os.WriteFile(path, w.b, 0o600))
	return path, contentOf(f)
}

// The change feed tells the collection of a document only if no newer change is of that document.
func TestSalvageNames(t *testing.T) {
	t.Parallel()
	path, want := lostNames(t, func(*fixture) {})
	s := salvageAt(t, path)
	if got := s.missing(want); len(got) > 0 || s.Unknown > 0 || s.Named != 500 {
		t.Errorf("%d documents are missing; %+v", len(got), *s.SalvageReport)
	}
	for name, change := range map[string]func(f *fixture){
		"deleted": func(f *fixture) { // three of them, one is written again
			c := f.s.Collection("i", "c")
			for _, id := range []string{"doc-00001", "doc-00002", "doc-00003"} {
				_, err := c.Delete(ctx, id, nil)
				f.ok(err)
			}
			f.put("doc-00003", `{"of":"i/c"}`)
		},
		"emptied":      func(f *fixture) { f.ok(f.s.Collection("i", "c").Truncate(ctx, nil)) },
		"dropped":      func(f *fixture) { f.ok(f.s.DeleteCollection(ctx, "i", "c")) },
		"index gone":   func(f *fixture) { f.ok(f.s.DeleteIndex(ctx, "i")) },
		"made again":   func(f *fixture) { f.ok(f.s.DeleteIndex(ctx, "i")); f.load("i", "c", 3, "again") },
		"all replaced": func(f *fixture) { f.load("i", "c", 500, "new") },
	} {
		path, want := lostNames(t, change)
		s := salvageAt(t, path)
		for key, got := range s.known {
			if got != want[key] {
				t.Errorf("%s: %q is %.40q, want %.40q", name, key, got, want[key])
			}
		}
		if got := s.missing(want); len(got) > 0 {
			t.Errorf("%s: %d documents are missing: %q", name, len(got), got[:min(3, len(got))])
		}
	}
}

// What is left of a collection in its place may be newer than what the change feed speaks of: then the rest of that
// collection is not known.
func TestSalvageNamesBesideWhatIsLeft(t *testing.T) {
	t.Parallel()
	f := newDiskFixture(t, &Options{AutoCreate: true})
	f.load("i", "c", 1500, "v")
	want := contentOf(f)
	f.ok(f.s.Close())
	w := wreckOf(t, f.path)
	root := w.root(f.path, "i/c")
	if leaf := w.leaves(root)[2]; len(w.ids(leaf)) == 0 {
		t.Fatalf("page %d has no documents", leaf)
	}
	for i := range 3 { // three leaves that nothing leads to
		clear(w.child(root, 2+i))
	}
	s := w.salvage("three leaves", want)
	if s.Named > 0 || s.Unknown == 0 || s.Skipped != 3 {
		t.Errorf("%+v", *s.SalvageReport)
	}
}

// Where the change feed tells nothing either, the report has the names that are still found, and no document gets one.
func TestSalvageOldNames(t *testing.T) {
	t.Parallel()
	f := newDiskFixture(t, &Options{AutoCreate: true})
	f.load("i", "c", 300, "v")
	f.load("j", "d", 300, "v")
	want := contentOf(f)
	f.ok(f.s.Close())
	w := wreckOf(t, f.path)
	path := w.write() // the store itself is checked in the end
	clear(w.page(w.root(path, "")))
	if s := w.salvage("with the feed", want); s.Names != nil || s.Named != 600 {
		t.Errorf("with the feed: %+v", *s.SalvageReport)
	}
	db, err := bolt.Open(path, 0, nil)
	f.ok(err)
	f.ok(db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("Not/a name"))
		return errors.Join(err, tx.DeleteBucket(bucketChanges))
	}))
	f.ok(db.Update(func(tx *bolt.Tx) error { _, err := tx.CreateBucket(bucketChanges); return err }))
	f.ok(db.Close())
	w = wreckOf(t, path)
	s := salvageAt(t, path)
	if s.Names != nil || !s.Complete() {
		t.Errorf("sound: %+v", *s.SalvageReport)
	}
	clear(w.page(w.root(path, "")))
	clear(w.b[w.older()*w.size:][:w.size]) // or else the transaction before the last one has it all
	s = salvageAt(t, w.write())
	f.equal("names", s.Names, []string{"i/c", "j/d"})
	if len(s.known) > 0 || s.Unknown < 600 {
		t.Errorf("%d known; %+v", len(s.known), *s.SalvageReport)
	}
}

// older is which of the two pages with a header is not in force.
func (w *wreck) older() int {
	txid := func(page int) uint64 { return binary.NativeEndian.Uint64(w.page(page)[16+48:]) }
	if txid(0) > txid(1) {
		return 1
	}
	return 0
}

// Of a change feed that is too long nothing counts.
func TestSalvageNamesOfLongFeed(t *testing.T) {
	t.Parallel()
	path, _ := lostNames(t, func(*fixture) {})
	for most, want := range map[int]bool{549: false, 550: true} {
		s := &salvage{ctx: ctx, path: path}
		if err := s.readNames(most); err != nil {
			t.Fatal(err)
		}
		if got := len(s.names.changes) == 550; got != want {
			t.Errorf("at most %d changes: %d were read", most, len(s.names.changes))
		}
	}
}

// Each change of the feed counts once, and only the newest one of a document.
func TestFeedNames(t *testing.T) {
	n := &feedNames{changes: map[uint64]string{}, newest: map[string]uint64{}, emptied: map[string]uint64{}}
	n.add(&Change{Sequence: 7, Op: OpUpdate, Index: "i", Collection: "c", ID: "a"})
	n.add(&Change{Sequence: 3, Op: OpCreate, Index: "i", Collection: "c", ID: "a"})
	n.add(&Change{Sequence: 8, Op: OpCreate, Index: "i", Collection: "c", ID: "b"})
	for _, c := range []struct {
		id       string
		sequence uint64
		want     bool
	}{{"a", 3, false}, {"b", 7, false}, {"a", 7, true}, {"a", 7, false}, {"b", 8, true}, {"b", 9, false}} {
		index, name, ok := n.of(&Document{ID: c.id, Sequence: c.sequence})
		if ok != c.want || ok && (index != "i" || name != "c") {
			t.Errorf("%q of sequence %d: %q %q %v", c.id, c.sequence, index, name, ok)
		}
	}
	if _, _, ok := new(feedNames).of(&Document{ID: "a", Sequence: 7}); ok {
		t.Error("a feed that was not read has told something")
	}
}

// Only names that a collection can have are told, and none of which documents came.
func TestOldNames(t *testing.T) {
	s := &salvage{came: map[string]bool{"i/came": true}}
	s.oldNames(map[string]bool{
		"i/came": true, "j/d": true, "i/c": true, "#store": true, "i": true, "Not/a": true, "i/no name": true, "i/c/d": true,
	})
	if got := s.report.Names; !slices.Equal(got, []string{"i/c", "j/d"}) {
		t.Errorf("told %q", got)
	}
}
