package disk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/kv/kvtest"
	"github.com/kuzzlite/kuzzlite/internal/pack"
)

var ctx = context.Background()

// testFormat is the number of the format of the stores of these tests.
const testFormat = 7

// initial is what a store has that was just created.
func initial() *kv.Batch {
	b := &kv.Batch{}
	b.EnsureBucket([]byte("b"))
	return b
}

// testPacking packs the keys of some buckets, as random changes make them.
func testPacking(bucket []byte) *pack.Rule {
	if string(bucket) == "c" || string(bucket) == "y" {
		return &pack.Rule{First: 'k', Group: 1}
	}
	return nil
}

// options are those of the tests, with changes.
func options(change ...func(*Options)) *Options {
	o := &Options{Format: testFormat, Init: initial(), LockTimeout: time.Second, Packing: testPacking}
	for _, fn := range change {
		fn(o)
	}
	return o
}

// open opens the store at path and closes it when the test ends.
func open(t testing.TB, path string, change ...func(*Options)) *Engine {
	t.Helper()
	e, err := Open(path, options(change...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !returns(func() { e.Close() }) { // a test that failed may hold a view
			t.Errorf("Close hangs")
		}
	})
	return e
}

// newPath is where a test has its store.
func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "test.db") }

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// put puts one key into bucket b, and waits for it.
func put(t testing.TB, e *Engine, key, value string) {
	t.Helper()
	ok(t, tryPut(e, key, value))
}

func tryPut(e *Engine, key, value string) error {
	p, err := stagePut(e, key, value)
	if err != nil {
		return err
	}
	return p.Wait()
}

// stagePut puts one key into bucket b, and does not wait for it.
func stagePut(e *Engine, key, value string) (kv.Pending, error) {
	s, err := e.Begin(ctx)
	if err != nil {
		return nil, err
	}
	b := &kv.Batch{}
	b.Put([]byte("b"), []byte(key), []byte(value))
	return s.Append(b)
}

// get is the value of a key of bucket b, "-" if there is none.
func get(t testing.TB, e *Engine, key string) string {
	t.Helper()
	v, err := e.Read(ctx)
	ok(t, err)
	defer v.Release()
	return getFrom(t, v, key)
}

func getFrom(t testing.TB, v kv.View, key string) string {
	t.Helper()
	value, err := v.Get([]byte("b"), []byte(key))
	ok(t, err)
	if value == nil {
		return "-"
	}
	return string(value)
}

// content is everything in bucket b, as "key=value key=value".
func content(t testing.TB, e *Engine) string {
	t.Helper()
	v, err := e.Read(ctx)
	ok(t, err)
	defer v.Release()
	var list []string
	ok(t, v.Scan([]byte("b"), nil, false, func(k, val []byte) bool {
		list = append(list, string(k)+"="+string(val))
		return true
	}))
	return strings.Join(list, " ")
}

// freezeNow freezes the active generation, if something is in it and none is frozen.
func (e *Engine) freezeNow() error {
	<-e.turn
	defer func() { e.turn <- struct{}{} }()
	if e.active.begun.IsZero() || e.isFrozen() {
		return nil
	}
	return e.freeze(false)
}

// checkpointNow freezes the active generation and waits until the file contains it.
func (e *Engine) checkpointNow() error {
	for {
		progress := e.progress.wait()
		if !e.isFrozen() {
			break
		}
		<-progress
	}
	if err := e.freezeNow(); err != nil {
		return err
	}
	for {
		progress := e.progress.wait()
		if !e.isFrozen() {
			return nil
		}
		if err := errors.Join(e.refusal()); err != nil {
			return err
		}
		<-progress
	}
}

// copyAsKilled copies the store's files as a process that is killed at this moment would leave them.
func copyAsKilled(t testing.TB, e *Engine) (to string) {
	t.Helper()
	defer e.Pause()()
	path := e.path
	to = newPath(t)
	for _, suffix := range []string{"", "-log0", "-log1", "-log2", "-log3"} {
		b, err := os.ReadFile(path + suffix)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		ok(t, err)
		ok(t, os.WriteFile(to+suffix, b, 0o600))
	}
	return to
}

// files are the files beside the store, without the store.
func files(t testing.TB, path string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	ok(t, err)
	for _, e := range entries {
		if e.Name() != filepath.Base(path) {
			names = append(names, e.Name())
		}
	}
	return names
}

func TestWriteCloseReopen(t *testing.T) {
	path := newPath(t)
	e := open(t, path)
	put(t, e, "k", "v")
	if got := get(t, e, "k"); got != "v" {
		t.Errorf("k is %q", got)
	}
	ok(t, e.Close())
	if left := files(t, path); len(left) > 0 {
		t.Errorf("a closed store has left %v", left)
	}
	e = open(t, path)
	if got := get(t, e, "k"); got != "v" {
		t.Errorf("reopened: k is %q", got)
	}
}

func TestRecover(t *testing.T) {
	path := newPath(t)
	e := open(t, path)
	want := ""
	for i := range 30 {
		put(t, e, fmt.Sprintf("k%02d", i), fmt.Sprint(i))
		want = strings.TrimSpace(want + fmt.Sprintf(" k%02d=%d", i, i))
		if i%10 == 9 {
			ok(t, e.checkpointNow())
		}
		killed := copyAsKilled(t, e)
		since := want
		for n := range 6 { // recovers what a recovery has left
			again := open(t, killed)
			if got := content(t, again); got != since {
				t.Fatalf("after %d and %d recoveries: %s\nwant %s", i, n, got, since)
			}
			put(t, again, fmt.Sprint("n", n), "n")
			since += fmt.Sprintf(" n%d=n", n)
			killed = copyAsKilled(t, again)
			ok(t, again.Close())
		}
	}
}

func TestConformance(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"default":     func(*Options) {},
		"small":       func(o *Options) { o.CheckpointSize = 4096 },
		"relaxed":     func(o *Options) { o.Relaxed = true },
		"without log": func(o *Options) { o.NoLog = true },
		"large pages": func(o *Options) { o.PageSize = 16384 },
		"packed": func(o *Options) {
			o.CheckpointSize = 4096
			o.Packing = func([]byte) *pack.Rule { return &pack.Rule{First: 'c', Group: 1} }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kvtest.Run(t, func(t *testing.T) kv.Engine {
				path := filepath.Join(inMemory(t), "test.db")
				return open(t, path, change, func(o *Options) { o.Init = nil })
			}, kvtest.Options{
				Disturb: func(e kv.Engine) { ok(t, e.(*Engine).freezeNow()) },
				Reopen: func(t *testing.T, e kv.Engine) kv.Engine {
					ok(t, e.Close())
					return open(t, e.(*Engine).Path(), change)
				},
			})
		})
	}
}

// Who waits for the turn to write is noticed, and no longer once he has it or gives up.
func TestWaiting(t *testing.T) {
	e := open(t, newPath(t))
	s, err := e.Begin(ctx)
	ok(t, err)
	if e.Waiting() {
		t.Error("the one who has the turn waits for it")
	}
	limit := time.Now().Add(time.Minute)
	for _, gives := range []bool{true, false} {
		cancelled, cancel := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			if s, err := e.Begin(cancelled); err == nil {
				s.Release()
			}
			close(done)
		}()
		for !e.Waiting() && time.Now().Before(limit) {
			runtime.Gosched()
		}
		if !e.Waiting() {
			t.Error("nobody waits")
		}
		if gives {
			cancel()
		} else {
			s.Release()
		}
		<-done
		if cancel(); e.Waiting() {
			t.Error("somebody waits who has given up, or had the turn")
		}
	}
}
