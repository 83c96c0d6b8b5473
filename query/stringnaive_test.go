package query

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// condition returns a random tree as a node, as a text of query_string and as one of simple_query_string, all of which
// mean the same: everything stands in brackets.
func (r textMaker) condition(depth int) (n node, classic, simple string) {
	if depth > 0 && r.IntN(4) > 0 {
		n, classic, simple = r.condition(depth - 1)
		if r.IntN(4) == 0 {
			return not{n}, "(NOT " + classic + ")", "(-" + simple + ")"
		}
		list := []node{n}
		operator := r.IntN(2)
		words := []string{" AND ", " OR "}
		for range r.IntN(3) {
			more, a, b := r.condition(depth - 1)
			list = append(list, more)
			classic += []string{words[operator], []string{" && ", " || "}[operator]}[r.IntN(2)] + a
			simple += []string{" + ", " | "}[operator] + b
		}
		if operator == 0 {
			return and(list), "(" + classic + ")", "(" + simple + ")"
		}
		return or(list), "(" + classic + ")", "(" + simple + ")"
	}
	m := r.match()
	m.field, m.how = "t", matchHow{form: formPhrase}
	text := strings.TrimSpace(r.words(3) + " a")
	m.value = mustJSON(text)
	classic = fmt.Sprintf("%q", text)
	if m.how.slop = r.IntN(3); m.how.slop > 0 {
		classic += fmt.Sprintf("~%d", m.how.slop)
	}
	return m, classic, classic
}

// Random query strings match what their tree says.
func TestQueryStringNaive(t *testing.T) {
	r := textMaker{maker{rand.New(rand.NewPCG(35, 36))}}
	matched := 0
	for range 6000 {
		n, classic, simple := r.condition(3)
		queries := []string{
			fmt.Sprintf(`{"query_string":{"query":%s,"default_field":"t","default_operator":%q}}`,
				mustJSON(classic), r.pick("and", "or")),
			fmt.Sprintf(`{"simple_query_string":{"query":%s,"fields":["t"],"default_operator":%q}}`,
				mustJSON(simple), r.pick("and", "or")),
		}
		doc := r.doc()
		want := naiveTree(n, decode([]byte(doc)).(map[string]any))
		for _, query := range queries {
			q, err := ParseElasticsearch([]byte(query))
			if err != nil {
				t.Fatalf("%s: %v", query, err)
			}
			if got := matches(t, q, doc); got != want {
				t.Fatalf("%s, document %s: %t, want %t", query, doc, got, want)
			}
		}
		if want {
			matched++
		}
	}
	if matched < 1000 || matched > 5000 {
		t.Errorf("%d of 6000 matched", matched)
	}
}

func naiveTree(n node, doc map[string]any) bool {
	switch n := n.(type) {
	case not:
		return !naiveTree(n.node, doc)
	case and:
		for _, one := range n {
			if !naiveTree(one, doc) {
				return false
			}
		}
		return true
	case or:
		for _, one := range n {
			if naiveTree(one, doc) {
				return true
			}
		}
		return false
	}
	return naiveMatch(n.(*match), doc)
}
