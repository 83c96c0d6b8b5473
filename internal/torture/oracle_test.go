package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
)

// The harness, checked: the model agrees with a store that works, and notices everything that it is there to notice.

const seed = 7

// history makes calls on a store in memory, and returns its feed and what was told of them.
func history(t *testing.T, calls int) (*kuzzlite.Store, []kuzzlite.Change, *told) {
	s, err := kuzzlite.OpenMemory(options(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	heard := newTold()
	for n := 1; n <= calls; n++ {
		for w := range callers {
			c := committed{tag: tag{1, w, n}}
			if c.changes, c.last, err = newCall(seed, c.tag).run(s); err != nil {
				t.Fatal(err)
			}
			heard.newest[w] = n
			if c.changes < 0 {
				heard.drops++
			} else {
				heard.returned[c.tag] = c
			}
		}
	}
	changes, err := readFeed(t.Context(), s, 0)
	if err != nil {
		t.Fatal(err)
	}
	return s, changes, heard
}

func TestModelAgreesWithStore(t *testing.T) {
	s, changes, heard := history(t, 200)
	m := newModel(seed)
	half := len(changes) / 2
	for half < len(changes) && changes[half].User == changes[half-1].User {
		half++ // a call is replayed at once
	}
	tr := &trial{figures: map[string]int{}}
	var calls []committed
	drops := 0
	for _, part := range [][]kuzzlite.Change{changes[:half], changes[half:]} {
		c, d, err := m.replay(part)
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, c...)
		drops += d
	}
	if err := errors.Join(m.compare(t.Context(), s), heard.compare(1, calls, drops, tr)); err != nil {
		t.Fatal(err)
	}
	seen := map[kuzzlite.Op]int{}
	for _, c := range changes {
		seen[c.Op]++
	}
	if len(seen) != 8 || tr.figures["calls under way that were committed"] > 0 { // all but deleteIndex
		t.Errorf("the calls make %v, %d were not heard of", seen, tr.figures["calls under way that were committed"])
	}
}

func TestModelNotices(t *testing.T) {
	s, changes, heard := history(t, 60)
	// A call of several changes.
	from, to := 0, 0
	for to-from < 3 || from < len(changes)/2 || changes[from].User == "" {
		from, to = to, to+1
		for to < len(changes) && changes[to].User == changes[from].User {
			to++
		}
	}
	shift := func(list []kuzzlite.Change) []kuzzlite.Change { // closes the gap in the sequences
		for i := range list {
			list[i].Sequence = uint64(i + 1)
		}
		return list
	}
	for _, tt := range []struct {
		name   string
		want   string
		tamper func(list []kuzzlite.Change, h *told) []kuzzlite.Change
	}{
		{"nothing", "", func(list []kuzzlite.Change, _ *told) []kuzzlite.Change { return list }},
		{"a call without its last change", "torn", func(list []kuzzlite.Change, _ *told) []kuzzlite.Change {
			return shift(slices.Delete(list, to-1, to))
		}},
		{"a call without its first change", "the feed has", func(list []kuzzlite.Change, _ *told) []kuzzlite.Change {
			return shift(slices.Delete(list, from, from+1))
		}},
		{"a gap", "comes", func(list []kuzzlite.Change, _ *told) []kuzzlite.Change {
			for i := from; i < len(list); i++ {
				list[i].Sequence++
			}
			return list
		}},
		{"the last calls are lost", "lost", func(list []kuzzlite.Change, _ *told) []kuzzlite.Change { return list[:from] }},
		{"a version", "version", func(list []kuzzlite.Change, _ *told) []kuzzlite.Change {
			list[from].Version++
			return list
		}},
		{"a call twice", "twice", func(list []kuzzlite.Change, h *told) []kuzzlite.Change {
			return list // see below
		}},
		{"a call that nobody made", "was not under way", func(list []kuzzlite.Change, h *told) []kuzzlite.Change {
			t, _ := parseTag(list[from].User)
			delete(h.returned, t)
			return list
		}},
		{"a call that failed", "returned 0 changes", func(list []kuzzlite.Change, h *told) []kuzzlite.Change {
			t, _ := parseTag(list[from].User)
			h.returned[t] = committed{tag: t}
			return list
		}},
		{"a deletion of a collection is lost", "lost", func(list []kuzzlite.Change, h *told) []kuzzlite.Change {
			h.drops += 1
			return list
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := &told{returned: maps.Clone(heard.returned), newest: heard.newest, drops: heard.drops}
			list := tt.tamper(slices.Clone(changes), h)
			m := newModel(seed)
			tr := &trial{figures: map[string]int{}}
			calls, drops, err := m.replay(list)
			if tt.name == "a call twice" {
				calls = append(calls, calls[len(calls)-1])
			}
			if err == nil {
				err = errors.Join(h.compare(1, calls, drops, tr), m.compare(context.Background(), s))
			}
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// Documents that are not what the feed says.
func TestModelNoticesDocuments(t *testing.T) {
	s, changes, _ := history(t, 40)
	m := newModel(seed)
	if _, _, err := m.replay(changes); err != nil {
		t.Fatal(err)
	}
	for name, docs := range m.collections {
		for id, d := range docs {
			if d.body == nil {
				continue
			}
			for what, change := range map[string]func(s stored) stored{
				"version":  func(s stored) stored { s.version++; return s },
				"sequence": func(s stored) stored { s.sequence--; return s },
				"a field":  func(s stored) stored { s.body = maps.Clone(s.body); s.body["more"] = "1"; return s },
				"missing":  func(s stored) stored { s.body = nil; return s },
			} {
				docs[id] = change(d)
				if m.compare(t.Context(), s) == nil {
					t.Errorf("%s of %s/%s was not noticed", what, name, id)
				}
			}
			docs[id] = d
			docs["one more"] = d
			if m.compare(t.Context(), s) == nil {
				t.Errorf("a document too many in %s was not noticed", name)
			}
			delete(docs, "one more")
			break
		}
	}
	if err := m.compare(t.Context(), s); err != nil {
		t.Error(err)
	}
}

// The same seed and tag make the same call.
func TestCallsAreFunctions(t *testing.T) {
	for n := range 200 {
		a, b := newCall(seed, tag{1, 2, n}), newCall(seed, tag{1, 2, n})
		if a.verb != b.verb || len(a.items) != len(b.items) || a.collection != b.collection {
			t.Fatalf("%+v and %+v", a, b)
		}
		for i := range a.items {
			if a.items[i].id != b.items[i].id || !maps.Equal(a.items[i].body, b.items[i].body) {
				t.Fatalf("%+v and %+v", a.items[i], b.items[i])
			}
		}
		if parsed, err := parseTag(a.tag.String()); err != nil || parsed != a.tag {
			t.Errorf("%v became %v, %v", a.tag, parsed, err)
		}
	}
}
