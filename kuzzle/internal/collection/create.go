package collection

import (
	"context"
	"encoding/json"
	"errors"
	"maps"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/mapping"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
	"github.com/kuzzlite/kuzzlite/query"
)

// The actions that create collections, and change and tell their mappings.

// tree is a JSON object.
type tree = mapping.Tree

// config is what a request says of a collection.
type config struct {
	mapping  tree
	settings json.RawMessage
}

// configOf reads the body of a request: {"mappings", "settings"}, or a mapping alone as older clients send it.
func configOf(body json.RawMessage) (in config, err error) {
	if len(body) == 0 || body[0] != '{' {
		return in, nil
	}
	mapping := body
	if value, ok := rawjson.Lookup(body, "mappings"); ok {
		mapping = value
	} else if !hasAny(body, "properties", "dynamic", "_meta") {
		mapping = nil
	}
	if settings, ok := rawjson.Lookup(body, "settings"); ok && string(settings) != "null" {
		in.settings = settings
	}
	if len(mapping) > 0 && mapping[0] == '{' {
		err = json.Unmarshal(mapping, &in.mapping)
		delete(in.mapping, "settings")
	}
	return in, err
}

func hasAny(object json.RawMessage, keys ...string) bool {
	for _, key := range keys {
		if _, ok := rawjson.Lookup(object, key); ok {
			return true
		}
	}
	return false
}

// create creates a collection, and its index if that is missing; of one that exists it changes the mapping.
func create(c *api.Call) (api.Result, error) {
	a := c.Args()
	index, name := a.Collection()
	a.Check(checkNames(index, name))
	if a.Err != nil {
		return nil, a.Err
	}
	in, err := configOf(c.Body)
	if err != nil {
		return nil, err
	}
	if err := checkShape(in.mapping); err != nil {
		return nil, err
	}
	return api.Acknowledged, learn(c, index, name, true, in)
}

// learn changes the mapping of a collection. One that nobody gives a mapping, and that is not to learn, gets none: the
// library goes by that.
func learn(c *api.Call, index, name string, create bool, in config) error {
	return storage.Error(c.Store.Learn(c.Context, index, name, create, learning(c, in)), index, name)
}

// CreateIn creates a collection without a mapping of its own, and its index, in a transaction under way, unless they are
// there.
func CreateIn(ctx context.Context, c *api.Call, tx *kuzzlite.Tx, index, name string) error {
	if err := checkNames(index, name); err != nil {
		return err
	}
	return storage.Error(storage.LearnIn(ctx, tx, index, name, true, learning(c, config{})), index, name)
}

// learning returns how the mapping of a collection changes.
func learning(c *api.Call, in config) func(storage.Known) (kuzzlite.Mapping, error) {
	return func(k storage.Known) (changes kuzzlite.Mapping, err error) {
		if len(in.mapping) == 0 && in.settings == nil && (k.Mapping != nil || c.Dynamic == "false") {
			return changes, nil
		}
		if k.Mapping == nil && in.mapping["dynamic"] == nil {
			in.mapping = maps.Clone(in.mapping)
			if in.mapping == nil {
				in.mapping = tree{}
			}
			in.mapping["dynamic"] = c.Dynamic
		}
		changes.Settings = in.settings
		if len(in.mapping) > 0 {
			changes.Mappings = api.Marshal(in.mapping)
		}
		return changes, nil
	}
}

// ChangedMapping returns a mapping with the changes in the body of a request.
func ChangedMapping(old, body json.RawMessage) (json.RawMessage, error) {
	in, err := configOf(body)
	if err != nil {
		return nil, err
	}
	if err := checkShape(in.mapping); err != nil {
		return nil, err
	}
	mapping := tree{}
	if err := json.Unmarshal(old, &mapping); err != nil {
		return nil, err
	}
	return changed(mapping, in.mapping)
}

