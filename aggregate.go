package kuzzlite

import (
	"context"
	"fmt"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/planner"
)

// Aggregations. What is computed package query/aggregation knows; here documents are handed to it, or entries of a
// field index that tell as much.

// Aggregation takes in what Aggregate finds. An Input of package query/aggregation is one: the store itself knows
// none, as with [Query].
type Aggregation interface {
	// Aggregation is for the store.
	Aggregation() filter.Aggregation
}

// Aggregate hands the documents that match a query to an aggregation, in no order; a nil query matches all. Afterwards
// the collector of the aggregation has the answer. All is of one state of the store.
//
// If a field index has the fields that are aggregated, and those of the query, its entries are read and not the
// documents. That needs documents that each have one value of these fields at most, in a field index that was made by
// this version or a later one. What is computed is the same. The explanation says which way was taken.
//
// Of the options Timeout and MaxScan count; with any other the call is [ErrInvalid]. The errors are those of Find, and
// those of the aggregation, if there is too much to compute.
func (c *Collection) Aggregate(ctx context.Context, q Query, to Aggregation, o ...*FindOptions) (*Explanation, error) {
	begin := time.Now()
	f, err := c.newFinder(ctx, q, o)
	if err != nil {
		return nil, err
	}
	if f.order != nil || f.after != nil || f.fields != nil || f.opts.Limit > 0 || f.opts.KeysOnly {
		return nil, fmt.Errorf("%w: of the options of Find only Timeout and MaxScan are for Aggregate", ErrInvalid)
	}
	if c.tx == nil && c.store.frozen == nil {
		still, release, err := freeze(c.store)
		if err != nil {
			return nil, err
		}
		defer release()
		f.col = still.Collection(c.index, c.name)
	}
	g := &aggregating{finder: f, to: to.Aggregation()}
	if err := g.run(); err != nil {
		return nil, err
	}
	return g.explained(begin), nil
}

// aggregating is an aggregation under way.
type aggregating struct {
	*finder
	to    filter.Aggregation
	due   map[string]bool // the ids of documents that have expired, if entries are read
	found uint64
}

// run hands over what is found.
func (g *aggregating) run() error {
	done := false
	err := g.read(func(v kv.View, bucket []byte) (err error) {
		if g.to.Any != nil {
			g.plan = &planner.Plan{Kind: planner.Scan}
			return nil
		}
		if err = g.plans(v, bucket); err != nil {
			return err
		}
		if done, err = g.cover(v, bucket); done && err == nil {
			err = g.entries(v, bucket)
		}
		return err
	})
	if err != nil || done || g.plan == nil { // without a plan there is no collection yet
		return err
	}
	g.counted = counted{}
	if g.source, err = g.sourceOf(g.plan); err != nil {
		return err
	}
	for more := true; more && err == nil; {
		err = g.read(func(v kv.View, bucket []byte) error {
			more, err = g.documents(v, bucket)
			return err
		})
	}
	return err
}

// documents hands over the next documents, all of a scan.
func (g *aggregating) documents(v kv.View, bucket []byte) (more bool, err error) {
	var failed error
	more, err = g.source.next(v, bucket, chunkDocuments, func(id string, key, value []byte) bool {
		failed = g.document(id, key, value)
		return failed == nil
	})
	if failed != nil {
		err = failed
	}
	return more, err
}

// document hands over a document, if it matches.
func (g *aggregating) document(id string, key, value []byte) error {
	if err := g.look(1); err != nil {
		return err
	}
	r, err := decodeKind(kindDocument, key, value)
	if err != nil {
		return g.col.problem(id, err, err.Error())
	}
	if due(r.expires, g.now) {
		return nil
	}
	if g.to.Any != nil {
		if err := g.to.Any(id, r.body, r.sequence); err != nil {
			return err
		}
	}
	if !g.filter.Match(id, r.body) {
		return nil
	}
	g.found++
	return g.to.Add(id, r.body, r.sequence)
}

// explained says how it went.
func (g *aggregating) explained(begin time.Time) *Explanation {
	if g.plan == nil {
		return &Explanation{Plan: (&planner.Plan{Kind: planner.Nothing}).String()}
	}
	return &Explanation{
		Plan: g.plan.String(), Estimated: g.plan.Documents, Examined: uint64(g.scanned), Found: g.found,
		Took: time.Since(begin),
	}
}

// mostDue is how many documents that have expired, and were not removed yet, are known by their ids at most. Tests
// make do with less.
var mostDue = 10_000

// dueIDs returns the ids of the documents of a collection that have expired; ok is false if these are too many.
func dueIDs(v kv.View, bucket []byte, now int64) (ids map[string]bool, ok bool, err error) {
	ids, ok = map[string]bool{}, true
	err = v.Scan(bucket, []byte{prefixExpiry}, false, func(key, _ []byte) bool {
		at, id, isTime := splitTimeKey(prefixExpiry, key)
		if !isTime || !due(at, now) {
			return false
		}
		ids[id] = true
		ok = len(ids) <= mostDue
		return ok
	})
	return ids, ok, err
}
