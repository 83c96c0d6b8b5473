package dates

import (
	"testing"
	"time"
)

// FuzzDocument reads a value in a format. Whatever they are, it must come back, with the same answer each time, and a
// value in a document must mean the same in a query that is not rounded up.
func FuzzDocument(f *testing.F) {
	for _, c := range common {
		f.Add(c.format, c.value)
	}
	for _, s := range []string{
		"", "-", "2024-02-30", "2020T10", "2024-01-05T10:00:00.5,5ZZ", "9223372036854775807", "-0.", "é",
	} {
		f.Add("strict_date_optional_time||epoch_millis||epoch_second", s)
	}
	f.Add("[[[yyyy]]][MM]ppd", "2024")
	f.Add("'", "x")
	f.Fuzz(func(t *testing.T, format, value string) {
		fm, err := Parse(format)
		if err != nil {
			return
		}
		a, errA := fm.Document([]byte(value))
		b, errB := fm.Document([]byte(value))
		if a != b || (errA == nil) != (errB == nil) {
			t.Fatalf("%s of %s: %d, %v and then %d, %v", value, format, a, errA, b, errB)
		}
		from, to, err := fm.TermRange(value, false, QueryOptions{Now: time.Unix(0, 0)})
		if errA == nil && err == nil && from != a {
			t.Fatalf("%s of %s: %d in a document, %d in a query", value, format, a, from)
		}
		_ = to
		fm.Print(a, nil)
	})
}

// FuzzQuery reads a date with date math.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{
		"now", "now-1d/d", "2024-01-31||+1M", "now+2147483647y", "||", "now/1w+9s", "2024||/y/M/w/d/h/m/s",
	} {
		f.Add(s, "+01:00", true)
		f.Add(s, "Europe/Paris", false)
	}
	f.Fuzz(func(t *testing.T, s, id string, up bool) {
		z, err := LoadZone(id)
		if err != nil {
			z = nil
		}
		o := QueryOptions{Now: time.UnixMilli(1584441296789), Zone: z, RoundUp: up}
		ms, err := Default.Query(s, false, o)
		if err != nil {
			return
		}
		if again, err := Default.Query(s, false, o); err != nil || again != ms {
			t.Fatalf("%s: %d and then %d, %v", s, ms, again, err)
		}
	})
}

// FuzzPattern compiles a pattern and prints with it.
func FuzzPattern(f *testing.F) {
	for _, s := range []string{
		"yyyy-MM-dd", "''", "'a''b'", "[[y]M]d", "pppHH", "EEEEE", "XXXXX", "VV", "YYYY-'W'ww-e", "SSSSSSSSS",
	} {
		f.Add(s, int64(1584441296789))
	}
	f.Add("uuuu", int64(-1<<63))
	f.Fuzz(func(t *testing.T, pattern string, ms int64) {
		fm, err := Parse(pattern)
		if err != nil {
			return
		}
		text := fm.Print(ms, nil)
		_, _ = fm.Document([]byte(text))
	})
}
