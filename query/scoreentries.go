package query

import (
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
)

// Scores by the entries of indexes of words. An entry says how often a word is in a field, and how long that is: all that
// the score of a word needs of a document. So the hits of a scan are filled in from entries, and what is compiled for the
// words of a text goes by these, be it read or not. What else a query asks of a document makes it be read.

var _ filter.TextScorer = (*Scorer)(nil)

// Texts implements filter.TextScorer.
func (s *Scorer) Texts() (texts []filter.Text, only bool) {
	if len(s.scoring.texts) < len(s.scoring.observers) {
		return nil, false // something else is counted
	}
	texts = make([]filter.Text, len(s.scoring.texts))
	for i, scan := range s.scoring.texts {
		if !scan.isIndexable() {
			return nil, false
		}
		words := wordField{analyzer: scan.analyzer}
		texts[i] = filter.Text{
			Field: scan.path, Analyzer: words.analyzerName(), Words: make([][]byte, scan.size), Scalars: scan.scalars,
			Places: scan.places,
		}
		for term, number := range scan.terms {
			texts[i].Words[number] = wordKey(term)
		}
	}
	return texts, s.matcher.fields.Slots() == len(texts)
}

// isIndexable says whether an index of words may know what the scan finds: not which words a pattern stands for, not how
// many different words a field has, and the places of words with the usual gap between two values only.
func (s *scan) isIndexable() bool {
	return s.path != "" && len(s.patterns) == 0 && !s.once && (!s.places || s.gap == analysis.PositionGap)
}

// Count implements filter.TextScorer.
func (s *Scorer) Count(texts []filter.TextCount) {
	for i, scan := range s.scoring.texts {
		scan.stats.Docs, scan.stats.Tokens, scan.stats.documents = texts[i].Documents, texts[i].Words, texts[i].Having
	}
	s.Settle()
}

// ByEntries implements filter.TextScorer.
func (s *Scorer) ByEntries(load func(id []byte) ([]byte, error)) filter.EntryScorer {
	e := &entryScorer{scorer: s, document: &document{nested: s.matcher.nested}}
	e.unread = unread{load: load, matcher: s.matcher}
	e.document.unread = &e.unread
	for _, scan := range s.scoring.texts {
		e.hits = append(e.hits, e.document.hitsOf(scan))
	}
	return e
}

// entryScorer implements filter.EntryScorer.
type entryScorer struct {
	scorer   *Scorer
	document *document
	hits     []*hits // of the texts
	unread   unread
}

// unread is how to read a document.
type unread struct {
	id      []byte
	load    func(id []byte) ([]byte, error)
	matcher *Matcher
}

// Begin implements filter.EntryScorer.
func (e *entryScorer) Begin(id []byte) {
	d := e.document
	d.id, d.raw, d.err = "", nil, nil
	d.turn++
	e.unread.id = id
	for _, h := range e.hits {
		h.reset()
		h.turn = d.turn
	}
}

// Word implements filter.EntryScorer.
func (e *entryScorer) Word(text, word, length, frequency int, places []int) {
	h := e.hits[text]
	h.found[word], h.length, h.freq[word] = true, length, frequency
	h.missing--
	h.places[word] = append(h.places[word][:0], places...)
}

// Score implements filter.EntryScorer.
func (e *entryScorer) Score() (score float32, ok, alike bool, err error) {
	d := e.document
	if ok = e.scorer.matcher.test(d) && d.err == nil; ok {
		score = e.scorer.score(d)
	}
	return score, ok, d.id == "" && d.raw == nil, d.err // nobody has asked for more than the entries say
}

// ident returns the id.
func (d *document) ident() string {
	if d.id == "" && d.unread != nil {
		d.id = string(d.unread.id)
	}
	return d.id
}

// body returns the document.
func (d *document) body() []byte {
	if d.unread != nil && d.raw == nil {
		d.read()
	}
	return d.raw
}

// valuesOf returns the values in a slot.
func (d *document) valuesOf(slot int) [][]byte {
	if d.unread != nil && d.raw == nil {
		d.read()
	}
	return d.values.Of(slot)
}

// whole returns the value in a slot of a whole field.
func (d *document) whole(slot int) []byte {
	d.body()
	return d.values.Whole(slot)
}

// read reads a document of which entries were known. One that cannot be read has no values.
func (d *document) read() {
	raw, err := d.unread.load(d.unread.id)
	if err != nil {
		d.err, raw = err, []byte("{}")
	}
	d.raw = raw
	d.unread.matcher.fields.Collect(raw, &d.values)
}
