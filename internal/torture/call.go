package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// The calls that a worker makes. A call is a function of the seed and its tag, and its tag is the user of its changes in
// the feed: so whoever finds a change in the feed can work out the whole call, acknowledged or not.

// tag names a call.
type tag struct{ round, caller, n int }

func (t tag) String() string { return fmt.Sprintf("%d.%d.%d", t.round, t.caller, t.n) }

func parseTag(s string) (t tag, err error) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return t, fmt.Errorf("bad tag %q", s)
	}
	for i, p := range []*int{&t.round, &t.caller, &t.n} {
		if *p, err = strconv.Atoi(parts[i]); err != nil {
			return t, fmt.Errorf("bad tag %q", s)
		}
	}
	return t, nil
}

// verb is what a call does.
type verb string

const (
	mUpsert          verb = "mUpsert"
	mCreate          verb = "mCreate"
	mCreateOrReplace verb = "mCreateOrReplace"
	mReplace         verb = "mReplace"
	mUpdate          verb = "mUpdate"
	mDelete          verb = "mDelete"
	mDeleteFields    verb = "mDeleteFields"
	truncate         verb = "truncate"
	drop             verb = "drop" // DeleteCollection, which has no user
)

// odds are the verbs, each as often as it is to be called.
var odds = slices.Concat(
	slices.Repeat([]verb{mUpsert}, 40), slices.Repeat([]verb{mCreate}, 8), slices.Repeat([]verb{mCreateOrReplace}, 10),
	slices.Repeat([]verb{mReplace}, 6), slices.Repeat([]verb{mUpdate}, 12), slices.Repeat([]verb{mDelete}, 10),
	slices.Repeat([]verb{mDeleteFields}, 6), []verb{truncate, drop},
)

const index = "torture"

// collections are few, so that callers meet.
var collections = []string{"a", "b"}

// document is a flat JSON object: keys, and values as they are written.
type document map[string]string

func (d document) json() []byte {
	b := []byte{'{'}
	for _, k := range slices.Sorted(maps.Keys(d)) {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(append(b, '"'), k...), `":`...), d[k]...)
	}
	return append(b, '}')
}

// item is one document of a call.
type item struct {
	id       string
	body     document // or the changes
	defaults document // nil: none
	want     *uint64
	fields   []string
}

// call is a call of one verb.
type call struct {
	tag        tag
	verb       verb
	collection string
	items      []item
	atomic     bool
	silent     bool
}

// newCall works out a call.
func newCall(seed uint64, t tag) call {
	r := rand.New(rand.NewPCG(seed, uint64(t.round)<<40|uint64(t.caller)<<32|uint64(t.n)))
	c := call{
		tag: t, verb: odds[r.IntN(len(odds))], collection: collections[r.IntN(len(collections))],
		atomic: r.IntN(6) == 0, silent: r.IntN(6) == 0,
	}
	if t.n > bulk {
		return c.large(r)
	}
	if c.verb == truncate || c.verb == drop {
		return c
	}
	n := 1
	if r.IntN(3) > 0 {
		n = 1 + r.IntN(40)
	}
	for range n {
		c.items = append(c.items, newItem(r, c.verb))
	}
	return c
}

// bulk is the number after which calls fill the disk: each has new documents, of up to 60 kB.
const bulk = 1 << 24

func (c call) large(r *rand.Rand) call {
	c.verb, c.atomic = mUpsert, false
	for i := range 1 + r.IntN(20) {
		pad := strconv.Quote(strings.Repeat("z", r.IntN(60_000)))
		c.items = append(c.items, item{id: fmt.Sprintf("b%d-%d", c.tag.n, i), body: document{"pad": pad}})
	}
	return c
}

func newItem(r *rand.Rand, v verb) item {
	it := item{id: "d" + strconv.Itoa(r.IntN(200)), body: newDocument(r)}
	switch {
	case v == mUpsert && r.IntN(2) == 0:
		it.defaults = newDocument(r)
	case v == mDelete:
		it.body = nil
	case v == mDeleteFields:
		it.body, it.fields = nil, []string{"k" + strconv.Itoa(r.IntN(8)), "pad"}
	}
	if v != mDelete && r.IntN(10) == 0 { // MDelete has one version for all
		want := uint64(r.IntN(4))
		it.want = &want
	}
	return it
}

func newDocument(r *rand.Rand) document {
	d := document{}
	for range r.IntN(4) {
		d["k"+strconv.Itoa(r.IntN(8))] = strconv.Itoa(r.IntN(1000))
	}
	switch r.IntN(8) {
	case 0: // some pages' worth, now and then
		d["pad"] = strconv.Quote(strings.Repeat("x", r.IntN(12_000)))
	case 1, 2:
		d["pad"] = strconv.Quote(strings.Repeat("y", r.IntN(500)))
	}
	return d
}
