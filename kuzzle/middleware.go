package kuzzle

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// Request is a request of the API, as a Handler sees it, before anything of it was checked but its form.
type Request struct {
	Protocol           string          // http or websocket
	ID                 string          // given by the client or made up
	Connection         string          // the id of the WebSocket; "": the request came alone
	Controller, Action string          // "": not given
	Index, Collection  string          // "": not given
	DocumentID         string          // "_id"; "": not given
	Body               json.RawMessage // an object or an array, nil: none. May be replaced.
	Volatile           json.RawMessage // an object, nil: none

	inner *request.Request
}

// Arg returns an argument as JSON, nil if it is not given. Over HTTP arguments are texts.
func (r *Request) Arg(name string) json.RawMessage {
	value, _ := r.inner.Arg(name)
	return value
}

// Error is an error of the API.
type Error struct {
	ID      string // as services.storage.not_found; "": none
	Status  int
	Message string
	Errors  []json.RawMessage // of single documents; nil: it is not an error of several
}

// Response is what becomes of a request.
type Response struct {
	Result json.RawMessage // nil: none, or an export, which is streamed
	Err    *Error          // nil: the request has succeeded

	// Lost has the client get no answer: over HTTP, or with Cut, the connection is cut.
	Lost, Cut bool

	inner *api.Answer // what the server has answered, as long as nobody changes Result and Err
}

// Handler answers requests. It may change the request before it calls the next handler, and the response after that.
type Handler func(ctx context.Context, r *Request) *Response

// handle is the innermost handler.
func (s *Server) handle(from origin) Handler {
	return func(ctx context.Context, r *Request) *Response {
		r.inner.Body = r.Body
		result, err := s.run(ctx, from, r.inner)
		a := &api.Answer{Result: result, Err: apierror.Of(err)}
		response := &Response{inner: a}
		if a.Err != nil {
			response.Err = errorOf(a.Err)
		} else if _, streams := result.(*api.Stream); result != nil && !streams {
			response.Result = result.AppendJSON(nil)
		}
		return response
	}
}

// wrapped runs a request through the handler of the options.
func (s *Server) wrapped(ctx context.Context, from origin, r *request.Request, a *api.Answer) {
	seen := &Request{
		Protocol: string(r.Protocol), ID: r.ID, Controller: r.Controller, Action: r.Action, Body: r.Body,
		Volatile: r.Volatile, inner: r,
	}
	if from.connection != nil {
		seen.Connection = from.connection.ID()
	}
	for name, into := range map[string]*string{
		"index": &seen.Index, "collection": &seen.Collection, "_id": &seen.DocumentID,
	} {
		if value, ok := r.Arg(name); ok {
			*into = request.Text(value)
		}
	}
	response := s.opts.Wrap(s.handle(from))(ctx, seen)
	a.Lost, a.Cut = response.Lost, response.Cut
	if a.Err = response.apiError(); a.Err != nil {
		return
	}
	if response.isUnwrapped() {
		a.Result = response.inner.Result
	} else if response.Result != nil {
		a.Result = api.JSON(response.Result)
	}
}

// isUnwrapped says whether the response is one of the server that has no envelope, and is as it was.
func (r *Response) isUnwrapped() bool {
	if r.inner == nil {
		return false
	}
	switch result := r.inner.Unwrapped().(type) {
	case *api.Stream:
		return r.Result == nil
	case *api.Raw:
		return bytes.Equal(r.Result, result.Text)
	}
	return false
}

// apiError returns the error of a response: that of the server, with all that belongs to it, unless it was changed.
func (r *Response) apiError() *apierror.Error {
	if r.Err == nil {
		return nil
	}
	if r.inner != nil && r.inner.Err != nil && reflect.DeepEqual(r.Err, errorOf(r.inner.Err)) {
		return r.inner.Err
	}
	e := apierror.Custom(r.Err.ID, r.Err.Status, r.Err.Message)
	e.Errors = r.Err.Errors
	return e
}

func errorOf(e *apierror.Error) *Error { return &Error{e.ID, e.Status, e.Message, e.Errors} }
