package disk

import (
	"context"
	"runtime/debug"
	"sync"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// view is a state of the store: a version of the active overlay, the frozen overlay, and a read transaction of the
// base.
//
// The three must be of one moment. If the frozen overlay were taken before it is frozen and the transaction after one
// of its slices, the view would show batches that came later; if the overlays were taken after the frozen one was
// dropped and the transaction before its last slice, the view would lack batches. So all three are taken under
// Engine.pair.
type view struct {
	layers kv.Layered
	active *kv.Version
	frozen *kv.Version // nil: there is none
	reader *reader
	leave  func() // of a view that lasts; nil: this one does not
	heat   *heat
}

// Read returns the newest durable state.
func (e *Engine) Read(ctx context.Context) (kv.View, error) { return e.read(ctx) }

// ReadLong is Read for those who keep the view for longer than a moment, such as a check of the whole store. As long as
// they do the file may grow, and a checkpoint that has to map the file anew waits for them.
func (e *Engine) ReadLong(ctx context.Context) (kv.View, error) {
	v, err := e.readLong(ctx)
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (e *Engine) readLong(ctx context.Context) (*view, error) {
	leave, err := e.readers.enter(ctx, e.stop)
	if err != nil {
		return nil, err
	}
	v, err := e.read(ctx)
	if err != nil {
		leave()
		return nil, err
	}
	v.leave = leave
	return v, nil
}

func (e *Engine) read(ctx context.Context) (*view, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if e.stop.Err() != nil {
		return nil, kv.ErrClosed
	}
	v := new(view)
	if err := e.take(v, nil); err != nil {
		return nil, err
	}
	return v, nil
}

// HasBucket says whether a bucket is in the newest durable state. Of a bucket that was written to lately it takes no view.
func (e *Engine) HasBucket(name []byte) (bool, error) {
	if e.stop.Err() != nil {
		return false, kv.ErrClosed
	}
	if exists, known := e.overlaid(name); known {
		return exists, nil
	}
	v := new(view)
	if err := e.take(v, nil); err != nil {
		return false, err
	}
	defer v.Release()
	return v.exists(name)
}

// overlaid says whether a bucket exists, if one of the overlays knows.
func (e *Engine) overlaid(bucket []byte) (exists, known bool) {
	e.pair.RLock()
	defer e.pair.RUnlock()
	exists, known = e.published.Load().Knows(bucket)
	if !known && e.frozen != nil {
		exists, known = e.frozen.version.Knows(bucket)
	}
	return exists, known
}

// take makes v a view of the active version given; nil: the published one.
func (e *Engine) take(v *view, active *kv.Version) (err error) {
	e.pair.RLock()
	defer e.pair.RUnlock()
	if active == nil {
		active = e.published.Load()
	}
	hook(&betweenOverlayAndBase)
	if v.reader, err = e.base.read(); err == errBaseClosed {
		return kv.ErrClosed
	} else if err != nil {
		return err
	}
	hook(&betweenBaseAndFrozen)
	v.active, v.heat = active, &e.heat
	if e.frozen == nil {
		v.layers.Init(v.reader, nil, active)
	} else {
		v.frozen = e.frozen.version
		v.layers.Init(v.reader, nil, active, v.frozen)
	}
	return nil
}

// Release ends the view.
func (v *view) Release() {
	v.reader.release()
	if v.leave != nil {
		v.leave()
	}
}

// exists says whether there is a bucket.
func (v *view) exists(bucket []byte) (_ bool, err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return v.layers.Exists(bucket), nil
}

// Get returns the value of a key.
func (v *view) Get(bucket, key []byte) (value []byte, err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return v.layers.Get(bucket, key)
}

// GetMany sets values[i] to the value of keys[i].
func (v *view) GetMany(bucket []byte, keys, values [][]byte) (err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer v.heat.noticed(len(keys), time.Now())
	return v.layers.GetMany(bucket, keys, values)
}

// Scan calls fn with keys and values. A panic of fn passes through.
func (v *view) Scan(bucket, from []byte, reverse bool, fn func(key, value []byte) bool) (err error) {
	inside := false
	defer guardAround(&inside, &err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return v.layers.Scan(bucket, from, reverse, func(key, value []byte) bool {
		notEmpty(key)
		inside = true
		more := fn(key, value)
		inside = false
		return more
	})
}

// CountRange implements kv.RangeCounter.
func (v *view) CountRange(bucket, from, to []byte) (n int, ok bool, err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return v.layers.CountRange(bucket, from, to)
}

// ReadPortion implements kv.PortionReader.
func (v *view) ReadPortion(bucket, prefix, from []byte, most int, p *kv.Portion) (more bool, err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return v.layers.ReadPortion(bucket, prefix, from, most, p)
}

// Buckets calls fn with the names of buckets. A panic of fn passes through.
func (v *view) Buckets(from []byte, fn func(name []byte) bool) (err error) {
	inside := false
	defer guardAround(&inside, &err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return v.layers.Buckets(from, func(name []byte) bool {
		notEmpty(name)
		inside = true
		more := fn(name)
		inside = false
		return more
	})
}

// notEmpty panics if a key has no bytes. bbolt takes no such key, so a page is damaged; and whoever scans may rely on
// there being a first byte.
func notEmpty(key []byte) {
	if len(key) == 0 {
		panic("a page has a key of no bytes")
	}
}

// guardAround is guard, but for panics inside the code of a caller.
func guardAround(inside *bool, err *error) {
	if r := recover(); r != nil {
		if *inside {
			panic(r)
		}
		*err = panicked(r)
	}
}

// readers knows the views that last.
type readers struct {
	mu    sync.Mutex // guards the fields below
	begun map[int]time.Time
	next  int
	held  int // how many do not want anybody to begin for now
	ended broadcast
}

// enter notes a reader that begins now, and returns what to call when the reader ends. It waits for whoever holds
// readers.
func (r *readers) enter(ctx, stop context.Context) (leave func(), err error) {
	for {
		changed := r.ended.wait()
		if leave := r.tryEnter(); leave != nil {
			return leave, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-stop.Done():
			return nil, kv.ErrClosed
		}
	}
}

func (r *readers) tryEnter() (leave func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held > 0 {
		return nil
	}
	if r.begun == nil {
		r.begun = make(map[int]time.Time)
	}
	key := r.next
	r.next++
	r.begun[key] = time.Now()
	return func() {
		r.mu.Lock()
		delete(r.begun, key)
		r.mu.Unlock()
		r.ended.send()
	}
}

// oldest is how long the longest of them has been at it.
func (r *readers) oldest() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	var age time.Duration
	for _, t := range r.begun {
		age = max(age, time.Since(t))
	}
	return age
}

// hold waits until there is none, or ctx is done, and lets none begin until done is called.
func (r *readers) hold(ctx context.Context) (done func()) {
	r.mu.Lock()
	r.held++
	r.mu.Unlock()
	r.gone(ctx)
	return func() {
		r.mu.Lock()
		r.held--
		r.mu.Unlock()
		r.ended.send()
	}
}

// gone waits until there is none, or ctx is done.
func (r *readers) gone(ctx context.Context) {
	for {
		ended := r.ended.wait()
		r.mu.Lock()
		n := len(r.begun)
		r.mu.Unlock()
		if n == 0 {
			return
		}
		select {
		case <-ended:
		case <-ctx.Done():
			return
		}
	}
}
