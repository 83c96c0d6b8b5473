package query

import (
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/query/internal/bm25"
)

// The terms that a pattern stands for in a collection, where each has a score: those of a fuzzy word, and of the
// beginning of a word at the end of a phrase.

// expansions are these terms. They are found while documents are observed.
type expansions struct {
	list    []*expansion
	byTerm  map[string]int // in list
	boost   func(term []byte) float32
	settled bool
}

// expansion is one of them.
type expansion struct {
	term      string
	boost     float32
	documents int // that have it
	constant  float32
	weight    *bm25.Weight // nil: it scores constant
}

// expanding is how the terms of a pattern score (Elasticsearch: rewrite).
type expanding struct {
	boost     func(term []byte) float32 // nil: all weigh the same
	blended   bool                      // each counts as if it were in as many documents as the most frequent one
	boostOnly bool                      // each scores its boost
	constant  bool                      // all score 1, whatever there is of them
	most      int                       // how many of them score, the first by their bytes; 0: all
}

func newExpansions(boost func([]byte) float32) *expansions {
	return &expansions{byTerm: map[string]int{}, boost: boost}
}

// at returns the number of a term, -1 for one that no document had.
func (e *expansions) at(term []byte) int {
	if n, ok := e.byTerm[string(term)]; ok {
		return n
	}
	if e.settled {
		return -1
	}
	one := &expansion{term: string(term), boost: 1}
	if e.boost != nil {
		one.boost = e.boost(term)
	}
	e.byTerm[one.term] = len(e.list)
	e.list = append(e.list, one)
	return len(e.list) - 1
}

// first returns so many terms at most, the first by their bytes.
func (e *expansions) first(most int) []*expansion {
	if e == nil {
		return nil
	}
	e.settled = true
	sorted := slices.SortedFunc(slices.Values(e.list), func(a, b *expansion) int { return strings.Compare(a.term, b.term) })
	return sorted[:min(most, len(sorted))]
}

// settle gives the terms their weights.
func (e *expansions) settle(f *bm25.Field, boost float32, how expanding) {
	e.settled = true
	n := 0
	for _, t := range e.list {
		n = max(n, t.documents)
	}
	scoring := e.list
	if how.most > 0 {
		scoring = e.first(how.most)
	}
	for _, t := range scoring {
		if how.boostOnly {
			t.constant = boost * t.boost
			continue
		}
		if !how.blended {
			n = t.documents
		}
		w := f.Weight(boost*t.boost, bm25.IDF(f.Docs, n))
		t.weight = &w
	}
}

func (t *expansion) score(freq float32, norm byte) float32 {
	if t.weight == nil {
		return t.constant
	}
	return t.weight.Score(freq, norm)
}

// expandingOf is expanding for the text as a kind of fields has it.
func (p *pattern) expandingOf(k kind) expanding {
	if k, ok := k.(interface{ queried(string) []byte }); ok {
		return p.expanding(string(k.queried(p.text)))
	}
	return p.expanding(p.text)
}

// expanding returns how the terms score that the pattern of a text stands for.
func (p *pattern) expanding(text string) expanding {
	how := expanding{}
	if p.clause == clauseFuzzy {
		how.boost = p.boosts(text)
	}
	switch rewrite := p.rewrite; {
	case rewrite == "" && p.clause != clauseFuzzy:
		how.constant = true
	case rewrite == "" || strings.HasPrefix(rewrite, "top_terms_blended_freqs_"):
		how.blended = true
	case strings.HasPrefix(rewrite, "top_terms_boost_"):
		how.boostOnly = true
	case strings.HasPrefix(rewrite, "constant_score"):
		how.constant = true
	case rewrite == "scoring_boolean":
		how.boost = nil
	}
	return how
}

// boosts returns the boost of each term that is similar to the text.
func (p *pattern) boosts(text string) func(term []byte) float32 {
	l := p.similar(text)
	return func(term []byte) float32 {
		n, _ := l.Distance(term)
		return max(l.Boost(term, n), 0)
	}
}
