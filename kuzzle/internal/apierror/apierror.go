// Package apierror has the errors of Kuzzle's API: their ids, codes, statuses and texts, and the JSON in which a client
// gets them.
package apierror

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Error is an error as a client gets it. Its JSON is {"code", "id", "message", "props", "status"}, without code, id and
// props where it has no ID, and with "count" and "errors" where it has Errors.
type Error struct {
	ID      string // "" for what Kuzzle finds before it has a request, and for errors of its login strategy
	Status  int
	Message string
	Props   []any             // the values in the message
	Errors  []json.RawMessage // of single documents; nil: it is not an error of several
}

func (e *Error) Error() string { return e.Message }

// New returns the error of an id, whose message has the values in their order. Values without a place of their own in
// the message stand at its end. It panics for an unknown id.
func New(id string, props ...any) *Error {
	kind, ok := kinds[id]
	if !ok {
		panic("no such error: " + id)
	}
	return &Error{ID: id, Status: kind.status, Message: format(kind.message, props), Props: props}
}

// Plain returns an error without an id.
func Plain(status int, format string, args ...any) *Error {
	return &Error{Status: status, Message: fmt.Sprintf(format, args...)}
}

// Several returns the error of a request of which some documents failed.
func Several(id string, errors []json.RawMessage, props ...any) *Error {
	e := New(id, props...)
	if e.Errors = errors; errors == nil {
		e.Errors = []json.RawMessage{}
	}
	return e
}

// format puts values where a message has %s, as Node's util.format does.
func format(message string, values []any) string {
	var s strings.Builder
	for _, v := range values {
		before, after, found := strings.Cut(message, "%s")
		s.WriteString(before)
		if message = after; !found {
			s.WriteByte(' ')
		}
		if raw, ok := v.(json.RawMessage); ok {
			v = string(raw)
		}
		fmt.Fprint(&s, v)
	}
	s.WriteString(message)
	return s.String()
}

// AppendJSON appends the error as a client gets it.
func (e *Error) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	if e.ID != "" {
		dst = strconv.AppendInt(append(dst, `"code":`...), int64(kinds[e.ID].code), 10)
		dst = rawjson.AppendString(append(dst, `,"id":`...), e.ID)
		dst = append(dst, ',')
	}
	dst = rawjson.AppendString(append(dst, `"message":`...), e.Message)
	if e.ID != "" {
		dst = append(dst, `,"props":[`...)
		for i, p := range e.Props {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendProp(dst, p)
		}
		dst = append(dst, ']')
	}
	dst = strconv.AppendInt(append(dst, `,"status":`...), int64(e.Status), 10)
	if e.Errors != nil {
		dst = strconv.AppendInt(append(dst, `,"count":`...), int64(len(e.Errors)), 10)
		dst = append(dst, `,"errors":[`...)
		for i, one := range e.Errors {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, one...)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

func appendProp(dst []byte, p any) []byte {
	switch p := p.(type) {
	case string:
		return rawjson.AppendString(dst, p)
	case json.RawMessage:
		return append(dst, p...)
	}
	text, err := json.Marshal(p)
	if err != nil {
		return append(dst, "null"...)
	}
	return append(dst, text...)
}

// MarshalJSON is AppendJSON.
func (e *Error) MarshalJSON() ([]byte, error) { return e.AppendJSON(nil), nil }

// Of returns an error as a client gets it: what is none of this package is Kuzzle's unexpected error.
func Of(err error) *Error {
	switch e := err.(type) {
	case nil:
		return nil
	case *Error:
		return e
	}
	return New("core.fatal.unexpected_error", err.Error())
}

// Custom returns an error with a text of its own. An id that Kuzzle does not have is none.
func Custom(id string, status int, message string) *Error {
	if _, ok := kinds[id]; !ok {
		id = ""
	}
	return &Error{ID: id, Status: status, Message: message}
}
