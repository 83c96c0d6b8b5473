package linear

import (
	"math/rand/v2"
	"slices"
)

// What the clients of a history call. Values are never used twice, so that what is read says who wrote it.

const maxTargets = 5

// actionOdds are the verbs, each as often as it is to be called. Mutate and All are apart: see linearClient.
var actionOdds = slices.Concat(
	slices.Repeat([]verb{mUpsert}, 22), slices.Repeat([]verb{mCreate}, 5), slices.Repeat([]verb{mCreateOrReplace}, 4),
	slices.Repeat([]verb{mReplace}, 4), slices.Repeat([]verb{mUpdate}, 5), slices.Repeat([]verb{mDelete}, 10),
	slices.Repeat([]verb{mDeleteFields}, 3), slices.Repeat([]verb{get}, 10), slices.Repeat([]verb{mGet}, 10),
	slices.Repeat([]verb{exists, mExists}, 2), slices.Repeat([]verb{count}, 4),
)

// newAction makes up a client's next call. versions are what it last saw of each document; values is where its next
// values begin.
func newAction(r *rand.Rand, versions *[docIDs]int, values int) action {
	a := action{Verb: actionOdds[r.IntN(len(actionOdds))]}
	if a.Verb == count {
		return a
	}
	n := 1
	if a.Verb != get && a.Verb != exists && r.IntN(5) < 3 {
		n += r.IntN(maxTargets)
	}
	a.One = n == 1 && a.Verb != mGet && a.Verb != mExists && r.IntN(2) == 0
	switch r.IntN(4) {
	case 0:
		a.Atomic = !a.One
	case 1:
		a.Strict = !a.One
	}
	for i := range n {
		a.Items = append(a.Items, newTarget(r, a.Verb, versions, values+2*i))
	}
	if a.Verb == mDelete { // one version for all
		for i := range a.Items {
			a.Items[i].Want = a.Items[0].Want
		}
	}
	return a
}

func newTarget(r *rand.Rand, v verb, versions *[docIDs]int, value int) target {
	t := target{ID: r.IntN(docIDs), Want: noWant}
	if v.reads() {
		return t
	}
	if r.IntN(3) == 0 {
		t.Want = max(0, versions[t.ID]-r.IntN(4)/3)
	}
	switch v {
	case mDelete:
	case mDeleteFields:
		if t.Want == 0 { // it needs a document
			t.Want = noWant
		}
		t.Drop[r.IntN(len(t.Drop))] = 1
	default:
		if r.IntN(12) > 0 { // or changes that change nothing
			t.Set[r.IntN(2)] = value
		}
		if v == mUpsert && r.IntN(3) == 0 {
			t.Default[r.IntN(2)] = value + 1
		}
	}
	return t
}
