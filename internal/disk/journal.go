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
// next batches are appended, and wait for the next sync. There is no goroutine for that: who waits first for a sync sees
// to it, as soon as the one before has ended, but for those who have announced that they are about to append.
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
	rounds   [2]round    // of the batches that wait for the next sync, and of those for which one runs, in turns
	upcoming uint64      // number of the round that waits for the next sync
	appended uint64      // batches since the engine was opened
	begun    uint64      // of those, the ones for which a sync has begun
	durable  uint64      // of those, durable (with relaxed: handed to the system) and published
	log      *handle     // the segment in use
	overlay  *kv.Overlay // of the same generation, with everything that was appended; nil: all of that is published
	syncing  bool
	typical  time.Duration // what a sync takes
	quickest time.Duration // what one of the quick ones takes
	unsynced bool          // with relaxed: something was handed to the system and not synced
	last     int           // batches of the latest sync
	err      error         // of a sync that failed; it is never tried again
}

// round is of those who wait for one sync: so its end wakes just them.
type round struct {
	over sync.Cond // the sync has ended; its Locker is that of the journal
	led  bool      // one of them sees to the sync
}

// init makes a journal that nothing was appended to ready.
func (j *journal) init() {
	j.ended.L = &j.mu
	for i := range j.rounds {
		j.rounds[i].over.L = &j.mu
	}
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
		j.rounds[0].over.Broadcast()
		j.rounds[1].over.Broadcast()
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

// Wait returns once the batch is durable and published. Who waits first for the next sync sees to it.
func (p *pending) Wait() error {
	j := p.j
	j.mu.Lock()
	defer j.mu.Unlock()
	for {
		next := &j.rounds[j.upcoming%2]
		switch {
		case j.durable >= p.number:
			return nil
		case j.err != nil && p.empty:
			return fmt.Errorf("%w: what this call has read may not be durable: %w", kv.ErrFailed, j.err)
		case j.err != nil:
			return fmt.Errorf("%w: close the store and open it to find out: %w", kv.ErrOutcomeUnknown, j.err)
		case j.begun >= p.number:
			j.rounds[(j.upcoming+1)%2].over.Wait()
		case next.led:
			next.over.Wait()
		default:
			next.led = true
			j.lead()
		}
	}
}

// lead returns once a sync has begun, by the caller or by somebody else, for all who wait for the next one. The caller
// holds mu, but not all the time.
func (j *journal) lead() {
	mine, gathered := j.upcoming, false
	for j.upcoming == mine && j.err == nil {
		switch {
		case j.syncing:
			j.ended.Wait()
		case !gathered:
			gathered = true
			j.gather()
		default:
			j.run(!j.relaxed)
		}
	}
}

// maxYields is how often the one who syncs lets others run first, as long as fewer have appended than the latest time:
// the callers of the latest sync have only just been woken, and those who are about to append again would miss this
// one. Where nobody is ready to run a yield costs nothing, and who was alone the last time does not yield.
const maxYields = 16

// gather lets others append who are about to, so that they share the next sync, which is the caller's. The caller holds
// mu, but not all the time.
func (j *journal) gather() {
	for i := 0; i < maxYields && j.last > 1 && j.waiting() < j.last && !j.syncing && j.err == nil; i++ {
		if !j.relaxed && j.coming.some() {
			break // who are waited for one by one
		}
		j.mu.Unlock()
		runtime.Gosched()
		j.mu.Lock()
	}
	if j.relaxed {
		return
	}
	appended, shortest, longest := j.waiting(), j.quickest, gatherFor*j.typical
	j.mu.Unlock()
	j.coming.wait(appended, shortest, longest)
	j.mu.Lock()
}

// waiting is how many batches no sync has begun for.
func (j *journal) waiting() int { return int(j.appended - j.begun) }

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
	took := time.Since(begun)
	j.last, j.typical = int(target-j.durable), (3*j.typical+took)/4
	if j.quickest += j.quickest / 16; j.quickest == 0 || took < j.quickest {
		j.quickest = took
	}
	if target > j.durable {
		j.durable = target
		j.published.Store(version)
	}
	j.rounds[(j.upcoming+1)%2].over.Broadcast()
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
// overlay that has them all: one for all batches that share a sync, for each costs the next batch copies. Who appends
// from now on waits for another sync.
func (j *journal) appendedSoFar() (n uint64, log *handle, version *kv.Version) {
	j.applying.Lock()
	defer j.applying.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.appended > j.durable {
		version = j.overlay.Version()
	}
	j.begun = j.appended
	j.upcoming++
	j.rounds[j.upcoming%2].led = false
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
