package query

import (
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/filter"
)

func TestImplies(t *testing.T) {
	a, b, c := Eq("a", 1), Gt("b", 2), Exists("c")
	for _, x := range []struct {
		q    *Query
		text string
		want bool
	}{
		{a, "a = 1", true},
		{And(a, b), "a = 1", true},
		{And(c, And(b, a)), "a = 1 and c exists", true},
		{a, "a = 1 and b > 2", false},
		{Or(a, b), "a = 1", false},
		{Eq("a", 2), "a = 1", false},
		{Not(a), "not a = 1", true},
		{nil, "", true},
		{a, "", false},
		{a, "a =", false},
	} {
		f, err := x.q.Filter(filter.Env{})
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Implies(x.text); got != x.want {
			t.Errorf("%+v implies %s: %t", x.q, x.text, got)
		}
	}
}

// What depends on the time says so, and is no condition of an index.
func TestMoves(t *testing.T) {
	for text, want := range map[string]bool{
		`{"range":{"t":{"gte":"now-1d"}}}`:                   true,
		`{"range":{"t":{"lt":"now"}}}`:                       true,
		`{"range":{"t":{"lt":"2018-01-01||+1d"}}}`:           false,
		`{"bool":{"must_not":{"range":{"t":{"lt":"now"}}}}}`: true,
		`{"term":{"t":"now"}}`:                               false,
	} {
		q, err := ParseElasticsearch([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		f, err := q.Filter(filter.Env{})
		if err != nil || f.Moves != want {
			t.Errorf("%s: %+v, %v", text, f, err)
		}
	}
}
