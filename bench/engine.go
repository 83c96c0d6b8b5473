package main

import (
	"fmt"
	"slices"
)

// The workloads that say what the engine must reach, each with its bars: all of them have names that begin with engine,
// so that -workload engine runs them alone. Those that write are here, the others in engine_more.go.

func engineWorkloads(p plan) (list []workload) {
	for _, row := range engineRows {
		list = append(list, engineRow(p, row))
	}
	return append(list,
		crowdWorkload(p),
		skewedWorkload(p),
		createWorkload(p),
		engineGetWorkload(p),
		engineScanWorkload(p),
		pacedWorkload(p, sizeSmall),
		pacedWorkload(p, sizeLarge),
		memoryWorkload(p),
		memoryOpenWorkload(p),
		spaceWorkload(),
		recoveryWorkload(p),
		loadWorkload(p),
		largeWorkload(p, "engine-1m", p.Large, bounds{2, 2.5}),
		largeWorkload(p, "engine-10m", p.Huge, bounds{1.5, 2}),
	)
}

// bounds are those of a bar.
type bounds struct{ must, stretch float64 }

// faster is a bar on the rate against the best of some contenders.
func faster(b bounds, than ...string) bar {
	return bar{against: than, by: byRate, atLeast: b.must, stretch: b.stretch}
}

// neverBehind are the bars on pebble and badger, which hold in each workload that writes. m may be a cost, which must
// not be more than theirs.
func neverBehind(m measure, stretch float64) (list []bar) {
	for _, name := range logs {
		b := bar{against: []string{name}, by: m, atLeast: 1, stretch: stretch}
		if !m.up {
			b.atLeast, b.atMost = 0, 1
		}
		list = append(list, b)
	}
	return list
}

// smallInMemory are the bars on the memory that a contender takes, in any round.
func smallInMemory(of string) []bar {
	return []bar{
		{of: of, by: byLive, atMost: 64, worst: true},
		{of: of, by: byOwn, atMost: 128, worst: true},
	}
}

// engineEntries are Kuzzlite, as it is and as it was, and others.
func engineEntries(others ...string) []entry {
	return slices.Concat(entries("kuzzlite"), []entry{before("kuzzlite")}, entries(others...))
}

// engineBase is what the engine's workloads have in common: memory is watched, and a round has checkpoints in full.
func engineBase(p plan, name, question string, list []entry) workload {
	w := base(p, name, question)
	w.entries, w.watch, w.target = list, true, p.Engine
	return w
}

// row is calls of so many documents of a size.
type row struct {
	size, batch    int
	sqlite, before bounds
	logs           float64 // stretch against pebble and badger
}

var engineRows = []row{
	{sizeSmall, 1, bounds{1.1, 1.2}, bounds{1.7, 2}, 0},
	{sizeSmall, 20, bounds{2.5, 3.5}, bounds{2.5, 3.5}, 1.2},
	{sizeSmall, 200, bounds{3, 4}, bounds{2.5, 3}, 1.2},
	{sizeSmall, 1000, bounds{3, 4}, bounds{2, 3}, 0},
	{sizeLarge, 1, bounds{1.05, 1.15}, bounds{1.5, 2}, 0},
	{sizeLarge, 20, bounds{1.5, 1.8}, bounds{1.8, 2.2}, 1.2},
	{sizeLarge, 200, bounds{2, 2.5}, bounds{1.8, 2.2}, 1.2},
	{sizeLarge, 1000, bounds{2, 2.5}, bounds{1.8, 2.2}, 0},
}

func engineRow(p plan, r row) workload {
	list := engineEntries(slices.Concat(oneByOne, logs)...)
	if r.batch == 1 {
		list = append(list, entries("append")...)
	}
	w := engineBase(p, fmt.Sprintf("engine-%d-%d", r.size, r.batch),
		fmt.Sprintf("How fast are durable calls that update %d documents of %d B?", r.batch, r.size), list)
	w.shape, w.batch = shape{Size: r.size, Leaves: 4}, min(r.batch, p.Documents/10)
	w.setup = fmt.Sprintf("One caller; each call updates %d random documents of %d B among %d, 4 leaves each.",
		w.batch, r.size, p.Documents)
	w.bars = []bar{faster(r.sqlite, oneByOne...), faster(r.before, beforeLabel)}
	w.bars = append(w.bars, neverBehind(byRate, r.logs)...)
	if r.batch == 1 {
		w.bars = append(w.bars, bar{against: []string{"append"}, by: byP50, atMost: 1.4, stretch: 1.25})
	}
	w.bars = append(w.bars, smallInMemory("")...)
	return w
}

