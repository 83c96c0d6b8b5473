package aggregation

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/dates"
)

// dateHistogram is date_histogram: buckets of dates in intervals of the calendar, or of one length.
type dateHistogram struct {
	source
	timing
	minCount       int
	keyed          bool
	order          []orderKey
	extended, hard dateBounds
}

// timing is how time is cut into intervals.
type timing struct {
	unit   byte  // of the calendar; 0: of one length
	fixed  int64 // that length in milliseconds; 0: none
	offset int64
}

// dateBounds are bounds of dates, as JSON; nil: none.
type dateBounds struct{ min, max []byte }

func readDateHistogram(n *node, raw []byte) (definition, error) {
	d := &dateHistogram{order: []orderKey{{by: byKey}}}
	d.dates = true
	err := n.readSource(&d.source, raw, d.timing.options().with(options{
		"min_doc_count": integer(&d.minCount, 0), "keyed": boolean(&d.keyed), "order": order(&d.order),
		"extended_bounds": d.extended.option(n), "hard_bounds": d.hard.option(n),
	}))
	if err == nil && d.unit == 0 && d.fixed == 0 {
		err = n.wrong("Invalid interval specified, must be non-null and non-empty")
	}
	return d, err
}

func (b *dateBounds) option(n *node) option {
	bound := func(to *[]byte) option { return option{`"0`, func(raw []byte) error { *to = raw; return nil }} }
	return option{"{n", func(raw []byte) error {
		return n.read(n.typ, raw, options{"min": bound(&b.min), "max": bound(&b.max)})
	}}
}

func (t *timing) options() options {
	return options{
		"calendar_interval": {`"`, t.readCalendar}, "fixed_interval": {`"`, t.readFixed}, "offset": {`"0`, t.readOffset},
	}
}

// calendarUnits are the names of intervals of the calendar.
var calendarUnits = map[string]byte{
	"second": 's', "1s": 's', "minute": 'm', "1m": 'm', "hour": 'h', "1h": 'h', "day": 'd', "1d": 'd',
	"week": 'w', "1w": 'w', "month": 'M', "1M": 'M', "quarter": 'q', "1q": 'q', "year": 'y', "1y": 'y',
}

var errTwoIntervals = plainError("Cannot use [fixed_interval] with [calendar_interval] configuration option.")

func (t *timing) readCalendar(raw []byte) error {
	unit, ok := calendarUnits[textOf(raw)]
	switch {
	case t.fixed != 0:
		return errTwoIntervals
	case !ok:
		return plainError("The supplied interval [%s] could not be parsed as a calendar interval.", textOf(raw))
	}
	t.unit = unit
	return nil
}

func (t *timing) readFixed(raw []byte) (err error) {
	if t.unit != 0 {
		return errTwoIntervals
	}
	t.fixed, err = duration(textOf(raw))
	if err == nil && t.fixed < 1 {
		err = plainError("Zero or negative time interval not supported")
	}
	return err
}

func (t *timing) readOffset(raw []byte) (err error) {
	text := textOf(raw)
	if isNumber(raw) {
		t.offset, err = strconv.ParseInt(text, 10, 64)
		return err
	}
	sign := int64(1)
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		sign, text = -1, rest
	}
	t.offset, err = duration(strings.TrimPrefix(text, "+"))
	t.offset *= sign
	return err
}

// mostDuration is how long an interval or an offset may be: some ten thousand years.
const mostDuration = 1 << 48

