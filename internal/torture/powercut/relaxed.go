package powercut

import (
	"fmt"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/crashfs"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// What is special about workers of Durability Relaxed, of whose newest calls a power cut may take any number. What
// must be left is what returned before the last sync, and the store must be as it was at a moment since: oracle.Told
// says more.

func relaxed(round int) bool { return oracle.Options(round).Durability == kuzzlite.Relaxed }

func withoutLog(round int) bool { return oracle.Options(round).Log == kuzzlite.LogOff }

// A store of Relaxed syncs by itself, which nobody is told of. So a worker that wants to know asks the one that sees
// each operation, and gets its answer once the log has nothing that is not synced. All that returned before is
// durable then.
const waitMark = "doing interval"

// longInterval is one that does not end while a worker lives, so that there is something to lose.
const longInterval = time.Hour

// patience is how long a store may take to sync what it is to sync every few milliseconds.
const patience = 20 * time.Second

// syncWatch sees the operations on a disk and answers a worker that waits. Its methods must not be called at once.
type syncWatch struct {
	logs    map[int]bool // the files of the log: whether they have records that are not synced
	waiting func()       // tells the worker to go on; nil: it does not wait
	timeout *time.Timer
}

// newSyncWatch returns one for a disk that has such files.
func newSyncWatch(names map[string]int) *syncWatch {
	w := &syncWatch{logs: map[int]bool{}}
	for name, file := range names {
		w.named(name, file)
	}
	return w
}

// named takes note of a file's name.
func (w *syncWatch) named(name string, file int) {
	if oracle.IsLog(name, oracle.StoreName) {
		w.logs[file] = false
	}
}

// see takes in an operation. If it begins a wait, goOn is called at its end, or late if that does not come.
func (w *syncWatch) see(op crashfs.Op, goOn, late func()) {
	_, isLog := w.logs[op.File]
	switch {
	case op.Kind == crashfs.Mark && trimLine(op.Name) == waitMark:
		w.waiting, w.timeout = goOn, time.AfterFunc(patience, late)
	case op.Kind == crashfs.Create:
		w.named(op.Name, op.File)
	case !isLog:
	case op.Kind == crashfs.Unlink:
		delete(w.logs, op.File)
	case isRecord(op):
		w.logs[op.File] = true
	case op.Kind == crashfs.Sync, op.Kind == crashfs.DataSync:
		w.logs[op.File] = false
	}
	if w.waiting != nil && !w.dirty() {
		w.waiting()
		w.stop()
	}
}

func (w *syncWatch) dirty() bool {
	for _, dirty := range w.logs {
		if dirty {
			return true
		}
	}
	return false
}

// stop ends a wait.
func (w *syncWatch) stop() {
	if w.waiting != nil {
		w.timeout.Stop()
		w.waiting = nil
	}
}

// options are the oracle's, but that every other store of Relaxed does not sync by itself.
func (c *cutWorker) options() *kuzzlite.Options {
	o := oracle.Options(c.Round)
	if o.Durability == kuzzlite.Relaxed && c.Random.IntN(2) == 0 {
		o.SyncInterval = longInterval
	}
	return o
}

// rest has what returned made durable where it is not, or waits until it is, and then writes some more.
func (c *cutWorker) rest(o *kuzzlite.Options) {
	switch {
	case o.Durability != kuzzlite.Relaxed || c.Random.IntN(4) == 0:
		return
	case o.SyncInterval == longInterval:
		c.Do("sync", c.Store.Sync)
	default:
		c.Do("interval", func() error {
			_, err := fmt.Fscanln(c.answers)
			return err
		})
	}
	for range c.Random.IntN(8) {
		c.CallOnce(oracle.Callers - 1)
	}
}
