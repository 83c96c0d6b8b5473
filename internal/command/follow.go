package command

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// Following a store from a second process. A store file cannot be looked into while another process has it open for
// writing, nor be written while we look. So the follower does not keep it open: it opens the file read-only, reads what
// is new in the durable change feed, closes it, and comes back. It sees everything that is written by programs that
// close the store in between, such as this command line; a program that keeps it open makes the follower wait.

const followInterval = 250 * time.Millisecond

// follower prints changes.
type follower struct {
	app   *app
	list  *list
	since uint64 // the sequence up to which everything has been printed
	limit int    // of changes to print, 0: none
	feed  func(ctx context.Context, s anyStore, since uint64) iter.Seq2[kuzzlite.Change, error]
}

var changeHeadings = []string{"SEQUENCE", "TIME", "CHANGE", "INDEX", "COLLECTION", "ID", "VERSION", "PATHS"}

// catchUp prints what is new in the open store. The store is read-only, so the feed ends.
func (f *follower) catchUp(ctx context.Context, s anyStore) error {
	for c, err := range f.feed(ctx, s, f.since) {
		if err != nil {
			return err
		}
		if err := f.list.add(changeRow(c)); err != nil {
			return err
		}
		if f.full() {
			return nil
		}
	}
	newest, err := s.Sequence(ctx)
	f.since = max(f.since, newest)
	return err
}

// full says whether as many changes have been printed as were asked for.
func (f *follower) full() bool { return f.limit > 0 && f.list.rows >= f.limit }

// run catches up again and again until ctx is done, which is no error.
func (f *follower) run(ctx context.Context) error {
	f.list.live = true
	tick := time.NewTicker(followInterval)
	defer tick.Stop()
	waiting := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		err := f.app.withStore(ctx, reading, kuzzlite.Options{LockTimeout: defaultWait}, func(s anyStore) error {
			return f.catchUp(ctx, s)
		})
		locked := errors.Is(err, kuzzlite.ErrLocked)
		switch {
		case ctx.Err() != nil, err == nil && f.full():
			return nil
		case err != nil && !locked:
			return err
		case locked && !waiting:
			fmt.Fprintf(f.app.stderr, "waiting: another process has %s open for writing, and nobody can read it meanwhile\n",
				f.app.db)
		}
		waiting = locked
	}
}

// changeRow is a change in a list.
type changeRow kuzzlite.Change

func (c changeRow) appendJSON(dst []byte) []byte { return appendJSON(dst, kuzzlite.Change(c)) }

func (c changeRow) cells() []string {
	version := ""
	if c.Version > 0 {
		version = strconv.FormatUint(c.Version, 10)
	}
	return []string{
		strconv.FormatUint(c.Sequence, 10), c.Time.Local().Format(time.DateTime), c.Op.String(),
		c.Index, c.Collection, c.ID, version, strings.Join(c.Paths, " "),
	}
}
