package disk

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Packed keys in the file: those of the bucket c, see testPacking.

// writePacked writes ascending packed keys.
func writePacked(t *testing.T, e *Engine, n int) {
	t.Helper()
	b := &kv.Batch{}
	b.EnsureBucket([]byte("c"))
	for i := range n {
		b.Put([]byte("c"), fmt.Appendf(nil, "k%06d", i), []byte("value"))
	}
	ok(t, writeBatch(e, b))
	ok(t, e.checkpointNow())
}

// A block that is damaged can be deleted with the range in which it is: nothing of it is read for that.
func TestDeleteDamagedBlock(t *testing.T) {
	path := newPath(t)
	e := open(t, path)
	writePacked(t, e, 2000)
	ok(t, e.Close())
	file, err := os.ReadFile(path)
	ok(t, err)
	file[bytes.LastIndex(file, []byte("value"))] ^= 1
	ok(t, os.WriteFile(path, file, 0o600))
	e = open(t, path)
	v, err := e.Read(ctx)
	ok(t, err)
	if err := v.Scan([]byte("c"), nil, false, func(_, _ []byte) bool { return true }); err == nil {
		t.Fatal("the damage is not found")
	}
	v.Release()
	b := &kv.Batch{}
	b.DeleteRange([]byte("c"), []byte("k"), []byte("l"))
	b.Put([]byte("c"), []byte("k1"), []byte("new"))
	ok(t, writeBatch(e, b))
	ok(t, e.checkpointNow())
	v, err = e.Read(ctx)
	ok(t, err)
	defer v.Release()
	n := 0
	ok(t, v.Scan([]byte("c"), nil, false, func(_, _ []byte) bool { n++; return true }))
	if n != 1 {
		t.Errorf("%d keys", n)
	}
}

// A range that begins and ends within blocks takes those between whole, and of the others what is in the range.
func TestDeleteRangeOfBlocks(t *testing.T) {
	for _, r := range [][2]int{{0, 2000}, {0, 1000}, {700, 701}, {700, 1900}, {1500, 3000}, {5, 5}} {
		e := open(t, newPath(t))
		writePacked(t, e, 2000)
		b := &kv.Batch{}
		from, to := fmt.Appendf(nil, "k%06d", r[0]), fmt.Appendf(nil, "k%06d", r[1])
		b.DeleteRange([]byte("c"), from, to)
		ok(t, writeBatch(e, b))
		ok(t, e.checkpointNow())
		v, err := e.Read(ctx)
		ok(t, err)
		n := 0
		ok(t, v.Scan([]byte("c"), nil, false, func(key, _ []byte) bool {
			if bytes.Compare(key, from) >= 0 && bytes.Compare(key, to) < 0 {
				t.Errorf("%q is there", key)
			}
			n++
			return true
		}))
		if want := 2000 - max(0, min(r[1], 2000)-r[0]); n != want {
			t.Errorf("%d keys without %v, want %d", n, r, want)
		}
		v.Release()
	}
}

