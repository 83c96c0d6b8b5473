package dates

import (
	"testing"
	"time"
)

// common are values as documents have them, with formats that mappings name.
var common = []struct{ name, format, value string }{
	{"day", "strict_date_optional_time||epoch_millis", "2024-01-05"},
	{"seconds", "strict_date_optional_time||epoch_millis", "2024-01-05T10:11:12Z"},
	{"millis", "strict_date_optional_time||epoch_millis", "2024-01-05T10:11:12.123Z"},
	{"offset", "strict_date_optional_time||epoch_millis", "2024-01-05T10:11:12.123+01:00"},
	{"region", "strict_date_optional_time||epoch_millis", "2024-01-05T10:11:12Europe/Paris"},
	{"epoch", "strict_date_optional_time||epoch_millis", "1704449472123"},
	{"pattern", "yyyy-MM-dd HH:mm:ss", "2024-01-05 10:11:12"},
	{"names", "EEE, d MMM yyyy HH:mm:ss X", "Fri, 5 Jan 2024 10:11:12 +01"},
	{"loose", "date_optional_time", "2024-1-5T10:11:12.123+01:00"},
}

// A scan parses a date for each document, and must not allocate for it.
func TestDocumentDoesNotAllocate(t *testing.T) {
	for _, c := range common {
		f, value := parsed(t, c.format), []byte(c.value)
		n := testing.AllocsPerRun(100, func() {
			if _, err := f.Document(value); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations for a date", c.name, n)
		}
	}
}

func BenchmarkDocument(b *testing.B) {
	for _, c := range common {
		b.Run(c.name, func(b *testing.B) {
			f, value := parsed(b, c.format), []byte(c.value)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f.Document(value); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkQuery(b *testing.B) {
	o := QueryOptions{Now: time.Unix(1700000000, 0)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Default.Query("now-1M/d", false, o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPrint(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Default.Print(1704449472123, nil)
	}
}

// parsed returns a format that must be right.
func parsed(t testing.TB, text string) *Format {
	t.Helper()
	f, err := Parse(text)
	if err != nil {
		t.Fatalf("format %s: %v", text, err)
	}
	return f
}
