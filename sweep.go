package kuzzlite

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Removing documents that have expired, in the background. The alarm waits for the earliest of these times, and at
// least a second from one time to the next: a document is absent at its moment, whenever it is removed.

// The pauses between sweeps, in ms.
const (
	sweepPause = 1000   // from one to the next
	retryPause = 60_000 // after one that has failed
)

// startSweeps looks for documents that expire, and waits for the first of them.
func (s *Store) startSweeps(v kv.View) error {
	at := int64(never)
	buckets, err := registered(v)
	for _, bucket := range buckets {
		q, lookErr := lookForDue(v, bucket, 0, 0)
		err = cmp.Or(err, lookErr)
		at = min(at, q.next)
	}
	s.sweeps.set(at)
	return err
}

// sweep removes all documents that are due, and returns when to look again.
func (s *Store) sweep(now int64) (next int64) {
	for {
		err := s.write(s.stop, func(t *txn) (err error) {
			next, err = t.sweep(now)
			return err
		})
		switch {
		case err != nil && s.usable() != nil:
			return never
		case err != nil:
			s.log(slog.LevelWarn, "documents that have expired were not removed", "error", err)
			return now + retryPause
		case next != 0:
			return next
		}
	}
}

// log tells Options.Logger.
func (s *Store) log(level slog.Level, message string, args ...any) {
	if s.opts.Logger != nil {
		s.opts.Logger.Log(context.Background(), level, message, args...)
	}
}

// maxSweep is how many documents one turn of the expirer removes at most.
const maxSweep = 1000

// sweep removes up to maxSweep documents that are due, of all collections. next is when to look again, in ms since
// 1970: 0 if more are due, never if no document expires.
func (t *txn) sweep(now int64) (next int64, err error) {
	next = never
	buckets, err := registered(t.view)
	if err != nil {
		return 0, err
	}
	left, all := maxSweep, 0
	for _, bucket := range buckets {
		q, err := lookForDue(t.view, bucket, now, left)
		if err != nil {
			return 0, err
		}
		removed, err := t.removeDue(bucket, q.due, now)
		if err != nil {
			return 0, err
		}
		if q.next == never && removed == len(q.due) { // what is left, if anything, is damaged
			t.batch.Delete(bucketStore, expiringKey(bucket))
		}
		left, all = left-len(q.due), all+removed
		next = min(next, q.next)
	}
	if next == 0 && all == 0 { // what is in the way is damaged
		next = now + retryPause
	}
	return next, nil
}

// dueQueue is what was found in the queue of a collection.
type dueQueue struct {
	due  []dueDocument
	next int64 // when the next one is due, in ms since 1970; 0 if it is, never if there is none
}

type dueDocument struct {
	id string
	at int64 // ms since 1970
}

// lookForDue looks for up to limit documents that are due.
func lookForDue(v kv.View, bucket []byte, now int64, limit int) (q dueQueue, err error) {
	q.next = never
	err = v.Scan(bucket, []byte{prefixExpiry}, false, func(key, _ []byte) bool {
		at, id, ok := splitTimeKey(prefixExpiry, key)
		switch {
		case !ok:
			return false
		case !due(at, now):
			q.next = at
			return false
		case len(q.due) == limit:
			q.next = 0
			return false
		}
		q.due = append(q.due, dueDocument{id, at})
		return true
	})
	if errors.Is(err, kv.ErrNoBucket) { // Check tells of that
		err = nil
	}
	return q, err
}

// removeDue removes documents of a collection, and returns how many. Those that are damaged stay.
func (t *txn) removeDue(bucket []byte, list []dueDocument, now int64) (removed int, err error) {
	index, name, _ := strings.Cut(string(bucket), "/")
	var found []expired
	for _, d := range list {
		key := documentKey(d.id)
		b, err := t.view.Get(bucket, key)
		if err != nil {
			return 0, err
		}
		r, err := decodeKind(kindDocument, key, b)
		if err != nil || r.expires != d.at {
			continue
		}
		r.body = nil
		found = append(found, expired{d.id, r})
	}
	if len(found) == 0 {
		return 0, nil
	}
	n, err := readCount(t.view, bucket)
	if err != nil {
		return 0, err
	}
	if _, err := t.remove(index, name, found, n, now); err != nil {
		return 0, err
	}
	return len(found), nil
}

// registered returns the buckets of the collections in which documents expire, or have.
func registered(v kv.View) (buckets [][]byte, err error) {
	err = v.Scan(bucketStore, keyExpiring, false, func(key, _ []byte) bool {
		bucket, ok := bytes.CutPrefix(key, keyExpiring)
		if ok {
			buckets = append(buckets, bytes.Clone(bucket))
		}
		return ok
	})
	return buckets, err
}
