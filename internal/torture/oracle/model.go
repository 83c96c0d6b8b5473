// Package oracle makes calls that are known from their tags, and judges a store by its change feed and by what
// the process that wrote to it has told.
package oracle

import (
	"fmt"
	"hash/fnv"
	"maps"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// What a store must hold, worked out from its change feed: the feed says in which order calls were committed, and each
// call is known from its tag, so that each can be made again on the model. A call of which a part is missing, or which
// made something else, does not fit the feed.

// stored is a document, or the memory of one.
type stored struct {
	version  uint64
	sequence uint64
	body     Document // nil: deleted
	expires  int64    // ms since 1970; 0: never
}

// due says whether the document has expired at a time.
func (s stored) due(at time.Time) bool { return s.expires != 0 && s.expires <= at.UnixMilli() }

// Model is a store.
type Model struct {
	Seed        uint64
	Sequence    uint64
	collections map[string]map[string]stored
	hasIndex    bool
	hashes      []uint64 // of the feed up to each sequence

	// Asked is how many queries Compare has asked that NoteQueries has not counted yet.
	Asked int
}

// NewModel returns the model of a store that is empty.
func NewModel(seed uint64) *Model {
	return &Model{Seed: seed, collections: map[string]map[string]stored{}, hashes: []uint64{0}}
}

// Committed is a call as the feed has it.
type Committed struct {
	Tag     Tag
	Changes int
	Last    uint64 // sequence
}

// Replay takes the changes that follow into the model and returns the calls they are of.
func (m *Model) Replay(changes []kuzzlite.Change) (calls []Committed, drops int, err error) {
	for len(changes) > 0 {
		n := 1
		for n < len(changes) && changes[n].User == changes[0].User {
			n++
		}
		if changes[0].User == "" {
			err = m.byNobody(changes[0])
			if n = 1; changes[0].Op == kuzzlite.OpDeleteCollection {
				drops++
			}
		} else {
			var t Tag
			if t, err = parseTag(changes[0].User); err == nil {
				err = m.call(t, changes[:n])
			}
			calls = append(calls, Committed{Tag: t, Changes: n, Last: changes[n-1].Sequence})
		}
		if err != nil {
			return calls, drops, err
		}
		for _, c := range changes[:n] {
			if c.Sequence != m.Sequence+1 {
				return calls, drops, fmt.Errorf("after sequence %d comes %d", m.Sequence, c.Sequence)
			}
			m.Sequence++
			m.hashes = append(m.hashes, hash(m.hashes[len(m.hashes)-1], c))
		}
		changes = changes[n:]
	}
	return calls, drops, nil
}

func hash(before uint64, c kuzzlite.Change) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, before, c.Sequence, c.Op, c.Collection, c.ID, c.Version, c.User)
	return h.Sum64()
}

// byNobody is a change that no call has made.
func (m *Model) byNobody(c kuzzlite.Change) error {
	if c.Op != kuzzlite.OpExpire {
		return m.structural(c)
	}
	s := m.collections[c.Collection][c.ID]
	switch {
	case s.body == nil || !s.due(c.Time):
		return fmt.Errorf("sequence %d: %s in %q cannot expire then", c.Sequence, c.ID, c.Collection)
	case c.Version != s.version+1 || c.Silent:
		return fmt.Errorf("sequence %d: %s expires to version %d, it should be %d", c.Sequence, c.ID, c.Version, s.version+1)
	}
	m.collections[c.Collection][c.ID] = stored{version: c.Version, sequence: c.Sequence}
	return nil
}

// structural is a change of the index and its collections.
func (m *Model) structural(c kuzzlite.Change) error {
	_, exists := m.collections[c.Collection]
	switch {
	case c.Op == kuzzlite.OpCreateIndex && !m.hasIndex:
		m.hasIndex = true
	case c.Op == kuzzlite.OpCreateCollection && m.hasIndex && !exists:
		m.collections[c.Collection] = map[string]stored{}
	case c.Op == kuzzlite.OpDeleteCollection && exists:
		delete(m.collections, c.Collection)
	default:
		return fmt.Errorf("sequence %d: %v of %q cannot be", c.Sequence, c.Op, c.Collection)
	}
	return nil
}

