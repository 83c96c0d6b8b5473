package library

import (
	"context"
	"fmt"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
)

// call is a call of the library under way.
type call struct {
	*wire.Call
	ctx    context.Context
	ending context.Context // done once the server shuts down
	values [][]byte        // behind the head of the call
	store  *kuzzlite.Store
}

// outcome is what a call returns: a value beside which there may be an error, and the values behind it.
type outcome struct {
	value  any
	values [][]byte
	err    error
}

// action is a call of the library: one of two functions.
type action struct {
	ask    func(c *call) outcome              // returns all at once
	stream func(c *call, out *sender) outcome // sends items, or how far it has come, before it returns
	writes bool
}

func (c *call) collection() *kuzzlite.Collection {
	return c.store.Collection(string(c.Index), string(c.Collection))
}

func (c *call) consumer() *kuzzlite.Consumer { return c.store.Consumer(string(c.Name)) }

// returned is the outcome of a call that returns a value or an error.
func returned[T any](value T, err error) outcome {
	if err != nil {
		return outcome{err: err}
	}
	return outcome{value: value}
}

// done is the outcome of a call that returns no more than an error.
func done(err error) outcome { return outcome{err: err} }

// mustHave returns an error unless there are n values behind the head.
func (c *call) mustHave(n int) error {
	if len(c.values) != n {
		return fmt.Errorf("%w request: %w: it has %d values, and must have %d", kuzzlite.ErrInvalid, wire.ErrMessage,
			len(c.values), n)
	}
	return nil
}
