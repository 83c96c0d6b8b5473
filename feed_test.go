package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"time"
)

// Retention of the change feed.

// kept is how many changes the feed has.
func (f *fixture) kept() int {
	f.t.Helper()
	st := f.stats()
	n := int(st.Sequence + 1 - st.FirstSequence)
	f.equal("changes that can be read", len(f.changes(st.FirstSequence-1)), n)
	return n
}

// A clock that was ahead for one write kept all later changes in the feed: 20,003 instead of 61.
func TestFeedAgeAfterClockAhead(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"a day": 24 * time.Hour, "a minute": time.Minute, "years": 1 << 60} {
		t.Run(name, func(t *testing.T) {
			onAll(t, &Options{FeedMaxAge: time.Minute, FeedMaxCount: -1}, func(t *testing.T, f *fixture) {
				f.clock.Advance(ahead)
				f.put("ahead", `{}`)
				f.clock.Advance(-ahead)
				for n := range 300 {
					f.clock.Advance(time.Second)
					_, err := f.s.Collection("i", "c").CreateOrReplace(ctx, fmt.Sprint(n%3), raw(`{}`), nil)
					f.ok(err)
				}
				f.store()
				if n := f.kept(); n > 63 {
					t.Errorf("%d changes are kept for a minute of one a second", n)
				}
			})
		})
	}
}

// The clock goes back for good, and forth: a change is kept for twice its time at most, and a young one always.
func TestFeedAgeAfterClockBack(t *testing.T) {
	f := newFixture(t, &Options{FeedMaxAge: time.Minute, FeedMaxCount: -1})
	for _, jump := range []time.Duration{0, -time.Hour, 2 * time.Hour, -30 * time.Second, -24 * time.Hour, 48 * time.Hour} {
		f.clock.Advance(jump)
		for n := range 200 {
			f.clock.Advance(time.Second)
			f.put(fmt.Sprint(n%3), `{}`)
			if n == 0 && f.kept() == 0 {
				t.Fatalf("after %v the newest change is gone", jump)
			}
		}
		if n := f.kept(); n < 60 || n > 122 {
			t.Errorf("%d changes are kept after the clock went by %v", n, jump)
		}
	}
}

// One call with more changes than are kept: its newest stay.
func TestFeedOfLargeCall(t *testing.T) {
	onAll(t, &Options{FeedMaxCount: 100}, func(t *testing.T, f *fixture) {
		f.writeMany(2000)
		f.store()
		if n := f.kept(); n < 100 || n > 200 {
			t.Errorf("%d changes are kept", n)
		}
		f.equal("sequence", f.s.Sequence(), uint64(2002))
		f.put("a", `{}`)
		f.sound()
	})
}

// The last change may go, and the next has the next sequence all the same.
func TestSequenceOutlivesChanges(t *testing.T) {
	onAll(t, &Options{FeedMaxAge: time.Minute, FeedMaxCount: 1}, func(t *testing.T, f *fixture) {
		for want := range uint64(20) {
			f.clock.Advance(time.Hour)
			s, err := f.col().Create(ctx, "", raw(`{}`), nil)
			f.ok(err)
			f.equal("sequence", s.Sequence, want+3)
			f.equal("changes", f.kept(), 1)
		}
	})
}

