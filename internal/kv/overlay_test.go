package kv_test

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// heap returns what is alive on the heap.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestOverlayBytes compares what an overlay says that it retains with what the heap shows.
func TestOverlayBytes(t *testing.T) {
	for _, tt := range []struct {
		name      string
		size, per int // of a value; puts in a batch
		sorted    bool
	}{{"small", 10, 200, false}, {"sorted", 10, 200, true}, {"single", 100, 1, false}, {"large", 1000, 20, false}} {
		t.Run(tt.name, func(t *testing.T) {
			keys := benchKeys(20_000)
			if tt.sorted {
				slices.SortFunc(keys, bytes.Compare)
			}
			before := heap()
			o := kv.NewOverlay()
			for part := range slices.Chunk(keys, tt.per) {
				apply(t, o, benchBatch(part, tt.size))
				o.Version()
			}
			got, real := o.Bytes(), heap()-before
			t.Logf("Bytes: %d a key, heap: %d a key", got/int64(len(keys)), real/int64(len(keys)))
			if got < real*8/10 || got > real*14/10 {
				t.Errorf("Bytes says %d, the heap has grown by %d", got, real)
			}
			if o.Entries() != len(keys) {
				t.Errorf("Entries is %d, want %d", o.Entries(), len(keys))
			}
			runtime.KeepAlive(keys)
		})
	}
}

// changes returns the changes of a bucket as text.
func changes(v *kv.Version, bucket string) string {
	text := "none"
	v.Buckets(func(name string, c *kv.Changes) bool {
		if name != bucket {
			return true
		}
		text = fmt.Sprintf("exists=%t hides=%t", c.Exists, c.Hides)
		for _, r := range c.Deleted {
			text += fmt.Sprintf(" [%s,%s)", r.From, r.To)
		}
		c.Each("", func(key, value []byte, deleted bool) bool {
			if deleted {
				text += fmt.Sprintf(" -%s", key)
			} else {
				text += fmt.Sprintf(" %s=%s", key, value)
			}
			return true
		})
		return false
	})
	return text
}

// batch returns a batch in the bucket b of operations "+key", "-key", "[from,to)", "ensure" and "drop".
func batch(ops ...string) []byte {
	b, in := new(kv.Batch), []byte("b")
	for _, op := range ops {
		switch {
		case op == "ensure":
			b.EnsureBucket(in)
		case op == "drop":
			b.DropBucket(in)
		case op[0] == '+':
			b.Put(in, []byte(op[1:]), []byte("v"))
		case op[0] == '-':
			b.Delete(in, []byte(op[1:]))
		default:
			from, to, _ := bytes.Cut([]byte(op[1:len(op)-1]), []byte(","))
			b.DeleteRange(in, from, to)
		}
	}
	return b.Encoded()
}

func TestOverlayChanges(t *testing.T) {
	for _, tt := range []struct {
		ops  []string
		want string
	}{
		{nil, "none"},
		{[]string{"+k"}, "exists=true hides=false k=v"},
		{[]string{"-k"}, "exists=true hides=false -k"},
		{[]string{"+k", "-k"}, "exists=true hides=false -k"},
		{[]string{"-k", "+k"}, "exists=true hides=false k=v"},
		{[]string{"ensure"}, "exists=true hides=false"},
		{[]string{"+k", "drop"}, "exists=false hides=true"},
		{[]string{"drop", "ensure"}, "exists=true hides=true"},
		{[]string{"drop", "ensure", "+k", "-k", "-l"}, "exists=true hides=true"},
		{[]string{"drop", "ensure", "+k", "+m", "[a,l)"}, "exists=true hides=true m=v"},
		{[]string{"+a", "+b", "-c", "+d", "[b,d)"}, "exists=true hides=false [b,d) a=v d=v"},
		{[]string{"[b,d)", "+c", "-bb"}, "exists=true hides=false [b,d) c=v"},
		{[]string{"[b,d)", "+c", "-c"}, "exists=true hides=false [b,d)"},
		{[]string{"[b,d)", "-d", "-a"}, "exists=true hides=false [b,d) -a -d"},
		{[]string{"[d,b)", "[b,b)"}, "exists=true hides=false"},
		{[]string{"[a,b)", "[c,d)"}, "exists=true hides=false [a,b) [c,d)"},
		{[]string{"[c,d)", "[a,b)"}, "exists=true hides=false [a,b) [c,d)"},
		{[]string{"[a,b)", "[b,c)"}, "exists=true hides=false [a,c)"},
		{[]string{"[b,c)", "[a,b)"}, "exists=true hides=false [a,c)"},
		{[]string{"[a,c)", "[b,d)"}, "exists=true hides=false [a,d)"},
		{[]string{"[b,d)", "[a,c)"}, "exists=true hides=false [a,d)"},
		{[]string{"[a,d)", "[b,c)"}, "exists=true hides=false [a,d)"},
		{[]string{"[b,c)", "[a,d)"}, "exists=true hides=false [a,d)"},
		{[]string{"[a,b)", "[e,f)", "[i,j)", "[b,i)"}, "exists=true hides=false [a,j)"},
		{[]string{"[a,b)", "[e,f)", "[i,j)", "[c,g)"}, "exists=true hides=false [a,b) [c,g) [i,j)"},
		{[]string{"[e,f)", "[c,)"}, "exists=true hides=false [c,)"},
		{[]string{"[c,)", "[e,f)"}, "exists=true hides=false [c,)"},
		{[]string{"[c,)", "[a,d)"}, "exists=true hides=false [a,)"},
		{[]string{"+k", "[c,)", "[,d)", "-k"}, "exists=true hides=false [,)"},
		{[]string{"+k", "-l", "[,)", "+m"}, "exists=true hides=false [,) m=v"},
	} {
		one, each := kv.NewOverlay(), kv.NewOverlay()
		apply(t, one, batch(tt.ops...))
		for _, op := range tt.ops {
			apply(t, each, batch(op))
			each.Version()
		}
		if got := changes(one.Version(), "b"); got != tt.want {
			t.Errorf("%v in one batch: got %s, want %s", tt.ops, got, tt.want)
		}
		if got := changes(each.Version(), "b"); got != tt.want {
			t.Errorf("%v in a batch each: got %s, want %s", tt.ops, got, tt.want)
		}
		if one.Entries() != each.Entries() || one.Entries() != countEntries(one.Version()) {
			t.Errorf("%v: %d and %d entries, want %d", tt.ops, one.Entries(), each.Entries(), countEntries(one.Version()))
		}
	}
}

