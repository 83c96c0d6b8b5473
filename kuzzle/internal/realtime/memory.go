package realtime

import "slices"

// memory remembers which rooms were told of a document last, so that they are told when it leaves their filter.
type memory struct {
	of   map[documentKey]*remembered
	last uint64
}

// documentKey names a document among all.
type documentKey struct {
	place
	id string
}

type remembered struct {
	rooms []*room // with a filter, and not of everything
	turn  uint64  // when it was written
}

// mostRemembered is of how many documents something is remembered. Of more, the half that nobody was told of for longest
// is forgotten.
const mostRemembered = 200_000

// put remembers the rooms that were told of a document.
func (m *memory) put(key documentKey, rooms []*room) {
	rooms = slices.DeleteFunc(rooms, func(r *room) bool { return r.all })
	if len(rooms) == 0 {
		delete(m.of, key)
		return
	}
	m.last++
	m.of[key] = &remembered{rooms, m.last}
	if len(m.of) > mostRemembered {
		m.forgetHalf()
	}
}

func (m *memory) forgetHalf() {
	turns := make([]uint64, 0, len(m.of))
	for _, r := range m.of {
		turns = append(turns, r.turn)
	}
	slices.Sort(turns)
	middle := turns[len(turns)/2]
	for key, r := range m.of {
		if r.turn < middle {
			delete(m.of, key)
		}
	}
}

// left returns the rooms that were told of a document last, that are not in now, and that have not closed.
func (m *memory) left(key documentKey, now []*room) (rooms []*room) {
	r := m.of[key]
	if r == nil {
		return nil
	}
	for _, room := range r.rooms {
		if !room.closed && !slices.Contains(now, room) {
			rooms = append(rooms, room)
		}
	}
	return rooms
}
