package disk

import (
	"sync/atomic"
	"testing"
)

// The overlays and the base of a view are of one moment, whatever a checkpoint does while the view is taken.

// A reader is stopped in the middle of taking a view: after it has taken the published version, and after it has begun
// the transaction. Meanwhile more is written, frozen and brought into the file.
func TestViewAcrossFreeze(t *testing.T) {
	for name, place := range map[string]*atomic.Pointer[func()]{
		"before the base": &betweenOverlayAndBase, "after the base": &betweenBaseAndFrozen,
	} {
		t.Run(name, func(t *testing.T) {
			e := open(t, newPath(t))
			m := newModel()
			m.write(t, e, func(b *edit) { b.put("b", "gone", "1"); b.put("b", "old", "1") })
			ok(t, e.checkpointNow())
			m.write(t, e, func(b *edit) { b.put("b", "new", "1"); b.put("b", "old", "2") })
			want := m.String()
			check, stalled := stalledView(t, e, place)
			next := background(t, func() error {
				b := &edit{m: m}
				b.delete("b", "gone")
				b.put("b", "late", "1")
				b.put("b", "old", "3")
				if err := writeBatch(e, &b.Batch); err != nil {
					return err
				}
				return e.checkpointNow()
			})
			awaitLock(t, e, func() bool { return e.counters.checkpoints.Load() == 2 })
			stalled.end()
			check(want)
			next()
			equal(t, "afterwards", state(t, e), m.String())
		})
	}
}

// The same for the end of a checkpoint: what was frozen is dropped.
func TestViewAcrossDrop(t *testing.T) {
	for name, place := range map[string]*atomic.Pointer[func()]{
		"before the base": &betweenOverlayAndBase, "after the base": &betweenBaseAndFrozen,
	} {
		t.Run(name, func(t *testing.T) {
			e := open(t, newPath(t))
			m := newModel()
			m.write(t, e, func(b *edit) { b.put("b", "gone", "1"); b.put("b", "old", "1") })
			ok(t, e.checkpointNow())
			m.write(t, e, func(b *edit) { b.delete("b", "gone"); b.put("b", "new", "1"); b.put("b", "old", "2") })
			slice := stallAt(t, &beforeCommit)
			ok(t, e.freezeNow())
			slice.wait(t)
			check, stalled := stalledView(t, e, place)
			slice.end()
			awaitLock(t, e, func() bool { return e.counters.checkpoints.Load() == 2 })
			stalled.end()
			check(m.String())
			equal(t, "afterwards", state(t, e), m.String())
		})
	}
}

// stalledView begins to take a view, and stops at a place. check waits for the view and looks at what it shows.
func stalledView(t *testing.T, e *Engine, place *atomic.Pointer[func()]) (check func(want string), s *stall) {
	t.Helper()
	s = stallAt(t, place)
	var got string
	wait := background(t, func() error {
		v, err := e.Read(ctx)
		if err != nil {
			return err
		}
		defer v.Release()
		got, err = tryDump(v)
		return err
	})
	s.wait(t)
	return func(want string) {
		t.Helper()
		wait()
		equal(t, "the view", got, want)
	}, s
}

// awaitLock waits until somebody waits for the lock on the pair, as is right, or until what must wait is over.
func awaitLock(t *testing.T, e *Engine, over func() bool) {
	t.Helper()
	eventually(t, "nobody waits for the pair", func() bool {
		if e.pair.TryRLock() {
			e.pair.RUnlock()
			return over()
		}
		return true
	})
}
