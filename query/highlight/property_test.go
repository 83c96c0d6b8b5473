package highlight_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
)

// naiveClause is a condition in a random query: words of a field of which one, or all, are needed, or other conditions.
type naiveClause struct {
	field  string
	words  []string
	every  bool
	clause string // bool: must, should, must_not
	list   []*naiveClause
}

func randomClause(r *rand.Rand, depth int) *naiveClause {
	if depth == 0 || r.IntN(3) == 0 {
		c := &naiveClause{field: []string{"a", "b"}[r.IntN(2)], every: r.IntN(2) == 0}
		for range 1 + r.IntN(3) {
			c.words = append(c.words, vocabulary[r.IntN(len(vocabulary))])
		}
		return c
	}
	c := &naiveClause{clause: []string{"must", "should", "must_not"}[r.IntN(3)]}
	for range 1 + r.IntN(3) {
		c.list = append(c.list, randomClause(r, depth-1))
	}
	return c
}

var vocabulary = []string{"fox", "dog", "cat", "owl", "emu", "elk"}

func (c *naiveClause) json() string {
	if c.clause == "" {
		operator := map[bool]string{false: "or", true: "and"}[c.every]
		return fmt.Sprintf(`{"match":{%q:{"query":%q,"operator":%q}}}`, c.field, strings.Join(c.words, " "), operator)
	}
	var list []string
	for _, one := range c.list {
		list = append(list, one.json())
	}
	return fmt.Sprintf(`{"bool":{%q:[%s]}}`, c.clause, strings.Join(list, ","))
}

// met says whether a document meets the condition, and adds the words to found for which it does, by their fields.
func (c *naiveClause) met(doc map[string][]string, found map[string][]string) bool {
	if c.clause == "" {
		text := strings.Join(doc[c.field], " ")
		n := 0
		for _, word := range c.words {
			if regexp.MustCompile(`(?i)\b` + word + `\b`).MatchString(text) {
				n++
			}
		}
		ok := n > 0 && (!c.every || n == len(c.words))
		if ok {
			found[c.field] = append(found[c.field], c.words...)
		}
		return ok
	}
	n, below := 0, map[string][]string{}
	for _, one := range c.list {
		if one.met(doc, below) {
			n++
		}
	}
	if c.clause == "must_not" {
		return n == 0
	}
	ok := n > 0 && (c.clause == "should" || n == len(c.list))
	for field, words := range below {
		if ok {
			found[field] = append(found[field], words...)
		}
	}
	return ok
}

var word = regexp.MustCompile(`[A-Za-z]+`)

// naive tags the words in each value of a field that has one.
func naive(values, words []string) (list []any) {
	for _, v := range values {
		tagged := word.ReplaceAllStringFunc(v, func(w string) string {
			if slices.Contains(words, strings.ToLower(w)) {
				return "<em>" + w + "</em>"
			}
			return w
		})
		if tagged != v {
			list = append(list, tagged)
		}
	}
	return list
}

// With number_of_fragments 0 each word is tagged that meets a clause which is met, as all clauses around it are, and
// nothing else is; the values that have none are left out.
func TestWholeValuesNaively(t *testing.T) {
	schema, err := query.ParseMapping([]byte(`{"a":{"type":"text"},"b":{"type":"text"}}`))
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(13, 2))
	tagged := 0
	for range 3000 {
		doc := map[string][]string{}
		for _, field := range []string{"a", "b"} {
			for range r.IntN(3) {
				var text strings.Builder
				for range r.IntN(6) {
					text.WriteString([]string{"", ". ", "  ", " é"}[r.IntN(4)])
					w := vocabulary[r.IntN(len(vocabulary))]
					if r.IntN(4) == 0 {
						w = strings.ToUpper(w)
					}
					text.WriteString(" " + w)
				}
				doc[field] = append(doc[field], text.String())
			}
		}
		clause := randomClause(r, 3)
		found, want := map[string][]string{}, map[string]any{}
		if clause.met(doc, found) {
			for field, values := range doc {
				if list := naive(values, found[field]); list != nil {
					want[field] = list
				}
			}
		}
		raw, _ := json.Marshal(doc)
		for _, schema := range []*query.Schema{schema, nil} {
			got := highlighted(schema, clause.json(), `{"number_of_fragments":0,"fields":{"*":{}}}`, string(raw))
			parsed := map[string]any{}
			if got != "" {
				tagged++
				if err := json.Unmarshal([]byte(got), &parsed); err != nil {
					t.Fatal(got)
				}
			}
			if !reflect.DeepEqual(parsed, want) {
				t.Fatalf("%s\n%s\n got %s\nwant %v", clause.json(), raw, got, want)
			}
		}
	}
	if tagged < 1000 {
		t.Errorf("only %d documents have highlights", tagged)
	}
}
