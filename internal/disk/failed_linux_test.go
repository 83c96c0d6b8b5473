package disk

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Failures of one kind each, and what everybody is told.

// fails sets the disk to fail the n-th operation on a file.
func (d *disk) fails(file string, n int, stays bool, errno syscall.Errno) {
	d.file, d.at, d.stays, d.errno = file, n, stays, errno
}

// A sync of the log fails. Whoever had appended does not know the outcome; whoever only read what was appended, or
// comes later, has written nothing. Nobody sees what was not synced, and nothing is synced any more.
func TestFailedSync(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	for name, relaxed := range map[string]bool{"synced": false, "relaxed": true} {
		t.Run(name, func(t *testing.T) {
			e := open(t, newPath(t), func(o *Options) { o.Relaxed = relaxed; o.SyncInterval = time.Hour })
			put(t, e, "k", "1")
			ok(t, e.Sync(ctx))
			d.fails("-log0", 2, false, syscall.EIO)
			if relaxed {
				d.fails("-log0", 1, false, syscall.EIO) // what is handed to the system
			}
			first, err := stagePut(e, "k", "2")
			ok(t, err)
			second, err := stagePut(e, "k", "3")
			ok(t, err)
			s, err := e.Begin(ctx)
			ok(t, err)
			empty, err := s.Append(&kv.Batch{})
			ok(t, err)
			late, err := e.Begin(ctx)
			ok(t, err)
			d.run(func() {
				for _, p := range []kv.Pending{first, second} {
					if err := p.Wait(); !errors.Is(err, kv.ErrOutcomeUnknown) || !errors.Is(err, syscall.EIO) {
						t.Errorf("a batch that was appended: %v", err)
					}
				}
				if err := empty.Wait(); !errors.Is(err, kv.ErrFailed) || errors.Is(err, kv.ErrOutcomeUnknown) {
					t.Errorf("an empty batch: %v", err)
				}
				b := &kv.Batch{}
				b.Put([]byte("b"), []byte("late"), []byte("1"))
				if _, err := late.Append(b); !errors.Is(err, kv.ErrFailed) || errors.Is(err, kv.ErrOutcomeUnknown) {
					t.Errorf("a stage that had begun: %v", err)
				}
				if err := tryPut(e, "k", "4"); !errors.Is(err, kv.ErrFailed) || errors.Is(err, kv.ErrOutcomeUnknown) {
					t.Errorf("a write afterwards: %v", err)
				}
				if got := content(t, e); got != "k=1" {
					t.Errorf("readers see %q", got)
				}
				if st := e.Describe(); !errors.Is(st.Failure, syscall.EIO) {
					t.Errorf("the failure is %v", st.Failure)
				}
				for range 2 {
					if err := e.Sync(ctx); relaxed != errors.Is(err, kv.ErrOutcomeUnknown) {
						t.Errorf("Sync: %v", err)
					}
				}
				err = e.Close()
				if relaxed != errors.Is(err, kv.ErrOutcomeUnknown) || !relaxed && !errors.Is(err, kv.ErrFailed) {
					t.Errorf("Close: %v", err)
				}
			})
			if n := len(d.ops); n != d.at {
				t.Errorf("it goes on with %q", d.names()[d.at:])
			}
			if got := content(t, open(t, e.Path())); got != "k=1" && got != "k=2" && got != "k=3" {
				t.Errorf("reopened: %q", got)
			}
		})
	}
}

// The disk fails as it begins to write a large batch: nobody knows what of that was written, nor of what others had
// appended before.
func TestFailedStartOfSync(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	for at, name := range []string{"pwrite", "sync_file_range"} {
		t.Run(name, func(t *testing.T) {
			e := open(t, newPath(t))
			put(t, e, "k", "1")
			small, err := stagePut(e, "k", "2")
			ok(t, err)
			d.fails("-log0", at+1, false, syscall.EIO)
			d.run(func() {
				for _, err := range []error{writeBatch(e, manyPuts("large", startFrom)), small.Wait()} {
					if !errors.Is(err, kv.ErrOutcomeUnknown) || !errors.Is(err, syscall.EIO) {
						t.Errorf("a batch that was appended: %v", err)
					}
				}
				if err := tryPut(e, "k", "3"); !errors.Is(err, kv.ErrFailed) || errors.Is(err, kv.ErrOutcomeUnknown) {
					t.Errorf("a write afterwards: %v", err)
				}
				if got := content(t, e); got != "k=1" {
					t.Errorf("readers see %q", got)
				}
				if err := e.Close(); !errors.Is(err, kv.ErrFailed) {
					t.Errorf("Close: %v", err)
				}
			})
			if d.failed().Name != name || len(d.ops) != d.at {
				t.Errorf("failed the %d-th of %q", d.at, d.names())
			}
			if got := content(t, open(t, e.Path())); !strings.HasPrefix(got, "k=") {
				t.Errorf("reopened: %q", got)
			}
		})
	}
}

