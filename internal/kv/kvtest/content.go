package kvtest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// testValues stores empty and large values, and long keys.
func testValues(s *subject) {
	s.everyWay(1, func(s *subject, gap func()) {
		w := &writer{state: state{}}
		w.ensure("b")
		w.put("b", "empty", "")
		w.put("b", "megabyte", strings.Repeat("0123456789abcdef", 1<<16))
		w.put("b", "nil \x00 in it", "x")
		w.put("b", "\xff\xff", "last")
		for n := 590; n <= 600; n++ {
			w.put("b", strings.Repeat("k", n), fmt.Sprint(n))
		}
		s.write(&w.batch)
		gap()
		v := s.read()
		defer v.Release()
		s.same(v, w.state)
		s.sameGet(v, w.state, "b", [][]byte{[]byte("empty"), []byte("megabyte"), bytes.Repeat([]byte("k"), 599)})
	})
}

// numbered returns a writer that has put the keys 000, 002, … into a bucket.
func numbered(bucket string, n int) *writer {
	w := &writer{state: state{}}
	w.ensure(bucket)
	for i := range n {
		w.put(bucket, fmt.Sprintf("%03d", 2*i), fmt.Sprint(i))
	}
	return w
}

// testScan scans from, between, before and behind all keys in both directions, over a mix of old and new entries.
func testScan(s *subject) {
	s.everyWay(2, func(s *subject, gap func()) {
		w := numbered("b", 60)
		s.write(&w.batch)
		gap()
		w.batch = kv.Batch{}
		for i := 0; i < 120; i += 3 {
			w.put("b", fmt.Sprintf("%03d", i), "new")
		}
		for i := 0; i < 120; i += 5 {
			w.delete("b", fmt.Sprintf("%03d", i))
		}
		w.deleteRange("b", "040", "060")
		w.put("b", "050", "in the middle of a range")
		w.put("b", "119", "the last")
		s.write(&w.batch)
		gap()
		v := s.read()
		defer v.Release()
		for _, reverse := range []bool{false, true} {
			s.sameScan(v, w.state, "b", nil, reverse)
			s.sameScan(v, w.state, "b", []byte{}, reverse)
			for i := range 125 {
				s.sameScan(v, w.state, "b", fmt.Appendf(nil, "%03d", i), reverse)
				s.sameScan(v, w.state, "b", fmt.Appendf(nil, "%03d+", i), reverse)
			}
		}
	})
}

// testGetMany asks for keys that are absent, repeated, deleted and there.
func testGetMany(s *subject) {
	s.everyWay(2, func(s *subject, gap func()) {
		w := numbered("b", 60)
		s.write(&w.batch)
		gap()
		w.batch = kv.Batch{}
		w.put("b", "031", "new")
		w.put("b", "034", "newer")
		w.delete("b", "036")
		w.deleteRange("b", "050", "060")
		s.write(&w.batch)
		gap()
		v := s.read()
		defer v.Release()
		var keys [][]byte
		for i := range 130 {
			keys = append(keys, fmt.Appendf(nil, "%03d", i), fmt.Appendf(nil, "%03d", i/7*7))
		}
		s.sameGet(v, w.state, "b", keys)
		s.sameGet(v, w.state, "b", keys[:1])
		s.sameGet(v, w.state, "b", nil)
	})
}

// testNoBucket reads buckets that were never there, were dropped, or are there without a key.
func testNoBucket(s *subject) {
	s.everyWay(2, func(s *subject, gap func()) {
		w := &writer{state: state{}}
		w.ensure("empty")
		w.ensure("dropped")
		w.put("dropped", "k", "v")
		s.write(&w.batch)
		gap()
		w.batch = kv.Batch{}
		w.drop("dropped")
		w.drop("never")
		s.write(&w.batch)
		gap()
		v := s.read()
		defer v.Release()
		s.same(v, w.state)
		s.sameGet(v, w.state, "empty", [][]byte{[]byte("k")})
		for _, name := range []string{"never", "dropped"} {
			s.noBucket(v, name)
		}
	})
}

func (s *subject) noBucket(v kv.View, name string) {
	s.Helper()
	key := []byte("k")
	_, get := v.Get([]byte(name), key)
	many := v.GetMany([]byte(name), [][]byte{key}, make([][]byte, 1))
	scan := v.Scan([]byte(name), nil, false, func(key, _ []byte) bool {
		s.Errorf("a scan of the bucket %q, which does not exist, found %q", name, key)
		return true
	})
	for what, err := range map[string]error{"Get": get, "GetMany": many, "Scan": scan} {
		if !errors.Is(err, kv.ErrNoBucket) {
			s.Errorf("%s in the bucket %q, which does not exist: got the error %v", what, name, err)
		}
	}
}

