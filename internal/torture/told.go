package main

import (
	"fmt"
	"strings"
)

// told is what a worker has told.
type told struct {
	opened   bool // a store was
	returned map[tag]committed
	newest   [callers]int // number of each caller's last call that returned
	drops    int
	backups  map[string]uint64
	doing    map[string]bool // what has begun and not ended
}

func newTold() *told {
	return &told{returned: map[tag]committed{}, backups: map[string]uint64{}, doing: map[string]bool{}}
}

// hear takes in a line of the worker of a round.
func (t *told) hear(round int, line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	var err error
	switch verb {
	case "start":
	case "doing":
		t.doing[rest] = true
	case "done":
		t.opened = true
		delete(t.doing, rest)
	case "call":
		c := committed{tag: tag{round: round}}
		_, err = fmt.Sscan(rest, &c.tag.caller, &c.tag.n, &c.changes, &c.last)
		t.returned[c.tag] = c
		t.newest[c.tag.caller] = c.tag.n
	case "drop":
		var w, n int
		_, err = fmt.Sscan(rest, &w, &n)
		t.newest[w] = n
		t.drops++
	case "backup":
		var name string
		var sequence uint64
		_, err = fmt.Sscan(rest, &name, &sequence)
		t.backups[name] = sequence
	default:
		return fmt.Errorf("worker: %s", line)
	}
	return err
}

// compare compares the calls in the feed with those that returned.
func (t *told) compare(round int, calls []committed, drops int, tr *trial) error {
	inFeed := make(map[tag]committed, len(calls))
	for _, c := range calls {
		if _, twice := inFeed[c.tag]; twice {
			return fmt.Errorf("call %v is in the feed twice", c.tag)
		}
		inFeed[c.tag] = c
		if returned, ok := t.returned[c.tag]; !ok {
			tr.note("calls under way that were committed", 1)
			if c.tag.round != round || c.tag.n != t.newest[c.tag.caller]+1 {
				return fmt.Errorf("call %v is in the feed, but was not under way", c.tag)
			}
		} else if returned.changes != c.changes || returned.last != c.last && returned.last != 0 {
			return fmt.Errorf("call %v returned %d changes up to sequence %d, the feed has %d up to %d",
				c.tag, returned.changes, returned.last, c.changes, c.last)
		}
	}
	for _, c := range t.returned {
		tr.note("calls that returned", 1)
		if _, ok := inFeed[c.tag]; !ok && c.changes > 0 {
			return fmt.Errorf("lost: call %v returned with %d changes up to sequence %d, the feed does not have it",
				c.tag, c.changes, c.last)
		}
	}
	if drops < t.drops || drops > t.drops+callers {
		return fmt.Errorf("lost: %d collections were deleted, the feed has %d", t.drops, drops)
	}
	return nil
}
