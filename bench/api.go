package main

import (
	"fmt"
	"slices"
)

// The workloads that say what the API must reach, each with its bars: all of them have names that begin with api, so
// that -workload api runs them alone. Those that count and those in transactions are here; load_cli.go loads files, and
// cost.go makes calls whose cost was out of proportion once.

func apiWorkloads(p plan) []workload {
	list := []workload{modifyWorkload(p)}
	for _, n := range []int{2, 20, 200} {
		list = append(list, transactionWorkload(p, n))
	}
	list = append(list, cliWorkload(p))
	return slices.Concat(list, costWorkloads(p))
}

// Kuzzlite with a document for each caller.
const (
	ownLabel       = "kuzzlite, own documents"
	modifyOwnLabel = "kuzzlite, Modify of own documents"
)

func modifyWorkload(p plan) workload {
	w := base(p, "api-modify", "How fast do 64 concurrent callers count in one document, each increment durable?")
	w.callers, w.target, w.unit = counterDocuments, p.Engine, "increments/s"
	w.setup = "64 callers; each call adds one to the number in the document {\"n\":0}, the same for all: by Modify, or " +
		"before by Mutate, which tries again until it has won. With documents of their own the callers have one each, in a " +
		"store with the same 64 documents, and set the number by Update, or by Modify. Each call must succeed. After the " +
		"last round the store is opened again, and each number and version must be that of the calls that have succeeded."
	w.entries = []entry{
		{label: "kuzzlite", contender: "kuzzlite-modify"},
		before(mutateContender.name),
		{label: ownLabel, contender: "kuzzlite-update-own"},
		{label: modifyOwnLabel, contender: "kuzzlite-modify-own"},
	}
	w.bars = []bar{
		{against: []string{beforeLabel}, by: byRate, atLeast: 10},
		{against: []string{ownLabel}, by: byRate, atLeast: 0.7},
		{against: []string{modifyOwnLabel}, by: byRate},
	}
	return w
}

// Kuzzlite in one collection and in two.
const (
	updateLabel  = "kuzzlite, Update of two collections"
	mupsertLabel = "kuzzlite, one MUpsert"
)

func transactionWorkload(p plan, batch int) workload {
	batch = min(batch, p.Documents/20*2)
	w := base(p, fmt.Sprintf("api-transaction-%d", batch),
		fmt.Sprintf("What does a transaction over two collections cost that updates %d documents?", batch))
	w.batch, w.halves, w.target = batch, true, p.Engine
	w.setup = fmt.Sprintf("One caller; each call updates %d random documents of %d B among %d, 4 leaves each, durably. "+
		"Either all documents are in one collection, and the call is one MUpsert, or half of them are in each of two "+
		"collections, and the call is one Store.Update with an MUpsert of half of the documents in each. Both update the "+
		"same documents. Two MUpserts, one for each collection, would be two syncs, and so no measure for a transaction.",
		batch, sizeLarge, p.Documents)
	w.entries = []entry{
		{label: updateLabel, contender: transactionContender.name},
		{label: mupsertLabel, contender: "kuzzlite"},
	}
	w.bars = []bar{{of: updateLabel, against: []string{mupsertLabel}, by: byCost, atMost: 1.2}}
	return w
}
