package oracle

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// The harness, checked: the model agrees with a store that works, and notices everything that it is there to notice.

const seed = 7

// history makes calls on a store in memory, and returns its feed and what was told of them.
func history(t *testing.T, calls int) (*kuzzlite.Store, []kuzzlite.Change, *Told) {
	s, err := kuzzlite.OpenMemory(Options(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := PrepareUnique(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return madeHistory(t, s, calls)
}

// madeHistory makes calls on a store.
func madeHistory(t *testing.T, s *kuzzlite.Store, calls int) (*kuzzlite.Store, []kuzzlite.Change, *Told) {
	r := rand.New(rand.NewPCG(seed, 9))
	var err error
	heard := NewTold()
	for n := 1; n <= calls; n++ {
		if err := TendFieldIndex(t.Context(), s, r, n%5 == 0); err != nil {
			t.Fatal(err)
		}
		for w := range Callers {
			c := Committed{Tag: Tag{1, w, n}}
			if c.Changes, c.Last, err = NewCall(seed, c.Tag).Run(s); err != nil {
				t.Fatal(err)
			}
			heard.Newest[w] = n
			if c.Changes < 0 {
				heard.Drops++
			} else {
				heard.returned[c.Tag] = c
			}
		}
	}
	changes, err := ReadFeed(t.Context(), s, 0)
	if err != nil {
		t.Fatal(err)
	}
	return s, changes, heard
}

func TestModelAgreesWithStore(t *testing.T) {
	s, changes, heard := history(t, 200)
	m := NewModel(seed)
	half := len(changes) / 2
	for half < len(changes) && changes[half].User == changes[half-1].User {
		half++ // a call is replayed at once
	}
	tr := &harness.Trial{Figures: map[string]int{}}
	var calls []Committed
	drops := 0
	for _, part := range [][]kuzzlite.Change{changes[:half], changes[half:]} {
		c, d, err := m.Replay(part)
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, c...)
		drops += d
	}
	if err := errors.Join(m.Compare(t.Context(), s), heard.Compare(1, calls, drops, tr)); err != nil {
		t.Fatal(err)
	}
	seen := map[kuzzlite.Op]int{}
	for _, c := range changes {
		seen[c.Op]++
	}
	delete(seen, kuzzlite.OpExpire)                                              // which takes its time
	if len(seen) != 8 || tr.Figures["calls under way that were committed"] > 0 { // all but deleteIndex
		t.Errorf("the calls make %v, %d were not heard of", seen, tr.Figures["calls under way that were committed"])
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
		tamper func(list []kuzzlite.Change, h *Told) []kuzzlite.Change
	}{
		{"nothing", "", func(list []kuzzlite.Change, _ *Told) []kuzzlite.Change { return list }},
		{"a call without its last change", "torn", func(list []kuzzlite.Change, _ *Told) []kuzzlite.Change {
			return shift(slices.Delete(list, to-1, to))
		}},
		{"a call without its first change", "the feed has", func(list []kuzzlite.Change, _ *Told) []kuzzlite.Change {
			return shift(slices.Delete(list, from, from+1))
		}},
		{"a gap", "comes", func(list []kuzzlite.Change, _ *Told) []kuzzlite.Change {
			for i := from; i < len(list); i++ {
				list[i].Sequence++
			}
			return list
		}},
		{"the last calls are lost", "lost", func(list []kuzzlite.Change, _ *Told) []kuzzlite.Change { return list[:from] }},
		{"a version", "version", func(list []kuzzlite.Change, _ *Told) []kuzzlite.Change {
			list[from].Version++
			return list
		}},
		{"a call twice", "twice", func(list []kuzzlite.Change, h *Told) []kuzzlite.Change {
			return list // see below
		}},
		{"a call that nobody made", "was not under way", func(list []kuzzlite.Change, h *Told) []kuzzlite.Change {
			t, _ := parseTag(list[from].User)
			delete(h.returned, t)
			return list
		}},
		{"a call that failed", "returned 0 changes", func(list []kuzzlite.Change, h *Told) []kuzzlite.Change {
			t, _ := parseTag(list[from].User)
			h.returned[t] = Committed{Tag: t}
			return list
		}},
		{"a deletion of a collection is lost", "lost", func(list []kuzzlite.Change, h *Told) []kuzzlite.Change {
			h.Drops += 1
			return list
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := &Told{returned: maps.Clone(heard.returned), Newest: heard.Newest, Drops: heard.Drops}
			list := tt.tamper(slices.Clone(changes), h)
			m := NewModel(seed)
			tr := &harness.Trial{Figures: map[string]int{}}
			calls, drops, err := m.Replay(list)
			if tt.name == "a call twice" {
				calls = append(calls, calls[len(calls)-1])
			}
			if err == nil {
				err = errors.Join(h.Compare(1, calls, drops, tr), m.Compare(context.Background(), s))
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
	m := NewModel(seed)
	if _, _, err := m.Replay(changes); err != nil {
		t.Fatal(err)
	}
	for name, docs := range m.collections {
		for id, d := range docs {
			if d.body == nil || d.expires != 0 {
				continue
			}
			for what, change := range map[string]func(s stored) stored{
				"version":  func(s stored) stored { s.version++; return s },
				"sequence": func(s stored) stored { s.sequence--; return s },
				"a field":  func(s stored) stored { s.body = maps.Clone(s.body); s.body["more"] = "1"; return s },
				"missing":  func(s stored) stored { s.body = nil; return s },
				"expired":  func(s stored) stored { s.expires = 1; return s },
				"expires":  func(s stored) stored { s.expires = 1 << 50; return s },
			} {
				docs[id] = change(d)
				if m.Compare(t.Context(), s) == nil {
					t.Errorf("%s of %s/%s was not noticed", what, name, id)
				}
			}
			docs[id] = d
			docs["one more"] = d
			if m.Compare(t.Context(), s) == nil {
				t.Errorf("a document too many in %s was not noticed", name)
			}
			delete(docs, "one more")
			break
		}
	}
	if err := m.Compare(t.Context(), s); err != nil {
		t.Error(err)
	}
}

// The same seed and tag make the same call.
func TestCallsAreFunctions(t *testing.T) {
	for n := range 200 {
		a, b := NewCall(seed, Tag{1, 2, n}), NewCall(seed, Tag{1, 2, n})
		if a.Verb != b.Verb || len(a.Items) != len(b.Items) || a.collection != b.collection {
			t.Fatalf("%+v and %+v", a, b)
		}
		for i := range a.Items {
			if a.Items[i].ID != b.Items[i].ID || !maps.Equal(a.Items[i].Body, b.Items[i].Body) {
				t.Fatalf("%+v and %+v", a.Items[i], b.Items[i])
			}
		}
		if parsed, err := parseTag(a.tag.String()); err != nil || parsed != a.tag {
			t.Errorf("%v became %v, %v", a.tag, parsed, err)
		}
	}
}
