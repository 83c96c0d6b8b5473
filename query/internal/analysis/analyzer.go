package analysis

import (
	"fmt"
	"maps"
	"slices"
)

// An Analyzer makes tokens of text. It never changes, and any number of goroutines may use it.
type Analyzer struct {
	name     string
	split    splitter
	lowers   bool
	stopping bool
}

// splitter is how an analyzer finds its tokens.
type splitter uint8

const (
	byWords splitter = iota
	byLetters
	bySpace
	whole
)

// DefaultName is the name of the analyzer of a text field that names none.
const DefaultName = "standard"

var analyzers = map[string]*Analyzer{
	"standard":   {name: "standard", split: byWords, lowers: true},
	"default":    {name: "default", split: byWords, lowers: true}, // another name of standard
	"simple":     {name: "simple", split: byLetters, lowers: true},
	"stop":       {name: "stop", split: byLetters, lowers: true, stopping: true},
	"whitespace": {name: "whitespace", split: bySpace},
	"keyword":    {name: "keyword", split: whole},
}

// Lookup returns the analyzer with a name: standard, simple, whitespace, keyword, stop, or default, which is standard.
// The error for another is Elasticsearch's "analyzer [x] not found", without the "[match] " or so that the caller puts
// before it. A mapping that names an unknown analyzer is refused with another text, which is the caller's as well.
func Lookup(name string) (*Analyzer, error) {
	if a := analyzers[name]; a != nil {
		return a, nil
	}
	return nil, fmt.Errorf("analyzer [%s] not found", name)
}

// Names returns the names of all analyzers but default, in their order.
func Names() []string {
	names := slices.Sorted(maps.Keys(analyzers))
	return slices.DeleteFunc(names, func(name string) bool { return name == "default" })
}

// Name returns the name by which the analyzer was looked up.
func (a *Analyzer) Name() string {
	return a.name
}

// A Token is a term where it occurs in a text.
type Token struct {
	// Term is what is searched for. It may be part of the text, or of the scratch: it is not to be changed, and good
	// until the function that has got the token returns.
	Term []byte
	// Position counts the tokens from 0. Where an analyzer removes stop words their positions stay free.
	Position int
	// Start and End are byte offsets in the text: the token was made of what lies between.
	Start, End int
}

// Scratch is memory for the terms that differ from the text. The zero value is ready for use. A Scratch serves one call
// at a time, and any number of them one after the other, which then allocate nothing.
type Scratch struct {
	term []byte
}

// Each calls fn with the tokens of a text in their order, until fn returns false. Each then returns false, too. Bytes
// that are no UTF-8 are taken for a character that is no letter. The function fn must not use the scratch.
func (a *Analyzer) Each(text []byte, scratch *Scratch, fn func(Token) bool) bool {
	var start Place
	return a.EachValue(text, &start, 0, scratch, fn)
}

// term returns the term of what lies between the offsets of a token.
func (a *Analyzer) term(text []byte, scratch *Scratch) []byte {
	if !a.lowers || isLower(text) {
		return text
	}
	scratch.term = appendLower(scratch.term[:0], text)
	return scratch.term
}

// Normalize appends to dst what the analyzer makes of a part of a word, such as the Ab of Ab* in a query string. The
// text is not split and stop words stay. The analyzers standard, simple and stop put the text into lower case,
// whitespace and keyword change nothing.
func (a *Analyzer) Normalize(dst, text []byte) []byte {
	if !a.lowers {
		return append(dst, text...)
	}
	return appendLower(dst, text)
}
