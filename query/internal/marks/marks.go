// Package marks is what package query tells package highlight of a query: which words of which fields it looks for.
package marks

import "github.com/kuzzlite/kuzzlite/query/internal/analysis"

// Mark is a condition of a query on words of a field, or on its whole values.
type Mark struct {
	Field   string // its name; without a mapping it may be a pattern with stars
	Pattern bool   // it is one

	// Words is one word, or several that are a phrase.
	Words []Word
	Slop  int  // of a phrase
	Whole bool // it is about whole values where the field has words (without a mapping)

	Boost float32 // of the clauses around

	// Label is the same for all words that count as one where fragments are weighed; "": each word counts for itself.
	Label string
	Each  bool // each word counts for itself all the same, but for require_field_match: false (similar words)
}

// Word is a word that is looked for.
type Word struct {
	Text    string  // what the word is, if there is no matcher
	Matcher Matcher // nil: there is a text
	Offset  int     // in the phrase
}

// Matcher matches words.
type Matcher interface{ Match(word []byte) bool }

// Matches says whether the word is one that is looked for.
func (w *Word) Matches(word []byte) bool {
	if w.Matcher != nil {
		return w.Matcher.Match(word)
	}
	return string(word) == w.Text
}

// Field is a field whose values are texts. One goroutine at a time may use it.
type Field struct {
	Name     string   // of the field itself, where an alias was asked for
	Paths    []string // where its values are, from the root of the object that is highlighted
	Analyzer *analysis.Analyzer
	Gap      int  // how many positions are free between two values
	Keyword  bool // its words are its whole values

	// Text returns the text of a value, JSON that is no array; ok is false for what is no value. It is good until Text is
	// called again.
	Text func(v []byte) (text []byte, ok bool)
}
