package kuzzlite

import (
	"context"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Stats describes a store at one moment.
type Stats struct {
	Path          string `json:"path"`          // "" in memory
	FileSize      int64  `json:"fileSize"`      // bytes
	FreeBytes     int64  `json:"freeBytes"`     // of those, in pages that will be used again; Compact gives them back
	PageSize      int    `json:"pageSize"`      // bytes
	Documents     uint64 `json:"documents"`     // in all collections
	Sequence      uint64 `json:"sequence"`      // of the newest change
	FirstSequence uint64 `json:"firstSequence"` // of the oldest change kept; one more than Sequence if none is

	Commits            uint64  `json:"commits"`            // since Open
	Changes            uint64  `json:"changes"`            // of documents since Open
	DocumentsPerCommit float64 `json:"documentsPerCommit"` // the two divided: how well group commit works

	LogSize        int64         `json:"logSize"`                 // bytes of the log that Open would have to do again after a crash
	Checkpoints    uint64        `json:"checkpoints"`             // since Open: how often the file was synced and the log begun
	LastCheckpoint time.Time     `json:"lastCheckpoint,omitzero"` // zero: none since Open
	Recovery       time.Duration `json:"recovery"`                // ns; how long Open took to do the log again, 0: it was not needed

	// OldestReader is how long the longest running backup or check has been at it. As long as it runs, no page that was
	// freed since can be used again, and the file grows.
	OldestReader time.Duration `json:"oldestReader"` // ns

	Collections []CollectionStats `json:"collections"` // by name
}

// CollectionStats describes a collection.
type CollectionStats struct {
	Index      string `json:"index"`
	Collection string `json:"collection"`
	Documents  uint64 `json:"documents"`
}

// CompactPays says whether Compact would give back at least half of a file of more than 1 MiB.
func (s *Stats) CompactPays() bool { return s.FileSize > 1<<20 && s.FreeBytes > s.FileSize/2 }

// Stats describes the store. The cost grows with the number of collections only.
func (s *Store) Stats(ctx context.Context) (*Stats, error) {
	st := &Stats{
		Path: s.path, Commits: s.commits.Load(), Changes: s.written.Load(),
		OldestReader: s.readers.oldest(), Collections: []CollectionStats{},
	}
	if st.Commits > 0 {
		st.DocumentsPerCommit = float64(st.Changes) / float64(st.Commits)
	}
	err := s.viewEngine(ctx, func(tx *bolt.Tx, e *engine) (err error) {
		db := tx.DB()
		if st.FileSize, err = e.size(); err != nil {
			return err
		}
		st.PageSize = db.Info().PageSize
		st.Recovery = e.recovery
		if e.ahead != nil {
			e.ahead.describe(st)
		}
		stats := db.Stats()
		st.FreeBytes = int64(stats.FreePageN+stats.PendingPageN) * int64(st.PageSize)
		if st.FirstSequence, st.Sequence, err = feedBounds(tx); err != nil {
			return err
		}
		for index := range indexNames(tx) {
			for name := range collectionNames(tx, index) {
				n := tx.Bucket(collectionKey(index, name)).Sequence()
				st.Documents += n
				st.Collections = append(st.Collections, CollectionStats{index, name, n})
			}
		}
		return nil
	})
	return st, err
}

// readers knows the read transactions that last.
type readers struct {
	mu    sync.Mutex // guards begun
	begun map[int]time.Time
	next  int
}

// enter notes a reader that begins now, and returns what to call when it ends.
func (r *readers) enter() (leave func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.begun == nil {
		r.begun = make(map[int]time.Time)
	}
	key := r.next
	r.next++
	r.begun[key] = time.Now()
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.begun, key)
	}
}

func (r *readers) oldest() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	var age time.Duration
	for _, t := range r.begun {
		age = max(age, time.Since(t))
	}
	return age
}
