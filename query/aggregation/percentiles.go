package aggregation

import (
	"math"
	"slices"
	"strconv"

	"github.com/caio/go-tdigest/v4"

	"github.com/kuzzlite/kuzzlite/internal/javanumber"
)

// percentiles is percentiles, and percentile_ranks with ranks.
type percentiles struct {
	source
	ranks       bool
	values      []float64 // percents, or the values of which the ranks are asked for
	keyed       bool
	compression float64 // of the estimate
}

// defaultPercents are the percentiles that are given if none are asked for.
var defaultPercents = []float64{1, 5, 25, 50, 75, 95, 99}

// mostExact is how many values are kept, so that percentiles are exact; more are estimated.
const mostExact = 2000

func readPercentiles(n *node, raw []byte) (definition, error) {
	d := &percentiles{values: defaultPercents}
	err := d.read(n, raw, "percents")
	switch {
	case err != nil:
	case len(d.values) == 0:
		err = n.wrong("Failed to build [percentiles] after last required field arrived")
	case d.values[0] < 0 || d.values[len(d.values)-1] > 100:
		err = n.wrong("percent must be in [0,100], got one that is not in [%s]", n.name)
	}
	return d, err
}

func readPercentileRanks(n *node, raw []byte) (definition, error) {
	d := &percentiles{ranks: true}
	err := d.read(n, raw, "values")
	if err == nil && len(d.values) == 0 {
		err = n.wrong("Required [values], a list of numbers, in [%s]", n.name)
	}
	return d, err
}

func (d *percentiles) read(n *node, raw []byte, list string) error {
	d.keyed, d.compression = true, 100
	return n.readSource(&d.source, raw, options{
		"keyed": boolean(&d.keyed),
		list: {"[0", func(raw []byte) error {
			d.values = nil
			values := [][]byte{raw}
			if raw[0] == '[' {
				values = elements(raw)
			}
			for _, e := range values {
				v, err := parseReal(textOf(e))
				if err != nil {
					return err
				}
				d.values = append(d.values, v)
			}
			slices.Sort(d.values)
			return nil
		}},
		"tdigest": {"{", func(raw []byte) error {
			return n.read(n.typ, raw, options{"compression": {`0"`, func(raw []byte) error {
				err := number(&d.compression).read(raw)
				if err == nil && (d.compression < 20 || d.compression > 10_000) {
					err = plainError("[compression] must be from 20 to 10000")
				}
				return err
			}}})
		}},
		"hdr": {"{", func([]byte) error {
			return n.wrong("[%s] [hdr] is not supported: leave it out, and all but the largest sets are exact", n.typ)
		}},
	})
}

func (d *percentiles) bind(b *binder, p *plan) error { return bindNumbers(b, p, &d.source) }

func (d *percentiles) start(*run, *node) state { return &percentilesState{of: d} }

// percentilesState has all values, or an estimate of their distribution when there are too many.
type percentilesState struct {
	of     *percentiles
	values []float64
	digest *tdigest.TDigest
}

func (s *percentilesState) add(p *plan, o *object) {
	for _, v := range p.field().numbers(o) {
		if s.digest != nil {
			p.r.check(s.digest.Add(v))
			continue
		}
		s.values = append(s.values, v)
		p.r.use(8)
		if len(s.values) >= mostExact {
			s.estimate(p.r)
		}
	}
}

// estimate goes over to an estimate.
func (s *percentilesState) estimate(r *run) {
	digest, err := tdigest.New(tdigest.Compression(s.of.compression), tdigest.LocalRandomNumberGenerator(1))
	if err != nil {
		r.fail(err)
		return
	}
	r.use(int(s.of.compression)*100 - 8*len(s.values))
	for _, v := range s.values {
		r.check(digest.Add(v))
	}
	s.digest, s.values = digest, nil
}

// at returns a percentile, NaN without values.
func (s *percentilesState) at(percent float64) float64 {
	switch {
	case s.digest != nil:
		return s.digest.Quantile(percent / 100)
	case len(s.values) == 0:
		return math.NaN()
	}
	place := float64(len(s.values)-1) * percent / 100
	below := math.Floor(place)
	v := s.values[int(below)]
	if share := place - below; share > 0 {
		v += (s.values[int(below)+1] - v) * share
	}
	return v
}

// rank returns the percentage of values below one: half of those that are equal count, and between two neighbours the
// rank grows evenly.
func (s *percentilesState) rank(v float64) float64 {
	switch {
	case s.digest != nil:
		return 100 * s.digest.CDF(v)
	case len(s.values) == 0:
		return math.NaN()
	}
	n := float64(len(s.values))
	from, found := slices.BinarySearch(s.values, v)
	switch {
	case found:
		return 100 * s.middle(v) / n
	case from == 0:
		return 0
	case from == len(s.values):
		return 100
	}
	a, b := s.values[from-1], s.values[from]
	below := s.middle(a)
	return 100 * (below + (v-a)/(b-a)*(s.middle(b)-below)) / n
}

// middle returns how many values are less than one of them, and half of those that are equal.
func (s *percentilesState) middle(v float64) float64 {
	first, _ := slices.BinarySearch(s.values, v)
	behind, _ := slices.BinarySearch(s.values, math.Nextafter(v, math.Inf(1)))
	return float64(first+behind) / 2
}

func (s *percentilesState) value(name string) (float64, bool) {
	v, err := strconv.ParseFloat(name, 64)
	if err != nil {
		return 0, false
	}
	slices.Sort(s.values)
	if s.of.ranks {
		return s.rank(v), true
	}
	return s.at(v), v >= 0 && v <= 100
}

func (s *percentilesState) finish(r *run, n *node) *result {
	slices.Sort(s.values)
	p := r.printer(n)
	dst := []byte(`"values":[`)
	if s.of.keyed {
		dst = []byte(`"values":{`)
	}
	for _, asked := range s.of.values {
		v := s.at(asked)
		if s.of.ranks {
			v = s.rank(asked)
		}
		name := javanumber.Print(asked)
		text, hasText := p.number(v)
		hasText = hasText && !s.of.ranks
		if !s.of.keyed {
			dst = appendValue(append(dst, '{'), "key", asked)
			dst = appendValue(dst, "value", v)
			if hasText {
				dst = appendText(dst, "value_as_string", text)
			}
			dst[len(dst)-1] = '}'
			dst = append(dst, ',')
			continue
		}
		dst = appendValue(dst, name, v)
		if hasText {
			dst = appendText(dst, name+"_as_string", text)
		}
	}
	end := byte(']')
	if s.of.keyed {
		end = '}'
	}
	dst[len(dst)-1] = end
	return &result{body: append(dst, ',')}
}
