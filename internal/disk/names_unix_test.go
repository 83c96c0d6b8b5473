//go:build unix

package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/segment"
)

// Names that lead elsewhere. Windows does not let anybody rename or remove an open file.

// away are the ways in which a name stops leading to its file.
var away = map[string]func(path string) error{
	"renamed": func(path string) error { return os.Rename(path, path+".old") },
	"removed": os.Remove,
	"replaced": func(path string) error {
		b, err := os.ReadFile(path)
		return errors.Join(err, os.Remove(path), os.WriteFile(path, b, 0o600))
	},
}

// Once a name of the store's file or of its log leads elsewhere, what is written would not be found again. At the next
// checkpoint at the latest writes end, with the name in the error; reads go on.
func TestNameLost(t *testing.T) {
	for how, lose := range away {
		for _, suffix := range []string{"", "-log0"} {
			t.Run(how+suffix, func(t *testing.T) {
				path := newPath(t)
				e := open(t, path, func(o *Options) { o.CheckpointSize = 4000 })
				put(t, e, "k", "v")
				ok(t, lose(path+suffix))
				var err error
				n := 0
				for ; err == nil && n < 1000; n++ {
					err = tryPut(e, "k", "w")
				}
				says(t, fmt.Sprintf("after %d writes", n), err, kv.ErrFailed, path+suffix+" was renamed, removed or replaced")
				if n > 30 {
					t.Errorf("it took %d writes", n)
				}
				if got := get(t, e, "k"); got != "w" {
					t.Errorf("reads see %q", got)
				}
				if err := e.Close(); err == nil || !strings.Contains(err.Error(), "was renamed") {
					t.Errorf("Close: %v", err)
				}
			})
		}
	}
}

// The same at the other moments at which the engine looks: the first write, a write without a log, a checkpoint,
// Compact, and Close.
func TestNameLostNoticed(t *testing.T) {
	for name, c := range map[string]struct {
		noLog, first bool
		act          func(e *Engine) error
	}{
		"first write": {first: true, act: func(e *Engine) error { return tryPut(e, "k", "w") }},
		"no log":      {noLog: true, act: func(e *Engine) error { return tryPut(e, "k", "w") }},
		"checkpoint":  {act: (*Engine).checkpointNow},
		"Compact":     {act: func(e *Engine) error { _, _, err := e.Compact(ctx, nil); return err }},
		"Close":       {act: (*Engine).Close},
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			e := open(t, path, func(o *Options) { o.NoLog = c.noLog })
			put(t, e, "k", "v")
			if c.first {
				ok(t, e.Close())
				e = open(t, path)
			}
			ok(t, os.Rename(path, path+".old"))
			if err := c.act(e); err == nil || !strings.Contains(err.Error(), path+" was renamed, removed or replaced") {
				t.Errorf("%v", err)
			}
			_ = e.Close()
			for _, suffix := range suffixes[1:] { // nothing acknowledged is lost once the file has its name again
				if _, err := os.Lstat(path + ".old" + suffix); err == nil {
					t.Errorf("there is %s", path+".old"+suffix)
				}
			}
			ok(t, os.Rename(path+".old", path))
			if got := get(t, open(t, path), "k"); got != "v" {
				t.Errorf("reopened: k is %q", got)
			}
		})
	}
}

// What is in the place of a segment and cannot be one is refused at once, and what is in the place of the store too.
func TestNotRegular(t *testing.T) {
	kinds := map[string]func(path string) error{
		"pipe":      func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"directory": func(path string) error { return os.Mkdir(path, 0o700) },
		"link":      func(path string) error { return os.Symlink(filepath.Base(path)+"0", path) },
		"link to a file": func(path string) error {
			return errors.Join(os.WriteFile(path+"x", nil, 0o600), os.Symlink(path+"x", path))
		},
	}
	for kind, make := range kinds {
		for _, there := range []bool{true, false} { // the store
			path := newPath(t)
			if there {
				ok(t, open(t, path).Close())
			}
			ok(t, make(path+"-log2"))
			within(t, "Open", func() {
				_, err := Open(path, options())
				says(t, kind, err, segment.ErrNotRegular, path+"-log2 is in the way of the store's log")
			})
			if _, err := os.Lstat(path); there != (err == nil) {
				t.Errorf("%s: the store is there: %v", kind, err)
			}
		}
	}
	for _, kind := range []string{"pipe", "directory"} {
		path := newPath(t)
		ok(t, kinds[kind](path))
		within(t, "Open", func() {
			if _, err := Open(path, options()); !errors.Is(err, ErrNotStore) {
				t.Errorf("%s: %v", kind, err)
			}
		})
	}
}

// A log without its file is not taken for nothing: a new store would never get along with it.
func TestLogWithoutFile(t *testing.T) {
	e := open(t, newPath(t))
	put(t, e, "k", "v")
	killed := imageOf(t, copyAsKilled(t, e))
	delete(killed, "")
	path := killed.write(t)
	_, err := Open(path, options())
	says(t, "Open", err, kv.ErrCorrupt, "file is missing, but its log")
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a store: %v", err)
	}
}

// A part of the log cannot be removed. The store goes on as long as it would know that part again, and then says why
// not.
func TestSegmentThatStays(t *testing.T) {
	tune(t, Tuning{InTurn: true})
	e := open(t, newPath(t))
	m := newModel()
	m.write(t, e, func(b *edit) { b.put("b", "k", "v") })
	ok(t, e.freezeNow())
	name := logPath(e.Path(), 0)
	stays := &handle{slot: 0, generation: e.tip.generation}
	e.segments.used[stays.slot], e.segments.left = true, []*handle{stays}
	ok(t, os.MkdirAll(filepath.Join(name, "not empty"), 0o700)) // so that it cannot be removed
	var refused error
	for i := 0; refused == nil && i < 2*rememberedNonces; i++ {
		m.write(t, e, func(b *edit) { b.put("b", fmt.Sprint("k", i), "v") })
		refused = e.freezeNow()
	}
	if refused == nil || !strings.Contains(refused.Error(), "cannot be removed") || !strings.Contains(refused.Error(), name) {
		t.Errorf("a store with an old part of its log: %v", refused)
	}
	if n := e.active.number - stays.generation; n != rememberedNonces-1 {
		t.Errorf("it was refused after %d generations", n)
	}
	m.write(t, e, func(b *edit) { b.put("b", "while there is room", "v") })
	ok(t, os.RemoveAll(name))
	ok(t, e.freezeNow())
	equal(t, "afterwards", state(t, e), m.String())
	ok(t, e.Close())
	if left := files(t, e.Path()); len(left) > 0 {
		t.Errorf("a closed store has left %v", left)
	}
}
