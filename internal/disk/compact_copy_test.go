package disk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// The copy that Compact makes.

// The copy has hardly a free page, however large the values are. Each chunk left behind the last leaf of the chunk
// before, with up to four values: of eight values of 16 MB three quarters of their size, and the file grew.
func TestCompactLargeValues(t *testing.T) {
	for _, c := range []struct{ keys, size int }{
		{7, 4 << 20}, {8, 4 << 20}, {41, 300_000}, {100, 100_000}, {101, 50_000},
	} {
		e := open(t, filepath.Join(inMemory(t), "test.db"))
		m := newModel()
		for range 2 {
			m.write(t, e, func(b *edit) {
				for k := range c.keys {
					b.put("b", fmt.Sprintf("k%03d", k), strings.Repeat("v", c.size))
				}
			})
			ok(t, e.checkpointNow())
		}
		compact(t, e)
		st := e.Describe()
		if most := int64(2*c.size + 16*st.PageSize); st.FreeBytes > most {
			t.Errorf("%d values of %d bytes: %d bytes are free, more than %d", c.keys, c.size, st.FreeBytes, most)
		}
		ok(t, e.Close())
		sound(t, e.Path())
		equal(t, "reopened", state(t, open(t, e.Path())), m.String())
	}
}

// Keys that come and go between two chunks, right behind the last key that was copied: that is where the copy has keys
// of its own.
func TestCompactSeals(t *testing.T) {
	tune(t, Tuning{SliceBytes: 20000, InTurn: true})
	t.Run("changed", func(t *testing.T) { compactSealed(t, 100) })
	t.Run("dropped", func(t *testing.T) { compactSealed(t, 8) })
}

// compactSealed drops the bucket, which then has two keys, before a chunk.
func compactSealed(t *testing.T, dropBefore int) {
	e := open(t, newPath(t))
	m := newModel()
	m.write(t, e, func(b *edit) {
		for k := range 60 {
			b.put("b", fmt.Sprintf("k%03d", k), strings.Repeat("v", 5000))
			b.put("b", fmt.Sprintf("k%03d\x00", k), strings.Repeat("w", 5000))
		}
	})
	ok(t, e.checkpointNow())
	m.write(t, e, func(b *edit) { b.deleteRange("b", "k050", "") })
	ok(t, e.checkpointNow())
	chunks := 0
	at(t, &beforeChunk, func() {
		if chunks++; len(e.mirror.ahead) == 0 { // writes nobody else to the store
			return
		}
		next := string(e.mirror.ahead[:len(e.mirror.ahead)-sealKeys+1])
		m.write(t, e, func(b *edit) {
			switch chunks % 4 {
			case 0:
				b.delete("b", next)
			case 1:
				b.deleteRange("b", next, next+"\x01")
			case 2:
				b.put("b", next+"\x00\x00", "new")
			case 3:
				b.delete("b", next)
				b.put("b", next+"\x00", "new")
			}
			if chunks == dropBefore {
				b.drop("b")
				b.ensure("b")
				b.put("b", "k000", "new")
				b.put("b", "k999", strings.Repeat("w", 5000))
			}
		})
		ok(t, e.freezeNow())
	})
	compact(t, e)
	if chunks < 8 {
		t.Errorf("%d chunks", chunks)
	}
	equal(t, "compacted", state(t, e), m.String())
	ok(t, e.Close())
	sound(t, e.Path())
	equal(t, "reopened", state(t, open(t, e.Path())), m.String())
}

