package disk

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// readings are what a meter is told.
type readings struct {
	t      testing.TB
	shares []float64
}

func (r *readings) tell(done, total int64) {
	if done < 0 || total <= 0 {
		r.t.Errorf("told %d of %d", done, total)
	}
	r.shares = append(r.shares, float64(done)/float64(total))
}

// even fails the test unless what was told goes up in steps no larger than most, and ends near the total.
func (r *readings) even(t *testing.T, most, end float64) {
	t.Helper()
	before := 0.0
	for _, now := range r.shares {
		if now < before || now > before+most {
			t.Errorf("after %.3f comes %.3f", before, now)
		}
		before = now
	}
	if before < end || before > 2-end {
		t.Errorf("it ends at %.3f", before)
	}
}

// long are the calls that tell a meter how far they are.
var long = map[string]func(t *testing.T, e *Engine, m kv.Meter) error{
	"Compact": func(_ *testing.T, e *Engine, m kv.Meter) error { _, _, err := e.Compact(ctx, m); return err },
	"Backup":  func(_ *testing.T, e *Engine, m kv.Meter) error { _, err := e.Backup(ctx, io.Discard, m); return err },
	"BackupFile": func(t *testing.T, e *Engine, m kv.Meter) error {
		_, err := e.BackupFile(ctx, newPath(t), m)
		return err
	},
	"Export": func(t *testing.T, e *Engine, m kv.Meter) error {
		v, err := e.Read(ctx)
		ok(t, err)
		defer v.Release()
		_, err = Export(ctx, v, newPath(t), options(), m)
		return err
	},
	"Verify": func(t *testing.T, e *Engine, m kv.Meter) error {
		v, err := e.ReadLong(ctx)
		ok(t, err)
		defer v.Release()
		_, err = e.Verify(ctx, v, func(format string, args ...any) { t.Errorf(format, args...) }, m)
		return err
	},
}

// A meter goes up bit by bit, and the estimates are good: for small values and for large ones, for pages that are full,
// half empty and free.
func TestMeters(t *testing.T) {
	for _, size := range []int{20, 500, 2500, 9000} {
		e := open(t, filepath.Join(inMemory(t), "test.db"))
		ok(t, writeBatch(e, ensured("a")))
		const bytes = 6 << 20
		n := bytes / (size + 50)
		for _, bucket := range []string{"a", "b"} {
			fill := &kv.Batch{}
			for k := range n {
				if bucket == "b" {
					k = k * 7919 % n // not in order, so that pages split
				}
				value := strings.Repeat("x", size+k%size)
				fill.Put([]byte(bucket), fmt.Appendf(nil, "key%08d", k), []byte(value))
				if len(fill.Encoded()) > 1<<20 {
					ok(t, writeBatch(e, fill))
					ok(t, e.checkpointNow())
					fill = &kv.Batch{}
				}
			}
			ok(t, writeBatch(e, fill))
			ok(t, e.checkpointNow())
		}
		freed := &kv.Batch{}
		freed.DeleteRange([]byte("a"), []byte("key0000"), fmt.Appendf(nil, "key%08d", n/3))
		ok(t, writeBatch(e, freed))
		ok(t, e.checkpointNow())
		for _, name := range []string{"Verify", "Export", "BackupFile", "Backup", "Compact"} {
			t.Run(fmt.Sprint(name, "/", size), func(t *testing.T) {
				r := &readings{t: t}
				ok(t, long[name](t, e, r.tell))
				if name == "Compact" {
					r.even(t, 0.2, 0.85)
				} else {
					r.even(t, 0.03, 0.97)
				}
				if len(r.shares) < 5 {
					t.Errorf("it tells %v", r.shares)
				}
			})
		}
	}
}

// A backup of what is in memory only tells nothing that is out of range.
func TestMetersOfOverlay(t *testing.T) {
	for name, call := range long {
		t.Run(name, func(t *testing.T) {
			e := open(t, newPath(t))
			put(t, e, "k", strings.Repeat("x", 1<<20))
			r := &readings{t: t}
			ok(t, call(t, e, r.tell))
			r.even(t, 1, 0)
		})
	}
}
