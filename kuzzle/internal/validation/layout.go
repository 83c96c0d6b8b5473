package validation

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Layouts of dates: YYYY is the year, MM the month, DD the day, DDD the day of the year (DDDD: in three digits); gggg,
// ww and e are the year, the week and the day of the week as Americans count them (weeks begin on Sunday, which is day
// 0, and the first has 1 January), GGGG, ww and E as ISO 8601 does (from Monday, which is day 1, and the first has 4
// January); HH, mm, ss and SSS are the time, Z is the distance from UTC. All else stands for itself.
//
// Read strictly a text is as the layout says, to the letter. Otherwise each part is looked for behind the one before,
// in as many digits as there are, and parts may be missing.

// layout is a layout taken apart.
type layout struct {
	parts  []string
	strict bool // always
}

var layoutPart = regexp.MustCompile(`YYYY|MM|DDDD|DDD|DD|gggg|GGGG|ww|e|E|HH|mm|ss|SSS|Z|.`)

func newLayout(text string, strict bool) *layout {
	return &layout{layoutPart.FindAllString(text, -1), strict}
}

// What the parts look like: read strictly, and otherwise.
var (
	strictPart = map[string]*regexp.Regexp{}
	loosePart  = map[string]*regexp.Regexp{}
)

func init() {
	const zone = `[Zz]|[+-]\d\d(?::?\d\d)?`
	for part, text := range map[string][2]string{
		"YYYY": {`\d{4}`, `\d{1,4}`}, "gggg": {`\d{4}`, `\d{1,4}`}, "GGGG": {`\d{4}`, `\d{1,4}`},
		"MM": {`\d\d`, `\d\d?`}, "DD": {`\d\d`, `\d\d?`}, "DDD": {`\d{1,3}`, `\d{1,3}`},
		"DDDD": {`\d{3}`, `\d{3}`}, "ww": {`\d\d`, `\d\d?`},
		"e": {`\d`, `\d\d?`}, "E": {`\d`, `\d\d?`}, "HH": {`\d\d`, `\d\d?`}, "mm": {`\d\d`, `\d\d?`}, "ss": {`\d\d`, `\d\d?`},
		"SSS": {`\d{3}`, `\d{1,3}`}, "Z": {zone, zone},
	} {
		strictPart[part] = regexp.MustCompile(`^(?:` + text[0] + `)`)
		loosePart[part] = regexp.MustCompile(text[1])
	}
}

// parse reads a date. Without a date, or a part of one, that of now counts.
func (l *layout) parse(text string, strict bool, now time.Time) (time.Time, bool) {
	found := dateParts{}
	for _, part := range l.parts {
		begin, end := find(part, text, strict)
		if begin < 0 && strict {
			return time.Time{}, false
		}
		if begin < 0 {
			continue
		}
		if len(part) > 1 || loosePart[part] != nil {
			found[strings.Replace(part, "DDDD", "DDD", 1)] = text[begin:end]
		}
		text = text[end:]
	}
	if len(found) == 0 || strict && text != "" {
		return time.Time{}, false
	}
	return found.time(now.UTC())
}

// find returns where a part is in a text; -1: nowhere.
func find(part, text string, strict bool) (begin, end int) {
	patterns := loosePart
	if strict {
		patterns = strictPart
	}
	if re := patterns[part]; re != nil {
		if at := re.FindStringIndex(text); at != nil {
			return at[0], at[1]
		}
		return -1, -1
	}
	begin = strings.Index(text, part)
	if begin < 0 || strict && begin > 0 {
		return -1, -1
	}
	return begin, begin + len(part)
}

// dateParts are the parts of a date, by what they are called in layouts.
type dateParts map[string]string

// number returns a part, or otherwise if it is missing.
func (p dateParts) number(part string, otherwise int) int {
	n, err := strconv.Atoi(p[part])
	if err != nil {
		return otherwise
	}
	return n
}

func (p dateParts) has(part string) bool { return p[part] != "" }

// time returns the time of the parts, if there is such a time.
func (p dateParts) time(now time.Time) (time.Time, bool) {
	day, ok := p.day(now)
	hour, minute, second := p.number("HH", 0), p.number("mm", 0), p.number("ss", 0)
	millis := 0
	if p.has("SSS") {
		millis, _ = strconv.Atoi((p["SSS"] + "00")[:3])
	}
	isMidnight := hour == 24 && minute == 0 && second == 0 && millis == 0
	if !ok || hour > 23 && !isMidnight || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	at := day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second +
		time.Duration(millis)*time.Millisecond)
	return at.Add(-p.offset()), true
}

