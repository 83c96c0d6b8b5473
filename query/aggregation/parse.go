package aggregation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/internal/suggest"
)

// Reading the tree of aggregations. Each type reads its own definition, in its file.

// types are the aggregations that there are.
var types map[string]aggregationType

// aggregationType is a type of aggregations.
type aggregationType struct {
	read func(n *node, raw []byte) (definition, error)
	leaf bool // it cannot have sub-aggregations
}

func init() { // the types read sub-aggregations, and so cannot be listed where types is declared
	types = map[string]aggregationType{
		"terms": {readTerms, false}, "rare_terms": {readRareTerms, false}, "range": {readRange, false},
		"date_range": {readDateRange, false}, "ip_range": {readIPRange, false}, "histogram": {readHistogram, false},
		"date_histogram": {readDateHistogram, false}, "filter": {readFilter, false}, "filters": {readFilters, false},
		"missing": {readMissing, false}, "global": {readGlobal, false}, "nested": {readNested, false},
		"reverse_nested": {readReverseNested, false}, "composite": {readComposite, false},

		"min": {readMetric, true}, "max": {readMetric, true}, "sum": {readMetric, true}, "avg": {readMetric, true},
		"value_count": {readValueCount, true}, "weighted_avg": {readWeightedAverage, true}, "stats": {readStats, true},
		"extended_stats": {readExtendedStats, true}, "cardinality": {readCardinality, true},
		"percentiles": {readPercentiles, true}, "percentile_ranks": {readPercentileRanks, true},
		"top_hits": {readTopHits, true},
	}
}

// unsupported are the types that Elasticsearch has besides.
var unsupported = []string{
	"adjacency_matrix", "auto_date_histogram", "boxplot", "bucket_correlation", "bucket_count_ks_test", "bucket_script",
	"bucket_selector", "bucket_sort", "categorize_text", "change_point", "children", "derivative", "diversified_sampler",
	"extended_stats_bucket", "frequent_item_sets", "geo_bounds", "geo_centroid", "geo_distance", "geo_line",
	"geohash_grid", "geohex_grid", "geotile_grid", "inference", "ip_prefix", "matrix_stats",
	"median_absolute_deviation", "moving_fn", "moving_percentiles", "multi_terms", "normalize", "parent",
	"percentiles_bucket", "random_sampler", "rate", "sampler", "scripted_metric", "serial_diff", "significant_terms",
	"significant_text", "stats_bucket", "string_stats", "t_test", "time_series", "top_metrics",
	"variable_width_histogram",
}

// mostDepth is how deep aggregations may be in one another.
const mostDepth = 50

// Request is what a search is asked to aggregate. It does not change; any number of goroutines may use it.
type Request struct {
	root    node // without a definition
	all     bool
	scores  bool
	options *Options // see Limited
}

// Parse reads aggregations in the JSON of Elasticsearch, as the value of "aggs" in a search request: {"networks":
// {"terms": {"field": "network"}, "aggs": {"mean": {"avg": {"field": "magnitude"}}}}}. docs/aggregations.md has a list
// of the types and options. What depends on a mapping shows when documents are collected.
//
// The error is an *[Error], or a *[query.DSLError] for a query in a filter.
func Parse(raw []byte) (*Request, error) {
	compact, err := rawjson.Compact(raw, 0)
	if err != nil {
		return nil, &Error{Reason: err.Error()}
	}
	r := &Request{}
	if compact[0] != '{' {
		return nil, &Error{Reason: fmt.Sprintf("Unknown key for a %s in [aggregations].", rawjson.Token(compact))}
	}
	if err := r.level(&r.root, compact, 0); err != nil {
		return nil, err
	}
	return r, nil
}

// level reads the aggregations of one level.
func (r *Request) level(parent *node, raw []byte, depth int) error {
	if depth++; depth > mostDepth {
		return parent.wrong("aggregations are nested in one another more than %d deep", mostDepth)
	}
	for _, m := range members(raw) {
		n := &node{name: m.key, path: strings.TrimPrefix(parent.path+"."+m.key, ".")}
		switch {
		case m.key == "" || strings.ContainsAny(m.key, "[]>"):
			return n.wrong("Invalid aggregation name [%s]. Aggregation names can contain any character except '[', ']', and '>'",
				m.key)
		case m.value[0] != '{':
			return n.wrong("Aggregation definition for [%s] starts with a [%s], expected a [START_OBJECT].", m.key,
				rawjson.Token(m.value))
		}
		p, err := r.aggregation(parent, n, m.value, depth)
		switch {
		case err != nil:
			return err
		case p != nil:
			parent.pipelines = append(parent.pipelines, p)
		default:
			parent.subs = append(parent.subs, n)
		}
	}
	for _, p := range parent.pipelines {
		if err := p.check(parent); err != nil {
			return err
		}
	}
	return nil
}

// aggregation reads one aggregation: into n, or as a pipeline.
func (r *Request) aggregation(parent, n *node, raw []byte, depth int) (p *pipeline, err error) {
	var subs []byte
	for _, m := range members(raw) {
		switch {
		case m.value[0] != '{':
			return nil, n.wrong("Expected [START_OBJECT] under [%s], but got a [%s] in [%s]", m.key, rawjson.Token(m.value), n.name)
		case m.key == "meta":
			n.meta = m.value
		case m.key == "aggs" || m.key == "aggregations":
			if subs != nil {
				return nil, n.wrong("Found two sub aggregation definitions under [%s]", n.name)
			}
			subs = m.value
		case n.typ != "":
			return nil, n.wrong("Found two aggregation type definitions in [%s]: [%s] and [%s]", n.name, n.typ, m.key)
		default:
			if p, err = r.typed(parent, n, m); err != nil {
				return nil, err
			}
		}
	}
	switch {
	case n.typ == "":
		return nil, n.wrong("Missing definition for aggregation [%s]", n.name)
	case subs == nil || string(subs) == "{}":
	case p != nil || n.leaf:
		return nil, n.wrong("Aggregator [%s] of type [%s] cannot accept sub-aggregations", n.name, n.typ)
	default:
		err = r.level(n, subs, depth)
	}
	return p, err
}

// typed reads the definition of an aggregation.
func (r *Request) typed(parent, n *node, m member) (p *pipeline, err error) {
	n.typ = m.key
	below := *n
	below.path += "." + m.key
	if isPipeline(m.key) {
		p, err = readPipeline(&below, m.value)
		if p != nil {
			p.node = n
		}
		return p, err
	}
	typ, ok := types[m.key]
	switch {
	case slices.Contains(unsupported, m.key):
		return nil, below.wrong("aggregations of the type [%s] are not supported", m.key)
	case !ok:
		names := slices.Clone(unsupported)
		for name := range types {
			names = append(names, name)
		}
		slices.Sort(names)
		return nil, n.wrong("Unknown aggregation type [%s]%s", m.key, suggest.DidYouMean(m.key, names))
	case m.key == "global" && parent.typ != "":
		return nil, n.wrong("Aggregator [%s] cannot have a global [%s] sub-aggregation. Global aggregations can only be "+
			"defined as top level aggregations", parent.name, n.name)
	}
	if n.definition, err = typ.read(&below, m.value); err != nil {
		return nil, err
	}
	n.leaf = typ.leaf
	if a, ok := n.definition.(ofAll); ok && a.ofAll() {
		r.all = true
	}
	if d, ok := n.definition.(*topHits); ok && d.sort == nil {
		r.scores = true
	}
	return nil, nil
}

// ofAll is a definition that may need documents that the query does not match.
type ofAll interface{ ofAll() bool }
