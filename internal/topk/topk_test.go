package topk

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

func key(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

// TestFirst compares with sorting everything.
func TestFirst(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		k, all := rnd.IntN(12), rnd.Perm(rnd.IntN(60))
		f := NewFirst[int](k)
		for _, n := range all {
			f.Offer(key(n), n)
		}
		slices.Sort(all)
		if got, want := f.Sorted(), all[:min(k, len(all))]; !slices.Equal(got, want) {
			t.Fatalf("seed %d: %v, want %v", seed, got, want)
		}
		if left := f.Sorted(); len(left) > 0 {
			t.Fatalf("seed %d: %v is still there", seed, left)
		}
	}
}

// TestGroups compares with grouping the whole sorted list and taking the first of each group.
func TestGroups(t *testing.T) {
	for seed := range uint64(2000) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		k, groups := rnd.IntN(8), 1+rnd.IntN(12)
		all := rnd.Perm(rnd.IntN(80))
		group := make([]byte, len(all)) // of each thing
		for i := range group {
			group[i] = byte(rnd.IntN(groups))
		}
		g := NewGroups[int](k)
		for _, n := range all {
			g.Offer(group[n:n+1], key(n), n)
			if len(g.heap.list) > k || len(g.heap.places) != len(g.heap.list) {
				t.Fatalf("seed %d: %d groups of %d are kept", seed, len(g.heap.list), k)
			}
		}
		var want []int
		seen := map[byte]bool{}
		for n := range len(all) {
			if !seen[group[n]] && len(want) < k {
				want = append(want, n)
			}
			seen[group[n]] = true
		}
		if got := g.Sorted(); !slices.Equal(got, want) {
			t.Fatalf("seed %d: %v, want %v", seed, got, want)
		}
	}
}

// TestExpansion compares with sorting the things of each group.
func TestExpansion(t *testing.T) {
	for seed := range uint64(500) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		k, inGroup, all := rnd.IntN(6), rnd.IntN(2) == 0, rnd.Perm(rnd.IntN(60))
		e := NewExpansion[int](k, inGroup, []string{"a", "b", "none"})
		of := map[string][]int{}
		for _, n := range all {
			group := []string{"a", "b", "c"}[n%3]
			if e.Has([]byte(group)) {
				e.Offer([]byte(group), key(n/3%4), key(n), n)
			}
			of[group] = append(of[group], n)
		}
		for _, group := range []string{"a", "b", "none"} {
			list := slices.Sorted(slices.Values(of[group]))
			total, seen := len(list), map[int]bool{}
			list = slices.DeleteFunc(list, func(n int) bool {
				again := seen[n/3%4]
				seen[n/3%4] = true
				return inGroup && again
			})
			got, n := e.Of(group)
			if want := list[:min(k, len(list))]; !slices.Equal(got, want) || n != total {
				t.Fatalf("seed %d, %s: %v of %d, want %v of %d", seed, group, got, n, want, total)
			}
		}
		if e.Has([]byte("c")) {
			t.Fatal("it has a group that is not shown")
		}
	}
}
