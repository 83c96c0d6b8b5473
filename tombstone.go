package kuzzlite

import "bytes"

// Tombstones: what remembers the versions of deleted documents for a while.

// bury writes the record of a tombstone under its key.
func (t *txn) bury(bucket, key, value []byte, now int64) {
	seal(key, value)
	t.batch.Put(bucket, key, value)
	t.batch.Put(bucket, removalKey(now, string(key[1:])), nil)
	t.store.dues.put(bucket, now)
}

// removeTombstones removes up to limit tombstones that are no longer remembered, oldest first.
func (t *txn) removeTombstones(bucket []byte, now, retention int64, limit int) error {
	before := now - retention
	if retention < 0 {
		before = never
	}
	if !t.store.dues.maybe(bucket, before) {
		return nil
	}
	var last []byte
	n, oldest := 0, int64(never)
	err := t.view.Scan(bucket, []byte{prefixRemoval}, false, func(key, _ []byte) bool {
		deleted, id, ok := splitTimeKey(prefixRemoval, key)
		if !ok {
			return false
		}
		if n == limit || remembered(deleted, now, retention) {
			oldest = deleted
			return false
		}
		n++
		t.batch.Delete(bucket, tombstoneKey(id))
		last = append(last[:0], key...)
		return true
	})
	if err != nil {
		return err
	}
	if n > 0 {
		// From the beginning, so that a queue from which something is removed again and again has one deleted range.
		t.batch.DeleteRange(bucket, []byte{prefixRemoval}, append(bytes.Clone(last), 0))
	}
	t.sees(bucket, oldest)
	return nil
}
