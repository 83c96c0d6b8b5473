package outbox

import (
	"cmp"
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

// next takes the next batch out of the ledger: of one collection, which goes to the end of the line. It returns nil if
// there is nothing to be sent.
func (r *run) next(ctx context.Context) (*request, error) {
	if len(r.walls) > 0 {
		return r.nextWall(), nil
	}
	for n := len(r.ledger.turn); n > 0; n-- {
		p := r.ledger.turn[0]
		r.ledger.turn = append(r.ledger.turn[1:], p)
		if p.isEmpty() {
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
	if p.limit > 0 {
		limit = min(limit, p.limit)
	}
	flying := map[key]bool{} // documents in flight: what becomes of them comes first
	if r.flight != nil {
		for _, e := range r.flight.owed {
			flying[e.key] = true
		}
	}
	newest := uint64(0) // sequence of a change that all documents have which are read from now on
	if !r.caughtUp {
		newest = r.o.store.Sequence()
	}
	var following *owed
	for e := cmp.Or(p.letters.first, p.changed.first); e != nil && len(q.owed) < limit; e = following {
		if following = e.next; following == nil && e.in == &p.letters {
			following = p.changed.first
		}
		if flying[e.key] {
			continue
		}
		w, sends, err := r.prepare(ctx, e)
		if errors.Is(err, kuzzlite.ErrCorrupt) {
			r.ledger.remove(e)
			q.moot = append(q.moot, r.unreadable(e, err))
			continue
		}
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
			r.note(e, &w, newest)
		case e.letter:
			q.moot = append(q.moot, settled{e: e})
		}
	}
	if len(q.owed) > 0 {
		return q, nil
	}
	if len(q.moot) > 0 {
		return nil, r.settle(ctx, q.moot, nil)
	}
	return nil, nil
}

// sent is what was sent of a document.
type sent struct {
	upTo   uint64   // sequence of a change that the document had
	whole  bool     // it has replaced what was there
	paths  []string // where it was made what the document was, otherwise; sorted
	silent bool
}

// has says whether what was sent has a change of the document.
func (s *sent) has(c *kuzzlite.Change) bool {
	if c.Sequence > s.upTo || s.silent && !c.Silent {
		return false
	}
	return s.whole || c.Op == kuzzlite.OpUpdate && len(c.Paths) > 0 && hasAll(s.paths, c.Paths)
}

// note notes what is sent of a document, as it was at a sequence that the feed has not told of yet: changes up to that
// need not be sent again. A document that is merged may meet upstream what an earlier attempt has brought there: fields
// that it does not have any more stay, until the change that has removed them is sent.
func (r *run) note(e *owed, w *upstream.Write, upTo uint64) {
	if upTo <= r.scanned || e.letter || e.gone || len(r.sent) >= maxNoted {
		return
	}
	if r.sent == nil {
		r.sent = map[key]sent{}
	}
	paths := e.paths
	if e.created && !e.whole {
		paths = r.ledger.shared(leafPaths(w.Body))
	}
	r.sent[e.key] = sent{upTo, e.whole, paths, w.Silent}
	r.sentTo = max(r.sentTo, upTo)
}

// prepare works out what is to be sent of a document: of what the document is now. sends is false if that is nothing.
func (r *run) prepare(ctx context.Context, e *owed) (w upstream.Write, sends bool, err error) {
	if r.letters || e.letter {
		if owes, err := r.readLetter(ctx, e); err != nil || !owes {
			return w, false, err
		}
	}
	w = upstream.Write{
		Index: e.place.index, Collection: e.place.collection, ID: e.id, Silent: !e.loud, Sequence: e.last, Time: e.at,
	}
	switch {
	case e.bodyOnly:
		w.Kind, w.Body = upstream.Merge, e.body
		return w, true, nil
	case e.gone: // if the document is there now, that is a change that is owed by itself, or not at all
		w.Kind = upstream.Delete
		return w, true, nil
	}
	doc, err := r.o.store.Collection(w.Index, w.Collection).Get(ctx, e.id)
	if isAbsent(err) {
		return w, false, nil // its deletion is owed by itself, or not at all
	}
	if err != nil {
		return w, false, err
	}
	source := withoutMetadata(doc.Source)
	merge, remove, ok := source, []string(nil), !e.whole
	if ok && !e.created {
		merge, remove, ok = leaves(source, e.paths)
	} else if ok && len(e.paths) > 0 {
		_, remove, ok = leaves(source, e.paths)
		ok = ok && len(remove) == 0
	}
	if ok && e.body != nil {
		merge, ok = merged(e.body, merge)
	}
	switch {
	case !ok:
		w.Kind, w.Body = upstream.Replace, source
	case e.created:
		w.Kind, w.Body = upstream.Merge, merge
	default:
		w.Kind, w.Body, w.Remove = upstream.Update, merge, remove
	}
	return w, true, nil
}

func isAbsent(err error) bool {
	return errors.Is(err, kuzzlite.ErrNotFound) || errors.Is(err, kuzzlite.ErrUnknownCollection) ||
		errors.Is(err, kuzzlite.ErrUnknownIndex)
}

// readLetter adds what the letter of a document owes, as the letter is now. owes is false if it was all that was owed, and
// somebody has dropped it.
func (r *run) readLetter(ctx context.Context, e *owed) (owes bool, err error) {
	l, err := r.o.Letter(ctx, letterID(e.key))
	switch {
	case isAbsent(err):
		e.letter, e.body = false, nil
		return e.first > 0, nil
	case err != nil:
		return false, err
	case e.letter: // somebody may have edited it
		e.attempts, e.body = l.Attempts, l.Body
		e.bodyOnly = l.BodyOnly && e.first == 0
		return true, nil
	}
	joined := r.ledger.owedBy(&l)
	joined.join(e)
	joined.key, joined.in, joined.next, joined.prev = e.key, e.in, e.next, e.prev
	*e = *joined
	return true, nil
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
	if r.had == nil {
		r.had = map[key]uint64{}
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
	return r.settle(ctx, letters, done) // before the next batch takes the place of the receipt
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
