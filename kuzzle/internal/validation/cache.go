package validation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
)

// Cache keeps specifications that were read, so that each is read once and not for each document. The zero Cache is
// ready. Any number of goroutines may use it.
type Cache struct {
	mu   sync.Mutex // guards what follows
	read map[string]cached
}

// cached is a specification, and what it was read from.
type cached struct {
	raw  json.RawMessage
	spec *Specification
}

// mostCached is how many specifications are kept.
const mostCached = 1000

// Get returns the specification of a collection, of which raw is the JSON; nil: there is none. The error is for what
// cannot be read, and so should not be stored.
func (c *Cache) Get(index, collection string, raw json.RawMessage) (*Specification, error) {
	if raw == nil {
		return nil, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	name := index + "/" + collection
	if known, ok := c.read[name]; ok && bytes.Equal(known.raw, raw) {
		return known.spec, nil
	}
	spec, problems := Parse(index, collection, raw)
	if len(problems) > 0 {
		return nil, fmt.Errorf("specification of %s: %s", name, problems[0])
	}
	if c.read == nil || len(c.read) >= mostCached {
		c.read = map[string]cached{}
	}
	c.read[name] = cached{bytes.Clone(raw), spec}
	return spec, nil
}
