package suggest

import "testing"

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
