package search

import (
	"fmt"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
)

// A page that was read does not stay in memory with the scroll: all documents did that a scroll had returned.
func TestPageIsForgotten(t *testing.T) {
	now := time.UnixMilli(0)
	hits := make([]hit, 5)
	s := &Scrolls{open: map[string]*scrolled{"id": {in: &search{size: 2}, user: "u", hits: hits, expires: now}}}
	for _, left := range []int{3, 1, 0} {
		_, page, n := s.next("id", "u", time.Minute, now)
		if n != left || len(page) == 0 {
			t.Fatalf("a page of %d hits leaves %d, want %d", len(page), n, left)
		}
		page[0].source = []byte("{}")
	}
	for i := range hits {
		if hits[i].source != nil {
			t.Errorf("the scroll holds the document of hit %d", i)
		}
	}
}

type fixedClock struct{ now time.Time }

func (c fixedClock) Now() time.Time { return c.now }

// Scrolls hold so many hits together, and no more: 500 scrolls of a million hits each were allowed.
func TestHitsOfScrolls(t *testing.T) {
	ids := 0
	c := &api.Call{Services: &api.Services{Clock: fixedClock{time.UnixMilli(0)}, NewID: func() string {
		ids++
		return fmt.Sprint(ids)
	}}}
	s, hits := &Scrolls{}, make([]hit, maxHeld/5) // which all scrolls share
	open := func(n int) error {
		_, err := s.keep(c, &scrolled{in: &search{scroll: time.Minute}, hits: hits[:n]})
		return err
	}
	for range 5 {
		if err := open(len(hits)); err != nil {
			t.Fatal(err)
		}
	}
	if err := open(1); err == nil || len(s.open) != 5 {
		t.Errorf("one hit too many: %v, and there are %d scrolls", err, len(s.open))
	}
	c.Clock = fixedClock{time.UnixMilli(0).Add(time.Minute + 1)}
	if err := open(1); err != nil || len(s.open) != 1 {
		t.Errorf("once the others have expired: %v, and there are %d scrolls", err, len(s.open))
	}
}
