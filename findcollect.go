package kuzzlite

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/planner"
)

// Collecting ids, where a plan does not lead to documents in their order.

// collect returns the ids of the candidates of a plan, ascending, each once; tooMany says that they are not all.
func (r *reading) collect(p *planner.Plan) (ids []string, tooMany bool, err error) {
	switch p.Kind {
	case planner.Nothing:
		return nil, false, nil
	case planner.IDs:
		return p.IDs, false, nil
	case planner.Index:
		return r.collectEntries(p.Index, p.Spans)
	case planner.Words:
		return newWordSource(r, p).collect()
	}
	for i, part := range p.Parts {
		more, tooMany, err := r.collect(part)
		if err != nil || tooMany {
			return nil, tooMany, err
		}
		switch {
		case i == 0:
			ids = more
		case p.Kind == planner.Intersect:
			ids = common(ids, more)
		default:
			ids = ascending(append(ids[:len(ids):len(ids)], more...))
		}
	}
	return ids, len(ids) > maxCollected, nil
}

// ascending sorts ids, and leaves each once.
func ascending(ids []string) []string {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// common returns the ids that are in both lists, which ascend.
func common(a, b []string) []string {
	both := a[:0:0]
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			both = append(both, a[0])
			a, b = a[1:], b[1:]
		}
	}
	return both
}

// collectEntries returns the ids of the entries in spans of an index.
func (r *reading) collectEntries(d *fieldindex.Definition, spans []span) (ids []string, tooMany bool, err error) {
	s := &entrySource{reading: r, index: d, spans: spans}
	var blocks idBlocks
	for len(s.spans) > 0 && !tooMany {
		err := r.read(func(v kv.View, bucket []byte) error {
			if err := s.stillThere(v, bucket); err != nil {
				return err
			}
			for n := 0; n < chunkScanned && len(s.spans) > 0; {
				more, err := s.entries(v, bucket, chunkDocuments)
				if err != nil {
					return err
				}
				if n += len(more) + 1; len(more) > 0 {
					s.last = bytes.Clone(more[len(more)-1].key)
				}
				s.pass(len(more) < chunkDocuments)
				for _, e := range more {
					ids = append(ids, blocks.copy(e.document[1:]))
				}
			}
			return nil
		})
		if err != nil {
			return nil, false, fmt.Errorf("field index %q: %w", d.Name, err)
		}
		tooMany = len(ids) > maxCollected
	}
	return ascending(ids), tooMany, nil
}
