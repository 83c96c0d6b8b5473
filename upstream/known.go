package upstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/push"
)

// Whether a server over HTTP is a Kuzzlite that does batches once, and batches that are.

// knowledge is what is known of a server.
type knowledge struct {
	mu    sync.Mutex // guards what follows
	exact bool
	asked bool // or else exact is a guess
}

func (k *knowledge) get() (exact, asked bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.exact, k.asked
}

func (k *knowledge) set(exact, asked bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.exact, k.asked = exact, asked
}

// doubt is called when the server was away: one that was not exact may be another one when it is back. One that was
// says so itself if it is not any more.
func (k *knowledge) doubt() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked = k.asked && k.exact
}

func (k *kuzzle) Exact() bool {
	exact, _ := k.known.get()
	return exact
}

func (k *kuzzle) Receipt(ctx context.Context, outbox string) (*Receipt, error) {
	var r *push.Receipt
	err := k.ask(ctx, map[string]any{
		"controller": push.Controller, "action": push.ActionReceipt, "body": push.Asked{Outbox: outbox},
	}, &r)
	switch {
	case isNotThere(err):
		k.known.set(false, true)
		return nil, nil
	case err != nil:
		return nil, err
	}
	k.known.set(true, true)
	return receiptOf(r), nil
}

// isNotThere says whether an error is that of a server that has no receipts: of one that does not know the action, or
// does not let everybody ask for what it does not know.
func isNotThere(err error) bool {
	return errors.Is(err, ErrRefused) || errors.Is(err, ErrDenied) || isUnauthorized(err)
}

// isUnauthorized says whether an error is that of somebody who has not logged in, and would have to for what they ask.
func isUnauthorized(err error) bool {
	refused := (*refusal)(nil)
	return errors.As(err, &refused) && refused.ID == "security.rights.unauthorized"
}

func (k *kuzzle) Write(ctx context.Context, b *Batch) ([]Outcome, error) {
	outcomes, err := k.write(ctx, b)
	if len(b.Writes) == 1 {
		if out, ok := outcomeOf(err); ok {
			return []Outcome{out}, nil
		}
	}
	return outcomes, err
}

func (k *kuzzle) write(ctx context.Context, b *Batch) ([]Outcome, error) {
	exact, asked := k.known.get()
	if !asked && b.Outbox != "" {
		if _, err := k.Receipt(ctx, b.Outbox); err != nil {
			return nil, err
		}
		exact, _ = k.known.get()
	}
	if exact && b.Outbox != "" {
		outcomes, err := k.push(ctx, b)
		if exact, _ = k.known.get(); exact || err == nil {
			return outcomes, err
		}
	}
	return k.steps(ctx, b)
}

// push asks a server that is exact for a batch. If it is no longer, that is known afterwards.
func (k *kuzzle) push(ctx context.Context, b *Batch) ([]Outcome, error) {
	if n := len(b.Writes); n > k.opts.MaxWrites {
		return nil, fmt.Errorf("%w: a batch of %d writes, more than %d", ErrTooLarge, n, k.opts.MaxWrites)
	}
	var a push.Answer
	err := k.ask(ctx, map[string]any{
		"controller": push.Controller, "action": push.ActionPush, "body": pushed(b),
	}, &a)
	refused := (*refusal)(nil)
	switch {
	case isUnauthorized(err): // as a Kuzzle says of what it does not know, too
		k.known.set(true, false)
		return nil, err
	case errors.Is(err, ErrDenied), errors.As(err, &refused) && refused.Status == http.StatusNotFound:
		k.known.set(false, true)
		return nil, err
	case err != nil:
		return nil, err
	case a.Stale != "":
		return nil, fmt.Errorf("%w: %s", ErrStale, a.Stale)
	case len(a.Outcomes) != len(b.Writes):
		return nil, &AwayError{Err: fmt.Errorf("it answers %d outcomes to %d writes", len(a.Outcomes), len(b.Writes))}
	}
	return outcomesOf(a.Outcomes), nil
}

// outcomeOf returns the outcome of the only document of a request that the server has refused; ok is false if the error
// is none of the document's: a server that fails may do so on all.
func outcomeOf(err error) (out Outcome, ok bool) {
	refused := (*refusal)(nil)
	if !errors.Is(err, ErrRefused) && !errors.Is(err, ErrDenied) || !errors.As(err, &refused) {
		return Outcome{}, false
	}
	return Outcome{Status: refused.Status, Reason: refused.Error()}, true
}
