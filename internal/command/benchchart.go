package command

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A bar is one value of a chart.
type bar struct {
	name  string
	value float64
}

// bars are values that are compared with one another.
type bars struct {
	name string
	list []bar
}

// leastBar is how long the longest bar is, in columns, however narrow the terminal.
const leastBar = 10

// chart draws bars, each group to a scale of its own, with the value behind each bar. Lines are no longer than width,
// unless that is too little for names and values.
func chart(width int, groups []bars) string {
	group, name, value := 0, 0, 0
	for _, g := range groups {
		group = max(group, utf8.RuneCountInString(g.name))
		for _, b := range g.list {
			name = max(name, utf8.RuneCountInString(b.name))
			value = max(value, len(grouped(b.value)))
		}
	}
	room := max(leastBar, width-group-name-value-len("    "))
	var s strings.Builder
	for _, g := range groups {
		most := 0.0
		for _, b := range g.list {
			most = max(most, b.value)
		}
		for i, b := range g.list {
			title := g.name
			if i > 0 {
				title = ""
			}
			fmt.Fprintf(&s, "%-*s  %-*s %s %s\n", group, title, name, b.name, barOf(b.value, most, room), grouped(b.value))
		}
	}
	return s.String()
}

// barOf draws a value as a part of the longest bar. One that is not 0 can be seen.
func barOf(value, most float64, room int) string {
	if value <= 0 {
		return ""
	}
	return strings.Repeat("█", max(1, int(math.Round(value/most*float64(room)))))
}

// grouped writes a value as a whole number with a comma before each three digits.
func grouped(value float64) string {
	digits := strconv.FormatFloat(math.Round(value), 'f', 0, 64)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// threeDigits writes a positive value with three digits that count, and those before the point.
func threeDigits(value float64) string {
	decimals := 0
	switch {
	case value < 9.995:
		decimals = 2
	case value < 99.95:
		decimals = 1
	}
	return strconv.FormatFloat(value, 'f', decimals, 64)
}

// shortly writes a length of time for people; nothing for 0.
func shortly(d time.Duration) string {
	value := float64(d)
	for _, unit := range []string{"ns", "µs", "ms"} {
		switch {
		case d == 0:
			return ""
		case value < 999.5 && unit == "ns":
			return fmt.Sprintf("%.0f ns", value)
		case value < 999.5:
			return threeDigits(value) + " " + unit
		}
		value /= 1000
	}
	return threeDigits(value) + " s"
}
