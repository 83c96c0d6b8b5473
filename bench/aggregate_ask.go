package main

import (
	"fmt"
	"maps"
	"math"
	"strconv"
	"time"
)

// Documents that are aggregated, and the answers: orders with three fields more, in front.

const (
	shopsOf = 50
	daysOf  = 1000
)

// shopOf returns the shop of document i.
func (s shape) shopOf(i int) string {
	return fmt.Sprintf("shop-%03d", mix(uint64(i)<<4+1)%uint64(s.Shops))
}

// centsOf returns the price of document i.
func centsOf(i int) int { return 100 + int(mix(uint64(i)<<4+2)%100_000) }

// soldOf returns when document i was sold.
func soldOf(i int) time.Time {
	seconds := int64(mix(uint64(i)<<4+3) % (daysOf * 24 * 3600))
	return time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(seconds) * time.Second)
}

// appendSold appends document i as appendDocument does.
func (s shape) appendSold(dst []byte, i int, seed uint64) []byte {
	begin := len(dst)
	dst = append(dst, `{"shop":"`...)
	dst = append(dst, s.shopOf(i)...)
	dst = append(dst, `","price":`...)
	dst = strconv.AppendFloat(dst, float64(centsOf(i))/100, 'f', -1, 64)
	dst = append(dst, `,"sold":"`...)
	dst = soldOf(i).AppendFormat(dst, time.RFC3339)
	dst = append(dst, '"')
	comma := len(dst)
	dst = appendOrder(dst, i, s.Size-(comma-begin), seed, seed, s.wide())
	dst[comma] = ',' // instead of a brace
	return dst
}

// group is what documents have in common, and what is computed of them.
type group struct {
	count   int
	average float64 // of the prices; kindDays: 0
}

// aggregator is a store that can be asked for groups.
type aggregator interface {
	// groups returns the groups of all documents: for kindTerms by shops, for kindDays by days, as 2024-01-31.
	groups(k kind) (map[string]group, error)
}

// aggregates says whether the task asks for groups.
func (t task) aggregates() bool { return t.Kind == kindTerms || t.Kind == kindDays }

// grouper asks for groups.
type grouper struct{ r *runner }

func (g grouper) prepare() {}

func (g grouper) call() error {
	groups, err := g.r.store.(aggregator).groups(g.r.Kind)
	if err != nil {
		return err
	}
	counted := 0
	for _, group := range groups {
		counted += group.count
	}
	if counted != g.r.Documents {
		err = fmt.Errorf("%d documents are counted", counted)
	}
	return err
}

// checkGroups compares groups with what they must be.
func (r *runner) checkGroups() error {
	if !r.aggregates() {
		return nil
	}
	have, err := r.store.(aggregator).groups(r.Kind)
	if err != nil {
		return err
	}
	same := func(a, b group) bool { return a.count == b.count && math.Abs(a.average-b.average) < 1e-9 }
	if want := r.expectedGroups(); !maps.EqualFunc(have, want, same) {
		return fmt.Errorf("the groups are %v, and must be %v", have, want)
	}
	return nil
}

// expectedGroups returns the groups of all documents.
func (r *runner) expectedGroups() map[string]group {
	groups, cents := map[string]group{}, map[string]int{}
	for i := range r.Documents {
		key := soldOf(i).Format(time.DateOnly)
		if r.Kind == kindTerms {
			key = r.Shape.shopOf(i)
			cents[key] += centsOf(i)
		}
		groups[key] = group{count: groups[key].count + 1}
	}
	for key, sum := range cents {
		n := groups[key].count
		groups[key] = group{n, float64(sum) / float64(n) / 100}
	}
	return groups
}
