package bm25

import (
	"math"
	"testing"
)

// Lengths as they were explained by Elasticsearch.
func TestLength(t *testing.T) {
	for length, want := range map[int]int{0: 0, 1: 1, 39: 39, 40: 40, 41: 40, 42: 42, 43: 42, 45: 44, 100: 96} {
		if got := Length(Norm(length)); got != want {
			t.Errorf("%d counts as %d, not %d", length, got, want)
		}
	}
	last := 0
	for norm := range 256 {
		got := Length(byte(norm))
		if Norm(got) != byte(norm) || norm > 0 && got <= last {
			t.Fatalf("%d stands for %d, which is %d", norm, got, Norm(got))
		}
		last = got
	}
	if Norm(math.MaxInt32) != 255 {
		t.Error(Norm(math.MaxInt32))
	}
}

// Scores as Elasticsearch gave them.
func TestScore(t *testing.T) {
	score := func(docs, tokens, n int, freq float32, length int) float32 {
		f := &Field{Docs: docs, Tokens: tokens}
		f.Settle()
		w := f.Weight(1, IDF(docs, n))
		return w.Score(freq, Norm(length))
	}
	if got := score(2, 9, 1, 1, 1); got != 1.0166159 {
		t.Error(got)
	}
}

// The formula, in double precision, for many values.
func TestScoreNaive(t *testing.T) {
	for docs := 1; docs < 2000; docs = docs*3/2 + 1 {
		for n := 1; n <= docs; n = n*2 + 1 {
			for length := 1; length < 300; length = length*2 + 3 {
				tokens := docs*7 + length
				f := &Field{Docs: docs, Tokens: tokens}
				f.Settle()
				for freq := 1; freq <= length; freq *= 3 {
					w := f.Weight(1.5, IDF(docs, n))
					idf := math.Log(1 + (float64(docs)-float64(n)+0.5)/(float64(n)+0.5))
					dl, average := float64(Length(Norm(length))), float64(tokens)/float64(docs)
					tf := float64(freq) / (float64(freq) + 1.2*(0.25+0.75*dl/average))
					want := 2.2 * 1.5 * idf * tf
					if got := float64(w.Score(float32(freq), Norm(length))); math.Abs(got-want) > 1e-5*want {
						t.Fatalf("%d of %d, %d times of %d: %v, not %v", n, docs, freq, length, got, want)
					}
				}
			}
		}
	}
}
