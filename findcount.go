package kuzzlite

import (
	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/planner"
)

// Counting entries for the planner. The first entries are kept: a plan by them begins with them, and need not read them
// once more.

// counted are entries that were counted last.
type counted struct {
	keeps   bool // the first entries
	spans   []span
	entries []countedEntry // the first ones
	all     bool           // there are no others
}

// countedEntry is the key and the value of an entry, of the view.
type countedEntry struct{ key, value []byte }

// count counts the entries in spans, up to most.
func (c *counted) count(v kv.View, bucket []byte, spans []span, most int) (n int, err error) {
	*c = counted{keeps: c.keeps, spans: spans, entries: c.entries[:0], all: true}
	for _, s := range spans {
		err = scanSpan(v, bucket, s, nil, false, func(key, value []byte) bool {
			if c.entries == nil && c.keeps {
				c.entries = make([]countedEntry, 0, min(most, firstMatches))
			}
			if c.all = c.keeps && len(c.entries) < chunkDocuments; c.all {
				c.entries = append(c.entries, countedEntry{key, value})
			}
			n++
			return n < most
		})
		if err != nil || n >= most {
			c.all = false
			return n, err
		}
	}
	return n, nil
}

// of returns the first entries of a plan, nil if they are not those that were counted.
func (c *counted) of(p *planner.Plan) *counted {
	if !c.keeps || p.Reverse || len(p.Spans) != 1 || len(c.spans) != 1 || &p.Spans[0] != &c.spans[0] {
		return nil
	}
	return c
}
