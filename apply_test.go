package kuzzlite

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// A call with many documents has the same outcome as calls with few: it works them out in the order of their ids.
func TestLargeCall(t *testing.T) {
	const n = 320
	large, small := newFixture(t, &Options{MaxDocumentSize: 200}), newFixture(t, &Options{MaxDocumentSize: 200})
	var outcomes [2][]string
	noops, conflicts := 0, 0
	for i, f := range []*fixture{large, small} {
		for round := range 3 {
			for chunk := range slices.Chunk(largeCall(round, n), []int{n, 32}[i]) {
				r, err := f.col().MUpsert(ctx, chunk, nil)
				f.ok(err)
				for _, s := range r.Successes {
					outcomes[i] = append(outcomes[i], fmt.Sprintf("%s %d", s.AppendJSON(nil), s.Sequence))
					if s.Noop {
						noops++
					}
				}
				for _, e := range r.Errors {
					outcomes[i] = append(outcomes[i], e.Err.Error())
					if errors.Is(e.Err, ErrConflict) {
						conflicts++
					}
				}
			}
		}
		slices.Sort(outcomes[i])
	}
	large.equal("outcomes", outcomes[0], outcomes[1])
	if len(outcomes[0]) != 3*n || noops == 0 || conflicts == 0 || conflicts == len(outcomes[0]) {
		t.Errorf("%d outcomes, %d noops and %d conflicts are not all kinds", len(outcomes[0]), noops, conflicts)
	}
}

// largeCall returns n items in no order: new and changed documents, noops, conflicts, and what is too large.
func largeCall(round, n int) (items []Upsert) {
	for i := range n {
		u := Upsert{ID: fmt.Sprintf("%03d", i*37%n), Changes: raw(fmt.Sprintf(`{"v":%d}`, round*(i%3)))}
		switch i % 10 {
		case 1:
			u.IfVersion = Version(2)
		case 2: // the third time it is too large
			u.Changes = raw(fmt.Sprintf(`{"a%d":"%070d"}`, round, i))
		}
		items = append(items, u)
	}
	return items
}
