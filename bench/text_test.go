package main

import (
	"slices"
	"strings"
	"testing"
)

// Words are different and of letters, texts are as long as said, and words as frequent as said.
func TestTexts(t *testing.T) {
	seen := map[string]bool{}
	for n := range textVocabulary {
		w := textWord(n)
		if seen[w] || w == "" || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" {
			t.Fatalf("word %d is %q", n, w)
		}
		seen[w] = true
	}
	const texts = 20_000
	counts, words := make([]int, textVocabulary+1), 0
	for i := range texts {
		list := strings.Fields(textOf(i))
		if len(list) < textLeastWords || len(list) > textMostWords {
			t.Fatalf("text %d has %d words", i, len(list))
		}
		for _, r := range textRanks(i) {
			counts[r]++
			words++
		}
	}
	if ten, hundred := counts[9]*10, counts[99]*100; ten < hundred/2 || hundred < ten/2 {
		t.Errorf("of %d words the tenth is there %d times, and the hundredth %d", words, counts[9], counts[99])
	}
}

// Each contender finds the best texts, also in a store that was closed and opened again; and who finds others is found
// out.
func TestTextStores(t *testing.T) {
	const texts = 3000
	naive := newNaiveTexts(texts)
	for _, c := range textContenders() {
		t.Run(c.name, func(t *testing.T) {
			task := textTask{Contender: c.name, Dir: t.TempDir(), Texts: texts}
			if err := task.do(t.Output()); err != nil {
				t.Fatal(err)
			}
			s, err := openTextStore(c.name, task.Dir)
			if err != nil {
				t.Fatal(err)
			}
			defer s.close()
			task.Asks = 3
			a, err := task.ask(s)
			if err != nil {
				t.Fatal(err)
			}
			if a.Sample.Calls != 3 || a.Sample.P50 <= 0 {
				t.Errorf("%d questions, p50 %v", a.Sample.Calls, a.Sample.P50)
			}
			if err := naive.check(a.Proof, c.name); err != nil {
				t.Error(err)
			}
			for name, falsify := range map[string]func(textHits) textHits{
				"one is missing":  func(h textHits) textHits { return h[1:] },
				"one comes twice": func(h textHits) textHits { h[1] = h[0]; return h },
				"another one":     func(h textHits) textHits { h[0] = (h[0] + 1) % texts; return h },
			} {
				proof := slices.Clone(a.Proof)
				proof[3] = falsify(slices.Clone(proof[3]))
				if naive.check(proof, c.name) == nil {
					t.Errorf("%s, and nobody notices", name)
				}
			}
		})
	}
}

// mattn's SQLite takes part where it has FTS5, and only there.
func TestWithoutFTS5(t *testing.T) {
	for _, w := range textWorkloads(tinyPlan) {
		for _, fts5 := range []bool{false, true} {
			b, ran := &bench{plan: tinyPlan, fts5: fts5, say: t.Logf}, 0
			if err := b.eachText(w, 1, func(string) error { ran++; return nil }); err != nil {
				t.Fatal(err)
			}
			want := len(w.entries)
			if !fts5 || leftOut("mattn") {
				want--
			}
			if ran != want {
				t.Errorf("%s, FTS5 %v: %d contenders, must be %d", w.name, fts5, ran, want)
			}
		}
	}
}
