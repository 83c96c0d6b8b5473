package disk

import (
	"bytes"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/kuzzlite/kuzzlite/internal/boltfile"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// base is the open bbolt file: transactions on the file that neither panic nor hang. Compact puts another base in its
// place.
//
// bbolt panics on some damage, and following a damaged page id faults. Both become ErrCorrupt here. If that happens
// while bbolt holds locks of its own, bbolt must not be called again: the base is dead, and only its file is closed.
type base struct {
	db   *bolt.DB
	file *os.File // the db's own, for plain reads
	// pageSize is in bytes. bbolt's own answer would look at the mapped file, and fault if that was cut off.
	pageSize int
	packing  Packing
	mapped   int64 // bytes of address space that bbolt has mapped; guarded by the turn to write to the base

	use      sync.RWMutex // read-locked by each transaction, locked for good by close
	starting sync.Mutex   // guards Begin of read transactions, which hangs once another Begin has panicked
	dead     atomic.Bool
	once     sync.Once
	closeErr error

	sharing sharing
}

// errBaseClosed is returned by begin once the base was closed.
var errBaseClosed = errors.New("file is closed")

// begin begins a transaction, which end or commit must end.
func (b *base) begin(writable bool) (tx *bolt.Tx, err error) {
	if !b.use.TryRLock() {
		return nil, errBaseClosed
	}
	defer func() {
		if r := recover(); r != nil {
			b.dead.Store(true)
			err = panicked(r)
		}
		if err != nil {
			b.use.RUnlock()
		}
	}()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	if writable { // one goroutine at a time
		b.sharing.stop()
		defer func() {
			if tx == nil {
				b.sharing.start()
			}
		}()
	} else {
		b.starting.Lock()
		defer b.starting.Unlock()
	}
	if b.dead.Load() {
		return nil, fmt.Errorf("%w: close the store", kv.ErrCorrupt)
	}
	if writable {
		b.db.AllocSize = leastStep
	}
	if tx, err = b.db.Begin(writable); errors.Is(err, berrors.ErrInvalidMapping) {
		err = errors.New("the store's file is not mapped any more: close the store and open it again")
	}
	return tx, err
}

// end ends a transaction. What the transaction wrote and did not commit is gone.
func (b *base) end(tx *bolt.Tx) {
	defer b.use.RUnlock()
	if tx.Writable() {
		defer b.sharing.start()
	}
	defer func() {
		if recover() != nil {
			b.dead.Store(true)
		}
	}()
	if b.dead.Load() {
		return // bbolt's locks may be held
	}
	_ = tx.Rollback()
}

// commit commits tx and syncs the file, as bbolt does; end must still be called. maybe says that the transaction may be
// in the file although commit failed; otherwise its meta page was never written.
func (b *base) commit(tx *bolt.Tx) (maybe bool, err error) {
	id := uint64(tx.ID())
	if err = b.commitTx(tx); err == nil {
		return false, nil
	}
	return b.mayHave(id), err
}

func (b *base) commitTx(tx *bolt.Tx) (err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return tx.Commit()
}

// mayHave says whether a transaction's meta page may be in the file. Without that page the rest of the transaction lies
// in free pages.
func (b *base) mayHave(txid uint64) bool {
	if b.dead.Load() {
		return true
	}
	size, err := b.size()
	if err != nil {
		return true
	}
	header, err := boltfile.ReadHeader(b.file, size)
	return err != nil || header.Txid >= txid
}

// size returns the size of the file in bytes.
func (b *base) size() (int64, error) {
	info, err := b.file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// content estimates how many bytes of the leaf pages are taken up by keys and values. It reads some pages here and
// there. Of a file that is damaged it returns 0. The caller has the turn to write to the base.
func (b *base) content() int64 {
	size, err := b.size()
	if err != nil {
		return 0
	}
	h, err := boltfile.ReadHeader(b.file, size)
	if err != nil {
		return 0
	}
	stats := b.db.Stats()
	used := int64(h.Pages) - int64(stats.FreePageN+stats.PendingPageN)
	const places = 64
	return int64(float64(max(used, 0)*int64(h.PageSize)) * boltfile.Fill(b.file, h, places))
}

// close waits for the transactions on the base and closes the file, once.
func (b *base) close() error {
	b.once.Do(func() {
		b.sharing.stop() // for good
		b.use.Lock()     // for good
		if b.dead.Load() {
			b.closeErr = b.file.Close()
			return
		}
		b.closeErr = closeDB(b.db)
	})
	return b.closeErr
}

func closeDB(db *bolt.DB) (err error) {
	defer guard(&err)
	return db.Close()
}

// guard turns a panic of bbolt, or a fault in the mapped file, into an error: both mean damaged pages. Only code of
// this package and of bbolt may run under it.
func guard(err *error) {
	if r := recover(); r != nil {
		*err = panicked(r)
	}
}

// panicked is the error of a panic.
func panicked(r any) error {
	if _, ok := r.(runtime.Error); ok {
		return fmt.Errorf("%w: a page leads to where there is none (%v)", kv.ErrCorrupt, r)
	}
	return fmt.Errorf("%w: %v", kv.ErrCorrupt, r)
}

// The mapping. bbolt maps the file anew when the file outgrows what is mapped, to twice the size, and waits for all
// read transactions to do so. So a little more than the file is mapped at once, where the system does not back that
// with disk.

// maxMapped is how large a file may become, in bytes: on 32 bits bbolt maps 2 GiB at most, and finds no room for them.
const maxMapped = 1<<(bits.UintSize/32*31-1) - 1 // 1 GiB, or no limit

// leastMapped is how much address space the smallest store takes, in bytes.
const leastMapped = 32 << 20

// initialMapSize is how much of the address space to map for a file of size bytes; 0 leaves that to bbolt.
func initialMapSize(size int64) int {
	if bits.UintSize == 64 && runtime.GOOS != "windows" { // Windows would grow the file at once
		return int(max(leastMapped, size+size/2))
	}
	return 0
}

// mapSize is bbolt's rule: powers of two from 32 KiB to 1 GiB, then whole GiB.
func mapSize(size int64) int64 {
	const gib = 1 << 30
	for n := int64(32 << 10); n <= gib; n *= 2 {
		if size <= n {
			return n
		}
	}
	return (size + gib - 1) / gib * gib
}

// remapped notes what bbolt has mapped after a transaction: at least that much, for bbolt does not say.
func (b *base) remapped() {
	tx, err := b.begin(false)
	if err != nil {
		return
	}
	size := tx.Size() + int64(b.pageSize) // bbolt maps one page more
	b.end(tx)
	if size >= b.mapped {
		b.mapped = mapSize(size)
	}
}

// The growth of the file. bbolt syncs the file each time that it grows.

// leastStep is by how much the file grows for a transaction of a few pages, in bytes.
const leastStep = 64 << 10

// allocStep is by how much a file of size bytes grows at a time for transactions of many pages.
func allocStep(size int64) int {
	return int(min(max(size/8, 256<<10), 64<<20))
}

// names is a cursor over names that leaves out the engine's own bucket.
type names struct{ c *bolt.Cursor }

func (n names) First() (k, v []byte)          { return n.forward(n.c.First()) }
func (n names) Last() (k, v []byte)           { return n.back(n.c.Last()) }
func (n names) Seek(key []byte) (k, v []byte) { return n.forward(n.c.Seek(key)) }
func (n names) Next() (k, v []byte)           { return n.forward(n.c.Next()) }
func (n names) Prev() (k, v []byte)           { return n.back(n.c.Prev()) }

func (n names) forward(k, v []byte) ([]byte, []byte) {
	if bytes.Equal(k, bucketEngine) {
		return n.c.Next()
	}
	return k, v
}

func (n names) back(k, v []byte) ([]byte, []byte) {
	if bytes.Equal(k, bucketEngine) {
		return n.c.Prev()
	}
	return k, v
}
