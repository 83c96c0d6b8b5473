package pack

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// portions compares what is read in portions: the keys with a prefix, from one on, without some that are passed over.
func (m *model) portions(r *rand.Rand) {
	m.Helper()
	prefix := "f" + string(rune('a'+r.IntN(3))) + strings.Repeat("word", r.IntN(3))
	prefix += []string{"", fmt.Sprint(r.IntN(10)), fmt.Sprint(r.IntN(400))}[r.IntN(3)]
	var keys, passed []string
	from := prefix + []string{"", fmt.Sprint(r.IntN(400)), "w"}[r.IntN(3)]
	for _, key := range slices.Sorted(maps.Keys(m.want)) {
		if strings.HasPrefix(key, prefix) && key >= from {
			keys = append(keys, key)
		}
	}
	for range r.IntN(1 + r.IntN(20)) {
		one := prefix + fmt.Sprint(r.IntN(400))
		if r.IntN(2) == 0 && len(keys) > 0 {
			one = keys[r.IntN(len(keys))]
		}
		if one >= from {
			passed = append(passed, one)
		}
	}
	slices.Sort(passed)
	passed = slices.Compact(passed)
	c := NewBucket(m.stored, m.rule).Portions([]byte(prefix), []byte(from))
	at := 0
	read := func(until []byte) {
		for more, most := true, 1+r.IntN(200); more; {
			var p kv.Portion
			more = c.Read(until, most, &p)
			for i := range p.Len() {
				if got := prefix + string(p.Key(i)); at == len(keys) || got != keys[at] || string(p.Value(i)) != m.want[got] {
					m.Fatalf("%q, from %q: portion has %q as number %d of %d", prefix, from, got, at, len(keys))
				}
				if head := append(bytes.Clone(p.Key(i)), make([]byte, 8)...); fmt.Sprintf("%x", head[:8]) != fmt.Sprintf("%016x", p.Head(i)) {
					m.Fatalf("the head of %q is %x", p.Key(i), p.Head(i))
				}
				at++
			}
			if p.Len() < most {
				break
			}
		}
	}
	for _, one := range passed {
		read([]byte(one))
		if at < len(keys) && keys[at] == one {
			at++
		}
	}
	if read(nil); at != len(keys) {
		m.Fatalf("%q, from %q: %d keys of %d: %q passed %q", prefix, from, at, len(keys), keys, passed)
	}
	var p kv.Portion
	if c.Read(nil, 1, &p) || p.Len() > 0 {
		m.Fatalf("%q: there is more behind the end", prefix)
	}
}
