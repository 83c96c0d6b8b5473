package segment

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/fault"
)

// inChild runs the test in a child, as what package fault does stays, and says whether this is the child.
func inChild(t *testing.T) bool {
	t.Helper()
	const environment = "KUZZLITE_SEGMENT_CHILD"
	if os.Getenv(environment) == t.Name() {
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), environment+"="+t.Name())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if strings.Contains(string(out), "--- SKIP") {
		t.Skipf("%s", out)
	}
	return false
}

// disk fails one operation on the files below a directory.
type disk struct {
	dir   string
	errno syscall.Errno
	mu    sync.Mutex // guards the fields below
	armed bool
	at    int // which operation to fail, counted from 1; 0: none
	names []string
}

func newDisk(t *testing.T, errno syscall.Errno) *disk {
	t.Helper()
	d := &disk{dir: t.TempDir(), errno: errno}
	if err := fault.Intercept(d.decide); err != nil {
		t.Skip(err)
	}
	return d
}

func (d *disk) decide(op fault.Operation) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.armed || op.Path != "" && !strings.HasPrefix(op.Path, d.dir) {
		return 0
	}
	if d.names = append(d.names, op.Name); len(d.names) == d.at {
		return d.errno
	}
	return 0
}

// run runs fn with an operation failing, and says which ones there were.
func (d *disk) run(at int, fn func()) []string {
	d.arm(true, at)
	fn()
	d.arm(false, 0)
	return d.names
}

func (d *disk) arm(on bool, at int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.armed, d.at = on, at; on {
		d.names = nil
	}
}

// A full disk is met by Reserve alone, at any of its writes, and changes nothing.
func TestFullDisk(t *testing.T) {
	if !inChild(t) {
		return
	}
	d := newDisk(t, syscall.ENOSPC)
	w := &writer{must(Create(filepath.Join(d.dir, "segment"), nil, header(1)))(t), t}
	w.write("one")
	large := string(make([]byte, fillStep+100))
	before, size := w.file(), w.FileSize()
	for _, at := range []int{1, 2, 40, (2*fillStep - int(size)) / pageSize} {
		d.run(at, func() {
			if err := w.Reserve(len(large)); !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("write %d: %v", at, err)
			}
		})
		if string(before) != string(w.file()) || w.FileSize() != size {
			t.Errorf("write %d: the file was changed", at)
		}
		w.expect("one")
	}
	writes := d.run(0, func() { check(t, w.Reserve(len(large))) })
	want := append([]string{"ftruncate"}, slices.Repeat([]string{"pwrite"}, (2*fillStep-int(size))/pageSize)...)
	if !slices.Equal(writes, want) {
		t.Errorf("%q", writes)
	}
	grown := w.fileSize()
	w.write(large)
	if n := w.fileSize(); n != grown {
		t.Errorf("%d bytes grew to %d", grown, n)
	}
	w.expect("one", large)
}

// A record costs one write and one sync, and no sync is tried again.
func TestOperations(t *testing.T) {
	if !inChild(t) {
		return
	}
	d := newDisk(t, syscall.EIO)
	w := &writer{must(Create(filepath.Join(d.dir, "segment"), nil, header(1)))(t), t}
	w.write("one")
	ops := d.run(0, func() {
		w.write("two")
		check(t, errors.Join(w.Flush(), w.Sync()))
	})
	if want := []string{"pwrite", "fdatasync"}; !slices.Equal(ops, want) {
		t.Errorf("%q instead of %q", ops, want)
	}
	ops = d.run(0, func() { // StartSync begins what Sync ends
		w.append("three")
		check(t, errors.Join(w.StartSync(), w.StartSync(), w.Flush()))
		if w.Synced() != 2 {
			t.Errorf("%d records are durable before the sync", w.Synced())
		}
		check(t, w.Sync())
	})
	if want := []string{"pwrite", "sync_file_range", "fdatasync"}; !slices.Equal(ops, want) {
		t.Errorf("%q instead of %q", ops, want)
	}
	w.append("four")
	ops = d.run(2, func() {
		check(t, w.Flush())
		for range 3 {
			if err := w.Sync(); !errors.Is(err, syscall.EIO) {
				t.Errorf("Sync: %v", err)
			}
		}
		if err := w.Flush(); !errors.Is(err, syscall.EIO) {
			t.Errorf("Flush: %v", err)
		}
	})
	if want := []string{"pwrite", "fdatasync"}; !slices.Equal(ops, want) {
		t.Errorf("%q instead of %q", ops, want)
	}
	if w.Synced() != 3 {
		t.Errorf("%d records are durable", w.Synced())
	}
}