func crowdWorkload(p plan) workload {
	w := engineBase(p, "engine-64", "How fast are single documents updated by 64 concurrent callers, each update durable?",
		engineEntries(slices.Concat([]string{"bbolt", "bbolt-batch"}, oneByOne, logs, []string{"disk"})...))
	w.setup = fmt.Sprintf("64 callers; each call updates one random document of %d B among %d, 4 leaves.",
		sizeLarge, p.Documents)
	w.callers = 64
	w.bars = []bar{
		faster(bounds{6, 8}, oneByOne...),
		faster(bounds{1.2, 1.5}, "pebble"),
		faster(bounds{1, 0}, "badger"),
		faster(bounds{15, 20}, "bbolt"),
		faster(bounds{}, "bbolt-batch"),
		faster(bounds{}, beforeLabel),
	}
	w.bars = append(w.bars, smallInMemory("")...)
	return w
}

func skewedWorkload(p plan) workload {
	w := engineBase(p, "engine-skewed", "How much is written to the disk, if few documents have most of the updates?",
		engineEntries("modernc", "mattn", "badger", "pebble"))
	w.setup = fmt.Sprintf("One caller; each call updates 20 documents of %d B among %d, four in five of them from "+
		"a fifth of the documents.", sizeLarge, p.Documents)
	w.batch, w.skewed = min(20, p.Documents/10), true
	w.shown = byWritten
	w.bars = []bar{
		{against: []string{beforeLabel}, by: byWritten, atMost: 0.6, stretch: 0.4},
		faster(bounds{}, beforeLabel),
	}
	w.bars = append(w.bars, neverBehind(byRate, 1.2)...)
	w.bars = append(w.bars, smallInMemory("")...)
	return w
}

func createWorkload(p plan) workload {
	w := engineBase(p, "engine-create", "How fast are new documents created?",
		engineEntries(slices.Concat([]string{"bbolt"}, byHand, oneByOne, logs)...))
	w.kind, w.batch = kindCreate, min(200, p.Documents/2)
	w.setup = fmt.Sprintf("One caller; each call creates %d documents of %d B under random ids, beside the %d that are "+
		"there at first.", w.batch, sizeLarge, p.Documents)
	w.bars = []bar{{against: []string{"bbolt"}, by: byCost, atMost: 1}, faster(bounds{}, oneByOne...)}
	w.bars = append(w.bars, neverBehind(byRate, 1.2)...)
	w.bars = append(w.bars, smallInMemory("")...)
	return w
}

// largeWorkload is one of large stores. The disk's rate of pages is drawn in: who writes documents in their places,
// scattered as these are, writes a page for almost each.
func largeWorkload(p plan, name string, documents int, sqlite bounds) workload {
	w := engineBase(p, name,
		fmt.Sprintf("How fast are documents updated in a store of %s?", number(float64(documents), 0)),
		engineEntries(slices.Concat([]string{"bbolt"}, oneByOne, logs, []string{"random4k"})...))
	w.documents, w.shape, w.batch = documents, shape{Size: sizeSmall, Leaves: 4}, 200
	w.sorted, w.apart = true, true
	w.setup = fmt.Sprintf("One caller; each call updates 200 random documents of %d B among %d, which were written in "+
		"the order of their ids. random4k writes a page of 4 KiB for each document.", sizeSmall, documents)
	w.bars = []bar{
		faster(sqlite, oneByOne...),
		faster(bounds{}, beforeLabel),
		faster(bounds{}, "random4k"),
	}
	w.bars = append(w.bars, neverBehind(byRate, 1.2)...)
	w.bars = append(w.bars, smallInMemory("")...)
	return w
}
