package kuzzlite

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"unicode/utf8"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Consumers: places in the change feed that have a name and are kept in the store. What a consumer has not acknowledged
// stays in the feed, up to a bound.

// Consumer is a handle for a named place in the change feed: that of somebody who must see every change, such as what
// sends changes elsewhere, also across restarts. It is safe for concurrent use and needs no closing. Nobody keeps two
// programs from using one name; each then misses what the other acknowledges.
//
// Every method but Create returns [ErrNotFound] if there is no such consumer.
type Consumer struct {
	store *Store
	name  string
	tx    *Tx // nil: each call stands for itself
}

// ConsumerOptions says where a consumer begins, and what it may hold back. Every zero field means the default.
type ConsumerOptions struct {
	// Since is the sequence after which the consumer begins. Default: that of the newest change.
	Since uint64

	// Replay begins at Since even if that is 0: with the first change of the store, which must be kept.
	Replay bool

	// MaxLag is how many changes the consumer may be behind and still hold them back: the feed keeps those that the
	// consumer has not acknowledged, longer than Options.FeedMaxCount and FeedMaxAge say, but never more than MaxLag of
	// them. A consumer that is further behind may find that they are gone. Default 1,000,000.
	MaxLag uint64

	// Refuse has writes fail with [ErrConsumerBehind] that would leave the consumer further behind than MaxLag, so that it
	// never misses a change. Writes with WriteOptions.LocalOnly are never refused, nor is the removal of what has expired;
	// the feed keeps these as well. Default: writes go on, and the oldest changes go.
	Refuse bool
}

// ConsumerState is where a consumer is.
type ConsumerState struct {
	Name     string `json:"name"`
	Sequence uint64 `json:"sequence"` // of the newest change that it has acknowledged
	MaxLag   uint64 `json:"maxLag"`   // changes
	Refuse   bool   `json:"refuse,omitempty"`
}

const (
	defaultMaxLag   = 1_000_000
	maxConsumerName = 128 // bytes
)

// Consumer returns a handle for a consumer of the change feed. It does no I/O.
func (s *Store) Consumer(name string) *Consumer { return &Consumer{store: s, name: name} }

// Consumer returns a handle for a consumer in the transaction: what is acknowledged through it is acknowledged together
// with what the transaction writes. Changes fails with [ErrInTransaction].
func (tx *Tx) Consumer(name string) *Consumer { return &Consumer{store: tx.store, name: name, tx: tx} }

// Consumers returns the consumers in the order of their names.
func (s *Store) Consumers(ctx context.Context) (list []ConsumerState, err error) {
	list = []ConsumerState{}
	err = s.view(ctx, func(v kv.View) error {
		return eachConsumer(v, func(name string, p consumerPlace, err error) error {
			if err != nil {
				return fmt.Errorf("consumer %q: %w", name, err)
			}
			list = append(list, p.state(name))
			return nil
		})
	})
	return list, err
}

// Name returns the name of the consumer.
func (c *Consumer) Name() string { return c.name }

// turn runs fn, which changes what is stored of the consumer, in a turn to write.
func (c *Consumer) turn(ctx context.Context, fn func(*txn) error) error {
	write := c.store.write
	if c.tx != nil {
		write = c.tx.write
	}
	return write(ctx, func(t *txn) error {
		if err := fn(t); err != nil {
			return err
		}
		t.movesHolds = true
		t.store.holds.forget()
		return nil
	})
}

// checkName returns what is wrong with the name.
func (c *Consumer) checkName() error {
	if n := len(c.name); n == 0 || n > maxConsumerName || !utf8.ValidString(c.name) {
		return fmt.Errorf("%w name of a consumer %q: it must be 1 to %d bytes of valid UTF-8", ErrInvalid, c.name,
			maxConsumerName)
	}
	return nil
}

