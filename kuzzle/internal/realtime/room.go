package realtime

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
)

// room is a filter on a collection that connections have subscribed to.
type room struct {
	id string
	place
	filter   *filter.Filter
	all      bool // every document matches
	channels []*channel
	members  map[string]json.RawMessage // the volatile data with which a connection came, by its id
	number   uint64                     // of the room among all that there ever were
	closed   bool                       // nobody is left
}

// admits says whether the user of a call may do what the call asks for in the collection of the room.
func (r *room) admits(c *api.Call) bool {
	return c.User.May(c.Controller, c.Action, r.index, r.collection)
}

// channel is a way to be subscribed to a room.
type channel struct {
	name string
	kind
	subscribers map[string]api.Connection
}

// kind says of what a channel tells.
type kind struct{ scope, users string }

// The codes of scopes and users in the names of channels. Kuzzle has the same code for the users out and none, by which
// the first subscriber decides for both: here they have codes of their own.
var (
	scopeCodes = map[string]string{"all": "1", "in": "2", "out": "3", "none": ""}
	userCodes  = map[string]string{"all": "1", "in": "2", "out": "4", "none": "3"}
)

// kindOf reads the arguments of a subscription.
func kindOf(c *api.Call) (k kind, err error) {
	k = kind{"all", "none"}
	for _, arg := range []struct {
		name  string
		into  *string
		codes map[string]string
	}{{"scope", &k.scope, scopeCodes}, {"users", &k.users, userCodes}} {
		value, ok := c.Arg(arg.name)
		if !ok {
			continue
		}
		text, _ := rawjson.Unquote(value)
		if _, ok := arg.codes[text]; !ok || value[0] != '"' {
			return k, apierror.New("core.realtime.invalid_" + arg.name)
		}
		*arg.into = text
	}
	return k, nil
}

// channel returns the channel of a kind, which is created if it is missing.
func (r *room) channel(k kind) *channel {
	for _, ch := range r.channels {
		if ch.kind == k {
			return ch
		}
	}
	const cluster = "1" // what Kuzzle tells its other nodes
	ch := &channel{
		name: r.id + "-" + userCodes[k.users] + cluster + scopeCodes[k.scope], kind: k,
		subscribers: map[string]api.Connection{},
	}
	r.channels = append(r.channels, ch)
	return ch
}

// send sends a message that lacks its room and the end to the subscribers of a channel.
func (ch *channel) send(message []byte) {
	if len(ch.subscribers) == 0 {
		return
	}
	message = append(message[:len(message):len(message)], `,"room":`...)
	message = append(rawjson.AppendString(message, ch.name), '}')
	for _, connection := range ch.subscribers {
		connection.Send(message)
	}
}

// userEvent is what a connection did to be in a room, or no longer.
type userEvent struct {
	action   string
	volatile json.RawMessage
	protocol string // "": none
	at       time.Time
}

// tellUsers tells channels that somebody has come in, or gone out.
func (r *room) tellUsers(channels []*channel, direction string, e userEvent) {
	protocol := "null"
	if e.protocol != "" && direction == "in" {
		protocol = strconv.Quote(e.protocol)
	}
	message := fmt.Appendf(nil, `{"type":"user","status":200,"user":%q,"result":{"count":%d},"timestamp":%d,"volatile":%s`,
		direction, len(r.members), e.at.UnixMilli(), orNull(e.volatile))
	message = api.AppendMember(message, "index", r.index)
	message = api.AppendMember(message, "collection", r.collection)
	message = fmt.Appendf(message, `,"controller":"realtime","action":%q,"protocol":%s`, e.action, protocol)
	for _, ch := range channels {
		if ch.users == "all" || ch.users == direction {
			ch.send(message)
		}
	}
}

func orNull(value json.RawMessage) string {
	if value == nil {
		return "null"
	}
	return string(value)
}
