package analysis

import (
	"strings"
	"sync"
	"testing"
	"time"
)

var costs = []struct{ name, analyzer, text string }{
	{"ascii", "standard", strings.Repeat("The quick brown fox jumps over 13 lazy dogs. ", 20)},
	{"punctuated", "standard", strings.Repeat("can't well-known v1.2.3 snake_case www.example.com, ", 20)},
	{"latin", "standard", strings.Repeat("Der Äpfel süße Blüte für Łódź und Århus, été naïve. ", 20)},
	{"japanese", "standard", strings.Repeat("東京都に行く、カタカナ。", 40)},
	{"emoji", "standard", strings.Repeat("👍🏽 👩‍👩‍👧 🇫🇷 ok ", 40)},
	{"simple", "simple", strings.Repeat("The quick brown fox jumps over 13 lazy dogs. ", 20)},
	{"stop", "stop", strings.Repeat("The quick brown fox jumps over 13 lazy dogs. ", 20)},
	{"whitespace", "whitespace", strings.Repeat("The quick brown fox jumps over 13 lazy dogs. ", 20)},
	{"keyword", "keyword", "The quick brown fox"},
}

func BenchmarkEach(b *testing.B) {
	for _, c := range costs {
		b.Run(c.name, func(b *testing.B) {
			a, _ := Lookup(c.analyzer)
			text := []byte(c.text)
			var scratch Scratch
			tokens := 0
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				a.Each(text, &scratch, func(Token) bool { tokens++; return true })
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(tokens), "ns/token")
		})
	}
}

func BenchmarkTerms(b *testing.B) {
	a, _ := Lookup("standard")
	text := []byte(costs[0].text)
	var terms Terms
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		terms.Reset()
		terms.Add(a, text, PositionGap)
		if terms.Len() == 0 {
			b.Fatal("no terms")
		}
	}
}

func TestAllocations(t *testing.T) {
	for _, c := range costs {
		a, _ := Lookup(c.analyzer)
		text, n := []byte(c.text), 0
		var scratch Scratch
		count := func(Token) bool { n++; return true }
		a.Each(text, &scratch, count)
		if got := testing.AllocsPerRun(20, func() { a.Each(text, &scratch, count) }); got != 0 {
			t.Errorf("%s: %v allocations", c.name, got)
		}
		var terms Terms
		again := func() {
			terms.Reset()
			terms.Add(a, text, PositionGap)
			terms.Add(a, text, PositionGap)
			if _, ok := terms.Find([]byte("absent")); ok || terms.Len() == 0 {
				t.Error("terms are wrong")
			}
		}
		again()
		if got := testing.AllocsPerRun(20, again); got != 0 {
			t.Errorf("%s: %v allocations for the terms", c.name, got)
		}
	}
}

// Analyzers are shared, and so is the table that the first text makes.
func TestConcurrentUse(t *testing.T) {
	a, _ := Lookup("standard")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			var scratch Scratch
			for _, c := range costs[:5] {
				a.Each([]byte(c.text), &scratch, func(k Token) bool { return len(k.Term) > 0 })
			}
		})
	}
	group.Wait()
}

// A text costs no more than a few looks at each of its code points, whatever stands in it. 4 MiB of each of these take
// less than a second. The last ones take minutes where each connector and joiner is a new beginning.
func TestHostile(t *testing.T) {
	for _, unit := range []string{
		"x", "é", "👍", "a.", "a.\u0301", "1,\u200d", "\u05d0\"\u0301", "#\u0301", "🇫\u0301", "☝️\u200d", "☝️\U000e0041", "\xff",
		"_", "_\u0301", "_\u200d", "_\u0e31", "_🏽", "_\U000e0041", "\u200d", "#\u200d",
	} {
		text := []byte(strings.Repeat(unit, 4<<20/len(unit)))
		for _, name := range []string{"standard", "simple", "whitespace"} {
			began := time.Now()
			analyzers[name].Each(text, &Scratch{}, func(Token) bool { return true })
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("%s: 4 MiB of %+q took %v", name, unit, took)
			}
		}
	}
}
