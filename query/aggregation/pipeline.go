package aggregation

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Pipeline aggregations compute with the buckets of another aggregation: avg_bucket, sum_bucket, max_bucket and
// min_bucket beside it, cumulative_sum in each of its buckets.

// pipeline is a pipeline aggregation.
type pipeline struct {
	*node
	path  []string // of names; the last is a number of the bucket: a metric, or _count
	zeros bool     // buckets without a value count as 0 (gap_policy: insert_zeros)
}

func isPipeline(typ string) bool {
	switch typ {
	case "avg_bucket", "sum_bucket", "max_bucket", "min_bucket", "cumulative_sum":
		return true
	}
	return false
}

func readPipeline(n *node, raw []byte) (*pipeline, error) {
	p := &pipeline{}
	path := ""
	known := options{"buckets_path": {`"`, func(raw []byte) error { path = textOf(raw); return nil }}}
	if n.typ != "cumulative_sum" {
		known["gap_policy"] = option{`"`, func(raw []byte) error {
			p.zeros = textOf(raw) == "insert_zeros"
			return oneOf("skip", "insert_zeros").read(raw)
		}}
	}
	if err := n.read(n.typ, raw, known); err != nil {
		return nil, err
	}
	if path == "" {
		return nil, n.wrong("Missing required field [buckets_path] for %s aggregation [%s]", n.typ, n.name)
	}
	p.path = strings.Split(path, ">")
	return p, nil
}

func (p *pipeline) title() string   { return p.name }
func (p *pipeline) inBuckets() bool { return p.typ == "cumulative_sum" }

// check returns an error if the path leads nowhere from n, which the pipeline is in.
func (p *pipeline) check(n *node) error {
	if !p.inBuckets() {
		return p.checkBuckets(n)
	}
	if _, ok := n.definition.(sequence); !ok {
		return p.wrong("cumulative_sum aggregation [%s] must have a histogram, date_histogram or auto_date_histogram as "+
			"parent", p.name)
	}
	return p.checkValue(n, p.path)
}

// checkBuckets checks the path of a pipeline beside the buckets.
func (p *pipeline) checkBuckets(n *node) error {
	at := n
	for i, name := range p.path {
		sub := at.sub(name)
		if sub == nil {
			break
		}
		at = sub
		if at.isMulti() {
			if i == len(p.path)-1 {
				break // it has no number
			}
			return p.checkValue(at, p.path[i+1:])
		}
	}
	return p.wrong("Validation Failed: 1: No aggregation found for path [%s];", strings.Join(p.path, ">"))
}

// checkValue checks the path of a number in the buckets of an aggregation.
func (p *pipeline) checkValue(n *node, path []string) error {
	at := n
	for i, name := range path {
		isLast := i == len(path)-1
		if isLast && name == byCount || isLast && at.hasPipeline(name) {
			return nil
		}
		metric := ""
		if isLast {
			name, metric = withMetric(name, at.hasSub)
		}
		sub := at.sub(name)
		if sub == nil || sub.isMulti() {
			break
		}
		at = sub
		_, isSingle := at.definition.(singleBucket)
		if isLast {
			if at.hasValue(metric) || isSingle && (metric == byCount || metric == "") {
				return nil
			}
		}
	}
	return p.wrong("Validation Failed: 1: No aggregation [%s] found for path [%s];", path[len(path)-1],
		strings.Join(p.path, ">"))
}

func (n *node) sub(name string) *node {
	if i := slices.IndexFunc(n.subs, func(sub *node) bool { return sub.name == name }); i >= 0 {
		return n.subs[i]
	}
	return nil
}

func (n *node) hasPipeline(name string) bool {
	return slices.ContainsFunc(n.pipelines, func(p pipe) bool { return p.title() == name })
}

// beside computes with the buckets that the path leads to.
func (p *pipeline) beside(list []*result) *result {
	buckets, path := p.buckets(list)
	total, n := sum{}, 0
	best, keys := math.NaN(), []string(nil)
	for _, b := range buckets {
		v := p.valueOf(b, path)
		if math.IsNaN(v) {
			continue
		}
		n++
		total.add(v)
		better := cmp.Compare(v, best)
		switch {
		case n == 1 || p.typ == "max_bucket" && better > 0 || p.typ == "min_bucket" && better < 0:
			best, keys = v, []string{b.name}
		case better == 0:
			keys = append(keys, b.name)
		}
	}
	res := &result{node: p.node}
	switch p.typ {
	case "sum_bucket":
		res.number = total.value()
	case "avg_bucket":
		res.number = total.value() / float64(n)
	default:
		res.number = best
	}
	res.body = appendValue(nil, "value", res.number)
	if p.typ == "max_bucket" || p.typ == "min_bucket" {
		res.body = append(res.body, `"keys":[`...)
		for i, key := range keys {
			if i > 0 {
				res.body = append(res.body, ',')
			}
			res.body = rawjson.AppendString(res.body, key)
		}
		res.body = append(res.body, "],"...)
	}
	return res
}

// buckets returns the buckets of a path, and the rest of the path, which is that of a number of each.
func (p *pipeline) buckets(list []*result) ([]*answered, []string) {
	for i, name := range p.path {
		at := slices.IndexFunc(list, func(r *result) bool { return r.node.name == name })
		if at < 0 {
			break
		}
		if list[at].multi {
			return list[at].buckets, p.path[i+1:]
		}
		if list[at].single == nil {
			break
		}
		list = list[at].single.subs
	}
	return nil, nil
}

// valueOf returns a number of a bucket; NaN is one that does not count.
func (p *pipeline) valueOf(b *answered, path []string) float64 {
	v := math.NaN()
	isCount := path[len(path)-1] == byCount
	if b.count > 0 || isCount {
		v = b.valueAt(path)
	}
	if math.IsInf(v, 0) {
		v = math.NaN()
	}
	if math.IsNaN(v) && p.zeros {
		return 0
	}
	return v
}

// sub returns the place of the result of a name, -1 if there is none.
func (b *answered) sub(name string) int {
	return slices.IndexFunc(b.subs, func(r *result) bool { return r.node.name == name })
}

// valueAt returns the number that a path leads to.
func (b *answered) valueAt(path []string) float64 {
	for i, name := range path {
		isLast := i == len(path)-1
		if isLast && name == byCount {
			return float64(b.count)
		}
		metric := ""
		if isLast {
			name, metric = withMetric(name, func(name string) bool { return b.sub(name) >= 0 })
		}
		at := b.sub(name)
		switch {
		case at < 0:
			return math.NaN()
		case isLast && b.subs[at].state == nil:
			return b.subs[at].number
		case isLast:
			v, _ := b.subs[at].state.value(metric)
			return v
		case b.subs[at].single == nil:
			return math.NaN()
		}
		b = b.subs[at].single
	}
	return math.NaN()
}

// into adds the sum of the buckets up to each.
func (p *pipeline) into(buckets []*answered) {
	total := sum{}
	for _, b := range buckets {
		if v := b.valueAt(p.path); !math.IsNaN(v) && !math.IsInf(v, 0) {
			total.add(v)
		}
		b.subs = append(b.subs, &result{node: p.node, number: total.value(), body: appendValue(nil, "value", total.value())})
	}
}
