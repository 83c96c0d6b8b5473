package kuzzlite

import (
	"context"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Stats describes a store at one moment. What is of the file, the log and checkpoints is zero for a store in memory.
type Stats struct {
	Path          string `json:"path"`          // "" in memory
	Documents     uint64 `json:"documents"`     // in all collections
	Sequence      uint64 `json:"sequence"`      // of the newest change
	FirstSequence uint64 `json:"firstSequence"` // of the oldest change kept; one more than Sequence if none is

	FileSize  int64 `json:"fileSize"`  // bytes
	FreeBytes int64 `json:"freeBytes"` // of those, in pages that will be used again; Compact gives them back
	PageSize  int   `json:"pageSize"`  // bytes

	Writes           uint64  `json:"writes"`           // calls that wrote something, since Open
	Changes          uint64  `json:"changes"`          // of documents, since Open
	Syncs            uint64  `json:"syncs"`            // of the log, since Open
	DocumentsPerSync float64 `json:"documentsPerSync"` // changes divided by syncs: how well callers share them

	// What was written and is not in the file yet is in memory and in the log.
	OverlayBytes int64  `json:"overlayBytes"` // bytes of memory; for the writes since the last checkpoint began
	FrozenBytes  int64  `json:"frozenBytes"`  // bytes of memory; for the writes that a checkpoint is writing to the file
	LogBytes     int64  `json:"logBytes"`     // bytes of the log that Open would have to read after a crash
	Generation   uint64 `json:"generation"`   // number of the part of the log that is written to

	Checkpoints     uint64        `json:"checkpoints"`             // that have ended, since Open
	CheckpointBytes uint64        `json:"checkpointBytes"`         // bytes that they have written to the file
	LastCheckpoint  time.Time     `json:"lastCheckpoint,omitzero"` // when the latest ended; zero: none since Open
	CheckpointTime  time.Duration `json:"checkpointTime"`          // ns; that they took, all together
	Waited          time.Duration `json:"waited"`                  // ns; of writes for a checkpoint, since Open
	Recovery        time.Duration `json:"recovery"`                // ns; of the log by Open, 0: there was none

	// OldestReader is how long the longest running check or backup has had a state of the file in use. As long as that
	// lasts no page that was freed since can be used again, and the file grows.
	OldestReader time.Duration `json:"oldestReader"` // ns

	// Failure is why the store takes no more writes, "" if it does. Stuck is why the checkpoint under way cannot go on for
	// now, such as a full disk: writes go on until memory for them is used up.
	Failure string `json:"failure,omitempty"`
	Stuck   string `json:"stuck,omitempty"`

	Collections []CollectionStats `json:"collections"` // by name
	Consumers   []ConsumerState   `json:"consumers"`   // by name, those whose place is not damaged
}

// CollectionStats describes a collection.
type CollectionStats struct {
	Index      string `json:"index"`
	Collection string `json:"collection"`
	Documents  uint64 `json:"documents"`
}

// CompactPays says whether Compact would give back at least half of a file of more than 1 MiB.
func (s *Stats) CompactPays() bool { return s.FileSize > 1<<20 && s.FreeBytes > s.FileSize/2 }

// Stats describes the store. The cost grows with the number of collections and of consumers, and as that of Count.
func (s *Store) Stats(ctx context.Context) (*Stats, error) {
	st := &Stats{
		Path: s.path, Writes: s.calls.Load(), Changes: s.written.Load(),
		Collections: []CollectionStats{}, Consumers: []ConsumerState{},
	}
	if s.damage != nil {
		st.Failure = s.damage.Error()
	}
	now := s.now()
	if err := s.view(ctx, func(v kv.View) error { return st.read(v, now) }); err != nil {
		return nil, err
	}
	if e, ok := s.engine.(describer); ok {
		st.describe(e)
	}
	return st, nil
}

// read takes what is in the store.
func (st *Stats) read(v kv.View, now int64) error {
	b, err := readBounds(v)
	if err != nil {
		return err
	}
	st.FirstSequence, st.Sequence = b.first, b.last
	err = eachConsumer(v, func(name string, p consumerPlace, damage error) error {
		if damage == nil {
			st.Consumers = append(st.Consumers, p.state(name))
		}
		return nil
	})
	if err != nil {
		return err
	}
	indexes, err := indexNames(v)
	if err != nil {
		return err
	}
	for _, index := range indexes {
		names, err := collectionNames(v, index)
		if err != nil {
			return err
		}
		for _, name := range names {
			n, err := countDocuments(v, collectionKey(index, name), now)
			if err != nil {
				return err
			}
			st.Documents += n
			st.Collections = append(st.Collections, CollectionStats{index, name, n})
		}
	}
	return nil
}

// describe takes what the engine tells.
func (st *Stats) describe(e describer) {
	d := e.Describe()
	st.FileSize, st.FreeBytes, st.PageSize = d.FileSize, d.FreeBytes, d.PageSize
	st.OverlayBytes, st.FrozenBytes, st.LogBytes, st.Generation = d.OverlayBytes, d.FrozenBytes, d.LogBytes, d.Generation
	st.Checkpoints, st.CheckpointBytes = d.Checkpoints, d.CheckpointBytes
	st.LastCheckpoint, st.CheckpointTime = d.LastCheckpoint, d.CheckpointTime
	st.Waited, st.Recovery, st.OldestReader = d.Waited, d.Recovery, d.OldestReader
	if st.Syncs = d.Syncs; st.Syncs > 0 {
		st.DocumentsPerSync = float64(st.Changes) / float64(st.Syncs)
	}
	if d.Failure != nil && st.Failure == "" {
		st.Failure = d.Failure.Error()
	}
	if d.Stuck != nil {
		st.Stuck = d.Stuck.Error()
	}
}
