package realtime

import "github.com/kuzzlite/kuzzlite/kuzzle/internal/api"

// membership is what a connection has subscribed to.
type membership struct {
	rooms map[*room]int // how many bytes each subscription counts for
	bytes int           // of all
}

// What the subscriptions of a connection may be: each counts for its filter and its volatile data, which stay as long as
// the subscription does, and for what the server needs beside them.
const (
	maxSubscribed     = 32 << 20 // bytes
	subscriptionBytes = 1 << 10
)

// cost is how many bytes a subscription counts for.
func cost(c *api.Call) int { return subscriptionBytes + len(c.Body) + len(c.Volatile) }

// has says whether a room is among them.
func (m *membership) has(r *room) bool { return m.rooms[r] > 0 }

// holds says whether a connection can take so many bytes more.
func (m *membership) holds(bytes int) bool { return m == nil || m.bytes+bytes <= maxSubscribed }

// add takes in a room.
func (m *membership) add(r *room, bytes int) {
	m.rooms[r] = bytes
	m.bytes += bytes
}

// remove takes a room out.
func (m *membership) remove(r *room) {
	m.bytes -= m.rooms[r]
	delete(m.rooms, r)
}
