package kuzzlite

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/filter"
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
		q, lookErr := lookForDue(v, bucket, 0, new(budget))
		err = cmp.Or(err, lookErr)
		at = min(at, q.next)
	}
	s.sweeps.set(at)
	return err
}

// sweep is what the alarm does. It returns when to look again.
func (s *Store) sweep(now int64) (next int64) {
	next, err := s.sweepAll(s.stop, now)
	switch {
	case err != nil && s.usable() != nil:
		return never
	case err != nil:
		s.log(slog.LevelWarn, "documents that have expired were not removed", "error", err)
		return now + retryPause
	}
	return next
}

// sweepAll removes all documents that are due, and returns when to look again.
func (s *Store) sweepAll(ctx context.Context, now int64) (next int64, err error) {
	for {
		err = s.write(ctx, func(t *txn) (err error) {
			next, err = t.sweep(now)
			return err
		})
		if err != nil || next != 0 {
			return next, err
		}
	}
}

// sweepForCompact removes what has expired, if there is any, so that its room is given back. That it cannot, as on a
// full disk, is no hindrance.
func (s *Store) sweepForCompact(ctx context.Context) {
	now, isDue := s.now(), false
	err := s.view(ctx, func(v kv.View) error {
		buckets, err := registered(v)
		for _, bucket := range buckets {
			q, lookErr := lookForDue(v, bucket, now, new(budget))
			err, isDue = cmp.Or(err, lookErr), isDue || q.next == 0
		}
		return err
	})
	if err == nil && isDue {
		_, _ = s.sweepAll(ctx, now)
	}
}

// log tells Options.Logger.
func (s *Store) log(level slog.Level, message string, args ...any) {
	if s.opts.Logger != nil {
		s.opts.Logger.Log(context.Background(), level, message, args...)
	}
}

// The bounds of what one turn removes. Tests make do with less.
var maxSweep = 1000

const maxSweepBytes = 16 << 20 // of documents, which are verified before they go

// sweep removes documents that are due, of all collections, up to the bounds. next is when to look again, in ms since
// 1970: 0 if more are due, never if no document expires.
func (t *txn) sweep(now int64) (next int64, err error) {
	buckets, err := registered(t.view)
	if err != nil {
		return 0, err
	}
	next = never
	left := budget{maxSweep, maxSweepBytes}
	for _, bucket := range buckets {
		before := left
		q, err := lookForDue(t.view, bucket, now, &left)
		if err == nil {
			err = t.removeDue(bucket, &q, now)
		}
		if errors.Is(err, ErrCorrupt) || errors.Is(err, filter.ErrNotLinked) { // the other collections go on, as if there was not this one
			left = before
			t.store.log(slog.LevelWarn, "documents that have expired were not removed", "collection", string(bucket),
				"error", err)
			continue
		}
		if err != nil || q.next == 0 {
			return q.next, err
		}
		next = min(next, q.next)
	}
	return next, nil
}

// budget is what may still be removed.
type budget struct{ documents, bytes int }

// dueQueue is what was found at the beginning of the queue of a collection.
type dueQueue struct {
	due     []expired
	damaged bool   // something that is due, but cannot be removed, was passed over
	rest    []byte // the first key that stays; nil: there is none
	next    int64  // when that is due, in ms since 1970; 0 if it is, never without one
}

// lookForDue looks for documents that are due, as many as are left.
func lookForDue(v kv.View, bucket []byte, now int64, left *budget) (q dueQueue, err error) {
	q.next = never
	var failed error
	err = v.Scan(bucket, []byte{prefixExpiry}, false, func(key, _ []byte) bool {
		at, id, ok := splitTimeKey(prefixExpiry, key)
		if !ok {
			return false
		}
		if !due(at, now) || left.documents <= 0 || left.bytes <= 0 {
			q.rest = bytes.Clone(key)
			if q.next = at; due(at, now) {
				q.next = 0
			}
			return false
		}
		k := documentKey(id)
		b, err := v.Get(bucket, k)
		if err != nil && !errors.Is(err, ErrCorrupt) {
			failed = err
			return false
		}
		r, damage := decodeKind(kindDocument, k, b)
		if err != nil || damage != nil || r.expires != at { // told by Check, and by who reads the document
			q.damaged = true
			return true
		}
		left.documents, left.bytes = left.documents-1, left.bytes-len(b)
		q.due = append(q.due, expired{id, r})
		return true
	})
	if errors.Is(err, kv.ErrNoBucket) { // told by Check
		err = nil
	}
	return q, cmp.Or(err, failed)
}

// removeDue removes documents of a collection, and what is in the queue before those that stay.
func (t *txn) removeDue(bucket []byte, q *dueQueue, now int64) error {
	index, name, _ := strings.Cut(string(bucket), "/")
	if len(q.due) > 0 {
		n, err := readCount(t.view, bucket)
		if err != nil {
			return err
		}
		if _, err := t.expire(index, name, q.due, n, now); err != nil {
			return err
		}
	}
	switch {
	case q.damaged:
		for i := range q.due {
			t.batch.Delete(bucket, expiryKey(q.due[i].record.expires, q.due[i].id))
		}
	case q.rest == nil:
		t.batch.DeleteRange(bucket, []byte{prefixExpiry}, []byte{prefixExpiry + 1})
		t.batch.Delete(bucketStore, expiringKey(bucket))
	default:
		// From the beginning, so that a queue from which documents go, or are moved, has one deleted range.
		t.batch.DeleteRange(bucket, []byte{prefixExpiry}, q.rest)
	}
	return nil
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
