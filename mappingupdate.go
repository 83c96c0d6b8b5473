package kuzzlite

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/mapping"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// What reads and changes the mapping of a collection.

// Mapping returns the mapping of the collection, with the fields that documents have brought; nil if it has none.
func (c *Collection) Mapping(ctx context.Context) (found *Mapping, err error) {
	err = c.read(ctx, func(v kv.View, bucket []byte) error {
		m, err := c.store.mappingOf(v, bucket)
		if m != nil {
			found = m.kept.clone()
		}
		return err
	})
	return found, err
}

// UpdateMapping gives the collection a mapping, or changes the one it has, and creates the collection if that is
// missing. From then on documents that do not fit are refused, each alone, with Elasticsearch's reason, and queries go
// by the types, as docs/mappings.md says. Without a mapping all is stored, and values are compared by their JSON type.
//
// What is there stays: fields are added, and so are sub-fields and settings, and parameters such as ignore_above may
// change. [ErrInvalid] with Elasticsearch's reason for what it refuses: another type of a field that is there, types and
// parameters that it does not have, limits that are exceeded; and for what this library does not have. A mapping is never
// removed, but with its collection.
//
// Documents that are there are not looked at, as in Elasticsearch: those that do not fit stay until they are written
// again, and [Store.Check] counts them. Nor does [Collection.MLoad] look at the mapping: it brings what was there before.
//
// The program must import package query, which knows the types, or the call fails.
func (c *Collection) UpdateMapping(ctx context.Context, changes Mapping, o ...*MappingOptions) error {
	opts, err := onlyOne(o)
	if err != nil {
		return err
	}
	change, err := c.readChange(&changes, c.store.opts.Kuzzle || opts != nil && opts.Kuzzle)
	if err != nil {
		return err
	}
	return c.turn(ctx, func(t *txn) error {
		bucket := collectionKey(c.index, c.name)
		had, err := t.store.mappingOf(t.view, bucket)
		if errors.Is(err, kv.ErrNoBucket) {
			err = t.createCollection(c.index, c.name)
		}
		if err != nil {
			return err
		}
		next, err := change.apply(had)
		if err != nil {
			return refusedMapping(err)
		}
		t.putMapping(bucket, next)
		return nil
	})
}

// MappingOptions says how UpdateMapping behaves. Every zero field means the default.
type MappingOptions struct {
	// Kuzzle takes what Kuzzle takes, as with Options.Kuzzle: it is for mappings that a Kuzzle, or a server of this
	// module, has had. Settings other than limits are stored, and do nothing.
	Kuzzle bool
}

// mappingChange is a change of a mapping, read.
type mappingChange struct {
	mappings mapping.Tree
	settings []byte // nil: none
	dynamic  string // of a new mapping that does not say
}

// readChange reads a change of a mapping, by the rules of Kuzzle or of the library.
func (c *Collection) readChange(m *Mapping, kuzzle bool) (change *mappingChange, err error) {
	change = &mappingChange{mappings: mapping.Tree{}, dynamic: "true"}
	if kuzzle {
		change.dynamic = "false"
	}
	text, err := c.mappingPart("mappings", m.Mappings)
	if err != nil {
		return nil, err
	}
	if text != nil {
		if err := json.Unmarshal(text, &change.mappings); err != nil {
			return nil, fmt.Errorf("%w mappings: %w", ErrInvalid, jsonError(err))
		}
	}
	if err := mapping.CheckShape(change.mappings, kuzzle); err != nil {
		return nil, refusedMapping(err)
	}
	if change.settings, err = c.mappingPart("settings", m.Settings); err == nil && !kuzzle {
		err = refusedMapping(mapping.CheckSettings(change.settings))
	}
	return change, err
}

// mappingPart returns a part of a mapping as compact JSON, nil if it is not given.
func (c *Collection) mappingPart(name string, text json.RawMessage) ([]byte, error) {
	if text == nil {
		return nil, nil
	}
	compact, err := rawjson.Compact(text, c.store.opts.MaxDepth)
	if err == nil && !isObject(compact) {
		err = errors.New("must be a JSON object")
	}
	if err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrInvalid, name, err)
	}
	return compact, nil
}

// apply returns a mapping with the change; had is nil where there is none.
func (c *mappingChange) apply(had *mapped) (*Mapping, error) {
	old, settings := mapping.Tree{"dynamic": c.dynamic, "properties": mapping.Tree{}}, c.settings
	if had != nil {
		old = mapping.Tree{}
		if err := json.Unmarshal(had.kept.Mappings, &old); err != nil {
			return nil, err
		}
		if settings = had.kept.Settings; settings == nil {
			settings = c.settings
		} else if c.settings != nil {
			settings = mergeUpdate(settings, c.settings)
		}
	}
	changed, err := mapping.Changed(old, c.mappings)
	if err != nil {
		return nil, err
	}
	text, err := textOf(changed)
	if err != nil {
		return nil, err
	}
	text = bytes.TrimSuffix(text, []byte("\n"))
	if reason := mapping.Parse(text, settings).Excess(); reason != "" {
		return nil, &mapping.Refusal{Reason: reason}
	}
	if _, err := filter.ReadMapping(text); err != nil {
		return nil, err
	}
	return &Mapping{Mappings: text, Settings: settings}, nil
}

// refusedMapping returns the error of a change that is refused, with its reason as it is.
func refusedMapping(err error) error {
	if err == nil || errors.Is(err, filter.ErrNotLinked) {
		return err
	}
	return &withReason{err.Error(), fmt.Errorf("%w: %w", ErrInvalid, err)}
}

// env returns what queries on the collection are compiled for, at a time in ms since 1970. Without a collection there is
// no mapping.
func (c *Collection) env(ctx context.Context, now int64) (env filter.Env, err error) {
	env.Now = fromMillis(now)
	err = c.read(ctx, func(v kv.View, bucket []byte) error {
		m, err := c.store.mappingOf(v, bucket)
		if m == nil || err != nil {
			return err
		}
		env.Schema, err = m.Schema()
		return err
	})
	if errors.Is(err, ErrUnknownIndex) || errors.Is(err, ErrUnknownCollection) { // for whoever reads on to tell
		err = nil
	}
	return env, err
}
