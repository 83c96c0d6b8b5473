package aggregation

import (
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Answers: first the results of all aggregations are made, then pipelines work on these, then they are written.

// result is what stands in the answer for an aggregation: a metric, the one bucket, or a list of buckets.
type result struct {
	node *node

	body    []byte // members before the buckets, or of a metric
	single  *answered
	buckets []*answered
	multi   bool
	keyed   bool // buckets are an object, by their names
	tail    []byte

	state  state // whose values pipelines see; nil: number is the only one
	number float64
}

// answered is a bucket of an answer.
type answered struct {
	name  string // of a keyed bucket
	key   []byte // as a key; nil: it has only the name
	head  []byte // members before the count
	count int64
	extra []byte // members behind the count
	subs  []*result
}

// finishSubs returns the results of the sub-aggregations of a bucket.
func (r *run) finishSubs(n *node, subs []state) []*result {
	list := make([]*result, 0, len(subs))
	for i, s := range subs {
		if r.err != nil {
			return nil
		}
		sub := s.finish(r, n.subs[i])
		sub.node, sub.state = n.subs[i], s
		list = append(list, sub)
	}
	return n.siblings(list)
}

// answer returns a bucket of an answer.
func (r *run) answer(n *node, b *bucket) *answered {
	a := &answered{count: b.count}
	a.subs = r.finishSubs(n, b.subs)
	return a
}

// appendResults appends results as members. more says that there are members before.
func appendResults(dst []byte, list []*result, more bool) []byte {
	for _, r := range list {
		if more {
			dst = append(dst, ',')
		}
		more = true
		dst = append(rawjson.AppendString(dst, r.node.name), ':', '{')
		begin := len(dst)
		if r.node.meta != nil {
			dst = append(append(append(dst, `"meta":`...), r.node.meta...), ',')
		}
		dst = r.append(dst)
		if len(dst) > begin && dst[len(dst)-1] == ',' {
			dst = dst[:len(dst)-1]
		}
		dst = append(dst, '}')
	}
	return dst
}

// append appends the members of a result, each with a comma behind it.
func (r *result) append(dst []byte) []byte {
	dst = append(dst, r.body...)
	switch {
	case r.single != nil:
		dst = r.single.append(dst)
	case r.multi && r.keyed:
		dst = append(dst, `"buckets":{`...)
		for i, b := range r.buckets {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(rawjson.AppendString(dst, b.name), ':', '{')
			dst = append(b.append(dst), '}')
		}
		dst = append(dst, "},"...)
	case r.multi:
		dst = append(dst, `"buckets":[`...)
		for i, b := range r.buckets {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(b.append(append(dst, '{')), '}')
		}
		dst = append(dst, "],"...)
	}
	return append(dst, r.tail...)
}

// append appends the members of a bucket.
func (b *answered) append(dst []byte) []byte {
	dst = append(dst, b.head...)
	dst = strconv.AppendInt(append(dst, `"doc_count":`...), b.count, 10)
	dst = append(dst, b.extra...)
	return appendResults(dst, b.subs, true)
}

// appendText appends a member that is a string, with a comma behind it.
func appendText(dst []byte, name, text string) []byte {
	dst = append(rawjson.AppendString(dst, name), ':')
	return append(rawjson.AppendString(dst, text), ',')
}

// appendValue appends a member that is a number, with a comma behind it.
func appendValue(dst []byte, name string, n float64) []byte {
	dst = append(rawjson.AppendString(dst, name), ':')
	return append(appendNumber(dst, n), ',')
}

// siblings adds the results of pipelines beside other aggregations.
func (n *node) siblings(list []*result) []*result {
	for _, p := range n.pipelines {
		if !p.inBuckets() {
			list = append(list, p.beside(list))
		}
	}
	return list
}

// complete adds the results of pipelines to the buckets of an aggregation.
func (n *node) complete(res *result) {
	for _, p := range n.pipelines {
		if p.inBuckets() {
			p.into(res.buckets)
		}
	}
}
