package main

import (
	"fmt"
	"time"
)

// plan says how much is done.
type plan struct {
	Rounds    int
	Target    time.Duration // of a round
	Documents int           // in a store
	Small     int           // in the small and the large store of the workload scale
	Large     int
	Load      int // documents in the file of the workload load
	LoadRuns  int
}

var (
	fullPlan  = plan{Rounds: 10, Target: time.Second, Documents: 100_000, Small: 10_000, Large: 1_000_000, Load: 1_000_000, LoadRuns: 3}
	quickPlan = plan{Rounds: 3, Target: 200 * time.Millisecond, Documents: 10_000, Small: 1_000, Large: 50_000, Load: 50_000, LoadRuns: 2}
)

// workload is one question put to some contenders.
type workload struct {
	name     string
	question string
	setup    string // what exactly is done
	unit     string // what one of the results' documents is
	run      func(*bench, workload) ([]sample, error)
	bars     []bar

	entries []entry
	reads   bool
	callers int
	batch   int
	heap    bool
}

// entry is a contender in a workload.
type entry struct {
	label     string // "" is the contender's name
	contender string
	documents int // 0 is the plan's
}

func (e entry) name() string {
	if e.label != "" {
		return e.label
	}
	return e.contender
}

func entries(names ...string) (list []entry) {
	for _, n := range names {
		list = append(list, entry{contender: n})
	}
	return list
}

var (
	sqlites  = []string{"modernc", "modernc-each", "mattn", "mattn-each", "ncruces", "ncruces-each"}
	oneByOne = []string{"modernc", "mattn", "ncruces"}
)

// workloads returns all workloads, in the order in which they run.
func workloads(p plan) []workload {
	return []workload{
		batchWorkload(p, 200, 0.85, 0.9),
		batchWorkload(p, 1000, 0.85, 1.3),
		crowdWorkload(p),
		soleWorkload(p),
		mergeWorkload(),
		getWorkload(p),
		scaleWorkload(p),
		loadWorkload(p),
	}
}

func batchWorkload(p plan, size int, raw, sqlite float64) workload {
	w := workload{
		name:     fmt.Sprintf("batch%d", size),
		question: fmt.Sprintf("How fast are %d existing documents updated in one durable call?", size),
		setup: fmt.Sprintf("One caller; each call updates %d random documents of %d B among %d, 4 leaves each (one of them nested).",
			size, sizeLarge, p.Documents),
		unit: "documents/s",
		run:  (*bench).takeTurns,
		entries: entries("kuzzlite", "bbolt", "bbolt-defaults", "bbolt-maps", "bbolt-sjson", "bolthold",
			"modernc", "modernc-each", "mattn", "mattn-each", "ncruces", "ncruces-each", "badger", "pebble"),
		callers: 1,
		batch:   size,
		bars: []bar{
			{against: []string{"bbolt"}, by: byRate, atLeast: raw},
			{against: []string{"bbolt-defaults"}, by: byRate, atLeast: raw},
			{against: sqlites, by: byRate, atLeast: sqlite},
		},
	}
	return w
}

func crowdWorkload(p plan) workload {
	return workload{
		name:     "single64",
		question: "How fast are single documents updated by 64 concurrent callers, each update durable?",
		setup: fmt.Sprintf("64 callers; each call updates one random document of %d B among %d, 4 leaves (one of them nested).",
			sizeLarge, p.Documents),
		unit: "documents/s",
		run:  (*bench).takeTurns,
		entries: entries("kuzzlite", "bbolt", "bbolt-batch", "bbolt-maps", "bbolt-sjson", "bolthold",
			"modernc", "mattn", "ncruces", "badger", "pebble"),
		callers: 64,
		batch:   1,
		bars: []bar{
			{against: []string{"bbolt"}, by: byRate, atLeast: 8},
			{against: []string{"bbolt-batch"}, by: byRate, atLeast: 2},
			{against: oneByOne, by: byRate, atLeast: 3},
		},
	}
}

func soleWorkload(p plan) workload {
	return workload{
		name:     "single1",
		question: "How long does a lone caller wait for one durable update?",
		setup: fmt.Sprintf("One caller; each call updates one random document of %d B among %d, 4 leaves (one of them nested).",
			sizeLarge, p.Documents),
		unit: "documents/s",
		run:  (*bench).takeTurns,
		entries: entries("kuzzlite", "bbolt", "bbolt-maps", "bbolt-sjson", "bolthold",
			"modernc", "mattn", "ncruces", "badger", "pebble"),
		callers: 1,
		batch:   1,
		bars:    []bar{{against: []string{"bbolt"}, by: byP50, atMost: 1.15}},
	}
}

func getWorkload(p plan) workload {
	return workload{
		name:     "get",
		question: "What does reading one document cost?",
		setup:    fmt.Sprintf("One caller reads random documents of %d B among %d and owns the bytes it gets.", sizeLarge, p.Documents),
		unit:     "documents/s",
		run:      (*bench).takeTurns,
		entries: entries("kuzzlite", "bbolt", "bbolt-maps", "bbolt-sjson", "bolthold",
			"modernc", "mattn", "ncruces", "badger", "pebble"),
		reads:   true,
		callers: 1,
		batch:   1,
		bars:    []bar{{against: []string{"bbolt"}, by: byCost, atMost: 1.5}},
	}
}

func scaleWorkload(p plan) workload {
	small, large := fmt.Sprint(p.Small), fmt.Sprint(p.Large)
	return workload{
		name:     "scale",
		question: fmt.Sprintf("Is a store of %s documents as fast as one of %s, and as small in memory?", large, small),
		setup: fmt.Sprintf("As in batch200, over %s and over %s documents of %d B. The Go heap is looked at every 5 ms, "+
			"from before the store is filled, in calls of 200 documents too.", small, large, sizeLarge),
		unit: "documents/s",
		run:  (*bench).takeTurns,
		entries: []entry{
			{"kuzzlite " + small, "kuzzlite", p.Small}, {"kuzzlite " + large, "kuzzlite", p.Large},
			{"bbolt " + small, "bbolt", p.Small}, {"bbolt " + large, "bbolt", p.Large},
		},
		callers: 1,
		batch:   200,
		heap:    true,
		bars: []bar{
			{of: "kuzzlite " + large, against: []string{"kuzzlite " + small}, by: byRate, atLeast: 0.6},
			{of: "bbolt " + large, against: []string{"bbolt " + small}, by: byRate},
			{of: "kuzzlite " + large, by: byHeap, atMost: 64},
		},
	}
}