func TestSnapshot(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{"n":1}`)
	f.put("gone", `{}`)
	_, err := f.col().Delete(ctx, "gone", nil)
	f.ok(err)
	saved, err := f.s.Snapshot()
	f.ok(err)
	want := f.everything()

	for range 2 { // a snapshot stays what it is
		f.put("a", `{"n":2}`)
		f.put("b", `{}`)
		f.put("gone", `{}`)
		f.ok(f.s.CreateIndex(ctx, "j"))
		f.clock.Advance(time.Hour)
		f.ok(f.s.DeleteIndex(ctx, "i"))
		f.ok(f.s.Restore(saved))
		f.equal("restored", f.everything(), want)
		f.equal("sequence", f.s.Sequence(), want.stats.Sequence)
	}
	f.clock.Advance(-2 * time.Hour)
	f.put("gone", `{}`)
	f.holds(`a v1 {"n":1}`, `gone v3 {}`)

	other := newFixture(t, nil)
	other.put("other", `{}`)
	f.ok(other.s.Restore(saved))
	f.equal("in another store", other.everything(), want)
	f.put("a", `{"n":3}`)
	f.equal("which goes its own way", other.everything(), want)
}

func TestSnapshotRefused(t *testing.T) {
	f := newDiskFixture(t, nil)
	_, err := f.s.Snapshot()
	f.is("Snapshot on disk", err, ErrInvalid)
	m := newFixture(t, nil)
	saved, err := m.s.Snapshot()
	f.ok(err)
	f.is("Restore on disk", f.s.Restore(saved), ErrInvalid)
	f.is("Restore of nothing", m.s.Restore(nil), ErrInvalid)
	f.ok(m.s.Close())
	f.is("Restore when closed", m.s.Restore(saved), ErrClosed)
	_, err = m.s.Snapshot()
	f.is("Snapshot when closed", err, ErrClosed)
}

// Followers and a restore: who has seen more than the snapshot has is told, the others miss nothing.
func TestRestoreUnderFollowers(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{}`)
	saved, err := f.s.Snapshot()
	f.ok(err)
	f.put("b", `{}`)

	ahead, stopAhead := pull(t, f.s.Changes(ctx, 2, follow))
	defer stopAhead()
	behind, stopBehind := pull(t, f.s.Changes(ctx, 2, follow))
	defer stopBehind()
	for want := uint64(3); want <= 4; want++ {
		c, err := ahead()
		f.ok(err)
		f.equal("sequence", c.Sequence, want)
	}
	_, err = behind()
	f.ok(err)
	watched := f.s.Collection("i", "c").Watch(ctx, nil) // from 4 on

	f.ok(f.s.Restore(saved))
	f.put("new", `{}`)
	f.put("newer", `{}`) // beyond what the follower ahead has seen

	_, err = ahead()
	f.is("ahead", err, ErrSequenceGone)
	for _, want := range []string{"new", "newer"} {
		c, err := behind()
		f.ok(err)
		f.equal("behind", c.ID, want)
	}
	for _, err := range watched {
		f.is("watch", err, ErrSequenceGone)
		break
	}
}

// A follower that waits is woken by a restore, and ends if it is ahead.
func TestRestoreWakesFollowers(t *testing.T) {
	f := newFixture(t, nil)
	saved, err := f.s.Snapshot()
	f.ok(err)
	f.put("a", `{}`)
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ended := make(chan error)
	reached := make(chan bool)
	go func() {
		for c, err := range f.s.Changes(waiting, 0, follow) {
			if err != nil {
				ended <- err
				return
			}
			if c.Sequence == 3 {
				close(reached)
			}
		}
	}()
	<-reached
	f.ok(f.s.Restore(saved))
	f.is("the follower", <-ended, ErrSequenceGone)
}

