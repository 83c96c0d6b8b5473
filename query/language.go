package query

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/geo"
	"github.com/kuzzlite/kuzzlite/internal/geo/cells"
	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
)

// What the field indexes of a store need of this package.

func init() { filter.Register(language{}) }

// language implements filter.Language.
type language struct{}

// Parse reads the condition of an index of a part of the documents, which is a text of the short language.
func (language) Parse(text string) (filter.Query, error) { return Parse(text) }

// Split implements filter.Language.
func (language) Split(analyzer string) (filter.Splitter, error) {
	names := analysis.Names()
	if !slices.Contains(names, analyzer) { // default is another name of standard, and an index has one
		return nil, fmt.Errorf("there is no analyzer %q: it is one of %s", analyzer, strings.Join(names, ", "))
	}
	a, err := analysis.Lookup(analyzer)
	if err != nil {
		return nil, err
	}
	return &splitter{analyzer: a}, nil
}

// AppendCells implements filter.Language. Elasticsearch and Koncorde read some values as different points: an index has
// the points of both.
func (language) AppendCells(dst []uint64, value []byte) []uint64 {
	elastic := pointField{loose: true}
	for _, p := range elastic.appendPoints(nil, value) {
		dst = append(dst, cells.Of(p))
	}
	if p, ok := geo.KoncordePoint(value); ok {
		cell := uint64(filter.OffEarth)
		if p.Valid() {
			cell = cells.Of(p)
		}
		dst = append(dst, cell)
	}
	return dst
}

// ReadMapping implements filter.Language.
func (language) ReadMapping(text []byte) (any, error) {
	s, err := ParseMapping(text)
	var wrong *DSLError
	if errors.As(err, &wrong) {
		return nil, errors.New(wrong.Reason) // which names the field
	}
	return s, err
}

// splitter implements filter.Splitter.
type splitter struct {
	analysis.Terms
	analyzer *analysis.Analyzer
}

func (s *splitter) Add(text []byte) { s.Terms.Add(s.analyzer, text, filter.PositionGap) }

func (s *splitter) At(i int) (word []byte, positions []int) {
	t := s.Terms.At(i)
	return t.Text, t.Positions
}
