package outbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/upstream"
)

// What becomes of what was sent.

// answered takes the answer of the request in flight.
func (r *run) answered(ctx context.Context, a answer) error {
	q := r.flight
	q.asked, r.lastEnd = false, time.Now()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if a.err == nil && r.ready && len(a.outcomes) != len(q.batch.Writes) {
		a.err = unexpected(len(a.outcomes), len(q.batch.Writes))
	}
	switch {
	case errors.Is(a.err, upstream.ErrClosed):
		return a.err
	case !r.ready && a.err != nil:
		r.flight = nil
		r.away(a.err)
		return nil
	case !r.ready:
		r.flight = nil
		r.reached()
		return r.begin(ctx, a.receipt)
	case errors.Is(a.err, upstream.ErrStale):
		return r.stale(ctx, q)
	case errors.Is(a.err, upstream.ErrUnknownCollection):
		return r.unknown(ctx, q, a.err)
	case errors.Is(a.err, upstream.ErrFault):
		return r.failed(ctx, q, a.err)
	case errors.Is(a.err, upstream.ErrDenied), errors.Is(a.err, upstream.ErrTooLarge), errors.Is(a.err, upstream.ErrRefused):
		r.reached()
		return r.refused(ctx, q, a.err)
	case a.err != nil: // ErrAway, ErrLogin, and what nobody knows: the same batch once more
		if isTimeout(a.err) && len(q.owed) > 1 && !r.o.opts.Upstream.Exact() { // fewer may be done in time
			q.place.limit = len(q.owed) / 2
			r.putBack(q)
		}
		r.away(a.err)
		return nil
	}
	r.flight = nil
	if len(q.owed) == 0 {
		return r.ofCollection(ctx, q, a.outcomes[0])
	}
	r.reached()
	if p := q.place; len(q.owed) >= p.limit {
		if p.limit *= 2; p.limit >= r.o.opts.MaxBatch {
			p.limit = 0
		}
	}
	q.place.created = false
	if next := r.ahead; next != nil { // an exact server has the receipts of two batches: that of this one stays
		r.ahead = nil
		r.send(ctx, next)
	}
	return r.outcomes(ctx, q, a.outcomes)
}

func isTimeout(err error) bool {
	var slow interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &slow) && slow.Timeout()
}

// begin goes on behind the batch that the server has done last.
func (r *run) begin(ctx context.Context, receipt *upstream.Receipt) error {
	r.ready = true
	if receipt == nil {
		return nil
	}
	r.number = receipt.Number
	if !r.isOfThisPast(ctx, receipt) {
		r.o.opts.Logger.Warn("the upstream server has had what this store has not: is it a copy, or restored?", "outbox",
			r.o.opts.Name)
		return nil
	}
	if err := r.readAgain(ctx); err != nil {
		return err
	}
	done := &confirmation{}
	var letters []settled
	for _, it := range slices.Concat(receipt.Earlier, receipt.Items) {
		if !it.Outcome.Done() {
			continue
		}
		r.knowOf(it.Index, it.Collection, it.ID, it.Sequence)
		k := key{r.ledger.place(it.Index, it.Collection), it.ID}
		done.add(k.place, it.ID, it.Sequence)
		if !r.letters || it.ID == "" {
			continue
		}
		l, err := r.o.Letter(ctx, letterID(k))
		if err != nil && !isAbsent(err) {
			return err
		}
		if err == nil && l.Sequence <= it.Sequence && l.Body == nil { // an edited one may have been edited since
			letters = append(letters, settled{e: r.ledger.owedBy(&l)})
		}
	}
	return r.settle(ctx, letters, done) // before later batches take the place of the receipt
}

// readAgain has the feed read again from what is acknowledged on, since more is known now of what is confirmed behind that.
func (r *run) readAgain(ctx context.Context) error {
	if r.scanned > r.acked {
		for _, p := range r.ledger.places {
			r.ledger.empty(p)
		}
		clear(r.sent)
		r.walls, r.scanned, r.caughtUp = nil, r.acked, false
		r.stopScan()
		r.stopScan = nil
	}
	if r.letters {
		r.due, r.asked = time.Now(), true // those that were in the ledger
	}
	return r.remember(ctx)
}

// isOfThisPast says whether the newest change of which a receipt tells is one of this store: not if the store was set
// back since, and has made others with the same sequences.
func (r *run) isOfThisPast(ctx context.Context, receipt *upstream.Receipt) bool {
	var newest upstream.Item
	for _, it := range slices.Concat(receipt.Earlier, receipt.Items) {
		if it.Sequence > newest.Sequence {
			newest = it
		}
	}
	if newest.Sequence <= r.acked { // nothing that is still to be read
		return true
	}
	for c, err := range r.o.store.Changes(ctx, newest.Sequence-1, &kuzzlite.ChangesOptions{Until: newest.Sequence}) {
		return err == nil && c.Time.UnixMilli() == newest.Time && c.Index == newest.Index && c.ID == newest.ID
	}
	return false
}

