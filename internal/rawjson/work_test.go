package rawjson

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// What the functions of this package cost: about so many bytes looked at, and allocated, for each byte of what they are
// given. It is counted and not timed, so that a walk that is quadratic fails on any machine.
const (
	mostWork = 20
	mostHeap = 30
)

// costs holds run, which is given size bytes, to the bounds.
func costs(t *testing.T, name string, size int, run func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work := Work(run)
	runtime.ReadMemStats(&after)
	const base = 64 << 10
	if work > mostWork*size+base {
		t.Errorf("%s: %d bytes are looked at for %d, more than %d for each", name, work, size, mostWork)
	}
	if heap := int(after.TotalAlloc - before.TotalAlloc); heap > mostHeap*size+base {
		t.Errorf("%s: %d bytes are allocated for %d, more than %d for each", name, heap, size, mostHeap)
	}
}

// hold holds all that can be done with a document, and with one that has its keys in another order, to the bounds.
func hold(t *testing.T, name string, doc, other []byte, paths []string) {
	t.Helper()
	size := len(doc) + len(other)
	for _, path := range paths {
		size += len(path) + 16
	}
	costs(t, name+": Compact", size, func() {
		if _, err := Compact(doc, MaxDepth); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	})
	costs(t, name+": Elements", size, func() {
		for range Elements([]byte("["+string(doc)+"]"), MaxDepth) {
		}
	})
	costs(t, name+": Equal", size, func() { Equal(doc, other) })
	costs(t, name+": Lookup", size, func() { Lookup(doc, "none") })
	costs(t, name+": Paths", size, func() { Paths(nil, doc, len(doc)) })
	costs(t, name+": Patch", size, func() {
		p := Compile(other)
		for key := range Members(doc) {
			p.Find(p.Root(), key, bytes.IndexByte(key, '\\') >= 0)
		}
	})
	costs(t, name+": DeletePaths", size, func() { DeletePaths(doc, paths) })
}

// wide returns the members of an object of about n bytes, as many as fit.
func wide(n int, value string, reversed bool) string {
	count := n / (len(value) + 9)
	members := make([]string, count)
	for i := range members {
		k := i
		if reversed {
			k = count - 1 - i
		}
		members[i] = fmt.Sprintf(`"%06d":%s`, k, value)
	}
	return strings.Join(members, ",")
}

// shapes are documents of about n bytes that a walk which is not careful takes n² steps for, each with a twin whose keys
// are in another order.
var shapes = []struct {
	name string
	make func(n int) (doc, twin string)
}{
	{"wide", func(n int) (string, string) {
		return "{" + wide(n, "1", false) + "}", "{" + wide(n, "1", true) + "}"
	}},
	{"a long key around many", func(n int) (string, string) {
		key := strings.Repeat("k", n/2)
		return `{"` + key + `":{` + wide(n/2, "{}", false) + `}}`, `{"` + key + `":{` + wide(n/2, "{}", true) + `}}`
	}},
	{"a long key before many", func(n int) (string, string) {
		key := `"` + strings.Repeat("k", n/2) + `":1`
		return `{` + wide(n/2, "1", false) + `,` + key + `}`, `{` + key + `,` + wide(n/2, "1", true) + `}`
	}},
	{"a long key with an escape before many", func(n int) (string, string) {
		key := `"` + strings.Repeat("k", n/2) + `\n":1`
		return `{` + wide(n/2, "1", false) + `,` + key + `}`, `{` + key + `,` + wide(n/2, "1", true) + `}`
	}},
	{"keys of escapes", func(n int) (string, string) {
		a, b := strings.Repeat(`\u00e9`, n/40), strings.Repeat(`\n`, n/40)
		return `{"` + a + `1":1,"` + b + `":2,"` + a + `2":3}`, `{"` + a + `2":3,"` + b + `":2,"` + a + `1":1}`
	}},
	{"long keys that differ in the middle", func(n int) (string, string) {
		half, doc, twin := strings.Repeat("k", n/64), []string{}, []string{}
		for i := range 32 {
			doc = append(doc, fmt.Sprintf(`"%s%02d%s":1`, half, i, half))
			twin = append([]string{doc[i]}, twin...)
		}
		return `{` + strings.Join(doc, ",") + `}`, `{` + strings.Join(twin, ",") + `}`
	}},
	{"deep", func(n int) (string, string) {
		const depth = 900
		rest := `"` + strings.Repeat("v", n/2) + `"`
		return strings.Repeat(`{"a":`, depth) + rest + strings.Repeat(`,"b":[{}]}`, depth),
			strings.Repeat(`{"b":[{}],"a":`, depth) + rest + strings.Repeat(`}`, depth)
	}},
	{"deep, in arrays", func(n int) (string, string) {
		const depth = 400
		rest := `[` + strings.Repeat("1,", n/4) + `1]`
		return strings.Repeat(`{"a":[`, depth) + rest + strings.Repeat(`],"b":1}`, depth),
			strings.Repeat(`{"b":1,"a":[`, depth) + rest + strings.Repeat(`]}`, depth)
	}},
	{"numbers", func(n int) (string, string) {
		return `{"a":[1.` + strings.Repeat("0", n) + `]}`, `{"a":[1.` + strings.Repeat("0", n/2) + `e` + strings.Repeat("0", n/2) + `]}`
	}},
}

