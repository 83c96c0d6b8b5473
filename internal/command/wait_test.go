package command

import (
	"path/filepath"
	"testing"

	"github.com/kuzzlite/kuzzlite"
)

// TestWait has commands wait for a store that is in use: until it no longer is, and until an interrupt.
func TestWait(t *testing.T) {
	for _, args := range [][]string{{"count"}, {"export", "--skip-damaged"}} {
		db := filepath.Join(t.TempDir(), "a.db")
		must(t, `{"_id":"a","changes":{}}`, "mupsert", "--db", db, "--create", "i", "c")
		s, err := kuzzlite.Open(db, nil)
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, "--db", db, "--wait", "1h", "i", "c")
		interrupted := startFollowing(t, args)
		interrupted.says(t, "waiting, 1h0m0s at most: ")
		interrupted.cancel()
		interrupted.says(t, "interrupted; ")
		if code := <-interrupted.code; code != exitStore {
			t.Errorf("interrupted %q: exit code %d", args, code)
		}
		f := startFollowing(t, args)
		f.says(t, "file is in use by ")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if code := <-f.code; code != exitOK {
			t.Errorf("%q: exit code %d", args, code)
		}
	}
}
