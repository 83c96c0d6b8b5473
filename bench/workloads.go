package main

import (
	"fmt"
	"slices"
	"time"
)

// plan says how much is done.
type plan struct {
	Rounds    int
	Target    time.Duration // of a round of the main workloads
	Sweep     time.Duration // of a round of those that vary one thing
	Documents int           // in a store
	Small     int           // in the small, the large and the huge stores of the scale workloads
	Large     int
	Huge      int
	Load      int // documents in the file of the workload load
	LoadRuns  int
	Open      int // documents in the stores of the workload open
}

var (
	fullPlan = plan{
		Rounds: 10, Target: 500 * time.Millisecond, Sweep: 300 * time.Millisecond, Documents: 100_000,
		Small: 10_000, Large: 1_000_000, Huge: 10_000_000, Load: 1_000_000, LoadRuns: 2, Open: 1_000_000,
	}
	quickPlan = plan{
		Rounds: 3, Target: 200 * time.Millisecond, Sweep: 100 * time.Millisecond, Documents: 10_000,
		Small: 1_000, Large: 20_000, Huge: 100_000, Load: 20_000, LoadRuns: 2, Open: 20_000,
	}
)

// workload is one question put to some contenders.
type workload struct {
	name     string
	question string
	setup    string // what exactly is done
	unit     string // what one of the results' documents is
	shown    measure
	run      func(*bench, workload) ([]sample, error)
	bars     []bar

	entries   []entry
	kind      kind
	shape     shape
	documents int
	callers   int
	batch     int
	skewed    bool // see stream
	target    time.Duration
	heap      bool
	sorted    bool // stores are filled in the order of the ids
	apart     bool // its stores are no other workload's
}

