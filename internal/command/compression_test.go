package command

import (
	"bytes"
	"compress/gzip"
	"fmt"
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
			want := "kuzzlite mupsert: the " + c.name + " input is cut short: its end is missing\n"
			if code != exitStore || !strings.Contains(errs, want) {
				t.Errorf("%s of %d bytes: exit code %d\n%s", c.name, n, code, errs)
			}
		}
		broken := bytes.Clone(packed)
		broken[len(broken)-6] ^= 0xff
		code, _, errs = command(t, string(broken), "mupsert", "--db", db, "i", "c")
		if code != exitStore || !strings.Contains(errs, "kuzzlite mupsert: the "+c.name+" input is damaged: ") {
			t.Errorf("%s that is damaged: exit code %d\n%s", c.name, code, errs)
		}
		twice := compressed(t, c.name, string(packed))
		if code, _, errs := command(t, string(twice), "mupsert", "--db", db, "i", "c"); code != exitStore ||
			!strings.Contains(errs, "the input is binary") {
			t.Errorf("%s twice: exit code %d\n%s", c.name, code, errs)
		}
	}
}

// TestCutShort loads a compressed file whose end is missing: what came before is written and counted, and the file as a
// whole is then loaded by the same command.
func TestCutShort(t *testing.T) {
	var items strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&items, "{\"_id\":\"%d\",\"changes\":{\"n\":%d}}\n", i, i*i)
	}
	for _, c := range compressions {
		packed := compressed(t, c.name, items.String())
		cut := string(packed[:len(packed)*3/4])
		for verb, flags := range map[string][]string{"mupsert": {"--batch", "700"}, "import": nil} {
			db := filepath.Join(t.TempDir(), "a.db")
			args := append([]string{verb, "--db", db, "--create", "i", "c"}, flags...)
			code, _, errs := command(t, cut, args...)
			written := strings.TrimSpace(must(t, "", "count", "--db", db, "i", "c"))
			want := "input is cut short: its end is missing\n  " + written + " documents before the cut are written; " +
				"get the whole file, and run the command again:\n  to begin at its start does no harm\n"
			if code != exitStore || !strings.HasSuffix(errs, want) || len(written) != 4 {
				t.Errorf("%s of %s: exit code %d\n%swant\n%s", verb, c.name, code, errs, want)
			}
			must(t, string(packed), args...)
			if got := must(t, "", "count", "--db", db, "i", "c"); got != "5000\n" {
				t.Errorf("at the end there are %s documents", got)
			}
		}
		for _, more := range [][]string{nil, {"--json"}} {
			db := filepath.Join(t.TempDir(), "a.db")
			args := append([]string{"mupsert", "--db", db, "--create", "--atomic", "i", "c"}, more...)
			if code, _, errs := command(t, cut, args...); code != exitStore || !strings.HasSuffix(errs,
				"input is cut short: its end is missing\n  nothing was written; get the whole file, and run the command again\n") {
				t.Errorf("%s, atomic: exit code %d\n%s", c.name, code, errs)
			}
		}
	}
}
