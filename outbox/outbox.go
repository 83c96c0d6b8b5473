// Package outbox sends what is changed in a store to a server upstream, a Kuzzlite or a Kuzzle: while the server is
// reached at once, and once it is reached again otherwise. What is owed is read from the store's change feed, so that a
// write is one write, and what was acknowledged is owed whatever happens to the process.
//
// However often a document was changed while the server was away, it is sent once, as it is then: the fields that were
// changed, to be merged; or the whole document, where it is new, was replaced, or where the feed does not say which
// fields were changed. What the server refuses is kept as a [Letter], and holds back no other document.
//
// To a server that is exact, see package upstream, each batch is done once, however often its answer is lost. To a
// Kuzzle it may be done twice: it then sets the same fields to the same values once more, over what others have set
// them to in between.
package outbox

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/upstream"
)

// Options says what an outbox sends, and where. Zero fields mean the defaults.
type Options struct {
	// Upstream is where to send changes. Required; the outbox does not close it.
	Upstream upstream.Server

	// Collections are those whose changes are sent. Required.
	Collections []Collection

	// Name tells several outboxes of one store apart. Default "upstream". It names a consumer of the change feed, and
	// collections in Index.
	Name string

	// Index is the index of the store where the outbox keeps its letters. Its own changes are never sent. Default "outbox".
	Index string

	// Replay begins with the oldest change that the store keeps, where there is no such outbox yet. Default: with the
	// first change after Open.
	Replay bool

	// MaxOwed is how many changes of the store may be owed, those of other collections that come in between included. The
	// feed keeps those, and no more: if the server stays away for longer, the oldest are dropped. That is logged as an
	// error, and told by Status.Dropped. Default 10,000,000.
	MaxOwed uint64

	// RefuseWrites has writes to the store fail with kuzzlite.ErrConsumerBehind, of all collections, once MaxOwed changes
	// are owed: so none is dropped. Writes with LocalOnly go on. Default: the oldest are dropped.
	RefuseWrites bool

	// MaxBatch is how many documents are sent in one request, and MaxBytes how many bytes of JSON their bodies may have
	// together; a document that has more is sent alone. Defaults 200 and 800,000, which a Kuzzle takes. MaxBatch is at
	// most 10,000.
	MaxBatch, MaxBytes int

	// MinDelay and MaxDelay bound the pauses before the same is tried again: they double from MinDelay on, and a random
	// part of up to a half is taken off. Defaults 500 ms and 1 min.
	MinDelay, MaxDelay time.Duration

	// MaxAttempts is how often a document is sent that the server refuses for what may pass, as a conflict, before its
	// letter is parked. Default 10.
	MaxAttempts int

	// OnFailure decides what becomes of a document that the server has refused, or of what was done to a whole collection,
	// which has no ID: Retry of that has all else wait. It is called by the goroutine that sends,
	// and must not call the outbox. Default: DecideByStatus for all.
	OnFailure func(Failure) Decision

	chunk int // changes read of the feed at a time; 0: chunkSize

	// Logger is told of a server that is away and is back (info), of one that refuses the login, and of letters (warn), and
	// of what is dropped (error). Default: nobody.
	Logger *slog.Logger
}

// Collection names a collection of the store. Upstream its index and its name are the same.
type Collection struct{ Index, Collection string }

// Failure is a document that the server has refused.
type Failure struct {
	Index, Collection, ID string // ID is "" for what was done to the whole collection
	Status                int    // as in HTTP
	Reason                string // of the server
	Attempts              int    // how often it was refused, this time included
}

// Decision is what becomes of a document that the server has refused.
type Decision uint8

// The decisions.
const (
	// DecideByStatus: Retry for 409, 429 and 500 and above, until there were MaxAttempts; Park for all else.
	DecideByStatus Decision = iota

	Retry // its letter is sent again, after a pause
	Park  // its letter waits for somebody
	Drop  // it is given up
)

// Where an outbox keeps what it keeps in the store, for who looks after outboxes of other programs.
const (
	DefaultName    = "upstream" // Options.Name
	DefaultIndex   = "outbox"   // Options.Index
	ConsumerPrefix = "outbox/"  // begins the name of its consumer, and its Name follows
	LettersSuffix  = "-letters" // follows its Name in that of the collection of its letters
)

const (
	defaultMaxOwed  = 10_000_000
	defaultMaxBatch = 200
	defaultMaxBytes = 800_000
	defaultMinDelay = 500 * time.Millisecond
	defaultMaxDelay = time.Minute
	defaultAttempts = 10
	stateSuffix     = "-state"
	confirmedSuffix = "-confirmed"
	stateID         = "outbox"
	maxPending      = 1 << 16 // documents whose debts are known at a time
	maxNoted        = 1 << 17 // and of which it is noted what was sent, while a backlog is read
	impatience      = 50 * time.Millisecond
	maxMaxBatch     = 10_000
)