// testDropAndCreate drops a bucket and creates it again, at once and in steps: nothing of the old content may shine
// through.
func testDropAndCreate(s *subject) {
	for _, oneBatch := range []bool{false, true} {
		s.everyWay(4, func(s *subject, gap func()) {
			w := numbered("b", 20)
			next := func() {
				s.Helper()
				s.write(&w.batch)
				w.batch = kv.Batch{}
				gap()
				v := s.read()
				defer v.Release()
				s.same(v, w.state)
				if w.state["b"] == nil {
					s.noBucket(v, "b")
				}
			}
			next()
			w.drop("b")
			if !oneBatch {
				next()
			}
			w.ensure("b")
			next()
			w.put("b", "003", "new")
			w.put("b", "004", "new")
			w.delete("b", "008")
			next()
		})
	}
}

// testDeleteRange deletes ranges that overlap, and puts into them.
func testDeleteRange(s *subject) {
	s.everyWay(3, func(s *subject, gap func()) {
		w := numbered("b", 50)
		next := func() {
			s.Helper()
			s.write(&w.batch)
			w.batch = kv.Batch{}
			gap()
			v := s.read()
			defer v.Release()
			s.same(v, w.state)
		}
		next()
		w.deleteRange("b", "010", "020")
		w.deleteRange("b", "030", "040")
		w.deleteRange("b", "050", "050") // nothing
		w.deleteRange("b", "060", "055") // nothing
		w.put("b", "012", "again")
		next()
		w.deleteRange("b", "015", "035")
		w.deleteRange("b", "090", "")
		w.put("b", "016", "again")
		w.put("b", "999", "again")
		next()
	})
}

// testLongRange deletes a range of many keys, of which a few come back.
func testLongRange(s *subject) {
	s.everyWay(2, func(s *subject, gap func()) {
		w := &writer{state: state{}}
		w.ensure("b")
		for i := range 2000 {
			w.put("b", fmt.Sprintf("%04d", i*7919%2000), "x")
		}
		s.write(&w.batch)
		gap()
		w.batch = kv.Batch{}
		w.deleteRange("b", "0010", "1990")
		w.put("b", "1500", "again")
		s.write(&w.batch)
		gap()
		v := s.read()
		defer v.Release()
		s.same(v, w.state)
		s.sameScan(v, w.state, "b", []byte("1800"), true)
		s.sameScan(v, w.state, "b", []byte("1000"), false)
	})
}

// testQueue appends to a queue and prunes its beginning, again and again.
func testQueue(s *subject) {
	s.start()
	w := numbered("queue", 0)
	for i := range 400 {
		w.put("queue", fmt.Sprintf("%06d", i), "x")
		if i >= 10 {
			w.deleteRange("queue", "", fmt.Sprintf("%06d", i-10))
		}
		if i%7 == 0 {
			s.write(&w.batch)
			w.batch = kv.Batch{}
			v := s.read()
			s.same(v, w.state)
			v.Release()
		}
		if i%100 == 0 && s.Disturb != nil {
			s.Disturb(s.engine)
		}
	}
}

// testMisuse appends batches that must be refused, of which nothing may be written.
func testMisuse(s *subject) {
	s.start()
	w := numbered("b", 3)
	s.write(&w.batch)
	one, x := []byte("x"), []byte("new")
	long := bytes.Repeat([]byte("k"), kv.MaxKeySize+1)
	for name, add := range map[string]func(b *kv.Batch){
		"put, no bucket":              func(b *kv.Batch) { b.Put([]byte("none"), one, x) },
		"delete, no bucket":           func(b *kv.Batch) { b.Delete([]byte("none"), one) },
		"range, no bucket":            func(b *kv.Batch) { b.DeleteRange([]byte("none"), nil, nil) },
		"put, dropped in the batch":   func(b *kv.Batch) { b.DropBucket([]byte("b")); b.Put([]byte("b"), one, x) },
		"put, ensured and dropped":    func(b *kv.Batch) { b.EnsureBucket(one); b.DropBucket(one); b.Put(one, one, x) },
		"put, a key of no bytes":      func(b *kv.Batch) { b.Put([]byte("b"), nil, x) },
		"put, a key that is too long": func(b *kv.Batch) { b.Put([]byte("b"), long, x) },
		"ensure, no name":             func(b *kv.Batch) { b.EnsureBucket(nil) },
		"ensure, a name too long":     func(b *kv.Batch) { b.EnsureBucket(long) },
	} {
		s.Run(name, func(t *testing.T) {
			b := new(kv.Batch)
			b.Put([]byte("b"), one, x)
			b.EnsureBucket([]byte("c"))
			add(b)
			b.Put([]byte("c"), one, x)
			s := &subject{T: t, engine: s.engine}
			if _, err := s.begin().Append(b); err == nil {
				t.Error("the batch was taken")
			}
			v := s.read()
			defer v.Release()
			s.same(v, w.state)
			s.noBucket(v, "c")
		})
	}
	w.batch = kv.Batch{}
	w.put("b", "later", "the engine goes on")
	s.write(&w.batch)
	v := s.read()
	defer v.Release()
	s.same(v, w.state)
}
