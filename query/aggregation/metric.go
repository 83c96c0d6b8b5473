package aggregation

import (
	"math"
	"strconv"
)

// The metrics of one number: min, max, sum, avg, value_count and weighted_avg.

// metric is one of min, max, sum and avg.
type metric struct {
	source
	typ string
}

func readMetric(n *node, raw []byte) (definition, error) {
	d := &metric{typ: n.typ}
	return d, n.readSource(&d.source, raw, nil)
}

func (d *metric) bind(b *binder, p *plan) error { return bindNumbers(b, p, &d.source) }

// bindNumbers completes the plan of a metric of numbers.
func bindNumbers(b *binder, p *plan, s *source) error {
	f, err := b.field(p, s, numeric)
	if err != nil {
		return err
	}
	p.fields = []*field{f}
	return b.r.shows(p, f)
}

func (d *metric) start(*run, *node) state {
	return &metricState{typ: d.typ, min: math.Inf(1), max: math.Inf(-1)}
}

// metricState is the state of a metric.
type metricState struct {
	typ      string
	count    int64
	min, max float64
	sum      sum
}

func (s *metricState) add(p *plan, o *object) {
	f := p.field()
	if v, ok := f.float(o); ok {
		s.number(v)
		return
	}
	for _, v := range f.numbers(o) {
		s.number(v)
	}
}

// number takes in a number.
func (s *metricState) number(v float64) {
	s.count++
	if v <= s.min { // -0 is less than 0
		s.min = min(s.min, v)
	}
	if v >= s.max {
		s.max = max(s.max, v)
	}
	s.sum.add(v)
}

func (s *metricState) value(name string) (float64, bool) {
	return s.worth(), name == "" || name == "value"
}

// worth returns the metric. Without values it is that of Elasticsearch's empty metrics.
func (s *metricState) worth() float64 {
	switch s.typ {
	case "min":
		return s.min
	case "max":
		return s.max
	case "sum":
		return s.sum.value()
	}
	return s.sum.value() / float64(s.count)
}

func (s *metricState) finish(r *run, n *node) *result {
	return oneNumber(s.worth(), r.printer(n), s.count > 0)
}

// oneNumber is the result of a metric of one number.
func oneNumber(v float64, p *printer, hasText bool) *result {
	res := &result{body: appendValue(nil, "value", v)}
	if text, ok := p.number(v); ok && hasText {
		res.body = appendText(res.body, "value_as_string", text)
	}
	return res
}

// valueCount is value_count.
type valueCount struct{ source }

func readValueCount(n *node, raw []byte) (definition, error) {
	d := &valueCount{}
	return d, n.readSource(&d.source, raw, nil)
}

func (d *valueCount) bind(b *binder, p *plan) error {
	f, err := b.field(p, &d.source, anything)
	p.fields = []*field{f}
	return err
}

func (*valueCount) start(*run, *node) state { return &countState{} }

// countState counts values.
type countState struct{ count int64 }

func (s *countState) add(p *plan, o *object) { s.count += int64(p.field().count(o)) }

func (s *countState) value(name string) (float64, bool) {
	return float64(s.count), name == "" || name == "value"
}

func (s *countState) finish(*run, *node) *result {
	return &result{body: append(strconv.AppendInt([]byte(`"value":`), s.count, 10), ',')}
}

// weightedAverage is weighted_avg.
type weightedAverage struct{ values, weights source }

func readWeightedAverage(n *node, raw []byte) (definition, error) {
	d := &weightedAverage{}
	format := ""
	of := func(s *source) option {
		return option{"{", func(raw []byte) error {
			below := *n
			known := s.options()
			delete(known, "format")
			delete(known, "time_zone")
			return below.read(n.typ, raw, known)
		}}
	}
	err := n.read(n.typ, raw, options{"value": of(&d.values), "weight": of(&d.weights), "format": text(&format)})
	d.values.format = format
	if err == nil && (d.values.field == "" || d.weights.field == "") {
		err = n.wrong("Required [value, weight], each with a field")
	}
	return d, err
}

func (d *weightedAverage) bind(b *binder, p *plan) error {
	if err := bindNumbers(b, p, &d.values); err != nil {
		return err
	}
	weights, err := b.field(p, &d.weights, numeric)
	p.fields = append(p.fields, weights)
	return err
}

func (*weightedAverage) start(*run, *node) state { return &weightedState{} }

// weightedState adds up values and weights.
type weightedState struct{ values, weights sum }

func (s *weightedState) add(p *plan, o *object) {
	values, weights := p.fields[0].numbers(o), p.fields[1].numbers(o)
	switch {
	case len(values) == 0 || len(weights) == 0:
		return
	case len(weights) > 1:
		p.r.fail(p.wrong("Encountered more than one weight for a single document. Use a script to combine multiple " +
			"weights-per-doc into a single value."))
		return
	}
	for _, v := range values {
		s.values.add(v * weights[0])
		s.weights.add(weights[0])
	}
}

func (s *weightedState) value(name string) (float64, bool) {
	return s.values.value() / s.weights.value(), name == "" || name == "value"
}

func (s *weightedState) finish(r *run, n *node) *result {
	v, _ := s.value("")
	return oneNumber(v, r.printer(n), true)
}
