package disk

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// journal makes batches durable: one sync for all that have been appended when the sync begins. While one sync runs the
// next batches are appended, and wait for the next sync. There is no goroutine for that: whoever waits and finds nobody
// syncing syncs, at once but for those who have announced that they are about to append.
type journal struct {
	relaxed   bool
	published *atomic.Pointer[kv.Version]
	counters  *counters
	fail      func(error) error // makes the engine refuse writes
	tookSync  func(time.Duration)
	coming    announcements // of who is about to append

	// applying is held while a batch is applied to the overlay and appended to the log, and while a version of the overlay
	// is made: so the version has just what the log has. It is taken before mu.
	applying sync.Mutex

	mu       sync.Mutex  // guards the fields below
	ended    sync.Cond   // a sync has ended; its Locker is mu
	appended uint64      // batches since the engine was opened
	durable  uint64      // of those, durable (with relaxed: handed to the system) and published
	log      *handle     // the segment in use
	overlay  *kv.Overlay // of the same generation, with everything that was appended; nil: all of that is published
	syncing  bool
	gathers  bool          // the next one to sync lets others append
	typical  time.Duration // what a sync takes
	unsynced bool          // with relaxed: something was handed to the system and not synced
	last     int           // batches of the latest sync
	err      error         // of a sync that failed; it is never tried again
}

// pending is a batch that was appended.
type pending struct {
	j      *journal
	number uint64
	empty  bool
}

// startFrom is how many operations a batch has of which the sync is started before they are applied to the overlay. To
// apply so many takes about as long as the system call.
const startFrom = 16

// append appends a batch of so many operations to the segment, and applies it to the overlay. The disk writes a large
// batch meanwhile. The caller has the turn, has checked the batch, and has reserved the room.
func (j *journal) append(log *handle, to *kv.Overlay, encoded []byte, ops int) kv.Pending {
	j.applying.Lock()
	defer j.applying.Unlock()
	number := j.note(log, to, encoded)
	if ops >= startFrom && !j.relaxed {
		j.startSync(log)
	}
	to.ApplyChecked(encoded)
	return &pending{j: j, number: number}
}

// note appends a batch to the segment, which costs no I/O, and returns its number.
func (j *journal) note(log *handle, to *kv.Overlay, encoded []byte) uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	log.Append(encoded)
	j.appended++
	j.log, j.overlay = log, to
	return j.appended
}

// startSync has the disk begin to write what was appended, unless somebody syncs at this moment. Whoever waits for a
// batch still syncs.
func (j *journal) startSync(log *handle) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.syncing && j.err == nil {
		j.alone(log.StartSync)
	}
}

// alone calls fn, which hands to the system or syncs what was appended, as the only one who does so. The caller holds
// mu, but not while fn runs, and keeps it: so nobody who waits goes on before the caller says what is durable. If fn
// fails nothing is synced any more.
func (j *journal) alone(fn func() error) {
	j.syncing = true
	j.mu.Unlock()
	err := fn()
	j.mu.Lock()
	j.syncing = false
	if err != nil {
		j.err = err
		_ = j.fail(fmt.Errorf("sync the log: %w", err))
	}
	j.ended.Broadcast()
}

// versionOf returns the state of an overlay now.
func (j *journal) versionOf(o *kv.Overlay) *kv.Version {
	j.applying.Lock()
	defer j.applying.Unlock()
	return o.Version()
}

// forget lets go of the overlay. Everything that was appended is published.
func (j *journal) forget() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.overlay = nil
}

// everything is a batch of nothing, after all that were appended.
func (j *journal) everything() kv.Pending {
	j.mu.Lock()
	defer j.mu.Unlock()
	return &pending{j: j, number: j.appended, empty: true}
}

// maxYields is how often the one who syncs lets others run first, as long as fewer have appended than the latest time:
// the callers of the latest sync have only just been woken, and those who are about to append again would miss this
// one. Where nobody is ready to run a yield costs nothing, and who was alone the last time does not yield.
const maxYields = 16