// stale goes on behind a later batch of the same outbox, which a copy of the store has sent, or this one before it was
// restored from a backup.
func (r *run) stale(ctx context.Context, q *request) error {
	r.o.opts.Logger.Warn("the upstream server has had later batches of this outbox: is the store a copy, or restored?",
		"outbox", r.o.opts.Name)
	r.putBack(q)
	r.ready = false
	return ctx.Err()
}

// putBack puts what a request was to send back into the ledger.
func (r *run) putBack(q *request) {
	r.flight = nil
	r.dropAhead()
	for _, e := range q.owed {
		r.ledger.back(e)
	}
	if q.wall {
		w := &q.batch.Writes[0]
		op := kuzzlite.OpTruncate
		if w.Kind == upstream.DeleteCollection {
			op = kuzzlite.OpDeleteCollection
		}
		c := kuzzlite.Change{Op: op, Index: w.Index, Collection: w.Collection, Silent: w.Silent, Sequence: w.Sequence,
			Time: time.UnixMilli(w.Time)}
		r.walls = append([]kuzzlite.Change{c}, r.walls...)
	}
}

// unknown makes the collection upstream that a batch lacks, and then sends the batch again.
func (r *run) unknown(ctx context.Context, q *request, err error) error {
	r.reached()
	if q.wall {
		r.flight = nil
		return r.ofCollection(ctx, q, upstream.Outcome{Status: 404}) // there is nothing to be emptied
	}
	if q.batch.Writes[0].Kind == upstream.CreateCollection || q.place.created {
		q.place.created = false // it may be made by the time the next batch is sent
		return r.refused(ctx, q, err)
	}
	q.place.created = true
	r.putBack(q)
	create := upstream.Write{Index: q.place.index, Collection: q.place.collection, Kind: upstream.CreateCollection}
	r.number++
	r.write(ctx, &request{place: q.place, batch: upstream.Batch{
		Outbox: r.o.id, Number: r.number, Writes: []upstream.Write{create},
	}})
	return nil
}

// failed takes a fault of the server. What is to blame is looked for, but with pauses: a server that fails on all is not
// asked as fast as it fails.
func (r *run) failed(ctx context.Context, q *request, err error) error {
	r.away(err)
	if r.errors < patience {
		return nil // the same once more
	}
	return r.refused(ctx, q, err)
}

// patience is how often a server may fail in a row until what is asked is taken for the cause.
const patience = 3

// refused takes the refusal of a batch as a whole. The writes of a larger one are sent in smaller ones, to find the one
// that is to blame.
func (r *run) refused(ctx context.Context, q *request, err error) error {
	r.flight = nil
	if n := len(q.owed); n > 1 && !errors.Is(err, upstream.ErrDenied) && !errors.Is(err, upstream.ErrUnknownCollection) {
		r.putBack(q)
		q.place.limit = n / 2
		return nil
	}
	out := upstream.Outcome{Status: http.StatusBadRequest, Reason: err.Error()}
	switch {
	case errors.Is(err, upstream.ErrDenied):
		out.Status = http.StatusForbidden
	case errors.Is(err, upstream.ErrTooLarge):
		out.Status = http.StatusRequestEntityTooLarge
	case errors.Is(err, upstream.ErrUnknownCollection):
		out.Status = http.StatusPreconditionFailed
	case errors.Is(err, upstream.ErrFault):
		out.Status = http.StatusInternalServerError
	}
	if len(q.owed) == 0 {
		return r.ofCollection(ctx, q, out)
	}
	return r.outcomes(ctx, q, slices.Repeat([]upstream.Outcome{out}, len(q.owed)))
}

