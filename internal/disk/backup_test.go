package disk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// backedUp is a store whose content lies in all three places: in the file, of which a slice is half done, in the frozen
// overlay, and in the active one.
func backedUp(t *testing.T) (e *Engine, m model, slice *stall) {
	t.Helper()
	tune(t, Tuning{SliceBytes: 300})
	e = open(t, newPath(t))
	m = newModel()
	rng := rand.New(rand.NewPCG(3, 3))
	write := func(what string) {
		m.write(t, e, func(b *edit) { b.random(rng, 150, what); b.ensure("b"); b.put("b", what, "1") })
	}
	write("base")
	ok(t, e.checkpointNow())
	write("frozen")
	slice = stallAt(t, &betweenSlices)
	ok(t, e.freezeNow())
	slice.wait(t)
	write("active")
	return e, m, slice
}

// A backup has everything that was acknowledged, wherever that lies, and is a closed store of its own: it does not open
// beside the log of the store that was copied.
func TestBackupOfAllLayers(t *testing.T) {
	e, m, slice := backedUp(t)
	path := newPath(t)
	var toWriter bytes.Buffer
	n, err := e.Backup(ctx, &toWriter)
	ok(t, err)
	if n != int64(toWriter.Len()) {
		t.Errorf("%d bytes were written, and told %d", toWriter.Len(), n)
	}
	n, err = e.BackupFile(ctx, path)
	ok(t, err)
	if info, err := os.Stat(path); err != nil || info.Size() != n {
		t.Errorf("the file has %d bytes, and told are %d: %v", info.Size(), n, err)
	}
	if _, err := e.BackupFile(ctx, path); !errors.Is(err, ErrExists) {
		t.Errorf("over a file that exists: %v", err)
	}
	b, err := os.ReadFile(path)
	ok(t, err)
	log := imageOf(t, e.Path())["-log0"]
	ids := map[[16]byte]bool{e.id: true}
	for _, backup := range [][]byte{toWriter.Bytes(), b} {
		image{"": backup}.opens(t, m.String())
		ids[[16]byte(lookup(backup, keyID))] = true
		beside := image{"": backup, "-log0": log}
		beside.refused(t, "is the log of another store: if the file")
	}
	if len(ids) != 3 {
		t.Errorf("three files have %d ids", len(ids))
	}
	slice.end()
	equal(t, "the store itself", state(t, e), m.String())
}

// Whatever is written meanwhile, a backup is the state of one moment: for each writer a count that was his.
func TestBackupWhileWriting(t *testing.T) {
	tune(t, Tuning{SliceBytes: 500})
	e := open(t, filepath.Join(inMemory(t), "test.db"), func(o *Options) { o.CheckpointSize = 2000 })
	ok(t, writeBatch(e, ensured("c")))
	c := newCrowd()
	dir := inMemory(t)
	stop, backups := make(chan struct{}), 0
	backing := background(t, func() error {
		var seen [crowdSize]int64
		for {
			select {
			case <-stop:
				return nil
			default:
			}
			for w := range seen {
				seen[w] = c.acknowledged[w].Load()
			}
			path := filepath.Join(dir, fmt.Sprint(backups, ".db"))
			if err := errors.Join(backupTo(e, path), hasCounts(path, seen)); err != nil {
				return err
			}
			backups++
		}
	})
	c.run(t, e)
	close(stop)
	backing()
	if n := e.Describe().Checkpoints; n < 3 || backups < 2 {
		t.Errorf("%d checkpoints, %d backups", n, backups)
	}
}

// hasCounts looks whether a backup has for each writer as much as was acknowledged, or more.
func hasCounts(path string, least [crowdSize]int64) error {
	e, err := Open(path, options(func(o *Options) { o.ReadOnly = true }))
	if err != nil {
		return err
	}
	defer e.Close()
	v, err := e.Read(ctx)
	if err != nil {
		return err
	}
	defer v.Release()
	for w := range least {
		if n, err := crowdCount(v, w); err != nil || n < least[w] {
			return fmt.Errorf("writer %d has written %d, or %d at least: %w", w, n, least[w], err)
		}
	}
	return nil
}

// slow is a writer that stops at its first Write.
type slow struct{ begun, end chan struct{} }

