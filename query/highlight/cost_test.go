package highlight_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
)

// Long texts of a kind that invites work in proportion to the square of their length, which would take minutes.
func TestLongTexts(t *testing.T) {
	schema := mapped(t)
	texts := []string{
		strings.Repeat("a b ", 20_000), strings.Repeat("a.(b", 20_000), strings.Repeat("a", 80_000), strings.Repeat(".(", 40_000),
		strings.Repeat("a ", 40_000), strings.Repeat("\U0001F600 a. ", 10_000),
	}
	queries := []string{
		`{"match":{"title":"a b"}}`, `{"match_phrase":{"title":"a b"}}`, `{"match_phrase":{"title":{"query":"b a a","slop":4}}}`,
		`{"match_phrase":{"title":"a a a a a"}}`,
	}
	requests := []string{
		`{"fields":{"title":{}}}`, `{"fragment_size":1,"number_of_fragments":1000000,"fields":{"title":{}}}`,
		`{"boundary_scanner":"word","require_field_match":false,"fields":{"title":{}}}`, `{"number_of_fragments":0,"fields":{"title":{}}}`,
		`{"type":"plain","fields":{"title":{}}}`, `{"type":"plain","fragment_size":1,"number_of_fragments":100000,"fields":{"title":{}}}`,
	}
	for _, text := range texts {
		doc := `{"title":"` + text + `"}`
		for _, q := range queries {
			for _, request := range requests {
				if got := highlighted(schema, q, request, doc); strings.HasPrefix(got, "other") {
					t.Errorf("%s %s: %.100s", q, request, got)
				}
			}
		}
	}
}

// A word that is in a phrase very often, and in the text, too, is noted once for each place in the text.
func TestLongPhrases(t *testing.T) {
	schema := mapped(t)
	doc := `{"title":"` + strings.Repeat("a ", 20_000) + `"}`
	words := strings.Repeat("a ", 300)
	for _, one := range []struct{ query, request string }{
		{`{"match_phrase":{"title":"` + words + `"}}`, `{"fields":{"title":{}}}`},
		{`{"match_phrase":{"title":"` + words + `"}}`, `{"require_field_match":false,"fields":{"title":{}}}`},
		{`{"match_phrase":{"title":"` + words + `"}}`, `{"type":"plain","fields":{"title":{}}}`},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := highlighted(schema, one.query, one.request, doc)
		runtime.ReadMemStats(&after)
		if !strings.Contains(got, "<em>a") {
			t.Errorf("%s: %.100s", one.request, got)
		}
		if size := (after.TotalAlloc - before.TotalAlloc) >> 20; size > 200 { // it was above 1,000
			t.Errorf("%s: %d MiB", one.request, size)
		}
	}
}

// Requests with many entries for the same fields, or with many words for many fields, cost no more than what is left of
// them.
func TestManyEntries(t *testing.T) {
	var mapping, entries, words []string
	for i := range 1000 {
		mapping = append(mapping, fmt.Sprintf(`"f%d":{"type":"text"}`, i))
		entries = append(entries, fmt.Sprintf(`{"*":{"pre_tags":"<%d>","post_tags":">"}}`, i))
		words = append(words, fmt.Sprint("w", i))
	}
	schema, err := query.ParseMapping([]byte(`{` + strings.Join(mapping, ",") + `}`))
	if err != nil {
		t.Fatal(err)
	}
	q, doc := `{"match":{"f1":"`+strings.Join(words, " ")+`"}}`, `{"f1":"w1"}`
	for _, one := range []struct{ request, want string }{
		{`{"fields":[` + strings.Join(entries, ",") + `]}`, `{"f1":["<999>w1>"]}`},
		{`{"fields":{"f1":{"matched_fields":["f1"` + strings.Repeat(`,"f1"`, 1000) + `]}}}`, `{"f1":["<em>w1</em>"]}`},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := highlighted(schema, q, one.request, doc)
		runtime.ReadMemStats(&after)
		if got != one.want {
			t.Errorf("%.100s: %.100s", one.request, got)
		}
		if size := (after.TotalAlloc - before.TotalAlloc) >> 20; size > 200 { // it was above 600
			t.Errorf("%.100s: %d MiB", one.request, size)
		}
	}
	const tooMany = "a request looks for at most 1000000 words, in all its fields together"
	q = `{"match":{"f1":"` + strings.Join(words, " ") + ` and more"}}`
	got := highlighted(schema, q, `{"require_field_match":false,"fields":{"*":{}}}`, doc)
	if got != tooMany {
		t.Errorf("%.100s", got)
	}
}
