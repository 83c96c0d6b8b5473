package query

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Scores of random queries against their definitions, see scoredefinition_test.go.

// naiveQuery makes random queries, each with its definition.
type naiveQuery struct {
	*rand.Rand
	docs   naiveDocs
	nested naiveDocs
}

func (q *naiveQuery) word() string {
	return string([]byte{"ab"[q.IntN(2)], "ab"[q.IntN(2)], "abc"[q.IntN(3)]})
}

type object = map[string]any

// leaf returns a query on one field.
func (q *naiveQuery) leaf(docs naiveDocs, prefix string) (object, naiveScore) {
	field, word := prefix+[]string{"t", "k"}[q.IntN(2)], q.word()
	if prefix == "" && q.IntN(4) == 0 {
		field = "u"
	}
	text, boost := field, float64(1+q.IntN(3))
	if strings.HasSuffix(field, "k") {
		text = prefix + "t"
	}
	second := q.word()
	switch q.IntN(8) {
	case 0:
		return object{"term": object{field: object{"value": word, "boost": boost}}}, times(docs.term(field, word, 0), boost)
	case 1:
		return object{"match": object{text: word + " " + second}}, sum(docs.term(text, word, 0), docs.term(text, second, 0))
	case 2:
		both := func(doc map[string]any) (float64, bool) {
			a, one := docs.term(text, word, 0)(doc)
			b, other := docs.term(text, second, 0)(doc)
			return a + b, one && other
		}
		return object{"match": object{text: object{"query": word + " " + second, "operator": "and"}}}, both
	case 3:
		return object{"match_phrase": object{text: object{"query": word + " " + second, "boost": boost}}},
			times(docs.phrase(text, []string{word, second}), boost)
	case 4:
		return object{"match": object{field: object{"query": word, "fuzziness": 1}}}, docs.fuzzy(field, word)
	case 5:
		found := func(doc map[string]any) (float64, bool) {
			_, ok := docs.term(field, word, 0)(doc)
			return boost, ok
		}
		return object{"terms": object{field: []string{word}, "boost": boost}}, found
	case 6:
		begins := func(doc map[string]any) (float64, bool) {
			words, _ := naiveTokens(doc, field)
			return 1, slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, word[:2]) })
		}
		return object{"prefix": object{field: word[:2]}}, begins
	}
	return object{"match_all": object{"boost": boost}}, func(map[string]any) (float64, bool) { return boost, true }
}

// query returns a query of queries.
func (q *naiveQuery) query(depth int) (object, naiveScore) {
	if depth == 0 || q.IntN(3) == 0 {
		return q.leaf(q.docs, "")
	}
	one, a := q.query(depth - 1)
	two, b := q.query(depth - 1)
	switch q.IntN(9) {
	case 0:
		return object{"bool": object{"should": []any{one, two}, "boost": 2}}, times(sum(a, b), 2)
	case 1:
		return object{"bool": object{"must": one, "should": two}}, func(doc map[string]any) (float64, bool) {
			_, ok := a(doc)
			score, _ := sum(a, b)(doc)
			return score, ok
		}
	case 2:
		return object{"bool": object{"must": one, "filter": two}}, func(doc map[string]any) (float64, bool) {
			must, ok := a(doc)
			_, also := b(doc)
			return must, ok && also
		}
	case 3:
		return object{"bool": object{"should": one, "must_not": two}}, func(doc map[string]any) (float64, bool) {
			score, ok := a(doc)
			_, not := b(doc)
			return score, ok && !not
		}
	case 4:
		return object{"dis_max": object{"queries": []any{one, two}, "tie_breaker": 0.25}}, dismax(0.25, a, b)
	case 5:
		return object{"boosting": object{"positive": one, "negative": two, "negative_boost": 0.5}},
			func(doc map[string]any) (float64, bool) {
				score, ok := a(doc)
				if _, negative := b(doc); negative {
					score /= 2
				}
				return score, ok
			}
	case 6:
		return q.ofNested()
	case 7:
		return q.ofFields()
	}
	return object{"constant_score": object{"filter": one, "boost": 3}}, func(doc map[string]any) (float64, bool) {
		_, ok := a(doc)
		return 3, ok
	}
}