// Portions have the keys of a scan: with what was changed since the last checkpoint, and between two slices of one.
func TestPortions(t *testing.T) {
	tune(t, Tuning{SliceBytes: 2000})
	for seed := range uint64(3) {
		e, r := open(t, newPath(t)), rand.New(rand.NewPCG(seed, 9))
		compare := func() {
			v, err := e.Read(ctx)
			ok(t, err)
			defer v.Release()
			for range 10 {
				prefix := fmt.Sprintf("k%c%.*s", "abc"[r.IntN(3)], r.IntN(3), "00")
				from, most := prefix+fmt.Sprint(r.IntN(200)), 1+r.IntN(100)
				var want, got []string
				ok(t, v.Scan([]byte("c"), []byte(from), false, func(key, value []byte) bool {
					want = append(want, fmt.Sprintf("%q %q", key, value))
					return strings.HasPrefix(string(key), prefix)
				}))
				if len(want) > 0 && !strings.HasPrefix(want[len(want)-1], `"`+prefix) {
					want = want[:len(want)-1]
				}
				var p kv.Portion
				for more := true; more; {
					more, err = kv.ReadPortion(v, []byte("c"), []byte(prefix), []byte(from), most, &p)
					ok(t, err)
					for i := range p.Len() {
						from = prefix + string(p.Key(i)) + "\x00"
						got = append(got, fmt.Sprintf("%q %q", prefix+string(p.Key(i)), p.Value(i)))
					}
				}
				// No end of the test: a checkpoint may be under way.
				if got, want := strings.Join(got, "\n"), strings.Join(want, "\n"); got != want {
					t.Errorf("portions with %s:\n%s\nwant:\n%s", prefix, got, want)
				}
			}
		}
		key := func() []byte { return fmt.Appendf(nil, "k%c%04d", "abc"[r.IntN(3)], r.IntN(300)) }
		change := func() {
			b := &kv.Batch{}
			b.EnsureBucket([]byte("c"))
			for range r.IntN(200) {
				b.Put([]byte("c"), key(), []byte(strings.Repeat("v", r.IntN(12))))
			}
			for range r.IntN(1 + r.IntN(100)) {
				b.Delete([]byte("c"), key())
			}
			if r.IntN(4) == 0 {
				from := key()
				b.DeleteRange([]byte("c"), from, append(from[:3:3], '9'))
			}
			ok(t, writeBatch(e, b))
		}
		between := 0
		at(t, &betweenSlices, func() {
			if between++; between%4 == 0 {
				change()
			}
			compare()
		})
		for range 20 {
			change()
			compare()
			if r.IntN(3) == 0 {
				ok(t, e.checkpointNow())
				compare()
			}
		}
		if between < 4 {
			t.Errorf("compared %d times between slices", between)
		}
	}
}

// To delete the key that is the bound of a block deletes nothing.
func TestDeleteBound(t *testing.T) {
	e := open(t, newPath(t))
	writePacked(t, e, 1)
	b := &kv.Batch{}
	b.Delete([]byte("c"), []byte("k\xff"))
	ok(t, writeBatch(e, b))
	ok(t, e.checkpointNow())
	v, err := e.Read(ctx)
	ok(t, err)
	defer v.Release()
	if value, err := v.Get([]byte("c"), []byte("k000000")); string(value) != "value" || err != nil {
		t.Errorf("%q, %v", value, err)
	}
}

// While Compact copies, checkpoints divide and join blocks in front of the place that the copy has reached, at it, and
// behind.
func TestCompactBlocks(t *testing.T) {
	for seed := range uint64(3) {
		tune(t, Tuning{SliceBytes: 3000})
		e, m, r := open(t, newPath(t)), newModel(), rand.New(rand.NewPCG(seed, 7))
		write := func(n int) {
			m.write(t, e, func(b *edit) {
				b.ensure("c")
				for range n {
					key := fmt.Sprintf("%c%04d", "jkkkl"[r.IntN(5)], r.IntN(3000))
					if r.IntN(5) < 2 {
						b.delete("c", key)
					} else {
						b.put("c", key, strings.Repeat("v", r.IntN(1+r.IntN(60))))
					}
				}
			})
			ok(t, e.checkpointNow())
		}
		for range 6 {
			write(1500)
		}
		tune(t, Tuning{SliceBytes: 9000})
		chunks := 0
		at(t, &beforeChunk, func() {
			if chunks++; chunks%2 == 0 && chunks < 30 {
				write(200)
			}
		})
		_, _, err := e.Compact(ctx, nil)
		ok(t, err)
		if chunks < 4 {
			t.Errorf("%d chunks", chunks)
		}
		equal(t, "after Compact", state(t, e), m.String())
		ok(t, e.Close())
		sound(t, e.Path())
		equal(t, "after Open", state(t, open(t, e.Path())), m.String())
	}
}
