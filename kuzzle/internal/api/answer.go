package api

import (
	"encoding/json"
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// Answer is what becomes of a request.
type Answer struct {
	Request *request.Request
	ID      string // of the request, made up if it had none
	Result  Result // nil: none
	Err     *apierror.Error

	Lost, Cut bool // the client gets no answer; and loses its connection
}

// Status returns the HTTP status.
func (a *Answer) Status() int {
	if a.Err != nil {
		return a.Err.Status
	}
	return 200
}

// Unwrapped returns the result, if the client gets it without the envelope; nil: it does not.
func (a *Answer) Unwrapped() Unwrapped {
	if u, ok := a.Result.(Unwrapped); ok && a.Err == nil {
		return u
	}
	return nil
}

// AppendJSON appends the answer as a client gets it. Over a WebSocket it has the room by which the client knows it.
func (a *Answer) AppendJSON(dst []byte, room bool) []byte {
	if raw, ok := a.Result.(*Raw); ok && a.Err == nil {
		if room {
			return raw.inRoom(dst, a.ID)
		}
		return raw.AppendJSON(dst)
	}
	r := a.Request
	dst = appendName(append(dst, `{"action":`...), r.Action)
	dst = appendArg(dst, r, "collection")
	dst = appendName(append(dst, `,"controller":`...), r.Controller)
	dst = append(dst, `,"error":`...)
	if a.Err != nil {
		dst = a.Err.AppendJSON(dst)
	} else {
		dst = append(dst, "null"...)
	}
	dst = append(dst, `,"headers":{}`...)
	dst = appendArg(dst, r, "index")
	dst = rawjson.AppendString(append(dst, `,"requestId":`...), a.ID)
	switch {
	case a.Err != nil:
		dst = append(dst, `,"result":null`...)
	case a.Result != nil:
		dst = a.Result.AppendJSON(append(dst, `,"result":`...))
	}
	dst = strconv.AppendInt(append(dst, `,"status":`...), int64(a.Status()), 10)
	dst = appendOrNull(append(dst, `,"volatile":`...), r.Volatile)
	if room {
		dst = rawjson.AppendString(append(dst, `,"room":`...), a.ID)
	}
	return append(dst, '}')
}

func appendName(dst []byte, name string) []byte {
	if name == "" {
		return append(dst, "null"...)
	}
	return rawjson.AppendString(dst, name)
}

func appendOrNull(dst []byte, value json.RawMessage) []byte {
	if value == nil {
		return append(dst, "null"...)
	}
	return append(dst, value...)
}

// appendArg appends an argument of the request, if it has that.
func appendArg(dst []byte, r *request.Request, name string) []byte {
	value, ok := r.Arg(name)
	if !ok {
		return dst
	}
	dst = append(rawjson.AppendString(append(dst, ','), name), ':')
	return append(dst, value...)
}
