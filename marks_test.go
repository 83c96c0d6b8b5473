package kuzzlite

import (
	"context"
	"testing"
	"time"
)

// Every change of an index moves its mark before the call returns, and nothing else does.
func TestMarks(t *testing.T) {
	ctx := t.Context()
	clock := NewFakeClock(time.UnixMilli(1_800_000_000_000))
	s, err := OpenMemory(&Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.CreateCollection(ctx, "other", "c"); err != nil {
		t.Fatal(err)
	}
	mark := s.marks.mark("marked")
	if s.marks.mark("marked") != mark || s.marks.mark("more") == mark {
		t.Fatal("an index has not one mark")
	}
	empty, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	marked, other := s.Collection("marked", "c"), s.Collection("other", "c")
	for _, step := range []struct {
		name  string
		fn    func() error
		moves bool
	}{
		{"create the collection", func() error { return s.CreateCollection(ctx, "marked", "c") }, true},
		{"upsert", func() error { return upsertTo(ctx, marked) }, true},
		{"upsert the same", func() error { return upsertTo(ctx, marked) }, false},
		{"upsert elsewhere", func() error { return upsertTo(ctx, other) }, false},
		{"get", func() error { _, err := marked.Get(ctx, "a"); return err }, false},
		{"a transaction", func() error {
			return s.Update(ctx, func(ctx context.Context, tx *Tx) error {
				if _, err := tx.Collection("other", "c").Delete(ctx, "a"); err != nil {
					return err
				}
				_, err := tx.Collection("marked", "c").Delete(ctx, "a")
				return err
			})
		}, true},
		{"truncate", func() error { return marked.Truncate(ctx) }, true},
		{"delete the index", func() error { return s.DeleteIndex(ctx, "marked") }, true},
		{"restore", func() error { return s.Restore(empty) }, true},
	} {
		before := mark.Load()
		if err := step.fn(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if moved := mark.Load() != before; moved != step.moves {
			t.Errorf("%s moves the mark: %v", step.name, moved)
		}
	}
}

func upsertTo(ctx context.Context, c *Collection) error {
	_, err := c.Upsert(ctx, "a", map[string]int{"n": 1}, nil)
	return err
}
