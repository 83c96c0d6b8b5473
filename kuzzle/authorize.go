package kuzzle

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/wire"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/accounts"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/pushed"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/route"
)

// Who makes a request, and whether they may: a token leads to a user, the user to rights, and then there is how many
// requests a second the user may make.

func (s *Server) accountOptions() accounts.Options {
	return accounts.Options{
		Clock: s.opts.Clock, NewID: s.opts.NewID, Secret: s.opts.TokenSecret, Fetch: s.opts.DocumentsFetchCount,
		Cost:          accounts.Cost{Memory: s.opts.PasswordMemory, Passes: s.opts.PasswordPasses},
		TokenLifetime: s.opts.TokenLifetime, MaxTokenLifetime: s.opts.MaxTokenLifetime,
		MaxKeyLifetime: s.opts.MaxAPIKeyLifetime, Actions: s.actionsOf, Ended: s.tokenEnded,
	}
}

// authorize returns who makes a request, or why the request cannot be made.
func (s *Server) authorize(ctx context.Context, from origin, r *request.Request) (who api.User, err error) {
	if r.Controller == wire.Controller && !pushed.Has(r.Action) && !from.trusted {
		return s.authorizeLibrary(ctx, from, r)
	}
	token, err := s.tokenOf(ctx, from, r)
	if err != nil {
		return who, err
	}
	if from.trusted && token == nil {
		return api.User{ID: api.Anonymous, May: anything}, nil
	}
	return s.userOf(ctx, from, r, token)
}

// userOf returns the user of a token, nobody's if it is nil, or why the request cannot be made.
func (s *Server) userOf(ctx context.Context, from origin, r *request.Request, token *accounts.Token) (
	who api.User, err error) {
	id := api.Anonymous
	if token != nil {
		id = token.UserID
	}
	user, err := s.accounts.User(ctx, id)
	if err != nil {
		return who, lost(err)
	}
	who = api.User{ID: user.ID, May: user.May}
	if token != nil {
		if !token.SingleUse {
			who.Token = token.Text
		}
		if from.connection != nil && user.ID != api.Anonymous {
			s.accounts.Link(ctx, from.connection, token)
		}
	}
	if err := mustBeAllowed(user, r); err != nil {
		return who, err
	}
	return who, s.checkRate(from, r, user)
}

// lost is the error of a token whose user is gone, which says no more than that of any other invalid token.
func lost(err error) error {
	if e := (*apierror.Error)(nil); errors.As(err, &e) && e.ID == "security.user.not_found" {
		return apierror.New("security.token.invalid")
	}
	return err
}

// tokenOf returns the token of a request, nil if there is none.
func (s *Server) tokenOf(ctx context.Context, from origin, r *request.Request) (*accounts.Token, error) {
	if from.cookie == "" || from.cookie == "null" {
		if r.Token == nil {
			return nil, nil
		}
		return s.accounts.Verify(ctx, *r.Token)
	}
	if r.Token != nil {
		return nil, apierror.New("security.token.verification_error",
			"Both token and cookie are present, could not decide which one to use")
	}
	r.Token = &from.cookie
	if _, ok := r.Arg("cookieAuth"); !ok || r.Controller != "auth" {
		return s.accounts.Verify(ctx, from.cookie)
	}
	switch r.Action {
	case "login", "checkToken":
		return nil, nil // a browser that holds an old cookie can still log in
	case "logout":
		if token, err := s.accounts.Verify(ctx, from.cookie); err == nil {
			return token, nil
		}
		return nil, nil
	}
	return s.accounts.Verify(ctx, from.cookie)
}

func mustBeAllowed(user *accounts.User, r *request.Request) error {
	if r.Controller == wire.Controller && pushed.Has(r.Action) {
		return nil // which looks at the rights to each write
	}
	ok, err := user.MayRequest(r)
	if r.Controller == wire.Controller {
		ok = ok && user.MayWithAll(r.Controller, r.Action)
	}
	switch {
	case err != nil || ok:
		return err
	case user.ID == api.Anonymous:
		return apierror.New("security.rights.unauthorized", r.Controller, r.Action, user.ID)
	}
	return apierror.New("security.rights.forbidden", r.Controller, r.Action, user.ID)
}

// checkRate returns an error for one request too many. Logins are counted by connection, everything else by user.
func (s *Server) checkRate(from origin, r *request.Request, user *accounts.User) error {
	now := s.opts.Clock.Now()
	if r.Controller == "auth" && r.Action == "login" {
		if from.connection != nil && !s.rates.allow("login "+from.connection.ID(), s.opts.LoginsPerSecond, now) {
			return apierror.New("api.process.too_many_logins_requests")
		}
		return nil
	}
	if user.ID != api.Anonymous && r.Controller == "auth" && r.Action == "logout" {
		return nil
	}
	if limit := user.RateLimit(); limit > 0 && !s.rates.allow("user "+user.ID, limit, now) {
		return apierror.New("api.process.too_many_requests")
	}
	return nil
}

// rateLimiter counts what happens within a second.
type rateLimiter struct {
	mu     sync.Mutex // guards what follows
	second int64
	counts map[string]int
}

// allow counts one more of something, and says whether that is not too many in this second.
func (l *rateLimiter) allow(what string, limit int, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if second := now.Unix(); second != l.second || l.counts == nil {
		l.second, l.counts = second, map[string]int{}
	}
	l.counts[what]++
	return l.counts[what] <= limit
}

// actionsOf returns the actions that a controller has, here or in Kuzzle; ok is false if neither knows it.
func (s *Server) actionsOf(controller string) (actions []string, ok bool) {
	for name := range s.controllers[controller] {
		actions = append(actions, name)
	}
	for _, r := range route.All {
		if r.Controller == controller {
			actions = append(actions, r.Action)
		}
	}
	actions = append(actions, withoutRoute[controller]...)
	return actions, len(actions) > 0
}

// withoutRoute are Kuzzle's actions that cannot be reached by a URL.
var withoutRoute = map[string][]string{"realtime": {"subscribe", "unsubscribe", "join", "count", "validate"}}
