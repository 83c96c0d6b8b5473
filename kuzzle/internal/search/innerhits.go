package search

import (
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/query"
)

// What is shown with a hit: the nested objects by which it matches, and others of its group. Kuzzle makes plain lists
// of Elasticsearch's, and leaves out what is shown with these in turn, but for their highlights.

// innerHits compiles what is shown of the nested objects of a collection; nil: nothing. What a post_filter asks for is
// shown as well.
func (in *search) innerHits(c *api.Call, t Target, schema *query.Schema) (*query.InnerHits, error) {
	q := in.query
	if in.post != nil {
		q = query.And(q, in.post)
	}
	return q.InnerHits(&query.Options{Now: c.Received, Schema: schema, Index: t.name()})
}

// appendInner appends what is shown with a hit. Of a group and a nested object by one name the group counts
// (Elasticsearch).
func (r *results) appendInner(dst []byte, h *hit) []byte {
	dst = append(dst, '{')
	names := map[string]bool{}
	for i, group := range h.groups {
		name := r.in.collapse.Inner[i].Name
		names[name] = true
		dst = r.appendHits(appendName(dst, name), group)
	}
	for _, nested := range h.nested {
		if names[nested.Name] {
			continue
		}
		dst = append(appendName(dst, nested.Name), '[')
		for i, one := range nested.Hits {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = r.appendHit(dst, h, one.Score, one.Scored, one.Source, one.Highlight)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// appendName appends the name of a member of an object, which may be its first.
func appendName(dst []byte, name string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return append(rawjson.AppendString(dst, name), ':')
}
