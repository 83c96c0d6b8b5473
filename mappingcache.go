package kuzzlite

import (
	"slices"
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/mapping"
)

// mappings remembers what mappings were read to, by their texts and those of the settings.
type mappings struct {
	mu sync.Mutex // guards of
	of map[string]*mapping.Mapping
}

// mostMappings is how many mappings are remembered.
const mostMappings = 1000

func (m *mappings) parse(text, settings []byte) *mapping.Mapping {
	key := text
	if settings != nil {
		key = slices.Concat(text, []byte{0}, settings)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if found := m.of[string(key)]; found != nil {
		return found
	}
	if m.of == nil || len(m.of) >= mostMappings {
		m.of = map[string]*mapping.Mapping{}
	}
	found := mapping.Parse(text, settings)
	m.of[string(key)] = found
	return found
}
