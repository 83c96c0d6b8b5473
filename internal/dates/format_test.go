package dates

import (
	"strings"
	"testing"
	"time"
)

// ms returns the milliseconds of a time as RFC 3339 has it.
func ms(t testing.TB, s string) int64 {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v.UnixMilli()
}

func TestDocument(t *testing.T) {
	const standard = "strict_date_optional_time||epoch_millis"
	for _, c := range []struct{ format, value, want string }{
		{standard, "2024", "2024-01-01T00:00:00Z"}, // a year, as a string or a number
		{standard, "2024-02", "2024-02-01T00:00:00Z"},
		{standard, "2024-02-29", "2024-02-29T00:00:00Z"},
		{standard, "2024-02-29T10", "2024-02-29T10:00:00Z"},
		{standard, "2024-02-29T10:11:12.999999999Z", "2024-02-29T10:11:12.999Z"}, // nanoseconds are cut
		{standard, "2024-02-29T10:11:12+0130", "2024-02-29T08:41:12Z"},
		{standard, "2024-02-29T10:11:12UTC+1", "2024-02-29T09:11:12Z"},
		{standard, "20240105", "1970-01-01T05:37:20.105Z"}, // not a year: milliseconds
		{standard, "1704412800000.5", "2024-01-05T00:00:00Z"},
		{standard, "-1", "1969-12-31T23:59:59.999Z"},
		{standard, "2020T10", "1970-01-01T10:00:00Z"}, // a time without a month and a day
		{"dd/MM/yyyy", "05/02/2018", "2018-02-05T00:00:00Z"},
		{"yyyy/MM/dd HH:mm:ss||yyyy/MM/dd||epoch_millis", "2018/02/05", "2018-02-05T00:00:00Z"},
		{"epoch_second", "1517958703", "2018-02-06T23:11:43Z"},
		{"strict_date", "2021-02-29", "2021-03-01T00:00:00Z"}, // lenient, whatever its name says
		{"yy-MM-dd", "24-01-05", "2024-01-05T00:00:00Z"},
		{"EEE, d MMM yyyy hh:mm a", "Fri, 5 Jan 2024 12:30 AM", "2024-01-05T00:30:00Z"},
		{"week_date", "2020-W53-5", "2021-01-01T00:00:00Z"},
		{"ordinal_date", "2024-060", "2024-02-29T00:00:00Z"},
		{"yyyyMMddHHmmssSSS", "20240105101112123", "2024-01-05T10:11:12.123Z"}, // digits are shared out
		{"HH:mm[:ss]", "10:11", "1970-01-01T10:11:00Z"},
	} {
		got, err := parsed(t, c.format).Document([]byte(c.value))
		if err != nil {
			t.Errorf("%s of %s: %v", c.value, c.format, err)
			continue
		}
		if got != ms(t, c.want) {
			t.Errorf("%s of %s: got %s, want %s", c.value, c.format, time.UnixMilli(got).UTC(), c.want)
		}
	}
}

func TestDocumentRefuses(t *testing.T) {
	const standard = "strict_date_optional_time||epoch_millis"
	for _, c := range []struct{ format, value, want string }{
		{standard, "", "cannot parse empty datetime"},
		{standard, "abc", "failed to parse date field [abc] with format [" + standard + "]"},
		{standard, "1e12", "failed to parse date field [1e12] with format [" + standard + "]"},
		{standard, "now", "failed to parse date field [now] with format [" + standard + "]"},
		{standard, "2024-01-05||+1d", "failed to parse date field [2024-01-05||+1d] with format [" + standard + "]"},
		{standard, "2024-01-05T10:00:60", "failed to parse date field [2024-01-05T10:00:60] with format [" + standard + "]"},
		{standard, "2024-01-05T10:00+25:00",
			"failed to parse date field [2024-01-05T10:00+25:00] with format [" + standard + "]"},
		{standard, "2024-02-30", "Invalid date 'FEBRUARY 30'"},
		{standard, "2023-02-29", "Invalid date 'February 29' as '2023' is not a leap year"},
		{standard, "2018-99", "Invalid value for MonthOfYear (valid values 1 - 12): 99"},
		{"yyyy-MM-dd", "2018-2-5", "failed to parse date field [2018-2-5] with format [yyyy-MM-dd]"},
		{"MMM", "feb", "failed to parse date field [feb] with format [MMM]"},
		{"dd", "17", "temporal accessor [{DayOfMonth=17},ISO] cannot be converted to zoned date time"},
		{"year", "999999999", "long overflow"},
	} {
		_, err := parsed(t, c.format).Document([]byte(c.value))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s of %s: got %v, want %s", c.value, c.format, err, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ format, want string }{
		{"", "No date pattern provided"},
		{"foo", "Invalid format: [foo]: Unknown pattern letter: f"},
		{"yyyy||foo", "Invalid format: [foo]: Unknown pattern letter: f"},
		{"yyyy||", "Cannot have empty element in multi date format pattern: yyyy||"},
		{"yyyy]", "Invalid format: [yyyy]]: Pattern invalid as it contains ] without previous ["},
		{"ddd", "Invalid format: [ddd]: Too many pattern letters: d"},
		{"yyyy-W", "Invalid format: [yyyy-W]: Pattern letter is not supported: W"},
		{strings.Repeat("[", 30), "Invalid format: [" + strings.Repeat("[", 30) +
			"]: Pattern has more than 20 optional parts inside each other"},
		{strings.Repeat("y", MaxFormat+1), "Invalid format: [yyyyyyyyyyyyyyyyyyyy...]: more than 1000 bytes"},
	} {
		if _, err := Parse(c.format); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.format, err, c.want)
		}
	}
}

// A value that is too long is refused before anything looks at it, and does not come back whole in the error.
func TestLongValue(t *testing.T) {
	_, err := Default.Document([]byte(strings.Repeat("1", 1e6)))
	if err == nil || len(err.Error()) > 2*MaxValue {
		t.Errorf("got %.300v", err)
	}
}

// A value that would fit, but is too long, is refused, too.
func TestLongestValue(t *testing.T) {
	for _, n := range []int{MaxValue - 4, MaxValue - 3} {
		text := strings.Repeat("x", n)
		_, err := parsed(t, "'"+text+"'yyyy").Document([]byte(text + "2024"))
		if refused := err != nil; refused != (n+4 > MaxValue) {
			t.Errorf("a value of %d bytes: %v", n+4, err)
		}
	}
}

// A pattern of nested optional parts must not make reading a value explode: each part is tried once.
func TestHostilePattern(t *testing.T) {
	f := parsed(t, strings.Repeat("[y", maxDepth)+strings.Repeat("]", maxDepth)+strings.Repeat("[yyyy][MM]", 80))
	start := time.Now()
	for range 100 {
		_, _ = f.Document([]byte(strings.Repeat("1", MaxValue)))
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("100 values took %v", d)
	}
}

// All formats that Elasticsearch lists are there.
func TestNames(t *testing.T) {
	n := 0
	for _, table := range tables() {
		n += len(table())
		for name := range table() {
			f := parsed(t, name)
			at := ms(t, "2024-03-05T10:11:12.345Z")
			text := f.Print(at, nil)
			if _, err := f.Document([]byte(text)); err != nil {
				t.Errorf("%s prints %s, and does not read it: %v", name, text, err)
			}
		}
	}
	if want := 80; n != want {
		t.Errorf("%d names, want %d", n, want)
	}
}
