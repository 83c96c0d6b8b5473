package aggregation

import (
	"math"

	"github.com/kuzzlite/kuzzlite/internal/javanumber"
)

// histogram is histogram: buckets of numbers in intervals of one length.
type histogram struct {
	source
	interval, offset float64
	minCount         int
	keyed            bool
	order            []orderKey
	extended, hard   realBounds
}

// realBounds are bounds of numbers; NaN is none.
type realBounds struct{ min, max float64 }

var noBounds = realBounds{math.NaN(), math.NaN()}

func readHistogram(n *node, raw []byte) (definition, error) {
	d := &histogram{order: []orderKey{{by: byKey}}, extended: noBounds, hard: noBounds}
	err := n.readSource(&d.source, raw, options{
		"interval": {`0"`, func(raw []byte) error {
			if err := number(&d.interval).read(raw); err != nil {
				return err
			}
			if d.interval <= 0 {
				return n.wrong("[interval] must be >0 for histogram aggregation [%s]", n.name)
			}
			return nil
		}},
		"offset": number(&d.offset), "min_doc_count": integer(&d.minCount, 0), "keyed": boolean(&d.keyed),
		"order": order(&d.order), "extended_bounds": d.extended.option(n), "hard_bounds": d.hard.option(n),
	})
	switch e, h := d.extended, d.hard; {
	case err != nil:
	case d.interval == 0:
		err = n.wrong("[interval] must be >0 for histogram aggregation [%s]", n.name)
	case e.min > e.max:
		err = n.wrong("[extended_bounds.min][%s] cannot be greater than [extended_bounds.max][%s] for histogram "+
			"aggregation [%s]", javanumber.Print(e.min), javanumber.Print(e.max), n.name)
	case h.min > e.min || h.max < e.max:
		err = n.wrong("Extended bounds have to be inside hard bounds, hard bounds: [%s--%s], extended bounds: [%s--%s]",
			javanumber.Print(h.min), javanumber.Print(h.max), javanumber.Print(e.min), javanumber.Print(e.max))
	}
	return d, err
}

// option reads bounds.
func (b *realBounds) option(n *node) option {
	return option{"{n", func(raw []byte) error {
		return n.read(n.typ, raw, options{"min": number(&b.min), "max": number(&b.max)})
	}}
}

func (*histogram) sequence() {}

func (d *histogram) bind(b *binder, p *plan) error {
	f, err := b.field(p, &d.source, numeric)
	if err != nil {
		return err
	}
	p.fields = []*field{f}
	if err := b.r.shows(p, f); err != nil {
		return err
	}
	if err := p.checkOrder(d.order); err != nil {
		return err
	}
	return b.subs(p, p.scope)
}

func (d *histogram) start(r *run, _ *node) state {
	return &histogramState{of: d, intervals: newIntervals(r)}
}

// histogramState has the buckets by the number of the interval.
type histogramState struct {
	noValue
	of *histogram
	intervals
}

func (s *histogramState) add(p *plan, o *object) {
	d := s.of
	s.begin()
	for _, v := range p.field().numbers(o) {
		at := math.Floor((v - d.offset) / d.interval)
		if value := at * d.interval; value >= d.hard.max || value < d.hard.min {
			continue
		}
		s.meet(p, o, at)
	}
}

func (s *histogramState) finish(r *run, n *node) *result {
	d := s.of
	if d.minCount == 0 {
		first, last := math.NaN(), math.NaN()
		if !math.IsNaN(d.extended.min) {
			first = math.Floor((d.extended.min - d.offset) / d.interval)
		}
		if !math.IsNaN(d.extended.max) {
			last = math.Floor((d.extended.max - d.offset) / d.interval)
		}
		s.fill(r, n, first, last, func(at float64) float64 { return at + 1 })
	}
	p := r.printer(n)
	return s.answer(r, n, d.minCount, d.keyed, d.order, func(a *answered, at float64) {
		key := at*d.interval + d.offset
		a.key = appendReal(nil, key)
		a.name = javanumber.Print(key)
		if text, ok := p.number(key); ok {
			a.name = text
			a.head = appendText(a.head, "key_as_string", text)
		}
		a.head = appendValue(a.head, "key", key)
	})
}
