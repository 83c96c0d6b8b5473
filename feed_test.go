package kuzzlite

import (
	"context"
	"errors"
	"fmt"
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
				f.clock.advance(ahead)
				f.put("ahead", `{}`)
				f.clock.advance(-ahead)
				for n := range 300 {
					f.clock.advance(time.Second)
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
		f.clock.advance(jump)
		for n := range 200 {
			f.clock.advance(time.Second)
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
			f.clock.advance(time.Hour)
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
		f.clock.advance(time.Hour)
		f.ok(f.s.DeleteIndex(ctx, "i"))
		f.ok(f.s.Restore(saved))
		f.equal("restored", f.everything(), want)
		f.equal("sequence", f.s.Sequence(), want.stats.Sequence)
	}
	f.clock.advance(-2 * time.Hour)
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

	ahead, stopAhead := pull(t, f.s.Changes(ctx, 2))
	defer stopAhead()
	behind, stopBehind := pull(t, f.s.Changes(ctx, 2))
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
		for c, err := range f.s.Changes(waiting, 0) {
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
