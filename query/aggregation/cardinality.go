package aggregation

import (
	"hash/maphash"
	"strconv"

	"github.com/axiomhq/hyperloglog"
)

// cardinality is cardinality: how many different values there are.
type cardinality struct {
	source
	exact int // so many different values are counted exactly
}

// What an estimate and a hash take, in bytes, and how many values are counted exactly by default and at most.
const (
	hashSize        = 40
	sketchSize      = 1 << 16
	defaultDistinct = 3000
	mostDistinct    = 40_000
)

func readCardinality(n *node, raw []byte) (definition, error) {
	d := &cardinality{exact: defaultDistinct}
	err := n.readSource(&d.source, raw, options{
		"precision_threshold": {`0"`, func(raw []byte) error {
			if err := integer(&d.exact, 0).read(raw); err != nil {
				return err
			}
			d.exact = min(d.exact, mostDistinct)
			return nil
		}},
		"execution_hint": oneOf(
			"save_memory_heuristic", "save_time_heuristic", "segment_ordinals", "direct", "global_ordinals",
		),
	})
	return d, err
}

func (d *cardinality) bind(b *binder, p *plan) error {
	f, err := b.field(p, &d.source, anything)
	p.fields = []*field{f}
	return err
}

func (d *cardinality) start(*run, *node) state { return &distinctState{most: d.exact} }

// distinctState has the hashes of values, and an estimate when there are too many.
type distinctState struct {
	most   int
	hashes map[uint64]struct{}
	sketch *hyperloglog.Sketch
}

// seed makes the hashes of this process.
var seed = maphash.MakeSeed()

func (s *distinctState) add(p *plan, o *object) {
	for _, key := range p.field().sorted(o) {
		h := maphash.Bytes(seed, key)
		if s.sketch != nil {
			s.sketch.InsertHash(h)
			continue
		}
		if s.hashes == nil {
			p.r.use(mapSize)
			s.hashes = map[uint64]struct{}{}
		}
		if _, ok := s.hashes[h]; ok {
			continue
		}
		s.hashes[h] = struct{}{}
		p.r.use(hashSize)
		if len(s.hashes) > s.most {
			s.estimate(p.r)
		}
	}
}

// estimate goes over to an estimate.
func (s *distinctState) estimate(r *run) {
	r.use(sketchSize)
	s.sketch = hyperloglog.New16NoSparse()
	for h := range s.hashes {
		s.sketch.InsertHash(h)
	}
	r.use(-hashSize * len(s.hashes))
	s.hashes = nil
}

func (s *distinctState) number() uint64 {
	if s.sketch != nil {
		return s.sketch.Estimate()
	}
	return uint64(len(s.hashes))
}

func (s *distinctState) value(name string) (float64, bool) {
	return float64(s.number()), name == "" || name == "value"
}

func (s *distinctState) finish(*run, *node) *result {
	return &result{body: append(strconv.AppendUint([]byte(`"value":`), s.number(), 10), ',')}
}
