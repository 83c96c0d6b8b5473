package linear

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// recorder takes down what clients do: the beginning before anything can have happened, the end once all has.
type recorder interface {
	begin(client int, user string, a *action) (number int)
	end(number int, out *response)
}

// client calls, one call after the other.
type client struct {
	number int
	life   int // of the store, so that users and values are not used twice
	random *rand.Rand
	record recorder
	store  *kuzzlite.Store
	col    *kuzzlite.Collection

	calls    int
	versions [docIDs]int // what it last saw
}

const (
	index      = "linear"
	collection = "docs"
)

// options remember all versions and keep all changes.
func options(d kuzzlite.Durability) *kuzzlite.Options {
	return &kuzzlite.Options{
		AutoCreate: true, FeedMaxCount: -1, TombstoneRetention: 1000 * time.Hour, LockTimeout: 10 * time.Second,
		Durability: d, SyncInterval: 3 * time.Millisecond,
	}
}

// user names a call in the feed.
func (c *client) user() string { return fmt.Sprintf("%d.%d.%d", c.life, c.number, c.calls) }

// value is the first of the values of a call.
func (c *client) value() int {
	return ((c.life*16+c.number)*10_000 + c.calls) * 2 * maxTargets
}

// next makes one call.
func (c *client) next() error {
	c.calls++
	ctx, stop := c.context()
	defer stop()
	for range c.random.IntN(4) {
		runtime.Gosched()
	}
	switch c.random.IntN(26) {
	case 0, 1, 2, 3:
		return c.mutate(ctx)
	case 4:
		return c.list(ctx)
	case 5, 6:
		return c.search(ctx)
	case 7:
		n := c.record.begin(c.number, c.user(), &action{Verb: newest})
		c.record.end(n, &response{Count: int(c.store.Sequence())})
		return nil
	}
	a := newAction(c.random, &c.versions, c.value())
	return c.do(ctx, &a)
}

// do makes a call and records it.
func (c *client) do(ctx context.Context, a *action) error {
	n := c.record.begin(c.number, c.user(), a)
	out, err := a.call(ctx, c.col, c.user())
	if err != nil {
		return err
	}
	c.end(ctx, n, a, out)
	return nil
}

func (c *client) end(ctx context.Context, n int, a *action, out *response) {
	out.Late = ctx.Err() != nil && !out.Cancelled
	c.record.end(n, out)
	for i, f := range out.Items {
		c.versions[a.Items[i].ID] = max(f.Version, f.Have, 0)
	}
}

// list lists all documents. That is one read of each, not a snapshot: All looks again whether there are more.
func (c *client) list(ctx context.Context) error {
	everything := allDocuments(all)
	reads := [docIDs]int{}
	for id := range reads {
		reads[id] = c.record.begin(c.number, c.user(), &action{Verb: get, One: true, Items: everything.Items[id : id+1]})
	}
	out, err := everything.call(ctx, c.col, c.user())
	if err != nil {
		return err
	}
	for id, n := range reads {
		one := &response{Cancelled: out.Cancelled}
		if !out.Cancelled {
			one.Items = out.Items[id : id+1]
		}
		c.record.end(n, one)
	}
	return nil
}

// context is one that is done at some moment, or never.
func (c *client) context() (context.Context, context.CancelFunc) {
	soon := time.Duration(c.random.IntN(200)) * time.Microsecond
	switch c.random.IntN(16) {
	case 0:
		return context.WithTimeout(context.Background(), soon)
	case 1:
		ctx, cancel := context.WithCancel(context.Background())
		if c.random.IntN(4) == 0 {
			cancel()
		}
		yields := c.random.IntN(50)
		go func() {
			for range yields {
				runtime.Gosched()
			}
			cancel()
		}()
		return ctx, cancel
	}
	return context.WithCancel(context.Background())
}

// mutate calls Mutate. It is recorded as what it is: reads, and writes that depend on the version that was read.
func (c *client) mutate(ctx context.Context) error {
	id := c.random.IntN(docIDs)
	o := &kuzzlite.WriteOptions{User: c.user(), RetryOnConflict: 1 + c.random.IntN(4)}
	m := &mutation{client: c, ctx: ctx, read: action{Verb: get, One: true, Items: []target{{ID: id, Want: noWant}}}}
	pinned := noWant
	if c.random.IntN(4) == 0 {
		pinned = c.versions[id]
		o.IfVersion, o.IfAbsent = expected(pinned)
	}
	m.begin(pinned)
	done, err := c.col.Mutate(ctx, docID(id), m.compute, o)
	if isDone(err) && ctx.Err() != nil {
		m.end(&response{Cancelled: true})
		return nil
	}
	moved := errors.Is(err, kuzzlite.ErrConflict)
	out, err := answerOne(done, err)
	if err != nil {
		return fmt.Errorf("mutate: %w", err)
	}
	if most := o.RetryOnConflict + 1; m.tries > most || moved && pinned == noWant && m.tries < most {
		return fmt.Errorf("mutate: the function was called %d times, of %d", m.tries, most)
	}
	m.end(out)
	return nil
}

// mutation is a call of Mutate.
type mutation struct {
	client *client
	ctx    context.Context
	read   action
	tries  int

	reading int     // number of the read that may be under way
	write   *action // the write that may be under way
	writing int     // its number
}

// begin records that Mutate was called. What it refuses at once is like a write of the version pinned.
func (m *mutation) begin(pinned int) {
	c := m.client
	if pinned != noWant {
		m.write = m.writeOf(content{}, pinned)
		m.writing = c.record.begin(c.number, c.user(), m.write)
	}
	m.reading = c.record.begin(c.number, c.user(), &m.read)
}

func (m *mutation) writeOf(set content, want int) *action {
	return &action{Verb: mUpsert, One: true, Items: []target{{ID: m.read.Items[0].ID, Set: set, Want: want}}}
}

// compute is the function of Mutate: it counts, and leaves a value that tells who did.
func (m *mutation) compute(d kuzzlite.Document) (any, error) {
	c := m.client
	docs := map[string]kuzzlite.Document{}
	if d.Version > 0 {
		docs[d.ID] = d
	}
	out, err := m.read.found(docs, nil)
	if err != nil {
		return nil, err
	}
	if m.tries++; m.tries > 1 { // the write before met another version: had it not, it would not have been tried again
		c.record.end(m.writing, &response{Items: []finding{{What: conflict, Have: anyVersion}}})
	}
	c.record.end(m.reading, out)
	if c.random.IntN(12) == 0 {
		m.write = nil
		return nil, nil
	}
	seen := out.Items[0]
	set := content{c.value() + m.tries, 0, seen.Content[2] + 1}
	m.write = m.writeOf(set, seen.Version)
	m.writing = c.record.begin(c.number, c.user(), m.write)
	m.reading = c.record.begin(c.number, c.user(), &m.read) // which it will be if the version has moved
	for range c.random.IntN(4) {
		runtime.Gosched()
	}
	return set.json(), nil
}

// end records how Mutate ended.
func (m *mutation) end(out *response) {
	if m.write != nil {
		m.client.end(m.ctx, m.writing, m.write, out)
	}
}
