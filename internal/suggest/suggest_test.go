package suggest

import (
	"strings"
	"testing"
)

func TestDidYouMean(t *testing.T) {
	names := []string{"avg", "max", "min", "term", "terms"}
	for name, want := range map[string]string{
		"trm": " did you mean any of [term, terms]?", "mn": " did you mean [min]?", "histogram": "", "": "",
	} {
		if got := DidYouMean(name, names); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestEditDistance(t *testing.T) {
	for words, want := range map[string]int{
		"default default": 0, "defaults default": 1, "defualt default": 2, "change changes": 1, "range changes": 3, "a b": 1,
		"abc ": 3, " abc": 3,
	} {
		a, b, _ := strings.Cut(words, " ")
		if got := EditDistance(a, b); got != want {
			t.Errorf("EditDistance(%q, %q) = %d, want %d", a, b, got, want)
		}
	}
}
