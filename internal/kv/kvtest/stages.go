package kvtest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// testStage follows what a stage, the next stage and readers see.
func testStage(s *subject) {
	s.start()
	w := numbered("b", 5)
	s.write(&w.batch)
	before := w.state.clone()
	old := s.read()
	defer func() { old.Release() }()

	stage := s.begin()
	s.same(stage, before)
	stage.Release() // without a batch: as if it had not been
	stage = s.begin()
	s.same(stage, before)
	w.batch = kv.Batch{}
	w.put("b", "new", "value")
	w.delete("b", "000")
	pending, err := stage.Append(&w.batch)
	s.must(err)
	next := s.begin()
	s.same(next, w.state)
	next.Release()
	s.must(pending.Wait())
	s.must(s.engine.Sync(context.Background()))
	v := s.read()
	defer v.Release()
	s.same(v, w.state)
	s.same(old, before)
}

// testRest has a stage rest, between reads and before its end.
func testRest(s *subject) {
	s.start()
	w := numbered("b", 5)
	s.write(&w.batch)
	for range 3 {
		before := w.state.clone()
		if s.Disturb != nil {
			s.Disturb(s.engine)
		}
		stage := s.begin()
		stage.Rest()
		stage.Rest()
		s.same(stage, before)
		stage.Rest()
		s.same(stage, before)
		stage.Rest()
		w.batch = kv.Batch{}
		w.put("b", "new", "value")
		pending, err := stage.Append(&w.batch)
		s.must(err)
		s.must(pending.Wait())
		v := s.read()
		s.same(v, w.state)
		v.Release()
	}
	stage := s.begin()
	stage.Rest()
	stage.Release()
	s.begin().Release()
}

// testEmptyBatch waits for batches that change nothing.
func testEmptyBatch(s *subject) {
	s.start()
	s.write(new(kv.Batch))
	w := numbered("b", 5)
	first, err := s.begin().Append(&w.batch)
	s.must(err)
	empty, err := s.begin().Append(new(kv.Batch))
	s.must(err)
	s.must(empty.Wait()) // so what its stage could read is published
	v := s.read()
	s.same(v, w.state)
	v.Release()
	s.must(first.Wait())
}

// testBeginContext gives up waiting for a stage.
func testBeginContext(s *subject) {
	s.start()
	stage := s.begin()
	cancelled, cancel := context.WithCancel(context.Background())
	waits := &askedContext{Context: cancelled, asked: make(chan struct{})}
	waiting := make(chan error)
	go func() {
		_, err := s.engine.Begin(waits)
		waiting <- err
	}()
	<-waits.asked
	cancel()
	if err := <-waiting; !errors.Is(err, context.Canceled) {
		s.Errorf("Begin while another stage is under way, cancelled: got the error %v", err)
	}
	if _, err := s.engine.Begin(cancelled); !errors.Is(err, context.Canceled) {
		s.Errorf("Begin while another stage is under way, with a cancelled context: got the error %v", err)
	}
	stage.Release()
	s.begin().Release()
}

// askedContext tells when somebody begins to wait for its end.
type askedContext struct {
	context.Context
	asked chan struct{}
	once  sync.Once
}

func (c *askedContext) Done() <-chan struct{} {
	c.once.Do(func() { close(c.asked) })
	return c.Context.Done()
}

