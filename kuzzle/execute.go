package kuzzle

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/javascript"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// origin is where a request comes from.
type origin struct {
	protocol   request.Protocol
	connection api.Connection // nil: the request came alone
	id         string         // of the request, where the transport has one; "": that of the request
	cookie     string         // the value of the cookie api.TokenCookie; "": there is none
	received   time.Time
	trusted    bool          // the program itself asks: what has no token may do everything
	local      bool          // of the controller kuzzlite: it came over a Unix socket
	exchange   *api.Exchange // of the controller kuzzlite, over HTTP
}

// execute answers a request that is a JSON object, or should be.
func (s *Server) execute(ctx context.Context, from origin, text []byte) *api.Answer {
	object, err := javascript.Normalize(text)
	if err != nil {
		return s.refuse(from, apierror.New("network.http.body_parse_failed", err.Error()))
	}
	return s.executeNormalized(ctx, from, object)
}

// executeNormalized is execute for JSON that is normalized.
func (s *Server) executeNormalized(ctx context.Context, from origin, object []byte) *api.Answer {
	if object[0] != '{' {
		return s.refuse(from, apierror.Plain(500, "Input request data must be a non-null object"))
	}
	r, wrong := request.Parse(object, from.protocol)
	if wrong != nil {
		answer := s.refuse(from, wrong)
		if r.ID != "" && from.id == "" {
			answer.ID = r.ID
		}
		return answer
	}
	return s.answer(ctx, from, r)
}

// refuse answers what is no request.
func (s *Server) refuse(from origin, err *apierror.Error) *api.Answer {
	return &api.Answer{Request: &request.Request{}, ID: s.idOf(from, ""), Err: err}
}

// idOf returns the id of an answer.
func (s *Server) idOf(from origin, id string) string {
	switch {
	case from.id != "":
		return from.id
	case id != "" && from.protocol != request.HTTP:
		return id
	}
	return s.opts.NewID()
}

// answer answers a request.
func (s *Server) answer(ctx context.Context, from origin, r *request.Request) *api.Answer {
	answer := &api.Answer{Request: r, ID: s.idOf(from, r.ID)}
	if r.ID == "" {
		r.ID = answer.ID
	}
	end := s.statistics.Begin(r.Protocol)
	defer func() { end(answer.Err != nil) }()
	if s.opts.Wrap != nil {
		s.wrapped(ctx, from, r, answer)
		return answer
	}
	result, err := s.run(ctx, from, r)
	if answer.Err = apierror.Of(err); answer.Err == nil {
		answer.Result = result
	}
	return answer
}

// run finds the action of a request and runs it, in the order in which Kuzzle checks requests.
func (s *Server) run(ctx context.Context, from origin, r *request.Request) (result api.Result, err error) {
	switch {
	case r.Controller == "":
		return nil, apierror.New("api.assert.missing_argument", "controller")
	case r.Action == "":
		return nil, apierror.New("api.assert.missing_argument", "action")
	}
	if err := checkTargets(r); err != nil {
		return nil, err
	}
	user, err := s.authorize(ctx, from, r)
	if err != nil && !isHealthCheck(r, err) {
		return nil, err
	}
	call := &api.Call{
		Request: r, Context: ctx, Received: from.received, Connection: from.connection, Exchange: from.exchange,
		Services: s.services, User: user,
	}
	controller, ok := s.controllers[r.Controller]
	if !ok {
		return nil, apierror.New("api.process.controller_not_found", r.Controller)
	}
	action, ok := controller[r.Action]
	if !ok {
		return nil, apierror.New("api.process.action_not_found", r.Controller, r.Action)
	}
	if err := checkSDK(r); err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			s.opts.Logger.Error("an action panics", "controller", r.Controller, "action", r.Action, "panic", p,
				"stack", string(debug.Stack()))
			err = apierror.New("core.fatal.unexpected_error", fmt.Sprint("panic in ", r.Controller, ":", r.Action))
		}
	}()
	result, err = action(call)
	s.endLate(ctx, from, r, user.Token)
	if err == nil && r.WaitsForRefresh() {
		err = call.Store.Refresh()
	}
	return result, err
}

// isHealthCheck says whether a request asks how the server is, of which an error of the store is an answer.
func isHealthCheck(r *request.Request, err error) bool {
	return r.Controller == "server" && r.Action == "healthCheck" && apierror.Of(err).Status == 500
}

// checkTargets returns an error for a request that names both one collection and several.
func checkTargets(r *request.Request) error {
	targets, _ := r.Arg("targets")
	index, _ := r.Arg("index")
	collection, _ := r.Arg("collection")
	if !request.Falsy(targets) && (!request.Falsy(index) || !request.Falsy(collection)) {
		return apierror.New("api.assert.mutually_exclusive", "index, collection", "targets")
	}
	return nil
}
