package kuzzlite

import (
	"context"
	"errors"
	"maps"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Watching what a query matches.

// scoped says for each change of a document what it has to do with a query. It remembers the documents that match.
type scoped struct {
	filter  *filter.Filter
	matched map[string]struct{}
}

// newScoped finds the documents that match now, and returns the sequence up to which changes are in that.
func (c *Collection) newScoped(ctx context.Context, q Query) (s *scoped, since uint64, err error) {
	s = &scoped{matched: map[string]struct{}{}}
	env, err := c.env(ctx, c.now())
	if err != nil {
		return nil, 0, err
	}
	if s.filter, err = compiled(q, env); err != nil {
		return nil, 0, err
	}
	err = c.store.View(ctx, func(ctx context.Context, tx *Tx) error {
		err := tx.view(ctx, func(v kv.View) error {
			b, err := readBounds(v)
			since = b.last
			return err
		})
		if err != nil {
			return err
		}
		all := tx.Collection(c.index, c.name).Find(ctx, q, &FindOptions{KeysOnly: true, Timeout: -1, MaxScan: -1})
		for doc, err := range all {
			if errors.Is(err, ErrUnknownIndex) || errors.Is(err, ErrUnknownCollection) { // nothing matches in a collection that does not exist
				return nil
			}
			if err != nil {
				return err
			}
			s.matched[doc.ID] = struct{}{}
		}
		return nil
	})
	return s, since, err
}

// clone returns a copy that goes on by itself, nil of nil.
func (s *scoped) clone() *scoped {
	if s == nil {
		return nil
	}
	return &scoped{s.filter, maps.Clone(s.matched)}
}

// look gives a change its scope: none, if it has nothing to do with the query. The document is as it is now, nil if
// there is none.
func (s *scoped) look(c *Change, doc *Document) {
	switch {
	case c.Op.empties():
		clear(s.matched)
		return
	case c.ID == "":
		return
	}
	_, was := s.matched[c.ID]
	is := doc != nil && s.filter.Match(doc.ID, doc.Source)
	switch {
	case is && !was:
		s.matched[c.ID] = struct{}{}
	case was && !is:
		delete(s.matched, c.ID)
	}
	if is {
		c.Scope = ScopeIn
	} else if was {
		c.Scope = ScopeOut
	}
}
