package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// numberedItems are so many items of mupsert, one a line.
func numberedItems(n int) string {
	var items strings.Builder
	for i := range n {
		fmt.Fprintf(&items, "{\"_id\":\"%d\",\"changes\":{\"n\":%d}}\n", i, i*i)
	}
	return items.String()
}

// TestDamaged loads a compressed file with a wrong checksum, which comes at its end. A newcomer was told how to go on
// behind the last document, as if those before were right.
func TestDamaged(t *testing.T) {
	for _, c := range compressions {
		broken := compressed(t, c.name, numberedItems(4500))
		broken[len(broken)-6] ^= 1
		const hint = "documents written so far may be wrong: get the file again"
		for verb, want := range map[string]string{
			"mupsert": "  " + hint + ";\n  with --atomic nothing would have been written\n", "import": "  " + hint + "\n",
		} {
			db := filepath.Join(t.TempDir(), "a.db")
			code, _, errs := command(t, string(broken), verb, "--db", db, "--create", "i", "c")
			if code != exitStore || !strings.HasSuffix(errs, want) ||
				!strings.Contains(errs, verb+": the "+c.name+" input is damaged: ") {
				t.Errorf("%s of %s: exit code %d\n%swant\n%s", verb, c.name, code, errs, want)
			}
			if got := must(t, "", "count", "--db", db, "i", "c"); !strings.HasSuffix(got, "000\n") || got == "0\n" {
				t.Errorf("%s of %s: of the batch with the damage something was written: %s", verb, c.name, got)
			}
		}
		small := compressed(t, c.name, numberedItems(500))
		small[len(small)-6] ^= 1
		for _, args := range [][]string{{}, {"--atomic"}, {"--atomic", "--json"}} {
			db := filepath.Join(t.TempDir(), "a.db")
			args := append([]string{"mupsert", "--db", db, "--create", "i", "c"}, args...)
			code, _, errs := command(t, string(small), args...)
			_, err := os.Stat(db)
			if code != exitStore || !strings.HasSuffix(errs, "\n  nothing was written; get the file again\n") || err == nil {
				t.Errorf("%q of %s: exit code %d, %v\n%s", args, c.name, code, err, errs)
			}
		}
	}
}

// TestDamagedDump loads a dump whose compression is damaged, through a pipe.
func TestDamagedDump(t *testing.T) {
	dir := t.TempDir()
	db, dump := filepath.Join(dir, "a.db"), filepath.Join(dir, "a.gz")
	must(t, numberedItems(3000), "mupsert", "--db", db, "--create", "i", "c")
	must(t, "", "dump", "--db", db, dump)
	packed, err := os.ReadFile(dump)
	if err != nil {
		t.Fatal(err)
	}
	code, _, errs := command(t, string(packed)+"\x00\x00", "load", "--db", filepath.Join(dir, "b.db"))
	if code != exitOK || !strings.HasPrefix(errs, "ignored 2 bytes behind the end of the gzip input") {
		t.Errorf("with zeros behind: exit code %d\n%s", code, errs)
	}
	packed[len(packed)-6] ^= 1
	code, _, errs = command(t, string(packed), "load", "--db", db, "--merge")
	want := "  documents written so far may be wrong: get the file again\n  2997 documents up to line 3000 are written"
	if code != exitStore || !strings.Contains(errs, want) {
		t.Errorf("exit code %d\n%swant\n%s", code, errs, want)
	}
	code, _, errs = command(t, string(packed), "load", "--db", filepath.Join(dir, "new.db"))
	if code != exitStore || !strings.HasSuffix(errs, "no store was made\n") {
		t.Errorf("into a new store: exit code %d\n%s", code, errs)
	}
}

// TestBehindGzip loads whole gzip files that have something behind. A newcomer's documents were all written, and the
// command said that the input was cut short, or how to go on.
func TestBehindGzip(t *testing.T) {
	packed := string(compressed(t, "gzip", numberedItems(1500)))
	for behind, want := range map[string]string{
		"":                          "created 1500, ",
		"x":                         "ignored 1 byte behind the end of the gzip input, which are no gzip\ncreated 1500, ",
		"other":                     "ignored 5 bytes behind the end of the gzip input, which are no gzip\ncreated 1500, ",
		strings.Repeat("\x00", 512): "ignored 512 bytes behind the end of the gzip input, which are no gzip\ncreated 1500, ",
	} {
		db := filepath.Join(t.TempDir(), "a.db")
		code, _, errs := command(t, packed+behind, "mupsert", "--db", db, "--create", "i", "c")
		if code != exitOK || !strings.HasPrefix(errs, want) {
			t.Errorf("with %d bytes behind: exit code %d\n%swant\n%s", len(behind), code, errs, want)
		}
	}
	db := filepath.Join(t.TempDir(), "a.db")
	code, _, errs := command(t, packed+gzipMagic[:1], "mupsert", "--db", db, "--create", "i", "c")
	if code != exitStore || !strings.Contains(errs, "the gzip input is cut short") {
		t.Errorf("with the first byte of a member behind: exit code %d\n%s", code, errs)
	}
}

// TestCompressedThatFails has the disk fail below the compression: that is no damage.
func TestCompressedThatFails(t *testing.T) {
	packed := string(compressed(t, "gzip", numberedItems(10)))
	for _, n := range []int{2, len(packed) / 2, len(packed)} {
		r := newItemReader(io.MultiReader(strings.NewReader(packed[:n]), iotest.ErrReader(errors.New("disk on fire"))))
		var err error
		for err == nil {
			_, _, err = r.next()
		}
		if err.Error() != "disk on fire" {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

// TestDumpIsNoInput: what dump has written is named, instead of a hundred lines that are no items.
func TestDumpIsNoInput(t *testing.T) {
	dump := dumpHeader + "{\"index\":\"i\"}\n"
	for _, in := range []string{dump, "\ufeff" + dump, string(compressed(t, "gzip", dump))} {
		for _, args := range [][]string{{"mupsert"}, {"import"}, {"mupsert", "--id-field", "_id"}, {"mupsert", "--atomic"}} {
			db := filepath.Join(t.TempDir(), "a.db")
			code, _, errs := command(t, in, append(args, "--db", db, "--create", "i", "c")...)
			want := "the input is a dump of a whole store\n  `kuzzlite load --db STORE FILE` loads it\n"
			_, err := os.Stat(db)
			if code != exitStore || !strings.HasSuffix(errs, want) || err == nil {
				t.Errorf("%q: exit code %d, %v\n%s", args, code, err, errs)
			}
		}
	}
}
