package disk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// A page that is damaged while the store is open can have a key of no bytes. Whoever scans looks at the first byte of
// each key, and that panicked, as a flipped bit has shown.
func TestEmptyKeyIsDamage(t *testing.T) {
	path := newPath(t)
	const key = "a key that is there once"
	e := open(t, path)
	put(t, e, key, "value")
	ok(t, e.Close())
	e = open(t, path)
	eventually(t, "there is no element of the key", func() bool { return shrinkKey(t, path, key) })
	v, err := e.Read(ctx)
	ok(t, err)
	defer v.Release()
	err = v.Scan([]byte("b"), nil, false, func(key, _ []byte) bool { return key[0] > 0 })
	if !errors.Is(err, kv.ErrCorrupt) {
		t.Errorf("a scan of a page with a key of no bytes: %v", err)
	}
}

// shrinkKey makes the size of a key 0 in all leaf elements that lead to the key. See internal/boltfile/layout.go.
func shrinkKey(t *testing.T, path, key string) (found bool) {
	t.Helper()
	b, err := os.ReadFile(path)
	ok(t, err)
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	ok(t, err)
	defer f.Close()
	const element, size = 16, 8
	for at := 0; ; at++ {
		next := bytes.Index(b[at:], []byte(key))
		if next < 0 {
			return found
		}
		at += next
		for e := max(0, at-os.Getpagesize()); e+element <= at; e++ {
			pos, n := binary.NativeEndian.Uint32(b[e+4:]), binary.NativeEndian.Uint32(b[e+size:])
			if e+int(pos) == at && int(n) == len(key) {
				_, err := f.WriteAt(make([]byte, 4), int64(e+size))
				ok(t, err)
				found = true
			}
		}
	}
}
