package kuzzlite

import (
	"context"
	"sync"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// gate is an engine that keeps what was appended from becoming durable, as a slow disk does, until it is opened. Those
// who call meanwhile find what was staged before them.
type gate struct {
	kv.Engine
	refuse func(*kv.Batch) error // why a batch is not appended; nil: all are
	late   bool                  // what was appended becomes durable, but who waits for it is told when the gate opens

	mu      sync.Mutex // guards the fields below
	reached int        // how many batches were appended, empty ones too, see count
	open    chan struct{}
	failure error // what Wait returns
}

// gated puts a gate in front of the engine of a store that nobody uses.
func (f *fixture) gated() *gate {
	g := &gate{Engine: f.s.engine, open: make(chan struct{})}
	f.s.engine = g
	return g
}

func (g *gate) Begin(ctx context.Context) (kv.Stage, error) {
	s, err := g.Engine.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return &gatedStage{s, g}, nil
}

type gatedStage struct {
	kv.Stage
	g *gate
}

func (s *gatedStage) Append(b *kv.Batch) (kv.Pending, error) {
	g := s.g
	if g.refuse != nil {
		if err := g.refuse(b); err != nil {
			s.Stage.Release()
			return nil, err
		}
	}
	p, err := s.Stage.Append(b)
	if err != nil {
		return nil, err
	}
	g.count()
	return &gatedPending{p, g, g.open}, nil
}

// count counts a call that has come as far as the gate, or has ended before.
func (g *gate) count() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reached++
}

type gatedPending struct {
	kv.Pending
	g    *gate
	open chan struct{}
}

func (p *gatedPending) Wait() error {
	if p.g.late {
		if err := p.Pending.Wait(); err != nil {
			return err
		}
	}
	<-p.open
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	if p.g.failure != nil {
		return p.g.failure
	}
	return p.Pending.Wait()
}

// pass lets those who wait go on, and whoever comes later.
func (g *gate) pass(failure error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failure = failure
	close(g.open)
}

// has waits until n calls have come as far as the gate.
func (g *gate) has(t testing.TB, n int) {
	t.Helper()
	within(t, "the batches", func() {
		for {
			g.mu.Lock()
			have := g.reached
			g.mu.Unlock()
			if have >= n {
				return
			}
			yield()
		}
	})
}

// together makes calls one after the other, each before any of those before it is durable, and returns their errors.
func (f *fixture) together(calls ...func() error) []error {
	f.t.Helper()
	g := f.gated()
	errs := make([]error, len(calls))
	var wg sync.WaitGroup
	for n, call := range calls {
		wg.Go(func() {
			if errs[n] = call(); errs[n] != nil {
				select {
				case <-g.open:
				default: // it has not come as far
					g.count()
				}
			}
		})
		g.has(f.t, n+1)
	}
	g.pass(nil)
	within(f.t, "the calls", wg.Wait)
	f.s.engine = g.Engine
	return errs
}

// hold keeps everybody else from writing until release is called.
func (f *fixture) hold() (release func()) {
	f.t.Helper()
	stage, err := f.s.engine.Begin(ctx)
	f.ok(err)
	return sync.OnceFunc(stage.Release)
}
