package kuzzlite

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/kuzzlite/kuzzlite/internal/door"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// What package kuzzle, the server, and the client of a running store can do: see package door.

func init() {
	door.Handle, door.WriteJSON, door.Merge, door.Freeze = handleOf, writeJSON, mergeUpdate, freeze
	door.Announce, door.Mark = announce, func(s *Store, index string) *atomic.Uint64 { return s.marks.mark(index) }
	door.ByWords = wordsFor
	door.Encode, door.Single = textOf, func(e *DocumentError) { e.single = true }
}

// writeJSON makes the call of an action for a list of its items, see door.WriteJSON.
func writeJSON(ctx context.Context, c *Collection, action string, list []byte, o *WriteOptions) (*Result, error) {
	v := verb(slices.Index(actions[:], action))
	p, err := c.newPlan(ctx, v, false, 0, []*WriteOptions{o})
	if err != nil {
		return nil, err
	}
	position := 0
	for element, err := range elements(list, ctx.Err) {
		if p.ended() {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read documents: %w", jsonError(err))
		}
		r, err := c.store.readWrite(ctx, v, position, element)
		if err != nil {
			return nil, err
		}
		p.add(r)
		position++
	}
	return p.run()
}

// readWrite reads an item of a list. The error is for the call as a whole.
func (s *Store) readWrite(ctx context.Context, v verb, position int, element []byte) (received, error) {
	r := received{position: position}
	compact, err := rawjson.CompactUntil(element, s.opts.MaxDepth+1, ctx.Err)
	if err != nil {
		r.err = jsonError(err)
		return r, nil
	}
	if v == verbDelete {
		r.rawID = compact
	} else if isObject(compact) {
		r.rawID, _ = rawjson.Lookup(compact, "_id")
		r.content, _ = rawjson.Lookup(compact, "body")
	}
	err = r.readID(v)
	return r, err
}

// readID makes an id of what the item has as such. Elasticsearch takes scalars for an id, and fails with others.
func (r *received) readID(v verb) error {
	isText := len(r.rawID) > 0 && r.rawID[0] == '"'
	switch {
	case isText:
		id, err := rawjson.Unquote(r.rawID)
		if r.id = id; err != nil {
			r.err = invalid("document _id must be valid UTF-8")
		}
	case v == verbCreate, v == verbCreateOrReplace && (len(r.rawID) == 0 || isFalsy(r.rawID)):
		r.rawID = nil // one is generated
	case v != verbCreateOrReplace:
		r.badID = true
	case r.rawID[0] == '{':
		return invalid("Malformed action/metadata line [1], expected a simple value for field [_id] but found [START_OBJECT]")
	case r.rawID[0] == '[':
		return invalid("Malformed action/metadata line [1], expected a simple value for field [_id] but found [START_ARRAY]")
	default:
		r.id = string(r.rawID)
	}
	return nil
}

// wordsFor asks indexes of words, see door.ByWords.
func wordsFor(
	ctx context.Context, c *Collection, q Query, scorer filter.Scorer, first int, o *FindOptions,
) (counted bool, best []Hit, total int, err error) {
	known, err := c.byWords(ctx, q, scorer, wanted{best: first >= 0, first: max(first, 0)}, o)
	if known.found {
		best = append([]Hit{}, known.hits...)
	}
	return known.counted, best, known.total, err
}

// freeze returns a handle that reads the state in which the store is now, see door.Freeze.
func freeze(s *Store) (handle *Store, release func(), err error) {
	v, err := s.readLong(context.Background())
	if err != nil {
		return nil, nil, err
	}
	f := &frozen{view: v}
	o := s.opts
	o.ReadOnly = true
	return &Store{core: s.core, opts: o, limits: s.limits, frozen: f}, f.release, nil
}

// announce says that a call is about to come, see door.Announce.
func announce(ctx context.Context, s *Store) (announced context.Context, come func()) {
	e, ok := s.engine.(kv.Announcer)
	if !ok {
		return ctx, func() {}
	}
	a := e.Announce(ctx)
	return a, a.Come
}
