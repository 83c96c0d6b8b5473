package main

import "strings"

// Random queries: each as JSON for this project, and as the program reads them (java/Queries.java).

// clause is one.
type clause struct {
	json   object
	lucene []byte
}

// boosted gives a query a boost now and then, which stands in the object of its parameters.
func (g *collections) boosted(q clause, parameters object) clause {
	if g.IntN(3) > 0 {
		return q
	}
	boost := []float32{0, 0.5, 1, 2, 3.25}[g.IntN(5)]
	parameters["boost"] = boost
	return clause{q.json, put(nil, "boost", q.lucene, boost)}
}

// query returns a query of queries, which are so deep at most.
func (g *collections) query(depth int) clause {
	if depth == 0 || g.IntN(3) == 0 {
		return g.leaf()
	}
	switch g.IntN(6) {
	case 0, 1:
		return g.bool(depth - 1)
	case 2:
		return g.disMax(depth - 1)
	case 3:
		return g.boosting(depth - 1)
	case 4:
		q := g.query(depth - 1)
		parameters := object{"filter": q.json}
		return g.boosted(clause{object{"constant_score": parameters}, put(nil, "constant_score", q.lucene)}, parameters)
	}
	return g.multiMatch()
}

func (g *collections) bool(depth int) clause {
	parameters := object{}
	var clauses []byte
	n, should := 0, 0
	for _, kind := range []string{"must", "should", "should", "filter", "must_not"} {
		if g.IntN(2) == 0 {
			continue
		}
		q := g.query(depth)
		list, _ := parameters[kind].([]any)
		parameters[kind], clauses = append(list, q.json), put(clauses, strings.ToUpper(kind), q.lucene)
		if n++; kind == "should" {
			should++
		}
	}
	if n == 0 {
		return clause{object{"bool": parameters}, put(nil, "match_all")}
	}
	least := 0
	if should > 0 && g.IntN(3) == 0 {
		least = 1 + g.IntN(2)
		parameters["minimum_should_match"] = least
	}
	return g.boosted(clause{object{"bool": parameters}, put(nil, "bool", n, clauses, least)}, parameters)
}

func (g *collections) disMax(depth int) clause {
	share := []float32{0, 0.3, 1}[g.IntN(3)]
	var list []any
	var queries []byte
	for range 1 + g.IntN(3) {
		q := g.query(depth)
		list, queries = append(list, q.json), put(queries, q.lucene)
	}
	parameters := object{"queries": list, "tie_breaker": share}
	return g.boosted(clause{object{"dis_max": parameters}, put(nil, "dis_max", share, len(list), queries)}, parameters)
}

func (g *collections) boosting(depth int) clause {
	positive, negative, factor := g.query(depth), g.query(depth), []float32{0.25, 0.7}[g.IntN(2)]
	parameters := object{"positive": positive.json, "negative": negative.json, "negative_boost": factor}
	return g.boosted(clause{object{"boosting": parameters},
		put(nil, "boosting", positive.lucene, negative.lucene, factor)}, parameters)
}

// most returns how many terms something stands for.
func (g *collections) most() int { return []int{1, 2, 3, 50}[g.IntN(4)] }

// field returns a field; if it is for phrases, one that has positions.
func (g *collections) field(forPhrases bool) *field {
	for {
		if f := &fields[g.IntN(len(fields))]; !forPhrases || f.hasPhrases() {
			return f
		}
	}
}

func (g *collections) leaf() clause {
	switch g.IntN(10) {
	case 0:
		parameters := object{}
		return g.boosted(clause{object{"match_all": parameters}, put(nil, "match_all")}, parameters)
	case 1:
		return g.ofTerm("term", "value")
	case 2:
		return g.ofTerm("prefix", "value")
	case 3:
		return g.fuzzy()
	case 4, 5:
		return g.phraseQuery(g.field(true))
	case 6:
		f, word := g.field(false), g.word()
		parameters := object{f.name: []any{word}}
		return g.boosted(clause{object{"terms": parameters}, put(nil, "terms", f.name, word)}, parameters)
	}
	return g.match(g.field(false))
}

// ofTerm returns a query on a term as it is.
func (g *collections) ofTerm(name, key string) clause {
	f, word := g.field(false), g.word()
	if runes := []rune(word); name == "prefix" {
		word = string(runes[:1+g.IntN(len(runes))])
	}
	parameters := object{key: word}
	return g.boosted(clause{object{name: object{f.name: parameters}}, put(nil, name, f.name, word)}, parameters)
}

