package boundary

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

var splits = map[string]func([]uint16) []int{"sentences": Sentences, "words": Words}

// What Java 17 answered for random texts over characters of all classes.
func TestJava(t *testing.T) {
	f, err := os.Open("testdata/java.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	counts := map[string]int{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var line struct {
			Split, Text string
			Boundaries  []int
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if got := splits[line.Split](utf16.Encode([]rune(line.Text))); !slices.Equal(got, line.Boundaries) {
			t.Errorf("%s of %q: %v, want %v", line.Split, line.Text, got, line.Boundaries)
		}
		counts[line.Split]++
	}
	if counts["sentences"] < 500 || counts["words"] < 500 {
		t.Errorf("only %v texts", counts)
	}
}

// To find out that a sentence ended before the full stop, the text behind it has to be read. Once is enough: the
// boundaries are those of reading it anew each time, and a long text of that kind takes no longer than another one.
func TestLongWay(t *testing.T) {
	for _, part := range []string{".(", `."`, ".-(", ". (", `.  ("`, ". \"(-.", ".\u0301(\u00ad", "a.(.-"} {
		text := utf16.Encode([]rune(strings.Repeat(part, 200) + "a b. C"))
		for cut := range 8 {
			short := text[:len(text)-cut]
			naive := split(short, func(at int) int { return (&sentences{text: short}).next(at) })
			if got := Sentences(short); !slices.Equal(got, naive) {
				t.Errorf("%q: %v\nwant %v", part, got, naive)
			}
		}
		Sentences(utf16.Encode([]rune(strings.Repeat(part, 500_000)))) // hours, if it were quadratic
	}
}

func FuzzBoundaries(f *testing.F) {
	for _, seed := range []string{"Hi there. You are. (Ok)", "3.14 and a.b", "\U0001F600.\u2029", "\u30ab\u30fc\u3099"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		units := utf16.Encode([]rune(text))
		for name, of := range splits {
			list := of(units)
			if list[0] != 0 || list[len(list)-1] != len(units) {
				t.Errorf("%s: %v", name, list)
			}
			for i, at := range list {
				if i > 0 && at <= list[i-1] || at > 0 && at < len(units) && units[at]>>10 == 0xdc00>>10 && units[at-1]>>10 == 0xd800>>10 {
					t.Errorf("%s: %v", name, list)
				}
			}
		}
	})
}
