package kuzzlite

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

// What a crash leaves of a store with a log, and what is made of it.

// Whatever the system had written of the bbolt file since the checkpoint, and in whatever order, the store is as it was
// when the last call returned.
func TestCrashImages(t *testing.T) {
	needLog(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	f := newDiskFixture(t, &Options{FeedMaxCount: 50, mapped: roomy(4 << 20)})
	pageSize := os.Getpagesize()
	for range 30 {
		f.checkpoint()
		durable, err := os.ReadFile(f.path)
		f.ok(err)
		for range r.IntN(40) {
			f.randomWrite(r)
		}
		now, err := os.ReadFile(f.path)
		f.ok(err)
		want, feed := f.state(), f.changes(f.oldest())
		for range 5 {
			image := mixPages(r, durable, now, pageSize)
			path := f.crashed()
			f.ok(os.WriteFile(path, image, 0o600))
			g := &fixture{subject: f.subject, t: t, path: path, opts: f.opts}
			g.s = g.reopened(nil)
			g.sound()
			g.equal("documents", g.state(), want)
			g.equal("changes", g.changes(g.oldest()), feed)
			g.put("goes on", `{}`)
			if r.IntN(3) == 0 { // and once more
				g.crash()
				g.equal("goes on", g.get("goes on"), "v1 {}")
			}
			g.ok(g.s.Close())
			g.plainSound()
		}
	}
}

// A program that uses bbolt alone may come in between the moment when the file was led back and that when bbolt locks
// it: nothing is done again on top of what it wrote.
func TestRecoveryMeetsAnotherProgram(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	path := f.crashed()
	log, err := openLog(path)
	f.ok(err)
	f.ok(os.Rename(path+"-log", path+"-other")) // so that the file stays at a later state
	e, err := openStoreFile(path, &f.opts)
	f.ok(err)
	if err := e.ahead.recover(log); err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("recovered on top of it: %v", err)
	}
	f.ok(errors.Join(log.Close(), e.close()))
}

// oldest is the sequence before the oldest change that is kept.
func (f *fixture) oldest() uint64 {
	f.t.Helper()
	st, err := f.s.Stats(ctx)
	f.ok(err)
	return st.FirstSequence - 1
}

func (f *fixture) randomWrite(r *rand.Rand) {
	f.t.Helper()
	c := f.s.Collection("i", "c")
	switch r.IntN(20) {
	case 0:
		f.ok(c.Truncate(ctx, nil))
	case 1, 2, 3, 4:
		_, err := c.MDelete(ctx, []string{fmt.Sprint(r.IntN(100)), fmt.Sprint(r.IntN(100))}, nil)
		f.ok(err)
	default:
		f.ok(f.group(f.batch(r.IntN(80), fmt.Sprint(r.Uint64())))[0])
	}
}

// mixPages returns a file with any of the pages that were written since it was durable, and one of them in part.
func mixPages(r *rand.Rand, durable, now []byte, pageSize int) []byte {
	image := bytes.Clone(durable)
	if r.IntN(2) == 0 && len(now) > len(image) {
		image = append(image, make([]byte, len(now)-len(image))...)
	}
	share := r.IntN(101)
	for at := 0; at < len(image); at += pageSize {
		if r.IntN(100) >= share {
			continue
		}
		end := min(at+pageSize, len(image))
		if r.IntN(20) == 0 {
			end = at + r.IntN(end-at)/512*512
		}
		copy(image[at:end], now[at:])
	}
	return image
}

// plainSound looks at the file of a closed store with bbolt's own check.
func (f *fixture) plainSound() {
	f.t.Helper()
	db, err := bolt.Open(f.path, 0o600, &bolt.Options{Timeout: time.Second})
	f.ok(err)
	f.ok(db.View(func(tx *bolt.Tx) (err error) {
		for problem := range tx.Check() {
			err = errors.Join(err, problem)
		}
		return err
	}))
	f.ok(db.Close())
}

// With Relaxed a crash of the system loses the newest writes only.
func TestRelaxedLosesTheNewest(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, &Options{Durability: Relaxed, SyncInterval: time.Hour})
	f.put("a", `{}`)
	f.ok(f.s.Sync())
	durable, err := os.ReadFile(f.path + "-log")
	f.ok(err)
	states := [][]string{f.state()}
	for n := range 20 {
		f.put(fmt.Sprint(n), `{}`)
		states = append(states, f.state())
	}
	now, err := os.ReadFile(f.path + "-log")
	f.ok(err)
	r := rand.New(rand.NewPCG(3, 4))
	seen := map[int]bool{}
	for range 100 {
		path := f.crashed()
		f.ok(os.WriteFile(path+"-log", mixPages(r, durable, now, 512), 0o600))
		g := &fixture{subject: f.subject, t: t, path: path, opts: f.opts}
		g.s = g.reopened(nil)
		g.sound()
		state := g.state()
		i := slices.IndexFunc(states, func(s []string) bool { return slices.Equal(s, state) })
		if i < 0 {
			t.Fatalf("the store was never like that: %q", state)
		}
		seen[i] = true
		g.ok(g.s.Close())
	}
	if len(seen) < 3 {
		t.Errorf("only %d states were seen", len(seen))
	}
}
