package powercut

import (
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/crashfs"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// cutWorker is a worker whose power will be cut.
type cutWorker struct {
	oracle.Worker
	answers io.Reader
}

// recordTask is what such a worker is to do.
type recordTask struct {
	oracle.WorkTask
	DiskFails bool
}

// record is the task of a worker whose power will be cut: a short script, which it tells to the file system, so that
// what returned is in the log of operations at the place where it returned.
func record(arg json.RawMessage) error {
	c := &cutWorker{answers: os.Stdin}
	var t recordTask
	if err := json.Unmarshal(arg, &t); err != nil {
		return err
	}
	c.WorkTask, c.DiskFails = t.WorkTask, t.DiskFails
	marks, err := os.OpenFile(filepath.Join(c.Dir, crashfs.MarkName), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	os.Stdout = marks
	oracle.Tune(c.Round)
	c.Random = rand.New(rand.NewPCG(c.Seed, uint64(c.Round)))
	for range 1 + c.Random.IntN(2) {
		c.shortLife(context.Background())
	}
	return nil
}

// shortLife opens the store, makes a few calls and what else a store's owner does, and closes it, now and then while
// the callers are still at it. Small stores make many images.
func (c *cutWorker) shortLife(ctx context.Context) {
	o := c.options()
	c.Opens()
	c.Do("open", func() (err error) {
		c.Store, err = kuzzlite.Open(filepath.Join(c.Dir, oracle.StoreName), o)
		return err
	})
	if c.Store == nil { // the disk has failed
		return
	}
	defer func() { c.Store = nil }()
	c.Prepare(ctx)
	var wg sync.WaitGroup
	for w := range 1 + c.Random.IntN(oracle.Callers-1) { // the last is below
		calls := 1 + c.Random.IntN(10)
		wg.Go(func() {
			for i := 0; i < calls && c.CallOnce(w); i++ {
			}
		})
	}
	if c.Random.IntN(2) == 0 {
		c.TendFieldIndex(ctx, c.Random)
	}
	if c.Random.IntN(3) == 0 {
		c.Backup(ctx)
	}
	c.rest(o)
	if c.Random.IntN(2) == 0 {
		c.Compact(ctx)
		for range c.Random.IntN(4) { // on the new file
			c.CallOnce(oracle.Callers - 1)
		}
	}
	if c.Random.IntN(3) > 0 {
		wg.Wait()
		c.rest(o)
	}
	c.TellCheckpoints(ctx)
	c.Do("close", func() error { return c.Store.Close() })
	wg.Wait()
}
