package command

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestChart(t *testing.T) {
	groups := []bars{
		{"upsert 1", []bar{{"Kuzzlite", 2000}, {"bbolt", 1000}, {"disk", 4000}}},
		{"get", []bar{{"Kuzzlite", 1_000_000}, {"bbolt", 1}, {"none", 0}}},
	}
	want := `upsert 1  Kuzzlite ██████████ 2,000
          bbolt    █████ 1,000
          disk     ████████████████████ 4,000
get       Kuzzlite ████████████████████ 1,000,000
          bbolt    █ 1
          none      0
`
	got := chart(49, groups)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if longest := widest(got); longest != 49 {
		t.Errorf("the longest line has %d columns, want 49", longest)
	}
	if narrow := chart(20, groups); strings.Count(narrow, "█") != 5+3+10+10+1 { // readable, though lines wrap
		t.Errorf("on a narrow terminal the bars are\n%s", narrow)
	}
}

// widest returns how many columns the longest line of a text has.
func widest(text string) (columns int) {
	for line := range strings.Lines(text) {
		columns = max(columns, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")))
	}
	return columns
}

func TestGrouped(t *testing.T) {
	for value, want := range map[float64]string{
		0: "0", 999: "999", 999.5: "1,000", 1000: "1,000", 12345.4: "12,345", 1234567: "1,234,567",
	} {
		if got := grouped(value); got != want {
			t.Errorf("grouped(%v) = %s, want %s", value, got, want)
		}
	}
}

func TestThreeDigits(t *testing.T) {
	for value, want := range map[float64]string{
		0.004: "0.00", 0.5: "0.50", 9.994: "9.99", 9.996: "10.0", 99.94: "99.9", 99.96: "100", 1234.4: "1234",
	} {
		if got := threeDigits(value); got != want {
			t.Errorf("threeDigits(%v) = %s, want %s", value, got, want)
		}
	}
}

func TestShortly(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "", 1: "1 ns", 999: "999 ns", 1000: "1.00 µs", 98_400: "98.4 µs", 999_400: "999 µs", 999_600: "1.00 ms",
		12_340_000: "12.3 ms", 999_600_000: "1.00 s", 75 * time.Second: "75.0 s",
	} {
		if got := shortly(d); got != want {
			t.Errorf("shortly(%d ns) = %q, want %q", d, got, want)
		}
	}
}
