package disk

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// waits returns how long a wait for those who are coming takes, in a bubble of synctest.
func waits(c *announcements, longest time.Duration) time.Duration {
	begun := time.Now()
	c.wait(0, longest, longest)
	return time.Since(begun)
}

// A wait ends with the last who comes, whoever that is, and is none where nobody is coming.
func TestAnnouncements(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &announcements{}
		if took := waits(c, time.Hour); took != 0 {
			t.Errorf("with nobody %v", took)
		}
		first, second := c.announce(t.Context()), c.announce(t.Context())
		derived, cancel := context.WithCancel(second)
		defer cancel()
		time.AfterFunc(time.Second, func() {
			first.Come()
			first.Come() // which is not for the second
		})
		time.AfterFunc(3*time.Second, func() { kv.Come(derived) })
		if took := waits(c, time.Hour); took != 3*time.Second {
			t.Errorf("for two %v", took)
		}
		second.Come()
		kv.Come(t.Context()) // which was not announced
		if took := waits(c, time.Hour); took != 0 {
			t.Errorf("after all have come %v", took)
		}
	})
}

// Who does not come is waited for once, and does not count when he comes after all.
func TestAnnouncementsForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &announcements{}
		late := c.announce(t.Context())
		if took := waits(c, time.Second); took != time.Second {
			t.Errorf("in vain %v", took)
		}
		if took := waits(c, time.Second); took != 0 {
			t.Errorf("a second time %v", took)
		}
		next := c.announce(t.Context())
		time.AfterFunc(time.Second, late.Come)
		time.AfterFunc(2*time.Second, next.Come)
		if took := waits(c, time.Hour); took != 2*time.Second {
			t.Errorf("for the next one %v", took)
		}
	})
}

// A wait that has lasted as long as a sync takes ends with the one who makes half of those who are known, be they
// announced before it or in it.
func TestAnnouncementsHalf(t *testing.T) {
	for _, tt := range []struct {
		name         string
		before, more int             // who have come before, and who are announced after two seconds
		come         []time.Duration // when who was announced first comes
		want         time.Duration
	}{
		{"half come late", 0, 0, []time.Duration{1, 4, 6, 9}, 4},
		{"half have come early", 0, 0, []time.Duration{1, 2, 6, 9}, 3},
		{"all come early", 0, 0, []time.Duration{1, 1, 2}, 2},
		{"half were there", 3, 0, []time.Duration{4, 5, 6}, 3},
		{"some were there", 1, 0, []time.Duration{4, 5, 6}, 4},
		{"more are announced", 2, 2, []time.Duration{4, 5, 6}, 5},
		{"most do not come", 0, 0, []time.Duration{1, 20, 20, 20}, 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &announcements{}
				for _, after := range tt.come {
					time.AfterFunc(after*time.Second, c.announce(t.Context()).Come)
				}
				time.AfterFunc(2*time.Second, func() {
					for range tt.more {
						c.announce(t.Context())
					}
				})
				begun := time.Now()
				c.wait(tt.before, 3*time.Second, 10*time.Second)
				if took := time.Since(begun); took != tt.want*time.Second {
					t.Errorf("a wait takes %v instead of %v", took, tt.want*time.Second)
				}
				time.Sleep(time.Minute)
			})
		})
	}
}

// A call that takes long makes two waits longer, also where enough others come.
func TestAnnouncementsForgetsTheLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &announcements{}
		long := c.announce(t.Context())
		for i, want := range []time.Duration{time.Second, time.Second, 0, 0} {
			begun := time.Now()
			c.wait(1, time.Second, time.Hour)
			if took := time.Since(begun); took != want {
				t.Errorf("wait %d takes %v instead of %v", i, took, want)
			}
		}
		long.Come()
		c.announce(t.Context())
		if c.left() != 1 {
			t.Errorf("%d are coming", c.left())
		}
	})
}

// Announcements and waits side by side leave nobody who counts.
func TestAnnouncementsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &announcements{}
		var all sync.WaitGroup
		for n := range 20 {
			all.Go(func() {
				for i := range 50 {
					a := c.announce(t.Context())
					time.Sleep(time.Duration(1+(7*n+3*i)%13) * time.Millisecond) // of the bubble
					a.Come()
				}
			})
		}
		for range 4 {
			all.Go(func() {
				for range 100 {
					if took := waits(c, 5*time.Millisecond); took > 5*time.Millisecond {
						t.Errorf("a wait takes %v", took)
					}
					time.Sleep(time.Millisecond)
				}
			})
		}
		all.Wait()
		if c.left() != 0 || c.wakes != nil {
			t.Errorf("%d are coming", c.left())
		}
	})
}

