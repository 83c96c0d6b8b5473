package kuzzle

import (
	"context"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// What becomes of the connections that have used a token, once that token is worth nothing: their subscriptions end.

// tokenExpired is what a connection is told whose token has expired.
const tokenExpired = `{"status":200,"info":"This is an automated server notification",` +
	`"message":"Authentication Token Expired","type":"TokenExpired","room":"kuzzle:notification:server"}`

// tokenEnded tells a connection that its token has expired, and ends its subscriptions. Somebody may also have ended the
// token, by logging out, by revoking tokens, by deleting the user: then the connection is told nothing, as in Kuzzle.
func (s *Server) tokenEnded(c api.Connection, expired bool) {
	if expired {
		c.Send([]byte(tokenExpired))
	}
	s.hub.Leave(c, s.opts.Clock)
}

// disconnected forgets a connection that has been closed, when none of its requests runs any more.
func (s *Server) disconnected(c api.Connection) {
	s.hub.Leave(c, s.opts.Clock)
	s.accounts.Unlink(c.ID())
}

// endLate ends the subscriptions of a connection if its token has ended while it was subscribing.
func (s *Server) endLate(ctx context.Context, from origin, r *request.Request, token string) {
	if r.Controller == "realtime" && from.connection != nil && token != "" && s.accounts.HasEnded(ctx, token) {
		s.hub.Leave(from.connection, s.opts.Clock)
	}
}
