package pack

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// stored is a bucket as it is stored, in sorted slices.
type stored struct{ keys, values [][]byte }

func (s *stored) at(key []byte) (int, bool) {
	return slices.BinarySearchFunc(s.keys, key, bytes.Compare)
}

func (s *stored) Get(key []byte) []byte {
	if i, ok := s.at(key); ok {
		return s.values[i]
	}
	return nil
}

func (s *stored) Put(key, value []byte) error {
	i, ok := s.at(key)
	if ok {
		s.values[i] = value
		return nil
	}
	s.keys, s.values = slices.Insert(s.keys, i, key), slices.Insert(s.values, i, value)
	return nil
}

func (s *stored) Delete(key []byte) error {
	i, ok := s.at(key)
	if !ok {
		panic("a block is deleted that is not there")
	}
	s.keys, s.values = slices.Delete(s.keys, i, i+1), slices.Delete(s.values, i, i+1)
	return nil
}

func (s *stored) Cursor() kv.Cursor { return &walk{s: s} }

// walk is a cursor over stored. It is not stepped once it has returned no key.
type walk struct {
	s    *stored
	i    int
	over bool
}

func (w *walk) here() (k, v []byte) {
	if w.over = w.i < 0 || w.i >= len(w.s.keys); w.over {
		return nil, nil
	}
	return w.s.keys[w.i], w.s.values[w.i]
}

func (w *walk) step(by int) (k, v []byte) {
	if w.over {
		panic("a cursor is stepped that stands nowhere")
	}
	w.i += by
	return w.here()
}

func (w *walk) First() (k, v []byte)          { w.i = 0; return w.here() }
func (w *walk) Last() (k, v []byte)           { w.i = len(w.s.keys) - 1; return w.here() }
func (w *walk) Seek(key []byte) (k, v []byte) { w.i, _ = w.s.at(key); return w.here() }
func (w *walk) Next() (k, v []byte)           { return w.step(1) }
func (w *walk) Prev() (k, v []byte)           { return w.step(-1) }

// forwardOnly is stored, of which cursors only seek and go forward.
type forwardOnly struct{ *stored }

func (t forwardOnly) Cursor() kv.Cursor { return forward{t.stored.Cursor()} }

type forward struct{ kv.Cursor }

func (forward) First() (k, v []byte) { panic("First") }
func (forward) Last() (k, v []byte)  { panic("Last") }
func (forward) Prev() (k, v []byte)  { panic("Prev") }

// model is a bucket with packed keys, beside a map that says what is in it.
type model struct {
	*testing.T
	stored *stored
	writer *Writer
	rule   Rule
	want   map[string]string
}

func newModel(t *testing.T) *model {
	rule := Rule{First: 'f', Group: 2}
	m := &model{T: t, stored: &stored{}, rule: rule, want: map[string]string{}}
	m.writer = NewWriter(forwardOnly{m.stored}, rule)
	for _, plain := range []string{"a", "e\xff", "f", "fa", "fb\xff\x01", "g", "zz"} {
		m.plain(plain, "plain "+plain)
	}
	return m
}

func (m *model) must(err error) {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
}

func (m *model) plain(key, value string) {
	m.must(m.stored.Put([]byte(key), []byte(value)))
	m.want[key] = value
}

func (m *model) put(key, value string) {
	m.must(m.writer.Put([]byte(key), []byte(value)))
	m.want[key] = value
}

func (m *model) delete(key string) {
	m.must(m.writer.Delete([]byte(key)))
	delete(m.want, key)
}

// compare flushes, and compares all that can be read.
func (m *model) compare() {
	m.Helper()
	m.must(m.writer.Flush())
	b := NewBucket(m.stored, m.rule)
	keys := slices.Sorted(maps.Keys(m.want))
	c, i := b.Cursor(), 0
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if i >= len(keys) || string(k) != keys[i] || string(v) != m.want[keys[i]] || v == nil {
			m.Fatalf("key %d is %q with %q", i, k, v)
		}
		i++
	}
	if i != len(keys) {
		m.Fatalf("%d of %d keys", i, len(keys))
	}
	for k, v := c.Last(); k != nil; k, v = c.Prev() {
		if i--; i < 0 || string(k) != keys[i] || string(v) != m.want[keys[i]] {
			m.Fatalf("backwards key %d is %q with %q", i, k, v)
		}
	}
	if i != 0 {
		m.Fatalf("backwards %d keys are missing", i)
	}
	m.compareBlocks()
}

