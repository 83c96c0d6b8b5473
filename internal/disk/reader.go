package disk

import (
	"bytes"
	"sync"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/pack"
)

// The read transactions of views. To begin a transaction and to find a bucket in it costs as much as to find a key, so
// views share both for as long as nothing is written to the file, which is most of the time.
//
// bbolt says that a transaction is not for several goroutines. What makes it so is the state that a transaction keeps
// of what it writes: of a read transaction, the buckets and pages are read from the mapped file each time, and the
// counts of its statistics are atomic. TestSharedReader has the race detector look.

// reader is a read transaction, as the base of views.
type reader struct {
	base  *base
	tx    *bolt.Tx
	users int // views, and the base itself while it shares the reader; guarded by base.sharing

	mu      sync.Mutex // guards buckets
	buckets map[string]kv.BaseBucket
}

// sharing is what a base knows of the reader that is shared.
type sharing struct {
	mu      sync.Mutex // guards the fields below
	reader  *reader    // nil: there is none
	stopped int        // nobody may share for now: a transaction writes, or the base closes
	turns   int        // how often it was stopped and started
}

// read begins a read transaction, or shares one; release must end it.
func (b *base) read() (*reader, error) {
	s := &b.sharing
	s.mu.Lock()
	turns := s.turns
	if r := s.reader; r != nil && !b.dead.Load() {
		r.users++
		s.mu.Unlock()
		return r, nil
	}
	s.mu.Unlock()
	tx, err := b.begin(false)
	if err != nil {
		return nil, err
	}
	hook(&beforeSharing)
	r := &reader{base: b, tx: tx, users: 1}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reader == nil && s.stopped == 0 && s.turns == turns { // or else the transaction may be of an older state
		s.reader = r
		r.users++
	}
	return r, nil
}

// release ends the use of a reader by a view.
func (r *reader) release() {
	s := &r.base.sharing
	s.mu.Lock()
	r.users--
	last := r.users == 0
	s.mu.Unlock()
	if last {
		r.base.end(r.tx)
	}
}

// stop lets go of the reader that is shared, and has each view begin a transaction of its own until start. Whoever
// writes needs that: bbolt reuses no page that a read transaction may see, and waits for all of them to map the file
// anew.
func (s *sharing) stop() {
	s.mu.Lock()
	r := s.reader
	s.reader = nil
	s.stopped++
	s.turns++
	s.mu.Unlock()
	if r != nil {
		r.release()
	}
}

func (s *sharing) start() {
	s.mu.Lock()
	s.stopped--
	s.turns++
	s.mu.Unlock()
}

// mostBuckets is of how many buckets a reader knows where they are.
const mostBuckets = 64

// Bucket returns a bucket of the root; nil if there is none.
func (r *reader) Bucket(name []byte) kv.BaseBucket {
	r.mu.Lock()
	known := r.buckets[string(name)]
	r.mu.Unlock()
	if known != nil {
		return known
	}
	if bytes.Equal(name, bucketEngine) {
		return nil
	}
	found := r.tx.Bucket(name) // may panic
	if found == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.buckets == nil || len(r.buckets) >= mostBuckets {
		r.buckets = make(map[string]kv.BaseBucket)
	}
	b := r.bucket(found)
	if rule := r.base.packing.of(name); rule != nil {
		b = pack.NewBucket(b, *rule)
	}
	r.buckets[string(name)] = b
	return b
}

// Names returns a cursor over the names of the buckets. Its values are nil.
func (r *reader) Names() kv.Cursor { return names{r.tx.Cursor()} }
