package query

import "github.com/kuzzlite/kuzzlite/query/internal/bm25"

// The scores of words: what a scan counts, and what is made of that.

// wordStats are what a scan counts in all documents.
type wordStats struct {
	bm25.Field
	documents []int // how many have a word, by its number
}

// wordScore returns the score of what is found in a field that meets a condition.
type wordScore func(h *hits) float32

// measured is a field with words, for scores.
type measured struct {
	scan *scan
	how  measures
}

// measures says what counts for the scores of a field with words.
type measures struct {
	lengthless bool // all fields count as having one word (norms: false)
	once       bool // a word counts once, however often it is there (index_options: docs)
	constant   bool // all words score 1 (similarity: boolean)
}

// measured makes a scan count what scores need. It is nil if no scores are wanted.
func (c *compiler) measured(s *scan, k kind) *measured {
	if c.scoring == nil {
		return nil
	}
	m := &measured{scan: s}
	if t, ok := k.(*textKind); ok {
		m.how = t.measures
	}
	if !m.how.constant {
		m.count(c)
	}
	return m
}

// count makes the scan count the words of all documents.
func (m *measured) count(c *compiler) {
	if s := m.scan; s.stats == nil {
		s.stats = &wordStats{}
		c.scoring.observe(s.observe)
		c.scoring.texts = append(c.scoring.texts, s)
		c.scoring.settle(s.stats.Settle)
	}
}

// observe counts the words of a document.
func (s *scan) observe(d *document) {
	h, stats := s.read(d), s.stats
	if h.length == 0 {
		return
	}
	if len(stats.documents) < s.size {
		stats.documents = append(stats.documents, make([]int, s.size-len(stats.documents))...)
	}
	stats.Docs++
	stats.Tokens += h.length
	for word, freq := range h.freq {
		if freq > 0 {
			stats.documents[word]++
		}
	}
	for i := range h.expanded {
		for _, t := range h.expanded[i] {
			s.patterns[i].terms.list[t.term].documents++
		}
	}
}

// have returns how many documents have a word.
func (w *wordStats) have(word int) int {
	if word < len(w.documents) {
		return w.documents[word]
	}
	return 0
}

// norm returns the length of a field as it counts.
func (m *measured) norm(h *hits) byte {
	if m.how.lengthless {
		return 1
	}
	return bm25.Norm(h.length)
}

// term returns the score of a word.
func (m *measured) term(c *compiler, word int) wordScore {
	return m.taken(c, word, func() int { return m.scan.stats.have(word) })
}

// taken is term for a word that is taken to be in as many documents as of returns.
func (m *measured) taken(c *compiler, word int, of func() int) wordScore {
	boost := c.boost
	if m.how.constant {
		return func(*hits) float32 { return boost }
	}
	weight, stats := new(bm25.Weight), m.scan.stats
	c.scoring.settle(func() { *weight = stats.Weight(boost, bm25.IDF(stats.Docs, of())) })
	return func(h *hits) float32 { return weight.Score(float32(h.freq[word]), m.norm(h)) }
}

// constantly is the score of words that all score the same.
func (c *compiler) constantly() wordScore {
	if c.scoring == nil {
		return nil
	}
	boost := c.boost
	return func(*hits) float32 { return boost }
}

// word returns the score of a word of a text that is searched for, see compiler.word.
func (m *measured) word(c *compiler, word int, how *matchHow, last bool, text string) wordScore {
	switch {
	case last && how.form == formWordsPrefix:
		return c.constantly()
	case last && how.form == formPhrasePrefix:
		return m.expanded(c, word, expanding{most: how.most})
	case how.fuzzy != nil && how.form <= formWordsPrefix:
		return m.expanded(c, word, how.fuzzy.of("", text).expanding(text))
	}
	return m.term(c, word)
}

// sumOfWords is the sum of the scores of those words that are found.
func sumOfWords(words []int, scores []wordScore) wordScore {
	if len(words) == 1 {
		return scores[0]
	}
	return func(h *hits) float32 {
		sum := 0.0
		for i, w := range words {
			if h.found[w] {
				sum += float64(scores[i](h))
			}
		}
		return float32(sum)
	}
}

// phrase returns the score of a phrase: that of a term which is as often there as the phrase, and is as rare as all its
// words together.
func (m *measured) phrase(c *compiler, p *phrase) wordScore {
	boost := c.boost
	if m.how.constant {
		return func(*hits) float32 { return boost }
	}
	weight, stats := new(bm25.Weight), m.scan.stats
	terms := m.scan.expansionsOf(p)
	c.scoring.settle(func() {
		sum := 0.0
		for _, w := range p.words {
			if terms == nil || w != p.words[len(p.words)-1] {
				sum += float64(bm25.IDF(stats.Docs, stats.have(w)))
			}
		}
		for _, t := range terms.first(p.most) {
			sum += float64(bm25.IDF(stats.Docs, t.documents))
		}
		*weight = stats.Weight(boost, float32(sum))
	})
	return func(h *hits) float32 { return weight.Score(p.frequency(h), m.norm(h)) }
}

// expansionsOf returns the terms that the end of a phrase stands for, nil if it is one word.
func (s *scan) expansionsOf(p *phrase) *expansions {
	if !p.open {
		return nil
	}
	last := p.words[len(p.words)-1]
	for i := range s.patterns {
		if s.patterns[i].word == last {
			s.patterns[i].terms = newExpansions(nil)
			return s.patterns[i].terms
		}
	}
	return nil
}

// expanded returns the score of a pattern each of whose terms scores as a term of its own: how says with which weight.
func (m *measured) expanded(c *compiler, word int, how expanding) wordScore {
	boost := c.boost
	if how.constant {
		return func(*hits) float32 { return boost }
	}
	m.count(c)
	how.boostOnly = how.boostOnly || m.how.constant
	stats, terms, at := m.scan.stats, newExpansions(how.boost), 0
	for i := range m.scan.patterns {
		if p := &m.scan.patterns[i]; p.word == word {
			p.terms, at = terms, i
		}
	}
	c.scoring.settle(func() { terms.settle(&stats.Field, boost, how) })
	return func(h *hits) float32 {
		sum := 0.0
		for _, t := range h.expanded[at] {
			sum += float64(terms.list[t.term].score(float32(t.freq), m.norm(h)))
		}
		return float32(sum)
	}
}

// tally is how often a term of a pattern is in a document.
type tally struct{ term, freq int }

// measure counts a word for scores.
func (h *hits) measure(term []byte) {
	if h.scan.once {
		if _, ok := h.seen[string(term)]; ok {
			return
		}
		h.seen[string(term)] = struct{}{}
	}
	h.length++
	for i := range h.scan.patterns {
		if p := &h.scan.patterns[i]; p.terms != nil && p.matcher.Match(term) {
			h.tally(i, p.terms.at(term))
		}
	}
}

// tally counts a term of a pattern.
func (h *hits) tally(pattern, term int) {
	if term < 0 {
		return
	}
	list := h.expanded[pattern]
	for i := range list {
		if list[i].term == term {
			list[i].freq++
			return
		}
	}
	h.expanded[pattern] = append(list, tally{term, 1})
}
