package query

import (
	"errors"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/query/internal/automaton"
)

func fuzzinessOf(edits int) automaton.Fuzziness {
	f, err := automaton.NumberFuzziness(float64(edits))
	if err != nil {
		panic(err)
	}
	return f
}

// The document of the table.
const novel = `{"title":"The Quick-Brown Fox","lines":["new york","city hall, New Town"],"n":5,"sold":true,"pages":"5",` +
	`"deep":[{"text":"one two"},{"text":"three \u0066our"}],"none":null,"long":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","tags":["alpha","beta"]}`

func TestMatchClauses(t *testing.T) {
	for _, c := range []struct {
		query string
		want  bool
	}{
		{`{"match":{"title":"FOX"}}`, true},
		{`{"match":{"title":"foxes brown"}}`, true},
		{`{"match":{"long":"` + strings.Repeat("y", 80) + ` ` + strings.Repeat("x", 70) + `"}}`, true},
		{`{"match":{"long":"` + strings.Repeat("x", 69) + `"}}`, false},
		{`{"match":{"title":{"query":"foxes brown","operator":"and"}}}`, false},
		{`{"match":{"title":{"query":"fox the","operator":"AND"}}}`, true},
		{`{"match":{"title":{"query":"fox the slow","minimum_should_match":"-1"}}}`, true},
		{`{"match":{"title":{"query":"fox the slow","minimum_should_match":3}}}`, false},
		{`{"match":{"title":{"query":"fox","minimum_should_match":3}}}`, true},
		{`{"match":{"title":{"query":"fox fox","minimum_should_match":2}}}`, true},
		{`{"match":{"title":{"query":"fox the","operator":"and","minimum_should_match":1}}}`, false},
		{`{"match":{"title":{"query":"fox the","operator":"and","minimum_should_match":"50%"}}}`, true},
		{`{"match":{"title":{"query":"fux","fuzziness":1}}}`, true},
		{`{"match":{"title":{"query":"fux","fuzziness":1,"prefix_length":2}}}`, false},
		{`{"match":{"title":{"query":"ofx","fuzziness":"AUTO"}}}`, true},
		{`{"match":{"title":{"query":"ofx","fuzziness":"AUTO","fuzzy_transpositions":false}}}`, false},
		{`{"match":{"title":{"query":"fux","fuzziness":0}}}`, false},
		{`{"match":{"title":{"query":"Fox","analyzer":"whitespace"}}}`, false},
		{`{"match":{"title":{"query":"...","zero_terms_query":"all"}}}`, true},
		{`{"match":{"title":"..."}}`, false},
		{`{"match":{"nope":{"query":"...","zero_terms_query":"ALL"}}}`, true},
		{`{"match":{"n":5}}`, true},
		{`{"match":{"n":5.0}}`, true},
		{`{"match":{"n":"5"}}`, false},
		{`{"match":{"pages":5}}`, false},
		{`{"match":{"pages":"5"}}`, true},
		{`{"match":{"sold":true}}`, true},
		{`{"match":{"sold":"true"}}`, false},
		{`{"match":{"deep.text":"four"}}`, true},
		{`{"match":{"_id":"d1"}}`, true},
		{`{"match":{"_id":"d2"}}`, false},

		{`{"match_phrase":{"title":"quick brown"}}`, true},
		{`{"match_phrase":{"title":"brown quick"}}`, false},
		{`{"match_phrase":{"title":{"query":"brown quick","slop":1}}}`, false},
		{`{"match_phrase":{"title":{"query":"brown quick","slop":2}}}`, true},
		{`{"match_phrase":{"title":"quick fox"}}`, false},
		{`{"match_phrase":{"title":{"query":"quick fox","slop":1}}}`, true},
		{`{"match_phrase":{"lines":"york city"}}`, false},
		{`{"match_phrase":{"lines":{"query":"york city","slop":99}}}`, false},
		{`{"match_phrase":{"lines":{"query":"york city","slop":100}}}`, true},
		{`{"match_phrase":{"lines":{"query":"new new","slop":500}}}`, true},
		{`{"match_phrase":{"tags":{"query":"beta beta","slop":500}}}`, false},
		{`{"match_phrase":{"lines":{"query":"new new york hall city town","slop":2147483647}}}`, true},
		{`{"match_phrase":{"title":{"query":"quick the fox","analyzer":"stop"}}}`, true},
		{`{"match_phrase":{"title":{"query":"quick fox","analyzer":"stop"}}}`, false},
		{`{"match_phrase":{"n":5}}`, true},
		{`{"match_phrase":{"title":{"query":"","zero_terms_query":"all"}}}`, true},

		{`{"match_phrase_prefix":{"title":"quick br"}}`, true},
		{`{"match_phrase_prefix":{"title":"quick fo"}}`, false},
		{`{"match_phrase_prefix":{"title":{"query":"quick fo","slop":1}}}`, true},
		{`{"match_phrase_prefix":{"title":"qui"}}`, true},
		{`{"match_phrase_prefix":{"title":{"query":"qui","max_expansions":0}}}`, false},
		{`{"match_phrase_prefix":{"lines":{"query":"city ci","slop":9}}}`, false},

		{`{"match_bool_prefix":{"title":"slow br"}}`, true},
		{`{"match_bool_prefix":{"title":{"query":"slow br","operator":"and"}}}`, false},
		{`{"match_bool_prefix":{"title":{"query":"fux br","operator":"and","fuzziness":1}}}`, true},
		{`{"match_bool_prefix":{"title":{"query":"the bx","operator":"and","fuzziness":1}}}`, false},
	} {
		q, err := ParseElasticsearch([]byte(c.query))
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		if got := matches(t, q, novel); got != c.want {
			t.Errorf("%s: %t", c.query, got)
		}
	}
}

