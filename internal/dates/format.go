package dates

import (
	"strings"
	"time"
)

const (
	// MaxFormat is how many bytes a format may have.
	MaxFormat = 1000

	// MaxValue is how many bytes a value may have, in a document or before the date math of a query.
	MaxValue = 200
)

// Format is a way to read and print dates, as the parameter format of a mapping or of a query names it. It is
// immutable.
type Format struct {
	text    string
	parsers []parser
	print   []element
	epoch   *epoch // instead of print
}

// Default is the format of a date field whose mapping names none: strict_date_optional_time||epoch_millis.
var Default = mustParse("strict_date_optional_time||epoch_millis")

// epochFormat is the format of numbers in queries.
var epochFormat = mustParse("epoch_millis")

func mustParse(text string) *Format {
	f, err := Parse(text)
	if err != nil {
		panic(err) // a mistake in this package
	}
	return f
}

// Parse returns the format that text describes: names such as epoch_millis, and patterns such as yyyy-MM-dd, with ||
// between them. Values are read by the first that fits, and printed by the first.
//
// The errors are Elasticsearch's: `Invalid format: [foo]: Unknown pattern letter: f`. Letters that Elasticsearch knows
// and this package does not are `Pattern letter is not supported: W`.
func Parse(text string) (*Format, error) {
	if len(text) > MaxFormat {
		return nil, fail("Invalid format: [%.20s...]: more than %d bytes", text, MaxFormat)
	}
	text = strings.TrimPrefix(text, "8") // Elasticsearch 6 asked for java.time by it
	if text == "" {
		return nil, fail("No date pattern provided")
	}
	f := &Format{text: text}
	for part := range strings.SplitSeq(text, "||") {
		if part == "" {
			return nil, fail("Cannot have empty element in multi date format pattern: %s", text)
		}
		if err := f.add(part); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// add appends the parsers of one name or pattern.
func (f *Format) add(text string) error {
	b, ok := findBuiltin(text)
	if !ok {
		elements, err := compilePattern(text)
		if err != nil {
			return fail("Invalid format: [%s]: %w", text, err)
		}
		b = builtin{parsers: []parser{{elements: elements, style: strict}}, print: elements}
	}
	if len(f.parsers) == 0 {
		f.print, f.epoch = b.print, b.epoch
	}
	for _, p := range b.parsers {
		walk(p.elements, func(e *element) {
			if e.kind <= fraction || e.kind == name {
				p.uses |= 1 << e.field
			}
		})
		f.parsers = append(f.parsers, p)
	}
	return nil
}

// String returns the format as it was written, without an 8 before it.
func (f *Format) String() string { return f.text }

// Document returns the milliseconds since 1970 of a value in a document: the characters of a string, or the text of a
// number as it stands in the JSON text, which are read alike. What is missing is filled up with the first day and with
// midnight, in UTC.
//
// The text of an error is what Elasticsearch gives as the cause of `failed to parse field [f] of type [date]`:
// `failed to parse date field [x] with format [..]`, or `cannot parse empty datetime`. Document keeps no part of s and
// does not allocate unless it fails or meets a region for the first time.
func (f *Format) Document(s []byte) (ms int64, err error) {
	if p := f.parsers[0]; p.iso == &anyISO {
		if ms, ok := plain(s); ok {
			return ms, nil
		}
	}
	l, err := f.parse(s, false)
	if err != nil {
		return 0, err
	}
	return l.in(nil).millis()
}

// parse reads a value.
func (f *Format) parse(s []byte, up bool) (local, error) {
	if len(s) == 0 {
		return local{}, fail("cannot parse empty datetime")
	}
	if len(s) <= MaxValue {
		number := len(s) > 4 && isDigit(s[0]) && isDigit(s[4])
		for i := range f.parsers {
			if number && f.parsers[i].year4 {
				continue
			}
			if l, ok, err := f.parsers[i].parse(s, up); ok {
				return l, err
			}
		}
	}
	return local{}, fail("failed to parse date field [%s] with format [%s]", shown(s), f.text)
}

// shown returns s for the text of an error, cut to its first part if it is too long.
func shown(s []byte) string {
	if len(s) <= MaxValue {
		return string(s)
	}
	return string(s[:MaxValue]) + "..."
}

// parse reads a value. It reports false if the value is none of this parser's; an error says that it is, but that there
// is no such day.
func (p *parser) parse(s []byte, up bool) (l local, ok bool, err error) {
	if p.epoch != nil {
		l, ok = p.epoch.read(s, up)
		return l, ok, nil
	}
	var f fields
	if !up {
		f.zone = p.zone
	}
	if p.iso != nil {
		if !p.iso.read(&f, s) {
			return l, false, nil
		}
		if up {
			p.iso.fill(&f)
		}
		if !p.iso.resolve(&f) {
			return l, false, nil
		}
	} else {
		if read(p.elements, &f, s, 0) != len(s) {
			return l, false, nil
		}
		st := p.style
		if up {
			p.fill(&f)
			st = smart
		}
		if !f.resolve(st) {
			return l, false, nil
		}
	}
	l, err = f.toLocal()
	return l, true, err
}

// fill gives the parts that are missing their largest values, so that the date is the end of what it names. The month
// and the day are 1 nevertheless.
func (p *parser) fill(f *fields) {
	set := func(x field, v int64) {
		if !f.has(x) {
			f.put(x, v)
		}
	}
	const inWeeks = 1<<isoWeekYear | 1<<isoWeek | 1<<weekYear | 1<<week | 1<<localWeekYear | 1<<localWeek
	switch {
	case p.uses&(1<<dayOfYear) != 0:
		set(dayOfYear, 1)
	case p.uses&inWeeks == 0:
		set(month, 1)
		set(dayOfMonth, 1)
	}
	switch {
	case p.uses&(1<<clockHourOfHalf) != 0:
		set(clockHourOfHalf, 11)
		set(half, 1)
	case p.uses&(1<<hourOfHalf) != 0:
		set(hourOfHalf, 11)
		set(half, 1)
	default:
		set(hour, 23)
	}
	set(minute, 59)
	set(second, 59)
	set(nano, 999999999)
}

// QueryOptions say how [Format.Query] reads a date.
type QueryOptions struct {
	// Now is what now means. All dates of one query should have the same.
	Now time.Time

	// Zone is the parameter time_zone of a query, or nil for UTC. It counts for dates that name no zone, for rounding and
	// for date math. Numbers count as local times, too.
	Zone *Zone

	// RoundUp takes the end of what a date names instead of its start: for gt and lte.
	RoundUp bool

	// Forced says that the query names this format itself. Then a number is text in this format, and not milliseconds.
	Forced bool
}

// Query returns the milliseconds since 1970 of a date in a query: a date in this format, or now, and after it date math
// such as +1M, -2h/d or /w; a date and its date math are separated by ||.
//
// With number, s is the text of a JSON number, and is read as epoch_millis unless the format is forced. Elasticsearch
// does so with both bounds of a range as soon as one of them is a number: pass number for both.
//
// Only the time is filled up to its end by RoundUp: "2024-01" ends with 1 January. The caller adds a millisecond to the
// result for gt, and takes one off for lt; the result may be the largest or the smallest int64.
//
// The text of an error is Elasticsearch's reason: `failed to parse date field [x] with format [..]: [..]`, `cannot
// parse empty datetime`, or what is wrong with the date math. Elasticsearch puts nothing before it.
func (f *Format) Query(s string, number bool, o QueryOptions) (ms int64, err error) {
	if number {
		if !o.Forced {
			f = epochFormat
		}
		s = numberText(s)
	}
	if math, ok := strings.CutPrefix(s, "now"); ok {
		return compute(instantOf(o.Now), math, o)
	}
	date, math, ok := strings.Cut(s, "||")
	if !ok {
		i, err := f.instant(s, o.RoundUp, o.Zone)
		if err != nil {
			return 0, err
		}
		return i.millis()
	}
	i, err := f.instant(date, false, o.Zone)
	if err != nil {
		return 0, err
	}
	return compute(i, math, o)
}

// TermRange returns the first and the last millisecond that a date in a term or terms query means: a whole day for
// "2024-01-31", the first day of the month for "2024-01". The parameters and errors are those of [Format.Query].
func (f *Format) TermRange(s string, number bool, o QueryOptions) (from, to int64, err error) {
	o.RoundUp = false
	if from, err = f.Query(s, number, o); err != nil {
		return 0, 0, err
	}
	o.RoundUp = true
	to, err = f.Query(s, number, o)
	return from, to, err
}

// instant reads a date without date math.
func (f *Format) instant(s string, up bool, z *Zone) (instant, error) {
	if s == "" {
		return instant{}, fail("cannot parse empty datetime")
	}
	l, err := f.parse([]byte(s), up)
	if err != nil {
		return instant{}, fail("failed to parse date field [%s] with format [%s]: [%w]", shown([]byte(s)), f.text, err)
	}
	return l.in(z), nil
}

// instantOf returns t in milliseconds, as the clock of Elasticsearch has it.
func instantOf(t time.Time) instant {
	return instant{seconds: t.Unix(), nanos: int64(t.Nanosecond()) / 1000000 * 1000000}
}
