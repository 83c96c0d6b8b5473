package main

import (
	"maps"
	"slices"
	"testing"
	"time"
)

// falseAggregator is a store whose groups are falsified.
type falseAggregator struct {
	store
	falsify func(map[string]group)
}

func (s falseAggregator) groups(k kind) (map[string]group, error) {
	groups, err := s.store.(aggregator).groups(k)
	if err == nil {
		s.falsify(groups)
	}
	return groups, err
}

// Each contender counts right, and a group that is wrong is found out by the checks.
func TestGroupsAreChecked(t *testing.T) {
	faults := map[string]func(map[string]group){
		"one is missing": func(g map[string]group) { delete(g, slices.Min(slices.Collect(maps.Keys(g)))) },
		"one more":       func(g map[string]group) { g["x"] = group{count: 1} },
		"another count": func(g map[string]group) {
			for key, one := range g {
				g[key] = group{one.count + 1, one.average}
			}
		},
		"another average": func(g map[string]group) {
			for key, one := range g {
				g[key] = group{one.count, one.average + 0.01}
			}
		},
	}
	for _, name := range []string{"kuzzlite", "modernc", "ncruces"} {
		for _, k := range []kind{kindTerms, kindDays} {
			r := &runner{
				task: task{
					Kind: k, Dir: t.TempDir(), Documents: 300, Shape: shape{Size: sizeSmall, Leaves: 4, Shops: shopsOf}, Callers: 1,
					Batch: 1, Target: time.Nanosecond, Indexes: []string{"shop,price"}, Fill: true,
				},
				contender: contenderNamed(name),
			}
			if err := r.openStore(); err != nil {
				t.Fatal(err)
			}
			right := r.store
			t.Cleanup(func() { right.close() })
			if err := r.makeIndexes(); err != nil {
				t.Fatal(err)
			}
			if err := r.checkGroups(); err != nil {
				t.Errorf("%s, %s: %v", name, k, err)
			}
			if s, _, err := r.measure(); err != nil || s.Documents != 300 {
				t.Errorf("%s, %s: %d documents, %v", name, k, s.Documents, err)
			}
			for fault, falsify := range faults {
				r.store = falseAggregator{right, falsify}
				if err := r.checkGroups(); err == nil {
					t.Errorf("%s, %s: %s, and nobody notices", name, k, fault)
				}
			}
		}
	}
}