// entry is a contender in a workload.
type entry struct {
	label     string // "" is the contender's name
	contender string
	documents int  // 0 is the workload's
	killed    bool // its process was killed before
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

// Groups of contenders. The workloads that vary one thing leave out those that differ from another in a detail.
var (
	sqlites  = []string{"modernc", "modernc-each", "ncruces", "ncruces-each", "mattn", "mattn-each"}
	oneByOne = []string{"modernc", "ncruces", "mattn"}
	byHand   = []string{"bbolt-maps", "bbolt-sjson", "bolthold"}
	logs     = []string{"badger", "pebble"}
	most     = slices.Concat([]string{"kuzzlite", "bbolt"}, byHand, oneByOne, logs)
)

// workloads returns all workloads, in the order in which they run.
func workloads(p plan) []workload {
	return slices.Concat(
		[]workload{
			batchWorkload(p, 200, 0.85, 0.9),
			batchWorkload(p, 1000, 0.85, 1.3),
			crowdWorkload(p),
			soleWorkload(p),
			mergeWorkload(),
			getWorkload(p),
		},
		sweepWorkloads(p),
		logWorkloads(p),
		sideWorkloads(p),
		[]workload{
			openWorkload(p),
			churnWorkload(p),
			scaleWorkload(p),
			loadWorkload(p),
			hugeWorkload(p),
		},
	)
}

// base is what most workloads have in common: one caller who updates documents of 1 KiB.
func base(p plan, name, question string, names ...string) workload {
	return workload{
		name: name, question: question, unit: "documents/s", shown: byRate, run: (*bench).takeTurns,
		entries: entries(names...), kind: kindUpdate, shape: shape{sizeLarge, 4}, documents: p.Documents,
		callers: 1, batch: 1, target: p.Target,
	}
}

func batchWorkload(p plan, size int, raw, sqlite float64) workload {
	w := base(p, fmt.Sprintf("batch%d", size),
		fmt.Sprintf("How fast are %d existing documents updated in one durable call?", size),
		slices.Concat([]string{"kuzzlite", "bbolt", "bbolt-defaults"}, byHand, sqlites, logs, []string{"disk"})...)
	w.setup = fmt.Sprintf("One caller; each call updates %d random documents of %d B among %d, 4 leaves each "+
		"(one of them nested).", size, sizeLarge, p.Documents)
	w.batch = min(size, p.Documents/2)
	w.bars = []bar{
		{against: []string{"bbolt"}, by: byRate, atLeast: raw},
		{against: []string{"bbolt-defaults"}, by: byRate, atLeast: raw},
		{against: sqlites, by: byRate, atLeast: sqlite},
	}
	return w
}

func crowdWorkload(p plan) workload {
	w := base(p, "single64", "How fast are single documents updated by 64 concurrent callers, each update durable?",
		slices.Concat([]string{"kuzzlite", "kuzzlite-nolog", "bbolt", "bbolt-batch"}, byHand, oneByOne, logs, []string{"disk"})...)
	w.setup = fmt.Sprintf("64 callers; each call updates one random document of %d B among %d, 4 leaves "+
		"(one of them nested).", sizeLarge, p.Documents)
	w.callers = 64
	w.bars = []bar{
		{against: []string{"bbolt"}, by: byRate, atLeast: 20},
		{against: []string{"bbolt-batch"}, by: byRate, atLeast: 2},
		{against: oneByOne, by: byRate, atLeast: 8},
	}
	return w
}

func soleWorkload(p plan) workload {
	w := base(p, "single1", "How long does a lone caller wait for one durable update?",
		append(slices.Clone(most), "disk")...)
	w.setup = fmt.Sprintf("One caller; each call updates one random document of %d B among %d, 4 leaves "+
		"(one of them nested).", sizeLarge, p.Documents)
	w.bars = []bar{{against: []string{"bbolt"}, by: byP50, atMost: 1.15}}
	return w
}

func getWorkload(p plan) workload {
	w := base(p, "get", "What does reading one document cost?", most...)
	w.setup = fmt.Sprintf("One caller reads random documents of %d B among %d and owns the bytes it gets.",
		sizeLarge, p.Documents)
	w.kind = kindGet
	w.bars = []bar{{against: []string{"bbolt"}, by: byCost, atMost: 1.5}}
	return w
}

func scaleWorkload(p plan) workload {
	small, large := fmt.Sprint(p.Small), fmt.Sprint(p.Large)
	w := base(p, "scale",
		fmt.Sprintf("Is a store of %s documents as fast as one of %s, and as small in memory?", large, small))
	w.setup = fmt.Sprintf("As in batch200, over %s and over %s documents of %d B. The Go heap is looked at every 5 ms, "+
		"from before the store is filled, in calls of 200 documents too.", small, large, sizeLarge)
	w.entries = scaled([]string{"kuzzlite", "bbolt"}, p.Small, p.Large)
	w.batch = 200
	w.heap = true
	w.bars = []bar{
		{of: "kuzzlite " + large, against: []string{"kuzzlite " + small}, by: byRate, atLeast: 0.6},
		{of: "bbolt " + large, against: []string{"bbolt " + small}, by: byRate},
		{of: "kuzzlite " + large, by: byHeap, atMost: 64},
	}
	return w
}

// scaled are contenders with stores of several sizes.
func scaled(names []string, documents ...int) (list []entry) {
	for _, name := range names {
		for _, n := range documents {
			list = append(list, entry{label: fmt.Sprint(name, " ", n), contender: name, documents: n})
		}
	}
	return list
}

func hugeWorkload(p plan) workload {
	w := base(p, "scale10m", fmt.Sprintf("How does the number of documents show, up to %s?", number(float64(p.Huge), 0)))
	w.setup = fmt.Sprintf("As in batch200, over documents of %d B: %d, %d and %d of them, which were written in the "+
		"order of their ids.", sizeSmall, p.Small, p.Large, p.Huge)
	w.entries = scaled([]string{"kuzzlite", "bbolt", "modernc", "pebble"}, p.Small, p.Large, p.Huge)
	w.shape, w.batch, w.target = shape{sizeSmall, 4}, 200, p.Sweep
	w.sorted, w.apart = true, true
	small, huge := fmt.Sprint("kuzzlite ", p.Small), fmt.Sprint("kuzzlite ", p.Huge)
	w.bars = []bar{{of: huge, against: []string{small}, by: byRate}}
	return w
}
