package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/osfile"
	"github.com/kuzzlite/kuzzlite/internal/segment"
)

// Judging whether the log continues the file. The file names the newest generation that it contains. The segment of the
// next generation says in its header how the one before ended, and so on: that chain is the log. Whatever else lies in
// the places of segments is either contained in the file, and is removed, or belongs to another file or to another
// moment of this one: then Open refuses, and changes nothing.

// found is a segment as it was read.
type found struct {
	slot     int
	path     string
	contents *segment.Contents
}

// recovered is the log of a store that was not closed.
type recovered struct {
	chain []*found // that continues the file, in order; may be empty
	stale []*found // what the file contains, and what never held anything that counts
	kv    *kv.Overlay
	took  time.Duration
}

// judge reads the log and sees whether it fits the file.
func (op *opening) judge() error {
	op.log = &recovered{}
	if !locksFirst {
		return op.refuseAnyLog()
	}
	all, err := op.readSegments()
	if err != nil {
		return err
	}
	var rest []*found
	for _, f := range all {
		stale, err := op.isStale(f)
		if err != nil {
			return err
		}
		if stale {
			op.log.stale = append(op.log.stale, f)
		} else {
			rest = append(rest, f)
		}
	}
	if rest, err = op.link(rest); err != nil {
		return err
	}
	for _, f := range rest {
		if !op.isUnborn(f) {
			return op.unlinked(f)
		}
		op.log.stale = append(op.log.stale, f)
	}
	return op.reaches()
}

// readSegments reads what there is in the places of segments.
func (op *opening) readSegments() (all []*found, err error) {
	for slot := range maxSegments {
		f := &found{slot: slot, path: logPath(op.path, slot)}
		f.contents, err = segment.Read(f.path, op.opts.ReadOnly)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case errors.Is(err, segment.ErrNotRegular):
			return nil, fmt.Errorf("%w: %s is in the way of the store's log: move it away", err, f.path)
		case err != nil:
			return nil, fmt.Errorf("read the log: %w", err)
		}
		all = append(all, f)
	}
	return all, nil
}

// isStale says whether a segment holds nothing that the file lacks, without a look at the chain.
func (op *opening) isStale(f *found) (bool, error) {
	c := f.contents
	switch {
	case c.Whole && c.Header.Store != op.id && op.state.remembers(c.Header.Nonce):
		return true, nil // a crash has ended a restore before this log was removed
	case c.Whole && c.Header.Store != op.id:
		return false, fmt.Errorf("%w: %s is the log of another store: if the file %s is a restored backup, delete the log; "+
			"if it was moved here by mistake, move it back", kv.ErrCorrupt, f.path, op.path)
	case c.Whole && c.Header.Nonce == op.state.contained.end.Nonce && c.End.Records > op.state.contained.end.Records:
		return false, nil // a copy of the store has gone on with the same segment
	case c.Whole:
		return op.state.contains(&c.Header), nil
	case c.Stray == 0 || op.state.contains(&segment.Header{Nonce: c.Stray}):
		return true, nil // a crash has cut off its creation, or its recycling
	}
	return false, fmt.Errorf("%w: the header of the log %s is damaged: move the log away and restore a backup",
		kv.ErrCorrupt, f.path)
}

// link takes from the segments those that continue the file, and returns the others.
func (op *opening) link(segments []*found) (rest []*found, err error) {
	at := op.state.contained
	for {
		next := -1
		for i, f := range segments {
			if h := f.contents.Header; h.Generation != at.generation+1 || h.Parent != at.end {
				continue
			}
			if next < 0 || f.contents.End.Records > 0 { // see isUnborn
				next = i
			}
		}
		if next < 0 {
			return segments, nil
		}
		f := segments[next]
		segments = append(segments[:next:next], segments[next+1:]...)
		if err := f.contents.Damage; err != nil {
			return nil, fmt.Errorf("%w: the log %s: %w: move the log away and restore a backup", kv.ErrCorrupt, f.path, err)
		}
		op.log.chain = append(op.log.chain, f)
		at = position{f.contents.Header.Generation, f.contents.End}
	}
}

