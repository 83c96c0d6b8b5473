package query

import (
	"slices"

	"github.com/kuzzlite/kuzzlite/query/internal/bm25"
)

// blend is a word in several fields that count as one (cross_fields): in each of them it is taken to be as frequent as in
// that in which it is the most frequent. So a word does not count more where it is out of place (Elasticsearch:
// BlendedTermQuery).
type blend struct {
	terms  []*blendedTerm
	parts  []part // of these
	others []part // values that score 1
	all    *int   // how many documents there are, and nested objects
	done   bool
}

// blendedTerm is the word in one field.
type blendedTerm struct {
	field     *bm25.Field
	documents func() int // that have the word
	taken     int        // how many are taken to have it
}

func newBlend(c *compiler) *blend {
	b := &blend{}
	if c.scoring != nil {
		b.all = c.documentCount()
	}
	return b
}

// word adds a word of a field.
func (b *blend) word(c *compiler, f *field, t *fieldTest, number int) {
	m := c.measured(t.scan, f.kind)
	if m == nil || m.how.constant {
		b.others = append(b.others, t.of(c, f))
		return
	}
	of := b.add(&m.scan.stats.Field, func() int { return m.scan.stats.have(number) })
	t.wordScore = m.taken(c, number, of)
	b.parts = append(b.parts, t.of(c, f))
}

// value adds a value of a field.
func (b *blend) value(c *compiler, f *field, meets valueTest) {
	t := c.valueTerm(f, meets)
	if t == nil {
		b.others = append(b.others, c.constant(f.some(meets)))
		return
	}
	of := b.add(&t.field.Field, func() int { return t.documents })
	b.parts = append(b.parts, part{f.some(meets), t.score(c, of)})
}

// add adds the word of a field, and returns what says how many documents are taken to have it.
func (b *blend) add(f *bm25.Field, documents func() int) func() int {
	t := &blendedTerm{field: f, documents: documents}
	b.terms = append(b.terms, t)
	return func() int {
		b.settle()
		return t.taken
	}
}

// settle works out how frequent the word is taken to be: with each field in which it is less frequent than in the one
// before by one more, so that the fields in which it is more frequent score a little more.
func (b *blend) settle() {
	if b.done {
		return
	}
	b.done = true
	sorted := slices.Clone(b.terms)
	slices.SortStableFunc(sorted, func(x, y *blendedTerm) int { return y.documents() - x.documents() })
	limit := *b.all
	for _, t := range sorted {
		if t.taken = t.documents(); t.taken > 0 {
			limit = min(limit, t.field.Tokens)
		}
	}
	if len(sorted) < 2 {
		return
	}
	before := sorted[0].documents()
	actual := min(limit, before)
	for _, t := range sorted {
		now := t.documents()
		if now == 0 {
			return
		}
		if now < before {
			actual++
		}
		t.taken = min(actual, t.field.Docs, limit)
		before = now
	}
}

// part returns what is met if the word is in one of the fields.
func (b *blend) part(share float32) part {
	parts := b.others
	if p := bestPart(b.parts, share); p != nil {
		parts = append(parts, *p)
	}
	if p := bestPart(parts, 1); p != nil {
		return *p
	}
	return part{anyOf(nil), bestOf(nil, 0)}
}

// documentCount has the documents counted, and the nested objects in them: Lucene has each as a document of its own.
func (c *compiler) documentCount() *int {
	if c.scoring.documents != nil {
		return c.scoring.documents
	}
	n := new(int)
	c.scoring.documents = n
	var slots []int
	if c.schema != nil && c.nested == "" {
		for _, path := range c.schema.nested {
			slots = append(slots, c.fields.Each(path))
		}
	}
	c.scoring.observe(func(d *document) {
		*n++
		for _, slot := range slots {
			*n += len(d.valuesOf(slot))
		}
	})
	return n
}
