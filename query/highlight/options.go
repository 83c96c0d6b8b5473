package highlight

import (
	"slices"

	"github.com/kuzzlite/kuzzlite/query"
)

// options say how a field is highlighted. What is nil, or empty, is not given.
type options struct {
	typ, fragmenter          string
	preTags, postTags        []string
	encoder                  string
	byScore                  *bool
	fragmentSize, fragments  *int
	noMatchSize, maxAnalyzed *int
	requireFieldMatch        *bool
	scanner                  scanner
	query                    *query.Query
	matchedFields            []string // of fields only
}

// scanner is what the text is cut into (boundary_scanner).
type scanner string

const (
	bySentence scanner = "sentence"
	byWord     scanner = "word"
	byChars    scanner = "chars" // of the highlighter fvh
)

// The defaults (Elasticsearch).
var (
	defaults = options{
		typ: typeUnified, preTags: []string{"<em>"}, postTags: []string{"</em>"}, encoder: "default", byScore: ptr(false),
		fragmentSize: ptr(100), fragments: ptr(5), noMatchSize: ptr(0), requireFieldMatch: ptr(true), scanner: bySentence,
	}

	// schemas are the tags by the names of tags_schema. Both highlighters use the first of each list.
	schemas = map[string]options{
		"default": {preTags: defaults.preTags, postTags: defaults.postTags},
		"styled":  {preTags: []string{`<em class="hlt1">`}, postTags: []string{"</em>"}},
	}
)

// fragmenters are those of plain; the default is span.
var fragmenters = []string{"", "span", "simple"}

// The types of highlighters.
const (
	typeUnified = "unified"
	typePlain   = "plain"
	typeVector  = "fvh"
)

func ptr[T any](v T) *T { return &v }

// or returns what o does not give from others.
func (o options) or(others *options) options {
	first(&o.typ, others.typ)
	first(&o.fragmenter, others.fragmenter)
	first(&o.encoder, others.encoder)
	first(&o.scanner, others.scanner)
	first(&o.byScore, others.byScore)
	first(&o.fragmentSize, others.fragmentSize)
	first(&o.fragments, others.fragments)
	first(&o.noMatchSize, others.noMatchSize)
	first(&o.maxAnalyzed, others.maxAnalyzed)
	first(&o.requireFieldMatch, others.requireFieldMatch)
	first(&o.query, others.query)
	if o.preTags == nil {
		o.preTags = others.preTags
	}
	if o.postTags == nil {
		o.postTags = others.postTags
	}
	return o
}

// first sets what is not given.
func first[T comparable](v *T, other T) {
	var none T
	if *v == none {
		*v = other
	}
}

// check returns the error of options that do not go together.
func (o *options) check(field string) error {
	at := "fields." + field
	switch {
	case o.typ == typeVector:
		return wrong(at, "the field [%s] should be indexed with term vector with position offsets to be used with fast "+
			"vector highlighter: the highlighter [fvh] is not supported", field)
	case o.typ != typeUnified && o.typ != typePlain:
		return wrong(at, "unknown highlighter type [%s] for the field [%s]", o.typ, field)
	case *o.fragments < 0:
		return wrong(at, "[number_of_fragments] must not be negative, but is [%d]", *o.fragments)
	case o.typ == typePlain && *o.fragments > 0 && !slices.Contains(fragmenters, o.fragmenter):
		return wrong(at, "unknown fragmenter option [%s] for the field [%s]", o.fragmenter, field)
	case o.typ == typeUnified && o.scanner == byChars:
		return wrong(at, "Invalid boundary scanner type: chars")
	case o.typ == typeUnified && len(o.matchedFields) > 0 && !*o.requireFieldMatch:
		return wrong(at, "Matched fields are not supported when [require_field_match] is set to [false]")
	case o.typ == typePlain && len(o.matchedFields) > 0:
		return wrong(at, "[matched_fields] is not supported for the highlighter [plain]")
	}
	return nil
}