// Restores under load: every write is whole or gone, and no sequence is told that the feed does not have.
func TestRestoreUnderLoad(t *testing.T) {
	f := newFixture(t, nil)
	saved, err := f.s.Snapshot()
	f.ok(err)
	working, cancel := context.WithCancel(ctx)
	done := make(chan error)
	const writers = 4
	for w := range writers {
		go func() {
			for n := 0; ; n++ {
				_, err := f.s.Collection("i", "c").MCreateOrReplace(working, []Write{
					{ID: fmt.Sprint(w), Body: map[string]int{"n": n}}, {ID: fmt.Sprint(w, "twin"), Body: map[string]int{"n": n}},
				}, &WriteOptions{Atomic: true})
				if err != nil {
					done <- err
					return
				}
			}
		}()
	}
	for range 200 {
		f.ok(f.s.Restore(saved))
		f.sound()
	}
	cancel()
	for range writers {
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	st := f.stats()
	f.equal("sequence", f.s.Sequence(), st.Sequence)
}

// follow follows the store, or what list returns, not for ever.
func (f *fixture) follow(list func(ctx context.Context) iter.Seq2[Change, error]) func() (Change, error) {
	f.t.Helper()
	impatient, cancel := context.WithTimeout(ctx, patience)
	f.t.Cleanup(cancel)
	next, stop := pull(f.t, list(impatient))
	f.t.Cleanup(stop)
	return next
}

// followAfter follows the store from behind a sequence.
func (f *fixture) followAfter(since uint64) func() (Change, error) {
	f.t.Helper()
	return f.follow(func(ctx context.Context) iter.Seq2[Change, error] { return f.s.Changes(ctx, since, follow) })
}

// seen reads changes of a follower.
func (f *fixture) seen(what string, next func() (Change, error), want ...string) {
	f.t.Helper()
	for _, id := range want {
		c, err := next()
		f.ok(err)
		f.equal(what, c.ID, id)
	}
}

// gone checks that a follower ends because its place is gone.
func (f *fixture) gone(what string, next func() (Change, error)) {
	f.t.Helper()
	c, err := next()
	f.is(fmt.Sprintf("%s: after change %d of %q", what, c.Sequence, c.ID), err, ErrSequenceGone)
}

// A follower had seen the changes 3 and 4 of one history, and went on with 5 of another one: the snapshot that was
// restored had more changes, but not these two.
func TestRestoreForward(t *testing.T) {
	f := newFixture(t, nil)
	early, err := f.s.Snapshot()
	f.ok(err)
	for _, id := range []string{"a3", "a4", "a5", "a6"} {
		f.put(id, `{}`)
	}
	late, err := f.s.Snapshot()
	f.ok(err)
	f.ok(f.s.Restore(early))
	f.put("b3", `{}`)
	ahead := f.followAfter(2)
	f.seen("ahead", ahead, "b3")
	f.put("b4", `{}`)
	behind := f.followAfter(2)
	watched := f.follow(func(ctx context.Context) iter.Seq2[Change, error] {
		return f.s.Collection("i", "c").Watch(ctx, nil)
	})

	f.ok(f.s.Restore(late))
	f.seen("behind: at the last change that both have", behind, "a3", "a4", "a5", "a6")
	f.gone("ahead", ahead)
	f.gone("watch", watched)
}

// What a follower has seen counts as long as every history since has it.
func TestRestoreOfKin(t *testing.T) {
	f := newFixture(t, nil)
	snapshot := func() *Snapshot {
		f.t.Helper()
		s, err := f.s.Snapshot()
		f.ok(err)
		return s
	}
	f.put("3", `{}`)
	f.put("4", `{}`)
	trunk := snapshot()
	f.put("5", `{}`)
	f.ok(f.s.Restore(trunk))
	f.put("left 5", `{}`)
	f.put("left 6", `{}`)
	left := snapshot()
	f.ok(f.s.Restore(trunk))
	f.put("right 5", `{}`)
	right := snapshot()
	var next [7]func() (Change, error)
	for since := uint64(2); since < 5; since++ {
		next[since+1] = f.followAfter(since)
		c, err := next[since+1]()
		f.ok(err)
		f.equal("sequence", c.Sequence, since+1)
	}
	f.ok(f.s.Restore(left)) // both have 3 and 4
	f.gone("at 5", next[5])
	f.seen("at 4", next[4], "left 5")
	f.ok(f.s.Restore(left)) // again: nothing is lost
	f.seen("at 4", next[4], "left 6")
	f.seen("at 3", next[3], "4")
	f.ok(f.s.Restore(right)) // twice aside
	f.ok(f.s.Restore(left))
	f.gone("at 6", next[4])
	f.seen("at 4", next[3], "left 5")
	f.ok(f.s.Restore(trunk))
	f.gone("at 5", next[3])
}

// The history of another store has nothing in common with that of this one, but for what was restored from it.
func TestRestoreOfOthers(t *testing.T) {
	f, other := newFixture(t, nil), newFixture(t, nil)
	f.put("a3", `{}`)
	other.put("b3", `{}`)
	other.put("b4", `{}`)
	at2, from0 := f.followAfter(1), f.followAfter(0)
	_, err := at2()
	f.ok(err)
	theirs, err := other.s.Snapshot()
	f.ok(err)
	f.ok(f.s.Restore(theirs))
	f.gone("at 2", at2)
	f.seen("from 0", from0, "", "", "b3", "b4")
	at3 := f.followAfter(2)
	f.seen("at 3", at3, "b3")

	other.put("b5", `{}`)
	theirs, err = other.s.Snapshot()
	f.ok(err)
	f.put("mine 5", `{}`)
	f.seen("from 0", from0, "mine 5")
	f.ok(f.s.Restore(theirs))
	f.gone("from 0", from0)
	f.seen("at 3", at3, "b4", "b5")
}

// The place of a watcher that begins while the store is restored is one that there was: not the sequence of one history
// in another.
func TestPlaceWhileRestoring(t *testing.T) {
	f := newFixture(t, nil)
	saved, err := f.s.Snapshot()
	f.ok(err)
	f.put("first", `{}`)
	f.put("second", `{}`)
	late, err := f.s.Snapshot()
	f.ok(err)
	f.ok(f.s.Restore(saved))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 5000 {
			if err := errors.Join(f.s.Restore(saved), f.s.Restore(late)); err != nil {
				t.Error(err)
			}
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		if since, in := f.s.place(); since != in.line.fork {
			t.Errorf("sequence %d is not of an era that goes on from %d", since, in.line.fork)
		}
	}
}

// Restores leave nothing behind but what a snapshot or a follower refers to.
func TestRestoreKeepsLittle(t *testing.T) {
	f := newFixture(t, nil)
	saved, err := f.s.Snapshot()
	f.ok(err)
	for range 1000 {
		f.put("a", `{}`)
		again, err := f.s.Snapshot()
		f.ok(err)
		f.ok(f.s.Restore(again))
		f.ok(f.s.Restore(saved))
	}
	_, in := f.s.place()
	f.equal("histories behind that of the store", in.line.depth, 1)
}

// Restore of a Snapshot that nobody has taken panicked, and no call had a turn any more.
func TestRestoreOfZeroSnapshot(t *testing.T) {
	f := newFixture(t, nil)
	func() {
		defer func() { f.equal("panic", recover(), any(nil)) }()
		f.is("zero snapshot", f.s.Restore(new(Snapshot)), ErrInvalid)
	}()
	impatient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	f.ok(f.s.CreateIndex(impatient, "next"))
}

// A change that a read has seen is never newer than Sequence, even while the call that made it has not returned yet: a
// backup had a change that the store did not tell of.
func TestSequenceOfWhatIsSeen(t *testing.T) {
	for _, s := range subjects[:2] {
		t.Run(s.name, func(t *testing.T) { s.open(t, nil).sequenceOfWhatIsSeen() })
	}
}

func (f *fixture) sequenceOfWhatIsSeen() {
	f.createCollection("i", "c")
	f.put("a", `{"n":1}`)
	before := f.s.Sequence()
	g := f.gated()
	g.late = true
	var wg sync.WaitGroup
	wg.Go(func() { f.put("a", `{"n":2}`) })
	g.has(f.t, 1)
	for f.get("a") != `v2 {"n":2}` { // until it is durable
		yield()
	}
	f.equal("sequence", f.s.Sequence(), before+1)
	next, stop := pull(f.t, f.s.Changes(ctx, before))
	defer stop()
	c, err := next()
	f.ok(err)
	f.equal("followed", c.Sequence, before+1)
	watched, stopWatching := pull(f.t, f.col().Watch(ctx, nil))
	defer stopWatching()
	g.pass(nil)
	wg.Wait()
	f.equal("sequence in the end", f.s.Sequence(), before+1)
	f.put("a", `{"n":3}`)
	c, err = watched()
	f.ok(err)
	f.equal("watched", c.Sequence, before+2)
}
