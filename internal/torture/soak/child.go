package soak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// The child of a soak: it opens the store again and again, and has it used by all kinds of callers in between. It tells
// on standard output, a line each:
//
//	sample SECOND HEAP GOROUTINES DESCRIPTORS FILE LOG  see sample
//	count N WHAT                                    what was done, at the end
//	done SECOND                                     the end
//
// Anything else is what went wrong.

// What a soak counts.
const (
	calls       = "calls"
	moves       = "moves inside a document"
	transfers   = "transfers between documents"
	conflicts   = "conflicts"
	batches     = "batches"
	deletions   = "batches of deletions"
	reads       = "reads and lists"
	audits      = "audits"
	followed    = "changes followed"
	watched     = "changes watched"
	backups     = "backups"
	compactions = "compactions"
	checks      = "checks"
	checkpoints = "checkpoints"
	opens       = "opens"
)

// task is what the child is to do.
type task struct {
	Seed    uint64
	Seconds int
	Dir     string
}

// soaker is the child.
type soaker struct {
	task
	start     time.Time
	random    *rand.Rand
	followers []*follower

	mu     sync.Mutex // guards the rest
	counts map[string]int
	err    error
}

func keepBusy(arg json.RawMessage) error {
	c := &soaker{start: time.Now(), counts: map[string]int{}}
	if err := json.Unmarshal(arg, &c.task); err != nil {
		return err
	}
	if err := startPoller(); err != nil {
		return err
	}
	c.random = rand.New(rand.NewPCG(c.Seed, 0))
	for _, watched := range []string{"", "", "bank", "things"} {
		c.followers = append(c.followers, &follower{watched: watched, versions: map[string]uint64{}})
	}
	for c.left() > 0 {
		if err := c.life(); err != nil {
			fmt.Println(err)
			return err
		}
	}
	for _, f := range c.followers {
		if f.watched == "" {
			c.count(followed, f.seen)
		} else {
			c.count(watched, f.seen)
		}
	}
	for what, n := range c.counts {
		fmt.Println("count", n, what)
	}
	fmt.Println("done", int(time.Since(c.start).Seconds()))
	return nil
}

func (c *soaker) span() time.Duration { return time.Duration(c.Seconds) * time.Second }

func (c *soaker) left() time.Duration { return c.span() - time.Since(c.start) }

func (c *soaker) count(what string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[what] += n
}

// fail keeps the first error.
func (c *soaker) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
}

func (c *soaker) failed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *soaker) open() (*kuzzlite.Store, error) {
	return kuzzlite.Open(filepath.Join(c.Dir, oracle.StoreName), &kuzzlite.Options{
		AutoCreate: true, FeedMaxCount: 20_000, TombstoneRetention: 5 * time.Second, LockTimeout: 10 * time.Second,
		CheckpointSize: 256 << 10,
	})
}

// life opens the store, uses it for some minutes, and closes it. What was there before must then be all that is.
func (c *soaker) life() error {
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors()
	s, err := c.open()
	if err != nil {
		return err
	}
	c.count(opens, 1)
	if err := errors.Join(c.enter(s), c.use(s), s.Close()); err != nil {
		return err
	}
	for patience := time.Now(); time.Since(patience) < harness.Silence/2; time.Sleep(time.Millisecond) {
		if runtime.NumGoroutine() <= goroutines && openDescriptors() <= descriptors {
			return nil
		}
	}
	stacks := make([]byte, 1<<16)
	return fmt.Errorf("%d goroutines and %d descriptors after Close, %d and %d before Open:\n%s", runtime.NumGoroutine(),
		openDescriptors(), goroutines, descriptors, stacks[:runtime.Stack(stacks, true)])
}

// enter verifies the store as it was left, and makes the bank in a new one.
func (c *soaker) enter(s *kuzzlite.Store) error {
	ctx := context.Background()
	bank := s.Collection(oracle.Index, "bank")
	if s.Sequence() == 0 {
		if err := foundBank(ctx, bank); err != nil {
			return err
		}
	}
	return errors.Join(oracle.Sound(ctx, s), audit(ctx, bank))
}

