// Package wire is what the calls of a store look like on the way to a program that has the store open, and what comes
// back. Sources of documents travel byte for byte, and so does any text, valid UTF-8 or not. Package remote is the
// client; the controller kuzzlite of the server answers.
//
// A request is a POST to Prefix and the name of an action, whose body is a message: the head, which is a Call in
// JSON on one line, and behind it values as they are. The answer is a sequence of frames: items, such as documents,
// and the progress of the call, until one with the outcome ends it. An answer without an outcome was cut off.
package wire

import "github.com/kuzzlite/kuzzlite/internal/push"

// Version is the number of what this package describes. It changes when a client and a server that do not know of the
// change would misunderstand each other.
const Version = 1

// Prefix is what the paths of the requests begin with.
const Prefix = "/_kuzzlite/"

// Controller is the name of the controller that answers.
const Controller = push.Controller

// ContentType is that of requests and of answers.
const ContentType = "application/x-kuzzlite"

// MaxRequest is how large a request may be, in bytes.
const MaxRequest = 256 << 20

// Hello is what the action hello answers.
type Hello struct {
	Version int `json:"version"`
}
