package oracle

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// The field indexes of the collections. Those of Collections come and go while callers write, as they change no answer
// of a call. The unique index of UniqueCollection does: so it is there before the first call, and stays.

// UniqueCollection has a unique field index on k0, whose values are few: so calls collide.
const UniqueCollection = "u"

// uniqueField is the field of that index.
const uniqueField = "k0"

// fieldIndexes are those that each of Collections may have.
var fieldIndexes = []kuzzlite.FieldIndex{
	{Name: "one", Fields: []string{"k0"}},
	{Name: "two", Fields: []string{"k1", "-k2"}},
	{Name: "sparse", Fields: []string{"-k3"}, Sparse: true},
	{Name: "long", Fields: []string{"pad", "k4"}}, // whose values are cut
	{Name: "words", Kind: kuzzlite.FieldIndexText, Fields: []string{"text"}},
	{Name: "points", Kind: kuzzlite.FieldIndexGeo, Fields: []string{"at"}},
}

// Prepare makes UniqueCollection and its index, or goes on with building the index. No caller calls before.
func (c *Worker) Prepare(ctx context.Context) {
	c.Do("prepare", func() error { return PrepareUnique(ctx, c.Store) })
}

// PrepareUnique is Prepare of a store that no worker has.
func PrepareUnique(ctx context.Context, s *kuzzlite.Store) error {
	return s.Collection(Index, UniqueCollection).EnsureFieldIndex(ctx, kuzzlite.FieldIndex{
		Name: "unique", Fields: []string{uniqueField}, Unique: true,
	})
}

// TendFieldIndex makes a field index, goes on with building one, or drops one, and tells of it.
func (c *Worker) TendFieldIndex(ctx context.Context, r *rand.Rand) {
	if r.IntN(4) == 0 {
		c.Do("drop of a field index", func() error { return TendFieldIndex(ctx, c.Store, r, true) })
		return
	}
	c.Do("building of a field index", func() error { return TendFieldIndex(ctx, c.Store, r, false) })
}

// TendFieldIndex makes a field index of a store, or drops one.
func TendFieldIndex(ctx context.Context, s *kuzzlite.Store, r *rand.Rand, drop bool) (err error) {
	col := s.Collection(Index, Collections[r.IntN(len(Collections))])
	index := fieldIndexes[r.IntN(len(fieldIndexes))]
	if drop {
		err = col.DropFieldIndex(ctx, index.Name)
	} else {
		err = col.EnsureFieldIndex(ctx, index)
	}
	for _, gone := range []error{kuzzlite.ErrNotFound, kuzzlite.ErrUnknownCollection, kuzzlite.ErrUnknownIndex} {
		if errors.Is(err, gone) { // others delete collections meanwhile
			return nil
		}
	}
	return err
}

// MakeFieldIndexes makes all of the field indexes in a collection.
func MakeFieldIndexes(ctx context.Context, c *kuzzlite.Collection) error {
	for _, index := range fieldIndexes {
		if err := c.EnsureFieldIndex(ctx, index); err != nil {
			return err
		}
	}
	return nil
}

// refused says whether the unique index refuses what becomes of a document, where the next changes of the feed are
// those that follow. An owner may have expired between the moment that the feed has and the turn of the call, and so may
// the document itself, which is refused nowhere then: the feed says whether one had, as a call names each document of
// UniqueCollection once.
func refused(docs map[string]stored, id string, after stored, at time.Time, next []kuzzlite.Change) bool {
	mine := uniqueValues(after.body)
	for other, s := range docs {
		if other == id || s.body == nil || s.due(at) || !meet(mine, uniqueValues(s.body)) {
			continue
		}
		if turn := at.Add(longestWait); !s.due(turn) && !after.due(turn) {
			return true
		}
		if len(next) == 0 || next[0].ID != id || next[0].Version != after.version {
			return true
		}
	}
	return false
}

// longestWait is how long a call may wait for its turn.
const longestWait = time.Minute

// uniqueValues are the values of the unique field that count.
func uniqueValues(body Document) (list []string) {
	for v := range strings.SplitSeq(strings.Trim(body[uniqueField], "[]"), ",") {
		if v != "" && v != "null" {
			list = append(list, v)
		}
	}
	return list
}

// meet says whether two lists have a value in common.
func meet(a, b []string) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y {
				return true
			}
		}
	}
	return false
}