// Create makes the consumer. [ErrExists] if there is one, [ErrInvalid] for a name that is not 1 to 128 bytes of valid
// UTF-8 or a Since that the store has not reached, [ErrSequenceGone] if the change after Since is no longer kept.
func (c *Consumer) Create(ctx context.Context, o ...*ConsumerOptions) error {
	one, err := onlyOne(o)
	if err = cmp.Or(err, c.checkName()); err != nil {
		return err
	}
	var opts ConsumerOptions
	if one != nil {
		opts = *one
	}
	key := consumerKey(c.name)
	return c.turn(ctx, func(t *txn) error {
		if known, err := t.view.Get(bucketStore, key); err != nil {
			return err
		} else if known != nil {
			return fmt.Errorf("consumer %q %w", c.name, ErrExists)
		}
		p := consumerPlace{t.feed.last, orDefault(opts.MaxLag, defaultMaxLag), opts.Refuse}
		if opts.Replay || opts.Since > 0 {
			p.sequence = opts.Since
		}
		switch {
		case p.sequence > t.feed.last:
			return c.notReached(p.sequence, t.feed.last)
		case p.sequence < t.feed.last && p.sequence+1 < t.feed.first:
			return fmt.Errorf("%w: consumer %q would begin after %d, the oldest kept is %d", ErrSequenceGone, c.name,
				p.sequence, t.feed.first)
		}
		t.batch.Put(bucketStore, key, p.encode(key))
		return nil
	})
}

// unknown is the error of a consumer that does not exist.
func (c *Consumer) unknown() error {
	return &withReason{fmt.Sprintf("consumer %q does not exist", c.name), ErrNotFound}
}

func (c *Consumer) notReached(sequence, last uint64) error {
	return fmt.Errorf("%w sequence %d for consumer %q: the newest change is %d", ErrInvalid, sequence, c.name, last)
}

func (p consumerPlace) state(name string) ConsumerState {
	return ConsumerState{name, p.sequence, p.maxLag, p.refuses}
}

// State returns where the consumer is.
func (c *Consumer) State(ctx context.Context) (state ConsumerState, err error) {
	view := c.store.view
	if c.tx != nil {
		view = c.tx.view
	}
	err = view(ctx, func(v kv.View) error {
		p, err := c.place(v)
		state = p.state(c.name)
		return err
	})
	return state, err
}

// place reads where the consumer is.
func (c *Consumer) place(v kv.View) (consumerPlace, error) {
	key := consumerKey(c.name)
	b, err := v.Get(bucketStore, key)
	if err != nil {
		return consumerPlace{}, err
	}
	if b == nil {
		return consumerPlace{}, c.unknown()
	}
	p, err := decodePlace(key, b)
	if err != nil {
		err = fmt.Errorf("consumer %q: %w", c.name, err)
	}
	return p, err
}

// Changes yields the changes that the consumer has not acknowledged yet, as [Store.Changes] does. What it yields is
// acknowledged by Ack only: an iteration that begins anew yields the rest again. If changes are no longer kept, because
// the consumer was further behind than MaxLag, it yields [ErrSequenceGone] and ends: read all documents again, and
// acknowledge the sequence that the store had before.
func (c *Consumer) Changes(ctx context.Context, o ...*ChangesOptions) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		if c.tx != nil {
			yield(Change{}, ErrInTransaction)
			return
		}
		state, err := c.State(ctx)
		if err != nil {
			yield(Change{}, err)
			return
		}
		c.store.Changes(ctx, state.Sequence, o...)(yield)
	}
}

// Ack acknowledges all changes up to a sequence, durably: they are not held back any more, and go when something is
// written. A sequence that the consumer
// is at already changes nothing; one before that, or one that the store has not reached, is [ErrInvalid].
func (c *Consumer) Ack(ctx context.Context, sequence uint64) error {
	key := consumerKey(c.name)
	return c.turn(ctx, func(t *txn) error {
		p, err := c.place(t.view)
		switch {
		case err != nil:
			return err
		case sequence > t.feed.last:
			return c.notReached(sequence, t.feed.last)
		case sequence < p.sequence:
			return fmt.Errorf("%w sequence %d for consumer %q: it has acknowledged %d", ErrInvalid, sequence, c.name,
				p.sequence)
		case sequence == p.sequence:
			return nil
		}
		p.sequence = sequence
		t.batch.Put(bucketStore, key, p.encode(key))
		return nil
	})
}

// Delete deletes the consumer: the feed holds back nothing for it any more. What is damaged of it is no hindrance.
func (c *Consumer) Delete(ctx context.Context) error {
	key := consumerKey(c.name)
	return c.turn(ctx, func(t *txn) error {
		known, err := t.view.Get(bucketStore, key)
		switch {
		case err != nil:
			return err
		case known == nil:
			return c.unknown()
		}
		t.batch.Delete(bucketStore, key)
		return nil
	})
}
