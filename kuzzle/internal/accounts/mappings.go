package accounts

import (
	"context"
	"encoding/json"

	"github.com/kuzzlite/kuzzlite"
)

// The mappings of users, profiles and roles. They are kept and told; searches compare values by their JSON types.

// firstMappings are those that nobody has changed.
var firstMappings = map[Kind]string{
	Users: `{"dynamic":"false","properties":{"profileIds":{"type":"keyword"}}}`,
	Profiles: `{"dynamic":"false","properties":{"tags":{"type":"keyword"},"policies":{"properties":{"roleId":` +
		`{"type":"keyword"},"restrictedTo":{"type":"nested","properties":{"index":{"type":"keyword"},"collections":` +
		`{"type":"keyword"}}}}}}}`,
	Roles: `{"dynamic":"false","properties":{"tags":{"type":"keyword"},"controllers":{"dynamic":"false",` +
		`"properties":{}}}}`,
}

// Mapping returns the mapping of users, profiles or roles.
func (a *Accounts) Mapping(ctx context.Context, kind Kind) (mapping json.RawMessage, err error) {
	err = a.view(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		mapping, err = mappingOf(ctx, tx, kind)
		return err
	})
	return mapping, err
}

// ChangeMapping makes another mapping of the one that is there, and returns that.
func (a *Accounts) ChangeMapping(ctx context.Context, kind Kind, fn func(json.RawMessage) (json.RawMessage, error)) (
	mapping json.RawMessage, err error) {
	err = a.update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		if mapping, err = mappingOf(ctx, tx, kind); err != nil {
			return err
		}
		if mapping, err = fn(mapping); err != nil {
			return err
		}
		return put(ctx, tx, state, stateMapping+string(kind), mapping)
	})
	return mapping, err
}

// stateMapping is how the ids of mappings begin in the collection state.
const stateMapping = "mapping-"

func mappingOf(ctx context.Context, tx *kuzzlite.Tx, kind Kind) (json.RawMessage, error) {
	mapping, err := source(ctx, tx, state, stateMapping+string(kind))
	if mapping == nil {
		mapping = json.RawMessage(firstMappings[kind])
	}
	return mapping, err
}
