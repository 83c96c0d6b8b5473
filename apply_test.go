package kuzzlite

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
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
			u.IfVersion = 2
		case 2: // the third time it is too large
			u.Changes = raw(fmt.Sprintf(`{"a%d":"%070d"}`, round, i))
		}
		items = append(items, u)
	}
	return items
}

// A Result keeps the documents that it shows, and little else: it kept as much again of what was created, and as much
// as the changes had beside what was merged.
func TestResultMemory(t *testing.T) {
	const n, size = 16, 1 << 20
	long := func(c string) string { return strings.Repeat(c, size) }
	large := raw(`{"a":"` + long("x") + `"}`)
	for _, metadata := range []bool{false, true} {
		f := newFixture(t, &Options{Metadata: metadata})
		c := f.s.Collection("i", "c")
		writes := func(body json.RawMessage) (items []Write) {
			for i := range n {
				items = append(items, Write{ID: fmt.Sprint(i), Body: body})
			}
			return items
		}
		upserts := func(prefix string, changes, defaults json.RawMessage) (items []Upsert) {
			for i := range n {
				items = append(items, Upsert{ID: fmt.Sprint(prefix, i), Changes: changes, Default: defaults})
			}
			return items
		}
		for _, step := range []struct {
			name string
			call func() (*Result, error)
		}{
			{"create", func() (*Result, error) { return c.MCreate(ctx, writes(large), nil) }},
			{"update to the same", func() (*Result, error) { return c.MUpdate(ctx, writes(large), nil) }},
			{"update", func() (*Result, error) { return c.MUpdate(ctx, writes(raw(`{"a":"`+long("y")+`"}`)), nil) }},
			{"replace", func() (*Result, error) { return c.MReplace(ctx, writes(large), nil) }},
			{"createOrReplace", func() (*Result, error) { return c.MCreateOrReplace(ctx, writes(large), nil) }},
			{"upsert", func() (*Result, error) { return c.MUpsert(ctx, upserts("", large, large), nil) }},
			{"upsert of new", func() (*Result, error) { return c.MUpsert(ctx, upserts("new", large, large), nil) }},
			{"shrink", func() (*Result, error) { return c.MUpdate(ctx, writes(raw(`{"a":1}`)), nil) }},
			{"deleteFields", func() (*Result, error) {
				return c.MDeleteFields(ctx, []FieldDeletion{{ID: "new0", Fields: []string{"a"}}, {ID: "new1"}}, nil)
			}},
		} {
			r, err := step.call()
			f.ok(err)
			f.equal(step.name+": errors", len(r.Errors), 0)
			shown := int64(0)
			for i := range r.Successes {
				shown += int64(len(r.Successes[i].Source))
			}
			with := heapSize()
			runtime.KeepAlive(r)
			r = nil
			if kept := with - heapSize(); kept > shown+shown/8+256<<10 {
				t.Errorf("%s, metadata %t: a result with %d bytes keeps %d", step.name, metadata, shown, kept)
			}
		}
	}
}

// heapSize returns what is alive on the heap.
func heapSize() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
