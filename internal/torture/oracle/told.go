package oracle

import (
	"fmt"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// Told is what a worker has told.
type Told struct {
	// Relaxed says that the power was cut under a store of Durability Relaxed: it has the first of the calls that
	// returned, in their order, and all that returned before the last sync.
	Relaxed bool

	Opened      bool // a store was
	returned    map[Tag]Committed
	unknown     map[Tag]bool   // calls of unknown outcome
	order       []Committed    // the same, in the order in which they were told
	began       map[Tag]int    // so many of those had returned, at least, when a call began
	begun       map[string]int // and when something with the whole store began
	durable     int            // so many of those no power cut can take
	Newest      [Callers]int   // number of each caller's last call that returned
	Drops       int
	Backups     map[string]uint64
	Checkpoints int             // that have ended in the background
	Recovered   int             // how often a store had a log when it was opened
	Doing       map[string]bool // what has begun and not ended
}

// What becomes of calls of unknown outcome.
const (
	UnknownWritten    = "calls of unknown outcome that were written"
	UnknownNotWritten = "calls of unknown outcome that were not written"
)

// NewTold returns what has been told at first: nothing.
func NewTold() *Told {
	return &Told{
		returned: map[Tag]Committed{}, unknown: map[Tag]bool{}, began: map[Tag]int{}, begun: map[string]int{},
		Backups: map[string]uint64{}, Doing: map[string]bool{},
	}
}

// syncs are what makes durable, once it is done, all that had returned when it began.
var syncs = map[string]bool{"open": true, "sync": true, "interval": true, "close": true}

// Hear takes in a line of the worker of a round.
func (t *Told) Hear(round int, line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	var err error
	switch verb {
	case "start":
	case "doing":
		t.Doing[rest] = true
		t.begun[rest] = len(t.order)
	case "done":
		t.Opened = true
		delete(t.Doing, rest)
		if syncs[rest] {
			t.durable = max(t.durable, t.begun[rest])
		}
	case "call":
		c := Committed{Tag: Tag{Round: round}}
		_, err = fmt.Sscan(rest, &c.Tag.Caller, &c.Tag.N, &c.Changes, &c.Last)
		t.returned[c.Tag] = c
		t.hasReturned(c)
	case "drop":
		c := Committed{Tag: Tag{Round: round}, Changes: -1}
		_, err = fmt.Sscan(rest, &c.Tag.Caller, &c.Tag.N)
		t.hasReturned(c)
		t.Drops++
	case "unknown":
		tag := Tag{Round: round}
		_, err = fmt.Sscan(rest, &tag.Caller, &tag.N)
		t.unknown[tag] = true
		t.Newest[tag.Caller] = tag.N
	case "failed":
		delete(t.Doing, rest)
	case "backup":
		var name string
		var sequence uint64
		_, err = fmt.Sscan(rest, &name, &sequence)
		t.Backups[name] = sequence
	case "checkpoints":
		n := 0
		_, err = fmt.Sscan(rest, &n)
		t.Checkpoints += n
	case "recovered":
		t.Recovered++
	default:
		return fmt.Errorf("worker: %s", line)
	}
	return err
}

// hasReturned takes in a call, after which its caller's next one may begin.
func (t *Told) hasReturned(c Committed) {
	t.Newest[c.Tag.Caller] = c.Tag.N
	t.order = append(t.order, c)
	t.began[Tag{c.Tag.Round, c.Tag.Caller, c.Tag.N + 1}] = len(t.order)
}

// Settle takes note that all that returned is durable.
func (t *Told) Settle() { t.durable = len(t.order) }

// kept returns how many of the calls that returned, in the order in which they were told, must be there: what is
// durable, and all that had returned before one began that is there.
func (t *Told) kept(there []Committed) int {
	if !t.Relaxed {
		return len(t.order)
	}
	n := t.durable
	for _, c := range there {
		n = max(n, t.began[c.Tag])
	}
	return n
}

// KeptDrops returns how many deletions of collections must be there, where these calls are.
func (t *Told) KeptDrops(there []Committed) (n int) {
	for _, c := range t.order[:t.kept(there)] {
		if c.Changes < 0 {
			n++
		}
	}
	return n
}

// mayLack returns the calls that may be missing although they returned, where others are there.
func (t *Told) mayLack(there []Committed) map[Tag]bool {
	var last uint64
	for _, c := range there {
		last = max(last, c.Last)
	}
	may := map[Tag]bool{}
	if t.Relaxed {
		for _, c := range t.order[t.kept(there):] {
			may[c.Tag] = c.Last == 0 || c.Last > last // or one with a later sequence is there
		}
	}
	return may
}

// Compare compares the calls in the feed with those that returned.
func (t *Told) Compare(round int, calls []Committed, drops int, tr *harness.Trial) error {
	inFeed := make(map[Tag]Committed, len(calls))
	for _, c := range calls {
		if _, twice := inFeed[c.Tag]; twice {
			return fmt.Errorf("call %v is in the feed twice", c.Tag)
		}
		inFeed[c.Tag] = c
		if returned, ok := t.returned[c.Tag]; t.unknown[c.Tag] {
			tr.Note(UnknownWritten, 1)
		} else if !ok {
			tr.Note("calls under way that were committed", 1)
			if c.Tag.Round != round || c.Tag.N != t.Newest[c.Tag.Caller]+1 {
				return fmt.Errorf("call %v is in the feed, but was not under way", c.Tag)
			}
		} else if returned.Changes != c.Changes || returned.Last != c.Last && returned.Last != 0 {
			return fmt.Errorf("call %v returned %d changes up to sequence %d, the feed has %d up to %d",
				c.Tag, returned.Changes, returned.Last, c.Changes, c.Last)
		}
	}
	for tag := range t.unknown {
		if _, written := inFeed[tag]; !written {
			tr.Note(UnknownNotWritten, 1)
		}
	}
	may := t.mayLack(calls)
	for _, c := range t.returned {
		tr.Note("calls that returned", 1)
		_, ok := inFeed[c.Tag]
		switch {
		case ok || c.Changes <= 0:
		case may[c.Tag]:
			tr.Note("calls that returned and may be lost", 1)
		default:
			return fmt.Errorf("lost: call %v returned with %d changes up to sequence %d, the feed does not have it",
				c.Tag, c.Changes, c.Last)
		}
	}
	if drops < t.Drops || drops > t.Drops+Callers {
		return fmt.Errorf("lost: %d collections were deleted, the feed has %d", t.Drops, drops)
	}
	return nil
}
