package kuzzlite

import (
	"math"
	"sync"
)

// Queues that time empties: the tombstones of each collection, and with FeedMaxAge the change feed. A queue is
// under the name of its bucket.

// dues remembers of each queue a time, in ms since 1970, before which nothing in it was put there. So a call looks
// into a queue only if something in it can be due. A queue that it knows nothing of must be looked into.
//
// The times are of the staged state. A call may change them in its turn; if its batch is not appended it must forget
// them.
type dues struct {
	mu     sync.Mutex // guards oldest
	oldest map[string]int64
}

// never is the oldest time in an empty queue.
const never = math.MaxInt64

// maybe says whether something in a queue may have been put there before a time.
func (d *dues) maybe(queue []byte, before int64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, known := d.oldest[string(queue)]
	return !known || at < before
}

// seen notes the oldest time that was found in a queue, or never.
func (d *dues) seen(queue []byte, at int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.oldest == nil {
		d.oldest = make(map[string]int64)
	}
	d.oldest[string(queue)] = at
}

// put notes that something is put into a queue.
func (d *dues) put(queue []byte, at int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if old, known := d.oldest[string(queue)]; known && at < old {
		d.oldest[string(queue)] = at
	}
}

// forget forgets queues, which is always right: they are looked into the next time.
func (d *dues) forget(queues ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, q := range queues {
		delete(d.oldest, q)
	}
}

// forgetAll forgets all queues.
func (d *dues) forgetAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.oldest)
}