// ofNested returns a query on nested objects.
func (q *naiveQuery) ofNested() (object, naiveScore) {
	inner, score := q.leaf(q.nested, "o.")
	mode := []string{"avg", "sum", "min", "max", "none"}[q.IntN(5)]
	return object{"nested": object{"path": "o", "query": inner, "score_mode": mode}},
		func(doc map[string]any) (float64, bool) {
			var list []float64
			objects, _ := doc["o"].([]any)
			for _, o := range objects {
				if one, ok := score(o.(map[string]any)); ok {
					list = append(list, one)
				}
			}
			if len(list) == 0 || mode == "none" {
				return 0, len(list) > 0
			}
			total := 0.0
			for _, one := range list {
				total += one
			}
			return map[string]float64{
				"avg": total / float64(len(list)), "sum": total, "min": slices.Min(list), "max": slices.Max(list),
			}[mode], true
		}
}

// ofFields returns a query on several fields.
func (q *naiveQuery) ofFields() (object, naiveScore) {
	word, second := q.word(), q.word()
	form := []string{"best_fields", "most_fields", "cross_fields"}[q.IntN(3)]
	in := func(f string) naiveScore { return sum(q.docs.term(f, word, 0), q.docs.term(f, second, 0)) }
	score := map[string]naiveScore{
		"best_fields": dismax(0, in("t"), times(in("u"), 2)), "most_fields": sum(in("t"), times(in("u"), 2)),
		"cross_fields": sum(q.docs.crossed(word, []string{"t", "u"}), q.docs.crossed(second, []string{"t", "u"})),
	}[form]
	fields := []string{"t", "u^2"}
	if form == "cross_fields" {
		fields = []string{"t", "u"}
	}
	return object{"multi_match": object{"query": word + " " + second, "fields": fields, "type": form}}, score
}

// document makes a random document, or nested object.
func (q *naiveQuery) document(isNested bool) map[string]any {
	text := func() string {
		words := make([]string, q.IntN(8))
		if q.IntN(10) == 0 {
			words = make([]string, 30+q.IntN(60))
		}
		for i := range words {
			words[i] = q.word()
		}
		return strings.Join(words, " ")
	}
	doc := map[string]any{}
	for _, f := range []string{"t", "u", "k"} {
		value := text
		if f == "k" {
			value = q.word
		}
		switch q.IntN(4) {
		case 0:
		case 1:
			doc[f] = []any{value(), value(), value()}
		default:
			doc[f] = value()
		}
	}
	if isNested {
		return doc
	}
	var objects []any
	for range q.IntN(4) {
		o := q.document(true)
		objects = append(objects, o)
		q.nested = append(q.nested, o)
	}
	doc["o"] = objects
	return doc
}

func TestScoresNaive(t *testing.T) {
	schema, err := ParseMapping([]byte(naiveMapping))
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for seed := range uint64(20) {
		q := &naiveQuery{Rand: rand.New(rand.NewPCG(seed, 1))}
		raw := [][]byte{}
		for range 1 + q.IntN(25) {
			doc := q.document(false)
			q.docs, raw = append(q.docs, doc), append(raw, mustJSON(doc))
		}
		for range 30 {
			text, want := q.query(2)
			parsed, err := ParseElasticsearch(mustJSON(text))
			if err != nil {
				t.Fatal(err)
			}
			if difference := scoresDiffer(parsed, schema, raw, q.docs, want, &compared); difference != "" {
				t.Fatalf("seed %d: %s\n%s", seed, mustJSON(text), difference)
			}
		}
	}
	t.Logf("%d scores are compared", compared)
}

// scoresDiffer says which document scores otherwise than by definition, "" if none does.
func scoresDiffer(
	q *Query, schema *Schema, raw [][]byte, docs naiveDocs, want naiveScore, compared *int,
) string {
	o := &Options{Schema: schema}
	s, err := NewScorer(q, o)
	if err != nil {
		return err.Error()
	}
	m, err := Compile(q, o)
	if err != nil {
		return err.Error()
	}
	if s.NeedsStatistics() {
		for _, doc := range raw {
			s.Observe("id", doc)
		}
	}
	s.Settle()
	for i, doc := range raw {
		score, ok, err := s.Score("id", doc)
		naive, matches := want(docs[i])
		switch {
		case err != nil:
			return err.Error()
		case ok != matches || ok != m.Match("id", doc):
			return fmt.Sprintf("%s: matches %t, want %t", doc, ok, matches)
		case ok && math.Abs(float64(score)-naive) > 1e-5*naive:
			return fmt.Sprintf("%s: %v, want %v", doc, score, naive)
		}
		if ok {
			*compared++
		}
	}
	return ""
}
