package linear

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// did is an action with its response, between two moments.
func did(call, back int64, v verb, out response, items ...target) *event {
	return &event{Action: &action{Verb: v, Items: items}, Call: call, Answer: &out, Return: back}
}

func at(id int, set content) target { return target{ID: id, Set: set, Want: noWant} }

func only(id, version int) target { return target{ID: id, Set: content{9}, Want: version} }

func says(items ...finding) response { return response{Items: items} }

func made(a int) finding { return finding{What: ok, Version: 1, Created: true, Content: content{a}} }

func has(version, a int) finding { return finding{What: ok, Version: version, Content: content{a}} }

// The checker accepts what a store may response, and refuses what it may not.
func TestLinearizable(t *testing.T) {
	none := finding{What: absent}
	create := did(1, 2, mUpsert, says(made(1)), at(0, content{1}))
	pair := did(1, 4, mUpsert, says(made(1), made(2)), at(0, content{1}), at(1, content{2}))
	for _, test := range []struct {
		name    string
		allowed bool
		events  []*event
	}{
		{"read after write", true, []*event{create, did(3, 4, get, says(has(1, 1)), at(0, content{}))}},
		{"stale read", false, []*event{create, did(3, 4, get, says(none), at(0, content{}))}},
		{"read during write", true, []*event{pair, did(2, 3, get, says(none), at(0, content{}))}},
		{"lost update", false, []*event{
			create, did(3, 6, mUpsert, says(has(2, 3)), at(0, content{3})),
			did(4, 5, mUpsert, says(has(2, 4)), at(0, content{4})),
		}},
		{"two updates", true, []*event{
			create, did(3, 6, mUpsert, says(has(3, 3)), at(0, content{3})),
			did(4, 5, mUpsert, says(has(2, 4)), at(0, content{4})),
		}},
		{"whole batch", true, []*event{
			pair, did(2, 3, mGet, says(has(1, 1), has(1, 2)), at(0, content{}), at(1, content{})),
		}},
		{"torn batch", false, []*event{pair, did(2, 3, mGet, says(has(1, 1), none), at(0, content{}), at(1, content{}))}},
		{"torn batch, read one by one", false, []*event{
			pair, did(2, 3, get, says(has(1, 2)), at(1, content{})), did(4, 5, get, says(none), at(0, content{})),
		}},
		{"version repeated", false, []*event{create, did(3, 4, mUpsert, says(has(1, 2)), at(0, content{2}))}},
		{"version forgotten by a deletion", false, []*event{
			create, did(3, 4, mDelete, says(has(2, 0)), at(0, content{})),
			did(5, 6, mCreate, says(made(5)), at(0, content{5})),
		}},
		{"version kept by a deletion", true, []*event{
			create, did(3, 4, mDelete, says(has(2, 0)), at(0, content{})),
			did(5, 6, mCreate, says(finding{What: ok, Version: 3, Created: true, Content: content{5}}), at(0, content{5})),
		}},
		{"cancelled", true, []*event{
			create, did(3, 4, mUpsert, response{Cancelled: true}, at(0, content{2})),
			did(5, 6, get, says(has(1, 1)), at(0, content{})),
		}},
		{"applied although cancelled", false, []*event{
			create, did(3, 4, mUpsert, response{Cancelled: true}, at(0, content{2})),
			did(5, 6, get, says(has(2, 2)), at(0, content{})),
		}},
		{"conflict", true, []*event{create, did(3, 4, mUpsert, says(finding{What: conflict, Have: 1}), only(0, 7))}},
		{"conflict with a version that never was", false, []*event{
			create, did(3, 4, mUpsert, says(finding{What: conflict, Have: 2}), only(0, 7)),
		}},
		{"conflict without a reason", false, []*event{
			create, did(3, 4, mUpsert, says(finding{What: conflict, Have: 1}), only(0, 1)),
		}},
		{"written in spite of the version", false, []*event{create, did(3, 4, mUpsert, says(has(2, 9)), only(0, 7))}},
		{"heard", true, []*event{pair, did(2, 3, heard, says(finding{What: ok, Version: 1}), at(0, content{}))}},
		{"heard, and read too early", false, []*event{
			did(1, 6, mUpsert, says(made(1)), at(0, content{1})),
			did(2, 3, heard, says(finding{What: ok, Version: 1}), at(0, content{})),
			did(4, 5, get, says(none), at(0, content{})),
		}},
		{"wrong count", false, []*event{create, did(3, 4, count, response{Count: 2})}},
		{"killed, but written", true, []*event{
			did(1, 9, mUpsert, response{Lost: true, Written: []written{{0, 1}, {1, 1}}}, at(0, content{1}), at(1, content{2})),
			did(10, 11, get, says(has(1, 1)), at(0, content{})),
		}},
		{"killed, and written by half", false, []*event{
			did(1, 9, mUpsert, response{Lost: true, Written: []written{{0, 1}}}, at(0, content{1}), at(1, content{2})),
		}},
	} {
		r := recording{events: test.events}
		if got := porcupine.CheckOperations(sequential, r.operations()); got != test.allowed {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

// An atomic batch is refused as a whole.
func TestLinearAtomic(t *testing.T) {
	var s documents
	a := action{Verb: mCreate, Atomic: true, Items: []target{at(0, content{1}), only(1, 3)}}
	refused := finding{What: conflict}
	if ok, next := s.step(&a, &response{Incomplete: true, Items: []finding{{}, refused}}); !ok || next != s {
		t.Errorf("refused: %v, %v", ok, next)
	}
	for _, out := range []response{
		{Incomplete: true, Items: []finding{made(1), refused}},
		{Items: []finding{{}, refused}},
	} {
		if ok, _ := s.step(&a, &out); ok {
			t.Errorf("not refused: %v", &out)
		}
	}
}

// A history that is not linearizable is left behind for whoever has to find out why.
func TestJudgeShows(t *testing.T) {
	s, err := kuzzlite.OpenMemory(options(kuzzlite.Sync))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	dir := t.TempDir()
	r := recording{events: []*event{did(1, 2, get, says(has(1, 1)), at(0, content{}))}}
	err = r.judge(t.Context(), s, dir, &harness.Trial{Figures: map[string]int{}})
	if err == nil || !strings.Contains(err.Error(), "not linearizable") {
		t.Error(err)
	}
	for _, name := range []string{"history.html", "history.json"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// What the feed disagrees with is refused.
func TestCompareFeed(t *testing.T) {
	first := finding{What: ok, Version: 1, Created: true, Sequence: 1}
	second := finding{What: ok, Version: 2, Sequence: 2}
	feed := []kuzzlite.Change{
		{Sequence: 1, ID: "d0", Version: 1, User: "x"}, {Sequence: 2, ID: "d0", Version: 2, User: "x"},
	}
	both := did(1, 2, mUpsert, says(first, second), at(0, content{1}), at(0, content{2}))
	both.User = "x"
	one := did(1, 2, mUpsert, says(first), at(0, content{1}))
	one.User = "x"
	late := did(5, 6, mUpsert, says(first), at(0, content{1}))
	late.User = "x"
	early := did(3, 4, mUpsert, says(second), at(0, content{1}))
	early.User = "x"
	stranger := did(7, 8, get, says(finding{What: ok, Version: 1, Sequence: 2}), at(0, content{}))
	newer := did(7, 8, newest, response{Count: 3, Items: []finding{{What: ok, Version: 2, Sequence: 2}}}, at(0, content{}))
	older := did(7, 8, newest, response{Count: 1, Items: []finding{{What: ok, Version: 1, Sequence: 1}}}, at(0, content{}))
	for _, test := range []struct {
		events []*event
		feed   []kuzzlite.Change
		want   string
	}{
		{[]*event{both}, feed, ""},
		{[]*event{both}, feed[:1], "the feed has"},
		{[]*event{one}, feed, "did not return it"},
		{[]*event{early, late}, feed, "had returned"},
		{[]*event{both, stranger}, feed, "the feed has"},
		{[]*event{both, newer}, feed, "ends at 2"},
		{[]*event{both, older}, feed, "had returned"},
		{[]*event{both}, []kuzzlite.Change{feed[0], feed[0]}, "after 1"},
	} {
		r := recording{events: test.events}
		err := r.compareFeed(test.feed)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%v, want %q", err, test.want)
		}
	}
}