// local are the options of writes of the outbox's own documents, and ofRun those of writes by what sends: so that what
// sends tells from them letters that somebody has changed.
var (
	local = &kuzzlite.WriteOptions{LocalOnly: true, NoSource: true}
	ofRun = &kuzzlite.WriteOptions{LocalOnly: true, NoSource: true, Origin: lettersOrigin}
)

const lettersOrigin = "outbox"

// ErrClosed is the error of calls of an outbox that was closed.
var ErrClosed = errors.New("the outbox is closed")

// Outbox sends changes. It is safe for concurrent use.
type Outbox struct {
	store    *kuzzlite.Store
	opts     Options
	id       string // of this outbox, for the server
	chosen   map[Collection]bool
	consumer *kuzzlite.Consumer

	stop context.CancelFunc
	done chan struct{} // closed once nothing runs any more

	asked   chan *flush // calls of Flush
	mu      sync.Mutex  // guards what follows
	status  Status
	failure error // why it has ended by itself
}

// flush is a call of Flush.
type flush struct {
	until uint64
	done  chan struct{}
}

// Open opens the outbox of a store, and begins to send. It needs no server: what is owed waits. Nobody keeps two programs
// from opening one outbox, as long as the store lets both in; only one may.
func Open(store *kuzzlite.Store, o *Options) (*Outbox, error) {
	if o == nil {
		o = &Options{}
	}
	b := &Outbox{store: store, opts: *o, chosen: map[Collection]bool{}, done: make(chan struct{}),
		asked: make(chan *flush)}
	if err := b.resolve(); err != nil {
		return nil, err
	}
	ctx := context.Background()
	b.consumer = store.Consumer(ConsumerPrefix + b.opts.Name)
	if err := b.prepare(ctx); err != nil {
		return nil, fmt.Errorf("open outbox %q: %w", b.opts.Name, err)
	}
	ctx, b.stop = context.WithCancel(ctx)
	r, err := newRun(ctx, b)
	if err != nil {
		b.stop()
		return nil, fmt.Errorf("open outbox %q: %w", b.opts.Name, err)
	}
	go func() {
		defer close(b.done)
		err := r.loop(ctx)
		for errors.Is(err, errSetBack) && ctx.Err() == nil {
			waiting := r.waiting
			b.opts.Logger.Warn("the store was set back: the outbox begins anew", "outbox", b.opts.Name)
			if err = b.prepare(ctx); err == nil {
				r, err = newRun(ctx, b)
			}
			if err == nil {
				r.waiting = waiting
				err = r.loop(ctx)
			}
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.failure, b.status.Running = err, false
		if err != nil && ctx.Err() == nil {
			b.status.LastError = err.Error()
			b.opts.Logger.Error("the outbox has ended", "outbox", b.opts.Name, "error", err)
		}
	}()
	return b, nil
}

// resolve fills in the defaults, and checks the options.
func (o *Outbox) resolve() error {
	p := &o.opts
	p.Name, p.Index = cmp.Or(p.Name, DefaultName), cmp.Or(p.Index, DefaultIndex)
	p.MaxOwed = cmp.Or(p.MaxOwed, defaultMaxOwed)
	p.MaxBatch, p.MaxBytes = cmp.Or(p.MaxBatch, defaultMaxBatch), cmp.Or(p.MaxBytes, defaultMaxBytes)
	p.MinDelay, p.MaxDelay = cmp.Or(p.MinDelay, defaultMinDelay), cmp.Or(p.MaxDelay, defaultMaxDelay)
	p.MaxAttempts, p.chunk = cmp.Or(p.MaxAttempts, defaultAttempts), cmp.Or(p.chunk, chunkSize)
	if p.Logger == nil {
		p.Logger = slog.New(slog.DiscardHandler)
	}
	all := p.Collections
	p.Collections = nil
	for _, c := range all {
		if c.Index == p.Index {
			return fmt.Errorf("%w options: the collection %s/%s is in the index of the outbox", kuzzlite.ErrInvalid, c.Index,
				c.Collection)
		}
		if !o.chosen[c] {
			o.chosen[c] = true
			p.Collections = append(p.Collections, c)
		}
	}
	for _, rule := range []struct {
		ok   bool
		want string
	}{
		{p.Upstream != nil, "Upstream must be a server"},
		{len(p.Collections) > 0, "Collections must name the collections whose changes are sent"},
		{p.MaxBatch > 0 && p.MaxBatch <= maxMaxBatch, "MaxBatch must be 1 to 10,000"},
		{p.MaxBytes > 0, "MaxBytes must be positive"},
		{p.MinDelay > 0 && p.MinDelay <= p.MaxDelay, "MinDelay must be positive, and MaxDelay no less"},
		{p.MaxAttempts > 0, "MaxAttempts must be positive"},
	} {
		if !rule.ok {
			return fmt.Errorf("%w options: %s", kuzzlite.ErrInvalid, rule.want)
		}
	}
	return nil
}

// prepare makes what the outbox keeps in the store, where it is missing, and reads who the outbox is.
func (o *Outbox) prepare(ctx context.Context) error {
	for _, suffix := range []string{LettersSuffix, stateSuffix, confirmedSuffix} {
		err := o.store.CreateCollection(ctx, o.opts.Index, o.opts.Name+suffix)
		if err != nil && !errors.Is(err, kuzzlite.ErrExists) {
			return err
		}
	}
	err := o.letters().EnsureFieldIndex(ctx, kuzzlite.FieldIndex{Name: "due", Fields: []string{"parked", "due"}})
	if err != nil {
		return err
	}
	err = o.consumer.Create(ctx, o.beginning(ctx))
	if errors.Is(err, kuzzlite.ErrExists) {
		err = o.bound(ctx)
	}
	if err != nil {
		return err
	}
	state := o.store.Collection(o.opts.Index, o.opts.Name+stateSuffix)
	made, err := state.Modify(ctx, stateID, func(d kuzzlite.Document) (any, error) {
		if d.Version > 0 {
			return nil, nil
		}
		return map[string]any{"id": rand.Text()}, nil
	}, &kuzzlite.WriteOptions{LocalOnly: true})
	if err != nil {
		return err
	}
	var known struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(made.Source, &known); err != nil || known.ID == "" {
		return fmt.Errorf("%w: document %s of %s/%s%s names no outbox", kuzzlite.ErrCorrupt, stateID, o.opts.Index, o.opts.Name,
			stateSuffix)
	}
	o.id = known.ID
	return nil
}

// bound gives the consumer the bound of the options, where it has another one.
func (o *Outbox) bound(ctx context.Context) error {
	err := o.store.Update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		c := tx.Consumer(o.consumer.Name())
		state, err := c.State(ctx)
		if err != nil || state.MaxLag == o.opts.MaxOwed && state.Refuse == o.opts.RefuseWrites {
			return err
		}
		if err := c.Delete(ctx); err != nil {
			return err
		}
		return c.Create(ctx, &kuzzlite.ConsumerOptions{
			Since: state.Sequence, Replay: true, MaxLag: o.opts.MaxOwed, Refuse: o.opts.RefuseWrites,
		})
	})
	if errors.Is(err, kuzzlite.ErrSequenceGone) { // it is too far behind, as the run will find out
		return nil
	}
	return err
}

