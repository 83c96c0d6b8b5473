package main

import (
	"fmt"
	"slices"
)

// The workloads that say what queries and field indexes must reach, each with its bars: all of them have names that begin
// with query, so that -workload '^query' runs them alone.

func queryWorkloads(p plan) []workload {
	return []workload{
		equalWorkload(p), rangeWorkload(p), filterWorkload(p), pageWorkload(p),
		indexedUpsertWorkload(p, sizeSmall), indexedUpsertWorkload(p, sizeLarge), indexWorkload(p), watchWorkload(p),
	}
}

// bySpeedup is how often a call ends, at the median: the inverse of p50.
var bySpeedup = measure{"calls/s by p50", func(s sample) float64 { return 1 / s.P50.Seconds() }, true, nil}

// queryBase is a workload that asks so many documents of a size.
func queryBase(p plan, name, question string, k kind, size, documents int, list []entry) workload {
	w := base(p, name, question)
	w.kind, w.entries, w.documents = k, list, documents
	w.shape = shape{Size: size, Leaves: 4, Buyers: documents / ordersOfBuyer}
	return w
}

// askedDocuments says what is asked for documents of a size, and by whom.
func askedDocuments(size, documents int) string {
	return fmt.Sprintf("One caller; %d documents of %d B; the caller owns what it gets, ids and documents. SQLite has JSON "+
		"text, and indexes on json_extract. ", documents, size)
}

const scanLabel = "kuzzlite, no index"

func equalWorkload(p plan) workload {
	w := queryBase(p, "query-equal", "How long does it take to find ten documents by the value of an indexed field?",
		kindEqual, sizeSmall, p.Large,
		append(entries("kuzzlite", "modernc", "ncruces", "mattn"), entry{label: scanLabel, contender: "kuzzlite", bare: true}))
	w.indexes, w.shown = []string{"buyer"}, byP50ms
	w.setup = askedDocuments(sizeSmall, p.Large) + "Each call finds the ten documents of a buyer, by Find and query.Eq; " +
		"without the index that is a scan."
	w.bars = []bar{
		{against: oneByOne, by: byP50, atMost: 0.8},
		{against: []string{scanLabel}, by: bySpeedup, atLeast: 500},
	}
	return w
}

func rangeWorkload(p plan) workload {
	w := queryBase(p, "query-range", "How fast is a range read in the order of an index, page by page?",
		kindRange, sizeSmall, p.Large, entries("kuzzlite", "modernc", "ncruces", "mattn"))
	w.indexes = []string{"number"}
	w.setup = askedDocuments(sizeSmall, p.Large) + fmt.Sprintf("Each call reads the %d documents with numbers of a range, "+
		"in their order, a tenth of them in a page: by FindPage and the Next of the page before, or with the last number as "+
		"the key of the next page. Neighbours in the index are neither neighbours by id nor in the order of writing.",
		min(rangeDocuments, p.Large/10))
	w.bars = []bar{{against: oneByOne, by: byCost, atMost: 0.8}}
	return w
}

const copyLabel = "kuzzlite, All"

func filterWorkload(p plan) workload {
	list := append(entries("kuzzlite", "modernc", "ncruces", "mattn", "kuzzlite-decoded"),
		entry{label: copyLabel, contender: "kuzzlite", kind: kindScan})
	w := queryBase(p, "query-filter", "How fast are documents filtered without an index?", kindFilter, sizeLarge,
		p.Documents, list)
	w.setup = askedDocuments(sizeLarge, p.Documents) + "Each call finds one document in a hundred by a range of zip codes, " +
		"a string two levels down. kuzzlite-decoded decodes each document with json.Unmarshal and compares in Go; All only " +
		"lists all documents. Documents are those that are looked at."
	w.bars = []bar{
		{against: oneByOne, by: byRate, atLeast: 3},
		{against: []string{"kuzzlite-decoded"}, by: byRate, atLeast: 5},
		{against: []string{copyLabel}, by: byRate, atLeast: 0.5},
	}
	return w
}

const firstPageLabel = "kuzzlite, page 1"

func pageWorkload(p plan) workload {
	last := min(lastPage, p.Large/pageDocuments)
	list := []entry{
		{label: fmt.Sprintf("kuzzlite, page %d", last), contender: "kuzzlite", page: last},
		{label: firstPageLabel, contender: "kuzzlite", page: 1},
	}
	w := queryBase(p, "query-page", "Does a late page cost more than the first one?", kindPage, sizeSmall, p.Large, list)
	w.indexes, w.shown = []string{"number"}, byP50ms
	w.setup = askedDocuments(sizeSmall, p.Large) + fmt.Sprintf("Each call reads the same page of %d documents in the order "+
		"of their numbers, by FindPage with the cursor of the page before. To page %d the caller went page by page, which "+
		"is not measured.", pageDocuments, last)
	w.bars = []bar{{of: list[0].label, against: []string{firstPageLabel}, by: byP50, atMost: 1.2}}
	return w
}

const bareLabel = "kuzzlite, no indexes"

func indexedUpsertWorkload(p plan, size int) workload {
	w := base(p, fmt.Sprintf("query-upsert-%d", size),
		fmt.Sprintf("What do two indexes cost a durable call that updates 200 documents of %d B?", size),
		slices.Concat([]string{"kuzzlite"}, sqlites)...)
	w.entries = append(w.entries, entry{label: bareLabel, contender: "kuzzlite", bare: true})
	w.shape, w.batch, w.target = shape{Size: size, Leaves: 4}, min(200, p.Documents/10), p.Engine
	w.indexes = []string{"status", "total"}
	w.setup = fmt.Sprintf("One caller; each call updates %d random documents of %d B among %d, 4 leaves each, of which two "+
		"are indexed, a string and a number. SQLite has its indexes on json_extract.", w.batch, size, p.Documents)
	w.bars = []bar{
		{against: []string{bareLabel}, by: byRate, atLeast: 0.7},
		{against: sqlites, by: byRate, atLeast: 3},
	}
	return w
}

func indexWorkload(p plan) workload {
	w := queryBase(p, "query-index", "How long does it take to build an index?", kindIndex, sizeSmall, p.Large,
		entries("kuzzlite", "modernc", "ncruces", "mattn"))
	w.indexes, w.target = []string{"buyer"}, p.Sweep
	w.setup = askedDocuments(sizeSmall, p.Large) + "Each call builds the index on the buyer, a string, durably: by " +
		"EnsureFieldIndex, or by CREATE INDEX. Before that the index is dropped and the store opened anew, which is not " +
		"measured."
	w.bars = []bar{{against: oneByOne, by: byCost, atMost: 1}}
	return w
}
