package api

import (
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