// compareBlocks looks at the blocks themselves.
func (m *model) compareBlocks() {
	m.Helper()
	for i, key := range m.stored.keys {
		if !m.rule.IsBlock(key) {
			continue
		}
		var c content
		c.read(key, m.stored.values[i], nil)
		if n := len(m.stored.values[i]); c.len() > 1 && n > largest+len(key)+len(c.key(0))+64 {
			m.Fatalf("a block has %d bytes, and %d keys", n, c.len())
		}
		for j := range c.len() {
			if !m.rule.together(c.key(j), key) {
				m.Fatalf("a block has %q and %q", key, c.key(j))
			}
		}
	}
}

// look compares what is found at a key, and from one key to another.
func (m *model) look(key, to string) {
	m.Helper()
	b := NewBucket(m.stored, m.rule)
	want, there := m.want[key]
	many := [][]byte{nil, nil}
	b.GetMany([][]byte{[]byte(min(key, to)), []byte(max(key, to))}, many)
	got := many[0]
	if key > to {
		got = many[1]
	}
	if one := b.Get([]byte(key)); there != (one != nil) || string(one) != want || !bytes.Equal(got, one) || (got == nil) != (one == nil) {
		m.Fatalf("Get(%q) = %q, GetMany %q; want %q, %v", key, one, got, want, there)
	}
	keys := slices.Sorted(maps.Keys(m.want))
	i, _ := slices.BinarySearch(keys, key)
	j, _ := slices.BinarySearch(keys, to)
	if n := b.CountRange([]byte(key), []byte(to)); n != max(0, j-i) {
		m.Fatalf("%d keys from %q to %q; want %d", n, key, to, max(0, j-i))
	}
	c := b.Cursor()
	for range 2 { // the second time the cursor stands there
		k, v := c.Seek([]byte(key))
		if i == len(keys) {
			if k != nil {
				m.Fatalf("Seek(%q) finds %q", key, k)
			}
			return
		}
		if string(k) != keys[i] || string(v) != m.want[keys[i]] {
			m.Fatalf("Seek(%q) finds %q with %q; want %q", key, k, v, keys[i])
		}
	}
	if k, _ := c.Next(); i+1 < len(keys) && string(k) != keys[i+1] {
		m.Fatalf("behind %q comes %q; want %q", keys[i], k, keys[i+1])
	}
	c.Seek([]byte(key))
	if k, _ := c.Prev(); i > 0 && string(k) != keys[i-1] || i == 0 && k != nil {
		m.Fatalf("before %q comes %q", keys[i], k)
	}
}

// random returns a key, of one of a few groups, and short or long.
func random(r *rand.Rand) string {
	key := "f" + string(rune('a'+r.IntN(3))) + strings.Repeat("word", r.IntN(3)) + fmt.Sprint(r.IntN(400))
	switch r.IntN(40) {
	case 0:
		return key[:3]
	case 1:
		return key + strings.Repeat("long", r.IntN(200))
	}
	return key
}

// zigzag walks one cursor to and fro over all borders of blocks.
func (m *model) zigzag() {
	m.Helper()
	keys := slices.Sorted(maps.Keys(m.want))
	c := NewBucket(m.stored, m.rule).Cursor()
	at := 0
	k, _ := c.First()
	for _, step := range []int{1, 1, 1, -1, -1, 1, 1, 1, 1, -1} {
		for range len(keys) {
			if string(k) != keys[at] {
				m.Fatalf("on the way there is %q where %q should be", k, keys[at])
			}
			if at+step < 0 || at+step >= len(keys) {
				break
			}
			if at += step; step > 0 {
				k, _ = c.Next()
			} else {
				k, _ = c.Prev()
			}
		}
	}
	for i := 1; i < len(keys)-1; i++ { // over each key, backward and forward
		for n, key := range []string{keys[i], keys[i-1], keys[i], keys[i+1], keys[i]} {
			switch n {
			case 0:
				k, _ = c.Seek([]byte(key))
			case 1, 4:
				k, _ = c.Prev()
			default:
				k, _ = c.Next()
			}
			if string(k) != key {
				m.Fatalf("step %d around %q finds %q; want %q", n, keys[i], k, key)
			}
		}
	}
}

func TestModel(t *testing.T) {
	for seed := range uint64(6) {
		m, r := newModel(t), rand.New(rand.NewPCG(seed, 1))
		for range 60 {
			keys := make([]string, r.IntN(100))
			for i := range keys {
				keys[i] = random(r)
			}
			if r.IntN(4) > 0 {
				slices.Sort(keys)
			}
			most := 100
			if r.IntN(10) == 0 {
				most = 3000
			}
			deleted := r.IntN(10)
			for _, key := range keys {
				if r.IntN(10) < deleted {
					m.delete(key)
				} else {
					m.put(key, strings.Repeat("v", r.IntN(1+r.IntN(most))))
				}
			}
			m.compare()
			for range 20 {
				m.look(random(r), random(r))
				m.portions(r)
			}
			m.look("a", "h")
			m.look("h", "f")
			m.look("fb", "zzz")
		}
		m.zigzag()
	}
}

