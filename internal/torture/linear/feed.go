package linear

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kuzzlite/kuzzlite"
)

// The feed as a witness: it says in which order the calls of a history wrote, and that has to agree with what they
// returned, when they did, and what others read.

// change is what a call says of one change that it made, or read.
type change struct {
	id, version int
	user        string
}

// compareFeed compares a history with the feed.
func (h *recording) compareFeed(feed []kuzzlite.Change) error {
	bySequence := map[int]change{}
	version := [docIDs]int{}
	for _, c := range feed {
		if c.ID == "" {
			continue
		}
		id, err := parseDocID(c.ID)
		if err != nil {
			return err
		}
		if version[id]++; int(c.Version) != version[id] {
			return fmt.Errorf("feed: %s has version %d at sequence %d, after %d", c.ID, c.Version, c.Sequence, version[id]-1)
		}
		bySequence[int(c.Sequence)] = change{id, int(c.Version), c.User}
	}
	for _, e := range h.events {
		if e.Action.Verb == newest && e.Answer.Count > len(feed) {
			return fmt.Errorf("sequence %d was read; the feed ends at %d", e.Answer.Count, len(feed))
		}
		if err := e.compareReads(bySequence); err != nil {
			return err
		}
	}
	if err := h.compareWrites(bySequence); err != nil {
		return err
	}
	return h.compareOrder()
}

// compareReads verifies the sequences of documents that were read.
func (e *event) compareReads(bySequence map[int]change) error {
	if !e.Action.Verb.reads() {
		return nil
	}
	for i, f := range e.Answer.Items {
		c, known := bySequence[f.Sequence]
		if f.Sequence > 0 && (!known || c.id != e.Action.Items[i].ID || c.version != f.Version) {
			return fmt.Errorf("%v returned %v; the feed has %v", e.Action, e.Answer, c)
		}
	}
	return nil
}

// compareWrites verifies that the feed has all changes that calls returned, and no others.
func (h *recording) compareWrites(bySequence map[int]change) error {
	lost := map[string]bool{}
	for _, e := range h.events {
		lost[e.User] = lost[e.User] || e.Answer.Lost
		if e.Action.Verb.reads() {
			continue
		}
		last := 0
		for i, f := range e.Answer.Items {
			if f.What != ok || f.Noop {
				continue
			}
			want := change{e.Action.Items[i].ID, f.Version, e.User}
			if c := bySequence[f.Sequence]; c != want {
				return fmt.Errorf("%v returned %v; the feed has %v at sequence %d", e.Action, e.Answer, c, f.Sequence)
			}
			if last > 0 && f.Sequence != last+1 {
				return fmt.Errorf("torn: %v returned %v", e.Action, e.Answer)
			}
			last = f.Sequence
			delete(bySequence, f.Sequence)
		}
	}
	for sequence, c := range bySequence {
		if !lost[c.user] {
			return fmt.Errorf("feed: sequence %d is a change of d%d to version %d by call %s, which did not return it",
				sequence, c.id, c.version, c.user)
		}
	}
	return nil
}

// compareOrder verifies that a call that returned before another began has the lower sequences. The newest sequence is
// one that whoever asks for it must not find lower.
func (h *recording) compareOrder() error {
	type span struct {
		e           *event
		first, last int
	}
	var spans []span
	for _, e := range h.events {
		s := span{e: e}
		for _, f := range e.Answer.Items {
			if f.Sequence > 0 && (!e.Action.Verb.reads() || e.Action.Verb == newest) {
				s.first, s.last = cmp.Or(s.first, f.Sequence), f.Sequence
			}
		}
		if s.last > 0 {
			spans = append(spans, s)
		}
	}
	byReturn := slices.SortedFunc(slices.Values(spans), func(a, b span) int { return cmp.Compare(a.e.Return, b.e.Return) })
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.e.Call, b.e.Call) })
	latest := span{}
	for _, s := range spans {
		for len(byReturn) > 0 && byReturn[0].e.Return < s.e.Call {
			if byReturn[0].last > latest.last {
				latest = byReturn[0]
			}
			byReturn = byReturn[1:]
		}
		if s.first < latest.last {
			return fmt.Errorf("%v returned %v, after %v had returned %v", s.e.Action, s.e.Answer, latest.e.Action,
				latest.e.Answer)
		}
	}
	return nil
}
