package kuzzle

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/javascript"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// Query asks the server something in the process: a request as a client sends it over a WebSocket. A request without a
// token may do everything, since the program has the store anyway; it counts as the anonymous user's. The result is nil
// if the action has none. The error is an *Error, or that of JSON that is none. Options.Wrap is passed by.
func (s *Server) Query(ctx context.Context, text json.RawMessage) (json.RawMessage, error) {
	object, err := javascript.Normalize(text)
	if err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	if object[0] != '{' {
		return nil, fmt.Errorf("read request: it is no object")
	}
	r, wrong := request.Parse(object, request.WebSocket)
	if wrong != nil {
		return nil, errorOf(wrong)
	}
	result, err := s.run(ctx, origin{protocol: request.WebSocket, received: s.opts.Clock.Now(), trusted: true}, r)
	if err != nil {
		return nil, errorOf(apierror.Of(err))
	}
	if result == nil {
		return nil, nil
	}
	return result.AppendJSON(nil), nil
}

// Error returns the message of the error, with its id.
func (e *Error) Error() string {
	if e.ID == "" {
		return fmt.Sprintf("%s (%d)", e.Message, e.Status)
	}
	return fmt.Sprintf("%s (%s, %d)", e.Message, e.ID, e.Status)
}
