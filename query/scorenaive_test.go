package query

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Scores against the formulas, in double precision, by someone who reads each document anew for each of them.

const naiveMapping = `{"t":{"type":"text"},"u":{"type":"text","norms":false},"k":{"type":"keyword"},
	"n":{"type":"integer"},"o":{"type":"nested","properties":{"t":{"type":"text"},"k":{"type":"keyword"}}}}`

// naiveDocs are documents, or nested objects, which score among themselves.
type naiveDocs []map[string]any

// naiveScore says how well a document matches; ok is false if it does not.
type naiveScore func(doc map[string]any) (score float64, ok bool)

func naiveValues(doc map[string]any, field string) []string {
	switch v := doc[strings.TrimPrefix(field, "o.")].(type) {
	case string:
		return []string{v}
	case []any:
		var list []string
		for _, e := range v {
			list = append(list, e.(string))
		}
		return list
	}
	return nil
}

// naiveTokens returns the words of a field with their positions; each value of a keyword is one, and there once.
func naiveTokens(doc map[string]any, field string) (words []string, positions []int) {
	at := 0
	for _, v := range naiveValues(doc, field) {
		if strings.HasSuffix(field, "k") {
			if !slices.Contains(words, v) {
				words = append(words, v)
			}
			continue
		}
		for _, w := range strings.Fields(v) {
			words, positions = append(words, w), append(positions, at)
			at++
		}
		at += 100
	}
	return words, positions
}

// naiveLength is a length with four significant bits beyond 40.
func naiveLength(n int) float64 {
	if n <= 40 {
		return float64(n)
	}
	step := math.Pow(2, math.Floor(math.Log2(float64(n-24)))-3)
	return 24 + math.Floor(float64(n-24)/step)*step
}

func count(words []string, word string) (n int) {
	for _, w := range words {
		if w == word {
			n++
		}
	}
	return n
}

// statistics returns how many documents have a field, how many tokens there are, and how many have a word.
func (docs naiveDocs) statistics(field, word string) (all, tokens, have int) {
	for _, d := range docs {
		words, _ := naiveTokens(d, field)
		if len(words) > 0 {
			all++
		}
		tokens += len(words)
		if slices.Contains(words, word) {
			have++
		}
	}
	return all, tokens, have
}

func naiveIDF(all, have int) float64 {
	return math.Log(1 + (float64(all)-float64(have)+0.5)/(float64(have)+0.5))
}

// bm25 returns the score of what is freq times in a field, and has an inverse document frequency.
func (docs naiveDocs) bm25(doc map[string]any, field string, freq, idf float64) float64 {
	all, tokens, _ := docs.statistics(field, "")
	words, _ := naiveTokens(doc, field)
	length := naiveLength(len(words))
	if strings.HasSuffix(field, "k") || field == "u" {
		length = 1
	}
	average := float64(tokens) / float64(all)
	return 2.2 * idf * freq / (freq + 1.2*(0.25+0.75*length/average))
}

// term scores a word, which is taken to be in have documents; 0: in as many as it is.
func (docs naiveDocs) term(field, word string, have int) naiveScore {
	return func(doc map[string]any) (float64, bool) {
		words, _ := naiveTokens(doc, field)
		freq := count(words, word)
		if freq == 0 {
			return 0, false
		}
		all, _, n := docs.statistics(field, word)
		if have > 0 {
			n = have
		}
		return docs.bm25(doc, field, float64(freq), naiveIDF(all, n)), true
	}
}

func (docs naiveDocs) phrase(field string, phrase []string) naiveScore {
	return func(doc map[string]any) (float64, bool) {
		words, positions := naiveTokens(doc, field)
		freq := 0
		for i := range words {
			if i+len(phrase) <= len(words) && slices.Equal(words[i:i+len(phrase)], phrase) &&
				positions[i+len(phrase)-1]-positions[i] == len(phrase)-1 {
				freq++
			}
		}
		idf := 0.0
		for _, w := range phrase {
			all, _, n := docs.statistics(field, w)
			idf += naiveIDF(all, n)
		}
		if freq == 0 {
			return 0, false
		}
		return docs.bm25(doc, field, float64(freq), idf), true
	}
}