// gathering waits until somebody waits for others before the next sync.
func gathering(t *testing.T, j *journal) {
	t.Helper()
	eventually(t, "somebody gathers", func() bool {
		j.mu.Lock()
		defer j.mu.Unlock()
		return j.rounds[j.upcoming%2].led
	})
}

// slowly makes an engine believe that syncs take long, so that a wait for who was announced ends with him.
func slowly(t *testing.T) *Engine {
	e := open(t, inMemory(t)+"/test.db")
	ok(t, tryPut(e, "first", "1")) // which begins the log
	e.journal.mu.Lock()
	defer e.journal.mu.Unlock()
	e.journal.typical, e.journal.quickest = time.Hour, time.Hour
	return e
}

// A sync waits for the batch that was announced, and not before that for a batch that comes by itself.
func TestSyncWaitsForAnnounced(t *testing.T) {
	e := slowly(t)
	before := e.Describe()
	a := e.Announce(t.Context())
	var calls sync.WaitGroup
	calls.Go(func() { ok(t, tryPut(e, "a", "1")) })
	gathering(t, &e.journal)
	calls.Go(func() { ok(t, tryPut(e, "b", "1")) })
	eventually(t, "both have appended", func() bool {
		e.journal.mu.Lock()
		defer e.journal.mu.Unlock()
		return e.journal.appended == before.Batches+2
	})
	if got := e.Describe(); got.Syncs != before.Syncs {
		t.Errorf("%d syncs while one is to come", got.Syncs-before.Syncs)
	}
	a.Come()
	within(t, "both calls", calls.Wait)
	if got := e.Describe(); got.Syncs != before.Syncs+1 || got.Batches != before.Batches+2 {
		t.Errorf("%d syncs for %d batches", got.Syncs-before.Syncs, got.Batches-before.Batches)
	}
}

// Who was announced himself, and has come, waits for nobody, nor does anybody wait for him after the engine has found
// out that he does not come.
func TestSyncWaitsForNobodyElse(t *testing.T) {
	e := slowly(t)
	a := e.Announce(t.Context())
	a.Come()
	within(t, "a call that has come", func() { ok(t, tryPut(e, "a", "1")) })
	late := e.Announce(t.Context())
	defer late.Come()
	e.journal.mu.Lock()
	e.journal.typical = time.Microsecond
	e.journal.mu.Unlock()
	within(t, "a wait in vain", func() { ok(t, tryPut(e, "b", "1")) })
	e.journal.mu.Lock()
	e.journal.typical = time.Hour
	e.journal.mu.Unlock()
	within(t, "a second call", func() { ok(t, tryPut(e, "c", "1")) })
}

// A sync that others ask for at once, as freezing does, waits for nobody, and ends the wait of those whose batches it
// has made durable.
func TestSyncAtOnce(t *testing.T) {
	e := slowly(t)
	a := e.Announce(t.Context())
	leader, follower := make(chan error, 1), make(chan error, 1)
	go func() { leader <- tryPut(e, "a", "1") }()
	gathering(t, &e.journal)
	go func() { follower <- tryPut(e, "b", "1") }()
	eventually(t, "both have appended", func() bool { return e.active.log.Records() == 3 })
	within(t, "a sync at once", func() { ok(t, e.journal.sync()) })
	within(t, "the one who waits", func() { ok(t, <-follower) })
	a.Come()
	within(t, "the one who gathers", func() { ok(t, <-leader) })
}

// Who has gathered, and meets a sync that another has begun meanwhile, waits until that has ended. In a bubble, the test
// knows when the one who has gathered has come as far as he can.
func TestGatherMeetsSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := slowly(t)
		a := e.Announce(t.Context())
		leader := make(chan error, 1)
		go func() { leader <- tryPut(e, "a", "1") }()
		gathering(t, &e.journal)
		synctest.Wait()
		stalled := stallAt(t, &afterSync)
		other := background(t, e.journal.sync)
		stalled.wait(t)
		a.Come()
		synctest.Wait()
		select {
		case err := <-leader:
			t.Fatalf("the call has returned while its sync runs: %v", err)
		default:
		}
		stalled.end()
		other()
		within(t, "the one who has gathered", func() { ok(t, <-leader) })
	})
}
