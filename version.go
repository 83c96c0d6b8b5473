package kuzzlite

import "fmt"

// The rules of versions and conflicts; pure.
//
// A version starts at 1 and grows by one with every effective write. A deletion is one: re-created while its tombstone
// is kept, a document goes on two above its last version (Elasticsearch: index.gc_deletes).

// checkVersion returns nil if a document at version have, 0 if there is none, may be written by a caller who wants
// it to be at version *want; nil wants nothing, 0 wants no document. The reasons are Elasticsearch's.
func checkVersion(id string, have uint64, want *uint64) (reason string, ok bool) {
	switch {
	case want == nil || *want == have:
		return "", true
	case *want == 0:
		return fmt.Sprintf("[%s]: version conflict, document already exists (current version [%d])", id, have), false
	case have == 0:
		return fmt.Sprintf("[%s]: version conflict, document does not exist (expected version [%d])", id, *want), false
	}
	return fmt.Sprintf("[%s]: version conflict, current version [%d] is different than the one provided [%d]",
		id, have, *want), false
}

// nextVersion is the version of the next effective write to a document whose newest version, or whose tombstone's, is
// last; 0 if it has neither.
func nextVersion(last uint64) uint64 { return last + 1 }

// remembered says whether a tombstone of that age still counts. A negative retention keeps none.
func remembered(deleted, now, retention int64) bool {
	return retention >= 0 && now-deleted <= retention
}

// retryBudget bounds how often work that lost a race is done again.
type retryBudget struct{ left int }

// spend takes one retry and says whether there was one.
func (b *retryBudget) spend() bool {
	b.left--
	return b.left >= 0
}