// A system that does not know sync_file_range, or forbids it, writes with fdatasync. What fails otherwise has failed.
func TestStartSyncFails(t *testing.T) {
	if !inChild(t) {
		return
	}
	for errno, works := range map[syscall.Errno]bool{
		syscall.ENOSYS: true, syscall.EPERM: true, syscall.EINVAL: true, syscall.EIO: false, syscall.ENOSPC: false,
	} {
		d := newDisk(t, errno)
		w := &writer{must(Create(filepath.Join(d.dir, "segment"), nil, header(1)))(t), t}
		w.write("one")
		w.append("two")
		ops := d.run(2, func() {
			if err := w.StartSync(); works != (err == nil) || !works && !errors.Is(err, errno) {
				t.Errorf("%v: %v", errno, err)
			}
		})
		if want := []string{"pwrite", "sync_file_range"}; !slices.Equal(ops, want) {
			t.Errorf("%q instead of %q", ops, want)
		}
		if err := w.Sync(); works != (err == nil) || works != (w.Synced() == 2) {
			t.Errorf("%v: Sync: %v, %d records are durable", errno, err, w.Synced())
		}
	}
}

// Create gives the file its size, or else a write that is cut off leaves any, then syncs the header, and then the name.
// Whatever fails, nothing is left behind.
func TestCreateFails(t *testing.T) {
	if !inChild(t) {
		return
	}
	d := newDisk(t, syscall.EIO)
	path := filepath.Join(d.dir, "segment")
	steps := []string{"openat", "ftruncate", "pwrite", "fsync", "fsync"}
	for at := range len(steps) + 1 {
		var s *Segment
		var err error
		ops := d.run(at, func() { s, err = Create(path, nil, header(1)) })
		if at == 0 {
			if check(t, err); !slices.Equal(ops, steps) {
				t.Fatalf("%q instead of %q", ops, steps)
			}
			check(t, s.Remove())
			continue
		}
		if !errors.Is(err, syscall.EIO) || s != nil {
			t.Errorf("%s: %v", ops, err)
		}
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s fails: %v", ops, err)
		}
	}
}

// What is read is synced first; a failed sync is told, and not as damage.
func TestReadSyncs(t *testing.T) {
	if !inChild(t) {
		return
	}
	d := newDisk(t, syscall.EIO)
	path := filepath.Join(d.dir, "segment")
	w := &writer{must(Create(path, nil, header(1)))(t), t}
	w.write("one")
	for name, read := range map[string]func() error{
		"Read":           func() error { _, err := Read(path, false); return err },
		"Read, readOnly": func() error { _, err := Read(path, true); return err },
	} {
		ops := d.run(0, func() { check(t, read()) })
		if !slices.Equal(ops, []string{"fsync"}) {
			t.Errorf("%s: %q", name, ops)
		}
		d.run(1, func() {
			if err := read(); !errors.Is(err, syscall.EIO) || errors.Is(err, ErrCorrupt) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	if ops := d.run(0, func() { _, _, _ = ReadHeader(path) }); len(ops) > 0 {
		t.Errorf("ReadHeader: %q", ops)
	}
	d.errno = syscall.EROFS
	d.run(1, func() {
		if _, err := Read(path, true); err != nil {
			t.Error(err)
		}
	})
	d.run(1, func() {
		if _, err := Read(path, false); !errors.Is(err, syscall.EROFS) {
			t.Errorf("a log that cannot be made durable: %v", err)
		}
	})
}
