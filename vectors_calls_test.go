package kuzzlite

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// Which call of the library a recorded request of vectors_test.go is.

// vectorFunc makes a call, and returns what is Kuzzle's result, and the ids of what changed nothing.
type vectorFunc func(c *Collection, o *WriteOptions) (result any, noops []string, err error)

// envelopeErrors are those that Kuzzle's server finds before it comes to documents and collections.
var envelopeErrors = []string{
	"api.assert.invalid_type", "api.assert.missing_argument", "api.assert.body_required", "api.assert.invalid_argument",
	"api.assert.unsupported_protocol", "api.assert.koncorde_restricted_keyword", "api.process.controller_not_found",
	"api.process.action_not_found", "services.storage.invalid_argument", "services.storage.write_limit_exceeded",
	"services.storage.invalid_query_keyword", "services.storage.scroll_duration_too_great",
	"services.storage.unknown_scroll_id", "services.storage.invalid_mapping", "services.storage.collection_reserved",
}

// vectorCall returns the call for a request, or why there is none.
func vectorCall(q *vectorRequest, step *vectorStep) (call vectorFunc, skipped string) {
	action := q.text("controller") + ":" + q.text("action")
	if slices.Contains(envelopeErrors, step.Response.Error.ID) {
		return nil, "the server refuses the request as such: " + step.Response.Error.ID
	}
	for _, calls := range []map[string]func(*vectorRequest) vectorFunc{documentVectors, storeVectors} {
		if make := calls[action]; make != nil {
			return make(q), reasonAgainst(q, action)
		}
	}
	return nil, "not of this library: " + action
}

// reasonAgainst says why a request of a known action is left out.
func reasonAgainst(q *vectorRequest, action string) string {
	switch documents := q.body("documents"); {
	case action == "document:mUpsert" && !strings.HasPrefix(string(documents), "["):
		return "the server's reading of documents that are no array"
	case action == "document:get" && q.text("index") == "":
		return "the server's reading of an index that is no string"
	}
	return ""
}

var documentVectors = map[string]func(*vectorRequest) vectorFunc{
	"document:mUpsert": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, o *WriteOptions) (any, []string, error) {
			return listed(c.MUpsertJSON(ctx, q.body("documents"), o))
		}
	},
	"document:mCreate": func(q *vectorRequest) vectorFunc {
		writes := q.writes()
		return func(c *Collection, o *WriteOptions) (any, []string, error) {
			if len(writes) == 2 && writes[0].ID == writes[1].ID { // see the deviations
				return listed(c.MCreateOrReplace(ctx, writes, o))
			}
			return listed(c.MCreate(ctx, writes, o))
		}
	},
	"document:mCreateOrReplace": manyVector((*Collection).MCreateOrReplace),
	"document:mReplace":         manyVector((*Collection).MReplace),
	"document:mUpdate":          manyVector((*Collection).MUpdate),
	"document:create":           oneVector((*Collection).Create),
	"document:createOrReplace":  oneVector((*Collection).CreateOrReplace),
	"document:replace":          oneVector((*Collection).Replace),
	"document:update":           oneVector((*Collection).Update),
	"document:upsert": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, o *WriteOptions) (any, []string, error) {
			return single(c.Upsert(ctx, q.text("_id"), q.body("changes"), q.body("default"), o))
		}
	},
	"document:deleteFields": func(q *vectorRequest) vectorFunc {
		var given []any
		_ = json.Unmarshal(q.body("fields"), &given)
		var fields []string // what is no string names no field
		for _, f := range given {
			if s, ok := f.(string); ok {
				fields = append(fields, s)
			}
		}
		return func(c *Collection, o *WriteOptions) (any, []string, error) {
			return single(c.DeleteFields(ctx, q.text("_id"), fields, o))
		}
	},
	"document:get": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, _ *WriteOptions) (any, []string, error) {
			doc, err := c.Get(ctx, q.text("_id"))
			return doc, nil, err
		}
	},
	"document:exists": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, _ *WriteOptions) (any, []string, error) {
			ok, err := c.Exists(ctx, q.text("_id"))
			return ok, nil, err
		}
	},
	"document:mGet": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, o *WriteOptions) (any, []string, error) {
			found, err := c.MGet(ctx, q.ids())
			return found, nil, errors.Join(err, strictly(o, found.Errors))
		}
	},
	"document:mExists": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, o *WriteOptions) (any, []string, error) {
			found, err := c.MExists(ctx, q.ids())
			return found, nil, errors.Join(err, strictly(o, found.Errors))
		}
	},
}

