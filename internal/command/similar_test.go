package command

import (
	"io"
	"slices"
	"testing"
)

// TestFlagSynonyms: what stands for a flag must stand for one that there is, and be no flag of the same verb.
func TestFlagSynonyms(t *testing.T) {
	root := (&app{out: newOutput(io.Discard)}).root()
	for name, words := range flagSynonyms {
		found := false
		for _, cmd := range root.Commands() {
			found = found || cmd.Flags().Lookup(name) != nil || root.PersistentFlags().Lookup(name) != nil
		}
		if !found || len(words) == 0 || slices.Contains(words, name) {
			t.Errorf("--%s of no verb, or without synonyms: %q", name, words)
		}
	}
}

func TestIsSimilar(t *testing.T) {
	for _, test := range []struct {
		word, name string
		want       bool
	}{
		{"limt", "limit", true}, {"lmiit", "limit", true}, {"idfield", "id-field", true}, {"expire", "expire-at", true},
		{"bd", "db", false}, {"x", "db", false}, {"dbs", "db", false}, {"idss", "ids", true}, {"dir", "ids", false},
		{"recurse", "reverse", true}, {"prefix", "reverse", false},
	} {
		if got := isSimilar(test.word, test.name); got != test.want {
			t.Errorf("%q for %q: %v", test.word, test.name, got)
		}
	}
}
