package disk

import (
	"sync/atomic"
	"time"
)

// Places where tests stop a goroutine between two steps. Nothing sets them in a program.
var (
	betweenOverlayAndBase atomic.Pointer[func()] // of a view
	beforeSharing         atomic.Pointer[func()] // of a view, once a transaction of its own has begun
	betweenBaseAndFrozen  atomic.Pointer[func()] // of a view, once it has its transaction
	afterSync             atomic.Pointer[func()] // of the log, before anything is published
	beforeCommit          atomic.Pointer[func()] // of a slice, or of a batch without a log; holds the turn to the base
	betweenSlices         atomic.Pointer[func()] // of a checkpoint
	beforeDrop            atomic.Pointer[func()] // of a frozen overlay that is in the file
	beforeRoom            atomic.Pointer[func()] // in the overlay is asked for, by one who has the turn
	beforeChunk           atomic.Pointer[func()] // of Compact
	beforeSwap            atomic.Pointer[func()] // of Compact, which holds the turn to write to the base
	afterSwap             atomic.Pointer[func()] // of Compact, before the name is durable
	afterKeeping          atomic.Pointer[func()] // of a restore: the old store has both its names
	afterCopying          atomic.Pointer[func()] // of a restore without hard links: a copy has no name of its own yet
	beforeReplacing       atomic.Pointer[func()] // of a restore: the new file is about to get the name
	afterReplacing        atomic.Pointer[func()] // of a restore: the new file is beside the old log
)

// scarceAddresses, unless it is nil, is called where more is to be mapped than the file has, and the mapping fails.
var scarceAddresses atomic.Pointer[func()]

func hook(at *atomic.Pointer[func()]) {
	if fn := at.Load(); fn != nil {
		(*fn)()
	}
	if pause := tuned().Pause; pause != nil {
		pause()
	}
}

// Tuning makes happen often what is rare in small stores, for programs that torture stores. Nothing else sets it.
type Tuning struct {
	// CheckpointSize takes the place of Options.CheckpointSize, CheckpointAge that of Options.CheckpointAge; 0: neither.
	CheckpointSize int
	CheckpointAge  time.Duration
	// SliceBytes is how many bytes of keys and values there are in a slice, about, and in a chunk of Compact; 0: as many
	// as ever.
	SliceBytes int
	// InTurn makes the goroutine that freezes an overlay write the overlay into the file, too, before it goes on. So a
	// program of one goroutine makes the same system calls each time.
	InTurn bool
	// BuildDocuments is how many documents one turn of building a field index reads; 0: as many as ever.
	BuildDocuments int
	// Slice is called between two slices of a checkpoint, and may wait; nil: nothing is.
	Slice func()
	// Pause is called between steps that must look like one, and may wait; nil: nothing is.
	Pause func()
}

var (
	tuning  atomic.Pointer[Tuning]
	untuned Tuning
)

// Tune tunes all engines of this process, as far as they were opened already in their slices and pauses only.
func Tune(t Tuning) { tuning.Store(&t) }

// BuildDocuments returns how many documents one turn of building a field index reads, which is usual unless it is tuned.
func BuildDocuments(usual int) int {
	if n := tuned().BuildDocuments; n > 0 {
		return n
	}
	return usual
}

func tuned() *Tuning {
	if t := tuning.Load(); t != nil {
		return t
	}
	return &untuned
}

// options returns o as it is tuned.
func (t *Tuning) options(o Options) Options {
	if t.CheckpointSize > 0 {
		o.CheckpointSize = t.CheckpointSize
	}
	if t.CheckpointAge > 0 {
		o.CheckpointAge = t.CheckpointAge
	}
	return o
}

func (t *Tuning) sliceBytes() int {
	if t.SliceBytes > 0 {
		return t.SliceBytes
	}
	return sliceBytes
}

// Pause stops everything that changes the store's files until resume is called: for tests that copy the files as a
// process that is killed at this moment would leave them.
func (e *Engine) Pause() (resume func()) {
	select {
	case <-e.turn:
	case <-e.stop.Done():
		return func() {}
	}
	e.writing.Lock()
	return func() {
		e.writing.Unlock()
		e.turn <- struct{}{}
	}
}
