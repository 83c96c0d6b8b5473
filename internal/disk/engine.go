package disk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/pack"
)

// Engine is an open store file. It implements kv.Engine.
type Engine struct {
	path string // absolute, without symbolic links
	opts Options
	id   [16]byte // of the file

	turn    chan struct{} // holds a token while nobody stages
	waiting atomic.Int64  // how many wait in Begin for the token
	active  *generation   // guarded by turn
	tip     position      // the end of the generation before; guarded by turn
	journal journal

	activeLog atomic.Pointer[handle] // active.log, for those without the turn

	pair      sync.RWMutex // guards base and frozen, and freezes published
	base      *base
	frozen    *generation                // nil: the base has everything but the active generation
	published atomic.Pointer[kv.Version] // of the active generation: what is durable

	writing sync.Mutex // guards what follows, and the base's content
	state   logState
	logged  bool    // there is a segment that continues the file
	mirror  *mirror // of a running Compact

	segments segments

	failure  atomic.Pointer[error] // why nothing can be written any more
	stuck    atomic.Pointer[error] // why the checkpoint under way cannot go on for now: a full disk
	tries    atomic.Uint64         // of checkpoints, begun
	stuckTry atomic.Uint64         // the try that stuck is of
	progress broadcast             // a checkpoint has ended, or cannot go on
	due      chan struct{}         // wakes the checkpointer
	retry    chan struct{}         // has a checkpoint that waits for room on the disk try again
	stop     context.Context       // done once Close has begun
	stopNow  context.CancelFunc

	compacting sync.Mutex // held by Compact
	gate       sync.Mutex // held while Close begins, and by enter
	background sync.WaitGroup
	closeOnce  sync.Once
	closeErr   error

	heat     heat
	readers  readers
	counters counters
}

// generation is an overlay with the part of the log that has the same batches.
type generation struct {
	number  uint64
	overlay *kv.Overlay // guarded by the turn while the generation is active, and changed under journal.applying
	log     *handle     // nil: there is no segment yet
	begun   time.Time   // of the first batch
	made    time.Time   // of the segment

	// Of a frozen generation:
	version  *kv.Version
	end      position
	since    []uint64  // nonces of the recovered generations that are part of this one
	logs     []*handle // its segments, and theirs
	logBytes int64     // of the records in them
	next     *handle   // the segment that continues it; nil if there was none yet when it was frozen
}

// Options says how to open a store file.
type Options struct {
	// ReadOnly opens the file for reading: neither the file nor the log is changed.
	ReadOnly bool
	// MustExist creates no file; MustBeNew opens none that is there.
	MustExist, MustBeNew bool
	// LockTimeout is how long to wait for a file that another process has open; 0 and less: not at all.
	LockTimeout time.Duration
	// Relaxed publishes batches once the system has them, and syncs the log every SyncInterval.
	Relaxed      bool
	SyncInterval time.Duration
	// NoLog writes each batch into the file at once, in a bbolt transaction.
	NoLog bool
	// CheckpointSize is how many bytes of memory the overlay takes before a checkpoint writes it to the file. A log of twice
	// as many bytes begins a checkpoint, too.
	CheckpointSize int
	// CheckpointAge is how long a batch stays in the overlay before a checkpoint writes it to the file.
	CheckpointAge time.Duration
	// Logger is told what logging.go says; nil: nothing.
	Logger *slog.Logger
	// PageSize is that of a file that is created, in bytes; 0: that of the machine.
	PageSize int
	// Format is the number of the format of what is in the file. A file with another number is refused.
	Format byte
	// Packing says which keys of a bucket are packed in the file; nil: none. It belongs to the format: a file must always be
	// opened with the same. Nobody may put a key that a rule has for bounds.
	Packing Packing
	// Init is what a file that is created has in it.
	Init *kv.Batch

	swapping bool // the swap of Compact opens the file
}

// Packing returns which keys of a bucket are packed, nil if none are.
type Packing func(bucket []byte) *pack.Rule

// of is the packing of a bucket. There may be none at all.
func (p Packing) of(bucket []byte) *pack.Rule {
	if p == nil {
		return nil
	}
	return p(bucket)
}

const (
	defaultCheckpointSize = 16 << 20
	defaultCheckpointAge  = 30 * time.Second
)

func (o *Options) resolved() Options {
	var r Options
	if o != nil {
		r = *o
	}
	if r.CheckpointSize == 0 {
		r.CheckpointSize = defaultCheckpointSize
	}
	if r.CheckpointAge == 0 {
		r.CheckpointAge = defaultCheckpointAge
	}
	if r.SyncInterval == 0 {
		r.SyncInterval = time.Second
	}
	r.NoLog = r.NoLog || !locksFirst // the log is read before bbolt locks the file
	return tuned().options(r)
}

// maxBatch is the largest batch, in bytes: a batch is held in memory, and is one record of the log.
const maxBatch = 1 << (bits.UintSize/32 + 28) // 1 GiB, on 32 bits 512 MiB

// ErrFailed is what Begin returns once writing has failed.
var ErrFailed = kv.ErrFailed

