package faults

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/kuzzlite/kuzzlite/kuzzle"
)

// Injector has the faults of a server: its Wrap is what kuzzle.Options.Wrap takes. Any number of goroutines may use it.
type Injector struct {
	mu     sync.Mutex
	random *rand.Rand
	faults []*armed
}

// armed is a fault that waits for requests.
type armed struct {
	Fault
	seen int // requests that it is for
	done int // of them that it has happened to
}

// New returns an injector without faults. The seed decides for faults with a probability.
func New(seed uint64) *Injector { return &Injector{random: rand.New(rand.NewPCG(seed, seed))} }

// Add adds faults: all, or none. For one request the first fault that is for it happens, and no other.
func (in *Injector) Add(faults ...Fault) error {
	for _, f := range faults {
		if err := f.check(); err != nil {
			return err
		}
	}
	for _, f := range faults {
		if f.Times == 0 {
			f.Times = 1
		}
		in.mu.Lock()
		in.faults = append(in.faults, &armed{Fault: f})
		in.mu.Unlock()
	}
	return nil
}

// Clear removes all faults.
func (in *Injector) Clear() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.faults = nil
}

// Pending returns the faults that can still happen.
func (in *Injector) Pending() []Fault {
	in.mu.Lock()
	defer in.mu.Unlock()
	list := []Fault{}
	for _, a := range in.faults {
		if a.isLeft() {
			f := a.Fault
			if f.Times > 0 {
				f.Times -= a.done
			}
			list = append(list, f)
		}
	}
	return list
}

func (a *armed) isLeft() bool { return a.Times < 0 || a.done < a.Times }

// next returns the fault that happens to a request, nil if none does.
func (in *Injector) next(r *kuzzle.Request) *Fault {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, a := range in.faults {
		if !a.isLeft() || !a.concerns(r) {
			continue
		}
		if a.seen++; a.seen <= a.Skip {
			continue
		}
		if a.Probability > 0 && in.random.Float64() >= a.Probability {
			continue
		}
		a.done++
		return &a.Fault
	}
	return nil
}

// Wrap returns a handler that makes the faults happen.
func (in *Injector) Wrap(next kuzzle.Handler) kuzzle.Handler {
	return func(ctx context.Context, r *kuzzle.Request) *kuzzle.Response {
		f := in.next(r)
		if f == nil {
			return next(ctx, r)
		}
		if f.Latency > 0 {
			wait(ctx, time.Duration(f.Latency))
		}
		switch f.Kind {
		case Drop:
			return &kuzzle.Response{Lost: true, Cut: true}
		case Lose, Silence:
			response := next(ctx, r)
			response.Lost, response.Cut = true, f.Kind == Lose
			return response
		case Error:
			return &kuzzle.Response{Err: &kuzzle.Error{ID: f.ErrorID, Status: f.Status, Message: f.Message}}
		case Conflict:
			return f.conflict(ctx, r, next)
		case Partial:
			return f.partial(ctx, r, next)
		}
		return next(ctx, r)
	}
}

// wait waits until the time is over or the request is gone.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
