package query

import (
	"math"
	"slices"
	"strings"
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
