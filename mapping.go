package kuzzlite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/mapping"
)

// Mappings: the types of the fields of a collection.

// Mapping says which types the fields of a collection have, as Elasticsearch does. Its JSON is the body with which
// Kuzzle and Elasticsearch create a collection.
type Mapping struct {
	// Mappings is {"properties": {"name": {"type": "text"}}}, with "dynamic" and "_meta". docs/mappings.md has a list of
	// the types and parameters.
	//
	// dynamic says what becomes of a field that is not there: "true" gives it the type of its first value, "false" stores
	// it, and no query finds it, "strict" refuses the document. Default of a new mapping: "true", as in Elasticsearch;
	// with Options.Kuzzle "false", as in Kuzzle.
	Mappings json.RawMessage `json:"mappings"`

	// Settings are those of Elasticsearch that limit mappings: {"index": {"mapping": {"total_fields": {"limit": 1000}}}},
	// and depth, nested_objects and field_name_length, which have defaults of 20, 10,000, and any length, and
	// total_fields.ignore_dynamic_beyond_limit. Any other is [ErrInvalid], but for MappingOptions.Kuzzle.
	Settings json.RawMessage `json:"settings,omitempty"`
}

// encoded returns the mapping as JSON. Both parts are compact JSON.
func (m *Mapping) encoded() []byte {
	out := appendMember([]byte{'{'}, []byte(`"mappings"`), m.Mappings)
	if m.Settings != nil {
		out = appendMember(out, []byte(`"settings"`), m.Settings)
	}
	return append(out, '}')
}

// clone returns a copy that shares no memory.
func (m *Mapping) clone() *Mapping {
	return &Mapping{Mappings: bytes.Clone(m.Mappings), Settings: bytes.Clone(m.Settings)}
}

// keyMapping, in the bucket of a collection, has its mapping. It is behind the keys of documents, and of
// keyFieldIndexes.
var keyMapping = []byte{'m'}

// mapped is the mapping of a collection, as it was read. It does not change.
type mapped struct {
	*mapping.Mapping
	kept Mapping

	once   sync.Once
	schema any // what queries make of it
	err    error
}

// decodeMapping reads what is stored under keyMapping.
func decodeMapping(bucket, stored []byte) (*mapped, error) {
	m := &mapped{}
	if !sealed(keyMapping, stored) {
		return nil, fmt.Errorf("%w: the mapping of %q is damaged", ErrCorrupt, bucket)
	}
	if err := json.Unmarshal(stored[checksumSize:], &m.kept); err != nil {
		return nil, fmt.Errorf("%w: the mapping of %q: %w", ErrCorrupt, bucket, err)
	}
	if !isObject(m.kept.Mappings) {
		return nil, fmt.Errorf("%w: the mapping of %q is no object", ErrCorrupt, bucket)
	}
	m.Mapping = mapping.Parse(m.kept.Mappings, m.kept.Settings)
	return m, nil
}

// Schema returns the mapping as queries have it. Kuzzle's own field is part of every mapping.
func (m *mapped) Schema() (any, error) {
	m.once.Do(func() { m.schema, m.err = filter.ReadMapping(mapping.WithInfo(m.kept.Mappings)) })
	return m.schema, m.err
}

// mappings remembers what mappings were decoded to. It goes by the bytes, so what it returns is never of another state.
type mappings struct {
	mu sync.Mutex // guards of
	of map[string]*mapped
}

// mostMappings is how many mappings are remembered.
const mostMappings = 1000

func (m *mappings) decode(bucket, stored []byte) (*mapped, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if found := m.of[string(stored)]; found != nil {
		return found, nil
	}
	found, err := decodeMapping(bucket, stored)
	if err != nil {
		return nil, err
	}
	if m.of == nil || len(m.of) >= mostMappings {
		m.of = map[string]*mapped{}
	}
	m.of[string(stored)] = found
	return found, nil
}
