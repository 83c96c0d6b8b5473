package planner

import (
	"fmt"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// String says in words how the plan goes.
func (p *Plan) String() string {
	switch p.Kind {
	case Scan:
		return "scan of all documents"
	case Nothing:
		return "nothing can match"
	case IDs:
		return plural(len(p.IDs), "id")
	case Index:
		switch p.Index.Kind {
		case fieldindex.Text:
			return fmt.Sprintf("text index %q, %s", p.Index.Name, p.anyWord())
		case fieldindex.Geo:
			return fmt.Sprintf("geo index %q, %s of cells", p.Index.Name, plural(len(p.Spans), "range"))
		}
		s := fmt.Sprintf("field index %q, %s", p.Index.Name, plural(len(p.Spans), "range"))
		if p.Reverse {
			s += ", backwards"
		}
		if p.Covers {
			s += ", without the documents"
		}
		return s
	}
	if p.Kind == Words {
		return fmt.Sprintf("text index %q, %s", p.Index.Name, p.allWords())
	}
	parts := make([]string, len(p.Parts))
	for i, part := range p.Parts {
		parts[i] = part.String()
	}
	return p.Kind.String() + " of (" + strings.Join(parts, "), (") + ")"
}

// anyWord names the words of which a document must have one.
func (p *Plan) anyWord() string {
	words := p.wordList()
	switch {
	case len(words) == 1 && !strings.HasSuffix(words[0], "*"):
		return "word " + words[0]
	case len(words) <= mostNamed:
		return "any of the words " + strings.Join(words, ", ")
	}
	return "any of " + plural(len(p.Spans), "range") + " of words"
}

// allWords names the words of which a document must have each.
func (p *Plan) allWords() string {
	s := "words " + strings.Join(p.wordList(), ", ")
	if n := len(p.Phrases); n > 0 {
		s += ", at the places of " + plural(n, "phrase")
	}
	return s
}

// mostNamed is how many words a plan names.
const mostNamed = 8

// wordList returns the words of the spans, with a star behind what words only begin with.
func (p *Plan) wordList() (words []string) {
	for _, s := range p.Spans {
		key := s.From[len(p.Index.Prefix()):]
		word := string(sortkey.BeginningOf(key))
		if sortkey.Len(key, false) != len(key) {
			word += "*"
		}
		words = append(words, word)
	}
	return words
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
