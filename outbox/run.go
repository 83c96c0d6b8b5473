package outbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/upstream"
)

// run is what sends: one goroutine that owns the ledger, one that reads the feed, and one for the request in flight, of
// which there is one at a time. What is sent of a document is what it has then, so that changes of which the feed tells
// later are sent with it already. Small batches wait for more, but never longer than 50 ms.
type run struct {
	o      *Outbox
	ledger *ledger

	scanned  uint64 // sequence up to which changes are in the ledger
	acked    uint64 // sequence that the consumer has acknowledged
	caughtUp bool
	chunks   chan chunk
	stopScan context.CancelFunc // ends the reading of the feed; nil: nothing reads

	ready  bool              // it is known what the server has of this outbox
	number uint64            // of the last batch
	had    map[key]uint64    // sequences up to which documents had been confirmed before this run
	hadTo  uint64            // the largest of them
	flight *request          // in flight, or to be sent again
	ahead  *request          // the next one, worked out while one is in flight; nil: not yet
	sent   map[key]sent      // documents that were sent with changes that the feed is still to tell of
	sentTo uint64            // the largest sequence of those
	answer chan answer       // of the request in flight
	walls  []kuzzlite.Change // changes of whole collections that are to be sent, in their order

	errors  int       // in a row
	resume  time.Time // when to ask again
	lastEnd time.Time // of a request
	lastOf  time.Time // when something was read of the feed
	due     time.Time // when to look at letters; zero: there are none that wait
	letters bool      // there may be letters
	asked   bool      // somebody wants letters sent, and they were not looked at since

	confirmations    []confirmation // that are stored
	lastConfirmation uint64         // number of the last of them

	waiting []*flush
}

// request is one batch on its way.
type request struct {
	batch upstream.Batch
	owed  []*owed   // of each write
	moot  []settled // letters of documents that are gone
	wall  bool      // of a whole collection
	place *place
	asked bool // it is in flight
}

// answer is what came back.
type answer struct {
	outcomes []upstream.Outcome
	receipt  *upstream.Receipt
	err      error
}

// newRun returns a run that begins where the outbox is.
func newRun(ctx context.Context, o *Outbox) (*run, error) {
	state, err := o.consumer.State(ctx)
	if err != nil {
		return nil, err
	}
	n, err := o.letters().Count(ctx)
	if err != nil {
		return nil, err
	}
	r := &run{
		o: o, ledger: newLedger(), scanned: state.Sequence, acked: state.Sequence,
		answer: make(chan answer, 1), letters: n > 0, lastEnd: time.Now(),
	}
	if r.letters {
		r.due, r.asked = time.Now(), true
	}
	if err := r.remember(ctx); err != nil {
		return nil, err
	}
	o.note(func(s *Status) { s.Name, s.Running = o.opts.Name, true })
	return r, nil
}

// errSetBack ends a run because Store.Restore has taken back what it knows of.
var errSetBack = errors.New("the store was set back")

// loop sends until ctx is done, or until the store fails or is set back.
func (r *run) loop(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var scans sync.WaitGroup
	defer func() {
		cancel()
		if r.flight != nil && r.flight.asked { // the answer comes, as ctx is done
			<-r.answer
		}
		scans.Wait()
	}()
	for {
		if r.stopScan == nil {
			var scan context.Context
			scan, r.stopScan = context.WithCancel(ctx)
			since, to := r.scanned, make(chan chunk)
			r.chunks = to
			scans.Go(func() { r.o.scan(scan, since, to) })
		}
		if err := errors.Join(r.step(ctx), ctx.Err()); err != nil {
			return err
		}
		if err := r.acknowledge(ctx); err != nil {
			return err
		}
		r.tell()
		chunks := r.chunks
		if r.isFull() {
			chunks = nil // what is known is sent first
		}
		timer := time.NewTimer(r.pause())
		var err error
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case c := <-chunks:
			if err = r.take(ctx, c); errors.Is(err, kuzzlite.ErrSequenceGone) {
				r.stopScan()
				r.stopScan, err = nil, r.lost(ctx, err)
			}
		case a := <-r.answer:
			err = r.answered(ctx, a)
		case f := <-r.o.asked:
			r.waiting = append(r.waiting, f)
		case <-timer.C:
		}
		timer.Stop()
		if err != nil {
			return err
		}
	}
}

// pause returns for how long nothing has to be done unless something happens.
func (r *run) pause() time.Duration {
	const long = time.Hour
	now, until := time.Now(), long
	if r.confirmed() > r.acked {
		until = max(0, quietFor-now.Sub(r.lastOf))
	}
	switch {
	case r.flight != nil && r.flight.asked:
		return until
	case now.Before(r.resume):
		return min(until, r.resume.Sub(now))
	case len(r.ledger.docs) > 0 && !r.caughtUp:
		return min(until, max(0, impatience-now.Sub(r.lastEnd)))
	case !r.due.IsZero():
		return min(until, max(0, r.due.Sub(now)))
	default:
		return until
	}
}

