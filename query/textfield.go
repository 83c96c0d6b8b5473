package query

import (
	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
	"github.com/kuzzlite/kuzzlite/query/internal/marks"
)

// TextField returns a field whose values are texts, for package highlight; nil: there is none of that name, or it is
// none of texts. Options.Nested is the path of the nested objects that are highlighted.
func TextField(name string, o *Options) *marks.Field {
	d, c := &document{}, newCompiler(o)
	if c.schema == nil {
		path, ok := c.relative(name)
		if !ok || path == "" && name != "" { // what is around nested objects
			return nil
		}
		return &marks.Field{
			Name: name, Paths: []string{path}, Analyzer: standardAnalyzer, Gap: analysis.PositionGap,
			Text: func(v []byte) ([]byte, bool) { return d.stringText(v) },
		}
	}
	s := c.schema.fields[name]
	if s == nil {
		return nil
	}
	f := &marks.Field{}
	for _, path := range s.paths {
		if path, ok := c.relative(path); ok {
			f.Paths = append(f.Paths, path)
		}
	}
	switch k := s.kind.(type) {
	case *textKind:
		f.Name, f.Analyzer, f.Gap = k.name, k.words, k.gap
		f.Text = d.scalarText
	case *keywordKind:
		whole, err := analysis.Lookup("keyword")
		if err != nil {
			panic(err) // not with an analyzer that there is
		}
		f.Name, f.Analyzer, f.Keyword = k.name, whole, true
		f.Text = func(v []byte) ([]byte, bool) { return k.text(d, v) }
	default:
		return nil
	}
	return f
}

// stringText returns the text of a string, until it is called again.
func (d *document) stringText(v []byte) (text []byte, ok bool) {
	if v[0] != '"' {
		return nil, false
	}
	return d.text(v), true
}

// scalarText returns the text of a scalar that is not null, until it is called again.
func (d *document) scalarText(v []byte) (text []byte, ok bool) {
	switch v[0] {
	case 'n', '{':
		return nil, false
	case '"':
		return d.text(v), true
	}
	return v, true
}

// FieldNames returns the names of the fields of the mapping that a pattern with stars stands for.
func (s *Schema) FieldNames(pattern string) []string { return s.matching(pattern) }

// MatchesStars says whether a pattern, in which a star stands for any text, matches a name.
func MatchesStars(pattern, name string) bool { return matchesStars(pattern, name) }
