package disk

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Compact, while the store is in use.

// fill writes n keys into bucket m.
func (m model) fill(t testing.TB, e *Engine, n int) {
	t.Helper()
	for i := 0; i < n; i += 500 {
		m.write(t, e, func(b *edit) {
			b.ensure("m")
			for k := i; k < min(n, i+500); k++ {
				b.put("m", fmt.Sprintf("key%06d", k), fmt.Sprint(k, strings.Repeat("x", 300)))
			}
		})
	}
}

// thin is fill, and then deletes nine of ten.
func (m model) thin(t testing.TB, e *Engine, n int) {
	t.Helper()
	m.fill(t, e, n)
	ok(t, e.checkpointNow())
	m.write(t, e, func(b *edit) {
		for k := range n {
			if k%10 != 0 {
				b.delete("m", fmt.Sprintf("key%06d", k))
			}
		}
	})
	ok(t, e.checkpointNow())
}

// compact compacts the store, and looks whether the new file says of the log what the engine knows.
func compact(t testing.TB, e *Engine) {
	t.Helper()
	var before, after int64
	within(t, "Compact", func() {
		var err error
		before, after, err = e.Compact(ctx, nil)
		ok(t, err)
	})
	if after >= before {
		t.Errorf("the file had %d bytes and has %d", before, after)
	}
	if info, err := os.Stat(e.path); err != nil || info.Size() != after {
		t.Errorf("the file has %d bytes, Compact says %d: %v", info.Size(), after, err)
	}
	knows(t, e)
}

// knows fails the test unless the file says of the log what the engine knows.
func knows(t testing.TB, e *Engine) {
	t.Helper()
	e.writing.Lock()
	defer e.writing.Unlock()
	tx, err := e.base.begin(false)
	ok(t, err)
	defer e.base.end(tx)
	if got := tx.Bucket(bucketEngine).Get(keyLog); !bytes.Equal(got, e.state.encode()) {
		in, _ := decodeLogState(got)
		t.Errorf("the file says of the log %+v, the engine knows %+v", in, e.state)
	}
	if got := tx.Bucket(bucketEngine).Get(keyID); !bytes.Equal(got, e.id[:]) {
		t.Errorf("the file has the id %x, the engine %x", got, e.id)
	}
}

// The first write after Open says in the file that there is a log: in the copy of Compact, too. Otherwise nobody would
// notice later that the log is gone.
func TestCompactWhileLogStarts(t *testing.T) {
	tune(t, Tuning{SliceBytes: 50000})
	path := newPath(t)
	e := open(t, path)
	m := newModel()
	m.thin(t, e, 3000)
	ok(t, e.Close())
	e = open(t, path)
	chunks := 0
	at(t, &beforeChunk, func() {
		if chunks++; chunks == 2 {
			m.write(t, e, func(b *edit) { b.put("b", "k", "v") })
		}
	})
	compact(t, e)
	if chunks < 2 {
		t.Errorf("%d chunks", chunks)
	}
	killed := imageOf(t, copyAsKilled(t, e))
	killed.opens(t, m.String())
	withoutLog := image{"": killed[""]}
	withoutLog.refused(t, "its log is missing")
}

// What slices do to the file while the copy is being made they do to the copy: in front of the place that the copy has
// reached, at that place and behind. Several kinds of changes, of buckets too, between every two chunks.
func TestCompactMirrors(t *testing.T) {
	tune(t, Tuning{SliceBytes: 10000, InTurn: true})
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 7))
		e := open(t, filepath.Join(inMemory(t), "test.db"))
		m := newModel()
		for i := range 10 {
			m.write(t, e, func(b *edit) { b.random(rng, 100, fmt.Sprint("first ", i)) })
		}
		m.thin(t, e, 3000)
		chunks := 0
		at(t, &beforeChunk, func() {
			chunks++
			for i := range 1 + rng.IntN(3) {
				m.write(t, e, func(b *edit) {
					b.random(rng, 60, fmt.Sprint("chunk ", chunks, ".", i))
					b.ensure("m")
					mirrored(b, rng)
				})
				if rng.IntN(4) > 0 {
					ok(t, e.freezeNow())
				}
			}
		})
		compact(t, e)
		if chunks < 3 {
			t.Errorf("%d chunks", chunks)
		}
		equal(t, "compacted", state(t, e), m.String())
		ok(t, e.checkpointNow())
		equal(t, "after a checkpoint", state(t, e), m.String())
		ok(t, e.Close())
		sound(t, e.path)
		equal(t, "reopened", state(t, open(t, e.path)), m.String())
	}
}

// mirrored changes keys all over the large bucket.
func mirrored(b *edit, rng *rand.Rand) {
	key := func() string { return fmt.Sprintf("key%06d", rng.IntN(3000)) }
	for range 5 {
		b.put("m", key(), "changed")
		for range 20 {
			b.delete("m", key())
		}
		from := key()
		b.deleteRange("m", from, from[:len(from)-1]+"9")
	}
}

