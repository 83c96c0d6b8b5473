package powercut

import (
	"bytes"
	"maps"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/boltfile"
	"github.com/kuzzlite/kuzzlite/internal/torture/crashfs"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// During what the power is cut: what a store was about, as its operations and the file itself show it.

// duringAll are the moments; a long run must have cut in all.
var duringAll = []string{
	"creation", "open", "commits", duringRelaxed, "commits without a log", "growth", "a new segment",
	"the removal of a segment", "a checkpoint", "a checkpoint, between two slices", "the last checkpoint",
	duringRecovery, duringRecovery + ", between two slices", duringSecond, duringSecond + ", between two slices",
	"backup", "compaction", "a swap", "close", "what follows a kill",
}

const (
	// duringRelaxed is while there is something to lose.
	duringRelaxed = "commits of Relaxed"
	// duringRecovery is until the file contains what the log had when the store was opened.
	duringRecovery = "a recovery"
	// duringSecond is the same, after a recovery that did not come so far.
	duringSecond = "a recovery after one that was cut off"
)

// scene is what is going on at a place in a recording.
type scene struct {
	c *crashfs.Cutter
	h *hearsay

	state      oracle.Found // of the store's file, when it was synced last
	recovering bool
	contained  uint64 // when the recovery began
	cutOff     int    // recoveries before this one, that did not come to their end
}

func newScene(f film) (*scene, error) {
	h, err := hearBefore(f)
	if err != nil {
		return nil, err
	}
	s := &scene{c: crashfs.NewCutter(f.Recording), h: h, cutOff: f.CutOff}
	s.readState()
	return s, nil
}

// moveTo moves behind an operation, the n-th.
func (s *scene) moveTo(op crashfs.Op, n int) error {
	if op.Kind == crashfs.Mark {
		if strings.HasPrefix(op.Name, "round ") {
			s.h.began = n - 1
			s.interrupted()
		}
		if err := s.h.hear(op.Name); err != nil {
			return err
		}
		if trimLine(op.Name) == "doing open" {
			s.beginOpen()
		}
	}
	s.c.MoveTo(n)
	syncs := op.Kind == crashfs.Sync || op.Kind == crashfs.DataSync || op.Kind == crashfs.FailedSync
	if syncs && op.File == s.c.Names()[oracle.StoreName] {
		s.readState()
	}
	return nil
}

// interrupted takes note that a worker was killed, or the power cut.
func (s *scene) interrupted() {
	if s.recovering {
		s.cutOff++
		s.recovering = false
	}
}

// beginOpen takes note that a store is opened: if there is a log, Open begins a recovery.
func (s *scene) beginOpen() {
	if len(s.logs()) > 0 && s.state.Open {
		s.recovering, s.contained = true, s.state.Contained
	} else {
		s.cutOff = 0
	}
}

// readState reads what the store's file says of its log.
func (s *scene) readState() {
	f := s.c.Durable(s.c.Names()[oracle.StoreName])
	if f == nil {
		return
	}
	h, err := boltfile.ReadHeader(bytes.NewReader(f.Data), f.Size)
	if err != nil {
		return
	}
	value, err := boltfile.Lookup(bytes.NewReader(f.Data), h, []byte("#engine"), []byte("log"))
	if err != nil {
		return
	}
	if state, err := oracle.DecodeState(value); err == nil {
		s.state = state
	}
	if s.recovering && s.state.Contained > s.contained {
		s.recovering, s.cutOff = false, 0
	}
}

// logs are the files of the log.
func (s *scene) logs() (files []int) {
	for name, file := range s.c.Names() {
		if oracle.IsLog(name, oracle.StoreName) {
			files = append(files, file)
		}
	}
	return files
}

// during says what is going on.
func (s *scene) during() string {
	doing := s.h.rounds[s.h.round].Doing
	between := ""
	if s.state.HalfApplied {
		between = ", between two slices"
	}
	store := s.c.Names()[oracle.StoreName]
	writes := s.c.Pending(store, func(op crashfs.Op) bool { return op.Kind == crashfs.Write })
	switch {
	case s.followsKill(store):
		return "what follows a kill"
	case s.c.NamesPending(func(op crashfs.Op) bool { return op.Kind == crashfs.Rename }):
		return "a swap"
	case !s.h.opened:
		return "creation"
	case s.recovering && s.cutOff > 0:
		return duringSecond + between
	case s.recovering:
		return duringRecovery + between
	case doing["close"] && (writes || between != ""):
		return "the last checkpoint"
	case doing["open"]:
		return "open"
	case writes && withoutLog(s.h.round):
		return "commits without a log"
	case writes || between != "":
		return "a checkpoint" + between
	}
	return s.duringLog(doing)
}

func (s *scene) followsKill(store int) bool {
	for _, file := range append(s.logs(), store) {
		if s.c.Unsynced(file, s.h.began) {
			return true
		}
	}
	return false
}

// duringLog says what is going on while nobody writes to the store's file.
func (s *scene) duringLog(doing map[string]bool) string {
	records := false
	for _, file := range s.logs() {
		if s.c.Pending(file, isHead) {
			return "a new segment"
		}
		records = records || s.c.Pending(file, isRecord)
	}
	removes := func(op crashfs.Op) bool {
		return op.Kind == crashfs.Unlink && oracle.IsLog(op.Name, oracle.StoreName)
	}
	switch {
	case records && relaxed(s.h.round):
		return duringRelaxed
	case s.c.NamesPending(removes):
		return "the removal of a segment"
	case doing["close"]:
		return "close"
	case doing["compact"]:
		return "compaction"
	case doing["backup"]:
		return "backup"
	case s.c.Grown():
		return "growth"
	}
	return "commits"
}

const headSize = 8192 // of a file of the log

// isHead says whether an operation on a file of the log writes the header.
func isHead(op crashfs.Op) bool { return op.Kind == crashfs.Write && op.Offset < headSize }

// isRecord says whether it writes a record, and not zeros to make room for some.
func isRecord(op crashfs.Op) bool {
	something := func(r rune) bool { return r != 0 }
	return op.Kind == crashfs.Write && op.Offset >= headSize && bytes.ContainsFunc(op.Data, something)
}

// moments says during what the power can be cut, with the positions in the recording: what is rare is cut as often as
// the rest.
func (f film) moments() (map[string][]int, error) {
	list := map[string][]int{}
	s, err := newScene(f)
	if err != nil {
		return nil, err
	}
	for at, op := range f.Recording.Log {
		if err := s.moveTo(op, at+1); err != nil {
			return nil, err
		}
		if len(s.h.rounds) > 0 {
			during := s.during()
			list[during] = append(list[during], at+1)
		}
	}
	return list, nil
}

// sequel cuts the power, every other time during a recovery if there is one, and returns a film that begins with what
// that leaves.
func (f film) sequel(c cut) (film, error) {
	s, err := newScene(f)
	if err != nil {
		return f, err
	}
	next := film{Seed: f.Seed, Before: f.Before}
	for at, op := range f.Recording.Log[:c.at] {
		if err := s.moveTo(op, at+1); err != nil {
			return f, err
		}
		if op.Kind == crashfs.Mark {
			next.Before = append(next.Before, op.Name)
		}
	}
	s.interrupted()
	next.Recording.Base, next.CutOff = s.c.Image(c.random).Disk(), s.cutOff
	next.Before = append(next.Before, cutMark)
	return next, nil
}

// recoveries returns those of the moments that are of recoveries, or all if there are none.
func recoveries(moments map[string][]int) map[string][]int {
	list := maps.Clone(moments)
	maps.DeleteFunc(list, func(during string, _ []int) bool { return !strings.HasPrefix(during, duringRecovery) })
	if len(list) == 0 {
		return moments
	}
	return list
}
