package accounts

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// forEver is the lifetime, in ms, of what does not expire.
const forEver = -1

// mostLifetime is longer than any lifetime, in ms: 100 years.
const mostLifetime = 100 * 365 * 24 * 3600 * 1000

// Lifetime reads how long a token is to be valid, in ms: a number, or a text as "1h", "10s" or "5000"; -1: for ever.
func Lifetime(value json.RawMessage) (int64, error) {
	var ms float64
	var ok bool
	if isString(value) {
		ms, ok = span(request.Text(value))
	} else if len(value) > 0 && (value[0] == '-' || value[0] >= '0' && value[0] <= '9') {
		n, err := strconv.ParseFloat(string(value), 64)
		ms, ok = n, err == nil
	}
	ms = math.Trunc(ms)
	switch {
	case ok && ms == forEver:
		return forEver, nil
	case ok && ms > 0 && ms <= mostLifetime:
		return int64(ms), nil
	}
	return 0, apierror.New("api.assert.invalid_argument", "expiresIn",
		"a number of milliseconds, or a parsable timespan string")
}

// spanForm is a number with a unit, or without one.
var spanForm = regexp.MustCompile(`^(-?[0-9]*\.?[0-9]+) *([a-z]*)$`)

// units are the milliseconds of the units of time.
var units = map[string]float64{
	"": 1, "ms": 1, "msec": 1, "msecs": 1, "millisecond": 1, "milliseconds": 1,
	"s": 1e3, "sec": 1e3, "secs": 1e3, "second": 1e3, "seconds": 1e3,
	"m": 60e3, "min": 60e3, "mins": 60e3, "minute": 60e3, "minutes": 60e3,
	"h": 3600e3, "hr": 3600e3, "hrs": 3600e3, "hour": 3600e3, "hours": 3600e3,
	"d": 24 * 3600e3, "day": 24 * 3600e3, "days": 24 * 3600e3,
	"w": 7 * 24 * 3600e3, "week": 7 * 24 * 3600e3, "weeks": 7 * 24 * 3600e3,
	"y": 365.25 * 24 * 3600e3, "yr": 365.25 * 24 * 3600e3, "yrs": 365.25 * 24 * 3600e3,
	"year": 365.25 * 24 * 3600e3, "years": 365.25 * 24 * 3600e3,
}

// longestSpan bounds the text of a span of time, in bytes.
const longestSpan = 100

// span reads a span of time, in ms.
func span(text string) (ms float64, ok bool) {
	if len(text) > longestSpan {
		return 0, false
	}
	parts := spanForm.FindStringSubmatch(strings.ToLower(text))
	if parts == nil {
		return 0, false
	}
	unit, ok := units[parts[2]]
	n, err := strconv.ParseFloat(parts[1], 64)
	return n * unit, ok && err == nil
}