// Writers and checkpoints go on while the store is compacted, again and again; and readers, who see all that was
// acknowledged.
func TestCompactWhileWriting(t *testing.T) {
	tune(t, Tuning{SliceBytes: 4000})
	e := open(t, filepath.Join(inMemory(t), "test.db"), func(o *Options) { o.CheckpointSize = 20000 })
	ok(t, writeBatch(e, ensured("c")))
	m := newModel()
	m["c"] = map[string]string{}
	m.thin(t, e, 3000)
	stop, compactions := make(chan struct{}), 0
	compacting := background(t, func() error {
		for {
			select {
			case <-stop:
				return nil
			default:
			}
			if _, _, err := e.Compact(ctx, nil); err != nil {
				return err
			}
			compactions++
		}
	})
	c := newCrowd()
	c.run(t, e)
	close(stop)
	compacting()
	if n := e.Describe().Checkpoints; n < 3 || compactions < 1 {
		t.Errorf("%d checkpoints, %d compactions", n, compactions)
	}
	ok(t, e.checkpointNow())
	ok(t, e.freezeNow())
	want := state(t, e)
	imageOf(t, copyAsKilled(t, e)).opens(t, want)
	for w := range crowdSize {
		v, err := e.Read(ctx)
		ok(t, err)
		if n, err := crowdCount(v, w); err != nil || n != crowdBatches {
			t.Errorf("writer %d has written %d: %v", w, n, err)
		}
		v.Release()
	}
}

// The log continues the file before the swap, and the file after the swap.
func TestCrashAroundSwap(t *testing.T) {
	e := open(t, newPath(t))
	m := newModel()
	m.thin(t, e, 3000)
	m.write(t, e, func(b *edit) { b.put("b", "in the log", "1"); b.drop("x"); b.ensure("y") })
	var images []image
	look := func() { images = append(images, imageOf(t, e.path)) }
	at(t, &beforeSwap, look)
	at(t, &afterSwap, look)
	compact(t, e)
	if len(images) != 2 || len(images[0][""]) <= len(images[1][""]) {
		t.Fatalf("%d images", len(images))
	}
	look()
	m2 := m.String()
	for _, image := range images {
		beforeSwap.Store(nil)
		afterSwap.Store(nil)
		image.opens(t, m2)
	}
}

// A view that was taken before the swap stays what it is. Close waits for that view.
func TestViewAcrossSwap(t *testing.T) {
	e := open(t, newPath(t))
	m := newModel()
	m.thin(t, e, 3000)
	before := m.String()
	v, err := e.Read(ctx)
	ok(t, err)
	compact(t, e)
	m.write(t, e, func(b *edit) { b.deleteRange("b", "", ""); b.put("b", "new", "1") })
	ok(t, e.checkpointNow())
	equal(t, "the old view", dump(t, v), before)
	equal(t, "a new view", state(t, e), m.String())
	closed := background(t, e.Close)
	equal(t, "the old view while Close waits", dump(t, v), before)
	v.Release()
	closed()
}

// A file that was opened through a symbolic link, by a relative name, from another directory: the link stays, and so do
// the page size and the rights.
func TestCompactKeeps(t *testing.T) {
	dir := t.TempDir()
	ok(t, os.Mkdir(filepath.Join(dir, "there"), 0o700))
	t.Chdir(dir)
	e := open(t, filepath.Join("there", "test.db"), func(o *Options) { o.PageSize = 16384 })
	m := newModel()
	m.thin(t, e, 3000)
	ok(t, e.Close())
	ok(t, os.Chmod(e.path, 0o640))
	if err := os.Symlink(filepath.Join("there", "test.db"), "link.db"); err != nil {
		t.Skip(err)
	}
	e = open(t, "link.db")
	ok(t, os.Chdir("there"))
	compact(t, e)
	m.write(t, e, func(b *edit) { b.put("b", "after", "1") })
	ok(t, e.checkpointNow())
	if size := e.Describe().PageSize; size != 16384 {
		t.Errorf("pages of %d bytes", size)
	}
	ok(t, e.Close())
	if info, err := os.Lstat(filepath.Join(dir, "link.db")); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
	if info, err := os.Lstat(e.path); err != nil || info.Mode().Perm() != 0o640 && runtime.GOOS != "windows" {
		t.Errorf("the file has the mode %v: %v", info.Mode(), err)
	}
	equal(t, "reopened", state(t, open(t, filepath.Join(dir, "link.db"))), m.String())
}

