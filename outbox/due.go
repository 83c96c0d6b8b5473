package outbox

import (
	"context"
	"slices"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/query"
)

// Letters whose time has come.

// takeLetters puts what the letters owe that are due into the ledger.
func (r *run) takeLetters(ctx context.Context, now time.Time) error {
	if r.due.IsZero() || now.Before(r.due) {
		return nil
	}
	list, next, err := r.o.dueLetters(ctx, now)
	if err != nil {
		return err
	}
	r.asked = len(list) == r.o.opts.MaxBatch // then there may be more of them
	if r.due = next; len(list) > 0 {         // and perhaps more
		r.due = now.Add(r.o.opts.MinDelay)
	} else if next.IsZero() {
		n, err := r.o.letters().Count(ctx)
		if err != nil {
			return err
		}
		r.letters = n > 0
	}
	for i := range list {
		e := r.ledger.owedBy(&list[i])
		isAhead := r.ahead != nil && slices.ContainsFunc(r.ahead.owed, func(a *owed) bool { return a.key == e.key })
		if r.ledger.docs[e.key] == nil && !isAhead { // or it goes with what is owed since
			r.ledger.add(e)
		}
	}
	return nil
}

// dueLetters returns some of the letters that are due at a time, and when the next one is; zero if none is.
func (o *Outbox) dueLetters(ctx context.Context, now time.Time) (list []Letter, next time.Time, err error) {
	q, err := query.Parse("parked = false")
	if err != nil {
		return nil, next, err
	}
	order, err := query.ParseElasticsearchSort([]byte(`["due"]`))
	if err != nil {
		return nil, next, err
	}
	for d, err := range o.letters().Find(ctx, q, &kuzzlite.FindOptions{Sort: order, Limit: o.opts.MaxBatch}) {
		if err != nil {
			return nil, next, err
		}
		l, err := ReadLetter(d)
		if err != nil {
			return nil, next, err
		}
		if l.Next.After(now) {
			return list, l.Next, nil
		}
		list = append(list, l)
	}
	if len(list) > 0 {
		next = now // there may be more
	}
	return list, next, nil
}
