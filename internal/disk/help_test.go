package disk

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// What the tests of this package share: waiting for what might hang, stopping a goroutine between two steps, a model of
// what a store has, and a look at files from outside.

// patience is how long anything may take that must not hang.
const patience = 20 * time.Second

// within runs fn and fails the test, with all stacks, if fn does not return.
func within(t testing.TB, what string, fn func()) {
	t.Helper()
	if !returns(fn) {
		stacks := make([]byte, 1<<20)
		t.Fatalf("hangs: %s\n%s", what, stacks[:runtime.Stack(stacks, true)])
	}
}

func returns(fn func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn()
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// eventually yields until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for begun := time.Now(); !holds(); runtime.Gosched() {
		if time.Since(begun) > patience {
			stacks := make([]byte, 1<<20)
			t.Fatalf("never: %s\n%s", what, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// at has fn called at a place of hooks.go until the test ends.
func at(t testing.TB, place *atomic.Pointer[func()], fn func()) {
	place.Store(&fn)
	t.Cleanup(func() { place.Store(nil) })
}

// stall stops the first goroutine that comes to a place.
type stall struct {
	reached chan struct{} // closed once a goroutine has come there
	end     func()        // lets the goroutine go on
}

func stallAt(t testing.TB, place *atomic.Pointer[func()]) *stall {
	released := make(chan struct{})
	s := &stall{reached: make(chan struct{}), end: sync.OnceFunc(func() { close(released) })}
	var taken atomic.Bool
	at(t, place, func() {
		if taken.CompareAndSwap(false, true) {
			close(s.reached)
			<-released
		}
	})
	t.Cleanup(s.end)
	return s
}

// wait waits until a goroutine is stopped.
func (s *stall) wait(t testing.TB) {
	t.Helper()
	within(t, "nobody comes to the place", func() { <-s.reached })
}

// background runs fn in a goroutine. The function that it returns waits for fn.
func background(t testing.TB, fn func() error) (wait func()) {
	result := make(chan error, 1)
	go func() { result <- fn() }()
	return func() {
		t.Helper()
		within(t, "the goroutine", func() { result <- <-result })
		ok(t, <-result)
	}
}

// tune tunes what the test opens.
func tune(t testing.TB, to Tuning) {
	Tune(to)
	t.Cleanup(func() { tuning.Store(nil) })
}

// equal compares states, and prints little of them.
func equal(t testing.TB, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	part := func(s string) string { return s[max(0, i-60):min(len(s), i+60)] }
	t.Fatalf("%s: %d bytes instead of %d, which differ from byte %d on:\n got …%s…\nwant …%s…",
		what, len(got), len(want), i, part(got), part(want))
}

// says fails the test unless an error is of a kind and has a text in it.
func says(t testing.TB, what string, err, kind error, text string) {
	t.Helper()
	if !errors.Is(err, kind) || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: the error is not %q, or does not say %q: %v", what, kind, text, err)
	}
}

// model is what a store has: keys with values in buckets.
type model map[string]map[string]string

func (m model) String() string {
	var s strings.Builder
	for _, name := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&s, "[%s]", name)
		for _, k := range slices.Sorted(maps.Keys(m[name])) {
			fmt.Fprintf(&s, " %s=%s", k, m[name][k])
		}
		s.WriteByte('\n')
	}
	return s.String()
}

// dump is what a view shows, in the words of model.String.
func dump(t testing.TB, v kv.View) string {
	t.Helper()
	s, err := tryDump(v)
	ok(t, err)
	return s
}

func tryDump(v kv.View) (string, error) {
	var s strings.Builder
	var scanErr error
	err := v.Buckets(nil, func(name []byte) bool {
		fmt.Fprintf(&s, "[%s]", name)
		scanErr = v.Scan(name, nil, false, func(k, value []byte) bool {
			fmt.Fprintf(&s, " %s=%s", k, value)
			return true
		})
		s.WriteByte('\n')
		return scanErr == nil
	})
	if err == nil {
		err = scanErr
	}
	return s.String(), err
}

// state is what an engine shows now.
func state(t testing.TB, e *Engine) string {
	t.Helper()
	v, err := e.Read(ctx)
	ok(t, err)
	defer v.Release()
	return dump(t, v)
}

// edit is a batch that is made of a model, too.
type edit struct {
	kv.Batch
	m model
}

func (b *edit) put(bucket, key, value string) {
	b.Put([]byte(bucket), []byte(key), []byte(value))
	b.m[bucket][key] = value
}

func (b *edit) delete(bucket, key string) {
	b.Delete([]byte(bucket), []byte(key))
	delete(b.m[bucket], key)
}

func (b *edit) deleteRange(bucket, from, to string) {
	b.DeleteRange([]byte(bucket), []byte(from), []byte(to))
	maps.DeleteFunc(b.m[bucket], func(k, _ string) bool { return k >= from && (to == "" || k < to) })
}

func (b *edit) ensure(bucket string) {
	b.EnsureBucket([]byte(bucket))
	if b.m[bucket] == nil {
		b.m[bucket] = map[string]string{}
	}
}

func (b *edit) drop(bucket string) {
	b.DropBucket([]byte(bucket))
	delete(b.m, bucket)
}

