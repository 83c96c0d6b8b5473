package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kuzzlite": main})
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
			"write":   write,
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

// holds keeps a store open until the end of the script, as a program that embeds the library does: holds file.
func holds(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: holds file")
	}
	s, err := kuzzlite.Open(ts.MkAbs(args[0]), nil)
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
	left := map[string][]byte{}
	for _, name := range []string{path, path + "-log"} {
		if b, err := os.ReadFile(name); err == nil {
			left[name] = b
		}
	}
	ts.Check(s.Close())
	for name, b := range left {
		ts.Check(os.WriteFile(name, b, 0o600))
	}
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