// Wait returns once the batch is durable and published.
func (p *pending) Wait() error {
	j := p.j
	j.mu.Lock()
	defer j.mu.Unlock()
	for {
		switch {
		case j.durable >= p.number:
			return nil
		case j.err != nil && p.empty:
			return fmt.Errorf("%w: what this call has read may not be durable: %w", kv.ErrFailed, j.err)
		case j.err != nil:
			return fmt.Errorf("%w: close the store and open it to find out: %w", kv.ErrOutcomeUnknown, j.err)
		case j.syncing, j.gathers:
			j.ended.Wait()
		default:
			j.gather()
			if !j.syncing && j.err == nil && j.durable < p.number {
				j.run(!j.relaxed)
			} else { // another one has synced, and those who have waited for this one must see to themselves
				j.ended.Broadcast()
			}
		}
	}
}

// gather lets others append who are about to, so that they share the next sync, which is the caller's. The caller holds
// mu, but not all the time.
func (j *journal) gather() {
	j.gathers = true
	for i := 0; i < maxYields && j.last > 1 && j.appended-j.durable < uint64(j.last) && !j.syncing && j.err == nil; i++ {
		j.mu.Unlock()
		runtime.Gosched()
		j.mu.Lock()
	}
	if !j.relaxed {
		longest := gatherFor * j.typical
		j.mu.Unlock()
		j.coming.wait(longest)
		j.mu.Lock()
	}
	j.gathers = false
}

// gatherFor is how many times as long as a sync takes, at most, the one who syncs waits for those who are about to append.
// They are mostly on their way through the processor, and come within a fraction of that.
const gatherFor = 2

// run makes durable, or with less effort hands to the system, what was appended, and publishes it. The caller holds mu,
// and nobody syncs.
func (j *journal) run(durably bool) {
	var target uint64
	var version *kv.Version
	begun := time.Now()
	j.alone(func() (err error) {
		target, version, err = j.flush(durably)
		return err
	})
	if j.err != nil {
		return
	}
	j.counters.syncs.Add(1)
	j.counters.batches.Add(target - j.durable)
	j.last, j.typical = int(target-j.durable), (3*j.typical+time.Since(begun))/4
	if target > j.durable {
		j.durable = target
		j.published.Store(version)
	}
	j.unsynced = !durably
}

// flush hands to the system what was appended so far, and syncs that if it is to be durable.
func (j *journal) flush(durably bool) (uint64, *kv.Version, error) {
	target, log, version := j.appendedSoFar()
	err := log.Flush()
	if err == nil && durably {
		begun := time.Now()
		err = log.Sync()
		j.tookSync(time.Since(begun))
	}
	hook(&afterSync)
	return target, version, err
}

// appendedSoFar returns how many batches were appended, the segment that has the last of them, and the version of the
// overlay that has them all: one for all batches that share a sync, for each costs the next batch copies.
func (j *journal) appendedSoFar() (n uint64, log *handle, version *kv.Version) {
	j.applying.Lock()
	defer j.applying.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.appended > j.durable {
		version = j.overlay.Version()
	}
	return j.appended, j.log, version
}

// sync makes everything that was appended durable, whatever relaxed says, and publishes it.
func (j *journal) sync() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for j.syncing {
		j.ended.Wait()
	}
	if j.err == nil && (j.durable < j.appended || j.unsynced) {
		j.run(true)
	}
	return j.err
}

// syncHead makes the header of a segment durable, which may be the one in use by now: what was appended to it is synced
// along, and published by whoever waits for it.
func (j *journal) syncHead(log *handle) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for j.syncing {
		j.ended.Wait()
	}
	if j.err != nil {
		return j.err
	}
	j.alone(func() error {
		if err := log.Flush(); err != nil {
			return err
		}
		return log.Sync()
	})
	return j.err
}
