package aggregation

import (
	"maps"
	"slices"
)

// intervals are the buckets of a histogram, by where the interval begins, or by its number.
type intervals struct {
	buckets map[float64]*bucket
	met     []float64 // by the object at hand
}

func newIntervals(r *run) intervals {
	r.use(mapSize)
	return intervals{buckets: map[float64]*bucket{}}
}

// begin begins with an object.
func (s *intervals) begin() { s.met = s.met[:0] }

// meet puts the object into the bucket of an interval, if it is not there.
func (s *intervals) meet(p *plan, o *object, at float64) {
	if slices.Contains(s.met, at) {
		return
	}
	s.met = append(s.met, at)
	b := s.buckets[at]
	if b == nil {
		b = p.r.bucket(p.node)
		s.buckets[at] = b
	}
	b.add(p, o)
}

// fill adds the empty buckets between the first and the last, and those from first to last; NaN is none.
func (s *intervals) fill(r *run, n *node, first, last float64, next func(float64) float64) {
	for at := range s.buckets {
		first, last = min(first, at), max(last, at)
	}
	if len(s.buckets) > 0 && (first != first || last != last) { // min and max of NaN are NaN
		list := slices.Sorted(maps.Keys(s.buckets))
		if first != first {
			first = list[0]
		}
		if last != last {
			last = list[len(list)-1]
		}
	}
	for at, steps := first, 0; at <= last; at, steps = next(at), steps+1 {
		if steps > r.maxBuckets {
			r.fail(tooMany(r.maxBuckets, steps))
		}
		if r.err != nil {
			return
		}
		if s.buckets[at] == nil {
			s.buckets[at] = r.bucket(n)
		}
	}
}

// answer returns the buckets with enough documents, in order. show fills in what a bucket shows of its interval.
func (s *intervals) answer(
	r *run, n *node, minCount int, keyed bool, order []orderKey, show func(a *answered, at float64),
) *result {
	res := &result{multi: true, keyed: keyed}
	var list []ranked
	for at, b := range s.buckets {
		if b.count >= int64(minCount) {
			list = append(list, ranked{key: string(appendReal(nil, at)), bucket: b})
		}
	}
	n.rank(list, order)
	for _, b := range list {
		if r.answered(); r.err != nil {
			return res
		}
		a := r.answer(n, b.bucket)
		show(a, realOf([]byte(b.key)))
		res.buckets = append(res.buckets, a)
	}
	n.complete(res)
	return res
}
