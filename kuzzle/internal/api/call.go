// Package api is what the controllers of the server have in common: a call, its result, the store behind it, and how
// errors of the store become those of Kuzzle's API.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/validation"
)

// Call is a request under way, as an action sees it.
type Call struct {
	*request.Request
	Context    context.Context
	Received   time.Time // when the request came, by the server's clock
	User       User
	Connection Connection // nil: the request came alone, over HTTP
	Exchange   *Exchange  // nil: the request came otherwise than to a route that reads its body itself
	*Services
}

// Exchange is a request of HTTP whose action reads the body, and sends its answer in pieces.
type Exchange struct {
	Body    io.Reader
	Control *http.ResponseController
}

// Services are what the actions work with, the same for all calls of a server.
type Services struct {
	Store    *storage.Store
	Limits   Limits
	Notifier Notifier
	Clock    Clock
	NewID    func() string // makes ids of what is no document
	Dynamic  string        // "true", "false" or "strict": of mappings that do not say

	Specifications validation.Cache
	Accounts       Accounts // nil: there are no users
}

// Limits are the limits of a server.
type Limits struct {
	Writes int // documents of a call that writes
	Reads  int // documents of a call that reads

	Buckets           int // of the aggregations of a search
	AggregationMemory int // in bytes, of a search
}

// User is who makes a call.
type User struct {
	ID    string                                                  // kuid
	May   func(controller, action, index, collection string) bool // whether the rights of the user allow an action
	Token string                                                  // by which the user is known; "": none, or one for a single use
}

// Anonymous is the id of a user who has not said who they are.
const Anonymous = "-1"

// Connection is a connection that stays open between calls, so that its client can be told of changes.
type Connection interface {
	// ID names the connection among all.
	ID() string

	// Send sends a message, or closes the connection if it has too many waiting.
	Send(message []byte)
}

// Action does what a request asks for. An error that is none of package apierror is an accident.
type Action func(c *Call) (Result, error)

// Result is what an action answers. A nil Result is an answer without one.
type Result interface {
	AppendJSON(dst []byte) []byte
}

// JSON is a result that is JSON already.
type JSON json.RawMessage

// AppendJSON appends the result.
func (j JSON) AppendJSON(dst []byte) []byte { return append(dst, j...) }

// Results that many actions have.
var (
	Null         = JSON("null")
	Acknowledged = JSON(`{"acknowledged":true}`)
)

// Bool returns the result of an action that says yes or no.
func Bool(b bool) Result {
	if b {
		return JSON("true")
	}
	return JSON("false")
}

// Controller are the actions of a controller, by their names.
type Controller map[string]Action

// Object returns a result of members: a name and what marshals to JSON, in turn.
func Object(members ...any) Result {
	out := []byte{'{'}
	for i := 0; i < len(members); i += 2 {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(rawjson.AppendString(out, members[i].(string)), ':')
		out = append(out, Marshal(members[i+1])...)
	}
	return JSON(append(out, '}'))
}

// Marshal returns a value as JSON, with <, > and & as they are. It panics for what cannot be JSON.
func Marshal(v any) []byte {
	if raw, ok := v.(JSON); ok {
		return raw
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// Clock tells the time.
type Clock interface{ Now() time.Time }
