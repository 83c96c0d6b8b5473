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
	Engine    time.Duration // of a round of the engine's, which has checkpoints in full
	Paced     time.Duration // of a round of the engine's at half its rate
	Documents int           // in a store
	Small     int           // in the small, the large and the huge stores
	Large     int
	Huge      int
	Load      int // documents in the file of the workloads engine-load and api-load
	LoadRuns  int
	TextRuns  int   // of text-index
	Open      int   // documents in the stores of the workload open
	Recovery  int   // and in those of engine-recovery
	Logs      int64 // bytes in the log there
	Cost      int   // bytes of what api-cost-keys and api-cost-fields are given; the other inputs grow with it
	Watchers  int   // in the workload query-watch, at most, and filters in server-filters
	Sockets   int   // that are subscribed in server-notify
	Fakes     int   // in server-many
	Changes   int   // owed in outbox-drain
	Owed      int   // and in outbox-owed
}

var (
	fullPlan = plan{
		Rounds: 10, Target: 500 * time.Millisecond, Sweep: 300 * time.Millisecond, Documents: 100_000,
		Small: 10_000, Large: 1_000_000, Huge: 10_000_000, Load: 1_000_000, LoadRuns: 10, TextRuns: 1, Open: 1_000_000,
		Engine: 3 * time.Second, Paced: 20 * time.Second, Recovery: 800_000, Logs: 40 << 20,
		Cost: 1_000_000, Watchers: 10_000, Sockets: 1_000, Fakes: 1_000, Changes: 1_000_000, Owed: 10_000_000,
	}
	quickPlan = plan{
		Rounds: 3, Target: 200 * time.Millisecond, Sweep: 100 * time.Millisecond, Documents: 10_000,
		Small: 1_000, Large: 20_000, Huge: 100_000, Load: 20_000, LoadRuns: 2, TextRuns: 2, Open: 20_000,
		Engine: 300 * time.Millisecond, Paced: time.Second, Recovery: 20_000, Logs: 40 << 20,
		Cost: 100_000, Watchers: 1_000, Sockets: 100, Fakes: 100, Changes: 50_000, Owed: 200_000,
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
	halves    bool // see stream
	target    time.Duration
	heap      bool
	fill      bool     // the process that is measured fills its store: there is no file to copy
	watch     bool     // memory is watched during rounds
	pace      float64  // see task
	logs      int64    // see task
	sorted    bool     // stores are filled in the order of the ids
	apart     bool     // its stores are no other workload's
	indexes   []string // see task
}

// entry is a contender in a workload.
type entry struct {
	label     string // "" is the contender's name
	contender string
	documents int    // 0 is the workload's
	killed    bool   // its process was killed before
	writer    string // the contender that filled the log then; "": it wrote for a round
	before    bool   // is run by the bench program of an older commit
	reopen    bool   // see task
	overlay   bool   // see task
	kind      kind   // "" is the workload's
	bare      bool   // without the workload's indexes
	page      int    // see task
	fts5      bool   // is left out where mattn's SQLite has no FTS5
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
		engineWorkloads(p),
		apiWorkloads(p),
		queryWorkloads(p),
		aggregateWorkloads(p),
		textWorkloads(p),
		serverWorkloads(p),
		outboxWorkloads(p),
		[]workload{
			batchWorkload(p),
			soleWorkload(p),
			mergeWorkload(),
		},
		sweepWorkloads(p),
		sideWorkloads(p),
		[]workload{
			openWorkload(p),
			churnWorkload(p),
			scaleWorkload(p),
		},
	)
}

// base is what most workloads have in common: one caller who updates documents of 1 KiB.
func base(p plan, name, question string, names ...string) workload {
	return workload{
		name: name, question: question, unit: "documents/s", shown: byRate, run: (*bench).takeTurns,
		entries: entries(names...), kind: kindUpdate, shape: shape{Size: sizeLarge, Leaves: 4}, documents: p.Documents,
		callers: 1, batch: 1, target: p.Target,
	}
}

func batchWorkload(p plan) workload {
	w := base(p, "batch200", "How fast are 200 existing documents updated in one durable call?",
		slices.Concat([]string{"kuzzlite", "kuzzlite-nolog", "bbolt", "bbolt-defaults"}, byHand, sqlites, logs,
			[]string{"disk"})...)
	w.setup = fmt.Sprintf("One caller; each call updates 200 random documents of %d B among %d, 4 leaves each "+
		"(one of them nested).", sizeLarge, p.Documents)
	w.batch = min(200, p.Documents/2)
	w.bars = append([]bar{
		{against: []string{"bbolt"}, by: byRate},
		{against: []string{"bbolt-defaults"}, by: byRate},
		{against: sqlites, by: byRate},
	}, neverBehind(byRate, 0)...)
	return w
}

func soleWorkload(p plan) workload {
	w := base(p, "single1", "How long does a lone caller wait for one durable update?",
		append(slices.Clone(most), "disk")...)
	w.setup = fmt.Sprintf("One caller; each call updates one random document of %d B among %d, 4 leaves "+
		"(one of them nested).", sizeLarge, p.Documents)
	w.bars = append([]bar{{against: []string{"bbolt"}, by: byP50}}, neverBehind(byRate, 0)...)
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
		{of: "kuzzlite " + large, against: []string{"kuzzlite " + small}, by: byRate},
		{of: "bbolt " + large, against: []string{"bbolt " + small}, by: byRate},
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
