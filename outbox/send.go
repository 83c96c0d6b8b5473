package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/upstream"
)

func decode(text json.RawMessage, into any) error { return json.Unmarshal(text, into) }

// next takes the next batch out of the ledger: of one collection, which goes to the end of the line. It returns nil if
// there is nothing to be sent.
func (r *run) next(ctx context.Context) (*request, error) {
	if len(r.walls) > 0 {
		return r.nextWall(), nil
	}
	for n := len(r.ledger.turn); n > 0; n-- {
		p := r.ledger.turn[0]
		r.ledger.turn = append(r.ledger.turn[1:], p)
		if p.first == nil {
			continue
		}
		q, err := r.batch(ctx, p)
		if err != nil || q != nil {
			return q, err
		}
	}
	return nil, nil
}

// nextWall returns the request for the oldest change of a whole collection. What was owed before it is gone already.
func (r *run) nextWall() *request {
	c := r.walls[0]
	r.walls = r.walls[1:]
	kind := upstream.Truncate
	if c.Op == kuzzlite.OpDeleteCollection {
		kind = upstream.DeleteCollection
	}
	w := upstream.Write{Index: c.Index, Collection: c.Collection, Kind: kind, Silent: c.Silent, Sequence: c.Sequence,
		Time: c.Time.UnixMilli()}
	return &request{
		wall: true, place: r.ledger.place(c.Index, c.Collection), batch: upstream.Batch{Writes: []upstream.Write{w}},
	}
}

// batch takes the next batch of a collection out of the ledger, nil if nothing of it can be sent now.
func (r *run) batch(ctx context.Context, p *place) (*request, error) {
	q := &request{place: p}
	limit, size := r.o.opts.MaxBatch, 0
	if r.limit > 0 {
		limit = min(limit, r.limit)
	}
	for e := p.first; e != nil && len(q.owed) < limit; {
		following := e.next
		w, sends, err := r.prepare(ctx, e)
		if err != nil {
			return nil, err
		}
		if size += len(w.Body); size > r.o.opts.MaxBytes && len(q.owed) > 0 {
			break
		}
		r.ledger.remove(e)
		switch {
		case sends:
			q.owed, q.batch.Writes = append(q.owed, e), append(q.batch.Writes, w)
		case e.letter:
			q.moot = append(q.moot, settled{e: e})
		}
		e = following
	}
	if len(q.owed) > 0 {
		return q, nil
	}
	if len(q.moot) > 0 {
		return nil, r.settle(ctx, q.moot, nil)
	}
	return nil, nil
}

// prepare works out what is to be sent of a document: of what the document is now. sends is false if that is nothing.
func (r *run) prepare(ctx context.Context, e *owed) (w upstream.Write, sends bool, err error) {
	w = upstream.Write{
		Index: e.place.index, Collection: e.place.collection, ID: e.id, Silent: !e.loud, Sequence: e.last, Time: e.at,
	}
	if r.letters && !e.letter {
		if err := r.joinLetter(ctx, e); err != nil {
			return w, false, err
		}
	}
	if e.edited {
		w.Kind, w.Body = upstream.Merge, e.body
		return w, true, nil
	}
	doc, err := r.o.store.Collection(w.Index, w.Collection).Get(ctx, e.id)
	switch {
	case isAbsent(err) && e.gone:
		w.Kind = upstream.Delete
		return w, true, nil
	case isAbsent(err):
		return w, false, nil // its deletion is owed by itself, or not at all
	case err != nil:
		return w, false, err
	}
	source := withoutMetadata(doc.Source)
	if e.whole || e.gone {
		w.Kind, w.Body = upstream.Replace, source
		return w, true, nil
	}
	merge, remove, ok := leaves(source, e.paths)
	switch {
	case !ok || e.created && len(remove) > 0:
		w.Kind, w.Body = upstream.Replace, source
	case e.created:
		w.Kind, w.Body = upstream.Merge, source
	default:
		w.Kind, w.Body, w.Remove = upstream.Update, merge, remove
	}
	return w, true, nil
}