// offset returns the distance from UTC.
func (p dateParts) offset() time.Duration {
	zone := strings.ReplaceAll(p["Z"], ":", "")
	if len(zone) < len("+00") {
		return 0
	}
	hours, _ := strconv.Atoi(zone[1:3])
	minutes := 0
	if len(zone) > len("+00") {
		minutes, _ = strconv.Atoi(zone[3:])
	}
	distance := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if zone[0] == '-' {
		return -distance
	}
	return distance
}

// day returns the day of the parts at midnight. What is missing in front is that of today, what is missing behind the
// first one.
func (p dateParts) day(now time.Time) (time.Time, bool) {
	isWeek := p.has("gggg") || p.has("GGGG") || p.has("ww") || p.has("e") || p.has("E")
	switch {
	case isWeek && !p.has("MM") && !p.has("DD"):
		return p.weekDay(now)
	case p.has("DDD"):
		year, n := p.year(now), p.number("DDD", 0)
		day := time.Date(year, 1, n, 0, 0, 0, 0, time.UTC)
		return day, n > 0 && day.Year() == year
	}
	year, month, n := p.year(now), 1, 1
	if !p.has("YYYY") {
		month = int(now.Month())
		if !p.has("MM") {
			n = now.Day()
		}
	}
	month, n = p.number("MM", month), p.number("DD", n)
	day := time.Date(year, time.Month(month), n, 0, 0, 0, 0, time.UTC)
	return day, month >= 1 && month <= 12 && n >= 1 && day.Month() == time.Month(month)
}

// year returns the year: of two digits those up to 68 are after 2000.
func (p dateParts) year(now time.Time) int {
	year := p.number("YYYY", now.Year())
	if len(p["YYYY"]) != 2 {
		return year
	}
	if year > 68 {
		return 1900 + year
	}
	return 2000 + year
}

// weekDay returns a day of a week.
func (p dateParts) weekDay(now time.Time) (time.Time, bool) {
	iso := p.has("GGGG")
	part, first, inWeekOne := "gggg", time.Sunday, 1
	day, dayPart := 0, "e"
	if iso {
		part, first, inWeekOne = "GGGG", time.Monday, 4
		day, dayPart = 1, "E"
	}
	year, week := p.number(part, now.Year()), p.number("ww", 1)
	start := func(year int) time.Time { // of the first week
		d := time.Date(year, 1, inWeekOne, 0, 0, 0, 0, time.UTC)
		return d.AddDate(0, 0, -int((7+d.Weekday()-first)%7))
	}
	least := day
	day = p.number(dayPart, day)
	at := start(year).AddDate(0, 0, 7*(week-1)+day-least)
	return at, week >= 1 && at.Before(start(year+1)) && day >= least && day < least+7
}

// The parts of which times by ISO 8601 are made.
var (
	isoDates, isoTimes []*layout
	isoZone            = regexp.MustCompile(`(?:[+-]\d\d(?::?\d\d)?|\s*Z)$`)
	isoFraction        = regexp.MustCompile(`^(\d\d:?\d\d:?\d\d)[.,](\d+)$`)
)

func init() {
	for _, text := range []string{"YYYY-MM-DD", "GGGG-Www-E", "GGGG-Www", "YYYY-MM", "YYYY-DDDD", "YYYYMMDD", "GGGGWwwE",
		"GGGGWww", "YYYYDDDD", "YYYYMM", "YYYY"} {
		isoDates = append(isoDates, newLayout(text, true))
	}
	for _, text := range []string{"HH:mm:ss", "HH:mm", "HHmmss", "HHmm", "HH"} {
		isoTimes = append(isoTimes, newLayout(text, true))
	}
}

// parseISO reads a time by ISO 8601: a date, and perhaps a time of the day and a distance from UTC.
func parseISO(text string) (time.Time, bool) {
	date, clock, hasClock := strings.Cut(text, "T")
	if !hasClock {
		date, clock, hasClock = strings.Cut(text, " ")
	}
	day, ok := firstOf(isoDates, date)
	if !ok || !hasClock {
		return day, ok
	}
	parts := dateParts{}
	if at := isoZone.FindStringIndex(clock); at != nil {
		parts["Z"] = strings.TrimSpace(clock[at[0]:])
		clock = clock[:at[0]]
	}
	fraction := time.Duration(0)
	if m := isoFraction.FindStringSubmatch(clock); m != nil {
		f, _ := strconv.ParseFloat("0."+m[2], 64)
		clock, fraction = m[1], time.Duration(f*float64(time.Second))
	}
	at, ok := firstOf(isoTimes, clock)
	epoch := time.Unix(0, 0).UTC()
	return day.Add(at.Sub(epoch) + fraction - parts.offset()), ok
}

// firstOf reads a date by the first of some layouts that fits. Where there is no date it is that of 1970.
func firstOf(layouts []*layout, text string) (time.Time, bool) {
	for _, l := range layouts {
		if at, ok := l.parse(text, true, time.Unix(0, 0)); ok {
			return at, true
		}
	}
	return time.Time{}, false
}
