package validation

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// The type date: in one of several formats, and within a range.

// moment is an end of a range: a time, or now.
type moment struct {
	at  time.Time
	now bool
}

func (m *moment) time(now time.Time) time.Time {
	if m.now {
		return now
	}
	return m.at
}

func readDate(options json.RawMessage) (check, error) {
	formats := []string{"epoch_millis"}
	if member(options, "formats") != nil {
		var err error
		if formats, err = readTexts(options, "formats", "non-empty array"); err != nil {
			return nil, err
		}
	}
	unknown := slices.DeleteFunc(slices.Clone(formats), isDateFormat)
	if len(unknown) > 0 {
		return nil, apierror.New("validation.types.invalid_date_format", strings.Join(unknown, ", "))
	}
	least, most, err := readRange(member(options, "range"))
	return func(value json.RawMessage, now time.Time) []string {
		at, ok := parseDate(value, formats, now)
		switch {
		case !ok:
			return sentence("The date format is invalid.")
		case least != nil && at.Before(least.time(now)):
			return sentence("The provided date is before the defined minimum.")
		case most != nil && at.After(most.time(now)):
			return sentence("The provided date is after the defined maximum.")
		}
		return nil
	}, err
}

// readRange reads the ends of a range of times; nil: there is no such end.
func readRange(raw json.RawMessage) (least, most *moment, err error) {
	if raw == nil {
		return nil, nil, nil
	}
	if !onlyHas(raw, "min", "max") {
		return nil, nil, apierror.New("validation.assert.unexpected_properties", "range", "min, max")
	}
	if least, err = readMoment(member(raw, "min")); err != nil {
		return nil, nil, err
	}
	if most, err = readMoment(member(raw, "max")); err != nil {
		return nil, nil, err
	}
	if least != nil && most != nil && !least.now && !most.now && most.at.Before(least.at) {
		return nil, nil, apierror.New("validation.assert.invalid_range", "range", "min", "max")
	}
	return least, most, nil
}

// readMoment reads "NOW", a time by ISO 8601, or milliseconds since 1970.
func readMoment(raw json.RawMessage) (*moment, error) {
	if raw == nil {
		return nil, nil
	}
	text := request.Text(raw)
	switch {
	case isNumber(raw):
		if at, ok := fromEpoch(raw, time.Millisecond); ok {
			return &moment{at: at}, nil
		}
	case raw[0] == '"' && text == "NOW":
		return &moment{now: true}, nil
	case raw[0] == '"':
		if at, ok := parseISO(text); ok {
			return &moment{at: at}, nil
		}
	}
	return nil, apierror.New("validation.types.invalid_date", text)
}

// latestEpoch is the last time that JavaScript has, in ms since 1970; the first is as long before.
const latestEpoch = 8.64e15

// fromEpoch returns the time that is a number of units after 1970.
func fromEpoch(number json.RawMessage, unit time.Duration) (time.Time, bool) {
	n, err := strconv.ParseFloat(string(number), 64)
	n *= float64(unit / time.Millisecond)
	if err != nil || n < -latestEpoch || n > latestEpoch {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(n)).UTC(), true
}

// parseDate reads a date by the first of the formats that fits.
func parseDate(value json.RawMessage, formats []string, now time.Time) (time.Time, bool) {
	for _, name := range formats {
		if at, ok := parseAs(value, name, now); ok {
			return at, true
		}
	}
	return time.Time{}, false
}

// longestDate is how long a text can be that is taken for a date, in bytes.
const longestDate = 256

// parseAs reads a date of a format.
func parseAs(value json.RawMessage, name string, now time.Time) (time.Time, bool) {
	switch {
	case name == "epoch_millis":
		return fromEpochNumber(value, time.Millisecond)
	case name == "epoch_second":
		return fromEpochNumber(value, time.Second)
	case value[0] != '"' && !isNumber(value):
		return time.Time{}, false
	}
	text := request.Text(value)
	if len(text) > longestDate {
		return time.Time{}, false
	}
	if name == "strict_date_optional_time" {
		return parseISO(text)
	}
	strictly := false
	layout := dateLayouts[name]
	if layout == nil {
		layout, strictly = dateLayouts[strings.TrimPrefix(name, "strict_")], true
	}
	return layout.parse(text, strictly || layout.strict, now)
}

func fromEpochNumber(value json.RawMessage, unit time.Duration) (time.Time, bool) {
	if !isNumber(value) {
		return time.Time{}, false
	}
	return fromEpoch(value, unit)
}

func isDateFormat(name string) bool {
	switch name {
	case "epoch_millis", "epoch_second", "strict_date_optional_time":
		return true
	}
	if dateLayouts[name] != nil {
		return true
	}
	bare, strictly := strings.CutPrefix(name, "strict_")
	return strictly && dateLayouts[bare] != nil && !dateLayouts[bare].strict
}

// dateLayouts are the named formats of dates, by their names; those that are not strict have a strict twin, called
// strict_ and the name.
var dateLayouts = func() map[string]*layout {
	byName := map[string]*layout{}
	add := func(name, text string, strict bool) { byName[name] = newLayout(text, strict) }
	for _, d := range []struct {
		name, text string
		strict     bool
	}{
		{"basic_date", "YYYYMMDD", true}, {"basic_ordinal_date", "YYYYDDD", true}, {"basic_week_date", "ggggWwwe", false},
	} {
		add(d.name, d.text, d.strict)
		add(d.name+"_time", d.text+"THHmmss.SSSZ", d.strict)
		add(d.name+"_time_no_millis", d.text+"THHmmssZ", d.strict)
	}
	for name, text := range map[string]string{"basic_time": "HHmmss", "basic_t_time": "THHmmss"} {
		add(name, text+".SSSZ", true)
		add(name+"_no_millis", text+"Z", true)
	}
	for name, text := range map[string]string{"time": "HH:mm:ss", "t_time": "THH:mm:ss",
		"date_time":         "YYYY-MM-DDTHH:mm:ss",
		"ordinal_date_time": "YYYY-DDDTHH:mm:ss", "week_date_time": "gggg-Www-eTHH:mm:ss"} {
		add(name, text+".SSSZ", false)
		add(name+"_no_millis", text+"Z", false)
	}
	hours := map[string]string{"hour": "HH", "hour_minute": "HH:mm", "hour_minute_second": "HH:mm:ss",
		"hour_minute_second_fraction": "HH:mm:ss.SSS", "hour_minute_second_millis": "HH:mm:ss.SSS"}
	for name, text := range hours {
		add(name, text, false)
		add("date_"+name, "YYYY-MM-DDT"+text, false)
	}
	for name, text := range map[string]string{"date": "YYYY-MM-DD", "ordinal_date": "YYYY-DDD", "week_date": "gggg-Www-e",
		"weekyear": "gggg", "weekyear_week": "ggggww", "weekyear_week_day": "ggggwwe",
		"year": "YYYY", "year_month": "YYYYMM", "year_month_day": "YYYYMMDD"} {
		add(name, text, false)
	}
	return byName
}()
