package kuzzle

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/wire"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/library"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/route"
)

// The controller kuzzlite, which is none of Kuzzle's: the library over the wire. Whoever may use it may do
// everything with the store, reads the passwords' hashes in a backup too. So a file system's rights let somebody in,
// or those of an administrator, and never that nobody has to log in.

// allRoutes are those of Kuzzle and of the controller kuzzlite.
var allRoutes = route.NewTable(append(library.Routes(), route.All...))

// libraryPatience is how long a client of the controller kuzzlite may take nothing of an answer. It is longer than
// that of others, since somebody may look at a list page by page, and nobody waits: no answer holds a state of the
// store while it is sent, and a backup is sent from a copy.
const libraryPatience = 10 * time.Minute

// library answers a request of the controller kuzzlite, whose action reads the body.
func (x *exchange) library(r *route.Route) *api.Answer {
	from := x.origin()
	from.exchange = &api.Exchange{Body: x.r.Body, Control: http.NewResponseController(x.w)}
	from.local, x.patience = isLocal(x.r), libraryPatience
	asked := &request.Request{Protocol: request.HTTP, Controller: r.Controller, Action: r.Action}
	if token, ok := x.token(); ok {
		asked.Token = &token
	}
	return x.Server.answer(x.r.Context(), from, asked)
}

// isLocal says whether a request has come over a Unix socket, and from the program at the other end: not from one that
// passes on what comes over the network, nor from a page, which no browser lets near a socket.
func isLocal(r *http.Request) bool {
	at, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok || at.Network() != "unix" {
		return false
	}
	for _, header := range []string{
		"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via", // of proxies
		"Origin", "Sec-Fetch-Site", // of browsers
	} {
		if r.Header.Get(header) != "" {
			return false
		}
	}
	return true
}

// authorizeLibrary returns who uses the controller kuzzlite, or why nobody may.
func (s *Server) authorizeLibrary(ctx context.Context, from origin, r *request.Request) (who api.User, err error) {
	if from.local {
		return api.User{ID: api.Anonymous, May: anything}, nil
	}
	token, err := s.tokenOf(ctx, from, r)
	if err != nil {
		return who, err
	}
	if token == nil || token.UserID == api.Anonymous {
		return who, apierror.New("security.rights.unauthorized", r.Controller, r.Action, api.Anonymous)
	}
	return s.userOf(ctx, from, r, token)
}

func anything(string, string, string, string) bool { return true }

// published returns the controllers that clients are told of.
func (s *Server) published() map[string]api.Controller {
	if s.opts.PublishLibrary {
		return s.controllers
	}
	public := map[string]api.Controller{}
	for name, controller := range s.controllers {
		if name != wire.Controller {
			public[name] = controller
		}
	}
	return public
}
