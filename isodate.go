package kuzzlite

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Which values Elasticsearch takes for a date where a mapping names no format: times as ISO 8601 has them, cut off at
// any unit, and milliseconds since 1970.

// isDate says whether a scalar, which is compact, is such a date.
func isDate(value []byte) bool {
	switch c := value[0]; {
	case c == '"':
		s := unquoted(value)
		return isEpoch(s) || isISODate(s)
	case c == '-' || '0' <= c && c <= '9':
		f, err := strconv.ParseFloat(string(value), 64)
		return err == nil && math.Abs(f) < 1<<63
	}
	return false
}

// isEpoch says whether s is an integer of 64 bits.
func isEpoch(s string) bool {
	_, err := strconv.ParseInt(s, 10, 64)
	return err == nil && s[0] != '+'
}

// isISODate says whether s is a date, or a date and a time.
func isISODate(s string) bool {
	s = strings.TrimPrefix(s, "-") // a year before ours
	date, clock, timed := strings.Cut(s, "T")
	layout := "2006-01-02"
	switch len(date) {
	case len("2006"), len("2006-01"), len(layout):
		layout = layout[:len(date)]
	default:
		return false
	}
	if _, err := time.Parse(layout, date); err != nil {
		return false
	}
	return !timed || len(date) == len("2006-01-02") && isISOTime(clock)
}

// isISOTime says whether s is a time of the day, with its distance from Greenwich or without.
func isISOTime(s string) bool {
	if zone := strings.IndexAny(s, "Z+-"); zone >= 0 {
		if s[zone:] != "Z" && !parses(s[zone:], "-07:00", "-0700", "-07") {
			return false
		}
		s = s[:zone]
	}
	if whole, fraction, ok := strings.Cut(strings.Replace(s, ",", ".", 1), "."); ok {
		n, err := strconv.ParseUint(fraction, 10, 32)
		return err == nil && n < 1e9 && len(fraction) <= 9 && parses(whole, "15:04:05")
	}
	return parses(s, "15", "15:04", "15:04:05")
}

// parses says whether s has one of these layouts, to the letter.
func parses(s string, layouts ...string) bool {
	for _, layout := range layouts {
		if _, err := time.Parse(layout, s); err == nil && len(s) == len(layout) {
			return true
		}
	}
	return false
}
