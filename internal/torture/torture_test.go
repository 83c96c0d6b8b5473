package main

import (
	"os"
	"testing"
)

// TestMain lets the test's binary be its own children.
func TestMain(m *testing.M) {
	if isChild() {
		runChild()
	}
	os.Exit(m.Run())
}

// Each harness runs, and passes, with a few units. What they do in earnest is not for go test: see README.md.
func TestHarnesses(t *testing.T) {
	for _, h := range harnesses {
		t.Run(h.name, func(t *testing.T) {
			if err := h.ready(); err != nil {
				t.Skip(err)
			}
			o := h.try(t.Context(), command{seed: 1, count: min(h.few, 10)}, t.TempDir()+"/"+h.name)
			if t.Log(o); o.Error != "" {
				t.Fail()
			}
		})
	}
}
