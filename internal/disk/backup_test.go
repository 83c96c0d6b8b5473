package disk

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/boltfile"
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
	n, err := e.Backup(ctx, &toWriter, nil)
	ok(t, err)
	if n != int64(toWriter.Len()) {
		t.Errorf("%d bytes were written, and told %d", toWriter.Len(), n)
	}
	n, err = e.BackupFile(ctx, path, nil)
	ok(t, err)
	if info, err := os.Stat(path); err != nil || info.Size() != n {
		t.Errorf("the file has %d bytes, and told are %d: %v", info.Size(), n, err)
	}
	if _, err := e.BackupFile(ctx, path, nil); !errors.Is(err, ErrExists) {
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
	var checkpoints uint64
	var backups int
	for range 20 { // on a machine that does other work the writers may be done before the second backup
		if checkpoints, backups = backUpWhileWriting(t); checkpoints >= 3 && backups >= 2 {
			return
		}
	}
	t.Errorf("%d checkpoints, %d backups", checkpoints, backups)
}

func backUpWhileWriting(t *testing.T) (checkpoints uint64, backups int) {
	t.Helper()
	e := open(t, filepath.Join(inMemory(t), "test.db"), func(o *Options) { o.CheckpointSize = 2000 })
	ok(t, writeBatch(e, ensured("c")))
	c := newCrowd()
	dir := inMemory(t)
	stop := make(chan struct{})
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
	return e.Describe().Checkpoints, backups
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
	go func() { _, err := e.Backup(ctx, w, nil); result <- err }()
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
	if _, err := e.Backup(ctx, broken{}, nil); !errors.Is(err, errBroken) {
		t.Errorf("Backup: %v", err)
	}
	func() {
		defer func() {
			if r := recover(); r != errBroken {
				t.Errorf("the panic is %v", r)
			}
		}()
		_, err := e.Backup(ctx, broken{panics: true}, nil)
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
			_, err := e.BackupFile(with, to, nil)
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
	_, err = Export(ctx, v, path, options(), nil)
	ok(t, err)
	imageOf(t, path).opens(t, m.String())
	if _, err := Export(ctx, v, path, options(), nil); !errors.Is(err, ErrExists) {
		t.Errorf("over a file that exists: %v", err)
	}
}

// pagesOf are the bytes of a bbolt file that may be changed while it is open, where the system shows that in what is
// mapped.
type pagesOf struct {
	t    testing.TB
	name string
	boltfile.Header
	bytes []byte
}

func readPages(t testing.TB, name string) *pagesOf {
	t.Helper()
	if runtime.GOOS == "windows" || runtime.GOOS == "openbsd" {
		t.Skip("a mapped file does not show what is written")
	}
	b, err := os.ReadFile(name)
	ok(t, err)
	h, err := boltfile.ReadHeader(bytes.NewReader(b), int64(len(b)))
	ok(t, err)
	return &pagesOf{t, name, h, b}
}

func (p *pagesOf) page(id uint64) []byte { return p.bytes[int(id)*p.PageSize:][:p.PageSize] }

func (p *pagesOf) isLeaf(id uint64) bool { return binary.NativeEndian.Uint16(p.page(id)[8:]) == 2 }

func (p *pagesOf) count(id uint64) int { return int(binary.NativeEndian.Uint16(p.page(id)[10:])) }

// write changes bytes of a page.
func (p *pagesOf) write(id uint64, at int, b []byte) {
	p.t.Helper()
	f, err := os.OpenFile(p.name, os.O_RDWR, 0)
	ok(p.t, err)
	defer f.Close()
	_, err = f.WriteAt(b, int64(id)*int64(p.PageSize)+int64(at))
	ok(p.t, err)
}

// root is the root page of a bucket.
func (p *pagesOf) root(bucket string) uint64 {
	order := binary.NativeEndian
	for i := range p.count(p.Root) {
		e := p.page(p.Root)[16+16*i:]
		pos, n := order.Uint32(e[4:]), order.Uint32(e[8:])
		if string(e[pos:pos+n]) == bucket {
			return order.Uint64(e[pos+n:])
		}
	}
	p.t.Fatalf("there is no bucket %s", bucket)
	return 0
}

// leadTo makes the last child of a bucket's root page any page.
func (p *pagesOf) leadTo(bucket string, id uint64) {
	p.t.Helper()
	root := p.root(bucket)
	p.write(root, 16+16*(p.count(root)-1)+8, binary.NativeEndian.AppendUint64(nil, id))
}

// mislead makes the last leaf of a bucket one that was freed: bbolt panics when it commits a change of that, and would
// keep its lock.
func (p *pagesOf) mislead(bucket string) {
	p.t.Helper()
	root := p.root(bucket)
	child := func(i int) []byte { return p.page(root)[16+16*i+8:] }
	n, live := p.count(root), map[uint64]bool{p.Root: true}
	for i := range n {
		live[binary.NativeEndian.Uint64(child(i))] = true
	}
	for id := uint64(2); id < p.Pages; id++ {
		if p.isLeaf(id) && p.count(id) > 1 && !live[id] {
			p.leadTo(bucket, id)
			return
		}
	}
	p.t.Fatal("no leaf was freed")
}

// damages of a file that is open, which has leaves that were freed: what comes of each if bbolt is given the file.
var damagesOfOpenFile = map[string]func(p *pagesOf){
	"commits panic":  func(p *pagesOf) { p.mislead("b") },
	"opening panics": func(p *pagesOf) { p.write(p.Freelist, 8, make([]byte, 2)) },
	"opening faults": func(p *pagesOf) { p.write(p.Freelist, 10, []byte{0xff, 0xf0}) },
	"changes fault":  func(p *pagesOf) { p.leadTo("b", 1<<33) },
	"memory runs out": func(p *pagesOf) {
		p.write(p.Freelist, 10, bytes.Repeat([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0}, 2))
	},
	"stack runs out": func(p *pagesOf) { p.leadTo("b", p.root("b")) },
}

// toDamage is a store with leaves that were freed in its file.
func toDamage(t *testing.T) (*Engine, model) {
	e := open(t, newPath(t))
	m := newModel()
	for _, step := range []int{1, 99} {
		m.write(t, e, func(b *edit) {
			for k := 0; k < 3000; k += step {
				b.put("b", fmt.Sprintf("k%04d", k), strings.Repeat("v", 100))
			}
		})
		ok(t, e.checkpointNow())
	}
	return e, m
}

// A backup of a file that was damaged while it is open fails, whatever bbolt would make of the copy. It hung, because
// bbolt panicked and kept its lock, or the program ended.
func TestBackupOfDamagedFile(t *testing.T) {
	for name, damage := range damagesOfOpenFile {
		t.Run(name, func(t *testing.T) {
			e, m := toDamage(t)
			file := readPages(t, e.Path())
			damage(file)
			m.write(t, e, func(b *edit) { b.put("b", "k2999", "in the overlay") })
			to := newPath(t)
			within(t, "BackupFile", func() {
				if err := backupTo(e, to); !errors.Is(err, kv.ErrCorrupt) {
					t.Errorf("BackupFile: %v", err)
				}
			})
			within(t, "Backup", func() {
				if n, err := e.Backup(ctx, broken{panics: true}, nil); !errors.Is(err, kv.ErrCorrupt) || n > 0 {
					t.Errorf("Backup: %d, %v", n, err)
				}
			})
			if left := files(t, to); len(left) > 0 || exists(to) {
				t.Errorf("it has left %v", left)
			}
			for id := range file.Pages { // for Close
				file.write(id, 0, file.page(id))
			}
			equal(t, "the store itself", state(t, e), m.String())
		})
	}
}

// A file of more than 64 MiB is not looked through. What bbolt makes of damage in that ends the copy, and nothing else.
func TestCopyOfDamagedFile(t *testing.T) {
	for name, damage := range damagesOfOpenFile {
		if strings.HasSuffix(name, "runs out") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			e, _ := toDamage(t)
			path := newPath(t)
			ok(t, backupTo(e, path))
			damage(readPages(t, path))
			changes, b := kv.NewOverlay(), &kv.Batch{}
			b.Put([]byte("b"), []byte("k2999"), []byte("changed"))
			ok(t, changes.Apply(b.Encoded()))
			within(t, "a copy", func() {
				to, err := openPrivate(path, 0, nil)
				if err == nil {
					err = to.finish(writeVersion(changes.Version(), to))
				}
				if !errors.Is(err, kv.ErrCorrupt) {
					t.Errorf("a copy: %v", err)
				}
			})
			if n := openFiles(path); n > 0 {
				t.Errorf("%d files are open still", n)
			}
		})
	}
}