// A bucket of which all keys were deleted has no blocks.
func TestEmpty(t *testing.T) {
	m := newModel(t)
	for i := range 2000 {
		m.put(fmt.Sprintf("fa%06d", i), "")
	}
	m.compare()
	for i := range 2000 {
		m.delete(fmt.Sprintf("fa%06d", i))
	}
	m.compare()
	if n := len(m.stored.keys); n != 7 {
		t.Errorf("%d keys are stored", n)
	}
}

// fill is how full blocks are: what all of them could have been, against how many there are.
func (m *model) fill() float64 {
	m.compare()
	blocks, size := 0, 0
	for i, key := range m.stored.keys {
		if m.rule.IsBlock(key) {
			blocks++
			size += len(m.stored.values[i])
		}
	}
	return float64(size) / float64(blocks*largest)
}

func TestFill(t *testing.T) {
	for name, test := range map[string]struct {
		least float64
		run   func(m *model, r *rand.Rand)
	}{
		"ascending": {0.95, func(m *model, r *rand.Rand) {
			for i := range 50000 {
				m.put(fmt.Sprintf("fa%08d", i), "v")
			}
		}},
		"ascending, in many slices": {0.9, func(m *model, r *rand.Rand) {
			for i := range 50000 {
				if m.put(fmt.Sprintf("fa%08d", i), "v"); i%100 == 0 {
					m.must(m.writer.Flush())
				}
			}
		}},
		"at random": {0.65, func(m *model, r *rand.Rand) {
			for i := range 50000 {
				if m.put(fmt.Sprintf("fa%08d", r.IntN(1e8)), "v"); i%100 == 0 {
					m.must(m.writer.Flush())
				}
			}
		}},
		"words": {0.65, func(m *model, r *rand.Rand) {
			for slice := range 40 {
				var keys []string
				for i := range 500 {
					for range 8 {
						word := int(1000 * r.Float64() * r.Float64() * r.Float64())
						keys = append(keys, fmt.Sprintf("faword%d\x00\x01%07d", word, 500*slice+i))
					}
				}
				slices.Sort(keys)
				for _, key := range keys {
					m.put(key, "vv")
				}
				m.must(m.writer.Flush())
			}
		}},
		"three of four deleted": {0.5, func(m *model, r *rand.Rand) {
			for i := range 50000 {
				m.put(fmt.Sprintf("fa%08d", i), "v")
			}
			for i := range 50000 {
				if r.IntN(4) > 0 {
					m.delete(fmt.Sprintf("fa%08d", i))
				}
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newModel(t)
			test.run(m, rand.New(rand.NewPCG(1, 2)))
			if got := m.fill(); got < test.least {
				t.Errorf("blocks are full to %.2f; want %.2f", got, test.least)
			} else {
				t.Logf("blocks are full to %.2f", got)
			}
		})
	}
}

// Keys that a cursor has returned stay as they are, wherever the cursor goes then: scans keep them.
func TestKeysStay(t *testing.T) {
	m := newModel(t)
	for i := range 400 {
		m.put(fmt.Sprintf("fa%06d", i), "v")
	}
	m.compare()
	c := NewBucket(m.stored, m.rule).Cursor()
	var keys [][]byte
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		keys = append(keys, k)
	}
	for i := range 400 {
		c.Seek(fmt.Appendf(nil, "fa%06d", 399-i))
	}
	for i, want := range slices.Sorted(maps.Keys(m.want)) {
		if string(keys[i]) != want {
			t.Fatalf("key %d was %q, and is %q", i, want, keys[i])
		}
	}
}

// Each group has blocks of its own: also the first keys of one that lies in front of another, and those that come once all
// keys of the group were deleted.
func TestGroups(t *testing.T) {
	m := newModel(t)
	for range 2 {
		for _, group := range []string{"fc", "fb", "fa"} {
			m.put(group+"1", "v")
			m.compare()
			m.put(group+"2", "v")
			m.compare()
		}
		for _, group := range []string{"fb", "fa"} {
			m.delete(group + "1")
			m.delete(group + "2")
			m.compare()
		}
	}
}

