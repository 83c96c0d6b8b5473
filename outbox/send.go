package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	w := upstream.Write{Index: c.Index, Collection: c.Collection, Kind: kind, Silent: c.Silent, Sequence: c.Sequence}
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
	var moot []settled
	for e := p.first; e != nil && len(q.owed) < limit; {
		following := e.next
		w, todo, err := r.prepare(ctx, e)
		if err != nil {
			return nil, err
		}
		switch {
		case todo == drop:
			r.ledger.remove(e)
			if e.letter {
				moot = append(moot, settled{e: e})
			}
		case todo == send:
			if size += len(w.Body); size > r.o.opts.MaxBytes && len(q.owed) > 0 {
				following = nil
				break
			}
			r.ledger.remove(e)
			q.owed, q.batch.Writes = append(q.owed, e), append(q.batch.Writes, w)
		}
		e = following
	}
	if len(moot) > 0 {
		if err := r.o.settle(ctx, moot, r.acked); err != nil {
			return nil, err
		}
	}
	if len(q.owed) == 0 {
		return nil, nil
	}
	return q, nil
}

// todo is what is to be done with what is owed of a document.
type todo uint8

const (
	send  todo = iota
	later      // the feed has more of the document than was read
	drop       // nothing is owed any more
)

// prepare works out what is to be sent of a document: of what the document is now.
func (r *run) prepare(ctx context.Context, e *owed) (w upstream.Write, what todo, err error) {
	w = upstream.Write{
		Index: e.place.index, Collection: e.place.collection, ID: e.id, Silent: !e.loud, Sequence: e.last,
	}
	if r.letters && !e.letter {
		if err := r.joinLetter(ctx, e); err != nil {
			return w, 0, err
		}
	}
	if e.edited {
		w.Kind, w.Body = upstream.Merge, e.body
		return w, send, nil
	}
	doc, err := r.o.store.Collection(w.Index, w.Collection).Get(ctx, e.id)
	switch {
	case isAbsent(err) && e.gone:
		w.Kind = upstream.Delete
		return w, send, nil
	case isAbsent(err) && e.letter:
		return w, drop, nil // its deletion is owed by itself, or not at all
	case isAbsent(err):
		return w, later, nil
	case err != nil:
		return w, 0, err
	}
	source := withoutMetadata(doc.Source)
	merge, remove, ok := leaves(source, e.paths)
	switch {
	case e.whole || e.gone || !ok || e.created && len(remove) > 0:
		w.Kind, w.Body = upstream.Replace, source
	case e.created:
		w.Kind, w.Body = upstream.Merge, source
	default:
		w.Kind, w.Body, w.Remove = upstream.Update, merge, remove
	}
	return w, send, nil
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
		r.begin(a.receipt)
		return nil
	case errors.Is(a.err, upstream.ErrStale):
		return r.stale(ctx, q)
	case errors.Is(a.err, upstream.ErrUnknownCollection):
		return r.unknown(ctx, q, a.err)
	case errors.Is(a.err, upstream.ErrDenied), errors.Is(a.err, upstream.ErrTooLarge), errors.Is(a.err, upstream.ErrRefused):
		r.reached()
		return r.refused(ctx, q, a.err)
	case a.err != nil: // ErrAway, and what nobody knows: the same batch once more
		r.away(a.err)
		return nil
	}
	r.reached()
	r.flight, r.limit, r.dirty = nil, 0, true
	if len(q.owed) == 0 {
		r.ofCollection(q, a.outcomes[0])
		return nil
	}
	delete(r.made, q.place)
	return r.outcomes(ctx, q, a.outcomes)
}

// begin goes on behind the batch that the server has done last.
func (r *run) begin(receipt *upstream.Receipt) {
	r.ready = true
	if receipt == nil {
		return
	}
	r.number, r.had, r.hadTo = receipt.Number, map[key]uint64{}, 0
	for _, it := range receipt.Items {
		if it.Outcome.Done() {
			r.had[key{r.ledger.place(it.Index, it.Collection), it.ID}] = it.Sequence
			r.hadTo = max(r.hadTo, it.Sequence)
		}
	}
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
		c := kuzzlite.Change{Op: op, Index: w.Index, Collection: w.Collection, Silent: w.Silent, Sequence: w.Sequence}
		r.walls = append([]kuzzlite.Change{c}, r.walls...)
	}
}

