package percolator

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
	"github.com/kuzzlite/kuzzlite/query"
)

// All filters that match a document are candidates, however filters come and go, each once.
func TestCandidates(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 42))
	value := func() any { return []any{nil, true, 1, 2, "a", "b"}[r.IntN(6)] }
	var make func(depth int) *query.Query
	make = func(depth int) *query.Query {
		field := []string{"a", "b", "c.d"}[r.IntN(3)]
		switch r.IntN(8) {
		case 0:
			return query.Gt(field, 1)
		case 1:
			return query.IDs(fmt.Sprint(r.IntN(4)), "9")
		case 2:
			return query.Missing(field)
		case 3, 4:
			if depth > 0 {
				return query.And(make(depth-1), make(depth-1))
			}
		case 5, 6:
			if depth > 0 {
				return query.Or(make(depth-1), make(depth-1))
			}
		}
		return query.In(field, value(), value())
	}
	p := New[int]()
	filters := map[int]*filter.Filter{}
	offered, matched, possible := 0, 0, 0
	for n := range 20000 {
		switch r.IntN(6) {
		case 0:
			f, err := make(2).Filter(filter.Env{})
			if err != nil {
				t.Fatal(err)
			}
			filters[n] = f
			p.Add(n, f.Condition)
		case 1:
			for one := range filters {
				if len(filters) > 100 || r.IntN(2) == 0 {
					p.Remove(one)
					delete(filters, one)
				}
				break
			}
		}
		id, doc := fmt.Sprint(r.IntN(5)), []byte([]string{
			`{}`, `{"a":1}`, `{"a":[1,"b",null]}`, `{"b":"a","c":{"d":2}}`, `{"c.d":true,"a":{"x":1}}`, `{"b":null,"c":[{"d":"a"},{"d":1}]}`,
		}[r.IntN(6)])
		times := map[int]int{}
		p.Candidates(id, doc, func(one int) { times[one]++ })
		for one, n := range times {
			if n != 1 || filters[one] == nil {
				t.Fatalf("%d was offered %d times", one, n)
			}
		}
		for one, f := range filters {
			if f.Match(id, doc) {
				if matched++; times[one] == 0 {
					t.Fatalf("%+v matches %s %s and is no candidate", f.Condition, id, doc)
				}
			}
		}
		offered, possible = offered+len(times), possible+len(filters)
	}
	if matched < 1000 || offered > possible*3/4 {
		t.Errorf("%d matched, %d of %d were offered", matched, offered, possible)
	}
	for one := range filters {
		p.Remove(one)
	}
	if len(p.under)+len(p.others)+len(p.used)+len(p.anchors) > 0 {
		t.Errorf("an empty set holds %+v", p)
	}
}

// A filter with many values is not kept under all of them.
func TestManyAnchors(t *testing.T) {
	c := filter.Condition{Op: filter.Values, Field: "a"}
	for n := range mostAnchors + 1 {
		c.Spans = append(c.Spans, sortkey.Equal(fmt.Append(nil, n), sortkey.MostIndexed))
	}
	p := New[string]()
	p.Add("many", c)
	found := false
	p.Candidates("x", []byte(`{}`), func(string) { found = true })
	if !found {
		t.Error("it is kept under its values only")
	}
}
