package linear

import (
	"context"
	"errors"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/query"
)

// Queries, with a field index on their field in some histories. The index is built while clients call.

// searched is the field of queries.
var searched = fieldNames[0]

// tendFieldIndex makes a field index, and then drops it and makes it again some times.
func tendFieldIndex(ctx context.Context, s *kuzzlite.Store, times int) error {
	col := s.Collection(index, collection)
	made := kuzzlite.FieldIndex{Name: "searched", Fields: []string{searched}}
	for ; times > 0; times-- {
		if err := col.EnsureFieldIndex(ctx, made); err != nil {
			return err
		}
		if err := col.DropFieldIndex(ctx, made.Name); err != nil {
			return err
		}
	}
	return col.EnsureFieldIndex(ctx, made)
}

// search finds the documents whose field is above a value. As a list, that is one read of each, not a snapshot: Find
// reads the index and the documents one after the other.
func (c *client) search(ctx context.Context) error {
	bound := 0
	if c.random.IntN(2) == 0 { // of what this client wrote: only the newest, and others of clients with higher numbers
		bound = max(0, c.value()-2*maxTargets*c.random.IntN(10)) // 0: all that have the field
	}
	reads := [docIDs]int{}
	for id := range reads {
		a := &action{Verb: search, One: true, Items: []target{{ID: id, Want: noWant, Set: content{bound}}}}
		reads[id] = c.record.begin(c.number, c.user(), a)
	}
	docs := map[string]kuzzlite.Document{}
	for d, err := range c.col.Find(ctx, query.Gt(searched, bound)) {
		if isDone(err) && ctx.Err() != nil || errors.Is(err, kuzzlite.ErrConflict) { // the index was dropped
			c.searched(reads, &response{Cancelled: true})
			return nil
		}
		if err != nil {
			return err
		}
		docs[d.ID] = d
	}
	everything := allDocuments(search)
	out, err := everything.found(docs, nil)
	if err != nil {
		return err
	}
	c.searched(reads, out)
	return nil
}

// searched records what a query found of each document.
func (c *client) searched(reads [docIDs]int, out *response) {
	for id, n := range reads {
		one := &response{Cancelled: out.Cancelled}
		if !out.Cancelled {
			one.Items = out.Items[id : id+1]
		}
		c.record.end(n, one)
	}
}
