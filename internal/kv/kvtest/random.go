package kvtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// testRandom makes random batches and compares everything that can be read with the model, after each batch and later.
// The name of a subtest is its seed; the environment variable KVTEST_SEED asks for one seed more.
func testRandom(s *subject) {
	seeds := []uint64{1, 2, 3, 4, rand.Uint64()}
	if extra, err := strconv.ParseUint(os.Getenv("KVTEST_SEED"), 10, 64); err == nil {
		seeds = []uint64{extra}
	}
	for _, seed := range seeds {
		s.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			r := &run{
				subject: &subject{T: t, open: s.open, Options: s.Options},
				Rand:    rand.New(rand.NewPCG(seed, 0)),
				state:   state{},
			}
			r.start()
			defer r.report()
			for range s.Steps {
				r.step()
			}
			r.releaseAll()
		})
	}
}

// run is a random run.
type run struct {
	*subject
	*rand.Rand
	state state
	held  []held
	steps []string // what was done, for the report of a failure
}

// held is a view that is kept open, and what it should show.
type held struct {
	view kv.View
	want state
}

// report ends a run: it shows the last steps of one that failed.
func (r *run) report() {
	if r.Failed() {
		r.Logf("after %d steps, the last: %s", len(r.steps), strings.Join(r.steps[max(0, len(r.steps)-12):], "; "))
	}
	r.releaseAll()
}

func (r *run) note(format string, args ...any) {
	r.steps = append(r.steps, fmt.Sprintf(format, args...))
}

func (r *run) step() {
	switch n := r.IntN(100); {
	case n < 60:
		r.append()
	case n < 70:
		r.hold()
	case n < 80:
		r.look()
	case n < 84:
		r.note("stage without a batch")
		stage := r.begin()
		r.compare(stage, r.state)
		stage.Release()
	case n < 94:
		if r.Disturb != nil {
			r.note("disturb")
			r.Disturb(r.engine)
		}
	case n < 97:
		r.misuse()
	default:
		if r.Reopen != nil {
			r.releaseAll()
			r.note("reopen")
			r.engine = r.Reopen(r.T, r.engine)
		}
	}
}

// append writes a random batch, and compares the state that it was worked out from and the one that it made.
func (r *run) append() {
	stage := r.begin()
	r.compare(stage, r.state)
	w, whole, top := &writer{state: r.state.clone()}, &kv.Batch{}, kv.NewOverlay()
	for range 1 + r.IntN(3) { // in parts, each of which what comes after it can be worked out from
		w.batch = kv.Batch{}
		for range 1 + r.IntN(8) {
			r.change(w)
		}
		r.must(top.Apply(w.batch.Encoded()))
		r.compare(kv.NewOver(stage, top), w.state)
		whole.Join(&w.batch)
	}
	r.note("batch of %d bytes", len(whole.Encoded()))
	pending, err := stage.Append(whole)
	r.must(err)
	r.state = w.state
	if r.IntN(4) == 0 { // what is appended is seen by the next stage, be it durable or not
		next := r.begin()
		r.compare(next, r.state)
		next.Release()
	}
	r.must(pending.Wait())
	v := r.read()
	r.compare(v, r.state)
	v.Release()
}

// change adds one operation, mostly one that fits the state.
func (r *run) change(w *writer) {
	bucket := r.bucket()
	if w.state[bucket] == nil && r.IntN(10) > 0 {
		w.ensure(bucket)
	}
	switch n := r.IntN(100); {
	case n < 3:
		w.drop(bucket)
	case n < 8 || w.state[bucket] == nil:
		w.ensure(bucket)
	case n < 70:
		w.put(bucket, string(r.key()), r.value())
	case n < 90:
		w.delete(bucket, string(r.key()))
	default:
		from, to := string(r.key()), string(r.key())
		switch r.IntN(6) {
		case 0:
			from = ""
		case 1:
			to = ""
		case 2: // a narrow one
			to = from + "b"
		}
		w.deleteRange(bucket, from, to)
	}
}

