package dates

import (
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/javanumber"
)

// Date math: +1M, -2h, /d, one after the other.

// clock is an instant with the zone whose clocks and calendar count.
type clock struct {
	instant
	zone   *Zone
	offset int64
}

// compute applies date math to an instant and returns the milliseconds.
func compute(i instant, math string, o QueryOptions) (int64, error) {
	c := clock{instant: i, zone: o.Zone, offset: o.Zone.at(i.seconds)}
	for at := 0; at < len(math); {
		op := math[at]
		if op != '+' && op != '-' && op != '/' {
			return 0, fail("operator not supported for date math [%s]", math)
		}
		end := at + 1
		for end < len(math) && isDigit(math[end]) {
			end++
		}
		if end == len(math) {
			return 0, fail("truncated date math [%s]", math)
		}
		n, err := count(math[at+1 : end])
		if err != nil {
			return 0, err
		}
		if op == '/' && n != 1 {
			return 0, fail("rounding `/` can only be used on single unit types [%s]", math)
		}
		if op == '-' {
			n = -n
		}
		if err := c.step(math[end], op == '/', n, o.RoundUp, math); err != nil {
			return 0, err
		}
		at = end + 1
	}
	return c.millis()
}

// count returns the number in date math; without one it is 1. The text of the error is Java's.
func count(digits string) (int64, error) {
	if digits == "" {
		return 1, nil
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil {
		return 0, fail("For input string: %q", digits)
	}
	return n, nil
}

// step moves the clock by n units, or sets it to the start or the end of its unit.
func (c *clock) step(unit byte, round bool, n int64, up bool, math string) error {
	if strings.IndexByte("yMwdhHms", unit) < 0 {
		return fail("unit [%c] not supported for date math [%s]", unit, math)
	}
	if !round {
		return c.add(unit, n)
	}
	c.floor(unit)
	if !up {
		return nil
	}
	if err := c.add(unit, 1); err != nil {
		return err
	}
	c.seconds, c.nanos = c.seconds-1, c.nanos+999000000
	if c.nanos >= 1000000000 {
		c.seconds, c.nanos = c.seconds+1, c.nanos-1000000000
	}
	c.offset = c.zone.at(c.seconds)
	return nil
}

// add moves the clock. Days and longer units keep the time of the day, shorter ones are of the same length always.
func (c *clock) add(unit byte, n int64) error {
	shown := c.seconds + c.offset
	days, rest := floorDiv(shown, secondsPerDay), floorMod(shown, secondsPerDay)
	switch unit {
	case 'y', 'M':
		if unit == 'y' {
			n *= 12
		}
		moved, err := addMonths(days, n)
		if err != nil {
			return err
		}
		c.show(moved*secondsPerDay + rest)
	case 'w':
		c.show(shown + n*7*secondsPerDay)
	case 'd':
		c.show(shown + n*secondsPerDay)
	case 'h', 'H':
		c.pass(n * 3600)
	case 'm':
		c.pass(n * 60)
	case 's':
		c.pass(n)
	}
	y, _, _ := dateOf(floorDiv(c.seconds+c.offset, secondsPerDay))
	return year.check(y)
}

// floor sets the clock to the start of its unit.
func (c *clock) floor(unit byte) {
	shown := c.seconds + c.offset
	c.nanos = 0
	days := floorDiv(shown, secondsPerDay)
	y, m, _ := dateOf(days)
	switch unit {
	case 'y':
		c.show(daysOf(y, 1, 1) * secondsPerDay)
	case 'M':
		c.show(daysOf(y, m, 1) * secondsPerDay)
	case 'w':
		c.show((days - weekday(days) + 1) * secondsPerDay)
	case 'd':
		c.show(days * secondsPerDay)
	case 'h', 'H':
		c.show(shown - floorMod(shown, 3600))
	case 'm':
		c.show(shown - floorMod(shown, 60))
	}
}

// pass lets so many seconds pass.
func (c *clock) pass(seconds int64) {
	c.seconds += seconds
	c.offset = c.zone.at(c.seconds)
}

// show sets the clock to the time that it shows, in seconds since 1970 as if it were in UTC.
func (c *clock) show(seconds int64) { c.seconds, c.offset = c.zone.toInstant(seconds, c.offset) }

// numberText returns the text that Java gives a JSON number: integers as they are, numbers with a fraction or an
// exponent as a double.
func numberText(s string) string {
	if !strings.ContainsAny(s, ".eE") {
		return s
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	return javanumber.Print(v)
}