// Close ends a Compact that is under way, and a Compact of which the caller has had enough leaves nothing behind.
func TestCompactEnds(t *testing.T) {
	for name, end := range map[string]func(e *Engine, cancel func()) (closed func()){
		"Close":  func(e *Engine, _ func()) func() { return background(t, e.Close) },
		"cancel": func(_ *Engine, cancel func()) func() { cancel(); return func() {} },
	} {
		t.Run(name, func(t *testing.T) {
			e := open(t, newPath(t))
			m := newModel()
			m.thin(t, e, 3000)
			with, cancel := context.WithCancel(ctx)
			chunk := stallAt(t, &beforeChunk)
			result := make(chan error, 1)
			go func() { _, _, err := e.Compact(with, nil); result <- err }()
			chunk.wait(t)
			_, _, err := e.Compact(ctx, nil)
			says(t, "a second Compact", err, ErrLocked, "the store is being compacted already")
			closed := end(e, cancel)
			eventually(t, "the end", func() bool { return e.stop.Err() != nil || with.Err() != nil })
			chunk.end()
			within(t, "Compact", func() {
				if err := <-result; !errors.Is(err, kv.ErrClosed) && !errors.Is(err, context.Canceled) {
					t.Errorf("Compact: %v", err)
				}
			})
			closed()
			ok(t, e.Close())
			if left := files(t, e.path); len(left) > 0 {
				t.Errorf("it has left %v", left)
			}
			equal(t, "reopened", state(t, open(t, e.path)), m.String())
		})
	}
}

// Whoever waits for the file while it is being replaced gets the new one, once the store is closed.
func TestOpenAcrossSwap(t *testing.T) {
	e := open(t, newPath(t))
	m := newModel()
	m.thin(t, e, 3000)
	swap := stallAt(t, &beforeSwap)
	compacting := background(t, func() error { _, _, err := e.Compact(ctx, nil); return err })
	swap.wait(t)
	before := openFiles(e.path)
	var next *Engine
	opening := background(t, func() (err error) {
		next, err = Open(e.path, options(func(o *Options) { o.LockTimeout = patience }))
		return err
	})
	eventually(t, "the file is opened", func() bool { return openFiles(e.path) != before || before == 0 })
	swap.end()
	compacting()
	m.write(t, e, func(b *edit) { b.put("b", "after", "1") })
	ok(t, e.Close())
	opening()
	defer next.Close()
	equal(t, "the next one", state(t, next), m.String())
	ok(t, tryPut(next, "next", "1"))
	ok(t, next.Close())
	if got := get(t, open(t, e.path), "next"); got != "1" {
		t.Errorf("what the next one wrote is %q", got)
	}
}

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

// Where an open file cannot be replaced the swap waits for those who read for long, and they for nobody: a Check, which
// verifies the log in the end, and Compact waited for each other. Short reads go on.
func TestCompactClosesFirst(t *testing.T) {
	was := closesFirst
	closesFirst = true
	t.Cleanup(func() { closesFirst = was })
	e := open(t, newPath(t))
	m := newModel()
	m.thin(t, e, 3000)
	m.write(t, e, func(b *edit) { b.put("b", "in the log", "1") })
	v, err := e.ReadLong(ctx)
	ok(t, err)
	var swaps atomic.Bool
	at(t, &beforeSwap, func() { swaps.Store(true) })
	compacting := background(t, func() error { _, _, err := e.Compact(ctx, nil); return err })
	eventually(t, "the swap waits", func() bool {
		if e.pair.TryRLock() {
			e.pair.RUnlock()
			return e.readers.awaited()
		}
		return swaps.Load()
	})
	within(t, "a read and a write", func() {
		equal(t, "a short read", state(t, e), m.String())
		m.write(t, e, func(b *edit) { b.put("b", "meanwhile", "1") })
	})
	within(t, "Verify", func() {
		_, err := e.Verify(ctx, v, func(format string, args ...any) { t.Errorf(format, args...) }, nil)
		ok(t, err)
	})
	v.Release()
	compacting()
	equal(t, "compacted", state(t, e), m.String())
	ok(t, e.checkpointNow())
	ok(t, e.Close())
	equal(t, "reopened", state(t, open(t, e.Path())), m.String())
}

// awaited says whether somebody waits for the readers, and lets none begin.
func (r *readers) awaited() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held > 0
}

// Whoever gives a context up with a cause finds both in the error.
func TestCause(t *testing.T) {
	cause := errors.New("the operator was in a hurry")
	for name, call := range map[string]func(ctx context.Context, e *Engine) error{
		"Compact":    func(ctx context.Context, e *Engine) error { _, _, err := e.Compact(ctx, nil); return err },
		"Backup":     func(ctx context.Context, e *Engine) error { _, err := e.Backup(ctx, &slow{}, nil); return err },
		"BackupFile": func(ctx context.Context, e *Engine) error { _, err := e.BackupFile(ctx, newPath(t), nil); return err },
	} {
		e := open(t, newPath(t))
		put(t, e, "k", "v")
		with, cancel := context.WithCancelCause(ctx)
		end := func() { cancel(cause) }
		at(t, &beforeChunk, end)
		at(t, &betweenBaseAndFrozen, end)
		err := call(with, e)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
			t.Errorf("%s: %v", name, err)
		}
		beforeChunk.Store(nil)
		betweenBaseAndFrozen.Store(nil)
		late, cancelLate := context.WithDeadline(ctx, time.Now())
		if err := call(late, e); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		cancelLate()
	}
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

func fileOf(t *testing.T, path string) os.FileInfo {
	t.Helper()
	info, err := os.Stat(path)
	ok(t, err)
	return info
}
