package kuzzlite

import "fmt"

// The rules of versions and conflicts; pure.
//
// A version starts at 1 and grows by one with every effective write. A deletion is one: re-created while its tombstone
// is kept, a document goes on two above its last version (Elasticsearch: index.gc_deletes). MLoad sets versions.

// condition is what a document must be for a write to it: at a version, unless that is 0, or absent.
type condition struct {
	version uint64
	absent  bool
}

// isAny says whether any document will do, and none as well.
func (c condition) isAny() bool { return c == condition{} }

// check says whether a document at a version, 0 if there is none, meets the condition, and if not why: the reasons are
// Elasticsearch's.
func (c condition) check(id string, have uint64) (reason string, ok bool) {
	switch {
	case c.absent && have != 0:
		return fmt.Sprintf("[%s]: version conflict, document already exists (current version [%d])", id, have), false
	case c.version == 0 || c.version == have:
		return "", true
	case have == 0:
		return fmt.Sprintf("[%s]: version conflict, document does not exist (expected version [%d])", id, c.version), false
	}
	return fmt.Sprintf("[%s]: version conflict, current version [%d] is different than the one provided [%d]",
		id, have, c.version), false
}

// nextVersion is the version of the next effective write to a document whose newest version, or whose tombstone's, is
// last; 0 if it has neither.
func nextVersion(last uint64) uint64 { return last + 1 }

// remembered says whether a tombstone of that age still counts. A negative retention keeps none.
func remembered(deleted, now, retention int64) bool {
	return retention >= 0 && now-deleted <= retention
}
