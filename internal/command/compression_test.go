package command

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// compressed returns text in two parts that are compressed each for itself, as if two files had been joined.
func compressed(t *testing.T, name, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, part := range []string{text[:len(text)/2], text[len(text)/2:]} {
		var w io.WriteCloser = gzip.NewWriter(&b)
		if name == "zstd" {
			var err error
			if w, err = zstd.NewWriter(&b); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := io.WriteString(w, part); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestCompressed(t *testing.T) {
	const items = twoItems + "{\"_id\":\"c\"}\n{\"_id\":\"d\",\"changes\":{}}\n"
	for _, c := range compressions {
		dir := t.TempDir()
		db, file := filepath.Join(dir, "a.db"), filepath.Join(dir, "in.ndjson")
		packed := compressed(t, c.name, items)
		if err := os.WriteFile(file, packed, 0o600); err != nil {
			t.Fatal(err)
		}
		code, _, errs := command(t, "", "mupsert", "--db", db, "--create", "--strict", "--batch", "3", "i", "c", file)
		if want := c.command + " " + shellQuote(file) + " | tail -n +4 | kuzzlite mupsert "; code != exitFailed ||
			!strings.Contains(errs, "created 2, updated 0, unchanged 0, failed 1;") || !strings.Contains(errs, want) {
			t.Errorf("%s: exit code %d\n%s", c.name, code, errs)
		}
		code, _, errs = command(t, string(packed), "mupsert", "--db", db, "--strict", "--batch", "3", "i", "c")
		if code != exitFailed || !strings.Contains(errs, "… | "+c.command+" | tail -n +4 | kuzzlite mupsert ") {
			t.Errorf("%s from a pipe: exit code %d\n%s", c.name, code, errs)
		}
		code, _, errs = command(t, string(packed), "import", "--db", db, "i", "c")
		if code != exitFailed || !strings.Contains(errs, "created 1, updated 2, unchanged 0, failed 1;") {
			t.Errorf("import of %s: exit code %d\n%s", c.name, code, errs)
		}
		for _, n := range []int{len(c.magic), len(c.magic) + 1, len(packed) - 3} {
			code, _, errs := command(t, string(packed[:n]), "mupsert", "--db", db, "i", "c")
			if code != exitStore || !strings.Contains(errs, "kuzzlite mupsert: decompress "+c.name+": ") {
				t.Errorf("%s of %d bytes: exit code %d\n%s", c.name, n, code, errs)
			}
		}
		twice := compressed(t, c.name, string(packed))
		if code, _, errs := command(t, string(twice), "mupsert", "--db", db, "i", "c"); code != exitStore ||
			!strings.Contains(errs, "the input is binary") {
			t.Errorf("%s twice: exit code %d\n%s", c.name, code, errs)
		}
	}
}
