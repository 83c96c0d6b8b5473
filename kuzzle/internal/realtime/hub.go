// Package realtime tells subscribers of changes: Kuzzle's rooms, channels and notifications, and the controller
// realtime.
//
// A room is a filter on a collection. A connection subscribes to a channel of a room, which says of what it is told: of
// documents that come into the filter, of those that leave it, of other subscribers. A room lives as long as it has a
// subscriber.
package realtime

import (
	"cmp"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/percolator"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
)

// Hub has the rooms of a server. Any number of goroutines may use it.
type Hub struct {
	store  *kuzzlite.Store
	logger *slog.Logger

	mu          sync.Mutex             // guards what follows
	rooms       map[string]*room       // by their ids
	collections map[place]*collection  // that have rooms
	members     map[string]*membership // of a connection, by its id
	memory      memory
	last        uint64   // number of a room
	outside     *outside // nil: there are no rooms
}

// place is an index and a collection. Neither need exist in the store.
type place struct{ index, collection string }

// collection are the rooms of a collection.
type collection struct {
	rooms   map[*room]struct{}
	filters *percolator.Percolator[*room]
}

// MaxRooms is how many rooms there can be.
const MaxRooms = 1_000_000

// NewHub returns a hub without rooms. The logger is told of what ends the following of the store's changes.
func NewHub(store *kuzzlite.Store, logger *slog.Logger) *Hub {
	return &Hub{
		store: store, logger: logger,
		rooms: map[string]*room{}, collections: map[place]*collection{}, members: map[string]*membership{},
		memory: memory{of: map[documentKey]*remembered{}},
	}
}

// subscribe puts a connection into a channel of a room, which is created if make can. It returns the name of the
// channel. A room of a collection where the user may not do the action is treated as one that is not there: whoever
// knows the filter of a room can work out its id.
func (h *Hub) subscribe(c *api.Call, id string, k kind, make func() (*room, error)) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rooms[id]
	if r != nil && !r.admits(c) {
		return "", apierror.New("core.realtime.room_not_found", id)
	}
	if r == nil {
		var err error
		if r, err = make(); err != nil {
			return "", err
		}
	}
	if err := h.join(r, c); err != nil {
		return "", err
	}
	existing := slices.Clone(r.channels)
	ch := r.channel(k)
	ch.subscribers[c.Connection.ID()] = c.Connection
	if _, ok := r.members[c.Connection.ID()]; !ok {
		r.members[c.Connection.ID()] = c.Volatile
		r.tellUsers(existing, "in", userEvent{c.Action, c.Volatile, string(c.Protocol), c.Received})
	}
	return ch.name, nil
}

// join makes the room of a call one of its connection's, if they are not too many, and opens a room that is new.
func (h *Hub) join(r *room, c *api.Call) error {
	connection, isNew := c.Connection.ID(), h.rooms[r.id] == nil
	m := h.members[connection]
	switch {
	case !isNew && m != nil && m.has(r):
		return nil
	case isNew && len(h.rooms) >= MaxRooms, !m.holds(cost(c)):
		return apierror.New("core.realtime.too_many_rooms")
	}
	if isNew {
		h.open(r)
	}
	if m == nil {
		m = &membership{rooms: map[*room]int{}}
		h.members[connection] = m
	}
	m.add(r, cost(c))
	return nil
}

// open takes in a new room.
func (h *Hub) open(r *room) {
	h.last++
	h.rooms[r.id], r.number = r, h.last
	if h.outside == nil {
		h.followOutside()
	}
	c := h.collections[r.place]
	if c == nil {
		c = &collection{map[*room]struct{}{}, percolator.New[*room]()}
		h.collections[r.place] = c
	}
	c.rooms[r] = struct{}{}
	c.filters.Add(r, r.filter.Condition)
}

// leave takes a connection out of all channels of a room, and closes the room if nobody is left.
func (h *Hub) leave(r *room, connection string, e userEvent) {
	e.volatile = r.members[connection]
	delete(r.members, connection)
	m := h.members[connection]
	if m.remove(r); len(m.rooms) == 0 {
		delete(h.members, connection)
	}
	for _, ch := range r.channels {
		delete(ch.subscribers, connection)
	}
	if len(r.members) > 0 {
		r.tellUsers(r.channels, "out", e)
		return
	}
	r.closed = true
	delete(h.rooms, r.id)
	c := h.collections[r.place]
	c.filters.Remove(r)
	if delete(c.rooms, r); len(c.rooms) == 0 {
		delete(h.collections, r.place)
	}
	if len(h.rooms) == 0 {
		h.outside.stop()
		h.outside = nil
	}
}

// unsubscribe takes a connection out of a room.
func (h *Hub) unsubscribe(connection, id string, e userEvent) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rooms[id]
	if r != nil {
		if _, ok := r.members[connection]; ok {
			h.leave(r, connection, e)
			return nil
		}
	}
	return apierror.New("core.realtime.not_subscribed", connection, id)
}

// Leave takes a connection out of all rooms, in the order in which the rooms were opened.
func (h *Hub) Leave(connection api.Connection, clock api.Clock) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.members[connection.ID()]
	if m == nil {
		return
	}
	byNumber := func(a, b *room) int { return cmp.Compare(a.number, b.number) }
	for _, r := range slices.SortedFunc(maps.Keys(m.rooms), byNumber) {
		h.leave(r, connection.ID(), userEvent{action: "unsubscribe", at: clock.Now()})
	}
}

// Collections returns the collections of an index that have subscribers.
func (h *Hub) Collections(index string) (names []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for p := range h.collections {
		if p.index == index {
			names = append(names, p.collection)
		}
	}
	return names
}

// Figures returns how many rooms there are, and how many subscriptions.
func (h *Hub) Figures() (rooms, subscriptions int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.rooms {
		subscriptions += len(r.members)
	}
	return len(h.rooms), subscriptions
}

// count returns how many connections a room has in which the user of a call may count: of others none.
func (h *Hub) count(c *api.Call, id string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r := h.rooms[id]; r != nil && r.admits(c) {
		return len(r.members)
	}
	return 0
}

// list returns how many connections the rooms have, by index, collection and id, as far as may allows.
func (h *Hub) list(may func(index, collection string) bool) map[string]map[string]map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := map[string]map[string]map[string]int{}
	for p, c := range h.collections {
		if !may(p.index, p.collection) {
			continue
		}
		if list[p.index] == nil {
			list[p.index] = map[string]map[string]int{}
		}
		counts := map[string]int{}
		for r := range c.rooms {
			counts[r.id] = len(r.members)
		}
		list[p.index][p.collection] = counts
	}
	return list
}
