package boltfile

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	bolt "go.etcd.io/bbolt"
)

// eachTree calls fn with each bucket that has pages of its own and no buckets within, as bbolt and as a Tree see it.
func eachTree(t testing.TB, path string, fn func(name string, b *bolt.Bucket, tree *Tree)) {
	t.Helper()
	withBolt(t, path, bolt.Options{ReadOnly: true}, func(db *bolt.DB) error {
		return db.View(func(tx *bolt.Tx) error {
			at := db.Info().Data
			data := unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), tx.Size())
			return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
				nested := errors.New("there are buckets within")
				err := b.ForEachBucket(func([]byte) error { return nested })
				if b.Root() != 0 && err == nil {
					fn(string(name), b, NewTree(data, db.Info().PageSize, uint64(b.Root())))
				}
				return nil
			})
		})
	})
}

// wanted returns keys to look for: those of a bucket, and some between, before and behind them.
func wanted(b *bolt.Bucket) (keys [][]byte) {
	keys = append(keys, []byte{0}, []byte{0xff, 0xff})
	c := b.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		keys = append(keys, bytes.Clone(k), append(bytes.Clone(k), 0), k[:len(k)-1])
	}
	keys = slices.DeleteFunc(keys, func(k []byte) bool { return len(k) == 0 })
	slices.SortFunc(keys, bytes.Compare)
	return keys
}

// A tree has the values that bbolt has, also for keys that are not there.
func TestTreeGet(t *testing.T) {
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			eachTree(t, build(t, bolt.Options{}, shape.fill...), func(name string, b *bolt.Bucket, tree *Tree) {
				keys := wanted(b)
				values := make([][]byte, len(keys))
				tree.GetMany(keys, values)
				for i, key := range keys {
					want := b.Get(key)
					for _, got := range [][]byte{values[i], tree.Get(key)} {
						if !bytes.Equal(got, want) || (got == nil) != (want == nil) {
							t.Fatalf("%.20q, %.20q: %d bytes, nil: %t; want %d, nil: %t", name, key, len(got), got == nil,
								len(want), want == nil)
						}
						if cap(got) != len(got) {
							t.Fatalf("%.20q, %.20q: whoever appends to the value writes to the page", name, key)
						}
					}
				}
			})
		})
	}
}

// A cursor goes where a cursor of bbolt goes, in both directions.
func TestTreeCursor(t *testing.T) {
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			eachTree(t, build(t, bolt.Options{}, shape.fill...), func(name string, b *bolt.Bucket, tree *Tree) {
				want, got := b.Cursor(), tree.Cursor()
				same := func(step string, k1, v1, k2, v2 []byte) {
					if !bytes.Equal(k1, k2) || !bytes.Equal(v1, v2) || (v1 == nil) != (v2 == nil) {
						t.Fatalf("%.20q: %s: %.20q with %d bytes, want %.20q with %d", name, step, k2, len(v2), k1, len(v1))
					}
				}
				k1, v1 := want.First()
				k2, v2 := got.First()
				for same("first", k1, v1, k2, v2); k1 != nil; same("next", k1, v1, k2, v2) {
					k1, v1 = want.Next()
					k2, v2 = got.Next()
				}
				k1, v1 = want.Last()
				k2, v2 = got.Last()
				for same("last", k1, v1, k2, v2); k1 != nil; same("prev", k1, v1, k2, v2) {
					k1, v1 = want.Prev()
					k2, v2 = got.Prev()
				}
				for i, key := range wanted(b) {
					k1, v1 = want.Seek(key)
					k2, v2 = got.Seek(key)
					same("seek", k1, v1, k2, v2)
					for n := 0; n < 5 && k1 != nil; n++ {
						step, by, like := "next", got.Next, want.Next
						if i%2 == 0 {
							step, by, like = "prev", got.Prev, want.Prev
						}
						k1, v1 = like()
						k2, v2 = by()
						same("seek, "+step, k1, v1, k2, v2)
					}
				}
			})
		})
	}
}

// A cursor counts as many keys as one goes through.
func TestCursorCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			eachTree(t, build(t, bolt.Options{}, shape.fill...), func(name string, b *bolt.Bucket, tree *Tree) {
				keys := wanted(b)
				for range 200 {
					from, to, want := keys[r.IntN(len(keys))], keys[r.IntN(len(keys))], 0
					c := b.Cursor()
					for k, _ := c.Seek(from); k != nil && bytes.Compare(k, to) < 0; k, _ = c.Next() {
						want++
					}
					if got := tree.Cursor().Count(from, to); got != want {
						t.Fatalf("%.20q: from %.20q to %.20q there are %d keys, not %d", name, from, to, want, got)
					}
				}
			})
		})
	}
}

