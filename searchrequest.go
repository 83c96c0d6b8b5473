package kuzzlite

import (
	"encoding/json"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/filter"
)

// What a search is asked for.

// SearchRequest says what Search finds. Every zero field means the default. Package query/search reads one from the JSON
// of Elasticsearch.
type SearchRequest struct {
	// Query says which documents are found, and how well they match. Its nested clauses may ask for InnerHits. Default: all
	// documents, with the score 1.
	Query Query

	// PostFilter says which of these documents are hits. Aggregations are of all that the query finds. Default: all.
	PostFilter Query

	// MinScore leaves out documents with smaller scores, of hits and aggregations. Default: none.
	MinScore float32

	// Sort is the order of the hits. Default: the best scores first. Hits that are equal come in the order in which their
	// documents were written last, which is also what _doc in a Sort means. null is no value.
	Sort Order

	// TrackScores has hits scored even with a Sort that has no scores in it.
	TrackScores bool

	// From is how many hits to leave out, and Size how many to return then. Default: 0 and 10; a Size below 0: none, only
	// their number. Together they are 10,000 at most.
	From, Size int

	// After are the values of Sort behind which hits begin: Hit.Sort of the last one of the page before. Hits with exactly
	// these values are left out, so that a Sort for pages ends with what tells all documents apart, as _doc does. From
	// must be 0. Default: the first hit.
	After json.RawMessage

	// Collapse leaves of all hits with the same value of a field the first one. Total counts all of them. With After the
	// Sort must be by that field alone. With inner_hits each hit shows more hits of its group, in Hit.InnerHits: for that
	// what the query finds is read once more, by a pass that has its own Timeout and MaxScan, and their documents again. A
	// page may show 100,000 hits of groups. MinScore does not count for these, and without a Query their score is 0
	// (Elasticsearch). Default: all hits.
	Collapse Collapse

	// Fields and Exclude are those of FindOptions. NoSource returns documents without their source.
	Fields, Exclude []string
	NoSource        bool

	// FieldValues has each hit show the values of fields as a mapping understands them, in Hit.Fields. Default: none.
	FieldValues FieldValues

	// Highlight has each hit show where the query has found something. Default: none.
	Highlight Highlight

	// Aggregations are computed over all documents that the query finds. Default: none.
	Aggregations Aggregations

	// Timeout and MaxScan are those of FindOptions. Statistics for scores and what is found count each for itself.
	Timeout time.Duration
	MaxScan int
}

// Aggregations are what a search computes over the documents that it finds. Package query/aggregation makes them.
type Aggregations interface {
	// Aggregator is for the store.
	Aggregator(filter.Env) (filter.Aggregator, error)
}

// Collapse says which hits are of one group. Package query makes it.
type Collapse interface {
	// Grouper, Shows and GroupHits are for the store.
	Grouper(after filter.Sort, e filter.Env) (filter.Grouper, error)
	Shows() (hits, scores bool)
	GroupHits(groups int, q filter.Query, e filter.Env) ([]filter.GroupHits, error)
}

// Highlight says what hits show of where the query has found something. Package query/highlight makes it.
type Highlight interface {
	// Highlighter is for the store.
	Highlighter(filter.Query, filter.Env) (filter.Highlighter, error)
}

// FieldValues says of which fields hits show the values. Package query makes it.
type FieldValues interface {
	// FieldFetcher is for the store.
	FieldFetcher(filter.Env) (filter.FieldFetcher, error)
}

const (
	defaultSearchSize = 10
	mostSearched      = 10_000 // of From and Size
)

// findOptions returns the options of the queries that a search makes.
func (r *SearchRequest) findOptions() *FindOptions {
	return &FindOptions{Timeout: r.Timeout, MaxScan: r.MaxScan}
}
