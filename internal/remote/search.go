package remote

import (
	"bytes"
	"context"
	"iter"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
)

// Searches. They travel as their body, from which the server reads them.

// Search is as that of the library.
func (c *Collection) Search(ctx context.Context, s *wire.Search) (*kuzzlite.SearchResult, error) {
	call := c.call()
	call.Search = s
	var head wire.SearchResult
	values, err := c.store.exchange(ctx, request{action: "search", call: call}, &head)
	if err != nil {
		return nil, err
	}
	return head.Library(values)
}

// SearchAll is as that of the library.
func (c *Collection) SearchAll(ctx context.Context, s *wire.Search) iter.Seq2[kuzzlite.Hit, error] {
	return stream(ctx, c.store, func() (request, error) {
		call := c.call()
		call.Search = s
		return request{action: "searchAll", call: call}, nil
	}, readHit)
}

func readHit(payload []byte) (kuzzlite.Hit, error) {
	var head wire.Hit
	values, err := wire.Unpack(bytes.Clone(payload), &head)
	if err != nil {
		return kuzzlite.Hit{}, err
	}
	return head.Library(values)
}