// manyPuts is a batch of n puts.
func manyPuts(key string, n int) *kv.Batch {
	b := &kv.Batch{}
	for i := range n {
		b.Put([]byte("b"), fmt.Append(nil, key, i), []byte("v"))
	}
	return b
}

// A checkpoint fails, not for want of space: writes are refused, with the reason; reads go on, and the log has
// everything.
func TestFailedCheckpoint(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	e := open(t, newPath(t))
	put(t, e, "k", "1")
	ok(t, e.checkpointNow())
	put(t, e, "k", "2")
	d.fails(".db", 1, false, syscall.EIO)
	d.run(func() {
		ok(t, e.freezeNow())
		eventually(t, "the failure", func() bool { return e.refusal() != nil })
	})
	if err := tryPut(e, "k", "3"); !errors.Is(err, kv.ErrFailed) || !errors.Is(err, syscall.EIO) {
		t.Errorf("a write afterwards: %v", err)
	}
	if got := content(t, e); got != "k=2" {
		t.Errorf("readers see %q", got)
	}
	if err := e.Close(); !errors.Is(err, syscall.EIO) {
		t.Errorf("Close: %v", err)
	}
	if got := content(t, open(t, e.Path())); got != "k=2" {
		t.Errorf("reopened: %q", got)
	}
}

// The disk is full for checkpoints, for long: writes go on until the overlay is full, and then say why they cannot.
// Once there is room again everything goes on by itself, and at once for who writes.
func TestFullDisk(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	e := open(t, newPath(t), func(o *Options) { o.CheckpointSize = 8000 })
	m := newModel()
	write := func(i int) error {
		b := &edit{m: m}
		b.put("b", fmt.Sprint("k", i), "v")
		err := writeBatch(e, &b.Batch)
		if err != nil {
			delete(m["b"], fmt.Sprint("k", i))
		}
		return err
	}
	ok(t, write(0))
	patience := retryFullDisk
	defer func() { retryFullDisk = patience }()
	for round := range 3 {
		if round == 2 {
			retryFullDisk = time.Hour
		}
		d.fails(".db", 1, true, syscall.ENOSPC)
		written, killed := 0, image{}
		d.run(func() {
			var err error
			for ; err == nil && written < 1000; written++ {
				err = write(round*1000 + written)
			}
			if !errors.Is(err, kv.ErrDiskFull) || !strings.Contains(err.Error(), "no space left") || e.refusal() != nil {
				t.Errorf("after %d batches: %v, %v", written, err, e.refusal())
			}
			if size := e.active.size(); size < e.mostActive() || size > e.mostActive()+1000 {
				t.Errorf("the generation is refused more at %d bytes", size)
			}
			if st := e.Describe(); !errors.Is(st.Stuck, kv.ErrDiskFull) || st.Failure != nil {
				t.Errorf("stuck: %v, failure: %v", st.Stuck, st.Failure)
			}
			equal(t, "on the full disk", state(t, e), m.String())
			killed = imageOf(t, e.Path())
		})
		killed.opens(t, m.String())
		if round < 2 {
			eventually(t, "the end of the checkpoint", func() bool { return e.Describe().Stuck == nil })
		}
		ok(t, write(-round))
		ok(t, e.checkpointNow())
		equal(t, "with room again", state(t, e), m.String())
	}
	put(t, e, "room", "1") // in the log
	m["b"]["room"] = "1"
	_, suffix, _ := strings.Cut(e.active.log.Path(), ".db")
	d.fails(suffix, 3, false, syscall.ENOSPC)
	d.run(func() { // what fits into the log as it is goes on
		ok(t, write(5001))
		err := writeBatch(e, large("large", 1))
		if !errors.Is(err, kv.ErrDiskFull) {
			t.Errorf("a batch without room in the log: %v", err)
		}
		ok(t, write(5002))
	})
	equal(t, "with a full log", state(t, e), m.String())
	ok(t, e.Close())
	equal(t, "reopened", state(t, open(t, e.Path())), m.String())
}