func countEntries(v *kv.Version) (n int) {
	v.Buckets(func(_ string, c *kv.Changes) bool { n += c.Len() + len(c.Deleted); return true })
	return n
}

// TestOverlayQueue prunes a queue from its beginning again and again: the overlay must not grow.
func TestOverlayQueue(t *testing.T) {
	o := kv.NewOverlay()
	for i := range 1000 {
		apply(t, o, batch(fmt.Sprintf("+%06d", i), fmt.Sprintf("[,%06d)", max(0, i-5))))
	}
	if got, want := changes(o.Version(), "b"), "exists=true hides=false [,000994) 000994=v"; got[:len(want)] != want {
		t.Errorf("got %s, want %s…", got, want)
	}
	if o.Entries() != 7 {
		t.Errorf("%d entries, want 6 keys and a range", o.Entries())
	}
}

// TestOverlayVersions keeps every version and compares each with what it showed at first.
func TestOverlayVersions(t *testing.T) {
	o := kv.NewOverlay()
	var versions []*kv.Version
	var want []string
	steps := []string{"+a", "+b", "-a", "[a,c)", "+bb", "drop", "ensure", "+c", "[,)", "+d", "-d"}
	for _, step := range steps {
		apply(t, o, batch(step))
		versions = append(versions, o.Version())
		want = append(want, changes(o.Version(), "b"))
	}
	if versions[len(versions)-1] != o.Version() {
		t.Error("an overlay that did not change gives another version")
	}
	for i, v := range versions {
		if got := changes(v, "b"); got != want[i] {
			t.Errorf("the version after %v: got %s, want %s", steps[:i+1], got, want[i])
		}
	}
}

// TestApplyRefused gives an overlay what it cannot apply: nothing may change.
func TestApplyRefused(t *testing.T) {
	good := batch("+k", "[x,y)")
	for name, tt := range map[string]struct {
		encoded []byte
		want    error
	}{
		"cut short":          {good[:len(good)-1], kv.ErrCorrupt},
		"unknown kind":       {append(slices.Clone(good), 77, 0), kv.ErrCorrupt},
		"in no bucket":       {[]byte{3, 1, 'k'}, kv.ErrCorrupt},
		"in a bucket before": {append(batch("+k", "drop"), 3, 1, 'k'), kv.ErrCorrupt},
		"into a dropped one": {batch("+k", "drop", "+k"), kv.ErrNoBucket},
		"in one of no name":  {append(slices.Clone(good), 1, 0, 3, 1, 'k'), nil},
	} {
		o := kv.NewOverlay()
		err := o.Apply(tt.encoded)
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: got the error %v, want %v", name, err, tt.want)
		}
		if !o.Version().Empty() || o.Bytes() != 0 {
			t.Errorf("%s: the overlay has changed: %s, %d bytes", name, changes(o.Version(), "b"), o.Bytes())
		}
	}
	o := kv.NewOverlay()
	apply(t, o, batch("drop"))
	if err := o.Apply(batch("+k")); !errors.Is(err, kv.ErrNoBucket) {
		t.Errorf("a put into a bucket that an earlier batch dropped: got the error %v", err)
	}
}
