package oracle

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The calls that a worker makes. A call is a function of the seed and its tag, and its tag is the user of its changes
// in the feed: so whoever finds a change in the feed can work out the whole call, acknowledged or not.

// Tag names a call.
type Tag struct{ Round, Caller, N int }

func (t Tag) String() string { return fmt.Sprintf("%d.%d.%d", t.Round, t.Caller, t.N) }

func parseTag(s string) (t Tag, err error) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return t, fmt.Errorf("bad tag %q", s)
	}
	for i, p := range []*int{&t.Round, &t.Caller, &t.N} {
		if *p, err = strconv.Atoi(parts[i]); err != nil {
			return t, fmt.Errorf("bad tag %q", s)
		}
	}
	return t, nil
}

// Verb is what a call does.
type Verb string

const (
	MUpsert          Verb = "mUpsert"
	mCreate          Verb = "mCreate"
	mCreateOrReplace Verb = "mCreateOrReplace"
	mReplace         Verb = "mReplace"
	mUpdate          Verb = "mUpdate"
	mDelete          Verb = "mDelete"
	mDeleteFields    Verb = "mDeleteFields"
	Truncate         Verb = "truncate"
	Drop             Verb = "drop" // DeleteCollection, which has no user
)

// odds are the verbs, each as often as it is to be called.
var odds = slices.Concat(
	slices.Repeat([]Verb{MUpsert}, 40), slices.Repeat([]Verb{mCreate}, 8), slices.Repeat([]Verb{mCreateOrReplace}, 10),
	slices.Repeat([]Verb{mReplace}, 6), slices.Repeat([]Verb{mUpdate}, 12), slices.Repeat([]Verb{mDelete}, 10),
	slices.Repeat([]Verb{mDeleteFields}, 6), slices.Repeat([]Verb{Truncate, Drop}, 2),
)

// Index is the one that all calls are made in.
const Index = "torture"

// Collections are few, so that callers meet.
var Collections = []string{"a", "b"}

// Document is a flat JSON object: keys, and values as they are written.
type Document map[string]string

// JSON writes the keys in their order.
func (d Document) JSON() []byte {
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
	ID       string
	Body     Document // or the changes
	defaults Document // nil: none
	want     uint64   // the version to expect; 0: any
	absent   bool     // there must be none
	fields   []string
}

// Call is a call of one verb.
type Call struct {
	tag        Tag
	Verb       Verb
	collection string
	Items      []item
	Atomic     bool
	silent     bool
	expires    time.Duration // after the call; 0: as before, negative: never
}

// NewCall works out a call.
func NewCall(seed uint64, t Tag) Call {
	r := rand.New(rand.NewPCG(seed, uint64(t.Round)<<40|uint64(t.Caller)<<32|uint64(t.N)))
	c := Call{
		tag: t, Verb: odds[r.IntN(len(odds))], collection: Collections[r.IntN(len(Collections))],
		Atomic: r.IntN(6) == 0, silent: r.IntN(6) == 0,
	}
	if t.N > Bulk {
		return c.large(r)
	}
	if t.Round > 0 && t.Caller >= firstUnique && r.IntN(3) == 0 {
		if c.collection = UniqueCollection; c.Verb == Drop { // which would drop the index
			c.Verb = Truncate
		}
	}
	if c.Verb == Truncate || c.Verb == Drop {
		return c
	}
	if t.Round > 0 && t.Caller >= firstExpiring && c.Verb != mDelete {
		c.expires = expiries[r.IntN(len(expiries))]
	}
	n := 1
	if r.IntN(3) > 0 {
		n = 1 + r.IntN(40)
	}
	for range n {
		it := newItem(r, c.Verb)
		if c.collection == UniqueCollection && c.names(it.ID) { // the feed could not tell which of the two was refused
			continue
		}
		c.Items = append(c.Items, it)
	}
	return c
}

