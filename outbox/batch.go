package outbox

import (
	"cmp"
	"context"
	"errors"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/upstream"
)

// What is sent: batches, made of what is owed.

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
			if len(q.owed) > 0 { // nothing is settled while documents are in no batch yet that is known
				break
			}
			r.ledger.remove(e)
			if err := r.settle(ctx, []settled{r.unreadable(e, err)}, nil); err != nil {
				return nil, err
			}
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
