package disk

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// Each compaction that was killed left a copy of the whole store for an hour: 25 of them filled the disk. What a
// process that had the store open was copying goes as soon as another one has the store for itself, and nothing else
// does.
func TestRemoveCopies(t *testing.T) {
	e := open(t, newPath(t))
	m := newModel()
	m.thin(t, e, 3000)
	path := e.Path()
	kill := func() { // what is there now stays
		names, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".kuzzlite-*"))
		ok(t, err)
		for _, name := range names {
			_ = os.Link(name, filepath.Join(filepath.Dir(name), "x"+filepath.Base(name)))
		}
	}
	at(t, &beforeSwap, kill)
	compact(t, e)
	_, err := e.Backup(ctx, killing{kill}, nil)
	ok(t, err)
	ok(t, e.Close())
	left := files(t, path)
	if len(left) != 2 {
		t.Fatalf("two that were killed have left %v", left)
	}
	for _, name := range left {
		dir := filepath.Dir(path)
		ok(t, os.Rename(filepath.Join(dir, name), filepath.Join(dir, name[1:])))
	}
	others := []string{
		filepath.Base(hiddenBeside(path, "-1.tmp")), // of somebody who creates the store
		filepath.Base(hiddenBeside(path+"2", "-copy-1.tmp")),
		"copy-1.tmp",
	}
	for _, name := range others {
		ok(t, os.WriteFile(filepath.Join(filepath.Dir(path), name), nil, 0o600))
	}
	removeCopies(path)
	left = files(t, path)
	slices.Sort(others)
	if !slices.Equal(left, others) {
		t.Errorf("there is %v, and not %v", left, others)
	}
}

// killing is a writer that does something first.
type killing struct{ first func() }

func (k killing) Write(b []byte) (int, error) {
	k.first()
	return len(b), nil
}

// What is neither written to nor locked for ten minutes was left by a crash.
func TestRemoveStale(t *testing.T) {
	for _, c := range []struct {
		age          time.Duration
		locked, goes bool
	}{{9 * time.Minute, false, false}, {11 * time.Minute, true, false}, {11 * time.Minute, false, true}} {
		path := newPath(t)
		f, err := temporaryBeside(path, temporaryPattern(path))
		ok(t, err)
		if c.locked && locksFirst {
			ok(t, lockFile(f, true, time.Time{}))
		} else if f.Close(); c.locked {
			continue
		}
		then := time.Now().Add(-c.age)
		ok(t, os.Chtimes(f.Name(), then, then))
		removeStale(path)
		if gone := !exists(f.Name()); gone != c.goes {
			t.Errorf("%+v: gone %v", c, gone)
		}
		f.Close()
	}
}
