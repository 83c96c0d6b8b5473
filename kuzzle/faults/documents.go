package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle"
)

// Faults of single documents.

// conflict makes a write meet changes of others: so many, that a request which is not tried again often enough fails.
func (f *Fault) conflict(ctx context.Context, r *kuzzle.Request, next kuzzle.Handler) *kuzzle.Response {
	tries := 1
	if text := r.Arg("retryOnConflict"); text != nil {
		if n, err := strconv.Atoi(unquoted(text)); err == nil && n > 0 {
			tries += n
		}
	}
	if tries > max(1, f.Conflicts) {
		return next(ctx, r)
	}
	if r.DocumentID != "" {
		return &kuzzle.Response{Err: &kuzzle.Error{
			ID: "services.storage.unexpected_error", Status: 500, Message: conflictReason(r.DocumentID),
		}}
	}
	return refuse(ctx, r, next, func(id string) (int, string) {
		if f.DocumentID == "" || f.DocumentID == id {
			return 409, conflictReason(id)
		}
		return 0, ""
	})
}

// conflictReason is the reason that Elasticsearch gives.
func conflictReason(id string) string {
	return fmt.Sprintf("[%s]: version conflict, required seqNo [1], primary term [1]. current document has seqNo [2] and "+
		"primary term [1]", id)
}

// partial has some documents of a request fail, and the others not.
func (f *Fault) partial(ctx context.Context, r *kuzzle.Request, next kuzzle.Handler) *kuzzle.Response {
	return refuse(ctx, r, next, func(id string) (int, string) {
		if slices.Contains(f.Documents, id) {
			return f.Status, f.Message
		}
		return 0, ""
	})
}

// refuse answers a request without some of its documents, and adds those to the errors of the answer. status is 0 for
// documents that are not refused.
func refuse(ctx context.Context, r *kuzzle.Request, next kuzzle.Handler,
	verdict func(id string) (status int, reason string)) *kuzzle.Response {
	var kept, errors []json.RawMessage
	list := ""
	for _, name := range []string{"documents", "ids"} {
		value, ok := member(r.Body, name)
		if !ok || value[0] != '[' {
			continue
		}
		list = name
		for item := range rawjson.Elements(value, 1000) {
			if status, reason := verdict(idOf(item)); status != 0 {
				errors = append(errors, failure(item, status, reason))
			} else {
				kept = append(kept, item)
			}
		}
	}
	if len(errors) == 0 {
		return next(ctx, r)
	}
	r.Body = withMember(r.Body, list, join(kept))
	response := next(ctx, r)
	switch {
	case response.Err != nil:
		response.Err.Errors = append(response.Err.Errors, errors...)
	case string(r.Arg("strict")) == "true":
		response.Err = &kuzzle.Error{
			ID: "api.process.incomplete_multiple_request", Status: 400, Errors: errors,
			Message: "At least one of the " + r.Action + " actions failed.",
		}
	default:
		known, ok := member(response.Result, "errors")
		if !ok || known[0] != '[' {
			return response
		}
		response.Result = withMember(response.Result, "errors", append(known[:len(known)-1:len(known)-1], tail(known, errors)...))
	}
	return response
}

// tail returns what is appended to a list of errors, with its end.
func tail(known json.RawMessage, errors []json.RawMessage) []byte {
	list := join(errors)
	if string(known) == "[]" {
		return list[1:]
	}
	list[0] = ','
	return list
}

// failure is a document among the errors of an answer.
func failure(item json.RawMessage, status int, reason string) json.RawMessage {
	name := "document"
	if item[0] != '{' {
		name = "_id"
	}
	out := fmt.Appendf(nil, `{%q:%s,"reason":`, name, item)
	return fmt.Appendf(rawjson.AppendString(out, reason), `,"status":%d}`, status)
}

// idOf returns the id of an item of a list.
func idOf(item json.RawMessage) string {
	if item[0] == '{' {
		item, _ = rawjson.Lookup(item, "_id")
	}
	return unquoted(item)
}

func unquoted(value json.RawMessage) string {
	if text, err := rawjson.Unquote(value); err == nil {
		return text
	}
	return string(value)
}

func member(object json.RawMessage, name string) (json.RawMessage, bool) {
	if len(object) == 0 || object[0] != '{' {
		return nil, false
	}
	return rawjson.Lookup(object, name)
}

// withMember returns an object with another value of a member that is there.
func withMember(object json.RawMessage, name string, value []byte) json.RawMessage {
	out := []byte{'{'}
	for key, old := range rawjson.Members(object) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(out, key...), ':')
		if rawjson.KeyIs(key, name) {
			old = value
		}
		out = append(out, old...)
	}
	return append(out, '}')
}

func join(list []json.RawMessage) []byte {
	out := []byte{'['}
	for i, item := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, item...)
	}
	return append(out, ']')
}
