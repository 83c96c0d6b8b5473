package kv_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// scanned returns what a scan of the bucket b finds.
func scanned(t *testing.T, v kv.View, from []byte, reverse bool) string {
	t.Helper()
	var text bytes.Buffer
	err := v.Scan([]byte("b"), from, reverse, func(key, value []byte) bool {
		fmt.Fprintf(&text, "%s=%s ", key, value)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// TestNestedBuckets passes over what is no key of ours.
func TestNestedBuckets(t *testing.T) {
	below := base{"b": newBucket(map[string][]byte{"a": nil, "b": []byte("1"), "c": nil, "d": {}, "e": nil})}
	o := kv.NewOverlay()
	apply(t, o, batch("+c2"))
	for _, v := range []*kv.Layered{kv.NewLayered(below, nil), kv.NewLayered(below, nil, o.Version())} {
		extra := ""
		if _, err := v.Check(batch("+k")); err == nil {
			if value, err := v.Get([]byte("b"), []byte("c2")); err == nil && value != nil {
				extra = "c2=v "
			}
		}
		if got, want := scanned(t, v, nil, false), "b=1 "+extra+"d= "; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got, want := scanned(t, v, []byte("e"), true), "d= "+extra+"b=1 "; got != want {
			t.Errorf("reverse: got %q, want %q", got, want)
		}
		keys := [][]byte{[]byte("a"), []byte("b"), []byte("d")}
		values := make([][]byte, 3)
		if err := v.GetMany([]byte("b"), keys, values); err != nil {
			t.Fatal(err)
		}
		if values[0] != nil || string(values[1]) != "1" || values[2] == nil {
			t.Errorf("GetMany: got %q", values)
		}
	}
}

// steps is a base that counts what its cursors do.
type steps struct {
	kv.BaseBucket
	n int
}

func (s *steps) Bucket([]byte) kv.BaseBucket { return s }
func (s *steps) Names() kv.Cursor            { return new(bucket).Cursor() }
func (s *steps) Cursor() kv.Cursor           { return &stepping{s.BaseBucket.Cursor(), s} }

type stepping struct {
	kv.Cursor
	by *steps
}

func (s *stepping) Seek(key []byte) (k, v []byte) { s.by.n++; return s.Cursor.Seek(key) }
func (s *stepping) Next() (key, value []byte)     { s.by.n++; return s.Cursor.Next() }
func (s *stepping) Prev() (key, value []byte)     { s.by.n++; return s.Cursor.Prev() }

func counted(n int) *steps {
	values := map[string][]byte{}
	for i := range n {
		values[fmt.Sprintf("%04d", i)] = []byte("v")
	}
	return &steps{BaseBucket: newBucket(values)}
}

// TestScanJumps deletes nearly everything below: a scan must not walk through it.
func TestScanJumps(t *testing.T) {
	newer, older := kv.NewOverlay(), kv.NewOverlay()
	for i := 100; i < 900; i++ {
		apply(t, older, batch(fmt.Sprintf("+%04d", i)))
	}
	apply(t, newer, batch("[0001,0998)"))
	below := counted(1000)
	v := kv.NewLayered(below, nil, newer.Version(), older.Version())
	if got, want := scanned(t, v, nil, false), "0000=v 0998=v 0999=v "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := scanned(t, v, nil, true), "0999=v 0998=v 0000=v "; got != want {
		t.Errorf("reverse: got %q, want %q", got, want)
	}
	if below.n > 20 {
		t.Errorf("the scans took %d steps in the base", below.n)
	}
}

// TestGetManySeeks asks for absent keys behind the end, and for one key again and again.
func TestGetManySeeks(t *testing.T) {
	below := counted(10)
	keys := make([][]byte, 100)
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "%04d", i/20*4)
	}
	v := kv.NewLayered(below, nil)
	values := make([][]byte, len(keys))
	if err := v.GetMany([]byte("b"), keys, values); err != nil {
		t.Fatal(err)
	}
	for i, value := range values {
		if (value != nil) != (i/20*4 < 10) {
			t.Errorf("%s: got %q", keys[i], value)
		}
	}
	if below.n > 4 {
		t.Errorf("%d seeks for 3 keys that are there and some behind the end", below.n)
	}
	keys[0], keys[99] = keys[99], keys[0]
	if err := v.GetMany([]byte("b"), keys, values); err == nil {
		t.Error("keys that do not ascend were taken")
	}
}

func TestRelease(t *testing.T) {
	released := 0
	o := kv.NewOverlay()
	apply(t, o, batch("ensure", "+k"))
	v := kv.NewLayered(base{}, func() { released++ }, o.Version())
	if value, err := v.Get([]byte("b"), []byte("k")); err != nil || string(value) != "v" {
		t.Fatalf("got %q, %v", value, err)
	}
	v.Release()
	v.Release()
	if released != 1 {
		t.Errorf("released %d times", released)
	}
	_, err := v.Get([]byte("b"), []byte("k"))
	if err == nil || errors.Is(err, kv.ErrNoBucket) {
		t.Errorf("Get after Release: got the error %v", err)
	}
}

// TestPutWithoutEnsure puts into a bucket of the base, which an overlay does not know yet.
func TestPutWithoutEnsure(t *testing.T) {
	v := kv.NewLayered(base{"b": newBucket(nil)}, nil)
	if _, err := v.Check(batch("+k")); err != nil {
		t.Error(err)
	}
	if _, err := kv.NewLayered(base{}, nil).Check(batch("+k")); !errors.Is(err, kv.ErrNoBucket) {
		t.Errorf("got the error %v", err)
	}
	if v.Exists([]byte("c")) || !v.Exists([]byte("b")) {
		t.Error("Exists is wrong")
	}
}
