package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/osfile"
	"github.com/kuzzlite/kuzzlite/internal/segment"
)

// maxSegments is how many segments there can be: three that a crash during recovery has left, and a new one.
const maxSegments = 4

// logPath is where a segment of the log of the store at path is: beside the store, under its name, -log and a digit, or
// where that is too long for a name, under a hash of the name.
func logPath(path string, slot int) string {
	const longest = 255
	suffix := fmt.Sprintf("-log%d", slot)
	if len(filepath.Base(path))+len(suffix) > longest {
		return hiddenBeside(path, suffix)
	}
	return path + suffix
}

// handle is a segment in one of the places for segments.
type handle struct {
	*segment.Segment // nil: of a generation that was recovered; nobody appends to it
	slot             int
	generation       uint64

	reading sync.RWMutex // read-locked by Verify, locked to recycle or remove the segment
}

// exclusively runs fn while nobody reads the segment.
func (h *handle) exclusively(fn func() error) error {
	h.reading.Lock()
	defer h.reading.Unlock()
	return fn()
}

// segments are the files of the log.
type segments struct {
	store string // path of the store's file

	mu    sync.Mutex // guards the fields below
	used  [maxSegments]bool
	spare *handle   // of a generation that the file contains
	left  []*handle // segments that could not be removed, which is tried again
}

// errNoSlot: all segments are in use, by generations that are being recovered.
var errNoSlot = errors.New("all segments of the log are in use")

// next begins a segment. Unless fresh is wanted it recycles the spare one, whose blocks the disk has given out already.
func (s *segments) next(h segment.Header, like os.FileInfo, fresh bool) (*handle, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.clear(); err != nil && s.forgotten(h.Generation) {
		return nil, fmt.Errorf("a part of the log that is not needed any more cannot be removed: %w", err)
	}
	if spare := s.spare; spare != nil {
		s.spare = nil
		if !fresh {
			if err := spare.exclusively(func() error { return spare.Recycle(h) }); err != nil {
				return nil, errors.Join(err, s.remove(spare))
			}
			spare.generation = h.Generation
			return spare, nil
		}
		if err := s.remove(spare); err != nil {
			return nil, err
		}
	}
	for slot := range s.used {
		if s.used[slot] {
			continue
		}
		path := logPath(s.store, slot)
		created, err := segment.Create(path, func(f *os.File) { likeFile(f, like) }, h)
		if err != nil {
			if exists(path) && !errors.Is(err, fs.ErrExist) { // see Create
				s.used[slot], s.left = true, append(s.left, &handle{slot: slot, generation: h.Generation})
			}
			return nil, err
		}
		s.used[slot] = true
		return &handle{Segment: created, slot: slot, generation: h.Generation}, nil
	}
	return nil, errNoSlot
}

// free gives back segments whose content is in the file. One is kept as the spare, if keep says so.
func (s *segments) free(handles []*handle, keep bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	errs := []error{s.clear()}
	for _, h := range handles {
		if keep && s.spare == nil && h.Segment != nil {
			s.spare = h
			continue
		}
		errs = append(errs, s.remove(h))
	}
	return errors.Join(errs...)
}

// remove removes a segment, durably. The caller holds mu.
func (s *segments) remove(h *handle) error {
	var err error
	if h.Segment != nil {
		err = h.exclusively(h.Remove)
	} else {
		err = osfile.RemoveDurably(logPath(s.store, h.slot))
	}
	if err != nil {
		s.left = append(s.left, h)
		return err
	}
	s.used[h.slot] = false
	return nil
}

// forgotten says whether a segment that could not be removed is so old that the file would not know of it any more once
// it contains a generation: Open would refuse the store for it. The caller holds mu.
func (s *segments) forgotten(generation uint64) bool {
	for _, h := range s.left {
		if generation >= h.generation+rememberedNonces {
			return true
		}
	}
	return false
}

// clear tries again to remove what could not be removed. The caller holds mu.
func (s *segments) clear() error {
	for len(s.left) > 0 {
		slot := s.left[len(s.left)-1].slot
		if err := osfile.RemoveDurably(logPath(s.store, slot)); err != nil {
			return err
		}
		s.used[slot] = false
		s.left = s.left[:len(s.left)-1]
	}
	return nil
}

// discardSpare removes the spare segment.
func (s *segments) discardSpare() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spare == nil {
		return nil
	}
	spare := s.spare
	s.spare = nil
	return s.remove(spare)
}
