package command

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	bolt "go.etcd.io/bbolt"
)

// TestSalvageBrokenPages salvages a store where the page is gone that leads to the documents of a collection, the change
// feed is empty, and one collection has a name that none can have. What is left is loaded, what nobody knows the place
// of is imported.
func TestSalvageBrokenPages(t *testing.T) {
	dir := t.TempDir()
	db, unknown, out := filepath.Join(dir, "a.db"), filepath.Join(dir, "unknown"), filepath.Join(dir, "out")
	const n = 500
	fillCollection(t, db, "c", n)
	fillCollection(t, db, "other", 3)
	copyBucket(t, db, "i/other", "i/Other")
	forgetChanges(t, db)
	zeroRoot(t, db, "i/c")

	code, _, errs := command(t, "", "salvage", "--db", db, "--out", out)
	left := fmt.Sprintf("left out: %d documents of unknown collections; --unknown FILE writes them to a file\n", n+3)
	if code != exitFailed || !strings.Contains(errs, "salvaged to "+out+": 3 documents, 1 collection, 1 index\n") ||
		!strings.Contains(errs, left) {
		t.Errorf("without --unknown: exit code %d\n%s", code, errs)
	}
	code, _, errs = command(t, "", "salvage", "--db", db, "--out", out, "--force", "--unknown", unknown)
	if code != exitFailed ||
		!strings.Contains(errs, fmt.Sprintf("%d documents of unknown collections: see %s\n", n+3, unknown)) ||
		!strings.Contains(errs, "left out of the whole store: what was on 1 page that cannot be read\n") {
		t.Fatalf("exit code %d\n%s", code, errs)
	}
	again := filepath.Join(dir, "again.db")
	must(t, "", "load", "--db", again, out)
	must(t, "", "import", "--db", again, "--create", "i", "c", unknown)
	for collection, want := range map[string]string{"c": fmt.Sprintln(n), "other": "3\n"} {
		if got := must(t, "", "count", "--db", again, "i", collection); got != want {
			t.Errorf("%s: %s documents came back, want %s", collection, got, want)
		}
	}
}

// TestSalvageNames salvages the same store with its change feed, which tells the collection.
func TestSalvageNames(t *testing.T) {
	dir := t.TempDir()
	db, out, again := filepath.Join(dir, "a.db"), filepath.Join(dir, "out"), filepath.Join(dir, "again.db")
	fillCollection(t, db, "c", 500)
	want := must(t, "", "export", "--db", db, "i", "c")
	zeroRoot(t, db, "i/c")
	code, _, errs := command(t, "", "salvage", "--db", db, "--out", out)
	if code != exitFailed || strings.Contains(errs, "unknown") ||
		!strings.Contains(errs, "the collection of 500 documents was lost, and found out from the change feed\n") {
		t.Errorf("exit code %d\n%s", code, errs)
	}
	must(t, "", "load", "--db", again, out)
	if got := must(t, "", "export", "--db", again, "i", "c"); got != want {
		t.Errorf("%d bytes came back, want %d", len(got), len(want))
	}
}

// TestSalvageCutShort: the report counts the pages that are missing, not the one reference to them.
func TestSalvageCutShort(t *testing.T) {
	dir := t.TempDir()
	db, out := filepath.Join(dir, "a.db"), filepath.Join(dir, "out")
	fillCollection(t, db, "c", 2000)
	const missing = 40
	cutPages(t, db, missing)
	code, _, errs := command(t, "", "salvage", "--db", db, "--out", out)
	want := fmt.Sprintf("the file is cut short: what was on %d pages missing at its end is left out\n", missing)
	if code != exitFailed || !strings.Contains(errs, want) {
		t.Errorf("exit code %d\n%s", code, errs)
	}
	code, _, errs = command(t, "", "export", "--db", db, "--skip-damaged", "i", "c", out+".ndjson")
	if code == exitOK || !strings.Contains(errs, want) || !strings.Contains(errs, "file is truncated") {
		t.Errorf("export: exit code %d\n%s", code, errs)
	}
}

// TestSalvageTellsOldNames: of many names some are told, and how many more there are.
func TestSalvageTellsOldNames(t *testing.T) {
	for n, want := range map[int]string{
		2: "the store has or had these, too: i/c00, i/c01\n", 22: "i/c18, i/c19 and 2 others\n",
	} {
		r := &kuzzlite.SalvageReport{LogComplete: true}
		for i := range n {
			r.Names = append(r.Names, fmt.Sprintf("i/c%02d", i))
		}
		var errs bytes.Buffer
		(&app{stderr: &errs}).leftOut(r, "")
		if !strings.HasPrefix(errs.String(), "names of collections were lost; ") || !strings.HasSuffix(errs.String(), want) {
			t.Errorf("%d names: %s", n, errs.String())
		}
	}
}

// cutPages cuts the last pages off that a store has in use, the first of them but for a byte.
func cutPages(t *testing.T, db string, pages int64) {
	t.Helper()
	var end, page int64
	b, err := bolt.Open(db, 0o600, &bolt.Options{ReadOnly: true})
	if err == nil {
		page = int64(b.Info().PageSize)
		err = b.View(func(tx *bolt.Tx) error { end = tx.Size(); return nil })
		err = errors.Join(err, b.Close())
	}
	if err := errors.Join(err, os.Truncate(db, end-pages*page+1)); err != nil {
		t.Fatal(err)
	}
}

// forgetChanges empties the change feed of a store behind its back.
func forgetChanges(t *testing.T, db string) {
	t.Helper()
	b, err := bolt.Open(db, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = b.Update(func(tx *bolt.Tx) error {
		name := []byte("#changes")
		if err := tx.DeleteBucket(name); err != nil {
			return err
		}
		_, err := tx.CreateBucket(name)
		return err
	})
	if err := errors.Join(err, b.Close()); err != nil {
		t.Fatal(err)
	}
}

// copyBucket copies a bucket of a store's file to another name.
func copyBucket(t *testing.T, db, from, to string) {
	t.Helper()
	b, err := bolt.Open(db, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = b.Update(func(tx *bolt.Tx) error {
		bucket, err := tx.CreateBucket([]byte(to))
		if err != nil {
			return err
		}
		return tx.Bucket([]byte(from)).ForEach(bucket.Put)
	})
	if err := errors.Join(err, b.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestSalvageDamagedDocument: it is left out and told, and the others are loaded.
func TestSalvageDamagedDocument(t *testing.T) {
	dir := t.TempDir()
	db, out := filepath.Join(dir, "a.db"), filepath.Join(dir, "out")
	must(t, twoItems, "mupsert", "--db", db, "--create", "i", "c")
	damageDocument(t, db, "a")
	code, _, errs := command(t, "", "dump", "--db", db, out)
	if code != exitStore || !strings.Contains(errs, "kuzzlite salvage --out FILE --db ") {
		t.Errorf("dump: exit code %d\n%s", code, errs)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("dump has left %v, %v", left, err)
	}
	code, _, errs = command(t, "", "salvage", "--db", db, "--out", out)
	if code != exitFailed || !strings.Contains(errs, `document "a" in i/c`) ||
		!strings.HasSuffix(errs, "left out of the whole store: 1 damaged record\n") {
		t.Errorf("salvage: exit code %d\n%s", code, errs)
	}
	must(t, "", "load", "--db", db+"2", out)
	if got := must(t, "", "list", "--db", db+"2", "i", "c", "--ids"); got != `"b"`+"\n" {
		t.Errorf("loaded again: %s", got)
	}
}
