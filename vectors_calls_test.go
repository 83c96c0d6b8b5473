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

// vectorCall returns the call for a request, or why there is none.
func vectorCall(q *vectorRequest, step *vectorStep) (call vectorFunc, left string) {
	if left := reasonLeft(q, step); left != "" {
		return nil, left
	}
	action := q.text("controller") + ":" + q.text("action")
	for _, calls := range []map[string]func(*vectorRequest) vectorFunc{documentVectors, storeVectors} {
		if make := calls[action]; make != nil {
			return make(q), ""
		}
	}
	panic(action)
}

var documentVectors = map[string]func(*vectorRequest) vectorFunc{
	"document:mUpsert": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, o *WriteOptions) (any, []string, error) {
			return listed(c.MUpsertJSON(ctx, q.body("documents"), o))
		}
	},
	"document:mCreate": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, o *WriteOptions) (any, []string, error) {
			return listed(c.MCreate(ctx, q.writes(), o))
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
	"document:delete": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, o *WriteOptions) (any, []string, error) {
			doc, _ := c.Get(ctx, q.text("_id")) // Kuzzle shows what it deletes
			_, err := c.Delete(ctx, doc.ID, o)
			return doc, nil, err
		}
	},
	"document:mDelete": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, o *WriteOptions) (any, []string, error) {
			return listed(c.MDelete(ctx, q.ids(), o))
		}
	},
	"bulk:write": func(q *vectorRequest) vectorFunc {
		return withoutMetadata(func(c *Collection, o *WriteOptions) (any, []string, error) {
			o.Silent = !q.flag("notify")
			return single(c.CreateOrReplace(ctx, q.text("_id"), q.args["body"], o))
		})
	},
	"bulk:mWrite": func(q *vectorRequest) vectorFunc {
		return withoutMetadata(func(c *Collection, o *WriteOptions) (any, []string, error) {
			o.Silent = !q.flag("notify")
			return listed(c.MCreateOrReplace(ctx, q.writes(), o))
		})
	},
	"document:count": func(*vectorRequest) vectorFunc {
		return func(c *Collection, _ *WriteOptions) (any, []string, error) {
			n, err := c.Count(ctx)
			return map[string]any{"count": n}, nil, err
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

// withoutMetadata makes a call as Kuzzle's bulk actions do, which add no metadata.
func withoutMetadata(call vectorFunc) vectorFunc {
	return func(c *Collection, o *WriteOptions) (any, []string, error) {
		c.store.opts.Metadata = false // nobody else uses the store of a scenario
		defer func() { c.store.opts.Metadata = true }()
		return call(c, o)
	}
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
		if !strings.HasPrefix(string(it["_id"]), `"`) && isObject(it["body"]) && q.needsID() {
			continue // see the deviations
		}
		list = append(list, w)
	}
	return list
}

// needsID says whether the action tells an id that is no string from one of a document that is not there.
func (q *vectorRequest) needsID() bool {
	return slices.Contains([]string{"mReplace", "mDelete"}, q.text("action"))
}

// ids are those ids of a request that are strings.
func (q *vectorRequest) ids() (ids []string) {
	var given []any
	_ = json.Unmarshal(q.body("ids"), &given)
	for _, id := range given {
		if s, ok := id.(string); ok {
			ids = append(ids, s)
		}
	}
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

// vectorUser is who made the recorded requests, and who is kuid-1 in what was recorded: Kuzzle's anonymous user.
const vectorUser = "-1"

// vectorRequest is a request as it was sent.
type vectorRequest struct {
	args map[string]json.RawMessage
	as   map[string]any
}

func (q *vectorRequest) text(key string) string {
	var s string
	_ = json.Unmarshal(q.args[key], &s)
	return s
}

// body returns a key of the request's body.
func (q *vectorRequest) body(key string) json.RawMessage {
	var body map[string]json.RawMessage
	_ = json.Unmarshal(q.args["body"], &body)
	return body[key]
}

// flag is a boolean argument: over HTTP it is true if it is there at all.
func (q *vectorRequest) flag(key string) bool {
	if q.as["protocol"] == "http" {
		return q.args[key] != nil
	}
	return string(q.args[key]) == "true"
}

func (q *vectorRequest) options() *WriteOptions {
	o := &WriteOptions{Silent: q.flag("silent"), Strict: q.flag("strict"), User: vectorUser}
	if user, ok := q.as["user"]; ok && user == nil {
		o.User = ""
	}
	return o
}

// adapt makes up for what Kuzzle shows and Go cannot, or does not.
func (q *vectorRequest) adapt(want, got map[string]any) {
	switch action := q.text("action"); action {
	case "update":
		if q.flag("source") {
			break
		}
		// The changes as sent, beside all of the metadata.
		source, _ := got["_source"].(map[string]any)
		shown := map[string]any{}
		_ = json.Unmarshal(q.args["body"], &shown)
		shown["_kuzzle_info"] = source["_kuzzle_info"]
		got["_source"] = shown
	case "mCreateOrReplace", "mWrite":
		hideFields(want["successes"], got["successes"])
	}
	if list, ok := want["errors"].([]any); ok && q.text("action") != "mUpsert" {
		want["errors"] = withoutOtherIDs(list, q.needsID())
	}
}

// hideFields removes from the entries of got what want has not: the source, or how a write is told.
func hideFields(want, got any) {
	w, _ := want.([]any)
	g, _ := got.([]any)
	for i := range min(len(w), len(g)) {
		w, _ := w[i].(map[string]any)
		g, _ := g[i].(map[string]any)
		for _, key := range []string{"_source", "created", "result", "status"} {
			if _, ok := w[key]; !ok {
				delete(g, key)
			}
		}
	}
}

// withoutOtherIDs removes from errors what is no id in Go, and those that come of it.
func withoutOtherIDs(list []any, needsID bool) []any {
	kept := []any{}
	for _, e := range list {
		e, ok := e.(map[string]any)
		if !ok {
			return list
		}
		where := e
		if document, ok := e["document"].(map[string]any); ok {
			where = document
		}
		if _, ok := where["_id"].(string); !ok {
			if needsID && e["reason"] == reasonID {
				continue
			}
			delete(where, "_id")
		}
		kept = append(kept, e)
	}
	return kept
}
