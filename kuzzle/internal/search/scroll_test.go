package search

import (
	"testing"
	"time"
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
