package remote

import (
	"context"
	"iter"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
)

// Consumer is a handle for a named place in the change feed. Its methods are those of the library's Consumer.
type Consumer struct {
	store *Store
	name  string
}

// Consumer returns a handle for a consumer, which need not exist.
func (s *Store) Consumer(name string) *Consumer { return &Consumer{s, name} }

// Consumers is as that of the library.
func (s *Store) Consumers(ctx context.Context) ([]kuzzlite.ConsumerState, error) {
	return asked[[]kuzzlite.ConsumerState](ctx, s, "consumers", &wire.Call{})
}

// Name returns the name of the consumer.
func (c *Consumer) Name() string { return c.name }

func (c *Consumer) call() *wire.Call { return &wire.Call{Name: wire.Text(c.name)} }

// Create is as that of the library.
func (c *Consumer) Create(ctx context.Context, o ...*kuzzlite.ConsumerOptions) error {
	opts, err := only(o)
	if err != nil {
		return err
	}
	call := c.call()
	call.Consumer = opts
	return c.store.write(ctx, "createConsumer", call)
}

// State is as that of the library.
func (c *Consumer) State(ctx context.Context) (kuzzlite.ConsumerState, error) {
	return asked[kuzzlite.ConsumerState](ctx, c.store, "consumer", c.call())
}

// Changes is as that of the library.
func (c *Consumer) Changes(ctx context.Context, o ...*kuzzlite.ChangesOptions) iter.Seq2[kuzzlite.Change, error] {
	return stream(ctx, c.store, func() (request, error) {
		opts, err := only(o)
		call := c.call()
		call.Changes = opts
		return request{action: "consume", call: call}, err
	}, readChange)
}

// Ack is as that of the library.
func (c *Consumer) Ack(ctx context.Context, sequence uint64) error {
	call := c.call()
	call.Sequence = sequence
	return c.store.write(ctx, "acknowledge", call)
}

// Delete is as that of the library.
func (c *Consumer) Delete(ctx context.Context) error {
	return c.store.write(ctx, "deleteConsumer", c.call())
}
