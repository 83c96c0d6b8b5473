package dates

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

func zone(t testing.TB, id string) *Zone {
	t.Helper()
	z, err := LoadZone(id)
	if err != nil {
		t.Skipf("no zone database: %v", err)
	}
	return z
}

func TestQuery(t *testing.T) {
	paris := zone(t, "Europe/Paris")
	for _, c := range []struct {
		value      string
		number     bool
		zone       *Zone
		down, upTo string // for gte and lt, and for gt and lte
	}{
		{"2024-01", false, nil, "2024-01-01T00:00:00Z", "2024-01-01T23:59:59.999Z"}, // the time only, no month
		{"2024", false, nil, "2024-01-01T00:00:00Z", "2024-01-01T23:59:59.999Z"},
		{"2024", true, nil, "1970-01-01T00:00:02.024Z", "1970-01-01T00:00:02.024Z"}, // a number is milliseconds
		{"2024-01-15||/M", false, nil, "2024-01-01T00:00:00Z", "2024-01-31T23:59:59.999Z"},
		{"2024-01-17||/w", false, nil, "2024-01-15T00:00:00Z", "2024-01-21T23:59:59.999Z"},
		{"2024-01-31||+1M", false, nil, "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"}, // the last day stays the last
		{"2024-03-31||-1M", false, nil, "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
		{"2024-02-29||+1y", false, nil, "2025-02-28T00:00:00Z", "2025-02-28T00:00:00Z"},
		{"2024-01-31||+d", false, nil, "2024-02-01T00:00:00Z", "2024-02-01T00:00:00Z"},
		{"now", false, nil, "2020-03-17T10:34:56.789Z", "2020-03-17T10:34:56.789Z"},
		{"now-1d/d", false, nil, "2020-03-16T00:00:00Z", "2020-03-16T23:59:59.999Z"},
		{"now/h", false, nil, "2020-03-17T10:00:00Z", "2020-03-17T10:59:59.999Z"},
		{"now/d", false, paris, "2020-03-16T23:00:00Z", "2020-03-17T22:59:59.999Z"},
		{"2024-07-01", false, paris, "2024-06-30T22:00:00Z", "2024-07-01T21:59:59.999Z"},
		{"2024-07-01T10:00:00Z", false, paris, "2024-07-01T10:00:00Z", "2024-07-01T10:00:00.999Z"}, // its own zone wins
		{"2024-07-01T10:00:00Z||/d", false, paris, "2024-06-30T22:00:00Z", "2024-07-01T21:59:59.999Z"},
		{"2024-03-30||+1d", false, paris, "2024-03-30T23:00:00Z", "2024-03-30T23:00:00Z"},
		{"2024-03-31||+1d", false, paris, "2024-03-31T22:00:00Z", "2024-03-31T22:00:00Z"},  // a day of 23 hours
		{"2024-03-31||+24h", false, paris, "2024-03-31T23:00:00Z", "2024-03-31T23:00:00Z"}, // but 24 hours are 24
		{"2024-03-31T02:30", false, paris, "2024-03-31T01:30:00Z", "2024-03-31T01:30:59.999Z"},
		{"2024-10-27T02:30", false, paris, "2024-10-27T00:30:00Z", "2024-10-27T00:30:59.999Z"},
	} {
		for _, up := range []bool{false, true} {
			want := c.down
			if up {
				want = c.upTo
			}
			o := QueryOptions{Now: time.UnixMilli(1584441296789), Zone: c.zone, RoundUp: up}
			got, err := Default.Query(c.value, c.number, o)
			if err != nil || got != ms(t, want) {
				t.Errorf("%s, up %v: got %s, %v, want %s", c.value, up, time.UnixMilli(got).UTC(), err, want)
			}
		}
	}
}

func TestQueryRefuses(t *testing.T) {
	const standard = "strict_date_optional_time||epoch_millis"
	for _, c := range []struct {
		value  string
		number bool
		want   string
	}{
		{"", false, "cannot parse empty datetime"},
		{"||+1d", false, "cannot parse empty datetime"},
		{"Now", false, "failed to parse date field [Now] with format [" + standard + "]: [failed to parse date field [Now] " +
			"with format [" + standard + "]]"},
		{"2018-99", false, "failed to parse date field [2018-99] with format [" + standard + "]: [Invalid value for " +
			"MonthOfYear (valid values 1 - 12): 99]"},
		{"2024-02-30", false, "failed to parse date field [2024-02-30] with format [" + standard + "]: [Invalid date " +
			"'FEBRUARY 30']"},
		{"1704067200000.7", true, "failed to parse date field [1.7040672000007E12] with format [epoch_millis]: [failed to " +
			"parse date field [1.7040672000007E12] with format [epoch_millis]]"},
		{"2018-02-05T10:00:00Z||/2d", false, "rounding `/` can only be used on single unit types [/2d]"},
		{"now+1", false, "truncated date math [+1]"},
		{"now/", false, "truncated date math [/]"},
		{"now+1x", false, "unit [x] not supported for date math [+1x]"},
		{"now 1d", false, "operator not supported for date math [ 1d]"},
		{"now+2147483648d", false, `For input string: "2147483648"`},
		{"now+300000000y", false, "long overflow"},
		{"now+1000000000y", false, "Invalid value for Year (valid values -999999999 - 999999999): 1000001970"},
	} {
		_, err := Default.Query(c.value, c.number, QueryOptions{Now: time.Unix(0, 0)})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v\nwant %s", c.value, err, c.want)
		}
	}
}