func TestMatchErrors(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{`{"match":{"a":[]}}`, `Expected text but found START_ARRAY (at match.a)`},
		{`{"match":{"a":null}}`, `[match] requires query value (at match.a)`},
		{`{"match":{"a":{"operator":"and"}}}`, `[match] requires query value (at match.a)`},
		{`{"match":{"a":{"query":null}}}`, `[match] unknown token [VALUE_NULL] after [query] (at match.a.query)`},
		{`{"match":{"a":{"query":"x","type":"phrase"}}}`, `[match] query does not support [type] (at match.a.type)`},
		{`{"match":{"a":{"query":"x","lenient":"yes"}}}`, `Failed to parse value [yes] as only [true] or [false] are allowed. `},
		{`{"match":{"a":{"query":"x","operator":"xor"}}}`, `No enum constant org.elasticsearch.index.query.Operator.XOR `},
		{`{"match":{"a":{"query":"x","analyzer":"klingon"}}}`, `[match] analyzer [klingon] not found (at match.a.analyzer)`},
		{`{"match":{"a":{"query":"x","prefix_length":-1}}}`, `[match] requires prefix length to be non-negative. `},
		{`{"match":{"a":{"query":"x","zero_terms_query":"some"}}}`, `Unsupported zero_terms_query value [some] `},
		{`{"match":{"a":{"query":"x","fuzzy_rewrite":"some"}}}`, `failed to create query: Failed to parse rewrite_method [some] `},
		{`{"match":{"a":{"query":"x y","minimum_should_match":"2.5"}}}`, `failed to create query: For input string: "2.5" (at match.a)`},
		{`{"match_phrase":{"a":{"query":"x","slop":-1}}}`, `No negative slop allowed. `},
		{`{"match_phrase_prefix":{"a":{"query":"x","max_expansions":-1}}}`, `No negative maxExpansions allowed. `},
	} {
		q, err := ParseElasticsearch([]byte(c.query))
		if err == nil {
			_, err = Compile(q, nil)
		}
		if !errors.Is(err, ErrInvalid) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %s", c.query, err, c.want)
		}
	}
}

// someTerms are the terms of one field.
type someTerms []string

func (list someTerms) Terms(_, prefix string, yield func([]byte) bool) {
	for _, term := range list {
		if strings.HasPrefix(term, prefix) && !yield([]byte(term)) {
			return
		}
	}
}

// What stands for many words stands for the first or the most similar ones of all documents.
func TestExpansions(t *testing.T) {
	terms := someTerms{"brawn", "bread", "break", "breaks", "brown", "crown", "fox", "grown", "quick"}
	for _, c := range []struct {
		query string
		want  bool
	}{
		{`{"match_phrase_prefix":{"title":{"query":"quick br","max_expansions":4}}}`, false},
		{`{"match_phrase_prefix":{"title":{"query":"quick br","max_expansions":5}}}`, true},
		{`{"match_phrase_prefix":{"title":{"query":"br","max_expansions":4}}}`, false},
		{`{"match_phrase_prefix":{"title":{"query":"nope"}}}`, false},
		{`{"match":{"title":{"query":"browm","fuzziness":2,"max_expansions":1}}}`, true},
		{`{"match":{"title":{"query":"frown","fuzziness":1,"max_expansions":1}}}`, true},
		{`{"match":{"title":{"query":"growns","fuzziness":2,"max_expansions":1}}}`, false},
		{`{"match":{"title":{"query":"growns","fuzziness":2,"max_expansions":2}}}`, true},
		{`{"match":{"title":{"query":"frown","fuzziness":1,"prefix_length":1}}}`, false},
		{`{"match_bool_prefix":{"title":{"query":"slow br","max_expansions":1}}}`, true},
	} {
		q, err := ParseElasticsearch([]byte(c.query))
		if err != nil {
			t.Fatalf("%s: %v", c.query, err)
		}
		m, err := Compile(q, &Options{Terms: terms})
		if err != nil {
			t.Fatalf("%s: %v", c.query, err)
		}
		if got := m.Match("d1", []byte(novel)); got != c.want {
			t.Errorf("%s: %t", c.query, got)
		}
	}
}

// The words of a field are looked for in one pass that allocates nothing, whatever is asked of them.
func TestMatchTextAllocates(t *testing.T) {
	for _, q := range []*Query{
		Match("title", "slow fox"),
		MatchEvery("title", "fox brown"),
		Phrase("title", "quick brown"),
		And(Match("title", "quick"), Phrase("deep.text", "three four"), Not(MatchPrefix("lines", "yorks")), Match("lines", "hall")),
	} {
		m, err := Compile(q, nil)
		if err != nil {
			t.Fatal(err)
		}
		doc := []byte(novel)
		if !m.Match("d1", doc) {
			t.Errorf("%#v does not match", q.node)
		}
		d := new(document) // without the pool, which the race detector empties now and then
		if n := testing.AllocsPerRun(100, func() { m.match(d, "d1", doc) }); n > 0 {
			t.Errorf("%#v: %v allocations", q.node, n)
		}
	}
}

func BenchmarkMatchText(b *testing.B) {
	doc := []byte(`{"title":"` + strings.Repeat("The quick brown fox jumps over the lazy dog. ", 20) + `Then a wolf came."}`)
	for _, c := range []struct {
		name string
		q    *Query
	}{{"match", Match("title", "wolf lynx")}, {"phrase", Phrase("title", "a wolf came")}, {"miss", Match("title", "lynx")}} {
		b.Run(c.name, func(b *testing.B) {
			m, err := Compile(c.q, nil)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				m.Match("d1", doc)
			}
		})
	}
}