func (s *slow) Write(b []byte) (int, error) {
	select {
	case <-s.begun:
	default:
		close(s.begun)
	}
	<-s.end
	return len(b), nil
}

// While whoever takes a backup takes his time, everything goes on: writes, checkpoints that map the file anew, and
// Close.
func TestBackupToSlowWriter(t *testing.T) {
	e := open(t, newPath(t), func(o *Options) { o.CheckpointSize = 1 << 20 })
	put(t, e, "k", "v")
	w := &slow{make(chan struct{}), make(chan struct{})}
	result := make(chan error, 1)
	go func() { _, err := e.Backup(ctx, w); result <- err }()
	within(t, "the first Write", func() { <-w.begun })
	before := e.Describe().Checkpoints
	for i := range 12 {
		ok(t, writeBatch(e, large(fmt.Sprint(i), 4)))
	}
	ok(t, e.checkpointNow())
	if st := e.Describe(); st.Checkpoints < before+10 || st.OldestReader != 0 {
		t.Errorf("%d checkpoints, the oldest reader is %v old", st.Checkpoints-before, st.OldestReader)
	}
	within(t, "Close", func() { ok(t, e.Close()) })
	close(w.end)
	within(t, "Backup", func() {
		if err := <-result; err != nil && !errors.Is(err, kv.ErrClosed) {
			t.Errorf("Backup: %v", err)
		}
	})
	if left := files(t, e.Path()); len(left) > 0 {
		t.Errorf("it has left %v", left)
	}
}

// broken is a writer that panics, or fails.
type broken struct{ panics bool }

var errBroken = errors.New("broken pipe")

func (b broken) Write([]byte) (int, error) {
	if b.panics {
		panic(errBroken)
	}
	return 0, errBroken
}

// What a writer does wrong is the caller's: its error, and its panic, which leaves nothing behind.
func TestBackupToBrokenWriter(t *testing.T) {
	e := open(t, newPath(t))
	put(t, e, "k", "v")
	if _, err := e.Backup(ctx, broken{}); !errors.Is(err, errBroken) {
		t.Errorf("Backup: %v", err)
	}
	func() {
		defer func() {
			if r := recover(); r != errBroken {
				t.Errorf("the panic is %v", r)
			}
		}()
		_, err := e.Backup(ctx, broken{panics: true})
		t.Errorf("Backup returns: %v", err)
	}()
	for _, name := range files(t, e.Path()) {
		if !strings.HasPrefix(name, "test.db-log") {
			t.Errorf("it has left %v", name)
		}
	}
	put(t, e, "k", "w")
	within(t, "Close", func() { ok(t, e.Close()) })
}

// A backup that is given up leaves nothing, and so does one that Close ends.
func TestBackupEnds(t *testing.T) {
	for name, end := range map[string]func(e *Engine, cancel func()){
		"cancel": func(_ *Engine, cancel func()) { cancel() },
		"Close":  func(e *Engine, _ func()) { e.stopNow() }, // the first thing that Close does
	} {
		t.Run(name, func(t *testing.T) {
			e := open(t, newPath(t))
			put(t, e, "k", "v")
			with, cancel := context.WithCancel(ctx)
			at(t, &betweenBaseAndFrozen, func() { end(e, cancel) }) // of the view that is copied
			to := newPath(t)
			_, err := e.BackupFile(with, to)
			if err == nil && name == "Close" {
				return // the backup was faster
			}
			if !errors.Is(err, context.Canceled) && !errors.Is(err, kv.ErrClosed) {
				t.Errorf("BackupFile: %v", err)
			}
			if _, err := os.Lstat(to); err == nil || len(files(t, to)) > 0 {
				t.Errorf("there is %v", files(t, to))
			}
		})
	}
}

// Export writes what any view shows, a memory engine's too.
func TestExport(t *testing.T) {
	m := model{}
	b := &edit{m: m}
	b.random(rand.New(rand.NewPCG(9, 9)), 300, "v")
	memory := kv.NewMemory(&b.Batch)
	v, err := memory.Read(ctx)
	ok(t, err)
	defer v.Release()
	path := newPath(t)
	_, err = Export(ctx, v, path, options())
	ok(t, err)
	imageOf(t, path).opens(t, m.String())
	if _, err := Export(ctx, v, path, options()); !errors.Is(err, ErrExists) {
		t.Errorf("over a file that exists: %v", err)
	}
}
