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

// Following a store from a second process. A server that has it open sends what is new. A store file cannot be looked
// into while another process has it open for writing, nor be written while we look. So the follower does not keep it
// open: it opens the file read-only, reads what is new in the durable change feed, closes it, and comes back. It sees
// everything that is written by programs that close the store in between, such as this command line; a program that
// keeps it open makes the follower wait.

const followInterval = 250 * time.Millisecond

// follower prints changes.
type follower struct {
	app   *app
	list  *list
	since uint64 // the sequence up to which everything has been printed
	limit int    // of changes to print, 0: none

	// feed yields the changes after a sequence, and waits for more if it is told to and the store can change.
	feed func(ctx context.Context, s anyStore, since uint64, wait bool) iter.Seq2[kuzzlite.Change, error]
}

var changeHeadings = []string{"SEQUENCE", "TIME", "CHANGE", "INDEX", "COLLECTION", "ID", "VERSION", "PATHS"}

// catchUp prints what is new in the store up to now.
func (f *follower) catchUp(ctx context.Context, s anyStore) error {
	newest, err := s.Sequence(ctx)
	if err != nil {
		return err
	}
	if err := f.print(f.feed(ctx, s, f.since, false)); err != nil || f.full() {
		return err
	}
	f.since = max(f.since, newest)
	return nil
}

// print prints changes until there are no more, or enough were printed.
func (f *follower) print(changes iter.Seq2[kuzzlite.Change, error]) error {
	for c, err := range changes {
		if err != nil {
			return err
		}
		if err := f.list.add(changeRow(c)); err != nil {
			return err
		}
		if f.since = c.Sequence; f.full() {
			return nil
		}
	}
	return nil
}

// full says whether as many changes have been printed as were asked for.
func (f *follower) full() bool { return f.limit > 0 && f.list.rows >= f.limit }

// run prints what comes until ctx is done, which is no error.
func (f *follower) run(ctx context.Context) error {
	f.list.live = true
	if f.app.isServed() {
		return f.stream(ctx)
	}
	return f.poll(ctx)
}

// stream prints what a server sends.
func (f *follower) stream(ctx context.Context) error {
	err := f.app.withStore(ctx, reading, kuzzlite.Options{}, func(s anyStore) error {
		return f.print(f.feed(ctx, s, f.since, true))
	})
	if ctx.Err() != nil || f.full() {
		return nil
	}
	if err == nil {
		err = errors.New("the server has ended the feed")
	}
	return f.stopped(err)
}

// stopped adds to an error how to go on behind what was printed.
func (f *follower) stopped(err error) error {
	if f.app.verb.Name() != "changes" {
		return err
	}
	e := f.app.explain(err)
	since := "--since " + strconv.FormatUint(f.since, 10)
	hint := e.hint + "\n`" + f.app.hint("changes --follow "+since) + "` goes on"
	return &failure{e.code, e.err, strings.TrimPrefix(hint, "\n")}
}

// poll catches up with a file again and again.
func (f *follower) poll(ctx context.Context) error {
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
