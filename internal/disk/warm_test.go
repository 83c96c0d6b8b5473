package disk

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Keys that were slow to get are read before, until they are quick; what is got is the same.
func TestWarm(t *testing.T) {
	e := open(t, newPath(t))
	b := &kv.Batch{}
	name := []byte("bucket")
	b.EnsureBucket(name)
	var keys [][]byte
	for i := range 5000 {
		keys = append(keys, fmt.Appendf(nil, "k%05d", i))
		b.Put(name, keys[i], fmt.Appendf(nil, "%0200d", i))
	}
	ok(t, writeBatch(e, b))
	ok(t, e.checkpointNow())
	want := state(t, e)

	e.Warm(ctx, name, keys)
	if e.heat.cold.Load() {
		t.Error("cold from the beginning")
	}
	e.heat.noticed(100, time.Now().Add(-time.Millisecond))
	if e.heat.cold.Load() {
		t.Error("100 keys in a millisecond are slow")
	}
	e.heat.noticed(100, time.Now().Add(-time.Second))
	if !e.heat.cold.Load() {
		t.Error("100 keys in a second are not slow")
	}
	for few, want := range map[string]bool{"s": false, "sqs": false, "sqqs": false, "ss": true, "sqsqs": true, "sqsqqqs": false} {
		h := &heat{}
		for _, call := range few {
			took := time.Duration(0)
			if call == 's' {
				took = time.Second
			}
			h.noticed(1, time.Now().Add(-took))
		}
		if h.cold.Load() != want {
			t.Errorf("after calls for a key, slow and quick ones (%s), cold is %v", few, !want)
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	e.Warm(cancelled, name, keys)
	e.Warm(ctx, []byte("no such bucket"), keys[:0])
	if !e.heat.cold.Load() {
		t.Error("nothing was read, and that was quick")
	}
	for range 1000 { // on a machine that does other work at the same time it may take some
		if e.Warm(ctx, name, keys); !e.heat.cold.Load() {
			break
		}
	}
	if e.heat.cold.Load() {
		t.Error("cold in the end")
	}
	equal(t, "content", state(t, e), want)
}

// Keys are read while the file is written, compacted and closed, and where it is damaged.
func TestWarmMeanwhile(t *testing.T) {
	path := newPath(t)
	e := open(t, path)
	name := []byte("bucket")
	var keys [][]byte
	for i := range 500 {
		keys = append(keys, fmt.Appendf(nil, "k%05d", i))
	}
	write := func(round int) {
		b := &kv.Batch{}
		b.EnsureBucket(name)
		for _, key := range keys {
			b.Put(name, key, fmt.Appendf(nil, "%0300d", round))
		}
		ok(t, writeBatch(e, b))
	}
	write(0)
	ok(t, e.checkpointNow())
	stop := make(chan struct{})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					e.heat.cold.Store(true)
					e.Warm(ctx, name, keys)
				}
			}
		})
	}
	for round := range 20 {
		write(round)
		ok(t, e.checkpointNow())
		if round == 10 {
			_, _, err := e.Compact(ctx, nil)
			ok(t, err)
		}
	}
	ok(t, e.Close())
	close(stop)
	all.Wait()

	raw, err := os.ReadFile(path)
	ok(t, err)
	for i := 8 << 10; i < len(raw); i += 3 {
		raw[i] ^= 0x55
	}
	ok(t, os.WriteFile(path, raw, 0o600))
	if e, err = Open(path, nil); err == nil {
		e.heat.cold.Store(true)
		e.Warm(ctx, name, keys)
		_ = e.Close()
	}
}

// memoryFile is a file whose reads take at least so long.
type memoryFile time.Duration

func (f memoryFile) ReadAt(b []byte, _ int64) (int, error) {
	for begin := time.Now(); time.Since(begin) < time.Duration(f); {
	}
	return len(b), nil
}

// Reads that take as long as the disk does are counted, and no others. So a few keys of which the pages are in memory
// are found to be quick, however long their goroutines wait for one another.
func TestTimedFile(t *testing.T) {
	const reads = 100
	for _, tt := range []struct {
		takes       time.Duration
		least, most int64
	}{{0, 0, reads / 2}, {coldRead + 1, reads, reads}} {
		f := &timedFile{file: memoryFile(tt.takes)}
		for range reads {
			_, err := f.ReadAt(make([]byte, 8), 0)
			ok(t, err)
		}
		if n := f.slow.Load(); n < tt.least || n > tt.most {
			t.Errorf("%d of %d reads of %v count as slow", n, reads, tt.takes)
		}
	}
}
