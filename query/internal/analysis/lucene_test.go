package analysis

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// What Lucene 9.12.0 itself said of the texts of testdata/lucene.jsonl: those of the tables here and of the recorded
// searches, each pair of classes among others, the longest tokens, random ones. Offsets are in bytes. Its standard
// analyzer was the one that Elasticsearch makes, without stop words.
func TestLucene(t *testing.T) {
	src, err := os.ReadFile("testdata/lucene.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for line := range bytes.Lines(src) {
		var c struct {
			Analyzer, Text string
			Tokens         [][4]any // term, position, start, end
		}
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		lines++
		var want []string
		for _, k := range c.Tokens {
			want = append(want, fmt.Sprintf("%s@%v[%v:%v]", k[0], k[1], k[2], k[3]))
		}
		if got := tokens(t, c.Analyzer, PositionGap, c.Text); got != strings.Join(want, " ") {
			t.Errorf("%s: %+q:\ngot  %+q\nwant %+q", c.Analyzer, c.Text, got, want)
		}
	}
	if lines < 1000 {
		t.Errorf("%d cases only", lines)
	}
}