// Whatever the pages hold, a tree ends, with a panic at most.
func TestTreeDamaged(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, shape := range shapes {
		path := build(t, bolt.Options{}, shape.fill...)
		contents := contentOf(t, path)
		eachTree(t, path, func(name string, _ *bolt.Bucket, tree *Tree) {
			keys := [][]byte{[]byte("key-00000003")}
			for _, key := range slices.Sorted(maps.Keys(contents[name])) {
				keys = append(keys, []byte(key))
			}
			keys = keys[:min(len(keys), 50)]
			slices.SortFunc(keys, bytes.Compare)
			for range 10 {
				damaged := &Tree{slices.Clone(tree.data), tree.pageSize, tree.root}
				for range 1 + random.IntN(20) {
					damaged.data[random.IntN(len(damaged.data))] = byte(random.UintN(256))
				}
				mayPanic(func() { damaged.GetMany(keys, make([][]byte, len(keys))) })
				mayPanic(func() { damaged.Cursor().Seek(keys[0]) })
				mayPanic(func() { damaged.Cursor().Last() })
			}
		})
	}
}

func mayPanic(fn func()) {
	defer func() { recover() }()
	fn()
}

// Pages that make no sense are told.
func TestTreeTells(t *testing.T) {
	path := build(t, bolt.Options{}, put("b", 5000, 20))
	eachTree(t, path, func(name string, b *bolt.Bucket, tree *Tree) {
		root := tree.root * tree.pageSize
		for what, damage := range map[string]func(page []byte){
			"another id":        func(page []byte) { page[0]++ },
			"flags":             func(page []byte) { page[8] = flagMeta },
			"an empty branch":   func(page []byte) { page[10], page[11] = 0, 0 },
			"a circle":          func(page []byte) { copy(page[pageHeaderSize+8:], order.AppendUint64(nil, tree.root)) },
			"a child too far":   func(page []byte) { page[pageHeaderSize+15] = 1 },
			"a key too far off": func(page []byte) { page[pageHeaderSize+3] = 0xff },
		} {
			damaged := &Tree{slices.Clone(tree.data), tree.pageSize, tree.root}
			damage(damaged.data[root:])
			for how, read := range map[string]func(){
				"get":    func() { damaged.GetMany([][]byte{[]byte("k")}, make([][]byte, 1)) },
				"cursor": func() { damaged.Cursor().Seek([]byte("k")) },
			} {
				if !panics(read) {
					t.Errorf("%s, %s: nobody notices", what, how)
				}
			}
		}
	})
}

// A page that stands where another one belongs is told by whoever walks over it: its keys would come twice, and those of
// the other one not at all.
func TestCursorTellsOrder(t *testing.T) {
	path := build(t, bolt.Options{}, put("b", 500, 20))
	eachTree(t, path, func(name string, b *bolt.Bucket, tree *Tree) {
		pointer := tree.root*tree.pageSize + pageHeaderSize + 8
		for _, swap := range [][2]uint64{{2, 1}, {1, 3}} { // an earlier page, and a later one
			damaged := &Tree{slices.Clone(tree.data), tree.pageSize, tree.root}
			to, from := damaged.data[pointer+swap[0]*elementSize:], damaged.data[pointer+swap[1]*elementSize:]
			copy(to[:8], from[:8])
			c := damaged.Cursor()
			for way, walk := range map[string]func(){
				"forwards": func() {
					for k, _ := c.First(); k != nil; k, _ = c.Next() {
					}
				},
				"backwards": func() {
					for k, _ := c.Last(); k != nil; k, _ = c.Prev() {
					}
				},
			} {
				if !panics(walk) {
					t.Errorf("page %d in place of page %d, %s: nobody notices", swap[1], swap[0], way)
				}
			}
		}
	})
}

