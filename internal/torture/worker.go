package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// The worker: a child in which several callers write, as the oracle can work out again, while the store is compacted, backed up, checked,
// closed and opened. It never ends by itself. Whatever returned is told on standard output, a line each, and only once
// it has returned:
//
//	start                           the worker runs
//	doing WHAT, done WHAT           something with the whole store begins, and has ended: open, close, compact, …
//	call CALLER N CHANGES SEQUENCE  a call returned: so many changes, of which this was the last; 0 if it failed
//	drop CALLER N                   a collection was deleted
//	backup NAME SEQUENCE            a backup was written; it has at least this sequence
//	fail TEXT                       something that must not happen

const (
	storeName   = "store.db"
	backupStart = "backup-"
	callers     = 6
)

// workTask is what a worker is to do.
type workTask struct {
	Seed  uint64
	Round int
	Dir   string
}

// work is the task of a worker.
func work(arg json.RawMessage) error {
	c := &worker{}
	if err := json.Unmarshal(arg, &c.workTask); err != nil {
		return err
	}
	c.random = rand.New(rand.NewPCG(c.Seed, uint64(c.Round)))
	c.tell("start")
	for {
		c.life()
	}
}

type worker struct {
	workTask
	random *rand.Rand

	store   *kuzzlite.Store
	next    [callers]int // number of each caller's call
	backups int
}

func (c *worker) tell(format string, args ...any) {
	if _, err := fmt.Fprintf(os.Stdout, format+"\n", args...); err != nil {
		os.Exit(1) // the parent is gone
	}
}

func (c *worker) fail(err error) {
	c.tell("fail %v", err)
	os.Exit(1)
}

// options are the same for worker and oracle, but for what a round may vary.
func options(round int) *kuzzlite.Options {
	o := &kuzzlite.Options{
		AutoCreate: true, FeedMaxCount: -1, TombstoneRetention: 1000 * time.Hour, LockTimeout: 10 * time.Second,
	}
	if round%4 == 3 {
		o.Durability, o.SyncInterval = kuzzlite.Relaxed, 3*time.Millisecond
	}
	return o
}

// life opens the store, uses it, and closes it while it is in use.
func (c *worker) life() {
	c.do("open", func() (err error) {
		c.store, err = kuzzlite.Open(filepath.Join(c.Dir, storeName), options(c.Round))
		return err
	})
	var wg sync.WaitGroup
	for w := range callers {
		wg.Go(func() { c.call(w) })
	}
	upkeep := rand.New(rand.NewPCG(c.random.Uint64(), 0))
	wg.Go(func() { c.maintain(upkeep) })
	time.Sleep(time.Duration(c.random.IntN(60)) * time.Millisecond)
	c.do("close", func() error { return c.store.Close() })
	wg.Wait()
}

// do tells of something while it is done.
func (c *worker) do(what string, fn func() error) {
	c.tell("doing %s", what)
	err := fn()
	if err != nil && !errors.Is(err, kuzzlite.ErrClosed) {
		c.fail(fmt.Errorf("%s: %w", what, err))
	}
	c.tell("done %s", what)
}

// call calls until the store is closed.
func (c *worker) call(caller int) {
	for c.callOnce(caller) {
	}
}

// callOnce makes a caller's next call, and says whether the store was still open.
func (c *worker) callOnce(caller int) bool {
	c.next[caller]++
	n := c.next[caller]
	changes, last, err := newCall(c.Seed, tag{c.Round, caller, n}).run(c.store)
	switch {
	case err == nil && changes < 0:
		c.tell("drop %d %d", caller, n)
	case err == nil:
		c.tell("call %d %d %d %d", caller, n, changes, last)
	case errors.Is(err, kuzzlite.ErrClosed):
		c.tell("call %d %d 0 0", caller, n)
		return false
	default:
		c.fail(err)
	}
	return true
}

// run makes the call. It returns how many changes it made, and the sequence of the last if that is known; -1 for a drop.
func (c call) run(s *kuzzlite.Store) (changes int, last uint64, err error) {
	ctx := context.Background()
	col := s.Collection(index, c.collection)
	o := &kuzzlite.WriteOptions{User: c.tag.String(), Atomic: c.atomic, Silent: c.silent}
	var res *kuzzlite.Result
	switch c.verb {
	case truncate, drop:
		if c.verb == truncate {
			changes, err = 1, col.Truncate(ctx, o)
		} else {
			changes, err = -1, s.DeleteCollection(ctx, index, c.collection)
		}
		if errors.Is(err, kuzzlite.ErrUnknownCollection) || errors.Is(err, kuzzlite.ErrUnknownIndex) {
			return 0, 0, nil
		}
		return changes, 0, err
	case mUpsert:
		res, err = col.MUpsert(ctx, c.upserts(), o)
	case mDelete:
		ids := make([]string, len(c.items))
		for i, it := range c.items {
			ids[i] = it.id
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

func (c call) upserts() (list []kuzzlite.Upsert) {
	for _, it := range c.items {
		u := kuzzlite.Upsert{ID: it.id, Changes: it.body.json(), IfVersion: it.want}
		if it.defaults != nil {
			u.Default = it.defaults.json()
		}
		list = append(list, u)
	}
	return list
}

func (c call) writes() (list []kuzzlite.Write) {
	for _, it := range c.items {
		list = append(list, kuzzlite.Write{ID: it.id, Body: it.body.json(), IfVersion: it.want})
	}
	return list
}

func (c call) deletions() (list []kuzzlite.FieldDeletion) {
	for _, it := range c.items {
		list = append(list, kuzzlite.FieldDeletion{ID: it.id, Fields: it.fields, IfVersion: it.want})
	}
	return list
}

// maintain does what a store's owner does meanwhile, until the store is closed.
func (c *worker) maintain(r *rand.Rand) {
	ctx := context.Background()
	for c.store.Sync() == nil {
		switch r.IntN(8) {
		case 0, 1, 2:
			c.compact(ctx)
		case 3, 4:
			c.backup(ctx)
		case 5:
			c.do("check", func() error {
				report, err := c.store.Check(ctx)
				if err == nil {
					err = report.Err()
				}
				return err
			})
		default:
			time.Sleep(time.Duration(r.IntN(5)) * time.Millisecond)
		}
	}
}

func (c *worker) compact(ctx context.Context) {
	c.do("compact", func() error { _, err := c.store.Compact(ctx); return err })
}

func (c *worker) backup(ctx context.Context) {
	c.do("backup", func() error {
		c.backups++
		name := fmt.Sprintf("%s%d-%d", backupStart, c.Round, c.backups)
		least := c.store.Sequence()
		_, err := c.store.BackupFile(ctx, filepath.Join(c.Dir, name))
		if err == nil {
			c.tell("backup %s %d", name, least)
		}
		return err
	})
}
