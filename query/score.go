package query

import (
	"time"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/filter"
)

// Scores: how well a document matches. A condition that is compiled for scores is a part, which has the test of the
// condition and the score of what meets it. What scores need of all documents is counted first, see scoring. The formula
// is in package bm25; the files score*.go say what of a query it is used for.

// Scorer says how well documents match a query, with the scores of Elasticsearch's BM25: docs/queries.md says what each
// clause scores. It is used in three steps: Observe all documents of the collection if NeedsStatistics says so, Settle,
// and then Score.
type Scorer struct {
	matcher *Matcher
	score   score
	scoring *scoring
}

// NewScorer compiles a query for scores; see Compile for its error and cost.
func NewScorer(q *Query, o *Options) (*Scorer, error) {
	c := newCompiler(o)
	c.scoring, c.boost = &scoring{}, 1
	return c.scorer(q.root())
}

// NeedsStatistics says whether the scores depend on all documents of the collection. It is false where all that match
// have a score that the query alone says.
func (s *Scorer) NeedsStatistics() bool { return len(s.scoring.observers) > 0 }

// Observe counts a document of the collection, whether it matches or not. It is called once for each, by one goroutine
// at a time, and not behind Settle. doc is as for Matcher.Match. The cost is that of splitting the fields that are scored
// into words.
func (s *Scorer) Observe(id string, doc []byte) {
	d := s.matcher.document()
	defer s.matcher.release(d)
	s.matcher.fill(d, id, doc)
	for _, observe := range s.scoring.observers {
		observe(d)
	}
}

// Settle ends counting.
func (s *Scorer) Settle() {
	for _, settle := range s.scoring.settlers {
		settle()
	}
}

// Score returns the score of a document; ok is false if it does not match. The error is that of a function of
// function_score on a field that has no value in the document. Any number of goroutines may call Score behind Settle. doc
// is as for Matcher.Match.
func (s *Scorer) Score(id string, doc []byte) (score float32, ok bool, err error) {
	d := s.matcher.document()
	defer s.matcher.release(d)
	s.matcher.fill(d, id, doc)
	d.err = nil
	if !s.matcher.test(d) {
		return 0, false, d.err
	}
	score = s.score(d)
	return score, true, d.err
}

// Scorer compiles the query for a store.
func (q *Query) Scorer(env filter.Env) (filter.Scorer, error) {
	s, err := NewScorer(q.in(env), &Options{Now: env.Now})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// part is a condition that is compiled.
type part struct {
	test  test
	score score // nil if no scores are wanted
}

// score returns the score of a document that matches.
type score func(d *document) float32

// scored is a node with a score of its own: all others score 1 where they match.
type scored interface {
	weigh(c *compiler) (part, error)
}

// scoring is what scores need of all documents.
type scoring struct {
	observers []func(d *document) // count something in each document
	settlers  []func()            // make use of what was counted, in their order

	texts     []*scan                // whose words are counted by observers
	values    map[string]*valueField // by the names of their fields
	documents *int                   // how many there are; nil: they are not counted
}

func (s *scoring) observe(f func(d *document)) { s.observers = append(s.observers, f) }
func (s *scoring) settle(f func())             { s.settlers = append(s.settlers, f) }

// newCompiler returns what compiles a query, without scores.
func newCompiler(o *Options) *compiler {
	c := &compiler{texts: &texts{}, boost: 1}
	if o != nil {
		c.now, c.schema, c.index, c.terms, c.nested = o.Now, o.Schema, o.Index, o.Terms, o.Nested
	}
	if c.now.IsZero() {
		c.now = time.Now()
	}
	return c
}

// scorer compiles a condition on other objects than those of c, and changes c for that.
func (c *compiler) scorer(n node) (*Scorer, error) {
	c.fields = &fieldpath.Fields{}
	p, err := c.part(n)
	if err != nil {
		return nil, err
	}
	m := &Matcher{fields: c.fields, test: p.test, nested: c.nested, moves: c.moves}
	return &Scorer{m, p.score, c.scoring}, nil
}

// part compiles a node, for scores if they are wanted.
func (c *compiler) part(n node) (p part, err error) {
	since := c.marked()
	if s, ok := n.(scored); ok {
		p, err = s.weigh(c)
	} else {
		p.test, err = n.compile(c)
		p.score = c.constantScore()
	}
	c.gate(since, p.test)
	return p, err
}

// parts compiles a list of nodes.
func (c *compiler) parts(list []node) ([]part, error) {
	parts := make([]part, len(list))
	for i, n := range list {
		var err error
		if parts[i], err = c.part(n); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// plain compiles a node of which no scores are wanted, and that is not highlighted.
func (c *compiler) plain(n node) (test, error) {
	scoring := c.scoring
	c.scoring = nil
	defer func() { c.scoring = scoring }()
	defer c.unmarked()()
	return n.compile(c)
}

// constant is the part of a test that scores 1, times the boost.
func (c *compiler) constant(t test) part {
	return part{t, c.constantScore()}
}

func (c *compiler) constantScore() score {
	if c.scoring == nil {
		return nil
	}
	boost := c.boost
	return func(*document) float32 { return boost }
}

// boosted multiplies the scores of what is compiled until the function is called that it returns.
func (c *compiler) boosted(boost float32) (end func()) {
	before := c.boost
	c.boost *= boost
	return func() { c.boost = before }
}

// times returns the part with its scores multiplied.
func (p part) times(boost float32) part {
	score := p.score
	return part{p.test, func(d *document) float32 { return boost * score(d) }}
}

// testsOf returns the tests of parts.
func testsOf(parts []part) []test {
	tests := make([]test, len(parts))
	for i, p := range parts {
		tests[i] = p.test
	}
	return tests
}

// sumOf is the sum of the scores of the parts that match (Lucene: in double precision).
func sumOf(parts []part) score {
	return func(d *document) float32 {
		sum := 0.0
		for i := range parts {
			if parts[i].test(d) {
				sum += float64(parts[i].score(d))
			}
		}
		return float32(sum)
	}
}

// bestOf is the largest score of the parts that match, and a share of those of the others (Lucene: dis_max).
func bestOf(parts []part, share float32) score {
	return func(d *document) float32 {
		best, others := float32(0), 0.0
		for i := range parts {
			if !parts[i].test(d) {
				continue
			}
			one := parts[i].score(d)
			if one >= best {
				others += float64(best)
				best = one
			} else {
				others += float64(one)
			}
		}
		return float32(float64(best) + others*float64(share))
	}
}
