package disk

import (
	"context"
	"fmt"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// load replays the log into an overlay. Nothing is written: the overlay is in the place of the frozen one, and a
// checkpoint brings it into the file.
func (op *opening) load() error {
	if len(op.log.chain) == 0 {
		return nil
	}
	begun := time.Now()
	op.log.kv = kv.NewOverlay()
	for _, f := range op.log.chain {
		for i, record := range f.contents.Records {
			if err := op.log.kv.Apply(record); err != nil {
				return fmt.Errorf("%w: record %d of the log %s: %w", kv.ErrCorrupt, i+1, f.path, err)
			}
		}
		f.contents.Records = nil
	}
	op.log.took = time.Since(begun)
	return nil
}

// newEngine makes an engine of what was opened.
func newEngine(op *opening) *Engine {
	e := &Engine{
		path: op.path, opts: op.opts, id: op.id, base: op.base, state: op.state,
		turn: make(chan struct{}, 1), due: make(chan struct{}, 1), retry: make(chan struct{}, 1),
		tip: op.end(),
	}
	e.turn <- struct{}{}
	e.stop, e.stopNow = context.WithCancel(context.Background())
	e.segments.store = op.path
	e.journal.relaxed, e.journal.published, e.journal.counters = op.opts.Relaxed, &e.published, &e.counters
	e.journal.fail, e.journal.tookSync = e.fail, e.logSync
	e.journal.init()
	e.setActive(&generation{number: e.tip.generation + 1, overlay: kv.NewOverlay()})
	if len(op.log.chain) > 0 {
		e.frozen = op.frozen(e)
		e.counters.recovery = op.log.took
		e.logRecovery(e.frozen)
	}
	return e
}

// frozen is the recovered log as a generation that a checkpoint has to write into the file. Its segments are never
// appended to: a generation that begins now has one of its own.
func (op *opening) frozen(e *Engine) *generation {
	g := &generation{
		number: e.tip.generation, overlay: op.log.kv, version: op.log.kv.Version(), end: e.tip, begun: time.Now(),
	}
	for _, f := range op.log.chain {
		g.since = append(g.since, f.contents.Header.Nonce)
		g.logs = append(g.logs, &handle{slot: f.slot, generation: f.contents.Header.Generation})
		g.logBytes += f.contents.Size
		e.segments.used[f.slot] = true
	}
	return g
}
