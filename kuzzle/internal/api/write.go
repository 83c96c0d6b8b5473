package api

import (
	"encoding/json"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"strconv"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// WriteOptions returns the options of the library for a write of the user of the call.
func (c *Call) WriteOptions(silent bool) *kuzzlite.WriteOptions {
	return &kuzzlite.WriteOptions{Silent: silent, User: c.User.ID}
}

// Tell tells subscribers of documents, unless the call is silent.
func (c *Call) Tell(silent bool, list ...Event) {
	if !silent && len(list) > 0 {
		c.Notifier.Notify(c, list)
	}
}

// AppendMember appends "name":"text" to an object, behind a comma unless it is the first member.
func AppendMember(dst []byte, name, text string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(rawjson.AppendString(dst, name), ':')
	return rawjson.AppendString(dst, text)
}

// AppendUint appends a number.
func AppendUint(dst []byte, n uint64) []byte { return strconv.AppendUint(dst, n, 10) }

// Stamped returns an object with Kuzzle's metadata of something new.
func (c *Call) Stamped(object json.RawMessage) json.RawMessage {
	out := []byte{'{'}
	for key, value := range rawjson.Members(object) {
		if !rawjson.KeyIs(key, metadata) {
			out = append(append(append(append(out, key...), ':'), value...), ',')
		}
	}
	out = append(out, `"`+metadata+`":{"author":`...)
	out = rawjson.AppendString(out, c.User.ID)
	out = strconv.AppendInt(append(out, `,"createdAt":`...), c.Clock.Now().UnixMilli(), 10)
	return append(out, "}}"...)
}

const metadata = "_kuzzle_info"

// AsObject returns a body as the document that Kuzzle makes of it: the elements of a list become members.
func AsObject(body json.RawMessage) json.RawMessage {
	if body[0] != '[' {
		return body
	}
	out, n := []byte{'{'}, uint64(0)
	for element := range request.Elements(body) {
		if n > 0 {
			out = append(out, ',')
		}
		out = append(append(AppendUint(append(out, '"'), n), `":`...), element...)
		n++
	}
	return append(out, '}')
}
