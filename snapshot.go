package kuzzlite

import (
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Snapshot is the content of a store in memory at one moment. It never changes, and costs memory only for what the
// store has changed since.
type Snapshot struct{ state *kv.Snapshot }

// memory returns the engine of a store in memory.
func (s *Store) memory(verb string) (*kv.Memory, error) {
	if err := s.usable(); err != nil {
		return nil, err
	}
	m, ok := s.engine.(*kv.Memory)
	if !ok {
		return nil, fmt.Errorf("%s: %w: the store is on disk, only one in memory can do that", verb, ErrInvalid)
	}
	return m, nil
}

// Snapshot returns the content of a store in memory: all that was acknowledged, and the change feed. It takes the same
// short time no matter how much there is. A store on disk returns an error that wraps [ErrInvalid]; use [Store.Backup].
func (s *Store) Snapshot() (*Snapshot, error) {
	m, err := s.memory("snapshot")
	if err != nil {
		return nil, err
	}
	return &Snapshot{m.Snapshot()}, nil
}

// Restore sets a store in memory to a snapshot, which may be one of another store in memory. It waits for writes that
// have begun, and then takes the same short time no matter how much there is.
//
// Everything goes back: documents, versions, counts, and the sequences of the change feed, which come again for other
// changes. So a sequence from before means nothing afterwards, unless it is of a change in the snapshot. A follower
// that has seen more than the snapshot has ends with [ErrSequenceGone]; the others go on with what is new. A list
// that is under way goes on in the restored state, behind the id that it yielded last.
func (s *Store) Restore(to *Snapshot) error {
	m, err := s.memory("restore")
	if err != nil {
		return err
	}
	if to == nil {
		return fmt.Errorf("restore: %w: there is no snapshot", ErrInvalid)
	}
	s.restoring.Lock()
	defer s.restoring.Unlock()
	return s.feed.reset(func() (b bounds, err error) {
		if err := m.Restore(to.state); err != nil {
			return b, err
		}
		s.dues.forgetAll()
		v, err := m.Read(s.stop)
		if err != nil {
			return b, err
		}
		defer v.Release()
		return readBounds(v)
	})
}
