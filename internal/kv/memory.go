package kv

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// Memory is an engine that keeps everything in memory and nothing else: an overlay over nothing. What is appended is
// published at once. Views that are open keep what they see, whatever happens to the engine; Close does not wait for
// them.
type Memory struct {
	// turn is held by whoever writes: it has room for one. Those who wait get it in the order in which they came.
	turn   chan struct{}
	close  sync.Once
	closed chan struct{} // closed by Close, before it waits for turn

	// mu guards what follows. Whoever holds turn may read the overlay without mu, for nobody else changes its content;
	// newest is read without mu, too, and then shows a state that was the newest at that moment.
	mu      sync.Mutex
	overlay *Overlay
	newest  atomic.Pointer[Snapshot] // what readers see; nil: what the overlay holds, of which nobody has asked so far
}

// Snapshot is the content of a Memory at one moment. It never changes, and any Memory can be set to it.
type Snapshot struct{ version *Version }

// NewMemory returns an engine that holds what a batch makes, nothing if init is nil. It panics if init is not a batch
// that an empty engine takes, because that is a mistake in the program.
func NewMemory(init *Batch) *Memory {
	m := &Memory{turn: make(chan struct{}, 1), overlay: newBottom(), closed: make(chan struct{})}
	if init != nil {
		if err := m.overlay.Apply(init.Encoded()); err != nil {
			panic("kv: NewMemory: " + err.Error())
		}
	}
	return m
}

// Read implements Engine. It waits for a short batch that is applied at this moment, and for nothing else.
func (m *Memory) Read(context.Context) (View, error) {
	if m.isClosed() {
		return nil, ErrClosed
	}
	return NewLayered(nil, nil, m.Snapshot().version), nil
}

// Begin implements Engine.
func (m *Memory) Begin(ctx context.Context) (Stage, error) {
	if m.isClosed() {
		return nil, ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := m.takeTurn(ctx); err != nil {
		return nil, err
	}
	s := &memoryStage{memory: m}
	s.Layered.Init(nil, s.end, m.overlay.Live()) // after a version the batch would copy the nodes that it writes to
	return s, nil
}

// takeTurn waits for turn. It may still get turn when Close waits for it, too: Close then waits longer.
func (m *Memory) takeTurn(ctx context.Context) error {
	select {
	case m.turn <- struct{}{}:
	case <-m.closed:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

func (m *Memory) isClosed() bool {
	select {
	case <-m.closed:
		return true
	default:
		return false
	}
}

// Sync implements Engine.
func (m *Memory) Sync(context.Context) error {
	if m.isClosed() {
		return ErrClosed
	}
	return nil
}

// Close implements Engine. It waits for the stage that is under way. The memory is freed once nobody holds the engine.
func (m *Memory) Close() error {
	m.close.Do(func() {
		close(m.closed)
		m.turn <- struct{}{}
	})
	return nil
}

// Snapshot returns the content of the engine; of a closed engine what it held at last. It costs the same no matter how
// much there is.
func (m *Memory) Snapshot() *Snapshot {
	if s := m.newest.Load(); s != nil {
		return s
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.newest.Load()
	if s == nil {
		s = &Snapshot{m.overlay.Version()}
		m.newest.Store(s)
	}
	return s
}

// HasBucket says whether a bucket exists. It is what a view would tell, without one.
func (m *Memory) HasBucket(name []byte) (bool, error) {
	if m.isClosed() {
		return false, ErrClosed
	}
	if s := m.newest.Load(); s != nil {
		return s.version.has(name), nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.overlay.Live().has(name), nil
}

// has says whether a bucket of a bottom exists.
func (v *Version) has(bucket []byte) bool {
	exists, _ := v.Knows(bucket)
	return exists
}

// apply applies a batch. The caller holds turn.
func (m *Memory) apply(b *Batch) error {
	short := b.isShort()
	if !short {
		m.Snapshot() // which readers see until the batch is applied
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if short {
		m.newest.Store(nil)
	}
	err := m.overlay.Apply(b.Encoded())
	m.newest.Store(nil)
	return err
}

// Restore sets the engine to a snapshot, which may be one of another Memory. It waits for the stage that is under way,
// and costs the same no matter how much there is. Views that are open keep what they see. What is no snapshot of a
// Memory is ErrInvalid.
func (m *Memory) Restore(s *Snapshot) error {
	if s == nil || s.version == nil {
		return fmt.Errorf("%w snapshot: it has no content", ErrInvalid)
	}
	if err := m.takeTurn(context.Background()); err != nil {
		return err
	}
	defer func() { <-m.turn }()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.overlay.restore(s)
	m.newest.Store(s)
	return nil
}

// memoryStage is the stage of a Memory.
type memoryStage struct {
	Layered
	memory *Memory
	ended  bool
}

var errEnded = errors.New("the stage has ended")

// Append implements Stage. The batch is published when Append returns.
func (s *memoryStage) Append(b *Batch) (Pending, error) {
	if s.ended {
		return nil, errEnded
	}
	defer s.Release()
	if b == nil || b.Empty() {
		return settled{}, nil
	}
	if err := s.memory.apply(b); err != nil {
		return nil, err
	}
	return settled{}, nil
}

// Rest implements Stage. There is nothing to let go of.
func (s *memoryStage) Rest() {}

// end lets the next one have its turn.
func (s *memoryStage) end() {
	s.ended = true
	<-s.memory.turn
}

// settled is a batch for which there is nothing to wait.
type settled struct{}

func (settled) Wait() error { return nil }
