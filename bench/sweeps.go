package main

import (
	"fmt"
	"slices"
)

// sweepWorkloads vary one thing each: batch200 is their middle.
func sweepWorkloads(p plan) (list []workload) {
	for _, size := range []int{10, 10_000} {
		w := sweep(p, fmt.Sprintf("batch%d", size), shape{Size: sizeLarge, Leaves: 4}, p.Documents, size)
		w.question = fmt.Sprintf("How fast are documents updated in durable calls of %d?", w.batch)
		list = append(list, w)
	}
	for _, s := range []struct {
		name            string
		size, documents int
	}{
		{"size300", sizeSmall, p.Documents},
		{"size10k", 10 << 10, p.Documents / 10},
		{"size100k", 100 << 10, p.Documents / 100},
	} {
		w := sweep(p, s.name, shape{Size: s.size, Leaves: 4}, max(20, s.documents), 200)
		w.question = fmt.Sprintf("How fast are documents of %d B updated in durable calls?", s.size)
		list = append(list, w)
	}
	for _, leaves := range []int{1, 4 + extraLeaves} {
		w := sweep(p, fmt.Sprintf("leaves%d", leaves), shape{Size: sizeLarge, Leaves: leaves}, p.Documents, 200)
		w.question = fmt.Sprintf("How fast are documents updated if %d leaves of each change?", leaves)
		list = append(list, w)
	}
	w := sweep(p, "single8", shape{Size: sizeLarge, Leaves: 4}, p.Documents, 1)
	w.question = "How fast are single documents updated by 8 concurrent callers, each update durable?"
	w.setup = "8 callers; each call updates one document, otherwise as in engine-64."
	w.callers = 8
	w.entries = append(entries(most...), entries("bbolt-batch", "disk")...)
	relaxed := base(p, "relaxed200", "What does a write cost that is synced later?",
		"kuzzlite", "kuzzlite-relaxed", "bbolt-nosync")
	relaxed.setup = fmt.Sprintf("As batch200, synced once a second, or by bbolt never; documents of %d B.", sizeLarge)
	relaxed.batch, relaxed.target = min(200, p.Documents/2), p.Sweep
	relaxed.bars = []bar{{of: "kuzzlite-relaxed", against: []string{"bbolt-nosync"}, by: byRate}}
	return append(list, w, relaxed)
}

// sweep is a workload of batches with one caller. A small store has small batches.
func sweep(p plan, name string, s shape, documents, batch int) workload {
	w := base(p, name, "", append(slices.Clone(most), "disk")...)
	w.shape, w.documents, w.batch, w.target = s, documents, min(batch, documents/2), p.Sweep
	w.setup = fmt.Sprintf("One caller; each call updates %d random documents of %d B among %d, leaves of each: %d.",
		w.batch, s.Size, documents, s.Leaves)
	w.bars = neverBehind(byRate, 0)
	return w
}

// sideWorkloads do something else than update.
func sideWorkloads(p plan) []workload {
	beside := base(p, "readwrite", "What does reading cost while somebody writes?", most...)
	beside.kind, beside.callers, beside.batch, beside.target = kindReadWrite, 4, 10, p.Sweep
	beside.setup = fmt.Sprintf("4 callers read random documents of %d B among %d, while one more updates 10 a call, "+
		"durably and without a pause. Rate, latencies and costs are by reads. SQLite's readers have connections of their "+
		"own.", sizeLarge, p.Documents)
	beside.unit = "reads/s"

	mixed := base(p, "mixed", "How fast is a program that reads four times for each write?", most...)
	mixed.kind, mixed.callers, mixed.target = kindMixed, 8, p.Sweep
	mixed.setup = fmt.Sprintf("8 callers; each call reads one random document of %d B among %d, or, one time in five, "+
		"updates one, durably. SQLite's readers have connections of their own.", sizeLarge, p.Documents)
	mixed.unit = "calls/s"

	mutate := base(p, "mutate", "How fast is read-modify-write of a few documents that all want?", most...)
	mutate.kind, mutate.callers, mutate.target = kindMutate, 16, p.Sweep
	mutate.setup = fmt.Sprintf("16 callers; each call adds one to a number in one of %d documents, durably: Kuzzlite's "+
		"Mutate and badger's transaction try again on a conflict, SQLite reads and writes in BEGIN IMMEDIATE, pebble under "+
		"a lock by key, bbolt inside Update. No increment may be lost.", hotDocuments)
	mutate.unit = "increments/s"
	mutate.bars = neverBehind(byRate, 0)
	return []workload{beside, mixed, mutate}
}

func churnWorkload(p plan) workload {
	w := base(p, "churn", "How large are the files after much has changed?", most...)
	w.kind, w.batch = kindChurn, min(1000, p.Documents/10)
	w.shown = measure{"bytes in files per byte of documents", func(s sample) float64 {
		return float64(s.Disk) / float64(p.Documents*sizeLarge)
	}, false, nil}
	w.setup = fmt.Sprintf("%d times a round: %d of %d documents of %d B are deleted, created again, and as many updated, "+
		"durably. Then space is given back: Kuzzlite's Compact, SQLite's VACUUM and checkpoint, bbolt's Compact into a new "+
		"file, badger's Flatten and value log GC, pebble's Compact, both opened anew. Sizes are what the files take on the "+
		"disk; documents/s of the settled are those in the store by the time it took.",
		churnRepeats, w.batch, p.Documents, sizeLarge)
	return w
}
