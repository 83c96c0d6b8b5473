package kuzzlite

import (
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Snapshot is the content of a store in memory at one moment. It never changes, and costs memory only for what the
// store has changed since.
type Snapshot struct {
	state *kv.Snapshot
	line  *lineage // of its change feed
}

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
	s.feed.mu.Lock() // so that no Restore comes in between
	defer s.feed.mu.Unlock()
	return &Snapshot{m.Snapshot(), s.feed.era.Load().line}, nil
}

// Restore sets a store in memory to a snapshot, which may be one of another store in memory. It waits for writes that
// have begun, and then takes the same short time no matter how much there is.
//
// Everything goes back: documents, versions, counts, and the sequences of the change feed, which come again for other
// changes. So a sequence from before means nothing afterwards, unless it is of a change in the snapshot. A follower
// that has seen a change which the snapshot does not have ends with [ErrSequenceGone]; the others go on with what is
// new to them. A list that is under way goes on in the restored state, behind the id that it yielded last.
//
// The clock is not set back: what has expired since is absent in the restored state, and is removed again.
//
// A Snapshot that no Store returned is [ErrInvalid].
func (s *Store) Restore(to *Snapshot) error {
	m, err := s.memory("restore")
	if err != nil {
		return err
	}
	if to == nil || to.state == nil {
		return fmt.Errorf("restore: %w: there is no snapshot", ErrInvalid)
	}
	s.restoring.Lock()
	defer s.restoring.Unlock()
	return s.feed.reset(to.line, func() (last uint64, err error) {
		if err := m.Restore(to.state); err != nil {
			return 0, err
		}
		s.marks.everything()
		s.dues.forgetAll()
		s.holds.forget()
		v, err := m.Read(s.stop)
		if err != nil {
			return 0, err
		}
		defer v.Release()
		b, err := readBounds(v)
		if err == nil {
			err = s.startSweeps(v)
		}
		return b.last, err
	})
}