// names says whether an item of the call is of a document.
func (c *Call) names(id string) bool {
	return slices.ContainsFunc(c.Items, func(it item) bool { return it.ID == id })
}

// firstUnique is the first of the callers that call in UniqueCollection too. Others, of harnesses that do not Prepare a
// store, have an index there no more than elsewhere.
const firstUnique = 3

// firstExpiring is the first of the callers whose documents may expire. Scripts, which must be the same each time, have
// others.
const firstExpiring = 3

// expiries are after what time documents expire, each as often as it is to be: mostly not at all, or while a worker runs.
var expiries = []time.Duration{
	0, 0, 0, 0, 0, 0, -1, time.Millisecond, 10 * time.Millisecond, 40 * time.Millisecond, time.Hour,
}

// Bulk is the number after which calls fill the disk: each has new documents, of up to 60 kB.
const Bulk = 1 << 24

func (c Call) large(r *rand.Rand) Call {
	c.Verb, c.Atomic = MUpsert, false
	for i := range 1 + r.IntN(20) {
		pad := strconv.Quote(strings.Repeat("z", r.IntN(60_000)))
		c.Items = append(c.Items, item{ID: fmt.Sprintf("b%d-%d", c.tag.N, i), Body: Document{"pad": pad}})
	}
	return c
}

func newItem(r *rand.Rand, v Verb) item {
	it := item{ID: "d" + strconv.Itoa(r.IntN(200)), Body: NewDocument(r)}
	switch {
	case v == MUpsert && r.IntN(2) == 0:
		it.defaults = NewDocument(r)
	case v == mDelete:
		it.Body = nil
	case v == mDeleteFields:
		it.Body, it.fields = nil, []string{"k" + strconv.Itoa(r.IntN(8)), "pad", "text"}
	}
	if v != mDelete && r.IntN(10) == 0 { // MDelete has one version for all
		it.want = uint64(r.IntN(4))
		it.absent = it.want == 0 && v != mDeleteFields // which needs a document
	}
	return it
}

// newValue makes the value of a field: mostly a number, now and then null, or what has several entries in an index.
func newValue(r *rand.Rand) string {
	switch r.IntN(16) {
	case 0:
		return "null"
	case 1, 2:
		return fmt.Sprintf("[%d,%d]", r.IntN(200), r.IntN(200))
	}
	return strconv.Itoa(r.IntN(200))
}

// NewDocument makes a small one, and now and then one of some pages.
func NewDocument(r *rand.Rand) Document {
	d := Document{}
	for range r.IntN(4) {
		d["k"+strconv.Itoa(r.IntN(8))] = newValue(r)
	}
	switch r.IntN(8) {
	case 0: // some pages' worth, now and then
		d["pad"] = strconv.Quote(strings.Repeat("x", r.IntN(12_000)))
	case 1, 2:
		d["pad"] = strconv.Quote(strings.Repeat("y", r.IntN(500)))
	case 3, 4, 5:
		d["text"], d["at"] = newText(r), newPoint(r)
	}
	return d
}

// texts and towns are the words and the places of documents.
var (
	texts = []string{"north", "south", "of", "the", "coast", "alaska"}
	towns = []string{`"61.2,-149.9"`, `[-118,34]`, `{"lat":64.5,"lon":-165.4}`, `[2.3,48.8]`, `"nowhere"`}
)

// newText makes one or two values of a few words.
func newText(r *rand.Rand) string {
	value := func() string {
		words := make([]string, r.IntN(6))
		for i := range words {
			words[i] = texts[r.IntN(len(texts))]
		}
		return strconv.Quote(strings.Join(words, " "))
	}
	if r.IntN(3) == 0 {
		return "[" + value() + "," + value() + "]"
	}
	return value()
}

// newPoint makes one or two places.
func newPoint(r *rand.Rand) string {
	if r.IntN(3) == 0 {
		return "[" + towns[r.IntN(len(towns))] + "," + towns[r.IntN(len(towns))] + "]"
	}
	return towns[r.IntN(len(towns))]
}