// fail makes the engine refuse writes from now on.
func (e *Engine) fail(cause error) error {
	var err error = &failure{cause}
	if e.failure.CompareAndSwap(nil, &err) {
		e.logFailure(cause)
	}
	e.progress.send()
	return *e.failure.Load()
}

// failure is the error of a store that takes no more writes.
type failure struct{ cause error }

func (f *failure) Error() string {
	return fmt.Sprintf("%v, and nothing of this call was written: close the store and open it again: %v",
		ErrFailed, f.cause)
}

func (f *failure) Unwrap() []error { return []error{ErrFailed, f.cause} }

// refusal is why nothing can be written; nil if something can.
func (e *Engine) refusal() error {
	if e.stop.Err() != nil {
		return kv.ErrClosed
	}
	if e.opts.ReadOnly {
		return kv.ErrReadOnly
	}
	if err := e.failure.Load(); err != nil {
		return *err
	}
	return nil
}

// Path returns the absolute path of the file, without symbolic links.
func (e *Engine) Path() string { return e.path }

// Announce implements kv.Announcer.
func (e *Engine) Announce(ctx context.Context) kv.Announcement { return e.journal.coming.announce(ctx) }

// Sync makes everything published durable. It has something to do with Options.Relaxed only.
func (e *Engine) Sync(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if e.stop.Err() != nil {
		return kv.ErrClosed
	}
	if !e.opts.Relaxed {
		return nil
	}
	if err := e.journal.sync(); err != nil {
		return fmt.Errorf("%w: %w", kv.ErrOutcomeUnknown, err)
	}
	return nil
}

// syncRegularly bounds what Relaxed can lose.
func (e *Engine) syncRegularly() {
	tick := time.NewTicker(e.opts.SyncInterval)
	defer tick.Stop()
	for {
		select {
		case <-e.stop.Done():
			return
		case <-tick.C:
			_ = e.journal.sync() // a failure ends all writing, which tells it
		}
	}
}

// Close makes a last checkpoint, so that the file alone is the store, removes the log, and closes the file. The lock on
// the file is released last. A store of which a write has failed is left as it is, for Open to recover: the error wraps
// ErrFailed then, for the file alone is not the store.
func (e *Engine) Close() error {
	e.closeOnce.Do(func() {
		e.gate.Lock()
		e.stopNow()
		e.gate.Unlock()
		<-e.turn // for good
		e.background.Wait()
		err := e.settle()
		e.closeLog()
		e.pair.Lock()
		b := e.base
		e.pair.Unlock()
		e.closeErr = errors.Join(err, b.close())
	})
	return e.closeErr
}

// enter makes Close wait for background.Done. It returns false if Close has begun.
func (e *Engine) enter() bool {
	e.gate.Lock()
	defer e.gate.Unlock()
	if e.stop.Err() != nil {
		return false
	}
	e.background.Add(1)
	return true
}

// settle writes what the file lacks into the file and ends the log.
func (e *Engine) settle() error {
	if e.opts.ReadOnly {
		return nil
	}
	err := e.journal.sync() // what is appended and not durable yet; a sync that has failed is not tried again
	if err != nil && e.opts.Relaxed {
		return fmt.Errorf("close: %w: %w", kv.ErrOutcomeUnknown, err)
	}
	if failed := e.failure.Load(); failed != nil {
		if e.opts.NoLog {
			return nil // there is nothing but the file, and whoever wrote was told
		}
		if f, ok := errors.AsType[*failure](*failed); ok {
			err = f.cause
		}
		return fmt.Errorf("close: %w: the store's file lacks what is in its log, from which Open recovers it: %w",
			ErrFailed, err)
	}
	var logs []*handle
	for _, g := range []*generation{e.frozen, e.lastGeneration()} {
		if g == nil {
			continue
		}
		if err := e.writeGeneration(g, g == e.active); err != nil {
			return fmt.Errorf("close: the store's file lacks what is in its log, from which Open recovers it: %w", err)
		}
		logs = append(logs, g.logs...)
	}
	if err := errors.Join(e.markClosed(), e.evenOut()); err != nil {
		return fmt.Errorf("close: the log is still in use: %w", err)
	}
	if e.active.log != nil && len(e.active.logs) == 0 {
		logs = append(logs, e.active.log)
	}
	return errors.Join(e.segments.free(logs, false), e.segments.discardSpare())
}

// closeLog closes what is left of the log after a failure. Otherwise there is nothing left.
func (e *Engine) closeLog() {
	logs := []*handle{e.active.log, e.segments.spare}
	if e.frozen != nil {
		logs = append(logs, e.frozen.logs...)
	}
	for _, h := range logs {
		if h != nil && h.Segment != nil {
			_ = h.Close() // it may be closed
		}
	}
}

// lastGeneration is the active generation as a frozen one; nil if it is empty.
func (e *Engine) lastGeneration() *generation {
	g := e.active
	if g.log == nil || g.log.Records() == 0 {
		return nil
	}
	g.version, g.end, g.logs = e.journal.versionOf(g.overlay), position{g.number, g.log.End()}, []*handle{g.log}
	return g
}

// broadcast tells all who wait for it that something has changed.
type broadcast struct {
	mu sync.Mutex // guards ch
	ch chan struct{}
}

// wait returns a channel that is closed by the next send.
func (b *broadcast) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *broadcast) send() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}
