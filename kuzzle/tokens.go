package kuzzle

import (
	"sync"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
)

// tokenListener does what is to be done when the token of a connection ends. Subscriptions that were made with it end.
type tokenListener func(c api.Connection)

type tokenListeners struct {
	mu   sync.Mutex // guards list
	list []tokenListener
}

// onTokenEnd adds a listener. It is called after the connection has been told, for tokens that expire and for those
// that somebody ends: by logging out, by revoking them, by deleting the user.
func (s *Server) onTokenEnd(l tokenListener) {
	s.listeners.mu.Lock()
	defer s.listeners.mu.Unlock()
	s.listeners.list = append(s.listeners.list, l)
}

// disconnected forgets a connection that has been closed. The transport calls it.
func (s *Server) disconnected(c api.Connection) { s.accounts.Unlink(c.ID()) }

// tokenExpired is what a connection is told whose token has expired.
const tokenExpired = `{"status":200,"info":"This is an automated server notification",` +
	`"message":"Authentication Token Expired","type":"TokenExpired","room":"kuzzle:notification:server"}`

// tokenEnded tells a connection and the listeners.
func (s *Server) tokenEnded(c api.Connection, expired bool) {
	if expired {
		c.Send([]byte(tokenExpired))
	}
	s.listeners.mu.Lock()
	list := s.listeners.list
	s.listeners.mu.Unlock()
	for _, l := range list {
		l(c)
	}
}
