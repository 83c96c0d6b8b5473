package highlight_test

import (
	"strings"
	"testing"
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
