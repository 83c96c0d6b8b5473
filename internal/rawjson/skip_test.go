package rawjson

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// naiveSkip is Skip, one byte at a time.
func naiveSkip(b []byte, i int) int {
	depth := 0
	for inside := false; i < len(b); i++ {
		c := b[i]
		switch {
		case inside && c == '\\':
			i++
		case c == '"':
			inside = !inside
		case inside:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		if !inside && depth == 0 && strings.IndexByte(`"}]`, c) >= 0 {
			return i + 1
		}
	}
	return len(b)
}

// Words, escapes and ends of values meet in all alignments.
func TestSkipRapid(t *testing.T) {
	text := rapid.StringOfN(rapid.SampledFrom([]rune("ab{}[]:,#!é\"\\")), 0, 40, -1)
	rapid.Check(t, func(t *rapid.T) {
		doc := []byte("{")
		for i := range rapid.IntRange(1, 6).Draw(t, "members") {
			if i > 0 {
				doc = append(doc, ',')
			}
			doc = AppendString(doc, text.Draw(t, "key")+string(rune('0'+i)))
			doc = append(doc, ':')
			nest := rapid.IntRange(0, 9).Draw(t, "nest")
			doc = append(doc, strings.Repeat("[", nest)...)
			doc = AppendString(doc, text.Draw(t, "value"))
			doc = append(doc, strings.Repeat("]", nest)...)
		}
		doc = append(doc, '}')
		for i := 0; i < len(doc); i++ {
			if c := doc[i]; c == '"' || c == '{' || c == '[' {
				if got, want := Skip(doc, i), naiveSkip(doc, i); got != want {
					t.Fatalf("Skip(%q, %d) = %d, want %d", doc, i, got, want)
				}
				if c == '"' {
					i = naiveSkip(doc, i) - 1
				}
			}
		}
		if _, err := Compact(doc, 0); err != nil {
			t.Fatal(err)
		}
		i := 0
		for _, value := range Members(doc) {
			if _, err := Compact(value, 0); err != nil {
				t.Fatalf("%q: member %d is %q", doc, i, value)
			}
			i++
		}
	})
}

// A string full of escapes is walked once, not once for each of them.
func TestSkipIsLinear(t *testing.T) {
	for _, part := range []string{`\n`, `\\`, `\"`, `a\"`, `\u0041`} {
		doc := []byte(`{"a":"` + strings.Repeat(part, 4<<20/len(part)) + `","b":{"c":["` + strings.Repeat(part, 4<<20/len(part)) + `"]}}`)
		start := time.Now()
		n := 0
		for range Members(doc) {
			n++
		}
		if n != 2 || Skip(doc, 0) != len(doc) || !Equal(doc, append([]byte(" "), doc...)) {
			t.Errorf("%s: %d members", part, n)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: %v", part, took)
		}
	}
}

func BenchmarkSkip(b *testing.B) {
	text := []byte(`"` + strings.Repeat("The quick brown fox. ", 50) + `"`)
	for _, bm := range []struct {
		name string
		doc  []byte
	}{{"document", document1K}, {"text", text}} {
		b.Run(bm.name, func(b *testing.B) {
			b.SetBytes(int64(len(bm.doc)))
			for b.Loop() {
				Skip(bm.doc, 0)
			}
		})
		b.Run(bm.name+"/twin", func(b *testing.B) {
			b.SetBytes(int64(len(bm.doc)))
			for b.Loop() {
				naiveSkip(bm.doc, 0)
			}
		})
	}
}
