package aggregation

import (
	"math"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/query/internal/docvalues"
)

// stats is stats and extended_stats.
type stats struct {
	source
	extended bool
	sigma    float64
}

func readStats(n *node, raw []byte) (definition, error) {
	d := &stats{}
	return d, n.readSource(&d.source, raw, nil)
}

func readExtendedStats(n *node, raw []byte) (definition, error) {
	d := &stats{extended: true, sigma: 2}
	return d, n.readSource(&d.source, raw, options{"sigma": {`0"`, func(raw []byte) error {
		err := number(&d.sigma).read(raw)
		if err == nil && d.sigma < 0 {
			err = plainError("[sigma] must be greater than or equal to 0. Found [%s] in [%s]", textOf(raw), n.name)
		}
		return err
	}}})
}

func (d *stats) bind(b *binder, p *plan) error { return bindNumbers(b, p, &d.source) }

func (d *stats) start(*run, *node) state {
	return &statsState{of: d, metricState: metricState{min: math.Inf(1), max: math.Inf(-1)}}
}

// statsState adds up numbers and their squares.
type statsState struct {
	of *stats
	metricState
	squares sum
}

func (s *statsState) add(p *plan, o *object) {
	for _, v := range p.field().numbers(o) {
		s.number(v)
		if s.of.extended {
			s.squares.add(v * v)
		}
	}
}

// variance returns the variance of so many values less than there are.
func (s *statsState) variance(less float64) float64 {
	n := float64(s.count)
	v := (s.squares.value() - s.sum.value()*s.sum.value()/n) / (n - less)
	if v < 0 {
		v = 0 // what rounding left
	}
	if s.count == 1 && less == 1 {
		return math.NaN()
	}
	return v
}

// bound returns a bound of the values that are usual: so many standard deviations from the average.
func (s *statsState) bound(sign, less float64) float64 {
	return s.sum.value()/float64(s.count) + sign*s.of.sigma*math.Sqrt(s.variance(less))
}

func (s *statsState) value(name string) (float64, bool) {
	switch name {
	case "count":
		return float64(s.count), true
	case "min":
		return s.min, true
	case "max":
		return s.max, true
	case "avg":
		return s.sum.value() / float64(s.count), true
	case "sum":
		return s.sum.value(), true
	}
	if !s.of.extended {
		return 0, false
	}
	name, less := strings.TrimSuffix(name, "_population"), 0.0
	if short, ok := strings.CutSuffix(name, "_sampling"); ok {
		name, less = short, 1
	}
	switch name {
	case "sum_of_squares":
		return s.squares.value(), true
	case "variance":
		return s.variance(less), true
	case "std_deviation":
		return math.Sqrt(s.variance(less)), true
	case "std_upper":
		return s.bound(1, less), true
	case "std_lower":
		return s.bound(-1, less), true
	}
	return 0, false
}

// spreads are the numbers of extended_stats in their order; squares and variances are shown in another way.
var (
	spreads = []string{
		"sum_of_squares", "variance", "variance_population", "variance_sampling", "std_deviation",
		"std_deviation_population", "std_deviation_sampling",
	}
	bounds = []string{"upper", "lower", "upper_population", "lower_population", "upper_sampling", "lower_sampling"}
)

func (s *statsState) finish(r *run, n *node) *result {
	w := statsWriter{s, r.printer(n), nil}
	w.dst = append(strconv.AppendInt([]byte(`"count":`), s.count, 10), ',')
	basic := []string{"min", "max", "avg"}
	w.numbers(basic)
	w.dst = appendValue(w.dst, "sum", s.sum.value())
	w.texts(append(basic, "sum"), true)
	if s.of.extended {
		w.numbers(spreads)
		w.bounds("std_deviation_bounds", w.number)
		w.texts(spreads[:4], true)
		w.texts(spreads[4:], false)
		if w.hasTexts() {
			w.bounds("std_deviation_bounds_as_string", func(short, name string) { w.text(short, name, false) })
		}
	}
	return &result{body: w.dst}
}

// statsWriter writes an answer.
type statsWriter struct {
	*statsState
	*printer
	dst []byte
}

func (w *statsWriter) numbers(names []string) {
	for _, name := range names {
		w.number(name, name)
	}
}

// number appends a number: null without values, and NaN as a string (Elasticsearch).
func (w *statsWriter) number(shown, name string) {
	v, _ := w.value(name)
	switch {
	case w.count == 0:
		v = math.NaN()
	case math.IsNaN(v):
		w.dst = appendText(w.dst, shown, "NaN")
		return
	}
	w.dst = appendValue(w.dst, shown, v)
}

func (w *statsWriter) hasTexts() bool {
	return w.count > 0 && (w.class == docvalues.Date || w.class == docvalues.Boolean)
}

// texts appends how numbers are shown, booleans as such if plain says so.
func (w *statsWriter) texts(names []string, plain bool) {
	if !w.hasTexts() {
		return
	}
	for _, name := range names {
		w.text(name+"_as_string", name, plain)
	}
}

func (w *statsWriter) text(shown, name string, plain bool) {
	v, _ := w.value(name)
	text, ok := w.printer.number(v)
	switch {
	case !ok:
		text = "NaN"
	case plain && w.class == docvalues.Boolean:
		w.dst = append(append(append(append(append(w.dst, '"'), shown...), `":`...), text...), ',')
		return
	}
	w.dst = appendText(w.dst, shown, text)
}

// bounds appends the bounds of usual values.
func (w *statsWriter) bounds(name string, write func(shown, name string)) {
	w.dst = append(append(append(w.dst, '"'), name...), `":{`...)
	for _, bound := range bounds {
		write(bound, "std_"+bound)
	}
	w.dst[len(w.dst)-1] = '}'
	w.dst = append(w.dst, ',')
}
