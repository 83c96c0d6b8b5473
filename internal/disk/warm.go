package disk

import (
	"context"
	"io"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/boltfile"
	"github.com/kuzzlite/kuzzlite/internal/pack"
)

// Keys whose pages are not in memory. bbolt's file is mapped, and bbolt advises the system not to read ahead, so that each
// page which is missing is one read from the disk, and a list of keys waits for one after the other. A disk that is
// asked for several pages at once gives several times as many. So where reads are slow the pages of a list are touched
// by several goroutines first, before the turn to write: others have their turns meanwhile.

// heat knows whether the pages that are asked for are in memory.
type heat struct {
	cold atomic.Bool
	slow atomic.Int32 // calls for a few keys that took long lately, less those that did not, in halves
}

const (
	coldKey  = 20 * time.Microsecond // a key that takes longer was read from the disk
	coldRead = 20 * time.Microsecond // a page, too: one that is in memory takes a tenth of that
	warmKeys = 8                     // keys to one page from the disk need not be touched
	touchers = 16                    // goroutines that read at once: disks gain little by more
)

// noticed takes note of how long it took to get so many keys. One call for a few of them says little: its goroutine may
// have waited for a processor.
func (h *heat) noticed(keys int, since time.Time) {
	n := h.slow.Load()
	switch {
	case time.Since(since) <= time.Duration(keys)*coldKey:
		if n > 0 {
			h.slow.CompareAndSwap(n, n-1)
		}
	case keys < warmKeys && n < 2:
		h.slow.Add(2)
	case !h.cold.Load():
		h.cold.Store(true)
	}
}

// Warm reads what the keys of a bucket need from the disk into memory, if reads were slow before. It is of no consequence
// but to how long it takes to get the keys.
func (e *Engine) Warm(ctx context.Context, bucket []byte, keys [][]byte) {
	if !e.heat.cold.Load() || len(keys) == 0 {
		return
	}
	v, err := e.read(ctx)
	if err != nil {
		return
	}
	defer v.Release()
	if slow, ok := v.touch(ctx, bucket, keys); ok && slow <= len(keys)/warmKeys {
		e.heat.cold.Store(false)
	}
}

// touch reads the pages of keys, and says how many pages came from the disk, and whether all were read.
func (v *view) touch(ctx context.Context, bucket []byte, keys [][]byte) (slow int, ok bool) {
	root, header, ok := v.root(bucket)
	if !ok {
		return 0, false
	}
	file := &timedFile{file: v.reader.base.file}
	n := min(touchers, len(keys))
	stop := func() bool { return ctx.Err() != nil }
	var all sync.WaitGroup
	for i := range n {
		some := keys[i*len(keys)/n : (i+1)*len(keys)/n]
		all.Go(func() { boltfile.Touch(file, header, root, some, stop) })
	}
	all.Wait()
	return int(file.slow.Load()), ctx.Err() == nil
}

// timedFile counts the reads of a file that took as long as the disk does. How long all reads of a call take would tell
// less: where other work is done at the same time, goroutines wait for a processor longer than for pages in memory.
type timedFile struct {
	file io.ReaderAt
	slow atomic.Int64
}

func (f *timedFile) ReadAt(b []byte, at int64) (int, error) {
	begin := time.Now()
	n, err := f.file.ReadAt(b, at)
	if time.Since(begin) > coldRead {
		f.slow.Add(1)
	}
	return n, err
}

// root returns the root page of a bucket of the file and what is to be known of the file, if the bucket has pages of its
// own and can be read.
func (v *view) root(bucket []byte) (root uint64, h boltfile.Header, ok bool) {
	defer func() {
		if recover() != nil { // damage is told by who gets the keys
			ok = false
		}
	}()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	stored := v.reader.Bucket(bucket)
	if packed, ok := stored.(*pack.Bucket); ok {
		stored = packed.Blocks()
	}
	found, ok := stored.(*pagedBucket)
	if !ok { // or the bucket lies in the page of the root bucket, which was read
		return 0, h, false
	}
	size := v.reader.tx.Size()
	root = found.Root()
	h = boltfile.Header{
		PageSize: v.reader.base.pageSize, Pages: uint64(size) / uint64(v.reader.base.pageSize), Root: root, Size: size,
	}
	return root, h, true
}