func TestWorkIsLinear(t *testing.T) {
	for _, shape := range shapes {
		for n := 1 << 10; n <= 1<<18; n *= 4 {
			// Around the sizes to which the heap rounds up, a buffer may have room for what comes next, or not.
			for _, n := range []int{n, n - 2*3} {
				doc, twin := shape.make(n)
				paths := make([]string, 0, n/8)
				for i := range n / 64 {
					paths = append(paths, fmt.Sprintf("%06d", n-i), fmt.Sprintf("%06d", i), fmt.Sprintf("a.b[%d].c", i))
				}
				hold(t, fmt.Sprint(shape.name, ", ", n), []byte(doc), []byte(twin), paths)
			}
		}
	}
}

// A path of many keys costs what it is long, and so do many paths into one another.
func TestWorkOfPaths(t *testing.T) {
	for n := 1 << 10; n <= 1<<18; n *= 4 {
		for name, path := range map[string]string{
			"keys": strings.Repeat("a.", n/2), "quotes": strings.Repeat(`["`, n/2), "brackets": strings.Repeat("[", n),
			"escapes": `["` + strings.Repeat(`\"`, n/2), "digits": strings.Repeat("[1", n/2), "two quotes": strings.Repeat(`["['`, n/4),
		} {
			costs(t, fmt.Sprint(name, ", ", n), 4*len(path), func() { DeletePaths([]byte(`{"a":{"a":{"a":1}}}`), []string{path}) })
		}
		var distinct []string
		for i := range n / 1024 {
			distinct = append(distinct, strconv.Itoa(i)+strings.Repeat(".a", 500))
		}
		costs(t, fmt.Sprint("distinct, ", n), 8*n, func() { DeletePaths([]byte(`{}`), distinct) })
		depth := min(n/8, 900)
		doc := []byte(strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth))
		paths, size := []string{}, len(doc)
		for len(paths) < n/256 {
			paths = append(paths, strings.Repeat("a.", 128)+strconv.Itoa(len(paths)))
			size += len(paths[0])
		}
		costs(t, fmt.Sprint("into one another, ", n), size, func() { DeletePaths(doc, paths) })
	}
}

// tree is a document that is made at random.
type tree struct {
	keys   []string // that its objects have; nil: any
	names  []string // of its members, nil if it has none
	kids   []tree
	list   bool
	scalar string
}

// random returns an object with up to about size values.
func (t tree) random(rnd *rand.Rand, size int) tree {
	o := tree{keys: t.keys}
	if t.keys != nil {
		for _, i := range rnd.Perm(len(t.keys))[:rnd.IntN(len(t.keys)+1)] {
			o.names = append(o.names, t.keys[i])
		}
	} else {
		long := strings.Repeat([]string{"k", `é"`, "\n"}[rnd.IntN(3)], 1<<rnd.IntN(12))
		for i := range 1 << rnd.IntN(12) {
			if o.names = append(o.names, strconv.Itoa(i)); i == 0 || rnd.IntN(300) == 0 {
				o.names[i] += long
			}
		}
	}
	for range o.names {
		o.kids = append(o.kids, o.value(rnd, size/(len(o.names)+1)))
		size -= size / 8
	}
	if n := len(o.kids); n > 0 && t.keys == nil { // one that goes on deep
		o.kids[n-1] = o.value(rnd, size*9/10)
	}
	return o
}

func (t tree) value(rnd *rand.Rand, size int) tree {
	switch {
	case size <= 1 || rnd.IntN(5) == 0:
		return tree{scalar: []string{"1", "null", `"s"`, "1.50", `"\u00e9"`}[rnd.IntN(5)]}
	case rnd.IntN(3) == 0:
		list := tree{list: true}
		for range 1 + rnd.IntN(4) {
			list.kids = append(list.kids, t.value(rnd, size/3))
		}
		return list
	}
	return tree{keys: t.keys}.random(rnd, size)
}

// object returns the JSON of the tree, with reversed with the keys of all objects in the reverse order.
func (t tree) object(reversed bool) []byte { return t.append(nil, reversed) }

func (t tree) append(b []byte, reversed bool) []byte {
	if t.scalar != "" {
		return append(b, t.scalar...)
	}
	open, closing := byte('{'), byte('}')
	if t.list {
		open, closing = '[', ']'
	}
	b = append(b, open)
	for i := range t.kids {
		if i > 0 {
			b = append(b, ',')
		}
		k := i
		if reversed && !t.list {
			k = len(t.kids) - 1 - i
		}
		if !t.list {
			b = append(AppendString(b, t.names[k]), ':')
		}
		b = t.kids[k].append(b, reversed)
	}
	return append(b, closing)
}

func FuzzWork(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, uint16(1000*seed))
	}
	f.Fuzz(func(t *testing.T, seed uint64, size uint16) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		doc := tree{}.random(rnd, int(size)%(8<<10))
		text, twin := doc.object(false), doc.object(true)
		if len(text) > 256<<10 {
			return
		}
		if _, err := Compact(text, MaxDepth); err != nil {
			return // too deep
		}
		paths, _, _ := Paths(nil, text, len(text))
		rnd.Shuffle(len(paths), func(i, k int) { paths[i], paths[k] = paths[k], paths[i] })
		hold(t, fmt.Sprint(seed, ", ", size), text, twin, paths)
		if !Equal(text, twin) {
			t.Error("a document is not what it is with its keys in another order")
		}
	})
}