// ofCollection takes what became of a write of a whole collection.
func (r *run) ofCollection(ctx context.Context, q *request, out upstream.Outcome) error {
	p, w, done := q.place, &q.batch.Writes[0], &confirmation{}
	var letters []settled
	switch {
	case out.Done(), out.Status == 404: // there is nothing to be emptied
		r.reached()
		p.attempts = 0
	case !q.wall: // the collection could not be made: the batch that needs it says so
		r.o.opts.Logger.Error("the upstream server does not make a collection", "outbox", r.o.opts.Name, "index", p.index,
			"collection", p.collection, "status", out.Status, "reason", out.Reason)
		if p.attempts++; mayPass(out.Status) && p.attempts < r.o.opts.MaxAttempts {
			p.created = false
			r.away(refusedCollection(p, out))
			return nil
		}
		p.attempts = 0
		return nil
	default:
		e := &owed{key: key{p, ""}, first: w.Sequence, last: w.Sequence, at: w.Time, gone: true, loud: !w.Silent, attempts: p.attempts}
		s := r.fail(e, out, time.Now())
		if p.attempts = e.attempts; s.refused != nil && !s.parked {
			r.putBack(q)
			r.away(refusedCollection(p, out))
			return nil
		}
		r.reached()
		r.o.note(func(s *Status) { s.LastError, s.Refused = out.Reason, s.Refused+1 })
		if p.attempts = 0; s.refused != nil {
			letters = append(letters, s)
		}
	}
	if !q.wall {
		return nil
	}
	p.created = false
	if len(letters) == 0 && r.letters {
		for l, err := range r.o.Letters(ctx) {
			if err != nil {
				return err
			}
			if l.Index == p.index && l.Collection == p.collection && l.Sequence < w.Sequence {
				letters = append(letters, settled{e: r.ledger.owedBy(&l)}) // its document is gone
			}
		}
	}
	done.add(p, "", w.Sequence)
	return r.settle(ctx, letters, done)
}

func refusedCollection(p *place, out upstream.Outcome) error {
	return fmt.Errorf("%w: of the collection %s/%s: %d %s", upstream.ErrAway, p.index, p.collection, out.Status, out.Reason)
}

// outcomes takes what became of the documents of a batch.
func (r *run) outcomes(ctx context.Context, q *request, outcomes []upstream.Outcome) error {
	list, done := q.moot, &confirmation{}
	now := time.Now()
	confirmed, refused := uint64(0), uint64(0)
	for i, out := range outcomes {
		e, w := q.owed[i], &q.batch.Writes[i]
		switch {
		case out.Done(), w.Kind == upstream.Delete && out.Status == 404:
			confirmed++
			done.add(e.place, e.id, w.Sequence)
			if e.letter {
				list, r.due = append(list, settled{e: e}), now // there may be more of them
			}
		case w.Kind == upstream.Update && out.Status == 404: // it is created anew, with all that it has
			e.created, e.paths = true, nil
			r.ledger.back(e)
		default:
			refused++
			list = append(list, r.fail(e, out, now))
			done.add(e.place, e.id, w.Sequence)
		}
	}
	r.o.note(func(s *Status) {
		s.Refused += refused
		if confirmed > 0 {
			s.confirm(confirmed, now)
		}
	})
	return r.settle(ctx, list, done)
}

// mayPass says whether what was refused with an HTTP status may be taken later.
func mayPass(status int) bool { return status == 409 || status == 429 || status >= 500 }

// fail decides what becomes of what the server has refused.
func (r *run) fail(e *owed, out upstream.Outcome, now time.Time) settled {
	e.attempts++
	f := Failure{e.place.index, e.place.collection, e.id, out.Status, briefly(out.Reason), e.attempts}
	decision := DecideByStatus
	if r.o.opts.OnFailure != nil {
		decision = r.o.opts.OnFailure(f)
	}
	if decision == DecideByStatus || decision > Drop {
		decision = Park
		if mayPass(out.Status) && e.attempts < r.o.opts.MaxAttempts {
			decision = Retry
		}
	}
	what := "a document"
	if e.id == "" {
		what = "what was done to a collection"
	}
	r.o.opts.Logger.Warn("the upstream server refuses "+what, "outbox", r.o.opts.Name, "index", f.Index, "collection",
		f.Collection, "id", f.ID, "status", f.Status, "reason", f.Reason, "attempts", f.Attempts, "dropped", decision == Drop)
	s := settled{e: e}
	switch decision {
	case Drop:
		return s
	case Retry:
		s.next = now.Add(r.o.delay(e.attempts)).UTC()
		if r.due.IsZero() || s.next.Before(r.due) {
			r.due = s.next
		}
	default:
		s.parked = true
	}
	s.refused = &Attempt{now.UTC(), out.Status, f.Reason}
	r.letters = true
	return s
}

// unreadable makes a letter of a document that the store cannot read, so that it holds back no other.
func (r *run) unreadable(e *owed, err error) settled {
	e.attempts++
	r.letters = true
	r.o.opts.Logger.Error("a document that is owed cannot be read", "outbox", r.o.opts.Name, "index", e.place.index, "collection",
		e.place.collection, "id", e.id, "error", err)
	return settled{e: e, parked: true, refused: &Attempt{time.Now().UTC(), 0, briefly(err.Error())}}
}

// maxReason is how many bytes of a reason are kept.
const maxReason = 1024

func briefly(reason string) string {
	if len(reason) <= maxReason {
		return reason
	}
	return strings.ToValidUTF8(reason[:maxReason], "") + "…"
}