// isUnborn says whether a segment is of a generation that never began: it could be made, and not be made durable, and
// its removal is not durable either, or failed. The log went on without it, so it has no records, and there is more now
// than it says there was when it was made.
func (op *opening) isUnborn(f *found) bool {
	h, end := f.contents.Header, op.end()
	if f.contents.End.Records > 0 || f.contents.Damage != nil {
		return false
	}
	return h.Generation <= end.generation ||
		h.Generation == end.generation+1 && h.Parent.Nonce == end.end.Nonce && h.Parent.Records < end.end.Records
}

// unlinked is the error of a segment that neither continues the file nor is contained in it.
func (op *opening) unlinked(f *found) error {
	h := f.contents.Header
	end := op.end()
	switch {
	case h.Generation > end.generation+1:
		return fmt.Errorf("%w: a part of the log is missing: %s continues generation %d, and the file with the rest of the "+
			"log ends at %d: put back the log's other files, or delete the log if the file is a restored copy",
			kv.ErrCorrupt, f.path, h.Generation-1, end.generation)
	case h.Generation == end.generation+1 && h.Parent.Nonce == end.end.Nonce:
		return fmt.Errorf("%w: the log is damaged: it has %d records of generation %d, and had %d: "+
			"move the log away and restore a backup", kv.ErrCorrupt, end.end.Records, end.generation, h.Parent.Records)
	}
	return fmt.Errorf("%w: the log %s belongs to another copy of this store, or to another moment: if the file is a "+
		"restored copy, delete the log; otherwise keep both and restore a backup", kv.ErrCorrupt, f.path)
}

// end is where the file with its log ends.
func (op *opening) end() position {
	if n := len(op.log.chain); n > 0 {
		c := op.log.chain[n-1].contents
		return position{c.Header.Generation, c.End}
	}
	return op.state.contained
}

// reaches sees whether the log has everything that the file needs.
func (op *opening) reaches() error {
	if s := &op.state; s.applying.generation != 0 {
		for _, f := range op.log.chain {
			c := f.contents
			if (position{c.Header.Generation, c.End}) == s.applying {
				return nil
			}
		}
		return fmt.Errorf("%w: generation %d of the log was being written into the file, and is not there as a whole: "+
			"put back the log %s, or restore a backup", kv.ErrCorrupt, s.applying.generation, logPath(op.path, 0))
	}
	if op.state.open && len(op.log.chain) == 0 {
		return fmt.Errorf("%w: the store was not closed, and its log is missing%s: put back the log (%s and the like), or "+
			"restore a backup", kv.ErrCorrupt, op.emptied(), logPath(op.path, 0))
	}
	return nil
}

// emptied says of the files in the places of the log that they are none.
func (op *opening) emptied() string {
	for _, f := range op.log.stale {
		if !f.contents.Whole && f.contents.Stray == 0 {
			return fmt.Sprintf(" (%s is there, and is empty or no log)", f.path)
		}
	}
	return ""
}

// refuseOrphans refuses to create a store where there is the log of one.
func (op *opening) refuseOrphans() error {
	for slot := range maxSegments {
		path := logPath(op.path, slot)
		_, whole, err := segment.ReadHeader(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case errors.Is(err, segment.ErrNotRegular):
			return fmt.Errorf("%w: %s is in the way of the store's log: move it away", err, path)
		case err != nil:
			return fmt.Errorf("read the log: %w", err)
		case whole && !exists(op.path): // or another process has just created the store
			return fmt.Errorf("%w: the store's file is missing, but its log %s exists: if you deleted the store on purpose, "+
				"delete the log too", kv.ErrCorrupt, path)
		}
	}
	return nil
}

// refuseAnyLog refuses a store with a log where a log cannot be read: bbolt takes the lock itself there, and another
// process may be at work until it has.
func (op *opening) refuseAnyLog() error {
	if op.state.open || op.state.applying.generation != 0 {
		return fmt.Errorf("%w: the store was not closed, and its log cannot be read on %s: open the store on another system",
			kv.ErrCorrupt, runtime.GOOS)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// clear removes the segments that hold nothing that counts.
func (op *opening) clear() error {
	for _, f := range op.log.stale {
		if err := osfile.RemoveDurably(f.path); err != nil {
			return fmt.Errorf("remove a part of the log that is not needed any more: %w", err)
		}
	}
	return nil
}
