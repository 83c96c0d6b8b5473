package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync/atomic"

	"github.com/tidwall/gjson"

	lib "github.com/kuzzlite/kuzzlite"
)

// Kuzzlite, counting: each call adds one to a number in a document. This file is also compiled into the bench program
// of an older commit (see before.go): it uses only what both have.

func init() { kuzzlites = append(kuzzlites, mutateContender) }

var mutateContender = contender{
	name: "kuzzlite-mutate",
	settings: "each call adds one to the number in one and the same document, by Mutate, which tries again until it has " +
		"won; nothing else is in the store but 63 such documents",
	open:  func(dir string) (store, error) { return openCounters(dir, (*counters).mutateFirst) },
	limit: true, // it verifies itself, when it is closed
}

// counters is a store of documents {"n":0}. The harness sees none of the documents: it makes calls of upsert, each of
// which adds one. So this is a contender as those are which show what the disk allows, and it verifies itself.
type counters struct {
	diskStore // has what a limit has, and is not used

	dir   string
	db    *lib.Store
	col   *lib.Collection
	add   adder
	added [counterDocuments]atomic.Uint64 // by calls that have succeeded, to each document
}

// counterDocuments is how many documents there are: one for each caller, though some add to the first only.
const counterDocuments = 64

// adder adds one to the number in a document, durably, and returns which document that was. The items are those of the
// harness, of which an older one has none.
type adder func(c *counters, items []item) (doc int, err error)

func openCounters(dir string, add adder) (store, error) {
	c := &counters{dir: dir, add: add}
	if err := c.open(); err != nil {
		return nil, err
	}
	docs := make([]lib.Upsert, counterDocuments)
	for n := range docs {
		docs[n] = lib.Upsert{ID: counterID(n), Changes: counted(0)}
	}
	res, err := c.col.MUpsert(context.Background(), docs, nil)
	if err == nil {
		err = res.Err()
	}
	return c, err
}

func (c *counters) open() (err error) {
	c.db, err = lib.Open(filepath.Join(c.dir, kuzzliteFile), &lib.Options{AutoCreate: true})
	if err == nil {
		c.col = c.db.Collection(benchIndex, benchCollection)
	}
	return err
}

func counterID(n int) string { return fmt.Sprintf("counter-%02d", n) }

// counted is a document that has counted to n, and the changes that make it so.
func counted(n uint64) json.RawMessage {
	return append(strconv.AppendUint([]byte(`{"n":`), n, 10), '}')
}

// plusOne works out the changes that add one to a document.
func plusOne(d lib.Document) (any, error) {
	n := gjson.GetBytes(d.Source, "n")
	if n.Type != gjson.Number {
		return nil, errors.New("the document has no number")
	}
	return counted(n.Uint() + 1), nil
}

func (c *counters) mutateFirst([]item) (doc int, err error) {
	o := &lib.WriteOptions{RetryOnConflict: mutateTries}
	_, err = c.col.Mutate(context.Background(), counterID(0), plusOne, o)
	return 0, err
}

func (c *counters) upsert(items []item, _ reporter) error {
	doc, err := c.add(c, items)
	if err == nil {
		c.added[doc].Add(1)
	}
	return err
}

// close closes the store and verifies it. A harness, an older one above all, may ignore the error of close: so what is
// wrong ends the process, which no harness overlooks.
func (c *counters) close() error {
	if err := errors.Join(c.db.Close(), c.verify()); err != nil {
		panic(fmt.Errorf("verify the counters: %w", err))
	}
	return nil
}

// verify opens the store again: each document must have counted the calls that have succeeded, and nothing else.
func (c *counters) verify() (err error) {
	if err := c.open(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.db.Close()) }()
	for n := range c.added {
		d, err := c.col.Get(context.Background(), counterID(n))
		if err != nil {
			return err
		}
		want := c.added[n].Load()
		if string(d.Source) != string(counted(want)) || d.Version != want+1 {
			return fmt.Errorf("document %d is %s at version %d after %d calls that succeeded", n, d.Source, d.Version, want)
		}
	}
	return nil
}
