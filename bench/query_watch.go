package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"

	lib "github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/query"
)

// Kuzzlite, watched: each watcher has a query of its own, and each write is one that a watcher has to be told of.

func init() { kuzzlites = append(kuzzlites, watchedContender, unwatchedContender) }

var watchedContender = contender{
	name: "kuzzlite-watched",
	settings: "each call upserts a document of the next customer in turn, and waits until the watcher of that customer has " +
		"it; each watcher has the query.Eq of a customer of its own",
	open:  func(dir string) (store, error) { return openWatched(dir, true) },
	limit: true, // it verifies itself, when it is closed
}

var unwatchedContender = contender{
	name:     "kuzzlite-unwatched",
	settings: "the same writes, and nobody watches",
	open:     func(dir string) (store, error) { return openWatched(dir, false) },
	limit:    true,
}

// watched is a store whose documents customers have. Like counters, it is asked by calls of upsert and verifies itself.
type watched struct {
	diskStore // has what a limit has, and is not used

	watches   bool
	db        *lib.Store
	col       *lib.Collection
	customers int
	calls     int
	told      chan int       // the customer whose watcher was told
	stop      func()         // ends the watchers
	watchers  sync.WaitGroup // that run
	counts    []atomic.Int64 // of each watcher: changes
	failed    atomic.Pointer[error]
}

func openWatched(dir string, watches bool) (store, error) {
	db, err := lib.Open(filepath.Join(dir, kuzzliteFile), &lib.Options{AutoCreate: true})
	if err != nil {
		return nil, err
	}
	return &watched{
		watches: watches, db: db, col: db.Collection(benchIndex, benchCollection), told: make(chan int, 1), stop: func() {},
	}, nil
}

// prepareFor begins to watch. There is a customer for each document of the task.
func (s *watched) prepareFor(customers, _ int) error {
	s.customers, s.counts = customers, make([]atomic.Int64, customers)
	if err := s.write(0, -1); err != nil || !s.watches { // the collection must be there
		return err
	}
	var ctx context.Context
	ctx, s.stop = context.WithCancel(context.Background())
	for n := range customers {
		changes := s.col.Watch(ctx, &lib.WatchOptions{Query: query.Eq("customer", customerName(n))})
		s.watchers.Go(func() {
			for c, err := range changes {
				if errors.Is(err, context.Canceled) {
					return
				}
				if err == nil && (c.ID != customerName(n) || c.Scope != lib.ScopeIn) {
					err = fmt.Errorf("the watcher of customer %d was told of %q, scope %q", n, c.ID, c.Scope)
				}
				if err != nil {
					s.failed.CompareAndSwap(nil, &err)
				}
				s.counts[n].Add(1)
				s.told <- n
			}
		})
	}
	return nil
}

func customerName(n int) string { return string(appendCustomer(nil, n)) }

func appendCustomer(dst []byte, n int) []byte {
	return strconv.AppendInt(append(dst, 'c'), int64(n), 10)
}

// write upserts the document of a customer.
func (s *watched) write(customer, n int) error {
	name := customerName(customer)
	changes := json.RawMessage(fmt.Sprintf(`{"customer":"%s","n":%d}`, name, n))
	_, err := s.col.Upsert(context.Background(), name, changes, nil)
	return err
}

func (s *watched) upsert([]item, reporter) error {
	customer := s.calls % s.customers
	if err := s.write(customer, s.calls); err != nil {
		return err
	}
	if s.calls++; !s.watches {
		return nil
	}
	if n := <-s.told; n != customer {
		return fmt.Errorf("the watcher of customer %d was told of a write for %d", n, customer)
	}
	return nil
}

// close verifies that each watcher was told of each of its changes once. A harness may ignore the error of close: so what
// is wrong ends the process.
func (s *watched) close() error {
	s.stop()
	s.watchers.Wait()
	err := s.db.Close()
	if failed := s.failed.Load(); failed != nil {
		err = errors.Join(err, *failed)
	}
	for n := range s.counts {
		want := s.calls / s.customers
		if n < s.calls%s.customers {
			want++
		}
		if have := int(s.counts[n].Load()); s.watches && have != want {
			err = errors.Join(err, fmt.Errorf("the watcher of customer %d was told of %d of %d changes", n, have, want))
		}
	}
	if err != nil {
		panic(fmt.Errorf("verify the watchers: %w", err))
	}
	return nil
}

const unwatchedLabel = "kuzzlite, no watchers"

func watchWorkload(p plan) workload {
	w := base(p, "query-watch", "What does a write cost while many watch the collection, each with a filter of its own?")
	w.documents, w.unit, w.target = p.Watchers, "writes/s", p.Engine
	w.setup = fmt.Sprintf("One caller; each call durably writes a small document that matches the filter of one watcher, "+
		"and waits until that watcher has the change. Kuzzlite has %d watchers of one collection, each with another value "+
		"of query.Eq; the others have fewer, or none for whom to wait.", p.Watchers)
	few := max(1, p.Watchers/100)
	w.entries = []entry{
		{label: "kuzzlite", contender: watchedContender.name},
		{label: fmt.Sprintf("kuzzlite, %d watchers", few*10), contender: watchedContender.name, documents: few * 10},
		{label: fmt.Sprintf("kuzzlite, %d watchers", few), contender: watchedContender.name, documents: few},
		{label: unwatchedLabel, contender: unwatchedContender.name},
	}
	w.bars = []bar{{against: []string{unwatchedLabel}, by: byCost, atMost: 30}}
	for _, e := range w.entries[1:3] {
		w.bars = append(w.bars, bar{of: e.label, against: []string{unwatchedLabel}, by: byCost})
	}
	return w
}
