// Package request has the requests of Kuzzle's API as its controllers see them, whatever protocol they came by: flat
// objects whose members are arguments, but for a few that mean something everywhere.
package request

import (
	"encoding/json"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
)

// Protocol is how a request came. It decides how arguments are read: over HTTP all of them may be text.
type Protocol string

// The protocols.
const (
	HTTP      Protocol = "http"
	WebSocket Protocol = "websocket"
)

// Request is a request. All JSON is as package javascript has normalized it.
type Request struct {
	Protocol           Protocol
	ID                 string          // "requestId"; "": it had none
	Controller, Action string          // "": it had none
	Token              *string         // "jwt"; nil: it had none, or null
	Volatile           json.RawMessage // an object; nil: it had none, or null
	Body               json.RawMessage // an object or an array; nil: it had none, or null

	args   []argument
	places map[string]int // of the arguments, by name; nil: there are few
}

// argument is a member of a request that means nothing special.
type argument struct {
	name  string
	value json.RawMessage
}

// Parse reads a request from an object. Where the error is one of the request's own members, the request has at least
// the ID, if that was a string.
func Parse(object []byte, protocol Protocol) (*Request, *apierror.Error) {
	r := &Request{Protocol: protocol}
	var wrong *apierror.Error
	for rawKey, value := range rawjson.Members(object) {
		key, ok := keyOf(rawKey)
		if !ok {
			continue
		}
		if e := r.take(key, value); e != nil && wrong == nil {
			wrong = e
		}
	}
	return r, wrong
}

// usual are names of members that most requests have, which take no memory of their own.
var usual = [...]string{"requestId", "controller", "action", "index", "collection", "body", "volatile", "_id", "jwt"}

// keyOf returns the name of a member; ok is false for a surrogate without a partner, which is the name of nothing.
func keyOf(rawKey []byte) (key string, ok bool) {
	for _, name := range usual {
		if len(rawKey) == len(name)+2 && string(rawKey[1:len(rawKey)-1]) == name {
			return name, true
		}
	}
	key, err := rawjson.Unquote(rawKey)
	return key, err == nil
}

// take takes in a member of a request.
func (r *Request) take(key string, value json.RawMessage) *apierror.Error {
	switch key {
	case "requestId":
		return takeString(&r.ID, key, value)
	case "controller":
		return takeString(&r.Controller, key, value)
	case "action":
		return takeString(&r.Action, key, value)
	case "jwt":
		if isNull(value) {
			return nil
		}
		r.Token = new(string)
		return takeString(r.Token, key, value)
	case "volatile":
		return takeObject(&r.Volatile, key, value, `"object"`, "{")
	case "body":
		return takeObject(&r.Body, key, value, `"object" or "array"`, "{[")
	}
	r.SetArg(key, value)
	return nil
}

func takeString(into *string, key string, value json.RawMessage) *apierror.Error {
	if isNull(value) {
		return nil
	}
	if value[0] != '"' {
		return wrongAttribute(key, `"string"`)
	}
	*into, _ = rawjson.Unquote(value)
	return nil
}

func takeObject(into *json.RawMessage, key string, value json.RawMessage, want, begins string) *apierror.Error {
	if isNull(value) {
		return nil
	}
	if strings.IndexByte(begins, value[0]) < 0 {
		return wrongAttribute(key, want)
	}
	*into = value
	return nil
}

func wrongAttribute(key, want string) *apierror.Error {
	return apierror.Plain(400, "Attribute %s must be of type %s", key, want)
}

// SetBody sets the body to a JSON value; null is none.
func (r *Request) SetBody(value json.RawMessage) *apierror.Error { return r.take("body", value) }

// SetVolatile sets the volatile data to a JSON value; null is none.
func (r *Request) SetVolatile(value json.RawMessage) *apierror.Error {
	return r.take("volatile", value)
}

// mostScanned is how many arguments are looked through one after the other. Of more there is an index, so that a
// request with very many arguments takes no longer to read than any other of its size.
const mostScanned = 32

// SetArg sets an argument.
func (r *Request) SetArg(name string, value json.RawMessage) {
	if at := r.place(name); at >= 0 {
		r.args[at].value = value
		return
	}
	r.args = append(r.args, argument{name, value})
	switch {
	case r.places != nil:
		r.places[name] = len(r.args) - 1
	case len(r.args) > mostScanned:
		r.places = map[string]int{}
		for i := range r.args {
			r.places[r.args[i].name] = i
		}
	}
}

// Arg returns an argument; ok is false if there is none of that name.
func (r *Request) Arg(name string) (value json.RawMessage, ok bool) {
	if at := r.place(name); at >= 0 {
		return r.args[at].value, true
	}
	return nil, false
}

// place returns where an argument is, -1 if there is none of that name.
func (r *Request) place(name string) int {
	if r.places != nil {
		if at, ok := r.places[name]; ok {
			return at
		}
		return -1
	}
	for i := range r.args {
		if r.args[i].name == name {
			return i
		}
	}
	return -1
}

// BodyMember returns a member of the body, nil if there is none.
func (r *Request) BodyMember(name string) json.RawMessage {
	if len(r.Body) == 0 || r.Body[0] != '{' {
		return nil
	}
	value, ok := rawjson.Lookup(r.Body, name)
	if !ok {
		return nil
	}
	return value
}

func isNull(value json.RawMessage) bool { return string(value) == "null" }

// Falsy says whether a value counts as false in JavaScript; what is absent does.
func Falsy(value json.RawMessage) bool {
	switch string(value) {
	case "", "null", "false", "0", `""`:
		return true
	}
	return false
}

// Text returns a value as JavaScript prints it: a string as such, anything else as JSON.
func Text(value json.RawMessage) string {
	if len(value) > 0 && value[0] == '"' {
		text, _ := rawjson.Unquote(value)
		return text
	}
	return string(value)
}
