package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/rogpeppe/go-internal/testscript"
	bolt "go.etcd.io/bbolt"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kuzzlite": func() { os.Exit(Main()) }})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"holds":   holds,
			"crashes": crashes,
			"crops":   crops,
			"write":   write,
			"zeroes":  zeroes,
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv(dbVariable, "")
			e.Setenv("GORACE", "atexit_sleep_ms=0") // or else each command sleeps a second at its end, with -race
			return nil
		},
	})
}

// exits runs a command that must end with an exit code: exits 2 kuzzlite get.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code command [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// holds keeps a store open until the end of the script, as a program that embeds the library does:
// holds file [reading].
func holds(ts *testscript.TestScript, neg bool, args []string) {
	reading := len(args) == 2 && args[1] == "reading"
	if neg || len(args) != 1 && !reading {
		ts.Fatalf("usage: holds file [reading]")
	}
	s, err := kuzzlite.Open(ts.MkAbs(args[0]), &kuzzlite.Options{ReadOnly: reading})
	ts.Check(err)
	ts.Defer(func() { _ = s.Close() })
}

// crashes writes a document to a store and leaves the files as they were before it was closed: crashes file id.
func crashes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: crashes file id")
	}
	path := ts.MkAbs(args[0])
	s, err := kuzzlite.Open(path, &kuzzlite.Options{AutoCreate: true})
	ts.Check(err)
	_, err = s.Collection("i", "c").CreateOrReplace(context.Background(), args[1], []byte("{}"), nil)
	ts.Check(err)
	for { // what was recovered is written to the file in the background
		st, err := s.Stats(context.Background())
		ts.Check(err)
		if st.FrozenBytes == 0 {
			break
		}
		runtime.Gosched()
	}
	left := map[string][]byte{}
	names, err := filepath.Glob(path + "-log*")
	ts.Check(err)
	for _, name := range append(names, path) {
		if b, err := os.ReadFile(name); err == nil {
			left[name] = b
		}
	}
	ts.Check(s.Close())
	for name, b := range left {
		ts.Check(os.WriteFile(name, b, 0o600))
	}
}

// crops cuts the second half of a file off: crops file.
func crops(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: crops file")
	}
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), info.Size()/2))
}

// zeroes zeroes the header of a store, or the page that leads to a collection: zeroes header file, zeroes i/c file.
func zeroes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: zeroes header|index/collection file")
	}
	ts.Check(zeroPages(ts.MkAbs(args[1]), args[0]))
}

// zeroPages zeroes the header of a store, or the page that leads to a collection.
func zeroPages(path, what string) error {
	db, err := bolt.Open(path, 0, &bolt.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	from, pages, size := 0, 2, db.Info().PageSize
	err = db.View(func(tx *bolt.Tx) error {
		if what == "header" {
			return nil
		}
		bucket := tx.Bucket([]byte(what))
		if bucket == nil || bucket.Root() == 0 {
			return fmt.Errorf("%s has no page of its own", what)
		}
		from, pages = int(bucket.Root()), 1
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	clear(b[from*size:][:pages*size])
	return os.WriteFile(path, b, 0o600)
}

// write writes a file with bytes that a script cannot hold, as a Go string: write file "\xff".
func write(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: write file quoted")
	}
	text, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}
