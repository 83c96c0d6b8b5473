package main

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/crashfs"
)

// record is the task of a worker whose power will be cut: a short script, which it tells to the file system, so that
// what returned is in the log of operations at the place where it returned.
func record(arg json.RawMessage) error {
	c := &worker{}
	if err := json.Unmarshal(arg, &c.workTask); err != nil {
		return err
	}
	marks, err := os.OpenFile(filepath.Join(c.Dir, crashfs.MarkName), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	os.Stdout = marks
	c.random = rand.New(rand.NewPCG(c.Seed, uint64(c.Round)))
	for range 1 + c.random.IntN(2) {
		c.shortLife(context.Background())
	}
	return nil
}

// shortLife opens the store, makes a few calls and what else a store's owner does, and closes it, now and then while
// the callers are still at it. Small stores make many images.
func (c *worker) shortLife(ctx context.Context) {
	c.do("open", func() (err error) {
		c.store, err = kuzzlite.Open(filepath.Join(c.Dir, storeName), options(c.Round))
		return err
	})
	var wg sync.WaitGroup
	for w := range 1 + c.random.IntN(callers-1) { // the last is below
		calls := 1 + c.random.IntN(5)
		wg.Go(func() {
			for i := 0; i < calls && c.callOnce(w); i++ {
			}
		})
	}
	if c.random.IntN(3) == 0 {
		c.backup(ctx)
	}
	if c.random.IntN(2) == 0 {
		c.compact(ctx)
		for range c.random.IntN(4) { // on the new file
			c.callOnce(callers - 1)
		}
	}
	if c.random.IntN(3) > 0 {
		wg.Wait()
	}
	c.do("close", func() error { return c.store.Close() })
	wg.Wait()
}
