package kv

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// treeEntry makes an entry as it lies in a batch.
func treeEntry(key, value string) entry {
	b := binary.AppendUvarint([]byte(key), uint64(len(value)))
	b = append(b, value...)
	return entry{data: &b[0], size: int32(len(value)), keySize: uint16(len(key))}
}

func TestEntryValue(t *testing.T) {
	for _, n := range []int{0, 1, 127, 128, 16383, 16384, 1<<21 - 1, 1 << 21} {
		want := strings.Repeat("v", n)
		e := treeEntry("key", want)
		if got := e.value(); got == nil || string(got) != want || e.key() != "key" || e.deleted() {
			t.Errorf("a value of %d bytes comes back with %d", n, len(got))
		}
	}
	e := entry{data: &[]byte("key")[0], size: deleted, keySize: 3}
	if e.value() != nil || !e.deleted() || e.key() != "key" {
		t.Error("a tombstone has a value")
	}
}

// A tree does what a map and a sort do, in each of several epochs, and no tree of an epoch before changes.
func TestTree(t *testing.T) {
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 1))
		m := treeModel{t: t, random: random, keys: 1 + random.IntN(4000), want: map[string]string{}}
		var old []treeModel
		for range 6 {
			m.epoch++
			for range random.IntN(2000) {
				m.step()
			}
			m.check()
			old = append(old, m)
			m.want = maps.Clone(m.want)
		}
		for i := range old {
			old[i].check()
		}
	}
}

// treeModel is a tree and what it must have.
type treeModel struct {
	t      *testing.T
	random *rand.Rand
	keys   int
	next   int // of keys that ascend
	epoch  uint64
	tree   tree
	other  tree // which the same writer writes to
	writer writer
	want   map[string]string
}

// step changes one entry: of any key, or of one behind those before.
func (m *treeModel) step() {
	n := m.random.IntN(m.keys)
	switch m.random.IntN(8) {
	case 0, 1, 2:
		m.next = n
	case 3:
		m.next = 0
	default:
		m.next += 1 + m.random.IntN(3)
		n = m.next
	}
	key := fmt.Sprintf("%05d", n)
	_, has := m.want[key]
	if m.random.IntN(5) < 2 {
		if got := m.writer.delete(&m.tree, m.epoch, key); got != has {
			m.t.Fatalf("deleting %s says %v", key, got)
		}
		delete(m.want, key)
		return
	}
	if n%16 == 0 {
		m.writer.set(&m.other, m.epoch, treeEntry(key, "other"))
	}
	value := fmt.Sprint(m.random.IntN(1000))
	if got := m.writer.set(&m.tree, m.epoch, treeEntry(key, value)); got != has {
		m.t.Fatalf("setting %s says %v", key, got)
	}
	m.want[key] = value
}

// check compares all that can be read of the tree.
func (m *treeModel) check() {
	var keys []string
	for key, value := range m.want {
		keys = append(keys, key)
		if e, ok := m.tree.Get(key); !ok || string(e.value()) != value {
			m.t.Fatalf("%s is missing, or has another value", key)
		}
	}
	slices.Sort(keys)
	if m.tree.Len() != len(keys) {
		m.t.Fatalf("%d entries, want %d", m.tree.Len(), len(keys))
	}
	checkNode(m.t, m.tree.root)
	up, down := m.walk((*iterator).First, (*iterator).Next), m.walk((*iterator).Last, (*iterator).Prev)
	slices.Reverse(down)
	if !slices.Equal(up, keys) || !slices.Equal(down, keys) {
		m.t.Fatalf("%d keys up, %d down, want %d", len(up), len(down), len(keys))
	}
	for range 50 {
		from := fmt.Sprintf("%05d", m.random.IntN(m.keys+10))
		at, has := slices.BinarySearch(keys, from)
		if _, ok := m.tree.Get(from); ok != has {
			m.t.Fatalf("Get(%s) says %v", from, ok)
		}
		seek := func(it *iterator) bool { return it.Seek(from) }
		if got := m.walk(seek, (*iterator).Next); !slices.Equal(got, keys[at:]) {
			m.t.Fatalf("%d keys from %s on, want %d", len(got), from, len(keys)-at)
		}
		if at == len(keys) {
			continue
		}
		got := m.walk(seek, (*iterator).Prev)
		if slices.Reverse(got); !slices.Equal(got, keys[:at+1]) {
			m.t.Fatalf("%d keys from %s down, want %d", len(got), from, at+1)
		}
	}
}

// checkNode looks whether the nodes have what they say, and keep nothing alive besides.
func checkNode(t *testing.T, n *node) {
	if n == nil {
		return
	}
	if n.n < 1 || n.n > fan {
		t.Fatalf("a node has %d entries", n.n)
	}
	for i := range fan {
		if i >= n.n && n.entries[i] != (entry{}) {
			t.Fatal("a node keeps an entry that is not its own")
		}
		switch {
		case n.children == nil:
		case i < n.n:
			checkNode(t, n.children[i])
		case n.children[i] != nil:
			t.Fatal("a node keeps a child that is not its own")
		}
	}
}

// walk returns the keys that a walk passes.
func (m *treeModel) walk(begin, next func(*iterator) bool) (keys []string) {
	it := m.tree.Iter()
	for ok := begin(&it); ok; ok = next(&it) {
		keys = append(keys, it.Key())
	}
	return keys
}

// Keys that ascend leave full nodes, keys in any order nodes that are half full at least.
func TestTreeFill(t *testing.T) {
	const n = 30_000
	for _, ascend := range []bool{true, false} {
		var tr tree
		var w writer
		order := rand.New(rand.NewPCG(1, 2)).Perm(n)
		for i := range n {
			if !ascend {
				i = order[i]
			}
			w.set(&tr, 1, treeEntry(fmt.Sprintf("%06d", i), ""))
		}
		leaves := 0
		var count func(*node)
		count = func(n *node) {
			if n.children == nil {
				leaves++
				return
			}
			for _, c := range n.children[:n.n] {
				count(c)
			}
		}
		count(tr.root)
		if most := map[bool]int{true: n / fan, false: n / (fan / 2)}[ascend]; leaves > most {
			t.Errorf("ascend %v: %d leaves, want %d at most", ascend, leaves, most)
		}
	}
}

// A length that is written with more bytes than it needs is no batch: a value is found by the length of its length.
func TestDecodeLongLength(t *testing.T) {
	var b Batch
	b.EnsureBucket([]byte("b"))
	b.Put([]byte("b"), []byte("k"), nil)
	encoded := b.Encoded()
	long := append(slices.Clone(encoded[:len(encoded)-1]), 0x80, 0)
	if err := NewOverlay().Apply(encoded); err != nil {
		t.Error(err)
	}
	if err := NewOverlay().Apply(long); err == nil {
		t.Error("a length with a byte too many is taken")
	}
}
