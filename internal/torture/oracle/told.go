package oracle

import (
	"fmt"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// Told is what a worker has told.
type Told struct {
	Opened   bool // a store was
	returned map[Tag]Committed
	Newest   [Callers]int // number of each caller's last call that returned
	Drops    int
	Backups  map[string]uint64
	Doing    map[string]bool // what has begun and not ended
}

// NewTold returns what has been told at first: nothing.
func NewTold() *Told {
	return &Told{returned: map[Tag]Committed{}, Backups: map[string]uint64{}, Doing: map[string]bool{}}
}

// Hear takes in a line of the worker of a round.
func (t *Told) Hear(round int, line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	var err error
	switch verb {
	case "start":
	case "doing":
		t.Doing[rest] = true
	case "done":
		t.Opened = true
		delete(t.Doing, rest)
	case "call":
		c := Committed{Tag: Tag{Round: round}}
		_, err = fmt.Sscan(rest, &c.Tag.Caller, &c.Tag.N, &c.Changes, &c.Last)
		t.returned[c.Tag] = c
		t.Newest[c.Tag.Caller] = c.Tag.N
	case "drop":
		var w, n int
		_, err = fmt.Sscan(rest, &w, &n)
		t.Newest[w] = n
		t.Drops++
	case "backup":
		var name string
		var sequence uint64
		_, err = fmt.Sscan(rest, &name, &sequence)
		t.Backups[name] = sequence
	default:
		return fmt.Errorf("worker: %s", line)
	}
	return err
}

// Compare compares the calls in the feed with those that returned.
func (t *Told) Compare(round int, calls []Committed, drops int, tr *harness.Trial) error {
	inFeed := make(map[Tag]Committed, len(calls))
	for _, c := range calls {
		if _, twice := inFeed[c.Tag]; twice {
			return fmt.Errorf("call %v is in the feed twice", c.Tag)
		}
		inFeed[c.Tag] = c
		if returned, ok := t.returned[c.Tag]; !ok {
			tr.Note("calls under way that were committed", 1)
			if c.Tag.Round != round || c.Tag.N != t.Newest[c.Tag.Caller]+1 {
				return fmt.Errorf("call %v is in the feed, but was not under way", c.Tag)
			}
		} else if returned.Changes != c.Changes || returned.Last != c.Last && returned.Last != 0 {
			return fmt.Errorf("call %v returned %d changes up to sequence %d, the feed has %d up to %d",
				c.Tag, returned.Changes, returned.Last, c.Changes, c.Last)
		}
	}
	for _, c := range t.returned {
		tr.Note("calls that returned", 1)
		if _, ok := inFeed[c.Tag]; !ok && c.Changes > 0 {
			return fmt.Errorf("lost: call %v returned with %d changes up to sequence %d, the feed does not have it",
				c.Tag, c.Changes, c.Last)
		}
	}
	if drops < t.Drops || drops > t.Drops+Callers {
		return fmt.Errorf("lost: %d collections were deleted, the feed has %d", t.Drops, drops)
	}
	return nil
}
