package query

import (
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/query/internal/bm25"
)

// The scores of values. A keyword, a boolean and a value of a flattened object score as a word does that is there once in
// a field with one word; the average length of the field is how many different values it has. All other values score 1,
// and so do all without a mapping.

// termed is a kind whose values are terms, for scores.
type termed interface {
	// isScored says whether terms are kept by which documents are found.
	isScored() bool

	// eachTerm calls yield with the terms of a value.
	eachTerm(d *document, v []byte, yield func(term []byte))
}

func (m *mapped) isScored() bool { return m.indexed && !m.unscored }

func (k *keywordKind) eachTerm(d *document, v []byte, yield func([]byte)) {
	if text, ok := k.text(d, v); ok {
		yield(text)
	}
}

func (k *booleanKind) eachTerm(d *document, v []byte, yield func([]byte)) {
	if key, ok := k.key(d, v); ok {
		yield([]byte{byte(key)})
	}
}

func (k *flattenedKind) eachTerm(d *document, v []byte, yield func([]byte)) {
	k.leaf(func(d *document, v []byte) bool {
		k.keywordKind.eachTerm(d, v, yield)
		return false
	})(d, v)
}

// keyedTerms are the values of a flattened object with their keys, which Elasticsearch has as terms of one field.
type keyedTerms struct{ *flattenedKind }

func (k keyedTerms) eachTerm(d *document, v []byte, yield func([]byte)) {
	fieldpath.Leaves(v, func(path, value []byte) {
		k.keywordKind.eachTerm(d, value, func(text []byte) { yield(slices.Concat(path, []byte{0}, text)) })
	})
}

// valueField are the statistics of such a field.
type valueField struct {
	bm25.Field
	terms map[string]struct{} // of the document at hand
}

// eachTerm calls yield with the terms of a field in a document.
func (f *field) eachTerm(d *document, k termed, yield func(term []byte)) {
	for _, slot := range f.slots {
		for _, v := range d.valuesOf(slot) {
			k.eachTerm(d, v, yield)
		}
	}
}

// valueField has the terms of a field counted.
func (c *compiler) valueField(f *field, k termed) *valueField {
	name := f.name
	if of, ok := k.(*flattenedKind); ok && of.keyed {
		f, k, name = c.mappedField(of.name), keyedTerms{of}, of.name+"._keyed"
	}
	if v := c.scoring.values[name]; v != nil {
		return v
	}
	v := &valueField{terms: map[string]struct{}{}}
	if c.scoring.values == nil {
		c.scoring.values = map[string]*valueField{}
	}
	c.scoring.values[name] = v
	c.scoring.observe(func(d *document) {
		clear(v.terms)
		f.eachTerm(d, k, func(term []byte) { v.terms[string(term)] = struct{}{} })
		if v.Tokens += len(v.terms); len(v.terms) > 0 {
			v.Docs++
		}
	})
	c.scoring.settle(v.Settle)
	return v
}

// valueScore returns the score of documents in which one value of a field is the one that a test is for, nil if no scores
// are wanted.
func (c *compiler) valueScore(f *field, meets valueTest) score {
	if t := c.valueTerm(f, meets); t != nil {
		return t.score(c, func() int { return t.documents })
	}
	return c.constantScore()
}

// valueTerm is a value of a field that scores as a word does.
type valueTerm struct {
	field     *valueField
	documents int // that have it
}

// valueTerm has the documents counted in which one value of a field is the one that a test is for. It is nil if they all
// score 1.
func (c *compiler) valueTerm(f *field, meets valueTest) *valueTerm {
	if c.scoring == nil || f == nil {
		return nil
	}
	k, ok := f.kind.(termed)
	if !ok || !k.isScored() {
		return nil
	}
	t, found := &valueTerm{field: c.valueField(f, k)}, f.some(meets)
	c.scoring.observe(func(d *document) {
		if found(d) {
			t.documents++
		}
	})
	return t
}

// score returns the score of the value, which is taken to be in as many documents as of returns.
func (t *valueTerm) score(c *compiler, of func() int) score {
	weight, boost := new(bm25.Weight), c.boost
	c.scoring.settle(func() { *weight = t.field.Weight(boost, bm25.IDF(t.field.Docs, of())) })
	return func(*document) float32 { return weight.Score(1, 1) }
}

// similarValues returns the score of documents that have values which a fuzzy pattern matches, each of which scores as a
// value of its own.
func (c *compiler) similarValues(f *field, m matcher, how expanding) score {
	if c.scoring == nil || f == nil {
		return c.constantScore()
	}
	k, ok := f.kind.(termed)
	if !ok || !k.isScored() || how.constant {
		return c.constantScore()
	}
	stats, terms, boost := c.valueField(f, k), newExpansions(how.boost), c.boost
	c.scoring.observe(func(*document) {
		for term := range stats.terms { // of this document: the field was counted before
			if m.Match([]byte(term)) {
				terms.list[terms.at([]byte(term))].documents++
			}
		}
	})
	c.scoring.settle(func() { terms.settle(&stats.Field, boost, how) })
	return func(d *document) float32 {
		sum, seen := 0.0, map[int]bool{}
		f.eachTerm(d, k, func(term []byte) {
			if !m.Match(term) {
				return
			}
			if n := terms.at(term); n >= 0 && !seen[n] {
				seen[n] = true
				sum += float64(terms.list[n].score(1, 1))
			}
		})
		return float32(sum)
	}
}
