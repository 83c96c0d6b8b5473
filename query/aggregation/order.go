package aggregation

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// The order of buckets.

// orderKey is one of the things by which buckets are ordered.
type orderKey struct {
	by         string // _count, _key, or the path to a number of a sub-aggregation: s.max, f>s.max
	descending bool
}

const (
	byCount = "_count"
	byKey   = "_key"
)

// order is an option that reads an order: {"_count": "desc"}, or a list of such.
func order(to *[]orderKey) option {
	return option{"{[", func(raw []byte) error {
		list := [][]byte{raw}
		if raw[0] == '[' {
			list = elements(raw)
		}
		*to = nil
		for _, e := range list {
			m := members(e)
			if len(m) != 1 {
				return &Error{Reason: "Must specify a single field and a direction in [order]"}
			}
			k := orderKey{by: m[0].key}
			switch direction := strings.ToLower(textOf(m[0].value)); direction {
			case "asc":
			case "desc":
				k.descending = true
			default:
				return &Error{Reason: "Unknown order direction [" + textOf(m[0].value) + "]"}
			}
			*to = append(*to, k)
		}
		return nil
	}}
}

// settled returns an order in which no two buckets are equal: in the end by their keys.
func settled(keys []orderKey) []orderKey {
	if slices.ContainsFunc(keys, func(k orderKey) bool { return k.by == byKey }) {
		return keys
	}
	return append(slices.Clip(keys), orderKey{by: byKey})
}

// valuePath is the way to a number of a bucket.
type valuePath struct {
	steps  []int // the sub-aggregations on the way
	metric string
	count  bool // of documents
}

// path returns the way that an order names.
func (n *node) orderPath(by string) (path valuePath, err error) {
	if by == byCount || by == byKey {
		return valuePath{count: true}, nil
	}
	parts := strings.Split(by, ">")
	at := n
	for i, part := range parts {
		name, metric := part, ""
		if i == len(parts)-1 {
			name, metric = withMetric(part, at.hasSub)
		}
		step := slices.IndexFunc(at.subs, func(sub *node) bool { return sub.name == name })
		if step < 0 {
			return path, n.wrong("Invalid aggregation order path [%s]. Cannot find aggregation named [%s]", by, name)
		}
		path.steps = append(path.steps, step)
		at, path.metric = at.subs[step], metric
	}
	_, isSingle := at.definition.(singleBucket)
	switch {
	case isSingle && (path.metric == "" || path.metric == byCount || path.metric == "doc_count"):
		path.count = true
		return path, nil
	case isSingle:
		return path, n.wrong("Invalid aggregation order path [%s]. Ordering on a single-bucket aggregation can only be done "+
			"on its doc_count", by)
	}
	if !at.hasValue(path.metric) {
		return path, n.wrong("Invalid aggregation order path [%s]. Buckets can only be sorted on a sub-aggregator path that "+
			"is built out of zero or more single-bucket aggregations within the path and a final single-bucket or a metrics "+
			"aggregation at the path end: [%s] has no value [%s]", by, at.name, path.metric)
	}
	return path, nil
}

// hasSub says whether there is a sub-aggregation of a name.
func (n *node) hasSub(name string) bool {
	return slices.ContainsFunc(n.subs, func(sub *node) bool { return sub.name == name })
}

// withMetric splits the last part of a path, which is name, name.metric or name[metric]: at the first place at which the
// name is one of a sub-aggregation. Otherwise all of it is the name.
func withMetric(part string, isName func(string) bool) (name, metric string) {
	if isName(part) {
		return part, ""
	}
	for i, c := range part {
		switch {
		case c == '[' && strings.HasSuffix(part, "]") && isName(part[:i]):
			return part[:i], part[i+1 : len(part)-1]
		case c == '.' && isName(part[:i]):
			return part[:i], part[i+1:]
		}
	}
	return part, ""
}

// of returns the number of a bucket at the end of the way.
func (p *valuePath) of(b *bucket) float64 {
	for i, step := range p.steps {
		s := b.subs[step]
		if s, ok := s.(single); ok {
			b = s.one()
			continue
		}
		if i < len(p.steps)-1 {
			return math.NaN()
		}
		v, _ := s.value(p.metric)
		return v
	}
	return float64(b.count)
}

// ranked is a bucket with its key, and the numbers that it is ordered by.
type ranked struct {
	key string
	*bucket
	by []float64
}

// checkOrder returns an error if an order leads nowhere.
func (n *node) checkOrder(keys []orderKey) error {
	for _, k := range keys {
		if _, err := n.orderPath(k.by); err != nil {
			return err
		}
	}
	return nil
}

// rank sorts buckets. The keys of an order have been checked.
func (n *node) rank(list []ranked, keys []orderKey) {
	keys = settled(keys)
	paths := make([]valuePath, len(keys))
	for i, k := range keys {
		paths[i], _ = n.orderPath(k.by)
	}
	for i := range list {
		for j := range paths {
			list[i].by = append(list[i].by, paths[j].of(list[i].bucket))
		}
	}
	slices.SortFunc(list, func(a, b ranked) int {
		for i, k := range keys {
			var order int
			if k.by == byKey {
				order = cmp.Compare(a.key, b.key)
				if k.descending {
					order = -order
				}
			} else {
				order = compareNumbers(a.by[i], b.by[i], k.descending)
			}
			if order != 0 {
				return order
			}
		}
		return 0
	})
}

// compareNumbers orders what is no number behind all others in both directions.
func compareNumbers(a, b float64, descending bool) int {
	switch {
	case math.IsNaN(a) || math.IsNaN(b):
		return -cmp.Compare(a, b) // NaN is the least there
	case descending:
		return cmp.Compare(b, a)
	}
	return cmp.Compare(a, b)
}
