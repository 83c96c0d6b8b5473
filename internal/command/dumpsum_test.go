package command

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// TestDumpSum: the checksum is that of the bytes before the last line, as other programs find it.
func TestDumpSum(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	must(t, twoItems, "mupsert", "--db", db, "--create", "i", "c")
	dump := must(t, "", "dump", "--db", db)
	end := strings.LastIndex(strings.TrimSuffix(dump, "\n"), "\n") + 1
	sum := sha256.Sum256([]byte(dump[:end]))
	if want := `"lines":5,"sha256":"` + hex.EncodeToString(sum[:]) + `"}}` + "\n"; !strings.HasSuffix(dump, want) {
		t.Errorf("the dump is\n%sand should end with %s", dump, want)
	}
	must(t, strings.ReplaceAll(dump, "\n", "\r\n"), "load", "--db", db+".crlf")
}

// TestDumpBitFlips flips every bit of a dump: each must be noticed.
func TestDumpBitFlips(t *testing.T) {
	dump := []byte(strings.Join(longDump(2), ""))
	load := func() error {
		l := &dumpLoader{app: &app{stderr: io.Discard}, in: newDumpReader(bytes.NewReader(dump))}
		return l.load(t.Context())
	}
	if err := load(); err != nil {
		t.Fatal(err)
	}
	for i := range dump {
		for bit := range 8 {
			dump[i] ^= 1 << bit
			if load() == nil {
				t.Errorf("bit %d of byte %d is flipped, and nobody notices:\n%s", bit, i, dump)
			}
			dump[i] ^= 1 << bit
		}
	}
}

// TestLoadDamagedIntoPresent: a file with a damaged dump replaces nothing in a store that is there, whether the file is
// named or is standard input. A sound one is loaded.
func TestLoadDamagedIntoPresent(t *testing.T) {
	dir := t.TempDir()
	db, file := filepath.Join(dir, "a.db"), filepath.Join(dir, "dump")
	must(t, strings.Join(longDump(2000), ""), "load", "--db", db)
	other := must(t, "", "dump", "--db", db)
	other = other[:strings.Index(other, `{"end"`)]
	other = withEnd(strings.ReplaceAll(other, `"_source":{}`, `"_source":{"n":1}`), dumpCounts{1, 1, 2000, 0, 0})
	damaged := strings.Replace(other, `"_id":"001990"`, `"_id":"991990"`, 1)
	load := func(content string, named bool) (code int, errs string) {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		args := []string{"load", "--db", db, "--merge"}
		if named {
			args = append(args, file)
		}
		var err2 bytes.Buffer
		code = run(t.Context(), args, f, io.Discard, &err2)
		return code, err2.String()
	}
	for _, named := range []bool{true, false} {
		code, errs := load(damaged, named)
		if code != exitStore || !strings.Contains(errs, "line 2004: the dump is damaged: ") ||
			!strings.HasSuffix(errs, "  no document was written\n") {
			t.Errorf("exit code %d\n%s", code, errs)
		}
		if got := must(t, "", "list", "--db", db, "i", "c"); strings.Contains(got, `"n"`) {
			t.Error("documents of the damaged dump are there")
		}
	}
	for _, named := range []bool{true, false} {
		if code, errs := load(other, named); code != exitOK {
			t.Errorf("exit code %d\n%s", code, errs)
		}
		if got := must(t, "", "list", "--db", db, "i", "c"); strings.Count(got, `"n"`) != 2000 {
			t.Error("the documents of the dump are not there")
		}
	}
}

// TestDumpBefore1970 dumps and loads what a store has whose clock is before 1970, or at its very beginning.
func TestDumpBefore1970(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "a.db")
	s, err := kuzzlite.Open(db, &kuzzlite.Options{AutoCreate: true, Clock: kuzzlite.NewFakeClock(time.UnixMilli(-1))})
	if err != nil {
		t.Fatal(err)
	}
	col := s.Collection("i", "c")
	for _, id := range []string{"a", "b"} {
		if _, err := col.Create(t.Context(), id, []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	dump := must(t, "", "dump", "--db", db)
	if !strings.Contains(dump, `"created":-1,`) {
		t.Fatalf("the dump has no such time:\n%s", dump)
	}
	zero := strings.ReplaceAll(dump[:strings.Index(dump, `{"end"`)], ":-1,", ":0,")
	for name, in := range map[string]string{"b.db": dump, "c.db": withEnd(zero, dumpCounts{1, 1, 2, 0, 0})} {
		must(t, in, "load", "--db", filepath.Join(dir, name))
		if got := must(t, "", "dump", "--db", filepath.Join(dir, name)); got != in {
			t.Errorf("the dump of the loaded store is\n%snot\n%s", got, in)
		}
	}
}
