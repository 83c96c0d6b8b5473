package realtime

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
)

// Notify tells subscribers of what a call did to documents.
func (h *Hub) Notify(c *api.Call, list []api.Event) {
	index, name := argText(c, "index"), argText(c, "collection")
	h.mu.Lock()
	defer h.mu.Unlock()
	col := h.collections[place{index, name}]
	if col == nil {
		return // nobody: nor is there anything to forget, but of rooms that have closed
	}
	for i := range list {
		h.tell(c, col, place{index, name}, &list[i])
	}
}

// Listened implements api.Notifier.
func (h *Hub) Listened(c *api.Call) bool {
	return h.listensTo(place{argText(c, "index"), argText(c, "collection")})
}

func argText(c *api.Call, name string) string {
	value, _ := c.Arg(name)
	text, err := rawjson.Unquote(value)
	if err != nil {
		return string(value)
	}
	return text
}

// words are how notifications name an event.
var words = [...]struct{ action, event string }{
	api.Created: {"create", "write"}, api.Updated: {"update", "write"}, api.Replaced: {"replace", "write"},
	api.Deleted: {"delete", "delete"}, api.Published: {"publish", "publish"},
}

// tell tells subscribers of one event: those whose filter the document matches, and for what it was changed to also
// those whose filter it matched when they were told of it last.
func (h *Hub) tell(c *api.Call, col *collection, p place, e *api.Event) {
	key := documentKey{p, e.ID}
	matching := h.matching(col, key, e)
	scope := "in"
	if e.Kind == api.Deleted {
		scope = "out"
	}
	n := notice{call: c, event: e}
	n.tell(matching, scope)
	if e.Kind == api.Published {
		return
	}
	if e.Kind == api.Updated || e.Kind == api.Replaced {
		n.tell(h.memory.left(key, matching), "out")
	}
	if e.Kind == api.Deleted {
		matching = nil
	}
	h.memory.put(key, matching)
}

// matching returns the rooms whose filters a document matches, in the order in which the rooms were opened. Of a deletion
// of which nobody knows what was deleted these are the rooms of everything, and those that were told of the document last.
func (h *Hub) matching(col *collection, key documentKey, e *api.Event) (matching []*room) {
	if e.Source == nil {
		matching = h.memory.left(key, nil)
		for r := range col.rooms {
			if r.all {
				matching = append(matching, r)
			}
		}
	} else {
		col.filters.Candidates(e.ID, e.Source, func(r *room) {
			if r.filter.Match(e.ID, e.Source) {
				matching = append(matching, r)
			}
		})
	}
	slices.SortFunc(matching, func(a, b *room) int { return cmp.Compare(a.number, b.number) })
	return matching
}

// notice makes the notifications of an event, once somebody is to be told.
type notice struct {
	call       *api.Call
	event      *api.Event
	begin, end []byte // what is in front of the scope, and behind that; nil: not needed so far
}

// tell tells rooms.
func (n *notice) tell(rooms []*room, scope string) {
	if len(rooms) == 0 {
		return
	}
	if n.begin == nil {
		n.begin, n.end = parts(n.call, n.event)
	}
	message := join(n.begin, scope, n.end)
	for _, r := range rooms {
		r.tell(scope, message)
	}
}

// tell tells the channels of a room that want to know of a scope.
func (r *room) tell(scope string, message []byte) {
	for _, ch := range r.channels {
		if ch.scope == "all" || ch.scope == scope {
			ch.send(message)
		}
	}
}

// parts returns what a notification has in front of its scope, and behind that.
func parts(c *api.Call, e *api.Event) (begin, end []byte) {
	w := words[e.Kind]
	begin = append([]byte(`{"type":"document","status":200,"action":"`), w.action...)
	begin = append(begin, `","scope":"`...)
	end = e.Result.AppendJSON([]byte(`","result":`))
	end = append(append(append(end, `,"event":"`...), w.event...), '"')
	end = api.AppendMember(end, "requestId", c.ID)
	end = strconv.AppendInt(append(end, `,"timestamp":`...), c.Received.UnixMilli(), 10)
	end = append(append(end, `,"volatile":`...), orNull(c.Volatile)...)
	end = api.AppendMember(end, "index", argText(c, "index"))
	end = api.AppendMember(end, "collection", argText(c, "collection"))
	end = api.AppendMember(end, "controller", c.Controller)
	return begin, api.AppendMember(end, "protocol", string(c.Protocol))
}

func join(begin []byte, scope string, end []byte) []byte {
	message := make([]byte, 0, len(begin)+len(scope)+len(end)+128)
	return append(append(append(message, begin...), scope...), end...)
}
