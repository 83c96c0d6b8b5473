package kuzzlite

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"
)

// With Relaxed a crash of the system loses the newest writes only: whatever it had written of the log since the last
// sync, and in whatever order, the store is as it was at some moment since.
func TestRelaxedLosesTheNewest(t *testing.T) {
	f := newDiskFixture(t, &Options{Durability: Relaxed, SyncInterval: time.Hour})
	f.put("a", `{}`)
	f.ok(f.s.Sync())
	durable := f.logs()
	states := [][]string{f.state()}
	for n := range 20 {
		f.put(fmt.Sprint(n), fmt.Sprintf(`{"pad":"%0*d"}`, 200*(n%4), n))
		states = append(states, f.state())
	}
	now := f.logs()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	seen := map[int]bool{}
	for range 60 {
		path := f.crashed()
		for suffix, log := range now {
			f.ok(os.WriteFile(path+suffix, mixed(r, durable[suffix], log), 0o600))
		}
		g := &fixture{subject: f.subject, t: t, path: path, opts: f.opts}
		g.s = g.reopened(nil)
		g.sound()
		state := g.state()
		i := slices.IndexFunc(states, func(s []string) bool { return slices.Equal(s, state) })
		if i < 0 {
			t.Fatalf("the store was never like that: %q", state)
		}
		seen[i] = true
		g.put("goes on", `{}`)
		g.ok(g.s.Close())
	}
	if len(seen) < 3 {
		t.Errorf("only %d states were seen", len(seen))
	}
}

// logs are the files of the log, by what is behind the store's name in theirs.
func (f *fixture) logs() map[string][]byte {
	f.t.Helper()
	logs := map[string][]byte{}
	for suffix := range filesOf(f.t, f.path) {
		if suffix != "" {
			b, err := os.ReadFile(f.path + suffix)
			f.ok(err)
			logs[suffix] = b
		}
	}
	return logs
}

// mixed returns a file with any of the sectors that were written since it was durable.
func mixed(r *rand.Rand, durable, now []byte) []byte {
	const sector = 512
	image := make([]byte, len(now))
	copy(image, durable)
	share := r.IntN(101)
	for at := 0; at < len(now); at += sector {
		end := min(at+sector, len(now))
		if r.IntN(100) < share && !bytes.Equal(image[at:end], now[at:end]) {
			copy(image[at:end], now[at:])
		}
	}
	return image
}
