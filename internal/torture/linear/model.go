package linear

import (
	"fmt"
	"strings"

	"github.com/anishathalye/porcupine"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// The sequential store that a history is compared with: a few documents, each call one step over all that it names.
// There is no partition by document, since batches and snapshots are what is to be found out about.

const (
	docIDs = 4
	noWant = -1
)

// content is a document's fields: a, b and n. 0: it has none of that name.
type content [3]int

var fieldNames = [len(content{})]string{"a", "b", "n"}

// with returns c with the fields of more, which win.
func (c content) with(more content) content {
	for i, v := range more {
		if v != 0 {
			c[i] = v
		}
	}
	return c
}

func (c content) json() []byte {
	d := oracle.Document{}
	for i, v := range c {
		if v != 0 {
			d[fieldNames[i]] = fmt.Sprint(v)
		}
	}
	return d.JSON()
}

// verb is what a call does, or what was read.
type verb string

const (
	mUpsert          verb = "mUpsert"
	mCreate          verb = "mCreate"
	mCreateOrReplace verb = "mCreateOrReplace"
	mReplace         verb = "mReplace"
	mUpdate          verb = "mUpdate"
	mDelete          verb = "mDelete"
	mDeleteFields    verb = "mDeleteFields"

	get     verb = "get"
	mGet    verb = "mGet"
	exists  verb = "exists"
	mExists verb = "mExists"
	count   verb = "count"
	all     verb = "all"
	heard   verb = "heard"  // a follower was shown a change: whoever reads now must find it
	search  verb = "search" // is it among the documents whose field a is above that of the target?
	newest  verb = "newest" // the same, of the change that Store.Sequence names
)

func (v verb) reads() bool {
	switch v {
	case get, mGet, exists, mExists, count, all, heard, newest, search:
		return true
	}
	return false
}

// action is one call of a history, or a part of Mutate.
type action struct {
	Verb           verb
	Items          []target
	One            bool // the verb for one document
	Atomic, Strict bool
}

// target is one document of an action.
type target struct {
	ID      int
	Set     content
	Default content
	Want    int     // version; noWant: any
	Drop    content // fields to delete
}

// finding is what an action returned for one document.
type finding struct {
	What     string // ok, absent, present, conflict; "" if an atomic call gave up and says nothing of it
	Have     int    // what the failure says that the version is; anyVersion: it was not heard
	Version  int
	Created  bool
	Noop     bool
	Content  content
	Sequence int // in the change feed
}

const (
	ok         = "ok"
	absent     = "absent"
	present    = "present"
	conflict   = "conflict"
	anyVersion = -1
)

// response is what an action returned.
type response struct {
	Items      []finding
	Incomplete bool // ErrIncomplete
	Cancelled  bool // the context's error: nothing was done
	Late       bool // the context was done, but too late to change anything
	Count      int
	Lost       bool      // the process was killed, but the feed has the action:
	Written    []written // as this
}

// written is a document's new version.
type written struct{ ID, Version int }

// doc is a document, or what is remembered of it.
type doc struct {
	Version int // grows on over deletions
	Exists  bool
	Content content
}

func (d doc) version() int {
	if d.Exists {
		return d.Version
	}
	return 0
}

type documents [docIDs]doc

// step says whether an action can have had this response, and what it left.
func (s documents) step(a *action, out *response) (bool, documents) {
	switch {
	case out.Cancelled:
		return true, s
	case a.Verb == count:
		n := 0
		for _, d := range s {
			if d.Exists {
				n++
			}
		}
		return n == out.Count, s
	case a.Verb == heard || a.Verb == newest:
		return s[a.Items[0].ID].Version >= out.Items[0].Version, s
	case a.Verb.reads():
		return s.read(a, out), s
	}
	return s.write(a, out)
}

func (s documents) read(a *action, out *response) bool {
	for i, t := range a.Items {
		d, f := s[t.ID], out.Items[i]
		if a.Verb == search {
			d.Exists = d.Exists && d.Content[0] > t.Set[0]
		}
		if (f.What == ok) != d.Exists {
			return false
		}
		if a.Verb != exists && a.Verb != mExists && d.Exists && (f.Version != d.Version || f.Content != d.Content) {
			return false
		}
	}
	return true
}

func (s documents) write(a *action, out *response) (bool, documents) {
	next, failed := s, false
	var found [maxTargets]finding
	for i := range a.Items {
		found[i] = next.one(a, &a.Items[i])
		failed = failed || found[i].What != ok
	}
	if a.Atomic && failed {
		next = s
		for i := range a.Items {
			if found[i].What == ok {
				found[i] = finding{}
			}
		}
	}
	if out.Lost {
		return wrote(a, found[:len(a.Items)], out.Written), next
	}
	if out.Incomplete != (failed && (a.Atomic || a.Strict)) {
		return false, s
	}
	for i, f := range found[:len(a.Items)] {
		told := out.Items[i]
		if told.Sequence = 0; told.Have == anyVersion {
			told.Have = f.Have
		}
		if told != f {
			return false, s
		}
	}
	return true, next
}

// wrote says whether the findings amount to the writes.
func wrote(a *action, found []finding, list []written) bool {
	for i, f := range found {
		if f.What != ok || f.Noop {
			continue
		}
		if len(list) == 0 || list[0] != (written{a.Items[i].ID, f.Version}) {
			return false
		}
		list = list[1:]
	}
	return len(list) == 0
}

// one applies an action to one document.
func (s *documents) one(a *action, t *target) finding {
	d := s[t.ID]
	have := d.version()
	switch {
	case a.Verb == mCreate && d.Exists:
		return finding{What: present, Have: have}
	case a.Verb != mCreate && a.Verb != mCreateOrReplace && a.Verb != mUpsert && !d.Exists:
		return finding{What: absent}
	case t.Want != noWant && t.Want != have:
		return finding{What: conflict, Have: have}
	}
	next := doc{d.Version + 1, true, d.Content}
	switch a.Verb {
	case mDelete:
		s[t.ID] = doc{Version: next.Version}
		return finding{What: ok, Version: next.Version}
	case mCreate, mCreateOrReplace, mReplace:
		next.Content = t.Set
	case mDeleteFields:
		for i, drop := range t.Drop {
			if drop != 0 {
				next.Content[i] = 0
			}
		}
	case mUpsert, mUpdate:
		switch {
		case !d.Exists:
			next.Content = t.Default.with(t.Set)
		case d.Content.with(t.Set) == d.Content:
			return finding{What: ok, Version: d.Version, Noop: true, Content: d.Content}
		default:
			next.Content = d.Content.with(t.Set)
		}
	}
	s[t.ID] = next
	return finding{What: ok, Version: next.Version, Created: !d.Exists, Content: next.Content}
}

// sequential is the model for the checker.
var sequential = porcupine.Model{
	Init: func() any { return documents{} },
	Step: func(state, in, out any) (bool, any) {
		return state.(documents).step(in.(*action), out.(*response))
	},
	Hash: func(state any) (h uint64) {
		for _, d := range state.(documents) {
			h = h*1_000_003 + uint64(d.Version)
			h = h*1_000_003 + uint64(d.Content[0]+d.Content[1])
		}
		return h
	},
	DescribeOperation: func(in, out any) string { return fmt.Sprint(in.(*action), " → ", out.(*response)) },
	DescribeState:     func(state any) string { return fmt.Sprint(state) },
}

func (a *action) String() string {
	var b strings.Builder
	b.WriteString(string(a.Verb))
	if a.Atomic {
		b.WriteString(" atomic")
	}
	for _, t := range a.Items {
		fmt.Fprintf(&b, " d%d", t.ID)
		if t.Set != (content{}) {
			fmt.Fprintf(&b, " %s", t.Set.json())
		}
		if t.Default != (content{}) {
			fmt.Fprintf(&b, " default %s", t.Default.json())
		}
		if t.Drop != (content{}) {
			fmt.Fprintf(&b, " without %v", t.Drop)
		}
		if t.Want != noWant {
			fmt.Fprintf(&b, " if version %d", t.Want)
		}
	}
	return b.String()
}

func (out *response) String() string {
	switch {
	case out.Cancelled:
		return "cancelled"
	case out.Lost:
		return fmt.Sprint("killed, wrote ", out.Written)
	case out.Items == nil:
		return fmt.Sprint(out.Count)
	}
	return fmt.Sprintf("%+v", out.Items)
}

func (d doc) String() string {
	if !d.Exists {
		return fmt.Sprintf("none (%d)", d.Version)
	}
	return fmt.Sprintf("%s version %d", d.Content.json(), d.Version)
}