// use has the store used until it is time to open it again.
func (c *soaker) use(s *kuzzlite.Store) error {
	ctx, stop := context.WithTimeout(context.Background(), min(c.left(), c.span()/3, 3*time.Minute))
	defer stop()
	var callers, follow sync.WaitGroup
	for _, f := range c.followers {
		follow.Go(func() {
			if err := f.follow(context.Background(), s); err != nil {
				c.fail(err)
			}
		})
	}
	for _, duty := range duties {
		r := rand.New(rand.NewPCG(c.random.Uint64(), 0))
		callers.Go(func() { c.repeat(ctx, duty, s, r) })
	}
	callers.Go(func() { c.sample(ctx, s) })
	callers.Wait()
	err := errors.Join(c.failed(), c.catchUp(s), audit(context.Background(), s.Collection(oracle.Index, "bank")))
	if st, statsErr := s.Stats(context.Background()); statsErr == nil {
		c.count(checkpoints, int(st.Checkpoints))
	}
	err = errors.Join(err, s.Close())
	follow.Wait()
	return errors.Join(err, c.failed())
}

// repeat calls now and then.
func (c *soaker) repeat(ctx context.Context, d duty, s *kuzzlite.Store, r *rand.Rand) {
	for ctx.Err() == nil && c.failed() == nil {
		pause := min(d.pause, c.span()/10)
		harness.Wait(ctx, time.Duration(r.Int64N(int64(2*pause))))
		if ctx.Err() != nil {
			return
		}
		switch err := d.do(c, s, r); {
		case errors.Is(err, kuzzlite.ErrConflict):
			c.count(conflicts, 1)
		case err != nil:
			c.fail(fmt.Errorf("%s: %w", d.what, err))
		default:
			c.count(d.what, 1)
		}
		c.count(calls, 1)
	}
}

// catchUp writes a last change to each collection, and waits until all followers have seen it.
func (c *soaker) catchUp(s *kuzzlite.Store) error {
	ctx := context.Background()
	want := map[string]uint64{"": s.Sequence()}
	for _, name := range []string{"bank", "things"} {
		done, err := s.Collection(oracle.Index, name).CreateOrReplace(ctx, "last", balances{}, nil)
		if err != nil {
			return err
		}
		want[name], want[""] = done.Sequence, done.Sequence
	}
	for _, f := range c.followers {
		for patience := time.Now(); f.since.Load() < want[f.watched]; time.Sleep(time.Millisecond) {
			if err := c.failed(); err != nil {
				return err
			}
			if time.Since(patience) > harness.Silence/2 {
				return fmt.Errorf("a follower of %q is at sequence %d, of %d", f.watched, f.since.Load(), want[f.watched])
			}
		}
	}
	return nil
}

// sample tells samples until the store is to be closed.
func (c *soaker) sample(ctx context.Context, s *kuzzlite.Store) {
	for ctx.Err() == nil && c.failed() == nil {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		file, err := os.Stat(s.Path())
		if err != nil {
			c.fail(err)
			return
		}
		fmt.Println("sample", int(time.Since(c.start).Seconds()), m.HeapAlloc, runtime.NumGoroutine(), openDescriptors(),
			file.Size(), logSize(s.Path()))
		harness.Wait(ctx, min(5*time.Second, c.span()/40))
	}
}

// logSize is how many bytes the log of a store has.
func logSize(path string) (size int64) {
	for _, log := range oracle.Logs(path) {
		if info, err := os.Stat(log); err == nil { // or it was removed just now
			size += info.Size()
		}
	}
	return size
}

// startPoller makes the Go runtime open the descriptors that it waits with, and never closes: with the first pipe.
func startPoller() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	return errors.Join(r.Close(), w.Close())
}

// openDescriptors counts the open file descriptors of this process; the one that it takes to count is another.
func openDescriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
