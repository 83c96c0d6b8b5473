package kvtest

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// state is what an engine should hold: the values by bucket and key.
type state map[string]map[string]string

func (s state) clone() state {
	c := make(state, len(s))
	for name, keys := range s {
		c[name] = maps.Clone(keys)
	}
	return c
}

// buckets returns the names from the one given on.
func (s state) buckets(from string) []string {
	names := slices.Sorted(maps.Keys(s))
	i, _ := slices.BinarySearch(names, from)
	return names[i:]
}

type pair struct{ key, value string }

// scan returns what View.Scan should.
func (s state) scan(bucket string, from []byte, reverse bool) []pair {
	keys := slices.Sorted(maps.Keys(s[bucket]))
	switch i, found := slices.BinarySearch(keys, string(from)); {
	case from == nil:
	case !reverse:
		keys = keys[i:]
	case found:
		keys = keys[:i+1]
	default:
		keys = keys[:i]
	}
	if reverse {
		slices.Reverse(keys)
	}
	var pairs []pair
	for _, key := range keys {
		pairs = append(pairs, pair{key, s[bucket][key]})
	}
	return pairs
}

// writer makes the same changes to a batch and to a state.
type writer struct {
	batch kv.Batch
	state state
}

func (w *writer) put(bucket, key, value string) {
	w.batch.Put([]byte(bucket), []byte(key), []byte(value))
	w.state[bucket][key] = value
}

func (w *writer) delete(bucket, key string) {
	w.batch.Delete([]byte(bucket), []byte(key))
	delete(w.state[bucket], key)
}

func (w *writer) deleteRange(bucket, from, to string) {
	w.batch.DeleteRange([]byte(bucket), []byte(from), []byte(to))
	maps.DeleteFunc(w.state[bucket], func(key, _ string) bool { return key >= from && (to == "" || key < to) })
}

func (w *writer) ensure(bucket string) {
	w.batch.EnsureBucket([]byte(bucket))
	if w.state[bucket] == nil {
		w.state[bucket] = map[string]string{}
	}
}

func (w *writer) drop(bucket string) {
	w.batch.DropBucket([]byte(bucket))
	delete(w.state, bucket)
}

// same compares a whole view with a state.
func (s *subject) same(v kv.View, want state) {
	s.Helper()
	s.sameBuckets(v, want, "")
	for name := range want {
		s.sameScan(v, want, name, nil, false)
		s.sameScan(v, want, name, nil, true)
	}
}

func (s *subject) sameBuckets(v kv.View, want state, from string) {
	s.Helper()
	var names []string
	s.must(v.Buckets([]byte(from), func(name []byte) bool { names = append(names, string(name)); return true }))
	if !slices.Equal(names, want.buckets(from)) {
		s.Fatalf("buckets from %q: got %.30q, want %.30q", from, names, want.buckets(from))
	}
}

func (s *subject) sameScan(v kv.View, want state, bucket string, from []byte, reverse bool) {
	s.Helper()
	var got []pair
	s.must(v.Scan([]byte(bucket), from, reverse, func(key, value []byte) bool {
		if value == nil {
			s.Errorf("scan of %q: the value of %.40q is nil", bucket, key)
		}
		got = append(got, pair{string(key), string(value)})
		return true
	}))
	s.samePairs(got, want.scan(bucket, from, reverse), "scan of %q from %.40q reverse=%t", bucket, from, reverse)
}

// sameCount compares how many keys there are between two with the model, if the view counts them.
func (s *subject) sameCount(v kv.View, want state, bucket string, from, to []byte) {
	s.Helper()
	counter, ok := v.(kv.RangeCounter)
	if !ok {
		return
	}
	n, ok, err := counter.CountRange([]byte(bucket), from, to)
	s.must(err)
	wanted := 0
	for _, p := range want.scan(bucket, from, false) {
		if p.key < string(to) {
			wanted++
		}
	}
	if ok && n != wanted {
		s.Errorf("%q has %d keys from %.40q to %.40q, not %d", bucket, wanted, from, to, n)
	}
}

// samePortions compares what is read in portions with the model.
func (s *subject) samePortions(v kv.View, want state, bucket string, prefix, from []byte, most int) {
	s.Helper()
	var wanted, got []pair
	for _, p := range want.scan(bucket, from, false) {
		if strings.HasPrefix(p.key, string(prefix)) {
			wanted = append(wanted, p)
		}
	}
	var p kv.Portion
	for more := true; more; {
		var err error
		more, err = kv.ReadPortion(v, []byte(bucket), prefix, from, most, &p)
		s.must(err)
		if more && p.Len() < most {
			s.Fatalf("a portion has %d keys, and there are more", p.Len())
		}
		for i := range p.Len() {
			key := string(prefix) + string(p.Key(i))
			got = append(got, pair{key, string(p.Value(i))})
			from = append([]byte(key), 0)
		}
	}
	s.samePairs(got, wanted, "portions of %q with %.40q", bucket, prefix)
}

func (s *subject) samePairs(got, want []pair, format string, args ...any) {
	s.Helper()
	if slices.Equal(got, want) {
		return
	}
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	at := func(p []pair) (key, value string) {
		if i >= len(p) {
			return "none", ""
		}
		return p[i].key, p[i].value
	}
	s.Logf(format, args...)
	gotKey, gotValue := at(got)
	wantKey, wantValue := at(want)
	s.Fatalf("%d pairs, want %d; the first difference is number %d: got %.40q: %.40q, want %.40q: %.40q",
		len(got), len(want), i, gotKey, gotValue, wantKey, wantValue)
}

// sameGet compares Get and GetMany of some keys, which it sorts.
func (s *subject) sameGet(v kv.View, want state, bucket string, keys [][]byte) {
	s.Helper()
	slices.SortFunc(keys, bytes.Compare)
	values := make([][]byte, len(keys))
	for i := range values {
		values[i] = []byte("left over")
	}
	s.must(v.GetMany([]byte(bucket), keys, values))
	for i, key := range keys {
		value, err := v.Get([]byte(bucket), key)
		s.must(err)
		s.sameValue("Get", bucket, key, value, want)
		s.sameValue("GetMany", bucket, key, values[i], want)
	}
}

func (s *subject) sameValue(what, bucket string, key, value []byte, want state) {
	s.Helper()
	wanted, ok := want[bucket][string(key)]
	if ok != (value != nil) || string(value) != wanted {
		s.Fatalf("%s of %.40q in %q: got %.40q (there: %t), want %.40q (there: %t)", what, key, bucket,
			value, value != nil, wanted, ok)
	}
}
