package kuzzlite

import (
	"context"
	"fmt"
	"iter"
)

// Searches without an end to their pages.

// SearchAll yields all hits of a search, in their order, from one state of the store: that in which it is when the
// iteration begins, whatever is written meanwhile, by the caller too (Elasticsearch: scroll). From and Size are as for
// Search, but for their bounds: a Size of 0 is all. Aggregations and Collapse are errors, see Search.
//
// What is found is sorted before the first hit is yielded: ids and keys are in memory, up to 256 MiB of them, and beyond
// that is [ErrTooLarge]; documents are read as they are yielded. Until the iteration ends the file of a store keeps what
// is deleted and overwritten, and grows with each write, and Close waits, so that it must not be called in between. The
// other errors are those of Search. After an error the iteration ends.
func (c *Collection) SearchAll(ctx context.Context, r SearchRequest) iter.Seq2[Hit, error] {
	return func(yield func(Hit, error) bool) {
		if err := c.searchAll(ctx, &r, yield); err != nil {
			yield(Hit{}, err)
		}
	}
}

func (c *Collection) searchAll(ctx context.Context, r *SearchRequest, yield func(Hit, error) bool) error {
	c, release, err := c.still()
	if err != nil {
		return err
	}
	defer release()
	s, err := c.newSearchOfAll(ctx, r)
	if err != nil {
		return err
	}
	if err := s.run(ctx, c); err != nil {
		return err
	}
	s.cut()
	for rest := s.hits[min(s.From, len(s.hits)):]; len(rest) > 0; {
		n := min(len(rest), chunkDocuments)
		if goOn, err := s.yield(ctx, c, rest[:n], yield); err != nil || !goOn {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// newSearchOfAll compiles a search for all hits.
func (c *Collection) newSearchOfAll(ctx context.Context, r *SearchRequest) (*search, error) {
	switch {
	case r.Aggregations != nil:
		return nil, fmt.Errorf("%w search: Aggregations are for Search, not for SearchAll", ErrInvalid)
	case r.Collapse != nil:
		return nil, fmt.Errorf("%w search: Collapse is for Search, not for SearchAll", ErrInvalid)
	case r.From < 0 || r.Size < 0:
		return nil, fmt.Errorf("%w search: From is %d and Size %d: both must be 0 or more", ErrInvalid, r.From, r.Size)
	}
	s, err := c.compiledSearch(ctx, r)
	if err != nil {
		return nil, err
	}
	s.light, s.most = true, -1
	if most := r.From + r.Size; r.Size > 0 && most > 0 {
		s.most = most
	}
	return s, nil
}

// yield reads the documents of hits, and yields those that are there: what has expired is not.
func (s *search) yield(
	ctx context.Context, c *Collection, hits []searched, yield func(Hit, error) bool,
) (goOn bool, err error) {
	ids := make([]string, len(hits))
	for i := range hits {
		ids[i] = hits[i].hit.Document.ID
	}
	found, err := c.MGet(ctx, ids)
	if err != nil {
		return false, err
	}
	docs := found.Successes
	for i := range hits {
		h := hits[i].hit
		if len(docs) == 0 || docs[0].ID != h.Document.ID {
			continue
		}
		h.Document, docs = docs[0], docs[1:]
		if err := s.finish(&h, nil); err != nil {
			return false, err
		}
		if !yield(h, nil) {
			return false, nil
		}
	}
	return true, nil
}
