package kuzzlite

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Options.Kuzzle: what is Kuzzle's own way of doing things, where this library has another one. The rules are here, in
// names.go, and for what Elasticsearch refuses in documents in internal/mapping; the verbs ask for them where they differ.

// Kuzzle's limits of one call, as its server has them unless it is told otherwise.
const (
	maxKuzzleWrites = 200    // documents, the refused ones included
	maxKuzzleReads  = 10_000 // ids
)

// Kuzzle's reasons for refusing a call for more documents than that.
const (
	reasonWriteLimit = "The number of documents edited by this request exceeds the configured server limit."
	reasonReadLimit  = "The number of documents returned by this request exceeds the configured server limit."
)

// limits are how many documents a call may write, and how many ids it may read; 0: any number.
type limits struct{ writes, reads int }

// kuzzleLimits are those of a store with Options.Kuzzle.
var kuzzleLimits = limits{maxKuzzleWrites, maxKuzzleReads}

// checkWrites returns an error for a call that writes n documents, if those are too many for its verb. Deletions have
// another bound: checkDeletes.
func (l limits) checkWrites(v verb, n int) error {
	if l.writes > 0 && n > l.writes && v.hasContent() {
		return &withReason{reasonWriteLimit, ErrTooLarge}
	}
	return nil
}

// checkDeletes returns an error for a call that deletes documents, of which n are there, if those are too many.
func (l limits) checkDeletes(v verb, n int) error {
	if l.writes > 0 && n > l.writes && v == verbDelete {
		return &withReason{reasonWriteLimit, ErrTooLarge}
	}
	return nil
}

// checkReads returns an error for a call that reads n documents, if those are too many.
func (l limits) checkReads(n int) error {
	if l.reads > 0 && n > l.reads {
		return &withReason{reasonReadLimit, ErrTooLarge}
	}
	return nil
}

// kuzzleRule is how Kuzzle's action combines changes and default: upsert lets the changes win, mUpsert the default.
func kuzzleRule(single bool) CreateRule {
	if single {
		return ChangesShallow
	}
	return DefaultsShallow
}

// idVerdict is what Kuzzle's action makes of an id.
type idVerdict uint8

const (
	idAccepted   idVerdict = iota
	idUnknown              // there is no such document
	idNoString             // it counts as none
	idFailsCall            // Elasticsearch refuses the request, with all its documents
	idFailsAlone           // the same, of a verb for one document
)

// judgeID says what becomes of an item with that id. Kuzzle's server refuses an empty id of a verb for one document as
// such; here that is done without Kuzzle too.
func (v verb) judgeID(id string, single bool) idVerdict {
	switch empty := id == ""; {
	case !empty && len(id) <= maxIDLength, empty && (single || v.generates()):
		return idAccepted
	case v == verbReplace, !v.hasContent(), v == verbUpdate && single:
		return idUnknown
	case v == verbUpdate && empty:
		return idNoString
	case single:
		return idFailsAlone
	}
	return idFailsCall
}

// reasonIDs is why Elasticsearch refuses a request that has these ids.
func reasonIDs(ids []string) string {
	var s strings.Builder
	s.WriteString("Validation Failed: ")
	for i, id := range ids {
		if id == "" {
			fmt.Fprintf(&s, "%d: id is missing;", i+1)
			continue
		}
		const text = "%d: id [%s] is too long, must be no longer than %d bytes but was: %d;"
		fmt.Fprintf(&s, text, i+1, id, maxIDLength, len(id))
	}
	return s.String()
}

// stage is who refuses an item, and so when: Kuzzle lists errors in that order.
type stage uint8

const (
	byShape   stage = iota // Kuzzle, for what the item is
	byLookup               // Kuzzle, once it has looked at all items
	byStorage              // Elasticsearch
)

// stageOf returns who refuses an item for a reason; otherwise is for reasons that do not tell.
func (v verb) stageOf(reason string, otherwise stage) stage {
	switch reason {
	case reasonExists:
		return byLookup
	case reasonID:
		if v == verbUpdate {
			return byLookup
		}
	case reasonNotFound:
		if v != verbUpdate {
			return byLookup
		}
	}
	return otherwise
}

// sortErrors puts the errors in the order in which they are told: that of the request, in Kuzzle by stages first.
func sortErrors(list []Failure) {
	slices.SortStableFunc(list, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(a.stage, b.stage), cmp.Compare(a.Position, b.Position))
	})
}

// refusedByStorage is how Kuzzle shows an item that Elasticsearch has refused: as it was handed over. A generated id
// was not.
func refusedByStorage(source []byte, id string, generated bool) []byte {
	out := appendMember([]byte{'{'}, []byte(`"_source"`), source)
	if !generated {
		out = appendMember(out, []byte(`"_id"`), rawjson.AppendString(nil, id))
	}
	return append(out, '}')
}
