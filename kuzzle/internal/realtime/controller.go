package realtime

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/query"
)

// Controller returns the actions of the controller realtime.
func (h *Hub) Controller() api.Controller {
	return api.Controller{
		"subscribe": h.subscribeAction, "join": h.joinAction, "unsubscribe": h.unsubscribeAction, "count": h.countAction,
		"list": h.listAction, "publish": publish, "validate": api.Validate,
	}
}

func (h *Hub) subscribeAction(c *api.Call) (api.Result, error) {
	a := c.Args()
	index, name := a.Collection()
	body := a.MustBody()
	if a.Err != nil {
		return nil, a.Err
	}
	k, err := kindOf(c)
	if err != nil {
		return nil, err
	}
	q, err := parseFilter(body)
	if err != nil {
		return nil, err
	}
	p := place{index, name}
	id, err := roomID(p, body)
	if err != nil {
		return nil, err
	}
	f, err := q.Filter(filter.Env{Now: c.Received}) // which can take long: nobody else waits for that
	if err != nil {
		return nil, err
	}
	return h.enter(c, id, k, func() (*room, error) {
		all := bytes.Equal(body, []byte("{}")) || bytes.Equal(body, []byte("[]"))
		return &room{id: id, place: p, filter: f, all: all, members: map[string]json.RawMessage{}}, nil
	})
}

// parseFilter reads a filter. An empty list is one of everything, as for Kuzzle.
func parseFilter(body json.RawMessage) (*query.Query, error) {
	if string(body) == "[]" {
		body = json.RawMessage("{}")
	}
	q, err := query.ParseKoncorde(body)
	if koncorde := (*query.KoncordeError)(nil); errors.As(err, &koncorde) {
		return nil, apierror.New("api.assert.koncorde_dsl_error", koncorde.Error())
	}
	return q, err
}

// roomID names the room of a filter: the same for the same filter, at any time.
func roomID(p place, body json.RawMessage) (string, error) {
	if string(body) == "[]" {
		body = json.RawMessage("{}")
	}
	name, err := query.KoncordeID(body)
	sum := sha256.Sum256([]byte(p.index + "/" + p.collection + "/" + name))
	return hex.EncodeToString(sum[:]), err
}

func (h *Hub) joinAction(c *api.Call) (api.Result, error) {
	a := c.Args()
	id := request.Text(a.BodyField("roomId", request.String))
	if a.Err != nil {
		return nil, a.Err
	}
	k, err := kindOf(c)
	if err != nil {
		return nil, err
	}
	return h.enter(c, id, k, func() (*room, error) { return nil, apierror.New("core.realtime.room_not_found", id) })
}

// enter subscribes the connection of a call. A call without a connection has its answer, and is gone.
func (h *Hub) enter(c *api.Call, id string, k kind, make func() (*room, error)) (api.Result, error) {
	if c.Connection == nil {
		c.Connection = passing(c.NewID())
		defer h.Leave(c.Connection, c.Clock)
	}
	channel, err := h.subscribe(c, id, k, make)
	if err != nil {
		return nil, err
	}
	return api.Object("channel", channel, "roomId", id), nil
}

// passing is the connection of a request that came alone.
type passing string

func (p passing) ID() string  { return string(p) }
func (p passing) Send([]byte) {}

func (h *Hub) unsubscribeAction(c *api.Call) (api.Result, error) {
	a := c.Args()
	id := request.Text(a.BodyField("roomId", request.String))
	if a.Err != nil {
		return nil, a.Err
	}
	if c.Connection == nil {
		c.Connection = passing(c.NewID())
	}
	err := h.unsubscribe(c.Connection.ID(), id, userEvent{action: "unsubscribe", at: c.Received})
	if err != nil {
		return nil, err
	}
	return api.Object("roomId", id), nil
}

func (h *Hub) countAction(c *api.Call) (api.Result, error) {
	a := c.Args()
	id := request.Text(a.BodyField("roomId", request.String))
	if a.Err != nil {
		return nil, a.Err
	}
	return api.Object("count", h.count(c, id)), nil
}

func (h *Hub) listAction(c *api.Call) (api.Result, error) {
	list := h.list(func(index, collection string) bool {
		return c.User.May("realtime", "subscribe", index, collection)
	})
	return api.JSON(api.Marshal(list)), nil
}

// publish tells subscribers of a message that is stored nowhere.
func publish(c *api.Call) (api.Result, error) {
	a := c.Args()
	index, name := a.Collection()
	body := a.MustBody()
	id := a.OptionalID()
	if a.Err != nil {
		return nil, a.Err
	}
	body, err := c.Specified(index, name, id, api.AsObject(body))
	if err != nil {
		return nil, err
	}
	source := c.Stamped(body)
	result := []byte{'{'}
	if id != "" {
		result = append(api.AppendMember(result, "_id", id), ',')
	}
	result = append(append(append(result, `"_source":`...), source...), '}')
	c.Tell(false, api.Event{Kind: api.Published, ID: id, Source: source, Result: api.JSON(result)})
	return api.JSON(`{"published":true}`), nil
}
