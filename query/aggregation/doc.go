// Package aggregation computes Elasticsearch's aggregations over documents: counts of values, histograms, averages,
// percentiles and so on, with aggregations in the buckets of others.
//
// Three types do it all. A [Request] is what [Parse] reads. Its [Collector] collects documents, which an [Input] for
// each collection takes in one by one: whatever finds them, or all there are. Then Answer returns the answer, as JSON
// in the shape of Elasticsearch's answer.
//
// docs/aggregations.md has a list of the types, with their options and what differs from Elasticsearch.
package aggregation