// storeVectors are those of indexes and collections.
var storeVectors = map[string]func(*vectorRequest) vectorFunc{
	"index:create": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, _ *WriteOptions) (any, []string, error) {
			return nil, nil, c.store.CreateIndex(ctx, q.text("index"))
		}
	},
	"index:delete": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, _ *WriteOptions) (any, []string, error) {
			return acknowledged, nil, c.store.DeleteIndex(ctx, c.Index())
		}
	},
	"index:mDelete": func(q *vectorRequest) vectorFunc {
		var names []string
		_ = json.Unmarshal(q.body("indexes"), &names)
		return func(c *Collection, _ *WriteOptions) (any, []string, error) {
			deleted := []string{}
			for _, name := range names {
				if c.store.DeleteIndex(ctx, name) == nil {
					deleted = append(deleted, name)
				}
			}
			return map[string]any{"deleted": deleted}, nil, nil
		}
	},
	"index:exists": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, _ *WriteOptions) (any, []string, error) {
			ok, err := c.store.HasIndex(ctx, c.Index())
			return ok, nil, err
		}
	},
	"index:list": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, _ *WriteOptions) (any, []string, error) {
			names, err := c.store.Indexes(ctx)
			counts := map[string]int{}
			for _, index := range names {
				collections, listErr := c.store.Collections(ctx, index)
				counts[index], err = len(collections), errors.Join(err, listErr)
			}
			return map[string]any{"indexes": names, "collections": counts}, nil, err
		}
	},
	"collection:create": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, _ *WriteOptions) (any, []string, error) {
			err := c.store.CreateCollection(ctx, c.Index(), c.Name())
			if len(q.args["body"]) > 0 && errors.Is(err, ErrExists) {
				err = nil // Kuzzle changes its mappings and settings, of which there are none here
			}
			return acknowledged, nil, err
		}
	},
	"collection:delete": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, _ *WriteOptions) (any, []string, error) {
			return nil, nil, c.store.DeleteCollection(ctx, c.Index(), c.Name())
		}
	},
	"collection:truncate": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, o *WriteOptions) (any, []string, error) {
			return acknowledged, nil, c.Truncate(ctx, o)
		}
	},
	"collection:exists": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, _ *WriteOptions) (any, []string, error) {
			ok, err := c.store.HasCollection(ctx, c.Index(), c.Name())
			return ok, nil, err
		}
	},
	"collection:list": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, _ *WriteOptions) (any, []string, error) {
			names, err := c.store.Collections(ctx, c.Index())
			list := []any{}
			for _, name := range names {
				list = append(list, map[string]any{"name": name, "type": "stored"})
			}
			return map[string]any{"collections": list, "type": "stored"}, nil, err
		}
	},
}

var acknowledged = map[string]any{"acknowledged": true}

func manyVector(call func(*Collection, context.Context, []Write, ...*WriteOptions) (*Result, error)) func(*vectorRequest) vectorFunc {
	return func(q *vectorRequest) vectorFunc {
		return func(c *Collection, o *WriteOptions) (any, []string, error) {
			return listed(call(c, ctx, q.writes(), o))
		}
	}
}

func oneVector(call func(*Collection, context.Context, string, any, ...*WriteOptions) (*Success, error)) func(*vectorRequest) vectorFunc {
	return func(q *vectorRequest) vectorFunc {
		return func(c *Collection, o *WriteOptions) (any, []string, error) {
			return single(call(c, ctx, q.text("_id"), q.args["body"], o))
		}
	}
}

// writes are the documents of the m* actions but mUpsert.
func (q *vectorRequest) writes() (list []Write) {
	var items []map[string]json.RawMessage
	_ = json.Unmarshal(q.body("documents"), &items)
	for _, it := range items {
		w := Write{Body: it["body"]}
		_ = json.Unmarshal(it["_id"], &w.ID)
		list = append(list, w)
	}
	return list
}

func (q *vectorRequest) ids() (ids []string) {
	_ = json.Unmarshal(q.body("ids"), &ids)
	return ids
}

func listed(r *Result, err error) (any, []string, error) {
	var noops []string
	if r != nil {
		for _, s := range r.Successes {
			if s.Noop {
				noops = append(noops, s.ID)
			}
		}
	}
	return r, noops, err
}

// single shows all that Kuzzle may show of one document.
func single(s *Success, err error) (any, []string, error) {
	if err != nil {
		return nil, nil, err
	}
	var noops []string
	if s.Noop {
		noops = []string{s.ID}
	}
	return map[string]any{"_id": s.ID, "_version": s.Version, "_source": s.Source, "created": s.Created}, noops, nil
}

// strictly is the error of a strict read that did not find everything.
func strictly(o *WriteOptions, missing []string) error {
	if o.Strict && len(missing) > 0 {
		return ErrIncomplete
	}
	return nil
}
