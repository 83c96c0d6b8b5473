package query

import (
	"slices"

	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
)

// Looking for words: the values of a field are split into words once for each document, for all conditions on the words
// of the field, and each word is compared with the few words that the conditions are about.

// texts is what all full-text conditions of a query have in common, also where they are compiled for different schemas.
type texts struct {
	scans   []*scan
	clauses int // see count
}

// scan looks for words in the values of a field.
type scan struct {
	slots    []int              // nil: it reads what it is handed, see readGroup
	path     string             // of the one slot, in a document; "" if there are none, or several
	analyzer *analysis.Analyzer // which splits the values
	gap      int                // how many positions are free between two values
	scalars  bool               // numbers and booleans are texts, as they are written (a mapping)

	number   int // in the documents
	terms    map[string]int
	lengths  uint64 // bit n: a term has n bytes; bit 63: or more. Most words of a text are of another length
	patterns []scanPattern
	size     int  // how many words it looks for
	places   bool // where the words are counts

	stats *wordStats // not nil: how often the words are there counts, for scores
	once  bool       // and that is once at most
}

// scanPattern stands for many words.
type scanPattern struct {
	matcher matcher
	word    int
	terms   *expansions // not nil: which words they are counts
}

// scan returns what looks for words in a field, which is the same for all conditions on the same words. It is not to be
// used before all conditions are compiled.
func (c *compiler) scan(f *field, k words) *scan {
	s := &scan{slots: f.slots, analyzer: k.analyzer(), gap: analysis.PositionGap, terms: map[string]int{}}
	if g, ok := k.(gaps); ok {
		s.gap = g.positionGap()
	}
	_, untyped := k.(anyKind)
	s.scalars = !untyped
	if t, ok := k.(*textKind); ok {
		s.once = t.measures.once
	}
	if len(f.paths) == 1 && c.nested == "" {
		s.path = f.paths[0]
	}
	if s.slots != nil {
		for _, old := range c.texts.scans {
			if old.sameAs(s) {
				return old
			}
		}
	}
	s.number = len(c.texts.scans)
	c.texts.scans = append(c.texts.scans, s)
	return s
}

func (s *scan) sameAs(other *scan) bool {
	return slices.Equal(s.slots, other.slots) && s.analyzer == other.analyzer && s.gap == other.gap &&
		s.scalars == other.scalars && s.once == other.once
}

// term adds a word to look for, and returns its number.
func (s *scan) term(text string) int {
	word, ok := s.terms[text]
	if !ok {
		word = s.size
		s.terms[text] = word
		s.lengths |= lengthBit(len(text))
		s.size++
	}
	return word
}

func lengthBit(n int) uint64 { return 1 << min(n, 63) }

// pattern adds words to look for, and returns the number that they share.
func (s *scan) pattern(m matcher) int {
	s.patterns = append(s.patterns, scanPattern{matcher: m, word: s.size})
	s.size++
	return s.size - 1
}

// hits are what a scan has found in a document.
type hits struct {
	scan    *scan
	turn    uint64 // of the document
	found   []bool // by the number of the word
	missing int    // how many words have not been found
	places  [][]int

	// Where the scan has stats.
	length   int       // how many words the field has
	freq     []int     // how often each word is there
	expanded [][]tally // the terms of each pattern
	seen     map[string]struct{}

	next    analysis.Place
	scratch analysis.Scratch
	take    func(analysis.Token) bool // is hits.token, made once
	at      []int                     // see phrase
}

// hitsOf returns where the document keeps the hits of a scan.
func (d *document) hitsOf(s *scan) *hits {
	for len(d.hits) <= s.number {
		d.hits = append(d.hits, nil)
	}
	h := d.hits[s.number]
	if h == nil {
		h = &hits{scan: s, found: make([]bool, s.size), places: make([][]int, s.size)}
		if s.stats != nil {
			h.freq, h.expanded, h.seen = make([]int, s.size), make([][]tally, len(s.patterns)), map[string]struct{}{}
		}
		h.take = h.token
		d.hits[s.number] = h
	}
	return h
}

// read returns what is found in the document.
func (s *scan) read(d *document) *hits {
	h := d.hitsOf(s)
	if h.turn == d.turn {
		return h
	}
	h.reset()
	h.turn = d.turn
	for _, slot := range s.slots {
		for _, v := range d.valuesOf(slot) {
			if !h.value(d, v) {
				return h
			}
		}
	}
	return h
}

// readGroup returns what is found in the values of some leaves.
func (s *scan) readGroup(d *document, group []leaf) *hits {
	h := d.hitsOf(s)
	h.reset()
	for _, l := range group {
		if !h.value(d, l.value) {
			break
		}
	}
	return h
}

func (h *hits) reset() {
	clear(h.found)
	h.missing = len(h.found)
	h.next = analysis.Place{}
	if h.scan.places {
		for i := range h.places {
			h.places[i] = h.places[i][:0]
		}
	}
	h.length = 0
	clear(h.freq)
	clear(h.seen)
	for i := range h.expanded {
		h.expanded[i] = h.expanded[i][:0]
	}
}

// value looks at one value, and says whether to go on.
func (h *hits) value(d *document, v []byte) bool {
	switch c := v[0]; {
	case c == '"':
		return h.scan.analyzer.EachValue(d.text(v), &h.next, h.scan.gap, &h.scratch, h.take)
	case h.scan.scalars && (isNumber(v) || c == 't' || c == 'f'):
		return h.scan.analyzer.EachValue(v, &h.next, h.scan.gap, &h.scratch, h.take)
	}
	return true
}

// token looks at one word, and says whether to go on.
func (h *hits) token(t analysis.Token) bool {
	if h.scan.stats != nil {
		h.measure(t.Term)
	}
	if h.scan.lengths&lengthBit(len(t.Term)) != 0 {
		if word, ok := h.scan.terms[string(t.Term)]; ok {
			h.hit(word, t.Position)
		}
	}
	for i := range h.scan.patterns {
		p := &h.scan.patterns[i]
		if (h.scan.places || !h.found[p.word]) && p.matcher.Match(t.Term) {
			h.hit(p.word, t.Position)
		}
	}
	return h.scan.places || h.missing > 0 || h.scan.stats != nil
}

func (h *hits) hit(word, position int) {
	if !h.found[word] {
		h.found[word] = true
		h.missing--
	}
	if h.scan.places {
		h.places[word] = append(h.places[word], position)
	}
	if h.freq != nil && (!h.scan.once || h.freq[word] == 0) {
		h.freq[word]++
	}
}
