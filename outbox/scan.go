package outbox

import (
	"context"

	"github.com/kuzzlite/kuzzlite"
)

// chunk is what was read of the change feed at a time.
type chunk struct {
	changes  []kuzzlite.Change // those that matter
	upTo     uint64            // sequence of the last change that was read
	caughtUp bool              // there was no newer change
	err      error
}

// chunkSize is how many changes are read at a time.
const chunkSize = 256

// scan reads the change feed after a sequence, and goes on as it grows, until ctx is done. It reads no further than who
// takes the chunks lets it.
func (o *Outbox) scan(ctx context.Context, since uint64, to chan<- chunk) {
	var c chunk
	send := func() bool {
		select {
		case to <- c:
		case <-ctx.Done():
			return false
		}
		c = chunk{}
		return true
	}
	n, newest := 0, uint64(0)
	for change, err := range o.store.Changes(ctx, since, &kuzzlite.ChangesOptions{Follow: true}) {
		if err != nil {
			c.err = err
			send()
			return
		}
		c.upTo = change.Sequence
		if o.matters(&change) {
			c.changes = append(c.changes, change)
		}
		if change.Sequence >= newest {
			newest = o.store.Sequence()
		}
		c.caughtUp = change.Sequence >= newest
		if n++; c.caughtUp || n%o.opts.chunk == 0 {
			if !send() {
				return
			}
		}
	}
}

// matters says whether the outbox has to know of a change.
func (o *Outbox) matters(c *kuzzlite.Change) bool {
	if c.Index == o.opts.Index {
		return c.Collection == o.opts.Name+LettersSuffix && c.Origin != lettersOrigin
	}
	return c.Op == kuzzlite.OpDeleteIndex || o.chosen[Collection{c.Index, c.Collection}]
}

// isOwed says whether a change is to be sent: not what came from elsewhere, and not what is to stay here.
func isOwed(c *kuzzlite.Change) bool { return c.Origin == "" && !c.LocalOnly }
