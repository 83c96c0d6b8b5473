package kuzzlite

import (
	"context"
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/filter"
)

// Searches of which only aggregations and the number of hits are wanted go the way of Aggregate.

// onlyAggregates says whether nothing else is wanted, and nothing depends on scores.
func (s *search) onlyAggregates() bool {
	if s.aggregator == nil || s.most != 0 || s.post != nil || s.grouper != nil || s.MinScore > 0 {
		return false
	}
	if s.aggregator.NeedsScores() {
		return false
	}
	f, err := compiled(s.Query, s.env)
	return err == nil && f.Reads != nil // otherwise there may be a min_score in it
}

// aggregate computes the aggregations, and nothing else but the number of hits.
func (s *search) aggregate(ctx context.Context, c *Collection) error {
	e, err := c.Aggregate(ctx, s.Query, aggregatesOnly{s.aggregator}, s.findOptions())
	if err == nil {
		s.total = int(e.Found)
	}
	return err
}

// aggregatesOnly is an aggregation whose errors are those of what was asked for.
type aggregatesOnly struct{ filter.Aggregator }

// Aggregation is for the store.
func (r aggregatesOnly) Aggregation() filter.Aggregation {
	a := r.Aggregator.Aggregation()
	a.Add, a.Any = asInvalids(a.Add), asInvalids(a.Any)
	if values := a.Values; values != nil {
		a.Values = func(list []filter.Value) error { return asInvalid(values(list)) }
	}
	return a
}

// asInvalids returns a function that takes in a document with its errors as ErrInvalid, nil for nil.
func asInvalids(add func(string, []byte, uint64) error) func(string, []byte, uint64) error {
	if add == nil {
		return nil
	}
	return func(id string, doc []byte, sequence uint64) error { return asInvalid(add(id, doc, sequence)) }
}

func asInvalid(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrInvalid, err)
}
