package mapping

import (
	"fmt"
	"strings"
	"testing"
)

// The quick way and the close look, at a document of 1 KiB with a value of each usual type.
func BenchmarkCheck(b *testing.B) {
	var properties, members []string
	for i := range 4 {
		for name, of := range map[string][2]string{
			"count": {"integer", "1000"}, "price": {"double", "12.5"}, "at": {"date", `"2026-11-30T10:00:00.000Z"`},
			"place": {"geo_point", `{"lat":48.8,"lon":2.3}`}, "tags": {"keyword", `["red","green","blue"]`},
			"text": {"text", `"forty words would be too long, but some it has to have"`},
		} {
			properties = append(properties, fmt.Sprintf(`"%s%d":{"type":"%s"}`, name, i, of[0]))
			members = append(members, fmt.Sprintf(`"%s%d":%s`, name, i, of[1]))
		}
	}
	m := Parse([]byte(`{"properties":{`+strings.Join(properties, ",")+`}}`), nil)
	doc := []byte("{" + strings.Join(members, ",") + "}")
	b.Run("fits", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !m.Fits(doc) {
				b.Fatal("it does not fit")
			}
		}
	})
	b.Run("check", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, o := m.Check(Sent(doc), "id"); o != nil {
				b.Fatal(o)
			}
		}
	})
	b.Run("unmapped", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !Default.Fits(doc) {
				b.Fatal("it does not fit")
			}
		}
	})
}
