package disk

import (
	"errors"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

func readOnly(o *Options) { o.ReadOnly = true }

// A store that was killed, in the midst of a checkpoint too, is shown with what is in its log. Nothing is changed, by
// several readers at once.
func TestReadOnly(t *testing.T) {
	e, m, slice := backedUp(t)
	inSlice := imageOf(t, e.Path())
	dropping := stallAt(t, &beforeDrop)
	slice.end()
	dropping.wait(t)
	contained := imageOf(t, e.Path()) // a segment is there of which everything is in the file
	dropping.end()
	for name, killed := range map[string]image{"in a slice": inSlice, "before the end": contained} {
		t.Run(name, func(t *testing.T) { killed.opensForReaders(t, m.String()) })
	}
}

// opensForReaders opens the store of an image for several readers at once.
func (m image) opensForReaders(t *testing.T, want string) {
	path := m.write(t)
	var readers []*Engine
	for range 3 {
		r := open(t, path, readOnly)
		equal(t, "a reader", state(t, r), want)
		readers = append(readers, r)
	}
	for _, r := range readers {
		if _, err := r.Begin(ctx); !errors.Is(err, kv.ErrReadOnly) {
			t.Errorf("Begin: %v", err)
		}
		if _, _, err := r.Compact(ctx, nil); !errors.Is(err, kv.ErrReadOnly) {
			t.Errorf("Compact: %v", err)
		}
		ok(t, r.Sync(ctx))
		v, err := r.ReadLong(ctx)
		ok(t, err)
		_, err = r.Verify(ctx, v, func(format string, args ...any) { t.Errorf(format, args...) }, nil)
		ok(t, err)
		v.Release()
		backup := newPath(t)
		ok(t, backupTo(r, backup))
		imageOf(t, backup).opens(t, want)
		if _, err := Open(path, options(func(o *Options) { o.LockTimeout = 0 })); !errors.Is(err, ErrLocked) {
			t.Errorf("a writer beside readers: %v", err)
		}
		ok(t, r.Close())
	}
	m.unchanged(t, path)
	m.opens(t, want)
}

// A reader does not create a store, and does not see a half applied one without its log.
func TestReadOnlyRefuses(t *testing.T) {
	path := newPath(t)
	if _, err := Open(path, options(readOnly)); err == nil {
		t.Error("a store that is not there opens")
	}
	if left := files(t, path); len(left) > 0 {
		t.Errorf("there is %v", left)
	}
	e, _, slice := backedUp(t)
	killed := image{"": imageOf(t, e.Path())[""]}
	slice.end()
	path = killed.write(t)
	if _, err := Open(path, options(readOnly)); !errors.Is(err, kv.ErrCorrupt) {
		t.Errorf("without its log: %v", err)
	}
	killed.unchanged(t, path)
}