// bbolt keeps its lock when it panics as it begins: whoever calls it again, if only to close the file, would wait for
// ever.
func TestCopyLosesItsMetaPages(t *testing.T) {
	path := newPath(t)
	if _, err := openPrivate(path, 0, nil); !errors.Is(err, fs.ErrNotExist) || exists(path) {
		t.Errorf("a file that was removed: %v", err)
	}
	ok(t, create(path, options()))
	to, err := openPrivate(path, 0, nil)
	ok(t, err)
	file := readPages(t, path)
	for id := range uint64(2) {
		file.write(id, 16, make([]byte, 64))
	}
	within(t, "a copy", func() {
		err := to.identify(testFormat)
		if err := to.finish(err); !errors.Is(err, kv.ErrCorrupt) {
			t.Errorf("a copy: %v", err)
		}
		_ = to.close()
	})
	if n := openFiles(path); n > 0 {
		t.Errorf("%d files are open still", n)
	}
}

// A backup to a name that cannot be is refused with that name, and not with one that was made up: an empty path left a
// file where the program runs before it failed.
func TestBackupToNowhere(t *testing.T) {
	e := open(t, newPath(t))
	put(t, e, "k", "v")
	t.Chdir(t.TempDir())
	v, err := e.Read(ctx)
	ok(t, err)
	defer v.Release()
	for what, to := range map[string]func(path string) error{
		"BackupFile": func(path string) error { return backupTo(e, path) },
		"Export":     func(path string) error { _, err := Export(ctx, v, path, options(), nil); return err },
	} {
		says(t, what, to(""), kv.ErrInvalid, "invalid path: it is empty")
		missing := filepath.Join("missing", "backup.db")
		err := to(missing)
		says(t, what, err, fs.ErrNotExist, missing)
		if strings.Contains(err.Error(), ".tmp") {
			t.Errorf("%s names a file that nobody has heard of: %v", what, err)
		}
		if left := files(t, "backup.db"); len(left) > 0 {
			t.Errorf("%s has left %v", what, left)
		}
	}
}