// fuzzy scores the words that one edit makes of another, each of three characters.
func (docs naiveDocs) fuzzy(field, word string) naiveScore {
	similar, most := map[string]float64{}, 0
	for _, d := range docs {
		words, _ := naiveTokens(d, field)
		for _, w := range words {
			if _, known := similar[w]; known {
				continue
			}
			off := 0
			for i := range w {
				if w[i] != word[i] {
					off++
				}
			}
			isSwap := off == 2 && (w[0] == word[1] && w[1] == word[0] || w[1] == word[2] && w[2] == word[1])
			switch {
			case off == 0:
				similar[w] = 1
			case off == 1 || isSwap:
				similar[w] = 1 - 1./3
			default:
				continue
			}
			_, _, have := docs.statistics(field, w)
			most = max(most, have)
		}
	}
	return func(doc map[string]any) (sum float64, ok bool) {
		for w, boost := range similar {
			if score, has := docs.term(field, w, most)(doc); has {
				sum, ok = sum+boost*score, true
			}
		}
		return sum, ok
	}
}

// crossed scores a word in several fields, in each of which it is taken to be about as frequent as where it is most.
func (docs naiveDocs) crossed(word string, fields []string) naiveScore {
	type of struct {
		field             string
		all, tokens, have int
	}
	var list []of
	limit, most := len(docs), 0
	for _, d := range docs {
		if o, ok := d["o"].([]any); ok {
			limit += len(o)
		}
	}
	for _, f := range fields {
		o := of{field: f}
		o.all, o.tokens, o.have = docs.statistics(f, word)
		if o.have > 0 {
			limit = min(limit, o.tokens)
		}
		most = max(most, o.have)
		list = append(list, o)
	}
	slices.SortStableFunc(list, func(a, b of) int { return b.have - a.have })
	taken, step := map[string]int{}, min(most, limit)
	for i, o := range list {
		if i > 0 && o.have < list[i-1].have {
			step++
		}
		taken[o.field] = min(step, o.all, limit)
	}
	return func(doc map[string]any) (best float64, ok bool) {
		for _, f := range fields {
			if score, has := docs.term(f, word, taken[f])(doc); has {
				best, ok = max(best, score), true
			}
		}
		return best, ok
	}
}

func sum(list ...naiveScore) naiveScore {
	return func(doc map[string]any) (sum float64, ok bool) {
		for _, s := range list {
			if score, has := s(doc); has {
				sum, ok = sum+score, true
			}
		}
		return sum, ok
	}
}

func times(s naiveScore, factor float64) naiveScore {
	return func(doc map[string]any) (float64, bool) {
		score, ok := s(doc)
		return score * factor, ok
	}
}

func dismax(share float64, list ...naiveScore) naiveScore {
	return func(doc map[string]any) (float64, bool) {
		all, ok := sum(list...)(doc)
		best := 0.0
		for _, s := range list {
			if score, has := s(doc); has {
				best = max(best, score)
			}
		}
		return best + share*(all-best), ok
	}
}

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

// functions of function_score, by hand.
func TestFunctionScore(t *testing.T) {
	schema, err := ParseMapping([]byte(`{"n":{"type":"double"},"d":{"type":"date"},"p":{"type":"geo_point"},
		"k":{"type":"keyword"}}`))
	if err != nil {
		t.Fatal(err)
	}
	const doc = `{"n":[8,4],"d":"2024-01-11","p":{"lat":1,"lon":0},"k":"a"}`
	for _, c := range []struct {
		function string
		want     float64
	}{
		{`{}`, 1},
		{`{"weight":3}`, 3},
		{`{"weight":3,"boost":2}`, 6},
		{`{"field_value_factor":{"field":"n"}}`, 4},
		{`{"field_value_factor":{"field":"n","factor":2,"modifier":"square"}}`, 64},
		{`{"field_value_factor":{"field":"n","modifier":"log1p"}}`, math.Log10(5)},
		{`{"field_value_factor":{"field":"m","missing":7}}`, 7},
		{`{"gauss":{"n":{"origin":0,"scale":4}}}`, 0.5},
		{`{"gauss":{"n":{"origin":0,"scale":2,"decay":0.25}}}`, math.Pow(0.25, 4)},
		{`{"exp":{"n":{"origin":1,"scale":1,"offset":1,"decay":0.1}}}`, 0.01},
		{`{"linear":{"n":{"origin":2,"scale":4,"decay":0.5}}}`, 0.75},
		{`{"linear":{"n":{"origin":100,"scale":4}}}`, 0},
		{`{"linear":{"n":{"origin":6,"scale":4},"multi_value_mode":"sum"}}`, 0.5},
		{`{"linear":{"d":{"origin":"2024-01-01","scale":"10d"}}}`, 0.5},
		{`{"exp":{"d":{"origin":"2024-01-11","scale":"10d"}}}`, 1},
		{`{"exp":{"p":{"origin":"0,0","scale":"111195.0777m"}}}`, 0.5},
		{`{"functions":[{"weight":2},{"filter":{"term":{"k":"a"}},"weight":3},{"filter":{"term":{"k":"b"}},"weight":5}]}`, 6},
		{`{"functions":[{"weight":2},{"weight":3}],"score_mode":"sum"}`, 5},
		{`{"functions":[{"weight":2,"field_value_factor":{"field":"n"}},{"weight":3}],"score_mode":"avg"}`, 11. / 5},
		{`{"functions":[{"weight":2},{"weight":3}],"score_mode":"max"}`, 3},
		{`{"functions":[{"weight":2},{"weight":3}],"score_mode":"min"}`, 2},
		{`{"functions":[{"filter":{"term":{"k":"b"}},"weight":9},{"weight":3},{"weight":4}],"score_mode":"first"}`, 3},
		{`{"weight":8,"max_boost":5}`, 5},
		{`{"query":{"constant_score":{"filter":{"match_all":{}},"boost":4}},"weight":2,"boost_mode":"sum"}`, 6},
		{`{"query":{"constant_score":{"filter":{"match_all":{}},"boost":4}},"weight":2,"boost_mode":"avg"}`, 3},
		{`{"query":{"constant_score":{"filter":{"match_all":{}},"boost":4}},"weight":2,"boost_mode":"replace"}`, 2},
		{`{"query":{"constant_score":{"filter":{"match_all":{}},"boost":4}},"weight":2,"boost_mode":"max"}`, 4},
		{`{"query":{"constant_score":{"filter":{"match_all":{}},"boost":4}},"weight":2,"boost_mode":"min"}`, 2},
	} {
		q, err := ParseElasticsearch([]byte(`{"function_score":` + c.function + `}`))
		if err != nil {
			t.Errorf("%s: %v", c.function, err)
			continue
		}
		want := func(map[string]any) (float64, bool) { return c.want, true }
		n := 0
		if d := scoresDiffer(q, schema, [][]byte{[]byte(doc)}, naiveDocs{{}}, want, &n); d != "" {
			t.Errorf("%s: %s", c.function, d)
		}
	}
}

