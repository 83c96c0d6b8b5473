package kuzzlite

import (
	"maps"
	"sync"
	"sync/atomic"
)

// marks count the changes of some indexes, so that whoever keeps what was read of one knows, without reading again, that
// it is still so: see door.Mark.
type marks struct {
	making sync.Mutex // held while an index gets a mark
	of     atomic.Pointer[map[string]*atomic.Uint64]
}

// mark returns the mark of an index, which it gets if it has none.
func (m *marks) mark(index string) *atomic.Uint64 {
	m.making.Lock()
	defer m.making.Unlock()
	all := map[string]*atomic.Uint64{}
	if before := m.of.Load(); before != nil {
		all = maps.Clone(*before)
	}
	if all[index] == nil {
		all[index] = new(atomic.Uint64)
		m.of.Store(&all)
	}
	return all[index]
}

// find returns the mark of an index; nil if it has none.
func (m *marks) find(index string) *atomic.Uint64 {
	all := m.of.Load()
	if all == nil {
		return nil
	}
	return (*all)[index]
}

// everything notes that all indexes may have changed.
func (m *marks) everything() {
	if all := m.of.Load(); all != nil {
		for _, mark := range *all {
			mark.Add(1)
		}
	}
}