// testCounters lets several goroutines count in one key: each must see what the one before it wrote.
func testCounters(s *subject) {
	s.start()
	w := numbered("b", 0)
	s.write(&w.batch)
	const writers, each = 8, 40
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				if err := increment(s.engine); err != nil {
					s.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	v := s.read()
	defer v.Release()
	value, err := v.Get([]byte("b"), []byte("counter"))
	s.must(err)
	if n := binary.BigEndian.Uint64(append(make([]byte, 8-len(value)), value...)); n != writers*each {
		s.Errorf("the counter is %d, want %d", n, writers*each)
	}
}

func increment(e kv.Engine) error {
	stage, err := e.Begin(context.Background())
	if err != nil {
		return err
	}
	value, err := stage.Get([]byte("b"), []byte("counter"))
	if err != nil {
		stage.Release()
		return err
	}
	n := uint64(0)
	if value != nil {
		n = binary.BigEndian.Uint64(value)
	}
	b := new(kv.Batch)
	b.Put([]byte("b"), []byte("counter"), binary.BigEndian.AppendUint64(nil, n+1))
	pending, err := stage.Append(b)
	if err != nil {
		return err
	}
	return pending.Wait()
}

// testReaders writes batches each of which sets all keys of two buckets to one number, while readers look whether they
// ever see two numbers in one view, or a number that is older than one seen before.
func testReaders(s *subject) {
	s.start()
	var done atomic.Bool
	var wg sync.WaitGroup
	s.write(round(0))
	for range 4 {
		wg.Go(func() {
			seen := uint64(0)
			for !done.Load() && !s.Failed() {
				v, err := s.engine.Read(context.Background())
				if err != nil {
					s.Error(err)
					return
				}
				if seen, err = oneRound(v, seen); err != nil {
					s.Error(err)
				}
				v.Release()
			}
		})
	}
	defer wg.Wait()
	defer done.Store(true)
	for i := range uint64(200) {
		s.write(round(i + 1))
		if i%40 == 0 && s.Disturb != nil {
			s.Disturb(s.engine)
		}
	}
}

const roundKeys = 50

// round returns batch n of testReaders. Every third drops a bucket and fills it again, every fifth deletes all keys.
func round(n uint64) *kv.Batch {
	b := new(kv.Batch)
	for _, bucket := range []string{"left", "right"} {
		if n%3 == 0 {
			b.DropBucket([]byte(bucket))
		}
		b.EnsureBucket([]byte(bucket))
		if n%5 == 0 {
			b.DeleteRange([]byte(bucket), nil, nil)
		}
		for i := range roundKeys {
			b.Put([]byte(bucket), fmt.Appendf(nil, "%03d", i), binary.BigEndian.AppendUint64(nil, n))
		}
	}
	return b
}

// oneRound returns the number that a view shows everywhere.
func oneRound(v kv.View, least uint64) (uint64, error) {
	first, err := v.Get([]byte("right"), []byte("007"))
	if err != nil {
		return 0, err
	}
	if len(first) != 8 {
		return 0, fmt.Errorf("a value of %d bytes", len(first))
	}
	n := binary.BigEndian.Uint64(first)
	if n < least {
		return 0, fmt.Errorf("a view shows round %d after one that showed round %d", n, least)
	}
	for i, bucket := range []string{"left", "right"} {
		count := 0
		err := v.Scan([]byte(bucket), nil, i == 0, func(_, value []byte) bool {
			count++
			if string(value) != string(first) {
				err = fmt.Errorf("one view shows the rounds %d and %x", n, value)
			}
			return true
		})
		if err != nil {
			return 0, err
		}
		if count != roundKeys {
			return 0, fmt.Errorf("a view shows %d keys, want %d", count, roundKeys)
		}
	}
	return n, err
}

// testClosed calls everything after Close.
func testClosed(s *subject) {
	s.start()
	ctx := context.Background()
	s.must(s.engine.Close())
	_, read := s.engine.Read(ctx)
	_, begin := s.engine.Begin(ctx)
	for what, err := range map[string]error{"Read": read, "Begin": begin, "Sync": s.engine.Sync(ctx)} {
		if !errors.Is(err, kv.ErrClosed) {
			s.Errorf("%s after Close: got the error %v", what, err)
		}
	}
	s.must(s.engine.Close())
}

// testCloseWaits closes an engine while a stage is under way, and one more waits for its turn.
func testCloseWaits(s *subject) {
	s.start()
	w := numbered("b", 5)
	stage := s.begin()
	closed, refused := make(chan error, 1), make(chan error, 1)
	go func() { closed <- s.engine.Close() }()
	go func() {
		next, err := s.engine.Begin(context.Background())
		for err == nil { // Begin was faster than Close
			next.Release()
			next, err = s.engine.Begin(context.Background())
		}
		refused <- err
	}()
	s.same(stage, state{})
	for range 100 {
		runtime.Gosched()
		select {
		case err := <-closed:
			s.Fatalf("Close returned while a stage was under way: %v", err)
		default:
		}
	}
	pending, err := stage.Append(&w.batch)
	s.must(err)
	s.must(pending.Wait())
	s.must(<-closed)
	if err := <-refused; !errors.Is(err, kv.ErrClosed) {
		s.Errorf("Begin while the engine is closed: got the error %v", err)
	}
	if s.Reopen != nil {
		s.engine = s.Reopen(s.T, s.engine)
		v := s.read()
		defer v.Release()
		s.same(v, w.state)
	}
}
