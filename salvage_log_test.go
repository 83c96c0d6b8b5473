package kuzzlite

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// Salvage with a log that is damaged, missing or of another moment.

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
