package oracle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/door"
)

// The worker: a child in which several callers write, as the oracle can work out again, while the store is compacted,
// backed up, checked, closed and opened. It never ends by itself. Whatever returned is told on standard output, a line
// each, and only once it has returned:
//
//	start                           the worker runs
//	doing WHAT, done WHAT           something with the whole store begins, and has ended: open, close, compact, …
//	call CALLER N CHANGES SEQUENCE  a call returned: so many changes, of which this was the last; 0 if it failed
//	drop CALLER N                   a collection was deleted
//	unknown CALLER N                a call returned ErrOutcomeUnknown
//	failed WHAT                     something with the whole store has failed, of a disk that fails
//	backup NAME SEQUENCE            a backup was written; it has at least this sequence
//	checkpoints N                   so many checkpoints have ended in the background since this was told last
//	recovered                       the store had a log when it was opened
//	fail TEXT                       something that must not happen

// Callers is how many callers a worker has.
const Callers = 6

// WorkTask is what a worker is to do.
type WorkTask struct {
	Seed  uint64
	Round int
	Dir   string
}

// Work is the task of a worker.
func Work(arg json.RawMessage) error {
	c := &Worker{}
	if err := json.Unmarshal(arg, &c.WorkTask); err != nil {
		return err
	}
	c.Random = rand.New(rand.NewPCG(c.Seed, uint64(c.Round)))
	Tune(c.Round)
	c.Tell("start")
	for {
		c.life()
	}
}

// Worker writes to a store, and tells of it.
type Worker struct {
	WorkTask
	Random *rand.Rand

	DiskFails bool // so that calls may fail: of unknown outcome, or with nothing written

	Store   *kuzzlite.Store
	Next    [Callers]int // number of each caller's call
	backups int

	mu          sync.Mutex // guards checkpoints
	checkpoints uint64     // that were told of since the store was opened
}

// Tell tells a line.
func (c *Worker) Tell(format string, args ...any) {
	if _, err := fmt.Fprintf(os.Stdout, format+"\n", args...); err != nil {
		os.Exit(1) // the parent is gone
	}
}

// Fail tells of what must not happen, and ends the process.
func (c *Worker) Fail(err error) {
	c.Tell("fail %v", err)
	os.Exit(1)
}

// life opens the store, uses it, and closes it while it is in use.
func (c *Worker) life() {
	c.Opens()
	c.Do("open", func() (err error) {
		c.Store, err = kuzzlite.Open(filepath.Join(c.Dir, StoreName), Options(c.Round))
		return err
	})
	c.Prepare(context.Background())
	var wg sync.WaitGroup
	for w := range Callers {
		wg.Go(func() { c.call(w) })
	}
	upkeep := rand.New(rand.NewPCG(c.Random.Uint64(), 0))
	wg.Go(func() { c.maintain(upkeep) })
	time.Sleep(time.Duration(c.Random.IntN(60)) * time.Millisecond)
	c.TellCheckpoints(context.Background())
	c.Do("close", func() error { return c.Store.Close() })
	wg.Wait()
}

// Do tells of something while it is done.
func (c *Worker) Do(what string, fn func() error) {
	c.Tell("doing %s", what)
	err := fn()
	switch {
	case err == nil || errors.Is(err, kuzzlite.ErrClosed):
		c.Tell("done %s", what)
	case c.DiskFails && strings.Contains(err.Error(), "input/output error"):
		c.Tell("failed %s", what)
	default:
		c.Fail(fmt.Errorf("%s: %w", what, err))
	}
}

// call calls until the store is closed.
func (c *Worker) call(caller int) {
	for c.CallOnce(caller) {
	}
}

// CallOnce makes a caller's next call, and says whether the store was still open.
func (c *Worker) CallOnce(caller int) bool {
	c.Next[caller]++
	n := c.Next[caller]
	ctx, come := c.announced(caller, n)
	defer come()
	changes, last, err := NewCall(c.Seed, Tag{c.Round, caller, n}).run(ctx, c.Store)
	switch {
	case err == nil && changes < 0:
		c.Tell("drop %d %d", caller, n)
	case err == nil:
		c.Tell("call %d %d %d %d", caller, n, changes, last)
	case errors.Is(err, kuzzlite.ErrClosed):
		c.Tell("call %d %d 0 0", caller, n)
		return false
	case c.DiskFails && errors.Is(err, kuzzlite.ErrOutcomeUnknown):
		c.Tell("unknown %d %d", caller, n)
		return false
	case c.DiskFails && (errors.Is(err, kuzzlite.ErrFailed) || strings.Contains(err.Error(), "nothing was written")):
		c.Tell("call %d %d 0 0", caller, n)
		return false
	default:
		c.Fail(err)
	}
	return true
}

// announce is what a server calls, see door.Announce.
var announce = door.Announce.(func(context.Context, *kuzzlite.Store) (context.Context, func()))

