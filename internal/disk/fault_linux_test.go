package disk

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/fault"
)

// disk is a disk of which operations fail: of all operations on files that something makes, each in turn. That takes a
// child, as what package fault does stays.
type disk struct {
	t   *testing.T
	dir string

	mu    sync.Mutex // guards the fields below
	armed bool
	at    int    // which operation fails, counted from 1; 0: none
	stays bool   // and all those that follow
	file  string // only operations on files count whose path has this end; "": on all
	errno syscall.Errno
	ops   []fault.Operation // that count, while the disk was armed
}

// newDisk returns the disk on which the test's temporary directories are. It ends the test where that is not possible,
// and runs the test in a child: then it returns nil.
func newDisk(t *testing.T) *disk {
	t.Helper()
	if !reexecuted(t) {
		return nil
	}
	d := &disk{t: t, dir: inMemory(t)}
	t.Setenv("TMPDIR", d.dir)
	if err := fault.Intercept(d.decide); err != nil {
		t.Skip(err)
	}
	return d
}

func (d *disk) decide(op fault.Operation) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.armed || op.Path != "" && !strings.HasPrefix(op.Path, d.dir) || !strings.HasSuffix(op.Path, d.file) {
		return 0
	}
	d.ops = append(d.ops, op)
	n := len(d.ops)
	if d.at == 0 || n < d.at || n > d.at && !d.stays || d.errno == syscall.EMFILE && op.Name != "openat" {
		return 0
	}
	return d.errno
}

// arm makes the disk fail as it is set from now on, or be well.
func (d *disk) arm(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.armed = on; on {
		d.ops = nil
	}
}

// run runs fn while the disk fails. It says whether anything failed.
func (d *disk) run(fn func()) bool {
	d.arm(true)
	fn()
	d.arm(false)
	return d.at > 0 && d.at <= len(d.ops) && (d.errno != syscall.EMFILE || d.failed().Name == "openat")
}

// failed is the first operation that failed.
func (d *disk) failed() fault.Operation { return d.ops[d.at-1] }

// names are the operations with the ends of the paths.
func (d *disk) names() (names []string) {
	for _, op := range d.ops {
		_, file, _ := strings.Cut(op.Path, ".db")
		names = append(names, strings.TrimSpace(op.Name+" "+strings.TrimPrefix(file, "-")))
	}
	return names
}

// each runs test once on a disk that is well, which must call run, and then for each operation that was made there, for
// each kind of failure.
func (d *disk) each(test func(t *testing.T)) {
	for _, kind := range []struct {
		errno syscall.Errno
		stays bool
	}{
		{syscall.EIO, false}, {syscall.EIO, true}, {syscall.ENOSPC, false}, {syscall.ENOSPC, true}, {syscall.EMFILE, false},
	} {
		d.errno, d.stays = kind.errno, kind.stays
		total := 0
		var names []string
		for d.at = 0; d.at <= total; d.at++ {
			if at := d.at - 1; at > 1 && at < total-1 && names[at-1] == names[at] && names[at] == names[at+1] {
				continue // of many alike the first two and the last are enough
			}
			d.t.Run(fmt.Sprintf("%d at %d, stays %v", d.errno, d.at, d.stays), func(t *testing.T) {
				test(t)
				if d.at == 0 {
					total, names = len(d.ops), d.names()
				} else if t.Failed() {
					names := d.names()
					t.Logf("failed the last of %q, then came %q", names[:min(d.at, len(names))], names[min(d.at, len(names)):])
				}
			})
		}
	}
}

// Operations of a write, of the first one after Open, of a freeze and of a checkpoint, in their order.
func TestOperations(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	e := open(t, newPath(t), func(o *Options) { o.CheckpointSize = 1 << 30 })
	tune(t, Tuning{InTurn: true})
	expect := func(what string, fn func(), want ...string) {
		t.Helper()
		d.run(fn)
		got := slices.Compact(d.names())
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q instead of %q", what, got, want)
		}
	}
	base := []string{"pwrite", "fdatasync", "pwrite", "fdatasync"} // pages, then the meta page
	write := func() { put(t, e, "k", "v") }
	expect("the first write", write, slices.Concat(
		[]string{"openat", "fchmod log0", "fchown log0", "ftruncate log0", "pwrite log0", "fsync log0", "fsync"}, // its segment,
		base, // the mark that there is one,
		[]string{"ftruncate log0", "pwrite log0", "fdatasync log0"})...) // the record, and room for others
	expect("a write", write, "pwrite log0", "fdatasync log0")
	_, err := stagePut(e, "k", "v")
	ok(t, err)
	put(t, e, "k", "v")
	freeze := func() { ok(t, e.freezeNow()) }
	expect("a checkpoint", freeze, slices.Concat(
		[]string{"openat", "fchmod log1", "fchown log1", "ftruncate log1", "pwrite log1", "fsync log1", "fsync"}, // the next segment
		base, []string{"unlinkat", "fsync"})...)
	// With a segment that is recycled: its header is durable before the file contains what the header continues.
	tuning.Store(nil)
	slice := stallAt(t, &beforeCommit)
	write()
	freeze()
	slice.wait(t)
	write() // so that a segment is kept
	slice.end()
	eventually(t, "the end of the checkpoint", func() bool { return e.counters.checkpoints.Load() == 2 })
	_, err = stagePut(e, "k", "v")
	ok(t, err)
	tune(t, Tuning{InTurn: true})
	expect("a checkpoint with a segment that is recycled", freeze, slices.Concat(
		[]string{"pwrite log0", "fdatasync log0", "pwrite log1", "fdatasync log1"}, base, []string{"unlinkat", "fsync"})...)
	write()
	expect("Close", func() { ok(t, e.Close()) }, slices.Concat(base, base, []string{"unlinkat", "fsync"})...)
}