// Only names are names: not what else leads to the same file, or names something that Java does not have.
func TestLoadZoneRefuses(t *testing.T) {
	zone(t, "Asia/Tokyo")
	for _, c := range []struct{ id, want string }{
		{"Asia//Tokyo", "Unknown time-zone ID: Asia//Tokyo"},
		{"Asia/./Tokyo", "Unknown time-zone ID: Asia/./Tokyo"},
		{"Asia/Tokyo/", "Unknown time-zone ID: Asia/Tokyo/"},
		{"Asia", "Unknown time-zone ID: Asia"},
		{"Local", "Unknown time-zone ID: Local"},
		{"posix/Asia/Tokyo", "Unknown time-zone ID: posix/Asia/Tokyo"},
		{"Nowhere/X", "Unknown time-zone ID: Nowhere/X"},
		{"", "Invalid ID for region-based ZoneId, invalid format: "},
		{"../Tokyo", "Invalid ID for region-based ZoneId, invalid format: ../Tokyo"},
		{"UTC+25", "Invalid ID for offset-based ZoneId: UTC+25"},
		{"+18:01", "Zone offset not in valid range: -18:00 to +18:00"},
		{"+19", "Zone offset hours not in valid range: value 19 is not in the range -18 to 18"},
	} {
		if z, err := LoadZone(c.id); err == nil || err.Error() != c.want {
			t.Errorf("%q: got %v, %v, want %s", c.id, z, err, c.want)
		}
	}
}

// However many unknown names values have, the memory for them is limited, and regions are still remembered.
func TestUnknownRegions(t *testing.T) {
	for i := range maxUnknown + 500 {
		findRegion(fmt.Appendf(nil, "No/Where%d", i))
	}
	known := func() int {
		regions.RLock()
		defer regions.RUnlock()
		return len(regions.known)
	}
	n := known()
	if n > maxUnknown+700 {
		t.Errorf("%d names are remembered", n)
	}
	first := zone(t, "Pacific/Chatham")
	if second := zone(t, "Pacific/Chatham"); first != second {
		t.Error("a region was read twice")
	}
}

// All entry points may be used at once.
func TestConcurrentUse(t *testing.T) {
	f := parsed(t, "EEE, d MMM yyyy HH:mm:ss VV||strict_date_optional_time")
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for k := range 200 {
				value := fmt.Sprintf("2024-01-05T10:11:12Etc/GMT%+d", (i+k)%12)
				if _, err := f.Document([]byte(value)); err != nil && hasRegions() {
					t.Errorf("%s: %v", value, err)
				}
				f.Print(int64(k)*1e9, utc)
			}
		})
	}
	wait.Wait()
}

func TestTermRange(t *testing.T) {
	for _, c := range []struct {
		format, value string
		number        bool
		from, to      string
	}{
		{"strict_date_optional_time", "2024-01-31", false, "2024-01-31T00:00:00Z", "2024-01-31T23:59:59.999Z"},
		{"strict_date_optional_time", "2024-01", false, "2024-01-01T00:00:00Z", "2024-01-01T23:59:59.999Z"},
		{"strict_date_optional_time", "2024-01-31T10:11:12.5Z", false, "2024-01-31T10:11:12.5Z", "2024-01-31T10:11:12.5Z"},
		{"yyyy-MM-dd||yyyy/MM/dd", "2018/02/06", false, "2018-02-06T00:00:00Z", "2018-02-06T23:59:59.999Z"},
		{"yyyy", "1700000240000", true, "2023-11-14T22:17:20Z", "2023-11-14T22:17:20Z"},
	} {
		from, to, err := parsed(t, c.format).TermRange(c.value, c.number, QueryOptions{})
		if err != nil || from != ms(t, c.from) || to != ms(t, c.to) {
			t.Errorf("%s: got %d to %d, %v, want %s to %s", c.value, from, to, err, c.from, c.to)
		}
	}
	if _, _, err := Default.TermRange("x", false, QueryOptions{}); err == nil {
		t.Error("a term that is no date was taken")
	}
}

func TestPrint(t *testing.T) {
	at := ms(t, "2024-03-05T09:08:07.006Z")
	for _, c := range []struct {
		format, zone string
		ms           int64
		want         string
	}{
		{"strict_date_optional_time||epoch_millis", "Z", at, "2024-03-05T09:08:07.006Z"},
		{"strict_date_optional_time", "+01:00", at, "2024-03-05T10:08:07.006+01:00"},
		{"epoch_millis||yyyy", "+01:00", at, "1709629687006"},
		{"epoch_second", "Z", -500, "-0.5"},
		{"yyyy-MM-dd", "Z", 1<<63 - 1, "+292278994-08-17"}, // how a missing date sorts
		{"yyyy-MM-dd", "Z", -1 << 63, "+292275056-05-16"},  // yyyy is the year of its era
		{"uuuu-MM-dd", "Z", -1 << 63, "-292275055-05-16"},
		{"EEEE, d MMMM yyyy h:mm a", "Z", at, "Tuesday, 5 March 2024 9:08 AM"},
		{"yy-D-Q-e-w'h'''", "Z", at, "24-65-1-3-10h'"},
		{"pppdO", "-05:30", at, "  5GMT-5:30"},
		{"uuuu-MM-dd'T'HH:mm:ssxxx", "Z", at, "2024-03-05T09:08:07+00:00"},
	} {
		z, err := LoadZone(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := parsed(t, c.format).Print(c.ms, z); got != c.want {
			t.Errorf("%s: got %s, want %s", c.format, got, c.want)
		}
	}
}