// announced returns the context of a caller's call. Every other caller announces most of its calls, as a server does, so
// that syncs wait for them: now and then in vain, as the call does not say that it has come before its end.
func (c *Worker) announced(caller, n int) (ctx context.Context, come func()) {
	if ctx, come = context.Background(), func() {}; caller%2 > 0 || n%8 == 0 {
		return ctx, come
	}
	announced, come := announce(ctx, c.Store)
	if n%8 == 1 {
		return ctx, come
	}
	runtime.Gosched() // so that one who is about to sync meets the announcement
	return announced, come
}

// Run makes the call. It returns how many changes it made, and the sequence of the last if that is known; -1 for a
// drop.
func (c Call) Run(s *kuzzlite.Store) (changes int, last uint64, err error) {
	return c.run(context.Background(), s)
}

func (c Call) run(ctx context.Context, s *kuzzlite.Store) (changes int, last uint64, err error) {
	col := s.Collection(Index, c.collection)
	o := &kuzzlite.WriteOptions{User: c.tag.String(), Atomic: c.Atomic, Silent: c.silent, ExpireAfter: c.expires}
	var res *kuzzlite.Result
	switch c.Verb {
	case Truncate, Drop:
		if c.Verb == Truncate {
			changes, err = 1, col.Truncate(ctx, o)
		} else {
			changes, err = -1, s.DeleteCollection(ctx, Index, c.collection)
		}
		if errors.Is(err, kuzzlite.ErrUnknownCollection) || errors.Is(err, kuzzlite.ErrUnknownIndex) {
			return 0, 0, nil
		}
		return changes, 0, err
	case MUpsert:
		res, err = col.MUpsert(ctx, c.upserts(), o)
	case mDelete:
		ids := make([]string, len(c.Items))
		for i, it := range c.Items {
			ids[i] = it.ID
		}
		res, err = col.MDelete(ctx, ids, o)
	case mDeleteFields:
		res, err = col.MDeleteFields(ctx, c.deletions(), o)
	case mCreate:
		res, err = col.MCreate(ctx, c.writes(), o)
	case mCreateOrReplace:
		res, err = col.MCreateOrReplace(ctx, c.writes(), o)
	case mReplace:
		res, err = col.MReplace(ctx, c.writes(), o)
	case mUpdate:
		res, err = col.MUpdate(ctx, c.writes(), o)
	}
	if err != nil && !errors.Is(err, kuzzlite.ErrIncomplete) {
		return 0, 0, err
	}
	for _, s := range res.Successes {
		if !s.Noop {
			changes++
			last = s.Sequence
		}
	}
	return changes, last, nil
}

func (c Call) upserts() (list []kuzzlite.Upsert) {
	for _, it := range c.Items {
		u := kuzzlite.Upsert{ID: it.ID, Changes: it.Body.JSON(), IfVersion: it.want, IfAbsent: it.absent}
		if it.defaults != nil {
			u.Default = it.defaults.JSON()
		}
		list = append(list, u)
	}
	return list
}

func (c Call) writes() (list []kuzzlite.Write) {
	for _, it := range c.Items {
		list = append(list, kuzzlite.Write{ID: it.ID, Body: it.Body.JSON(), IfVersion: it.want, IfAbsent: it.absent})
	}
	return list
}

func (c Call) deletions() (list []kuzzlite.FieldDeletion) {
	for _, it := range c.Items {
		list = append(list, kuzzlite.FieldDeletion{ID: it.ID, Fields: it.fields, IfVersion: it.want})
	}
	return list
}

// maintain does what a store's owner does meanwhile, until the store is closed.
func (c *Worker) maintain(r *rand.Rand) {
	ctx := context.Background()
	for c.Store.Sync() == nil {
		switch r.IntN(12) {
		case 8, 9, 10, 11:
			c.TendFieldIndex(ctx, r)
		case 0, 1, 2:
			c.Compact(ctx)
		case 3, 4:
			c.Backup(ctx)
		case 5:
			c.Do("check", func() error {
				report, err := c.Store.Check(ctx)
				if err == nil {
					err = report.Err()
				}
				return err
			})
		default:
			time.Sleep(time.Duration(r.IntN(5)) * time.Millisecond)
		}
		c.TellCheckpoints(ctx)
	}
}

// Opens takes note that the store is opened.
func (c *Worker) Opens() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.checkpoints = 0
}

// TellCheckpoints tells of the checkpoints since it was called last.
func (c *Worker) TellCheckpoints(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	st, err := c.Store.Stats(ctx)
	if err == nil && st.Checkpoints > c.checkpoints {
		c.Tell("checkpoints %d", st.Checkpoints-c.checkpoints)
		c.checkpoints = st.Checkpoints
	}
}

// Compact compacts the store, and tells of it.
func (c *Worker) Compact(ctx context.Context) {
	c.Do("compact", func() error { _, err := c.Store.Compact(ctx); return err })
}

// Backup makes a backup, and tells of it.
func (c *Worker) Backup(ctx context.Context) {
	c.Do("backup", func() error {
		c.backups++
		name := fmt.Sprintf("%s%d-%d", BackupStart, c.Round, c.backups)
		least := c.Store.Sequence()
		_, err := c.Store.BackupFile(ctx, filepath.Join(c.Dir, name))
		if err == nil {
			c.Tell("backup %s %d", name, least)
		}
		return err
	})
}
