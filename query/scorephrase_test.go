package query

import (
	"fmt"
	"math"
	"testing"
)

// Phrases whose words occur again in them, with a slop, score as Lucene 9.12.0 had them: "ab" and "a" may both take the
// places of "a*", and so are of one group; and what is taken out of the queue for words of one group is at times of
// another one.
func TestScoreOfPhrasesThatRepeatWords(t *testing.T) {
	for _, c := range []struct {
		clause, phrase string
		slop           int
		text           string
		want           float64
	}{
		{"match_phrase_prefix", "ab a a", 2, "ab ab a", 0.5503484},
		{"match_phrase_prefix", "a ab a", 3, "a b b a ab", 0.4364832},
		{"match_phrase", "c a b c b a", 10, "a b c c b c a a c b b", 1.919198},
	} {
		query := fmt.Sprintf(`{%q:{"t":{"query":%q,"slop":%d}}}`, c.clause, c.phrase, c.slop)
		got := onlyScore(t, query, fmt.Sprintf(`{"t":%q}`, c.text), nil)
		if math.Abs(float64(got)-c.want) > 1e-5*c.want {
			t.Errorf("%s of %q: %v, want %v", query, c.text, got, c.want)
		}
	}
}
