package kuzzlite

import (
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// What plans use again: each gives back what it has taken once it is done.

// patches are compiled changes.
var patches = sync.Pool{New: func() any { return new(rawjson.Patch) }}

// scratches are buffers in which documents are merged before it is known how large they get. One that has become large
// is not given back.
var scratches = sync.Pool{New: func() any { return new([]byte) }}
