package dates

import (
	"math"
	"time"
)

// Rounding cuts time into intervals, on the clocks of a zone: those of the calendar, or those of one length that begin
// when the clocks show a multiple of it, counted from 1970 (Elasticsearch: date_histogram). It is immutable.
type Rounding struct {
	unit     byte  // of a calendar: 'y', 'q', 'M', 'w', 'd', 'h', 'm' or 's'; 0: of one length
	interval int64 // that length, in milliseconds
	zone     *Zone
	offset   int64 // by which intervals begin later, in milliseconds
}

// Calendar returns the intervals of a calendar: 'y' years, 'q' quarters, 'M' months, 'w' weeks, which begin on Monday,
// 'd' days, 'h' hours, 'm' minutes or 's' seconds. They begin offset milliseconds later. A nil zone is UTC.
func Calendar(unit byte, zone *Zone, offset int64) *Rounding {
	return &Rounding{unit: unit, zone: zone, offset: offset}
}

// Every returns intervals of so many milliseconds, one at least.
func Every(interval int64, zone *Zone, offset int64) *Rounding {
	return &Rounding{interval: interval, zone: zone, offset: offset}
}

// Milliseconds from the year 0 to 9999 and some more: what is further away counts as if it were there.
const (
	earliest = -1 << 47
	latest   = 1 << 48
)

// Start returns the start of the interval that holds an instant, both in milliseconds since 1970.
func (r *Rounding) Start(ms int64) int64 {
	ms = max(earliest, min(ms, latest)) - r.offset
	switch {
	case r.unit == 0:
		return r.fixed(ms) + r.offset
	case r.toMidnight():
		return r.firstOfDay(r.midnight(r.local(ms))) + r.offset
	}
	return r.ofClock(ms) + r.offset
}

// Next returns the start of the interval that follows the one that begins at start.
func (r *Rounding) Next(start int64) int64 {
	ms := start - r.offset
	var next int64
	switch {
	case r.unit == 0:
		local := r.local(ms) + r.interval
		next = r.instant(local, r.zone.at(floorDiv(ms, 1000)))
	case r.toMidnight():
		next = r.firstOfDay(r.following(r.local(ms)))
	default:
		next = r.ofClock(ms + r.length())
	}
	if next <= ms { // in an hour that is repeated
		next = ms + r.length()
	}
	return next + r.offset
}

// Steady returns the length of all intervals, in milliseconds, and where one of them starts, if all have one length:
// those of a calendar up to weeks, and those of one length, where clocks are never changed. Otherwise length is 0. For
// instants before the year 0 and after 9999 only Start is right.
func (r *Rounding) Steady() (length, start int64) {
	if r.zone != nil && r.zone.region != nil {
		return 0, 0
	}
	start = r.offset - 1000*r.zone.at(0)
	switch r.unit {
	case 'y', 'q', 'M':
		return 0, 0
	case 'w':
		return 7 * msPerDay, start + 4*msPerDay // 1970 began on a Thursday
	case 'd':
		return msPerDay, start
	}
	return r.length(), start
}

// toMidnight says whether intervals begin at the beginning of a day.
func (r *Rounding) toMidnight() bool {
	switch r.unit {
	case 'y', 'q', 'M', 'w', 'd':
		return true
	}
	return false
}

// length returns the length of intervals that do not begin with a day.
func (r *Rounding) length() int64 {
	switch r.unit {
	case 'h':
		return 3600 * 1000
	case 'm':
		return 60 * 1000
	case 's':
		return 1000
	}
	return max(1, r.interval)
}

// local returns what clocks show, as if that were in UTC.
func (r *Rounding) local(ms int64) int64 { return ms + 1000*r.zone.at(floorDiv(ms, 1000)) }

// instant returns when clocks show a time: of two such instants the one with an offset, otherwise the first.
func (r *Rounding) instant(local, prefer int64) int64 {
	instant, _ := r.zone.toInstant(floorDiv(local, 1000), prefer)
	return instant*1000 + floorMod(local, 1000)
}

const msPerDay = secondsPerDay * 1000

// midnight returns the start of the interval of a local time, for intervals of days.
func (r *Rounding) midnight(local int64) int64 {
	days := floorDiv(local, msPerDay)
	y, m, _ := dateOf(days)
	switch r.unit {
	case 'y':
		days = daysOf(y, 1, 1)
	case 'q':
		days = daysOf(y, m-(m-1)%3, 1)
	case 'M':
		days = daysOf(y, m, 1)
	case 'w':
		days += 1 - weekday(days)
	}
	return days * msPerDay
}

// following returns the start of the next interval of a local time, for intervals of days.
func (r *Rounding) following(local int64) int64 {
	days := floorDiv(r.midnight(local), msPerDay)
	y, m, _ := dateOf(days)
	switch r.unit {
	case 'w':
		days += 7
	case 'd':
		days++
	case 'M':
		days = daysOf(y+m/12, m%12+1, 1)
	case 'q':
		days = daysOf(y+(m+2)/12, (m+2)%12+1, 1)
	default:
		days = daysOf(y+1, m, 1)
	}
	return days * msPerDay
}

// firstOfDay returns the first instant of a local day: midnight, the first of two, or where clocks skip it the instant
// at which they do.
func (r *Rounding) firstOfDay(midnight int64) int64 {
	seconds := midnight / 1000
	before, after := r.zone.at(seconds-secondsPerDay), r.zone.at(seconds+secondsPerDay)
	for _, offset := range []int64{before, after} {
		if r.zone.at(seconds-offset) == offset {
			return (seconds - offset) * 1000
		}
	}
	return r.changeBefore(seconds+secondsPerDay) * 1000
}

// changeBefore returns the last second up to an instant at which the offset of the zone changed.
func (r *Rounding) changeBefore(seconds int64) int64 {
	if r.zone == nil || r.zone.region == nil {
		return math.MinInt64
	}
	start, _ := time.Unix(seconds, 0).In(r.zone.region).ZoneBounds()
	if start.IsZero() {
		return math.MinInt64
	}
	return start.Unix()
}

// ofClock cuts to hours, minutes and seconds. Where the clocks were changed since, what was before that is cut.
func (r *Rounding) ofClock(ms int64) int64 {
	for {
		cut := ms - floorMod(r.local(ms), r.length())
		change := r.changeBefore(floorDiv(ms, 1000))
		if change == math.MinInt64 || change*1000 <= cut {
			return cut
		}
		ms = change*1000 - 1
	}
}

// fixed cuts to intervals of one length.
func (r *Rounding) fixed(ms int64) int64 {
	for {
		local := r.local(ms)
		cut := floorDiv(local, r.interval) * r.interval
		if r.zone == nil || r.zone.region == nil {
			return cut - (local - ms)
		}
		seconds := floorDiv(cut, 1000)
		before, after := r.zone.at(seconds-secondsPerDay), r.zone.at(seconds+secondsPerDay)
		change := r.changeBefore(floorDiv(ms, 1000))
		exists, moved := false, false
		for _, offset := range []int64{after, before} { // the later instant has the smaller offset
			if r.zone.at(seconds-offset) != offset {
				continue
			}
			exists = true
			at := cut - 1000*offset
			if change != math.MinInt64 && at < change*1000 {
				ms, moved = change*1000-1, true
				break
			}
			if at <= ms {
				return at
			}
		}
		switch {
		case moved:
		case !exists:
			return r.changeBefore(seconds-min(before, after)) * 1000 // the clocks skip it
		default:
			return cut - 1000*max(before, after)
		}
	}
}