// fuzziness returns how many edits there are, as JSON and as Lucene has it: 3 is AUTO.
func (g *collections) fuzziness() (any, int) {
	edits := g.IntN(4)
	if edits == 3 {
		return "AUTO", edits
	}
	return edits, edits
}

func (g *collections) fuzzy() clause {
	f, word, prefix, swaps, most := g.field(false), g.word(), g.IntN(3), g.IntN(3) > 0, g.most()
	shown, edits := g.fuzziness()
	parameters := object{
		"value": word, "fuzziness": shown, "prefix_length": prefix, "transpositions": swaps, "max_expansions": most,
	}
	return g.boosted(clause{object{"fuzzy": object{f.name: parameters}},
		put(nil, "fuzzy", f.name, word, edits, prefix, swaps, most)}, parameters)
}

// match returns a query on the words of a text.
func (g *collections) match(f *field) clause {
	text, analyzer, every, least := g.phrase(5), "", g.IntN(3) == 0, 0
	if f.kind == "keyword" {
		text = g.word()
	}
	parameters := object{"query": text}
	if g.IntN(5) == 0 && f.kind == "text" {
		analyzer = []string{"standard", "simple", "whitespace", "stop", "keyword"}[g.IntN(5)]
		parameters["analyzer"] = analyzer
	}
	if every {
		parameters["operator"] = "and"
	} else if g.IntN(3) == 0 {
		least = 1 + g.IntN(3)
		parameters["minimum_should_match"] = least
	}
	edits, prefix, swaps, most := -1, 0, true, 50
	if g.IntN(3) == 0 {
		prefix, swaps, most = g.IntN(2), g.IntN(3) > 0, g.most()
		parameters["fuzziness"], edits = g.fuzziness()
		parameters["prefix_length"], parameters["fuzzy_transpositions"] = prefix, swaps
		parameters["max_expansions"] = most
	}
	return g.boosted(clause{object{"match": object{f.name: parameters}},
		put(nil, "match", f.name, text, analyzer, every, least, edits, prefix, swaps, most)}, parameters)
}

// phraseQuery returns a query on words in their order, or on the beginning of a word.
func (g *collections) phraseQuery(f *field) clause {
	text := g.phrase(6)
	parameters := object{"query": text}
	if g.IntN(4) == 0 {
		every := g.IntN(2) == 0
		if every {
			parameters["operator"] = "and"
		}
		return g.boosted(clause{object{"match_bool_prefix": object{f.name: parameters}},
			put(nil, "match_bool_prefix", f.name, text, every)}, parameters)
	}
	slop := []int{0, 0, 1, 2, 3, 5, 20, 101}[g.IntN(8)]
	parameters["slop"] = slop
	if g.IntN(3) == 0 {
		most := g.most()
		parameters["max_expansions"] = most
		return g.boosted(clause{object{"match_phrase_prefix": object{f.name: parameters}},
			put(nil, "match_phrase_prefix", f.name, text, slop, most)}, parameters)
	}
	return g.boosted(clause{object{"match_phrase": object{f.name: parameters}},
		put(nil, "match_phrase", f.name, text, slop)}, parameters)
}

// multiMatch returns a query on two fields, which Elasticsearch makes a dis_max of.
func (g *collections) multiMatch() clause {
	one, two := g.field(true), g.field(true)
	for one == two {
		two = g.field(true)
	}
	text, kind := g.phrase(4), []string{"best_fields", "most_fields", "phrase", "bool_prefix"}[g.IntN(4)]
	share := map[string]float32{"most_fields": 1, "bool_prefix": 1}[kind]
	parameters := object{"query": text, "type": kind, "fields": []string{one.name, two.name + "^2"}}
	in := func(f *field) []byte {
		switch kind {
		case "phrase":
			return put(nil, "match_phrase", f.name, text, 0)
		case "bool_prefix":
			return put(nil, "match_bool_prefix", f.name, text, 0)
		}
		return put(nil, "match", f.name, text, "", 0, 0, -1, 0, 1, 50)
	}
	q := put(nil, "dis_max", share, 2, in(one), "boost", in(two), float32(2))
	return g.boosted(clause{object{"multi_match": parameters}, q}, parameters)
}