// All segments hold what is being recovered, and the disk is full for the checkpoint of that: a write is refused until
// there is room, and then goes on at once.
func TestStartOfLogOnFullDisk(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	retryFullDisk = time.Hour // for good: this is a child
	path, m := newPath(t), newModel()
	e := open(t, path)
	m.write(t, e, func(b *edit) { b.put("b", "first", "1") })
	for i := range maxSegments {
		path = copyAsKilled(t, e)
		d.fails(".db", 2, true, syscall.ENOSPC)
		d.run(func() {
			e = open(t, path)
			eventually(t, "the checkpoint", func() bool { return e.stuck.Load() != nil })
		})
		if i == maxSegments-1 {
			break
		}
		// The file says that there is a log, so the start of one does not write to the file.
		d.run(func() { m.write(t, e, func(b *edit) { b.put("b", fmt.Sprint(i), "1") }) })
	}
	d.run(func() {
		for range 2 {
			if err := tryPut(e, "k", "1"); !errors.Is(err, kv.ErrDiskFull) || e.refusal() != nil {
				t.Errorf("a write on the full disk: %v, %v", err, e.refusal())
			}
		}
	})
	m.write(t, e, func(b *edit) { b.put("b", "last", "1") })
	equal(t, "with room again", state(t, e), m.String())
}

// A segment that cannot be removed is removed later, before nobody knows any more whose it is.
func TestSegmentLeftBehind(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	tune(t, Tuning{InTurn: true})
	e := open(t, newPath(t))
	m := newModel()
	for i := range 3 * rememberedNonces {
		m.write(t, e, func(b *edit) { b.put("b", fmt.Sprint(i), "v") })
		if i == 2 {
			d.t = t
			d.fails("", 0, false, syscall.EIO)
			before := d.count(func() { ok(t, e.freezeNow()) }) // where the removal is
			m.write(t, e, func(b *edit) { b.put("b", fmt.Sprint(i), "w") })
			d.fails("", before, false, syscall.EIO)
			d.run(func() { ok(t, e.freezeNow()) })
			if d.failed().Name != "unlinkat" || len(files(t, e.Path())) != 2 {
				t.Fatalf("%q failed, there are %v", d.names(), files(t, e.Path()))
			}
			continue
		}
		ok(t, e.freezeNow())
	}
	imageOf(t, copyAsKilled(t, e)).opens(t, m.String())
	ok(t, e.Close())
	if left := files(t, e.Path()); len(left) > 0 {
		t.Errorf("a closed store has left %v", left)
	}
}

// count is the number of the first removal among the operations of fn.
func (d *disk) count(fn func()) int {
	d.run(fn)
	for i, op := range d.ops {
		if op.Name == "unlinkat" {
			return i + 1
		}
	}
	d.t.Fatalf("no removal among %q", d.names())
	return 0
}

// Out of descriptors is the error of a call, or of none, and never that of the store.
func TestOutOfDescriptors(t *testing.T) {
	if !reexecuted(t) {
		return
	}
	var before syscall.Rlimit
	ok(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before))
	defer func() { ok(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before)) }()
	tune(t, Tuning{SliceBytes: 150})
	l := begin(t, func(o *Options) { o.CheckpointSize = 2000 })
	failed := 0
	for more := range 6 {
		for name, call := range map[string]func() error{
			"write":      func() error { n := len(l.errs); l.work(); return errors.Join(l.errs[n:]...) },
			"Compact":    func() error { _, _, err := l.e.Compact(ctx, nil); return err },
			"BackupFile": func() error { return backupTo(l.e, newPath(t)) },
			"Open":       func() error { _, err := Open(newPath(t), options()); return err },
		} {
			limit := before
			limit.Cur = limitFor(t, more)
			ok(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit))
			var err error
			within(t, name, func() { err = call() })
			ok(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before))
			if err != nil {
				failed++
				if !errors.Is(err, syscall.EMFILE) || errors.Is(err, kv.ErrFailed) {
					t.Errorf("%s with %d descriptors more: %v", name, more, err)
				}
			}
			if err := l.e.refusal(); err != nil {
				t.Fatalf("%s with %d descriptors more: the store takes no more writes: %v", name, more, err)
			}
			equal(t, name, state(t, l.e), l.m.String())
		}
	}
	if failed < 5 {
		t.Errorf("%d calls failed", failed)
	}
	l.write(func(b *edit) { b.put("b", "well again", "1") })
	ok(t, l.e.checkpointNow())
	l.goesOn()
}

// limitFor is the limit under which this process can have so many descriptors more.
func limitFor(t *testing.T, more int) uint64 {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	ok(t, err)
	used := map[string]bool{}
	for _, e := range entries {
		_, err := os.Readlink("/proc/self/fd/" + e.Name())
		used[e.Name()] = err == nil // the descriptor of the directory itself is closed by now
	}
	limit := 0
	for ; more > 0 || used[strconv.Itoa(limit)]; limit++ {
		if !used[strconv.Itoa(limit)] {
			more--
		}
	}
	return uint64(limit)
}
