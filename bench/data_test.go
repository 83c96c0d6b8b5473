package main

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

func TestDocuments(t *testing.T) {
	ids := map[string]bool{}
	for i := range 2000 {
		ids[string(appendID(nil, i))] = true
		if n, err := documentOf(appendID(nil, i)); n != i || err != nil {
			t.Fatalf("document %d has the id of %d (%v)", i, n, err)
		}
		for _, size := range []int{sizeSmall, sizeLarge} {
			seed := mix(uint64(i))
			doc := appendDocument(nil, i, size, seed)
			if len(doc) != size || !json.Valid(doc) {
				t.Fatalf("document %d: %d bytes for %d: %s", i, len(doc), size, doc)
			}
			updated, err := setLeaves(doc, appendChanges(nil, seed+1))
			if err != nil || string(updated) != string(appendDocument(nil, i, size, seed+1)) {
				t.Fatalf("document %d: its changes make %s (%v)", i, updated, err)
			}
		}
	}
	for _, sh := range []shape{
		{Size: sizeSmall, Leaves: 1}, {Size: sizeLarge, Leaves: 1}, {Size: sizeLarge, Leaves: 20},
		{Size: 10 << 10, Leaves: 4}, {Size: 100 << 10, Leaves: 4}, {Size: sizeSmall, Leaves: 4, Buyers: 50},
	} {
		doc := sh.filled().appendDocument(nil, 77, 0)
		updated, err := setLeaves(doc, sh.appendChanges(nil, 9))
		want := sh.appendDocument(nil, 77, 9)
		if len(want) != sh.Size || !json.Valid(want) || err != nil || string(updated) != string(want) {
			t.Errorf("%+v: %d bytes, %v: %.900s", sh, len(want), err, want)
		}
	}
	if len(ids) != 2000 {
		t.Errorf("%d ids for 2000 documents", len(ids))
	}
}

func TestStreams(t *testing.T) {
	const docs, callers, batch = 1000, 4, 20
	owner, seeds := map[int]int{}, map[uint64]bool{}
	for caller := range callers {
		s, again := newStream(docs, callers, caller, batch, false), newStream(docs, callers, caller, batch, false)
		for range 50 {
			var first, second []int
			s.next(func(_, doc int, seed uint64) {
				first = append(first, doc)
				if by, ok := owner[doc]; ok && by != caller || doc < 0 || doc >= docs {
					t.Fatalf("caller %d draws document %d of caller %d", caller, doc, by)
				}
				if owner[doc] = caller; seeds[seed] || seed == 0 {
					t.Fatalf("seed %d is not new", seed)
				}
				seeds[seed] = true
			})
			again.next(func(_, doc int, _ uint64) { second = append(second, doc) })
			if !slices.Equal(first, second) {
				t.Fatal("a stream differs from itself")
			}
			slices.Sort(first)
			if len(slices.Compact(first)) != batch {
				t.Fatal("a batch has a document twice")
			}
		}
	}
}

func TestJudge(t *testing.T) {
	rounds := func(contender string, seconds ...float64) (list []sample) {
		for i, s := range seconds {
			list = append(list, sample{Contender: contender, Round: i + 1, Documents: 100, Seconds: s, P50: time.Duration(s * 1e9)})
		}
		return list
	}
	samples := slices.Concat(rounds("kuzzlite", 1, 1, 4), rounds("slow", 4, 4, 4), rounds("fast", 2, 1, 4))
	tests := map[string]struct {
		bar     bar
		against string
		ratio   spread
		met     bool
	}{
		"against the fastest": {bar{against: []string{"slow", "fast"}, by: byRate, atLeast: 1}, "fast", spread{1, 1, 2}, true},
		"missed":              {bar{against: []string{"slow"}, by: byRate, atLeast: 5}, "slow", spread{4, 1, 4}, false},
		"less is better":      {bar{against: []string{"fast", "slow"}, by: byP50, atMost: 0.9}, "fast", spread{1, 0.5, 1}, false},
		"a number":            {bar{by: byTime, atMost: 1}, "", spread{1, 1, 4}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			v, ok := tt.bar.judge(workload{}, samples)
			if !ok || v.Against != tt.against || v.Ratio != tt.ratio || v.Met != tt.met {
				t.Errorf("got %+v, %v", v, ok)
			}
		})
	}
	if _, ok := (bar{against: []string{"absent"}, by: byRate}).judge(workload{}, samples); ok {
		t.Error("a bar without its contender was judged")
	}
}

func TestNumbers(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := number(x, 0); got != want {
			t.Errorf("number(%g) = %s, want %s", x, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "0s", 999: "999ns", 1234: "1.23µs", 98765: "98.8µs", 1234567: "1.23ms", 2 * time.Second: "2s",
	} {
		if got := duration(d); got != want {
			t.Errorf("duration(%d) = %s, want %s", d, got, want)
		}
	}
	sorted := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	if p := percentile(sorted, 0.5); p != 6 {
		t.Errorf("median %d", p)
	}
	if p := percentile(sorted, 0.99); p != 10 {
		t.Errorf("99th %d", p)
	}
}
