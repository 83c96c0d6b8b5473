package dates

import (
	"math/rand/v2"
	"testing"
	"time"
)

// zonesOfTests have changes of all kinds: by an hour, by half an hour, at midnight, and a day that was left out.
var zonesOfTests = []string{
	"Z", "+05:30", "-03:00", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kolkata",
	"Pacific/Apia", "Asia/Beirut", "Africa/Casablanca",
}

func loaded(t *testing.T, id string) (*Zone, *time.Location) {
	t.Helper()
	z, err := LoadZone(id)
	if err != nil {
		t.Skipf("%v", err)
	}
	if z.region != nil {
		return z, z.region
	}
	return z, time.FixedZone(id, int(z.offset))
}

// naiveDay returns the first instant of the day that clocks show at an instant, found by looking at every quarter of an
// hour before.
func naiveDay(at time.Time) time.Time {
	y, m, d := at.Date()
	first := at.Truncate(15 * time.Minute)
	for {
		before := first.Add(-15 * time.Minute)
		if by, bm, bd := before.Date(); by != y || bm != m || bd != d {
			return first
		}
		first = before
	}
}

// naiveStart returns the start of an interval of the calendar that is a day or longer.
func naiveStart(unit byte, at time.Time) time.Time {
	for {
		day := naiveDay(at)
		_, m, d := day.Date()
		switch {
		case unit == 'd', unit == 'w' && day.Weekday() == time.Monday, unit == 'M' && d == 1,
			unit == 'q' && d == 1 && (m-1)%3 == 0, unit == 'y' && d == 1 && m == 1:
			return day
		}
		at = day.Add(-time.Minute)
	}
}

func TestCalendarDays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, id := range zonesOfTests {
		zone, location := loaded(t, id)
		for range 60 {
			ms := r.Int64N(2_000_000_000_000)
			for _, unit := range []byte("dwMqy") {
				rounding := Calendar(unit, zone, 0)
				start := rounding.Start(ms)
				if want := naiveStart(unit, time.UnixMilli(ms).In(location)).UnixMilli(); start != want {
					t.Fatalf("%c of %d in %s: %d, want %d", unit, ms, id, start, want)
				}
				next := rounding.Next(start)
				if next <= ms || rounding.Start(next) != next || rounding.Start(next-1) != start {
					t.Fatalf("%c of %d in %s: next of %d is %d", unit, ms, id, start, next)
				}
			}
		}
	}
}

// Hours begin when clocks show a full hour, or are changed.
func TestCalendarHours(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, id := range zonesOfTests {
		zone, location := loaded(t, id)
		for range 2000 {
			ms := r.Int64N(2_000_000_000_000)
			for unit, length := range map[byte]int64{'h': 3_600_000, 'm': 60_000, 's': 1000} {
				start := Calendar(unit, zone, 0).Start(ms)
				if start > ms || ms-start >= length+3_600_000 {
					t.Fatalf("%c of %d in %s: %d", unit, ms, id, start)
				}
				at := time.UnixMilli(start).In(location)
				_, offset := at.Zone()
				_, before := at.Add(-time.Millisecond).Zone()
				if (start+int64(offset)*1000)%length != 0 && offset == before {
					t.Fatalf("%c of %d in %s: %v", unit, ms, id, at)
				}
			}
		}
	}
}

// Intervals of one length are those of local time: in a zone that never changes, multiples of the length from there.
func TestFixedIntervals(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	for _, id := range zonesOfTests {
		zone, _ := loaded(t, id)
		for range 2000 {
			ms, length, offset := r.Int64N(4_000_000_000_000)-2_000_000_000_000, 1+r.Int64N(1<<r.IntN(40)), r.Int64N(10_000_000)
			rounding := Every(length, zone, offset)
			start := rounding.Start(ms)
			if start > ms {
				t.Fatalf("%d ms of %d in %s: %d", length, ms, id, start)
			}
			if zone.region != nil {
				if again := rounding.Start(start); again != start && length%60_000 == 0 {
					t.Fatalf("%d ms of %d in %s: %d begins at %d", length, ms, id, start, again)
				}
				continue
			}
			if ms-start >= length || (start-offset+zone.offset*1000)%length != 0 || rounding.Next(start) != start+length {
				t.Fatalf("%d ms of %d in %s: %d, then %d", length, ms, id, start, rounding.Next(start))
			}
		}
	}
}

// Where all intervals have one length, that and one start say what Start says.
func TestSteady(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	steady := 0
	for _, id := range zonesOfTests {
		zone, _ := loaded(t, id)
		for range 2000 {
			rounding := Every(1+r.Int64N(1<<r.IntN(40)), zone, r.Int64N(10_000_000))
			if r.IntN(2) == 0 {
				rounding = Calendar("yqMwdhms"[r.IntN(8)], zone, r.Int64N(10_000_000))
			}
			length, start := rounding.Steady()
			if length == 0 {
				continue
			}
			steady++
			ms := r.Int64N(4_000_000_000_000) - 2_000_000_000_000
			if got, want := ms-floorMod(ms-start, length), rounding.Start(ms); got != want {
				t.Fatalf("%+v of %d in %s: %d, want %d", rounding, ms, id, got, want)
			}
		}
	}
	if steady < 3000 {
		t.Errorf("only %d intervals are of one length", steady)
	}
}

// No instant, however far away, makes rounding fail or take long.
func TestRoundingFarAway(t *testing.T) {
	for _, id := range zonesOfTests {
		zone, _ := loaded(t, id)
		for _, ms := range []int64{-1 << 63, 1<<63 - 1, -62_200_000_000_000, 253_500_000_000_000, -1} {
			for _, unit := range []byte("yqMwdhms") {
				Calendar(unit, zone, -5).Start(ms)
			}
			Every(7_000_003, zone, 5).Start(ms)
		}
	}
}
