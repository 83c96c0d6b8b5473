package turns

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// takeTurns is the task of a process that takes turns. It never ends by itself.
func takeTurns(arg json.RawMessage) error {
	c := &oracle.Worker{}
	if err := json.Unmarshal(arg, &c.WorkTask); err != nil {
		return err
	}
	c.Random = rand.New(rand.NewPCG(c.Seed, uint64(c.Round)))
	oracle.Tune(c.Round)
	c.Tell("start")
	for {
		turn(c)
	}
}

// lockTimeout is how long a process waits for the other one.
const lockTimeout = 40 * time.Second

// turn opens the store, writes, and closes it.
func turn(c *oracle.Worker) {
	ctx := context.Background()
	o := oracle.Options(c.Round)
	o.LockTimeout = lockTimeout
	c.Opens()
	c.Do("open", func() (err error) {
		c.Store, err = kuzzlite.Open(filepath.Join(c.Dir, oracle.StoreName), o)
		return err
	})
	if st, err := c.Store.Stats(ctx); err == nil && st.Recovery > 0 {
		c.Tell("recovered")
	}
	c.Prepare(ctx)
	if c.Random.IntN(4) == 0 {
		c.TendFieldIndex(ctx, c.Random)
	}
	var wg sync.WaitGroup
	for w := range 1 + c.Random.IntN(oracle.Callers-1) {
		calls := c.Random.IntN(8)
		wg.Go(func() {
			for i := 0; i < calls && c.CallOnce(w); i++ {
			}
		})
	}
	if c.Random.IntN(4) == 0 {
		c.Compact(ctx)
	}
	if c.Random.IntN(2) == 0 {
		wg.Wait()
	}
	c.TellCheckpoints(ctx)
	c.Do("close", func() error { return c.Store.Close() })
	wg.Wait()
	time.Sleep(time.Duration(c.Random.IntN(50)) * time.Millisecond) // who waits for the lock looks only now and then
}
