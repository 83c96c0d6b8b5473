package main

import "fmt"

// The workloads that say what aggregations must reach, each with its bars: all of them have names that begin with
// aggregate, so that -workload '^aggregate' runs them alone.

func aggregateWorkloads(p plan) []workload {
	return []workload{aggregateTermsWorkload(p), aggregateIndexWorkload(p), aggregateDaysWorkload(p)}
}

// mostAggregating is how much memory of its own an aggregation may take, in MiB.
const mostAggregating = 128

// aggregateBase is a workload that aggregates all documents.
func aggregateBase(p plan, name, question string, k kind, list []entry) workload {
	w := base(p, name, question)
	w.kind, w.entries, w.documents, w.watch = k, list, p.Large, true
	w.shape = shape{Size: sizeSmall, Leaves: 4, Shops: shopsOf}
	w.setup = fmt.Sprintf("One caller; %d documents of %d B, which have a shop, one of %d, a price and a time of sale in "+
		"front. ", p.Large, sizeSmall, shopsOf)
	w.bars = []bar{{by: byOwn, atMost: mostAggregating}}
	return w
}

const termsSetup = "Each call counts the documents of each shop, with the average of their prices: by Aggregate, " +
	"terms and avg, or by GROUP BY json_extract(...), count(*) and avg(json_extract(...)). "

func aggregateTermsWorkload(p plan) workload {
	w := aggregateBase(p, "aggregate-terms", "How fast is everything counted and averaged by the values of a field, "+
		"without an index?", kindTerms, entries("kuzzlite", "modernc", "ncruces", "mattn"))
	w.setup += termsSetup
	w.bars = append(w.bars, bar{against: oneByOne, by: byRate, atLeast: 2})
	return w
}

func aggregateIndexWorkload(p plan) workload {
	w := aggregateBase(p, "aggregate-index",
		"How fast is everything counted and averaged by an index that has the fields?", kindTerms,
		append(entries("kuzzlite", "modernc", "ncruces", "mattn"),
			entry{label: scanLabel, contender: "kuzzlite", bare: true}))
	w.indexes = []string{"shop,price"}
	w.setup += termsSetup + "All but one have an index on both fields."
	w.bars = append(w.bars, bar{against: []string{scanLabel}, by: byRate, atLeast: 5}, bar{against: oneByOne, by: byRate})
	return w
}

const termsLabel = "kuzzlite, terms"

func aggregateDaysWorkload(p plan) workload {
	w := aggregateBase(p, "aggregate-days", "How fast is everything counted by days?", kindDays,
		append(entries("kuzzlite", "modernc", "ncruces", "mattn"),
			entry{label: termsLabel, contender: "kuzzlite", kind: kindTerms}))
	w.setup += fmt.Sprintf("Each call counts the documents of each of %d days: by Aggregate and date_histogram, or by "+
		"GROUP BY substr(json_extract(...), 1, 10). terms is the call of aggregate-terms.", daysOf)
	w.bars = append(w.bars, bar{against: []string{termsLabel}, by: byCost, atMost: 1}, bar{against: oneByOne, by: byRate})
	return w
}
