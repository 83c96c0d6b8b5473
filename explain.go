package kuzzlite

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/planner"
)

// Explanation says how a query was run.
type Explanation struct {
	// Plan says in words how documents were found.
	Plan string `json:"plan"`

	// Estimated is how many documents the plan was thought to lead to, Examined how many documents and entries of field
	// indexes were looked at, and Found how many documents were found.
	Estimated uint64 `json:"estimated"`
	Examined  uint64 `json:"examined"`
	Found     uint64 `json:"found"`

	// Sorted says that documents had to be sorted: the plan did not lead to them in their order.
	Sorted bool `json:"sorted"`

	// Took is how long the query took.
	Took time.Duration `json:"took"`

	// Advice is a field index that would have helped; nil if none is known, or if the query looked at little in vain.
	// EnsureFieldIndex takes it as it is: no index of the collection has its name.
	Advice *FieldIndex `json:"advice,omitempty"`
}

// Explain runs a query as Find does, and says how it went.
func (c *Collection) Explain(ctx context.Context, q Query, o ...*FindOptions) (*Explanation, error) {
	f, err := c.newFinder(ctx, q, o)
	if err != nil {
		return nil, err
	}
	begin, found := time.Now(), uint64(0)
	err = f.each(func(*match) bool {
		found++
		return true
	})
	if err != nil {
		return nil, err
	}
	if f.plan == nil {
		return &Explanation{Plan: (&planner.Plan{Kind: planner.Nothing}).String()}, nil
	}
	e := &Explanation{
		Plan: f.plan.String(), Estimated: f.plan.Documents, Examined: uint64(f.scanned), Found: found,
		Sorted: f.order != nil && !f.plan.Sorted, Took: time.Since(begin),
	}
	if e.Sorted || e.Examined > 10*e.Found+100 {
		e.Advice = f.advice()
	}
	return e, nil
}

// advice returns an index that would help, unless there is such an index.
func (f *finder) advice() *FieldIndex {
	d := planner.Advise(&f.request)
	if d == nil {
		return nil
	}
	for i := range f.request.Indexes {
		known := &f.request.Indexes[i]
		if known.Kind == d.Kind && known.Analyzer == d.Analyzer && slices.Equal(known.Fields, d.Fields) {
			return nil
		}
	}
	advised := stateOf(d).FieldIndex
	advised.Name = f.freeName(d)
	return &advised
}

// freeName returns a name for an index, which no other index of the collection has: its fields, or what its kind adds
// to these. One that has begun to be built keeps its name.
func (f *finder) freeName(d *fieldindex.Definition) string {
	fields := strings.Join(stateOf(d).Fields, ",")
	named := *d
	named.Name = fields
	taken := func(other fieldindex.Definition) bool { return other.Name == named.Name && !other.Same(&named) }
	for n := 1; slices.ContainsFunc(f.indexes, taken); n++ {
		named.Name = fields + " " + string(cmp.Or(d.Kind, "values"))
		if n > 1 {
			named.Name += " " + strconv.Itoa(n)
		}
	}
	return named.Name
}
