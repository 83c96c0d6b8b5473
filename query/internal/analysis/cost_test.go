package analysis

import (
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"
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

// A long run of letters is read once: 16 MiB take milliseconds, and minutes if all that follows is read for each token.
func TestLongRun(t *testing.T) {
	text := []byte(strings.Repeat("x", 16<<20))
	for _, name := range []string{"standard", "simple", "whitespace"} {
		began := time.Now()
		analyzers[name].Each(text, &Scratch{}, func(Token) bool { return true })
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

// Where connectors or joiners go on without a word, what was learnt from the first serves for all: no token begins with
// one of them before the last 254 units, which the longest token could span. Else each would be read up to there, 255
// times as much.
func TestBarren(t *testing.T) {
	for _, unit := range []string{"_", "_\u0301", "_\u200d", "_\u0e31", "_🏽", "_\U000e0041", "\u203f"} {
		for _, tail := range []string{"", " ", "!", "ก", "a", "_"} {
			run := strings.Repeat(unit, 1000)
			rules := tokenizer{text: []byte(run + tail)}
			if to, next := rules.longest(0); to != 0 || next != utf8.RuneLen([]rune(unit)[0]) {
				t.Errorf("%+q, then %q: a token to %d, or from %d", unit, tail, to, next)
			}
			units := len(utf16.Encode([]rune(run[min(rules.barren, len(run)):])))
			if units > maxToken-1 {
				t.Errorf("%+q, then %q: no token before %d, %d units from the end", unit, tail, rules.barren, units)
			}
		}
	}
	for _, tail := range []string{"", " ", "☝", "a"} {
		rules := tokenizer{text: []byte(strings.Repeat("\u200d", 1000) + tail)}
		if to, next := rules.longest(0); to != 0 || next != 3*(1000-maxToken+1) {
			t.Errorf("joiners, then %q: a token to %d, or from %d", tail, to, next)
		}
	}
	// A run that is read to its end leaves nothing.
	rules := tokenizer{text: []byte(strings.Repeat("_", 200) + " a")}
	if rules.longest(0); rules.barren != 200 {
		t.Errorf("no token before %d", rules.barren)
	}
}
