package query

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/internal/suggest"
)

// Reading the JSON of Elasticsearch's queries. What is not supported, or wrong, is an error with Elasticsearch's text:
// nothing is ever left out in silence. Each clause is read by a function in the file of its family: dslbool.go, dslterm.go
// and so on.

// DSLError is what is wrong with a query in the JSON of Elasticsearch, or with a mapping. It wraps ErrInvalid.
type DSLError struct {
	// Path leads to what is wrong: bool.must[0].term.network. It is empty for the whole query. What does not fit the
	// mapping, and what is wrong in a mapping, has the name of the field.
	Path string

	// Reason is Elasticsearch's text, without positions that it counts in its own request.
	Reason string

	detail  string // what Elasticsearch keeps to itself, because it says only that a part of a bool is wrong
	illegal bool   // an IllegalArgumentException there: a bool around says that the part is wrong
}

// Error returns the reason and the path.
func (e *DSLError) Error() string {
	text := e.Reason
	if e.detail != "" {
		text += ": " + e.detail
	}
	if e.Path != "" {
		text += " (at " + e.Path + ")"
	}
	return text
}

// Unwrap returns ErrInvalid.
func (e *DSLError) Unwrap() error { return ErrInvalid }

// ParseElasticsearch reads a query in the JSON of Elasticsearch's query language, as the value of "query" in a search
// request. docs/queries.md has a list of all clauses, with what they mean and what differs from Elasticsearch. An empty
// object matches all documents (Kuzzle). What depends on a mapping shows when the query is compiled.
//
// The error is a *DSLError.
func ParseElasticsearch(raw []byte) (*Query, error) { return parseElasticsearch(raw, nil) }

// parseElasticsearch adds the clauses that look up their values to lookups; if that is nil, they are refused.
func parseElasticsearch(raw []byte, lookups *[]*lookedUp) (*Query, error) {
	compact, err := rawjson.Compact(raw, 0)
	if err != nil {
		return nil, &DSLError{Reason: err.Error()}
	}
	if string(compact) == "{}" {
		return All(), nil
	}
	n, err := clause{lookups: lookups}.query(compact)
	if err != nil {
		return nil, err
	}
	return &Query{n}, nil
}

// clause is the place of a clause that is being read, or of something in it.
type clause struct {
	path   string
	depth  int      // of queries around
	raised *float32 // the boost of the clause

	lookups *[]*lookedUp // that the query has; nil: it must not have any
}

// mostDepth is how deep queries may be nested in one another (Elasticsearch: indices.query.bool.max_nested_depth).
const mostDepth = 30

// wrong returns an error about the place.
func (c clause) wrong(format string, args ...any) error {
	return &DSLError{Path: c.path, Reason: fmt.Sprintf(format, args...)}
}

// illegal is wrong for what a bool around does not pass on, see part.
func (c clause) illegal(format string, args ...any) error {
	return &DSLError{Path: c.path, Reason: fmt.Sprintf(format, args...), illegal: true}
}

// part returns an error in a part of a clause as Elasticsearch passes it on.
func (c clause) part(name, part string, err error) error {
	var e *DSLError
	if !errors.As(err, &e) || !e.illegal {
		return err
	}
	return &DSLError{Path: e.Path, Reason: fmt.Sprintf("[%s] failed to parse field [%s]", name, part), detail: e.Reason}
}

// at returns a place below.
func (c clause) at(key string) clause {
	if c.path != "" && !strings.HasPrefix(key, "[") {
		key = "." + key
	}
	c.path += key
	return c
}

func (c clause) element(i int) clause { return c.at("[" + strconv.Itoa(i) + "]") }

// member is a member of an object, with its key decoded.
type member struct {
	key   string
	value []byte
}

// members returns the members of an object, nil for any other value.
func members(raw []byte) (list []member) {
	for key, value := range rawjson.Members(raw) {
		list = append(list, member{string(rawjson.AppendDecoded(nil, key)), value})
	}
	return list
}

func isObject(raw []byte) bool { return raw[0] == '{' }
func isArray(raw []byte) bool  { return raw[0] == '[' }
func isString(raw []byte) bool { return raw[0] == '"' }
func isNull(raw []byte) bool   { return raw[0] == 'n' }

// elements returns the elements of an array.
func elements(raw []byte) (list [][]byte) {
	for e := range rawjson.Elements(raw, rawjson.MaxDepth) {
		list = append(list, e)
	}
	return list
}

// query reads a query: an object with the name of one clause. Compact has seen to it that queries are not nested deeply.
func (c clause) query(raw []byte) (node, error) {
	if !isObject(raw) {
		return nil, c.wrong("[_na] query malformed, must start with start_object")
	}
	if c.depth++; c.depth > mostDepth {
		return nil, c.illegal("The nested depth of the query exceeds the maximum nested depth for queries set in "+
			"[indices.query.bool.max_nested_depth]: it is %d", mostDepth)
	}
	list := members(raw)
	switch len(list) {
	case 0:
		return nil, c.illegal("query malformed, empty clause found")
	case 1:
	default:
		return nil, c.wrong("[%s] malformed query, expected [END_OBJECT] but found [FIELD_NAME]", list[0].key)
	}
	name := list[0].key
	below := c.at(name)
	if !isObject(list[0].value) {
		return nil, below.wrong("[%s] query malformed, no start_object after query name", name)
	}
	read := clauseOf(name)
	switch {
	case read == nil && slices.Contains(otherClauses, name):
		return nil, below.wrong("[%s] queries are not supported", name)
	case read == nil:
		return nil, c.unknown(name)
	}
	boost := float32(1)
	below.raised = &boost
	n, err := read(below, list[0].value)
	if err == nil && boost != 1 {
		n = raised{n, boost}
	}
	return n, err
}

// unknown is the error of a clause that does not exist.
func (c clause) unknown(name string) error {
	names := slices.Concat(clauseNames, otherClauses)
	slices.Sort(names)
	return c.wrong("unknown query [%s]%s", name, didYouMean(name, slices.Compact(names)))
}

// otherClauses are those that Elasticsearch has besides, and so may take a name for.
var otherClauses = []string{
	"combined_fields", "distance_feature", "geo_shape",
	"intervals", "knn", "match", "match_bool_prefix", "match_phrase", "match_phrase_prefix", "more_like_this", "multi_match",
	"query_string", "script", "script_score", "simple_query_string", "span_containing", "span_field_masking",
	"span_first", "span_gap", "span_multi", "span_near", "span_not", "span_or", "span_term", "span_within", "terms_set",
	"wrapper",
}

// didYouMean is what follows the error of an unknown name: those that are similar, if there are any.
func didYouMean(name string, names []string) string { return suggest.DidYouMean(name, names) }

// oneField returns the field of a clause that is about one field, and what the clause says of the field. Options beside
// the field are another field (Elasticsearch).
func (c clause) oneField(name string, raw []byte) (field string, value []byte, err error) {
	list := members(raw)
	switch {
	case len(list) == 0 || list[0].key == "":
		return "", nil, c.illegal("field name is null or empty")
	case len(list) > 1:
		return "", nil, c.wrong("[%s] query doesn't support multiple fields, found [%s] and [%s]", name, list[0].key, list[1].key)
	}
	return list[0].key, list[0].value, nil
}