// A copy that is not smaller than the file does not take its place.
func TestCompactNotSmaller(t *testing.T) {
	e := open(t, newPath(t))
	m := newModel()
	m.thin(t, e, 3000)
	compact(t, e)
	file, err := os.Stat(e.Path())
	ok(t, err)
	at(t, &beforeSwap, func() { t.Error("it swaps") })
	before, after, err := e.Compact(ctx, nil)
	ok(t, err)
	if before != after || after != file.Size() {
		t.Errorf("%d bytes before, %d after, the file has %d", before, after, file.Size())
	}
	if now, err := os.Stat(e.Path()); err != nil || !os.SameFile(file, now) {
		t.Errorf("it is another file: %v", err)
	}
	m.write(t, e, func(b *edit) { b.put("b", "after", "1") })
	ok(t, e.Close())
	if left := files(t, e.Path()); len(left) > 0 {
		t.Errorf("it has left %v", left)
	}
	equal(t, "reopened", state(t, open(t, e.Path())), m.String())
}

// The copy is damaged while it is made. bbolt panics as it commits to it, with its lock held: that ends Compact, and
// nothing else.
func TestCompactOfDamagedCopy(t *testing.T) {
	for name, byChunk := range map[string]bool{"chunk": true, "slice": false} {
		t.Run(name, func(t *testing.T) {
			tune(t, Tuning{SliceBytes: 20000})
			e := open(t, newPath(t))
			m := newModel()
			m.fill(t, e, 3000)
			ok(t, e.checkpointNow())
			chunks := 0
			at(t, &beforeChunk, func() {
				if chunks++; chunks != 12 {
					return
				}
				names, err := filepath.Glob(filepath.Join(filepath.Dir(e.Path()), ".kuzzlite-*.tmp"))
				ok(t, err)
				copied := readPages(t, names[0])
				copied.mislead("m")
				if !byChunk {
					m.write(t, e, func(b *edit) { b.put("m", lastKey(copied, "m"), "changed") })
					ok(t, e.checkpointNow())
				}
			})
			within(t, "Compact", func() {
				if _, _, err := e.Compact(ctx, nil); !errors.Is(err, kv.ErrCorrupt) {
					t.Errorf("Compact: %v", err)
				}
			})
			m.write(t, e, func(b *edit) { b.put("m", "after", "1") })
			within(t, "a checkpoint", func() { ok(t, e.checkpointNow()) })
			within(t, "Close", func() { ok(t, e.Close()) })
			if left := files(t, e.Path()); len(left) > 0 {
				t.Errorf("it has left %v", left)
			}
			equal(t, "reopened", state(t, open(t, e.Path())), m.String())
		})
	}
}

// lastKey is the first key of the last leaf of a bucket.
func lastKey(p *pagesOf, bucket string) string {
	root := p.root(bucket)
	e := p.page(root)[16+16*(p.count(root)-1):]
	pos, n := binary.NativeEndian.Uint32(e), binary.NativeEndian.Uint32(e[4:])
	return string(e[pos : pos+n])
}

// A commit of a slice is in doubt while Compact copies: the rest of the copy could have the slice, and what is copied
// lacks it. So the copy is thrown away.
func TestCompactInDoubt(t *testing.T) {
	tune(t, Tuning{SliceBytes: 300})
	e := open(t, newPath(t))
	b := &kv.Batch{}
	for k := range 100 {
		b.Put([]byte("b"), fmt.Appendf(nil, "k%03d", k), bytes.Repeat([]byte("v"), 100))
	}
	ok(t, writeBatch(e, b))
	ok(t, e.checkpointNow())
	before, want := fileOf(t, e.Path()), state(t, e)
	chunks := 0
	at(t, &beforeChunk, func() {
		if chunks++; chunks == 3 {
			_ = e.fail(errPlanted)
		}
	})
	if _, _, err := e.Compact(ctx, nil); !errors.Is(err, kv.ErrFailed) || !errors.Is(err, errPlanted) {
		t.Errorf("Compact: %v", err)
	}
	if chunks != 3 {
		t.Errorf("%d chunks were begun", chunks)
	}
	if now := fileOf(t, e.Path()); !os.SameFile(before, now) {
		t.Error("the copy has taken the place of the file")
	}
	equal(t, "afterwards", state(t, e), want)
}