func isAbsent(err error) bool {
	return errors.Is(err, kuzzlite.ErrNotFound) || errors.Is(err, kuzzlite.ErrUnknownCollection) ||
		errors.Is(err, kuzzlite.ErrUnknownIndex)
}

// joinLetter adds what a letter of the document owes.
func (r *run) joinLetter(ctx context.Context, e *owed) error {
	l, err := r.o.Letter(ctx, letterID(e.key))
	if isAbsent(err) {
		return nil
	}
	if err != nil || l.Body != nil { // what was edited is sent by itself
		return err
	}
	before := r.ledger.owedBy(&l)
	first := e.first // the feed is not kept for the letter
	before.join(e)
	before.first, before.attempts = first, l.Attempts
	before.next, before.before, before.place = e.next, e.before, e.place
	*e = *before
	return nil
}

// takeLetters puts what the letters owe that are due into the ledger.
func (r *run) takeLetters(ctx context.Context, now time.Time) error {
	if r.due.IsZero() || now.Before(r.due) {
		return nil
	}
	list, next, err := r.o.dueLetters(ctx, now)
	if err != nil {
		return err
	}
	r.due = next
	for i := range list {
		e := r.ledger.owedBy(&list[i])
		if r.ledger.docs[e.key] != nil {
			continue // goes with what is owed since
		}
		e.first = max(r.scanned, 1) // the feed is not kept for it
		r.ledger.docs[e.key] = e
		e.place.insert(e)
	}
	if len(list) > 0 {
		r.due = now.Add(r.o.opts.MinDelay)
	}
	return nil
}

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
	case errors.Is(a.err, upstream.ErrDenied), errors.Is(a.err, upstream.ErrTooLarge),
		errors.Is(a.err, upstream.ErrRefused), errors.Is(a.err, upstream.ErrFault):
		r.reached()
		return r.refused(ctx, q, a.err)
	case a.err != nil: // ErrAway, ErrLogin, and what nobody knows: the same batch once more
		r.away(a.err)
		return nil
	}
	r.reached()
	r.flight, r.limit = nil, 0
	if len(q.owed) == 0 {
		return r.ofCollection(ctx, q, a.outcomes[0])
	}
	delete(r.made, q.place)
	return r.outcomes(ctx, q, a.outcomes)
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
	if r.had == nil {
		r.had = map[key]uint64{}
	}
	done := &confirmation{}
	for _, it := range receipt.Items {
		if it.Outcome.Done() {
			r.knowOf(it.Index, it.Collection, it.ID, it.Sequence)
			done.add(r.ledger.place(it.Index, it.Collection), it.ID, it.Sequence)
		}
	}
	return r.settle(ctx, nil, done) // before the next batch takes the place of the receipt
}