// step sends what is to be sent now.
func (r *run) step(ctx context.Context) error {
	now := time.Now()
	if r.flight != nil && r.flight.asked {
		return r.lookAhead(ctx)
	}
	if now.Before(r.resume) {
		return nil
	}
	switch {
	case !r.ready:
		r.ask(&request{}, func() (a answer) {
			a.receipt, a.err = r.o.opts.Upstream.Receipt(ctx, r.o.id)
			return a
		})
		return nil
	case r.flight != nil: // once more
		r.write(ctx, r.flight)
		return nil
	}
	if err := r.takeLetters(ctx, now); err != nil {
		return err
	}
	if !r.caughtUp && len(r.ledger.docs) < r.o.opts.MaxBatch && !r.isFull() && now.Sub(r.lastEnd) < impatience {
		return nil
	}
	next := r.ahead
	if r.ahead = nil; next == nil {
		var err error
		if next, err = r.next(ctx); err != nil || next == nil {
			return err
		}
	}
	r.send(ctx, next)
	return nil
}

// lookAhead works out the next batch while one is in flight, if there is enough for a whole one.
func (r *run) lookAhead(ctx context.Context) (err error) {
	if r.ready && r.ahead == nil && len(r.walls) == 0 && len(r.ledger.docs) >= r.o.opts.MaxBatch {
		r.ahead, err = r.next(ctx)
	}
	return err
}

// dropAhead puts back what was worked out ahead.
func (r *run) dropAhead() {
	if r.ahead != nil {
		for _, e := range r.ahead.owed {
			r.ledger.back(e)
		}
		r.ahead = nil
	}
}

// send puts a new batch in flight.
func (r *run) send(ctx context.Context, q *request) {
	r.number++
	q.batch.Outbox, q.batch.Number = r.o.id, r.number
	r.write(ctx, q)
}

// isFull says whether nothing more is to be read before something is sent.
func (r *run) isFull() bool { return len(r.ledger.docs) >= maxPending || len(r.walls) > 0 }

// write puts a batch in flight.
func (r *run) write(ctx context.Context, q *request) {
	n := uint64(len(q.batch.Writes))
	r.o.note(func(s *Status) { s.Sent += n; s.InFlight = len(q.batch.Writes) })
	r.ask(q, func() (a answer) {
		a.outcomes, a.err = r.o.opts.Upstream.Write(ctx, &q.batch)
		return a
	})
}

// ask puts a request in flight.
func (r *run) ask(q *request, do func() answer) {
	q.asked = true
	r.flight = q
	go func() { r.answer <- do() }()
}

// take takes what was read of the feed.
func (r *run) take(ctx context.Context, c chunk) error {
	if c.err != nil {
		return c.err
	}
	for i := range c.changes {
		r.takeChange(&c.changes[i])
	}
	r.scanned, r.caughtUp, r.lastOf = c.upTo, c.caughtUp, time.Now()
	if r.scanned >= r.hadTo {
		r.had = nil
	}
	if r.scanned >= r.sentTo {
		clear(r.sent)
	}
	return ctx.Err()
}

func (r *run) takeChange(c *kuzzlite.Change) {
	if c.Index == r.o.opts.Index { // somebody has edited a letter, or wants one sent again
		r.letters, r.asked, r.due = true, true, time.Now()
		return
	}
	switch c.Op {
	case kuzzlite.OpTruncate, kuzzlite.OpDeleteCollection, kuzzlite.OpDeleteIndex:
		r.takeWall(c)
		return
	case kuzzlite.OpCreateCollection, kuzzlite.OpCreateIndex: // made upstream once there is a document to be sent
		return
	}
	if !isOwed(c) {
		return
	}
	k := key{r.ledger.place(c.Index, c.Collection), c.ID}
	if s, ok := r.sent[k]; c.Sequence > r.had[k] && !(ok && s.has(c)) {
		r.ledger.take(c)
	}
}

// takeWall takes a change that empties collections. If it is owed, what was owed of their documents is owed no more. If it
// is to stay here, deletions from before are owed as ever, and documents that are gone now have nothing to be sent.
func (r *run) takeWall(c *kuzzlite.Change) {
	if !isOwed(c) {
		return
	}
	r.dropAhead() // it would be sent before the collection is emptied
	for at, p := range r.ledger.places {
		if at[0] == c.Index && (c.Op == kuzzlite.OpDeleteIndex || at[1] == c.Collection) {
			r.ledger.empty(p)
			maps.DeleteFunc(r.sent, func(k key, _ sent) bool { return k.place == p }) // what was sent goes
		}
	}
	for _, chosen := range r.o.opts.Collections {
		if chosen.Index != c.Index || c.Op != kuzzlite.OpDeleteIndex && chosen.Collection != c.Collection {
			continue
		}
		one := *c
		if one.Collection = chosen.Collection; c.Op == kuzzlite.OpDeleteIndex {
			one.Op = kuzzlite.OpDeleteCollection
		}
		if c.Sequence > r.had[key{r.ledger.place(one.Index, one.Collection), ""}] {
			r.walls = append(r.walls, one)
		}
	}
}