// call makes a call again and compares what it changes with the feed.
func (m *Model) call(t Tag, changes []kuzzlite.Change) error {
	c := NewCall(m.Seed, t)
	docs, ok := m.collections[c.collection]
	if !ok {
		return fmt.Errorf("call %v: collection %q does not exist", t, c.collection)
	}
	if c.Verb == Truncate {
		clear(docs)
		if len(changes) != 1 || changes[0].Op != kuzzlite.OpTruncate {
			return fmt.Errorf("call %v: is not one truncate", t)
		}
		return nil
	}
	first, at := changes[0].Sequence, changes[0].Time
	n := 0
	failed := false
	after := maps.Clone(docs)
	for _, it := range c.Items {
		if s := after[it.ID]; s.body != nil && s.due(at) {
			return fmt.Errorf("call %v, %s: %s has expired, and the feed does not have that", t, c.Verb, it.ID)
		}
		s, op, done := c.apply(after[it.ID], it, at)
		if op != 0 && c.collection == UniqueCollection && refused(after, it.ID, s, at, changes[min(n, len(changes)):]) {
			op, done = 0, false
		}
		failed = failed || !done
		if op == 0 {
			continue
		}
		s.sequence = first + uint64(n)
		after[it.ID] = s
		if n < len(changes) {
			got := changes[n]
			if got.Op != op || got.ID != it.ID || got.Version != s.version || got.Collection != c.collection ||
				got.Silent != c.silent {
				return fmt.Errorf("call %v, %s: the feed has %v of %s at version %d, it should be %v of %s at %d",
					t, c.Verb, got.Op, got.ID, got.Version, op, it.ID, s.version)
			}
		}
		n++
	}
	if c.Atomic && failed {
		n = 0
	}
	if n != len(changes) {
		return fmt.Errorf("torn: call %v, %s of %d documents, made %d changes, of which the feed has %d",
			t, c.Verb, len(c.Items), n, len(changes))
	}
	m.collections[c.collection] = after
	return nil
}

// apply works out what becomes of a document; op is 0 if nothing does, and then ok says whether that is no error.
func (c *Call) apply(s stored, it item, at time.Time) (after stored, op kuzzlite.Op, ok bool) {
	exists := s.body != nil
	switch {
	case c.Verb == mCreate && exists,
		!exists && c.Verb != mCreate && c.Verb != mCreateOrReplace && c.Verb != MUpsert:
		return s, 0, false
	case it.absent && exists, it.want != 0 && (!exists || it.want != s.version):
		return s, 0, false
	}
	after = stored{version: s.version + 1, expires: c.expiry(s, at)}
	switch c.Verb {
	case mDelete:
		return stored{version: after.version}, kuzzlite.OpDelete, true
	case mDeleteFields:
		after.body = maps.Clone(s.body)
		for _, f := range it.fields {
			delete(after.body, f)
		}
		return after, kuzzlite.OpUpdate, true
	case mCreate, mCreateOrReplace, mReplace:
		after.body = maps.Clone(it.Body)
	default:
		after.body = maps.Clone(s.body)
		if !exists {
			after.body = Document{}
			maps.Copy(after.body, it.defaults)
		}
		maps.Copy(after.body, it.Body)
		if exists && maps.Equal(after.body, s.body) && after.expires == s.expires {
			return s, 0, true
		}
		if exists {
			return after, kuzzlite.OpUpdate, true
		}
	}
	if exists {
		return after, kuzzlite.OpReplace, true
	}
	return after, kuzzlite.OpCreate, true
}

// expiry returns when a document expires that the call makes of another, or of none.
func (c *Call) expiry(s stored, at time.Time) int64 {
	switch {
	case c.expires > 0:
		return at.UnixMilli() + c.expires.Milliseconds()
	case c.expires < 0:
		return 0
	case c.Verb == MUpsert || c.Verb == mUpdate || c.Verb == mDeleteFields:
		return s.expires
	}
	return 0
}