// random makes n random changes. value makes each value one that no other change makes.
func (b *edit) random(rng *rand.Rand, n int, value string) {
	key := func() string { return fmt.Sprintf("k%03d", rng.IntN(400)) }
	for i := range n {
		bucket := string("bcxy"[rng.IntN(4)])
		b.ensure(bucket)
		switch p := rng.IntN(100); {
		case p < 70:
			b.put(bucket, key(), fmt.Sprintf("%s.%d%s", value, i, strings.Repeat("~", rng.IntN(50))))
		case p < 88:
			b.delete(bucket, key())
		case p < 96:
			from := rng.IntN(400)
			b.deleteRange(bucket, fmt.Sprintf("k%03d", from), fmt.Sprintf("k%03d", from+rng.IntN(60)))
		default:
			b.drop(bucket)
		}
	}
}

// write makes changes to the model and to the engine, and waits for them.
func (m model) write(t testing.TB, e *Engine, change func(b *edit)) {
	t.Helper()
	b := &edit{m: m}
	change(b)
	ok(t, writeBatch(e, &b.Batch))
}

func writeBatch(e *Engine, b *kv.Batch) error {
	s, err := e.Begin(ctx)
	if err != nil {
		return err
	}
	p, err := s.Append(b)
	if err != nil {
		return err
	}
	return p.Wait()
}

// newModel is what a store has that was just created.
func newModel() model { return model{"b": {}} }

// image is the files of a store at one moment: the store's own under "", those of its log under their suffixes.
type image map[string][]byte

var suffixes = []string{"", "-log0", "-log1", "-log2", "-log3"}

// imageOf reads the files of a store, while nobody changes them.
func imageOf(t testing.TB, path string) image {
	t.Helper()
	m := image{}
	for _, suffix := range suffixes {
		b, err := os.ReadFile(path + suffix)
		if os.IsNotExist(err) {
			continue
		}
		ok(t, err)
		m[suffix] = b
	}
	return m
}

// write makes files of an image, in a directory of their own.
func (m image) write(t testing.TB) (path string) {
	t.Helper()
	path = newPath(t)
	m.writeTo(t, path)
	return path
}

func (m image) writeTo(t testing.TB, path string) {
	t.Helper()
	for suffix, b := range m {
		used := len(b)
		for used > 0 && b[used-1] == 0 {
			used--
		}
		ok(t, os.WriteFile(path+suffix, b[:used], 0o600))
		ok(t, os.Truncate(path+suffix, int64(len(b)))) // without writing zeros
	}
}

// unchanged fails the test unless the files of the store are those of the image, and nothing else is in the directory.
func (m image) unchanged(t testing.TB, path string) {
	t.Helper()
	now := imageOf(t, path)
	for _, suffix := range suffixes {
		if string(now[suffix]) != string(m[suffix]) {
			t.Errorf("%q: the file was changed: %d bytes instead of %d", suffix, len(now[suffix]), len(m[suffix]))
		}
	}
	if n := len(files(t, path)) + 1; n != len(m) {
		t.Errorf("%d files instead of %d: %v", n, len(m), files(t, path))
	}
}

// opens opens the store of an image and fails the test unless that shows what is wanted. Afterwards the store must be
// good for more, and its file for bbolt.
func (m image) opens(t testing.TB, want string) {
	t.Helper()
	path := m.write(t)
	sound(t, path)
	e := open(t, path)
	equal(t, "recovered", state(t, e), want)
	put(t, e, "more", "1")
	ok(t, e.Close())
	sound(t, path)
	if left := files(t, path); len(left) > 0 {
		t.Errorf("a closed store has left %v", left)
	}
	e = open(t, path)
	if got := get(t, e, "more"); got != "1" {
		t.Errorf("a key that was written after the recovery is %q", got)
	}
	ok(t, e.Close())
}

// sound has bbolt check a file.
func sound(t testing.TB, path string) {
	t.Helper()
	db, err := bolt.Open(path, 0, &bolt.Options{ReadOnly: true, Timeout: time.Second})
	ok(t, err)
	defer db.Close()
	ok(t, db.View(func(tx *bolt.Tx) error {
		for err := range tx.Check() {
			t.Errorf("bbolt's check: %v", err)
		}
		return nil
	}))
}

// openFiles counts the descriptors of this process for files in the directory of path, removed ones too; 0 where the
// system does not tell.
func openFiles(path string) (n int) {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		target, _ := os.Readlink("/proc/self/fd/" + e.Name())
		if strings.HasPrefix(target, filepath.Dir(path)+"/") {
			n++
		}
	}
	return n
}

// copies is openFiles without the log, of which the segments come and go.
func copies(path string) (n int) {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		target, _ := os.Readlink("/proc/self/fd/" + e.Name())
		if strings.HasPrefix(target, filepath.Dir(path)+"/") && !strings.HasPrefix(target, path+"-log") {
			n++
		}
	}
	return n
}

// inMemory is a directory whose files need no disk, where the system has one; otherwise one of t.
func inMemory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "kuzzlite-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// backupTo makes a backup in a new file.
func backupTo(e *Engine, path string) error {
	_, err := e.BackupFile(ctx, path, nil)
	return err
}
