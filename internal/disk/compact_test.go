package disk

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Compact, while the store is in use.

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
// reached, at that place and behind. Several kinds of changes, of buckets too, between every two chunks. Of packed keys
// these are changes of blocks, some of which go.
func TestCompactMirrors(t *testing.T) {
	tune(t, Tuning{SliceBytes: 10000, InTurn: true})
	for name, change := range map[string]func(*Options){"": func(*Options) {}, "packed": packed} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(6) {
				compactMirrors(t, rand.New(rand.NewPCG(seed, 7)), change)
			}
		})
	}
}

func compactMirrors(t *testing.T, rng *rand.Rand, change func(*Options)) {
	t.Helper()
	e := open(t, filepath.Join(inMemory(t), "test.db"), change)
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
	equal(t, "reopened", state(t, open(t, e.path, change)), m.String())
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