// isOfThisPast says whether the newest change of which a receipt tells is one of this store: not if the store was set
// back since, and has made others with the same sequences.
func (r *run) isOfThisPast(ctx context.Context, receipt *upstream.Receipt) bool {
	var newest upstream.Item
	for _, it := range receipt.Items {
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
	if q.batch.Writes[0].Kind == upstream.CreateCollection || q.wall || r.made[q.place] {
		r.flight = nil
		if q.wall {
			return r.ofCollection(ctx, q, upstream.Outcome{Status: 404}) // there is nothing to be emptied
		}
		return r.refused(ctx, q, err)
	}
	r.made[q.place] = true
	r.putBack(q)
	create := upstream.Write{Index: q.place.index, Collection: q.place.collection, Kind: upstream.CreateCollection}
	r.number++
	r.write(ctx, &request{place: q.place, wall: false, batch: upstream.Batch{
		Outbox: r.o.id, Number: r.number, Writes: []upstream.Write{create},
	}})
	return nil
}

// refused takes the refusal of a batch as a whole. The writes of a larger one are sent in smaller ones, to find the one
// that is to blame.
func (r *run) refused(ctx context.Context, q *request, err error) error {
	r.flight = nil
	if n := len(q.owed); n > 1 && !errors.Is(err, upstream.ErrDenied) && !errors.Is(err, upstream.ErrUnknownCollection) {
		r.putBack(q)
		r.limit = n / 2
		return nil
	}
	status := http.StatusBadRequest
	switch {
	case errors.Is(err, upstream.ErrDenied):
		status = http.StatusForbidden
	case errors.Is(err, upstream.ErrTooLarge):
		status = http.StatusRequestEntityTooLarge
	case errors.Is(err, upstream.ErrUnknownCollection):
		status = http.StatusPreconditionFailed
	case errors.Is(err, upstream.ErrFault):
		status = http.StatusInternalServerError
	}
	if len(q.owed) == 0 {
		return r.ofCollection(ctx, q, upstream.Outcome{Status: status, Reason: err.Error()})
	}
	outcomes := make([]upstream.Outcome, len(q.owed))
	for i := range outcomes {
		outcomes[i] = upstream.Outcome{Status: status, Reason: err.Error()}
	}
	return r.outcomes(ctx, q, outcomes)
}

// ofCollection takes what became of a write of a whole collection.
func (r *run) ofCollection(ctx context.Context, q *request, out upstream.Outcome) error {
	switch {
	case out.Done(), out.Status == 404: // there is nothing to be emptied
	case mayPass(out.Status):
		delete(r.made, q.place)
		r.putBack(q)
		r.away(fmt.Errorf("%w: of the collection %s: %d %s", upstream.ErrAway, q.place.index+"/"+q.place.collection, out.Status,
			out.Reason))
		return nil
	default:
		r.o.opts.Logger.Error("the upstream server refuses what was done to a collection", "outbox", r.o.opts.Name, "index",
			q.place.index, "collection", q.place.collection, "reason", out.Reason)
		r.o.note(func(s *Status) { s.LastError, s.Refused = out.Reason, s.Refused+1 })
	}
	if !q.wall { // it was made, for what is sent next
		return nil
	}
	done := &confirmation{}
	done.add(q.place, "", q.batch.Writes[0].Sequence)
	return r.settle(ctx, nil, done)
}

// settled is what has become of what was owed of a document: a letter, or nothing any more.
type settled struct {
	e      *owed
	letter *Letter
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
			s, err := r.fail(ctx, e, out, now)
			if err != nil {
				return err
			}
			list = append(list, s)
			done.add(e.place, e.id, w.Sequence)
		}
	}
	r.o.note(func(s *Status) {
		s.Confirmed, s.Refused = s.Confirmed+confirmed, s.Refused+refused
		if confirmed > 0 {
			s.LastConfirmed = now
		}
	})
	return r.settle(ctx, list, done)
}

// mayPass says whether what was refused with an HTTP status may be taken later.
func mayPass(status int) bool { return status == 409 || status == 429 || status >= 500 }

// fail decides what becomes of a document that the server has refused.
func (r *run) fail(ctx context.Context, e *owed, out upstream.Outcome, now time.Time) (settled, error) {
	e.attempts++
	f := Failure{e.place.index, e.place.collection, e.id, out.Status, out.Reason, e.attempts}
	decision := DecideByStatus
	if r.o.opts.OnFailure != nil {
		decision = r.o.opts.OnFailure(f)
	}
	if decision == DecideByStatus {
		decision = Park
		if mayPass(out.Status) && e.attempts < r.o.opts.MaxAttempts {
			decision = Retry
		}
	}
	r.o.opts.Logger.Warn("the upstream server refuses a document", "outbox", r.o.opts.Name, "index", f.Index, "collection",
		f.Collection, "id", f.ID, "status", f.Status, "reason", f.Reason, "attempts", f.Attempts, "dropped", decision == Drop)
	if decision == Drop {
		return settled{e: e}, nil
	}
	var before *Letter
	if e.letter {
		l, err := r.o.Letter(ctx, letterID(e.key))
		if err != nil && !isAbsent(err) {
			return settled{}, err
		}
		before = &l
	}
	l := e.asLetter(before, Attempt{now.UTC(), out.Status, out.Reason})
	if l.Parked = decision == Park; !l.Parked {
		l.Next = now.Add(r.o.delay(e.attempts)).UTC()
		if r.due.IsZero() || l.Next.Before(r.due) {
			r.due = l.Next
		}
	}
	r.letters = true
	return settled{e, &l}, nil
}