// duration reads a length of time in milliseconds, such as 90m.
func duration(text string) (int64, error) {
	lower := strings.ToLower(strings.TrimSpace(text))
	digits := strings.TrimRight(lower, "abcdefghijklmnopqrstuvwxyz")
	unit := map[string]int64{"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}[lower[len(digits):]]
	n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
	if err != nil || unit == 0 || strings.HasSuffix(strings.TrimSpace(text), "M") {
		return 0, plainError("failed to parse setting [date_histogram] with value [%s] as a time value: it must be a whole "+
			"number with one of the units ms, s, m, h, d", text)
	}
	if n > mostDuration/unit || n < -mostDuration/unit {
		return 0, plainError("[%s] is too long", text)
	}
	return n * unit, nil
}

// rounding returns how dates are cut on the clocks of a zone.
func (t *timing) rounding(zone *dates.Zone) *rounding {
	r := &rounding{begin: 1, end: 0}
	if t.unit != 0 {
		r.Rounding = dates.Calendar(t.unit, zone, t.offset)
	} else {
		r.Rounding = dates.Every(t.fixed, zone, t.offset)
	}
	r.length, r.first = r.Steady()
	return r
}

// rounding remembers the last interval, since documents of one time often stand together.
type rounding struct {
	*dates.Rounding
	begin, end    int64
	length, first int64 // of all intervals, if they have one length, and the start of one; 0: they have not
}

// farAway is how far from 1970 instants may be whose interval is found by its length, in milliseconds: some 1,600 years.
const farAway = 50_000_000_000_000

// of returns the start of the interval that holds an instant.
func (r *rounding) of(ms int64) int64 {
	if r.length > 0 && -farAway < ms && ms < farAway {
		behind := (ms - r.first) % r.length
		if behind < 0 {
			behind += r.length
		}
		return ms - behind
	}
	if ms < r.begin || ms >= r.end {
		r.begin = r.Start(ms)
		if r.end = r.Next(r.begin); r.Start(r.end-1) != r.begin {
			r.end = ms + 1 // an hour that clocks repeat lies between
		}
	}
	return r.begin
}

// dateCuts is what a plan of a date_histogram needs.
type dateCuts struct {
	*rounding
	extended, hard realBounds
}

func (*dateHistogram) sequence() {}

func (d *dateHistogram) bind(b *binder, p *plan) (err error) {
	f, err := b.field(p, &d.source, numeric)
	if err != nil {
		return err
	}
	p.fields = []*field{f}
	cuts := &dateCuts{rounding: d.rounding(d.zone)}
	if cuts.extended, err = d.extended.made(b, f); err == nil {
		cuts.hard, err = d.hard.made(b, f)
	}
	switch e, h := cuts.extended, cuts.hard; {
	case err != nil:
		return p.wrong("%v", err)
	case e.min > e.max:
		return p.wrong("[extended_bounds.min][%d] cannot be greater than [extended_bounds.max][%d] for histogram "+
			"aggregation [%s]", int64(e.min), int64(e.max), p.name)
	case h.min > e.min || h.max < e.max:
		return p.wrong("Extended bounds have to be inside hard bounds, hard bounds: [%d--%d], extended bounds: [%d--%d]",
			int64(h.min), int64(h.max), int64(e.min), int64(e.max))
	}
	p.own = cuts
	if b.r.shown[p.node] == nil {
		b.r.shown[p.node] = cuts
	}
	if err := b.r.shows(p, f); err != nil {
		return err
	}
	if err := p.checkOrder(d.order); err != nil {
		return err
	}
	return b.subs(p, p.scope)
}

// made works out the bounds.
func (d *dateBounds) made(b *binder, f *field) (bounds realBounds, err error) {
	bounds = noBounds
	if d.min != nil {
		bounds.min, err = f.bound(d.min, b, true)
	}
	if d.max != nil && err == nil {
		bounds.max, err = f.bound(d.max, b, true)
	}
	return bounds, err
}

func (d *dateHistogram) start(r *run, _ *node) state {
	return &dateHistogramState{of: d, intervals: newIntervals(r)}
}

// dateHistogramState has the buckets by the start of the interval.
type dateHistogramState struct {
	noValue
	of *dateHistogram
	intervals
}

func (s *dateHistogramState) add(p *plan, o *object) {
	cuts := p.own.(*dateCuts)
	s.begin()
	list := p.field().dates(o)
	if len(list) > 1 {
		slices.Sort(list) // so that the last interval is often the next one's
	}
	for _, v := range list {
		at := float64(cuts.of(int64(v)))
		if at >= cuts.hard.max || at < cuts.hard.min {
			continue
		}
		s.meet(p, o, at)
	}
}

func (s *dateHistogramState) finish(r *run, n *node) *result {
	d := s.of
	cuts, _ := r.shown[n].(*dateCuts)
	if d.minCount == 0 && cuts != nil {
		first, last := math.NaN(), math.NaN()
		if !math.IsNaN(cuts.extended.min) {
			first = float64(cuts.Start(int64(cuts.extended.min)))
		}
		if !math.IsNaN(cuts.extended.max) {
			last = float64(cuts.Start(int64(cuts.extended.max)))
		}
		s.fill(r, n, first, last, func(at float64) float64 { return float64(cuts.Next(int64(at))) })
	}
	p := r.printer(n)
	return s.answer(r, n, d.minCount, d.keyed, d.order, func(a *answered, at float64) {
		a.key = appendWhole(nil, int64(at))
		a.name = p.whole(int64(at))
		if p.isDate() {
			a.head = appendText(a.head, "key_as_string", a.name)
		}
		a.head = appendValue(a.head, "key", at)
	})
}