// A key is not absent because a page stands where its own belongs, or because an element calls itself a bucket.
func TestTreeTellsWhatIsHidden(t *testing.T) {
	path := build(t, bolt.Options{}, put("b", 500, 20))
	eachTree(t, path, func(name string, b *bolt.Bucket, tree *Tree) {
		root := tree.node(tree.root)
		pointer := tree.root*tree.pageSize + pageHeaderSize + 8
		for _, swap := range [][2]int{{2, 1}, {1, 3}, {0, root.count - 1}, {root.count - 1, 0}} {
			damaged := &Tree{slices.Clone(tree.data), tree.pageSize, tree.root}
			to := damaged.data[pointer+uint64(swap[0])*elementSize:]
			copy(to[:8], order.AppendUint64(nil, root.child(swap[1])))
			hidden := tree.node(root.child(swap[0]))
			for i := range hidden.count {
				key := hidden.key(i)
				if !panics(func() { damaged.Get(key) }) || !panics(func() { damaged.Cursor().Seek(key) }) {
					t.Errorf("page %d in place of page %d, %q: nobody notices", swap[1], swap[0], key)
				}
			}
			other := tree.node(root.child(4))
			if key := other.key(0); len(damaged.Get(key)) != 20 {
				t.Errorf("%q of another page is not found", key)
			}
		}
		damaged := &Tree{slices.Clone(tree.data), tree.pageSize, tree.root}
		leaf := damaged.node(root.child(1))
		leaf.data[pageHeaderSize+elementSize] |= bucketFlag // of the second element
		if key := leaf.key(1); !panics(func() { damaged.Get(key) }) || !panics(func() { damaged.Cursor().Seek(key) }) {
			t.Errorf("%q calls itself a bucket: nobody notices", key)
		}
		if key := leaf.key(2); len(damaged.Get(key)) != 20 {
			t.Errorf("%q, after an element that calls itself a bucket, is not found", key)
		}
	})
}

// A cursor that looks ahead does not fail for a page that it does not get to.
func TestCursorLooksAhead(t *testing.T) {
	path := build(t, bolt.Options{}, put("b", 1000, 20))
	eachTree(t, path, func(name string, b *bolt.Bucket, tree *Tree) {
		damaged := &Tree{slices.Clone(tree.data), tree.pageSize, tree.root}
		root := damaged.node(damaged.root)
		if root.count < ahead+4 {
			t.Fatalf("%d pages only", root.count)
		}
		pointer := damaged.root*damaged.pageSize + pageHeaderSize + 8
		copy(damaged.data[pointer+(ahead+2)*elementSize:], order.AppendUint64(nil, 1<<40))
		c, last := damaged.Cursor(), root.key(ahead+2)
		for k, _ := c.First(); ; k, _ = c.Next() {
			if bytes.Equal(k, lastBefore(b, last)) {
				break
			}
		}
		if !panics(func() { c.Next() }) {
			t.Error("the cursor gets to a page that is not there, and nobody notices")
		}
	})
}

// lastBefore returns the last key before another one.
func lastBefore(b *bolt.Bucket, key []byte) []byte {
	c := b.Cursor()
	c.Seek(key)
	k, _ := c.Prev()
	return k
}

// A leaf page on another level than the rest is told, also where its elements look like those of a branch page.
func TestTreeTellsLevels(t *testing.T) {
	path := build(t, bolt.Options{}, put("b", 30_000, 0))
	eachTree(t, path, func(name string, b *bolt.Bucket, tree *Tree) {
		damaged := &Tree{slices.Clone(tree.data), tree.pageSize, tree.root}
		root := damaged.node(damaged.root)
		if damaged.node(root.child(0)).leaf {
			t.Fatal("two levels only")
		}
		pointer := damaged.root*damaged.pageSize + pageHeaderSize + 8
		deep := damaged.node(root.child(1))
		copy(damaged.data[pointer+elementSize:][:8], order.AppendUint64(nil, deep.child(0))) // a leaf
		keys := [][]byte{[]byte("key-00000000"), root.key(1)}
		if !panics(func() { damaged.GetMany(keys, make([][]byte, 2)) }) {
			t.Error("nobody notices")
		}
	})
}

func panics(fn func()) (yes bool) {
	defer func() { yes = recover() != nil }()
	fn()
	return false
}

// BenchmarkTree gets ten keys of 200,000, with bbolt and with a tree.
func BenchmarkTree(b *testing.B) {
	path := build(b, bolt.Options{}, put("b", 200_000, 300))
	eachTree(b, path, func(name string, bucket *bolt.Bucket, tree *Tree) {
		r := rand.New(rand.NewPCG(1, 2))
		var lists [][][]byte
		for range 10_000 {
			keys := make([][]byte, 10)
			for i := range keys {
				keys[i] = fmt.Appendf(nil, "key-%08d", r.IntN(200_000))
			}
			slices.SortFunc(keys, bytes.Compare)
			lists = append(lists, keys)
		}
		values := make([][]byte, 10)
		run := func(name string, get func(keys [][]byte)) {
			b.Run(name, func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if get(lists[i%len(lists)]); values[9] == nil {
						b.Fatal("a key is not there")
					}
				}
			})
		}
		run("bbolt", func(keys [][]byte) {
			c := bucket.Cursor()
			for i, key := range keys {
				_, values[i] = c.Seek(key)
			}
		})
		run("tree", func(keys [][]byte) { tree.GetMany(keys, values) })
	})
}
