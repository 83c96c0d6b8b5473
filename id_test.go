package kuzzlite

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var generatedID = regexp.MustCompile(`^[0-9a-zA-Z_-]{20,36}$`)

func TestGeneratedIDs(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		for _, v := range verbs {
			for _, many := range []bool{false, true} {
				s, err := v.runOne(t, f.col(), many, "", `{}`, nil, nil)
				if v.name != "Create" && v.name != "CreateOrReplace" {
					f.is(v.name, err, ErrInvalid)
					continue
				}
				f.ok(err)
				if !generatedID.MatchString(s.ID) || !s.Created {
					t.Errorf("%s: id %q, created %t", v.name, s.ID, s.Created)
				}
				f.equal(v.name, f.get(s.ID), "v1 {}")
			}
		}
	})
}

// Ids sort by the time of creation, within a millisecond, too, and when the clock is set back.
func TestGeneratedIDsInOrder(t *testing.T) {
	f := newFixture(t, nil)
	var ids []string
	for n := range 300 {
		f.clock.Advance([]time.Duration{0, 0, time.Millisecond, time.Second, -time.Hour, 0}[n%6])
		r, err := f.col().MCreate(ctx, []Write{{Body: raw(`{}`)}, {ID: fmt.Sprintf("~%d", n), Body: raw(`{}`)}, {Body: raw(`{}`)}}, nil)
		f.ok(err)
		ids = append(ids, r.Successes[0].ID, r.Successes[2].ID)
	}
	if !slices.IsSorted(ids) {
		t.Error("ids are not in order")
	}
	f.equal("distinct", len(slices.Compact(slices.Clone(ids))), len(ids))
	f.counts(ids[0], 900, true)
}

func TestGeneratedIDsConcurrently(t *testing.T) {
	f := newFixture(t, nil) // whose clock stands still
	c := f.s.Collection("i", "c")
	const callers, calls = 8, 50
	lists := make([][]string, callers)
	var wg sync.WaitGroup
	for n := range callers {
		wg.Go(func() {
			for range calls {
				r, err := c.MCreate(ctx, []Write{{Body: raw(`{}`)}, {Body: raw(`{}`)}}, nil)
				if err != nil || len(r.Errors) > 0 {
					t.Error(err, r)
					return
				}
				lists[n] = append(lists[n], r.Successes[0].ID, r.Successes[1].ID)
			}
		})
	}
	wg.Wait()
	all := slices.Concat(lists...)
	for _, list := range lists {
		if !slices.IsSorted(list) {
			t.Error("ids of one caller are not in order")
		}
	}
	slices.Sort(all)
	f.equal("distinct", len(slices.Compact(all)), 2*callers*calls)
}

// One store opened again, or several: their ids differ even within one millisecond, and sort by time beyond it.
func TestGeneratedIDsOfStores(t *testing.T) {
	f := newDiskFixture(t, nil)
	create := func() string {
		s, err := f.col().Create(ctx, "", raw(`{}`), nil)
		f.ok(err)
		f.reopen(nil)
		return s.ID
	}
	var ids []string
	for _, step := range []time.Duration{1, 255, 256, 1000, 65_536, 1 << 24, 1 << 32} {
		first, second := create(), create()
		if first == second {
			t.Fatalf("id %s again", first)
		}
		ids = append(ids, min(first, second), max(first, second))
		f.clock.Advance(step * time.Millisecond)
	}
	if !slices.IsSorted(ids) {
		t.Errorf("ids are not in order: %v", ids)
	}
}

func TestIDRules(t *testing.T) {
	good := []string{"a", " ", "\x00", "\n", "é", "😀", "a/b", "..", `"`, "_search", "\ufffd", "\u2028", strings.Repeat("x", 512), strings.Repeat("é", 256)}
	bad := []string{"", "\xff", "a\xc3", "\xed\xa0\x80", strings.Repeat("x", 513), strings.Repeat("é", 256) + "x"}
	f := newFixture(t, nil)
	for _, v := range verbs {
		for _, many := range []bool{false, true} {
			for _, id := range good {
				_ = f.col().Truncate(ctx, nil)
				if v.name != "Create" {
					f.put(id, `{"a":1}`)
				}
				_, err := v.runOne(t, f.col(), many, id, `{"a":2}`, nil, nil)
				if err != nil {
					t.Errorf("%s, id %.20q: %v", v.name, id, err)
				}
			}
			for _, id := range bad {
				if id == "" && (v.name == "Create" || v.name == "CreateOrReplace") {
					continue // generated
				}
				_, err := v.runOne(t, f.col(), many, id, `{}`, nil, nil)
				f.is(fmt.Sprintf("%s, id %.20q", v.name, id), err, ErrInvalid)
			}
		}
	}
	for _, id := range bad { // reads just do not find them
		_, err := f.col().Get(ctx, id)
		f.is("Get", err, ErrNotFound)
		found, err := f.col().MExists(ctx, []string{id})
		f.ok(err)
		f.equal("MExists", found.Errors, []string{id})
	}
}

// The first id was not random if the clock stood at 0: two stores gave the same.
func TestGeneratedIDsAtTheBeginning(t *testing.T) {
	for _, ms := range []int64{0, -1, 1} {
		ids := map[string]bool{}
		const stores, each = 8, 3
		for range stores {
			var s idSource
			last := ""
			for range each {
				id := s.next(time.UnixMilli(ms))
				if id <= last {
					t.Errorf("%s after %s", id, last)
				}
				last = id
				ids[id] = true
			}
		}
		if len(ids) != stores*each {
			t.Errorf("at %d ms: %d ids, want %d", ms, len(ids), stores*each)
		}
	}
}
