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
	c.wait(longest)
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
		if c.coming != 0 || c.all != nil {
			t.Errorf("%d are coming", c.coming)
		}
	})
}

// gathering waits until somebody waits for others before the next sync.
func gathering(t *testing.T, j *journal) {
	t.Helper()
	eventually(t, "somebody gathers", func() bool {
		j.mu.Lock()
		defer j.mu.Unlock()
		return j.gathers
	})
}

// slowly makes an engine believe that syncs take long, so that a wait for who was announced ends with him.
func slowly(t *testing.T) *Engine {
	e := open(t, inMemory(t)+"/test.db")
	ok(t, tryPut(e, "first", "1")) // which begins the log
	e.journal.mu.Lock()
	defer e.journal.mu.Unlock()
	e.journal.typical = time.Hour
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