// misuse appends a batch that must be refused after operations that would be fine.
func (r *run) misuse() {
	r.note("misuse")
	w := &writer{state: r.state.clone()}
	for range r.IntN(5) {
		r.change(w)
	}
	bucket := r.bucket()
	w.drop(bucket)
	w.batch.Put([]byte(bucket), r.key(), nil)
	if _, err := r.begin().Append(&w.batch); !errors.Is(err, kv.ErrNoBucket) {
		r.Fatalf("a batch that puts into a bucket that it has dropped: got the error %v", err)
	}
}

func (r *run) hold() {
	if len(r.held) == r.Views {
		r.held[0].view.Release()
		r.held = r.held[1:]
	}
	r.held = append(r.held, held{r.read(), r.state.clone()})
}

func (r *run) look() {
	if len(r.held) > 0 {
		h := r.held[r.IntN(len(r.held))]
		r.compare(h.view, h.want)
	}
}

func (r *run) releaseAll() {
	for _, h := range r.held {
		h.view.Release()
	}
	r.held = nil
}

// compare reads some of a view in several ways, and sometimes everything.
func (r *run) compare(v kv.View, want state) {
	r.Helper()
	if r.IntN(8) == 0 {
		r.same(v, want)
	}
	r.sameBuckets(v, want, string(r.key()))
	for range 3 {
		bucket := r.bucket()
		if want[bucket] == nil {
			continue
		}
		r.sameGet(v, want, bucket, r.keys())
		r.sameScan(v, want, bucket, r.key(), r.IntN(2) == 0)
		r.nested(v, want, bucket)
		r.sameCount(v, want, bucket, r.key(), r.key())
		prefix := r.key()
		from := append(prefix[:len(prefix):len(prefix)], r.key()[r.IntN(2):]...)
		r.samePortions(v, want, bucket, prefix, from, 1+r.IntN(20))
	}
}

// nested reads the view within a scan that ends early.
func (r *run) nested(v kv.View, want state, bucket string) {
	r.Helper()
	from, reverse, left := r.key(), r.IntN(2) == 0, r.IntN(10)
	wanted := want.scan(bucket, from, reverse)
	wanted = wanted[:min(left+1, len(wanted))]
	var got []pair
	r.must(v.Scan([]byte(bucket), from, reverse, func(key, value []byte) bool {
		got = append(got, pair{string(key), string(value)})
		if other := r.bucket(); want[other] != nil {
			r.sameGet(v, want, other, r.keys())
			if left%4 == 0 {
				r.sameScan(v, want, other, r.key(), !reverse)
			}
		}
		left--
		return left >= 0
	}))
	r.samePairs(got, wanted, "scan of %q from %.40q reverse=%t that ends early", bucket, from, reverse)
}

// bucket returns the name of one of a few buckets.
func (r *run) bucket() string { return []string{"a", "b", "bb", "c", "long/" + longName}[r.IntN(5)] }

var longName = strings.Repeat("n", 200)

// key returns a key that is likely to be there already, or to be a neighbour of one that is.
func (r *run) key() []byte {
	key := make([]byte, 1+r.IntN(3))
	for i := range key {
		key[i] = "abcde"[r.IntN(5)]
	}
	switch r.IntN(20) {
	case 0:
		key = append(key, strings.Repeat("k", 597)...)
	case 1:
		key = append(key, 0)
	case 2:
		key = append([]byte{0xff}, key...)
	}
	return key
}

func (r *run) keys() [][]byte {
	keys := make([][]byte, 1+r.IntN(8))
	for i := range keys {
		keys[i] = r.key()
	}
	return append(keys, keys[0])
}

func (r *run) value() string {
	switch r.IntN(40) {
	case 0:
		return strings.Repeat(strconv.Itoa(r.IntN(10)), 9_000)
	case 1, 2, 3:
		return ""
	}
	return strconv.Itoa(r.IntN(1_000_000))
}