// Every changed byte of a block is found.
func TestDamage(t *testing.T) {
	m := newModel(t)
	for i := range 40 {
		m.put(fmt.Sprintf("fa%06d", i), "v")
	}
	m.compare()
	i, _ := m.stored.at([]byte("fa\xff"))
	block := m.stored.values[i]
	for at := range block {
		damaged := bytes.Clone(block)
		damaged[at] ^= 1 << (at % 8)
		m.stored.values[i] = damaged
		for name, read := range map[string]func(b *Bucket){
			"Get":   func(b *Bucket) { b.Get([]byte("fa000020")) },
			"scan":  func(b *Bucket) { b.Cursor().First(); c := b.Cursor(); c.Seek([]byte("fa0")) },
			"count": func(b *Bucket) { b.CountRange([]byte("a"), []byte("z")) },
			"portion": func(b *Bucket) {
				b.Portions([]byte("fa0"), []byte("fa0")).Read(nil, 1, &kv.Portion{})
			},
		} {
			if !panics(func() { read(NewBucket(m.stored, m.rule)) }) {
				t.Errorf("%s does not find the damage at %d", name, at)
			}
		}
	}
}

// Blocks that stand in each other's place are found, and so are such that are not in order.
func TestWrongPlace(t *testing.T) {
	m := newModel(t)
	for i := range 400 {
		m.put(fmt.Sprintf("fa%06d", i), "v")
	}
	m.compare()
	i, _ := m.stored.at([]byte("fa000000"))
	s := m.stored
	if !m.rule.IsBlock(s.keys[i]) || !m.rule.IsBlock(s.keys[i+1]) {
		t.Fatal("there are no two blocks")
	}
	s.values[i], s.values[i+1] = s.values[i+1], s.values[i]
	if !panics(func() { NewBucket(s, m.rule).Get([]byte("fa000001")) }) {
		t.Error("a block in another's place is not found")
	}
	s.values[i], s.values[i+1] = s.values[i+1], s.values[i]
	whole := s.values[i]
	var l list
	l.add([]byte("fa999999"), nil, true)
	_, s.values[i] = l.take(1, s.keys[i])
	if !panics(func() { NewBucket(s, m.rule).Cursor().Seek([]byte("fa000000")) }) {
		t.Error("a block with a key above its bound is not found")
	}
	s.values[i] = whole
	l.add([]byte("fa000000"), nil, true)
	_, s.values[i+1] = l.take(1, s.keys[i+1])
	for name, walk := range map[string]func(c kv.Cursor){
		"forward":  func(c kv.Cursor) { c.Seek(s.keys[i]); c.Next() },
		"backward": func(c kv.Cursor) { c.Seek(s.keys[i+2]); c.Prev(); c.Prev() },
	} {
		if !panics(func() { walk(NewBucket(s, m.rule).Cursor()) }) {
			t.Errorf("%s, a block that reaches over the next one is not found", name)
		}
	}
}

func panics(fn func()) (yes bool) {
	defer func() { yes = recover() != nil }()
	fn()
	return false
}

// A block of any bytes is read, or refused by a panic of this package; and never with more memory than it has bytes to
// show for.
func FuzzBlock(f *testing.F) {
	var l list
	for i := range 5 {
		l.add([]byte(fmt.Sprintf("fa%d", i)), []byte("value"), true)
	}
	bound, block := l.take(5, []byte("fa\xff"))
	f.Add(bound, block[sumSize:])
	f.Fuzz(func(t *testing.T, bound, rest []byte) {
		block := append(make([]byte, sumSize), rest...)
		s := sum(bound, rest)
		block[0], block[1], block[2], block[3] = byte(s>>24), byte(s>>16), byte(s>>8), byte(s)
		defer func() {
			if r := recover(); r != nil {
				if text, ok := r.(string); !ok || text != malformed(bound) {
					t.Fatal(r)
				}
			}
		}()
		var p kv.Portion
		var prefix []byte
		if len(bound) > 1 && bound[0] < 0xff && bound[1] < 0xff {
			prefix = bound[:2]
			b := NewBucket(&stored{keys: [][]byte{bound}, values: [][]byte{block}}, Rule{First: bound[0], Group: 1})
			b.Portions(prefix, prefix).Read(nil, 1<<30, &p)
		}
		var c content
		c.read(bound, block, nil)
		n := 0
		for i := range c.len() {
			if prefix != nil && bytes.HasPrefix(c.key(i), prefix) {
				if n == p.Len() || !bytes.Equal(c.key(i)[2:], p.Key(n)) || !bytes.Equal(c.values[i], p.Value(n)) {
					t.Fatalf("portion: key %d is not %q", n, c.key(i))
				}
				n++
			}
			if got := find(bound, block, c.key(i)); got == nil || !bytes.Equal(got, c.values[i]) {
				t.Fatalf("find(%q) = %q", c.key(i), got)
			}
		}
		if n != p.Len() {
			t.Fatalf("a portion of %d keys, want %d", p.Len(), n)
		}
	})
}
