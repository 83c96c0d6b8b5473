package accounts

import (
	"context"
	"sync"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
)

// links knows which connections have used which token, so that they can be told when the token ends. A connection is
// linked to the token that it has used last.
type links struct {
	clock kuzzlite.Clock
	ended func(c api.Connection, expired bool)

	mu          sync.Mutex // guards what follows
	tokens      map[string]*linked
	connections map[string]string // their tokens
}

// linked is a token with its connections. The timer is nil for a token that does not expire.
type linked struct {
	connections map[string]api.Connection
	timer       kuzzlite.Timer
}

// Link notes that a connection has used a token.
func (a *Accounts) Link(ctx context.Context, c api.Connection, t *Token) {
	if !a.links.add(c, t) || t.SingleUse {
		return
	}
	// The token may have been ended after it was found valid, and before there was a connection to tell.
	if _, err := a.validToken(ctx, t.key); err != nil {
		a.links.end([]string{t.key})
	}
}

// Unlink forgets a connection, which has been closed.
func (a *Accounts) Unlink(connection string) {
	a.links.mu.Lock()
	defer a.links.mu.Unlock()
	a.links.remove(connection)
}

// add links a connection, and says whether it was not linked to that token before.
func (l *links) add(c api.Connection, t *Token) bool {
	id := c.ID()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.connections[id] == t.key {
		return false
	}
	l.remove(id)
	l.put(id, c, t)
	return true
}

// put links a connection that is not. The caller holds the lock.
func (l *links) put(id string, c api.Connection, t *Token) {
	if l.tokens == nil {
		l.tokens, l.connections = map[string]*linked{}, map[string]string{}
	}
	of := l.tokens[t.key]
	if of == nil {
		of = &linked{connections: map[string]api.Connection{}}
		l.tokens[t.key] = of
		if t.ExpiresAt != forEver {
			left := time.UnixMilli(t.ExpiresAt).Sub(l.clock.Now())
			of.timer = l.clock.AfterFunc(left, func() { l.finish(t.key, of) })
		}
	}
	of.connections[id] = c
	l.connections[id] = t.key
}

// remove takes a connection from its token. The caller holds the lock.
func (l *links) remove(id string) {
	key, ok := l.connections[id]
	if !ok {
		return
	}
	delete(l.connections, id)
	of := l.tokens[key]
	delete(of.connections, id)
	if len(of.connections) == 0 {
		l.forget(key)
	}
}

// forget forgets a token. The caller holds the lock.
func (l *links) forget(key string) (of *linked) {
	if of = l.tokens[key]; of == nil {
		return nil
	}
	delete(l.tokens, key)
	for id := range of.connections {
		delete(l.connections, id)
	}
	if of.timer != nil {
		of.timer.Stop()
	}
	return of
}

// finish tells connections that their token has expired, if it is still theirs.
func (l *links) finish(key string, want *linked) {
	l.mu.Lock()
	of := l.tokens[key]
	if of == want {
		l.forget(key)
	} else {
		of = nil
	}
	l.mu.Unlock()
	l.tell(of, true)
}

// end tells connections that somebody has ended their tokens.
func (l *links) end(keys []string) {
	for _, key := range keys {
		l.mu.Lock()
		of := l.forget(key)
		l.mu.Unlock()
		l.tell(of, false)
	}
}

// endAll ends all tokens.
func (l *links) endAll() {
	l.mu.Lock()
	var keys []string
	for key := range l.tokens {
		keys = append(keys, key)
	}
	l.mu.Unlock()
	l.end(keys)
}

// tell is called without the lock.
func (l *links) tell(of *linked, expired bool) {
	if of == nil {
		return
	}
	for _, c := range of.connections {
		l.ended(c, expired)
	}
}

// move links the connections of a token to another one.
func (l *links) move(key string, t *Token) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if of := l.forget(key); of != nil {
		for id, c := range of.connections {
			l.put(id, c, t)
		}
	}
}