// changed returns a mapping with changes.
func changed(old, changes tree) (json.RawMessage, error) {
	next, err := mapping.Changed(old, changes)
	if err != nil {
		return nil, storage.BadRequest(err.Error())
	}
	text := api.Marshal(next)
	if reason := mapping.Parse(text, nil).Excess(); reason != "" {
		return nil, storage.BadRequest(reason)
	}
	_, err = query.ParseMapping(text)
	var wrong *query.DSLError
	if errors.As(err, &wrong) {
		return nil, storage.BadRequest(wrong.Reason) // which names the field
	}
	return text, err
}

// checkShape is Kuzzle's check of a mapping.
func checkShape(m tree) error {
	var wrong *mapping.Misshapen
	if err := mapping.CheckShape(m, true); errors.As(err, &wrong) {
		return apierror.New("services.storage.invalid_mapping", wrong.Path, wrong.Why)
	}
	return nil
}

// mappingOf returns the mapping of a collection, without Kuzzle's own fields.
func mappingOf(c *api.Call, k *storage.Known) (tree, error) {
	mapping := tree{"dynamic": c.Dynamic, "properties": tree{}}
	if k.Mapping == nil {
		return mapping, nil
	}
	return mapping, json.Unmarshal(k.Mapping, &mapping)
}

func update(c *api.Call) (api.Result, error) {
	a := c.Args()
	index, name := a.Collection()
	if a.Err != nil {
		return nil, a.Err
	}
	in, err := configOf(c.Body)
	if err != nil {
		return nil, err
	}
	if err := c.Store.MustExist(c.Context, index, name); err != nil {
		return nil, err
	}
	if err := checkShape(in.mapping); err != nil {
		return nil, err
	}
	return api.Null, learn(c, index, name, false, in)
}

// updateMapping answers with the whole mapping.
func updateMapping(c *api.Call) (api.Result, error) {
	a := c.Args()
	index, name := a.Collection()
	body := a.MustBody()
	if a.Err != nil {
		return nil, a.Err
	}
	in, err := configOf(body)
	if err != nil {
		return nil, err
	}
	if err := c.Store.MustExist(c.Context, index, name); err != nil {
		return nil, err
	}
	if err := checkShape(in.mapping); err != nil {
		return nil, err
	}
	if err := learn(c, index, name, false, in); err != nil {
		return nil, err
	}
	return told(c, index, name, true)
}

func getMapping(c *api.Call) (api.Result, error) {
	a := c.Args()
	index, name := a.Collection()
	own := a.Bool("includeKuzzleMeta")
	if a.Err != nil {
		return nil, a.Err
	}
	if err := c.Store.MustExist(c.Context, index, name); err != nil {
		return nil, err
	}
	return told(c, index, name, own)
}

// kuzzleInfo is the mapping of the field that Kuzzle keeps in each document.
var kuzzleInfo = tree{"properties": tree{
	"author": tree{"type": "keyword"}, "createdAt": tree{"type": "date"},
	"updatedAt": tree{"type": "date"}, "updater": tree{"type": "keyword"},
}}

// told returns a mapping as clients see it, with Kuzzle's own fields if own says so.
func told(c *api.Call, index, name string, own bool) (api.Result, error) {
	k, err := c.Store.Known(c.Context, index, name)
	if err != nil {
		return nil, storage.Error(err, index, name)
	}
	mapping, err := mappingOf(c, &k)
	if err != nil {
		return nil, err
	}
	if own {
		mapping["properties"].(tree)["_kuzzle_info"] = kuzzleInfo
	}
	return api.JSON(api.Marshal(mapping)), nil
}

// getSettings answers the settings that were given, and those that each collection has.
func getSettings(c *api.Call) (api.Result, error) {
	index, name, err := named(c)
	if err != nil {
		return nil, err
	}
	k, err := c.Store.Known(c.Context, index, name)
	if err != nil {
		return nil, storage.Error(err, index, name)
	}
	settings := tree{"number_of_shards": "1", "number_of_replicas": "1", "provided_name": "&" + index + "." + name}
	if k.Settings != nil {
		if err := json.Unmarshal(k.Settings, &settings); err != nil {
			return nil, err
		}
	}
	return api.JSON(api.Marshal(settings)), nil
}