// unknown makes the collection upstream that a batch lacks, and then sends the batch again.
func (r *run) unknown(ctx context.Context, q *request, err error) error {
	r.reached()
	if q.batch.Writes[0].Kind == upstream.CreateCollection || q.wall || r.made[q.place] {
		r.flight = nil
		if r.dirty = true; q.wall {
			return nil // there is nothing to be emptied
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
	if len(q.owed) == 0 {
		r.collectionRefused(q, err.Error())
		return nil
	}
	status := map[bool]int{true: 403, false: 400}[errors.Is(err, upstream.ErrDenied)]
	switch {
	case errors.Is(err, upstream.ErrTooLarge):
		status = 413
	case errors.Is(err, upstream.ErrUnknownCollection):
		status = 412
	}
	outcomes := make([]upstream.Outcome, len(q.owed))
	for i := range outcomes {
		outcomes[i] = upstream.Outcome{Status: status, Reason: err.Error()}
	}
	return r.outcomes(ctx, q, outcomes)
}

// ofCollection takes what became of a write of a whole collection.
func (r *run) ofCollection(q *request, out upstream.Outcome) {
	switch {
	case out.Done(), out.Status == 404: // there is nothing to be emptied
	case mayPass(out.Status):
		r.putBack(q)
		r.away(fmt.Errorf("%w: of the collection %s: %d %s", upstream.ErrAway, q.place.index+"/"+q.place.collection, out.Status,
			out.Reason))
	default:
		r.collectionRefused(q, out.Reason)
	}
}

// collectionRefused gives up what was done to a collection.
func (r *run) collectionRefused(q *request, reason string) {
	r.o.opts.Logger.Error("the upstream server refuses what was done to a collection", "outbox", r.o.opts.Name, "index",
		q.place.index, "collection", q.place.collection, "reason", reason)
	r.o.note(func(s *Status) { s.LastError, s.Refused = reason, s.Refused+1 })
	r.dirty = true
}

// settled is what has become of what was owed of a document: a letter, or nothing any more.
type settled struct {
	e      *owed
	letter *Letter
}

// outcomes takes what became of the documents of a batch.
func (r *run) outcomes(ctx context.Context, q *request, outcomes []upstream.Outcome) error {
	var list []settled
	now := time.Now()
	confirmed, refused := uint64(0), uint64(0)
	for i, out := range outcomes {
		e, w := q.owed[i], &q.batch.Writes[i]
		switch {
		case out.Done(), w.Kind == upstream.Delete && out.Status == 404:
			confirmed++
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
		}
	}
	r.o.note(func(s *Status) {
		s.Confirmed, s.Refused = s.Confirmed+confirmed, s.Refused+refused
		if confirmed > 0 {
			s.LastConfirmed = now
		}
	})
	if r.dirty = true; len(list) == 0 {
		return nil
	}
	return r.o.settle(ctx, list, r.acked)
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

// settle writes letters, or removes them, and acknowledges changes, in one transaction.
func (o *Outbox) settle(ctx context.Context, list []settled, acked uint64) error {
	return o.store.Update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		letters := tx.Collection(o.opts.Index, o.opts.Name+lettersSuffix)
		for _, s := range list {
			id := letterID(s.e.key)
			var err error
			if s.letter == nil {
				_, err = letters.Delete(ctx, id, local)
				if errors.Is(err, kuzzlite.ErrNotFound) {
					err = nil
				}
			} else {
				_, err = letters.CreateOrReplace(ctx, id, storedLetter{*s.letter, s.letter.Next.UnixMilli()}, local)
			}
			if err != nil {
				return err
			}
		}
		return tx.Consumer(o.consumer.Name()).Ack(ctx, acked)
	})
}