// beginning says where a new outbox begins.
func (o *Outbox) beginning(ctx context.Context) *kuzzlite.ConsumerOptions {
	c := &kuzzlite.ConsumerOptions{MaxLag: o.opts.MaxOwed, Refuse: o.opts.RefuseWrites}
	if !o.opts.Replay {
		return c
	}
	c.Replay = true
	if st, err := o.store.Stats(ctx); err == nil && st.FirstSequence > 0 {
		c.Since = st.FirstSequence - 1
	}
	return c
}

// Close ends sending. What is owed stays owed, also what is in flight. It waits until nothing runs any more. The store
// stays open, and must be closed after the outbox.
func (o *Outbox) Close() error {
	o.stop()
	<-o.done
	return nil
}

// Done returns a channel that is closed once the outbox has ended, by Close or because the store does not work any more:
// Err says why.
func (o *Outbox) Done() <-chan struct{} { return o.done }

// Err returns why the outbox has ended by itself, nil if it has not.
func (o *Outbox) Err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failure == nil || errors.Is(o.failure, context.Canceled) {
		return nil
	}
	return o.failure
}

// Flush waits until all that was committed before the call was sent, and either confirmed or made a letter, and until the
// letters that were due were sent again.
func (o *Outbox) Flush(ctx context.Context) error {
	f := &flush{o.store.Sequence(), make(chan struct{})}
	select {
	case o.asked <- f:
	case <-o.done:
		return cmp.Or(o.Err(), ErrClosed)
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-f.done:
		return nil
	case <-o.done:
		return cmp.Or(o.Err(), ErrClosed)
	case <-ctx.Done():
		return ctx.Err()
	}
}
