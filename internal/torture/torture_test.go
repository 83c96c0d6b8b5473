package main

import (
	"slices"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/torture/awake"
	"github.com/kuzzlite/kuzzlite/internal/torture/gotest"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// TestMain lets the test's binary be its own children.
func TestMain(m *testing.M) {
	harness.Main(m.Run, harnesses...)
}

// Each harness runs, and passes, with a few units. What they do in earnest is not for go test: see README.md.
func TestHarnesses(t *testing.T) {
	for _, h := range harnesses {
		t.Run(h.Name, func(t *testing.T) {
			if err := h.Ready(); err != nil {
				t.Skip(err)
			}
			s := harness.Settings{Seed: 1, Count: min(h.Few, 10)}
			if h.Name == gotest.Fuzz.Name {
				s.Count = h.Few // a target first runs its corpus, of any size
			}
			o := h.Try(t.Context(), s, t.TempDir()+"/"+h.Name)
			if t.Log(o); o.Error != "" {
				t.Fail()
			}
		})
	}
}

// Every planted bug is for a harness that there is.
func TestBugsAreForHarnesses(t *testing.T) {
	for _, b := range awake.Bugs {
		if !slices.Contains(harnessNames(), b.Harness) {
			t.Errorf("%s: there is no harness %q", b.Name, b.Harness)
		}
	}
}
