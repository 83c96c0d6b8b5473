package command

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// TestOldFormat opens a store of format 1: its name is right, so nothing is advised about that.
func TestOldFormat(t *testing.T) {
	for format, want := range map[byte]string{
		1: "  the file was not touched; `kuzzlite export` of the build that made it writes what `kuzzlite import` reads\n",
		9: "  check the name after --db; the file was not touched\n", // no store at all
	} {
		db := filepath.Join(t.TempDir(), "a.db")
		b, err := bolt.Open(db, 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = b.Update(func(tx *bolt.Tx) error {
			bucket, err := tx.CreateBucket([]byte("#store"))
			if err != nil {
				return err
			}
			return bucket.Put([]byte("format"), []byte{format})
		})
		if err := errors.Join(err, b.Close()); err != nil {
			t.Fatal(err)
		}
		code, _, errs := command(t, "", "list", "--db", db)
		if code != exitStore || !strings.HasSuffix(errs, want) || strings.Contains(errs, "format 1") != (format == 1) {
			t.Errorf("format %d: exit code %d\n%s", format, code, errs)
		}
	}
}

// TestShellWords has a shell read what hints quote.
func TestShellWords(t *testing.T) {
	words := []string{"a b", "it's", "$HOME", "-x", "", "`id`", "*", "~", "é", "a\\b", `"`, "#"}
	line := "printf '%s|'" + strings.ReplaceAll(shellWords(words), " -- ", " ")
	out, err := exec.Command("sh", "-c", line).Output()
	if err != nil {
		t.Skipf("no shell: %v", err)
	}
	if want := strings.Join(words, "|") + "|"; string(out) != want {
		t.Errorf("the shell reads %s as\n%s, not\n%s", line, out, want)
	}
	if got := shellWords([]string{"a", "-b"}); got != " -- a -b" {
		t.Errorf("flags are not kept apart: %s", got)
	}
	if got := shellFile("-in"); got != "./-in" {
		t.Errorf("shellFile: %s", got)
	}
}

func TestShellQuote(t *testing.T) {
	for in, want := range map[string]string{
		"": "''", "a/b-c.db": "a/b-c.db", "a b": "'a b'", "it's": `'it'\''s'`, "$x": "'$x'",
	} {
		if got := shellQuote(in); got != want {
			t.Errorf("shellQuote(%q) = %s, want %s", in, got, want)
		}
	}
}