// Of documents with too small a score none matches.
func TestFunctionScoreLeast(t *testing.T) {
	q, err := ParseElasticsearch([]byte(`{"function_score":{"field_value_factor":{"field":"n"},"min_score":3}}`))
	if err != nil {
		t.Fatal(err)
	}
	m, err := Compile(q, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m.Match("a", []byte(`{"n":2}`)) || !m.Match("a", []byte(`{"n":3}`)) {
		t.Error("min_score does not count")
	}
	q, err = ParseElasticsearch([]byte(`{"function_score":{"query":{"match":{"t":"a"}},"min_score":3}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = Compile(q, nil); err == nil || !strings.Contains(err.Error(), "min_score") {
		t.Error(err)
	}
}

func TestFunctionScoreErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{"random_score":{}}`: "[random_score] is not supported",
		`{"nope":{}}`:         "does not support [nope]",
		`{"functions":[{}]}`:  "missing a function",
		`{"functions":[{"filter":{"match_all":{}}}]}`:       "missing a function",
		`{"functions":{}}`:                                  "array expected",
		`{"functions":[{"weight":1}],"weight":1}`:           "beside the [functions] array",
		`{"weight":-1}`:                                     "cannot be negative",
		`{"gauss":{"n":{"origin":1}}}`:                      "[scale] must be set",
		`{"gauss":{"n":{"origin":1,"scale":1,"decay":1}}}`:  "decay must be in the range",
		`{"gauss":{"n":{"scale":1}}}`:                       "both [scale] and [origin] must be set",
		`{"gauss":{"n":{"origin":1,"scale":0}}}`:            "scale must be > 0.0",
		`{"field_value_factor":{}}`:                         "required field 'field' missing",
		`{"score_mode":"median","weight":1}`:                "illegal score_mode",
		`{"exp":{"n":{"origin":1,"scale":1}},"linear":{}}`:  "already found another function",
		`{"field_value_factor":{"field":"n","modifier":1}}`: "unknown modifier",
	} {
		q, err := ParseElasticsearch([]byte(`{"function_score":` + text + `}`))
		if err == nil {
			_, err = NewScorer(q, nil)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	q, err := ParseElasticsearch([]byte(`{"function_score":{"field_value_factor":{"field":"n"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewScorer(q, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Settle()
	for _, doc := range []string{`{}`, `{"n":-1}`} {
		if _, _, err := s.Score("a", json.RawMessage(doc)); err == nil {
			t.Errorf("%s: no error", doc)
		}
	}
}

// Scores that are worked out by hand from the formula: idf for n of N documents, times 2.2 / (1 + 1.2 · (0.25 + 0.75 ·
// length / average length)).
func TestScoreOfKinds(t *testing.T) {
	schema, err := ParseMapping([]byte(`{"f":{"type":"flattened"},"b":{"type":"boolean"},"n":{"type":"integer"},
		"k":{"type":"keyword","similarity":"boolean"},"t":{"type":"text","similarity":"boolean"},
		"d":{"type":"text","index_options":"docs"},"o":{"type":"nested","properties":{"n":{"type":"integer"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	docs := [][]byte{
		[]byte(`{"f":{"a":"x","b":{"c":["y","z"]}},"b":[true,false],"n":1,"k":"x","t":"x x","d":"x x y","o":[{"n":1},{"n":2}]}`),
		[]byte(`{"f":{"a":"y"},"b":true,"n":2,"k":"y","t":"y","d":"y"}`),
		[]byte(`{"f":{"b":"x"}}`),
	}
	score := func(all, have int, length, average float64) float64 {
		return naiveIDF(all, have) * 2.2 / (1 + 1.2*(0.25+0.75*length/average))
	}
	for _, c := range []struct {
		query string
		want  float64 // of the first document
	}{
		{`{"term":{"f":"x"}}`, score(3, 2, 1, 5./3)},
		{`{"term":{"f.a":"x"}}`, score(3, 1, 1, 5./3)},
		{`{"term":{"f.b.c":"y"}}`, score(3, 1, 1, 5./3)},
		{`{"term":{"b":true}}`, score(2, 2, 1, 3./2)},
		{`{"term":{"b":"false"}}`, score(2, 1, 1, 3./2)},
		{`{"match":{"n":1}}`, 1},
		{`{"term":{"k":{"value":"x","boost":3}}}`, 3},
		{`{"match":{"t":{"query":"x","boost":3}}}`, 3},
		{`{"match":{"d":"x"}}`, score(2, 1, 2, 3./2)},
		{`{"query_string":{"query":"d:x^2 OR n:1"}}`, 1 + 2*score(2, 1, 2, 3./2)},
		{`{"query_string":{"query":"(d:x)^2"}}`, 2 * score(2, 1, 2, 3./2)},
		{`{"query_string":{"query":"n:[1 TO 2]^3"}}`, 3},
		{`{"query_string":{"query":"-n:2"}}`, 0},
		{`{"simple_query_string":{"query":"-nope","fields":["d"]}}`, 1},
		{`{"nested":{"path":"o","score_mode":"sum","query":{"range":{"o.n":{"gte":1,"boost":2}}}}}`, 4},
		{`{"bool":{"filter":{"match":{"d":"x"}}}}`, 0},
		{`{"match":{"d":{"query":"z","fuzziness":1,"fuzzy_rewrite":"constant_score"}}}`, 1},
		{`{"match":{"d":{"query":"xz","fuzziness":1,"fuzzy_rewrite":"scoring_boolean"}}}`, score(2, 1, 2, 3./2)},
		{`{"query_string":{"query":"d:x*","rewrite":"scoring_boolean"}}`, score(2, 1, 2, 3./2)},
		{`{"prefix":{"d":{"value":"x","rewrite":"scoring_boolean","boost":2}}}`, 2 * score(2, 1, 2, 3./2)},
		{`{"prefix":{"f":{"value":"x","rewrite":"top_terms_5"}}}`, score(3, 2, 1, 5./3)},
		{`{"prefix":{"f":{"value":"x","rewrite":"top_terms_boost_5"}}}`, 1},
		{`{"bool":{}}`, 1},
		{`{"exists":{"field":"n","boost":2.5}}`, 2.5},
	} {
		q, err := ParseElasticsearch([]byte(c.query))
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewScorer(q, &Options{Schema: schema})
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range docs {
			s.Observe("id", doc)
		}
		s.Settle()
		got, ok, err := s.Score("id", docs[0])
		if err != nil || !ok || math.Abs(float64(got)-c.want) > 1e-5*c.want {
			t.Errorf("%s: %v %t %v, want %v", c.query, got, ok, err, c.want)
		}
	}
}

// Any number of goroutines may ask for scores.
func TestScoreConcurrently(t *testing.T) {
	q, err := ParseElasticsearch([]byte(`{"bool":{"should":[{"match":{"t":{"query":"aab","fuzziness":1}}},
		{"match_phrase":{"t":{"query":"a b","slop":2}}},{"match_phrase_prefix":{"t":"b a"}}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewScorer(q, nil)
	if err != nil {
		t.Fatal(err)
	}
	doc := []byte(`{"t":"a b aac aab b aaa"}`)
	s.Observe("id", doc)
	s.Settle()
	want, _, _ := s.Score("id", doc)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				if got, ok, err := s.Score("id", doc); got != want || !ok || err != nil {
					t.Error(got, ok, err)
				}
			}
		})
	}
	all.Wait()
}
