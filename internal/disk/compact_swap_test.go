package disk

import (
	"sync/atomic"
	"testing"
)

// The moment at which the copy of Compact takes the file's place.

// The log continues the file before the swap, and the file after the swap.
func TestCrashAroundSwap(t *testing.T) {
	e := open(t, newPath(t))
	m := newModel()
	m.thin(t, e, 3000)
	m.write(t, e, func(b *edit) { b.put("b", "in the log", "1"); b.drop("x"); b.ensure("y") })
	var images []image
	look := func() { images = append(images, imageOf(t, e.path)) }
	at(t, &beforeSwap, look)
	at(t, &afterSwap, look)
	compact(t, e)
	if len(images) != 2 || len(images[0][""]) <= len(images[1][""]) {
		t.Fatalf("%d images", len(images))
	}
	look()
	m2 := m.String()
	for _, image := range images {
		beforeSwap.Store(nil)
		afterSwap.Store(nil)
		image.opens(t, m2)
	}
}

// A view that was taken before the swap stays what it is. Close waits for that view.
func TestViewAcrossSwap(t *testing.T) {
	e := open(t, newPath(t))
	m := newModel()
	m.thin(t, e, 3000)
	before := m.String()
	v, err := e.Read(ctx)
	ok(t, err)
	compact(t, e)
	m.write(t, e, func(b *edit) { b.deleteRange("b", "", ""); b.put("b", "new", "1") })
	ok(t, e.checkpointNow())
	equal(t, "the old view", dump(t, v), before)
	equal(t, "a new view", state(t, e), m.String())
	closed := background(t, e.Close)
	equal(t, "the old view while Close waits", dump(t, v), before)
	v.Release()
	closed()
}

// Whoever waits for the file while it is being replaced gets the new one, once the store is closed.
func TestOpenAcrossSwap(t *testing.T) {
	e := open(t, newPath(t))
	m := newModel()
	m.thin(t, e, 3000)
	swap := stallAt(t, &beforeSwap)
	compacting := background(t, func() error { _, _, err := e.Compact(ctx, nil); return err })
	swap.wait(t)
	before := openFiles(e.path)
	var next *Engine
	opening := background(t, func() (err error) {
		next, err = Open(e.path, options(func(o *Options) { o.LockTimeout = patience }))
		return err
	})
	eventually(t, "the file is opened", func() bool { return openFiles(e.path) != before || before == 0 })
	swap.end()
	compacting()
	m.write(t, e, func(b *edit) { b.put("b", "after", "1") })
	ok(t, e.Close())
	opening()
	defer next.Close()
	equal(t, "the next one", state(t, next), m.String())
	ok(t, tryPut(next, "next", "1"))
	ok(t, next.Close())
	if got := get(t, open(t, e.path), "next"); got != "1" {
		t.Errorf("what the next one wrote is %q", got)
	}
}

// Where an open file cannot be replaced the swap waits for those who read for long, and they for nobody: a Check, which
// verifies the log in the end, and Compact waited for each other. Short reads go on.
func TestCompactClosesFirst(t *testing.T) {
	was := closesFirst
	closesFirst = true
	t.Cleanup(func() { closesFirst = was })
	e := open(t, newPath(t))
	m := newModel()
	m.thin(t, e, 3000)
	m.write(t, e, func(b *edit) { b.put("b", "in the log", "1") })
	v, err := e.ReadLong(ctx)
	ok(t, err)
	var swaps atomic.Bool
	at(t, &beforeSwap, func() { swaps.Store(true) })
	compacting := background(t, func() error { _, _, err := e.Compact(ctx, nil); return err })
	eventually(t, "the swap waits", func() bool {
		if e.pair.TryRLock() {
			e.pair.RUnlock()
			return e.readers.awaited()
		}
		return swaps.Load()
	})
	within(t, "a read and a write", func() {
		equal(t, "a short read", state(t, e), m.String())
		m.write(t, e, func(b *edit) { b.put("b", "meanwhile", "1") })
	})
	within(t, "Verify", func() {
		_, err := e.Verify(ctx, v, func(format string, args ...any) { t.Errorf(format, args...) }, nil)
		ok(t, err)
	})
	v.Release()
	compacting()
	equal(t, "compacted", state(t, e), m.String())
	ok(t, e.checkpointNow())
	ok(t, e.Close())
	equal(t, "reopened", state(t, open(t, e.Path())), m.String())
}

// awaited says whether somebody waits for the readers, and lets none begin.
func (r *readers) awaited() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held > 0
}
