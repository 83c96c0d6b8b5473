package dates

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// The package time has a calendar and zones of its own, with which those of this package must agree.

func TestCalendarAgainstTime(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100000 {
		days := r.Int64N(2*800000) - 800000
		want := time.Unix(days*secondsPerDay, 0).UTC()
		y, m, d := dateOf(days)
		if y != int64(want.Year()) || m != int64(want.Month()) || d != int64(want.Day()) {
			t.Fatalf("day %d: got %d-%d-%d, want %v", days, y, m, d, want)
		}
		if back := daysOf(y, m, d); back != days {
			t.Fatalf("day %d: got back %d", days, back)
		}
		if got := weekday(days); got%7 != int64(want.Weekday()) {
			t.Fatalf("day %d: got weekday %d, want %v", days, got, want.Weekday())
		}
		wy, wn := want.ISOWeek()
		if y, n := isoWeeks.of(days); y != int64(wy) || n != int64(wn) {
			t.Fatalf("day %d: got week %d of %d, want %d of %d", days, n, y, wn, wy)
		}
	}
}

// The limits of the years that Java knows.
func TestCalendarLimits(t *testing.T) {
	for _, y := range []int64{-maxYear, -400, -1, 0, 1, 1600, 2000, maxYear} {
		for _, c := range [][2]int64{{1, 1}, {2, 28}, {3, 1}, {12, 31}} {
			gy, gm, gd := dateOf(daysOf(y, c[0], c[1]))
			if gy != y || gm != c[0] || gd != c[1] {
				t.Errorf("%d-%d-%d: got %d-%d-%d", y, c[0], c[1], gy, gm, gd)
			}
		}
	}
}

// layouts are formats with what they are called in the package time.
var layouts = []struct{ format, layout string }{
	{"strict_date_optional_time", "2006-01-02T15:04:05.000Z07:00"},
	{"yyyy-MM-dd HH:mm:ss", "2006-01-02 15:04:05"},
	{"EEE, d MMM yyyy hh:mm:ss a", "Mon, 2 Jan 2006 03:04:05 PM"},
	{"EEEE, dd MMMM yy", "Monday, 02 January 06"},
	{"yyyyMMddHHmmssSSS'x'XX", "20060102150405.000xZ0700"},
	{"D yyyy H:m:s.SSS", "__2 2006 15:4:5.000"},
	{"basic_date_time", "20060102T150405.000Z07:00"},
}

func TestPrintAgainstTime(t *testing.T) {
	tokyo := zone(t, "Asia/Tokyo")
	r := rand.New(rand.NewPCG(3, 4))
	for _, l := range layouts {
		f := parsed(t, l.format)
		for range 500 {
			at := r.Int64N(4e12)
			want := time.UnixMilli(at).In(tokyo.region).Format(l.layout)
			switch l.format {
			case "yyyyMMddHHmmssSSS'x'XX":
				want = want[:14] + want[15:] // the package time needs a point before a fraction
			case "D yyyy H:m:s.SSS":
				v := time.UnixMilli(at).In(tokyo.region)
				want = fmt.Sprintf("%d %s %d:%s", v.YearDay(), v.Format("2006"), v.Hour(), v.Format("4:5.000"))
			}
			if got := f.Print(at, tokyo); got != want {
				t.Fatalf("%s of %d: got %s, want %s", l.format, at, got, want)
			}
		}
	}
}

// Reading takes back what printing wrote.
func TestReadPrinted(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	z, _ := LoadZone("+05:30")
	for _, format := range []string{
		"strict_date_optional_time", "date_time", "basic_date_time", "strict_week_date_time", "ordinal_date_time",
		"basic_week_date_time", "basic_ordinal_date_time", "strict_date_time", "epoch_millis", "epoch_second",
		"yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "EEEE d MMMM yyyy K:mm:ss.SSS a O", "ddMMyyyyHHmmssSSSxx",
	} {
		f := parsed(t, format)
		for range 500 {
			at := r.Int64N(3e12)
			text := f.Print(at, z)
			if got, err := f.Document([]byte(text)); err != nil || got != at {
				t.Fatalf("%s: %d is printed as %s and read as %d, %v", format, at, text, got, err)
			}
		}
	}
}

// A local time is found by trying all offsets that the region has ever had.
func TestZoneAgainstTrial(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, id := range []string{"Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"} {
		z := zone(t, id)
		for range 3000 {
			local := r.Int64N(2e9) / 900 * 900
			first, found := int64(0), false
			for o := int64(-14 * 3600); o <= 14*3600; o += 900 {
				if i := local - o; z.at(i) == o && (!found || i < first) {
					first, found = i, true
				}
			}
			got, offset := z.toInstant(local, noOffset)
			if found && got != first || z.at(got) != offset {
				t.Fatalf("%s: local %d: got %d with offset %d, want %d", id, local, got, offset, first)
			}
			if !found && got+z.at(got) <= local {
				t.Fatalf("%s: local %d is skipped, and must be moved on, but got %d", id, local, got+z.at(got))
			}
		}
	}
}

// The shortcut for plain values says what the whole parser says.
func TestPlainAgainstParser(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	const chars = "0123459-:.TZ+"
	taken := 0
	for range 300000 {
		s := []byte(time.UnixMilli(r.Int64N(4e12)).UTC().Format("2006-01-02T15:04:05.000Z07:00"))
		s = append(s[:10+r.IntN(len(s)-9)], []string{"", "", "Z", "+01:30", "-18:00", "+19:00"}[r.IntN(6)]...)
		if r.IntN(2) == 0 {
			s[r.IntN(len(s))] = chars[r.IntN(len(chars))]
		}
		got, ok := plain(s)
		if !ok {
			continue
		}
		taken++
		l, err := Default.parse(s, false)
		if err != nil {
			t.Fatalf("%s: taken as %d, but: %v", s, got, err)
		}
		if want, _ := l.in(nil).millis(); got != want {
			t.Fatalf("%s: got %d, want %d", s, got, want)
		}
	}
	if taken < 10000 {
		t.Errorf("only %d values were plain", taken)
	}
}