// lost goes on behind changes that the feed did not keep.
func (r *run) lost(ctx context.Context, cause error) error {
	st, err := r.o.store.Stats(ctx)
	if err != nil {
		return err
	}
	goOn := max(st.FirstSequence, 1) - 1
	if goOn <= r.scanned {
		return errSetBack
	}
	dropped := goOn - min(goOn, r.scanned)
	r.o.note(func(s *Status) { s.Dropped += dropped })
	r.o.opts.Logger.Error("changes are dropped that were owed: the change feed did not keep them", "outbox", r.o.opts.Name,
		"changes", dropped, "error", cause)
	r.scanned = goOn
	return nil
}

// oldest returns the sequence of the oldest change that is owed as far as the feed was read, 0 if none is.
func (r *run) oldest() uint64 {
	first := r.ledger.oldest()
	for _, q := range []*request{r.flight, r.ahead} {
		if q == nil {
			continue
		}
		for _, e := range q.owed {
			if e.first > 0 && (first == 0 || e.first < first) { // what a letter owes is not in the feed
				first = e.first
			}
		}
		if q.wall && (first == 0 || q.batch.Writes[0].Sequence < first) {
			first = q.batch.Writes[0].Sequence
		}
	}
	if len(r.walls) > 0 && (first == 0 || r.walls[0].Sequence < first) {
		first = r.walls[0].Sequence
	}
	return first
}

// confirmed returns the sequence up to which all is confirmed, or kept in letters.
func (r *run) confirmed() uint64 {
	if first := r.oldest(); first > 0 {
		return min(first-1, r.scanned)
	}
	return r.scanned
}

// lazily is how many changes that are of no concern are acknowledged at a time, unless nothing happens for so long.
const (
	lazily   = 1000
	quietFor = time.Second
)

// acknowledge acknowledges changes that are of no concern, many at a time, and wakes who waits for what is confirmed.
func (r *run) acknowledge(ctx context.Context) error {
	to := r.confirmed()
	if to > r.acked && (len(r.waiting) > 0 || to-r.acked >= lazily || time.Since(r.lastOf) >= quietFor) {
		if err := r.settle(ctx, nil, nil); err != nil {
			return err
		}
	}
	kept := r.waiting[:0]
	for _, f := range r.waiting {
		if r.acked < f.until || r.asked || r.owesLetters() {
			kept = append(kept, f)
			continue
		}
		close(f.done)
	}
	r.waiting = kept
	return nil
}

// owesLetters says whether what letters owe is to be sent, or is on its way.
func (r *run) owesLetters() bool {
	for _, p := range r.ledger.places {
		if p.letters.first != nil {
			return true
		}
	}
	isLetter := func(e *owed) bool { return e.first == 0 }
	return r.flight != nil && slices.ContainsFunc(r.flight.owed, isLetter) ||
		r.ahead != nil && slices.ContainsFunc(r.ahead.owed, isLetter)
}

// tell brings the status up to date.
func (r *run) tell() {
	docs, flying := len(r.ledger.docs), 0
	if r.ahead != nil {
		docs += len(r.ahead.owed)
	}
	switch {
	case r.flight == nil:
	case r.flight.asked:
		flying = len(r.flight.owed)
	default: // to be sent again
		docs += len(r.flight.owed)
	}
	oldest := r.oldest()
	r.o.note(func(s *Status) { s.Documents, s.InFlight, s.oldest = docs, flying, oldest })
}

// delay returns how long to wait after so many errors in a row.
func (o *Outbox) delay(errors int) time.Duration {
	d := o.opts.MinDelay
	for n := 1; n < errors && d < o.opts.MaxDelay; n++ {
		d *= 2
	}
	d = min(d, o.opts.MaxDelay)
	return d - time.Duration(rand.Int64N(int64(d/2)+1))
}

// away notes that the server was not reached.
func (r *run) away(err error) {
	r.errors++
	wait := r.o.delay(r.errors)
	if later := (*upstream.AwayError)(nil); errors.As(err, &later) {
		wait = max(wait, later.RetryAfter)
	}
	r.resume = time.Now().Add(wait)
	first, login := r.errors == 1, errors.Is(err, upstream.ErrLogin)
	r.o.note(func(s *Status) { s.LastError, s.Away, s.LoginRefused = err.Error(), true, login })
	switch {
	case first && login:
		r.o.opts.Logger.Warn("the upstream server does not let the outbox in", "outbox", r.o.opts.Name, "error", err)
	case first:
		r.o.opts.Logger.Info("the upstream server is away", "outbox", r.o.opts.Name, "error", err)
	}
}

// reached notes that the server has answered.
func (r *run) reached() {
	if r.errors > 0 {
		r.o.opts.Logger.Info("the upstream server is back", "outbox", r.o.opts.Name)
	}
	r.errors = 0
	exact := r.o.opts.Upstream.Exact()
	r.o.note(func(s *Status) { s.LastError, s.Away, s.LoginRefused, s.Exact = "", false, false, exact })
}

// unexpected is the error of a server that does not keep to the interface.
func unexpected(got, want int) error {
	return fmt.Errorf("%w: it answers %d outcomes to %d writes", upstream.ErrAway, got, want)
}
