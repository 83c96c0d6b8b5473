package search

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/internal/suggest"
	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/aggregation"
	"github.com/kuzzlite/kuzzlite/query/highlight"
)

// Parse reads the body of a search: {"query":{…},"sort":[…],"size":5,"aggs":{…}}. Nothing, and an empty object, is a
// search for all documents. What is not supported, and what is unknown, is an error that names it. Whether the parts fit
// together, and the bounds of from and size, are for Search.
//
// The error wraps [query.ErrInvalid]. It begins with the key of the body that is wrong; what is wrong in its value is a
// *[query.DSLError], an *[aggregation.Error] or a *[highlight.Error].
func Parse(body []byte) (kuzzlite.SearchRequest, error) {
	p := parser{}
	compact, err := rawjson.Compact(body, 0)
	switch {
	case len(body) == 0:
		return p.SearchRequest, nil
	case err != nil:
		return p.SearchRequest, wrong("", "%v", err)
	case compact[0] != '{':
		return p.SearchRequest, wrong("", "the body of a search is an object, not a %s", rawjson.Token(compact))
	}
	for key, value := range rawjson.Members(compact) {
		if err := p.member(string(rawjson.AppendDecoded(nil, key)), value); err != nil {
			return kuzzlite.SearchRequest{}, err
		}
	}
	return p.SearchRequest, nil
}

// parser is the request that is being read.
type parser struct{ kuzzlite.SearchRequest }

// keys are what a body may have.
var keys map[string]func(p *parser, key string, value []byte) error

func init() { // or it would be initialised by itself
	keys = map[string]func(p *parser, key string, value []byte) error{
		"query":        func(p *parser, key string, value []byte) error { return parseQuery(&p.Query, key, value) },
		"post_filter":  func(p *parser, key string, value []byte) error { return parseQuery(&p.PostFilter, key, value) },
		"sort":         (*parser).sort,
		"search_after": (*parser).after,
		"from":         func(p *parser, key string, value []byte) error { return whole(&p.From, key, value) },
		"size":         (*parser).size,
		"min_score":    (*parser).minScore,
		"track_scores": func(p *parser, key string, value []byte) error { return flag(&p.TrackScores, key, value) },
		"aggs":         (*parser).aggregate,
		"aggregations": (*parser).aggregate,

		"highlight": (*parser).highlight,
		"collapse":  (*parser).collapse,
		"fields":    (*parser).fields,

		"_source":          (*parser).source,
		"_source_includes": func(p *parser, key string, value []byte) error { return patterns(&p.Fields, key, value) },
		"_source_excludes": func(p *parser, key string, value []byte) error { return patterns(&p.Exclude, key, value) },

		"track_total_hits": (*parser).totals,
	}
}

// unsupported are the keys that Elasticsearch has besides, with what to do instead.
var unsupported = map[string]string{
	"docvalue_fields": "", "explain": "", "ext": "",
	"indices_boost": "", "knn": "", "min_compatible_shard_node": "", "pit": "SearchAll reads one state",
	"profile": "", "rank": "", "rescore": "", "retriever": "", "runtime_mappings": "", "script_fields": "",
	"seq_no_primary_term": "", "slice": "", "stats": "", "stored_fields": "", "suggest": "", "terminate_after": "",
	"timeout": "SearchRequest.Timeout bounds a search", "version": "hits have it anyway",
}

// member reads a member of the body.
func (p *parser) member(key string, value []byte) error {
	if read := keys[key]; read != nil {
		return read(p, key, value)
	}
	if hint, known := unsupported[key]; known {
		if hint != "" {
			hint = ": " + hint
		}
		return wrong(key, "[%s] is not supported%s", key, hint)
	}
	names := make([]string, 0, len(keys)+len(unsupported))
	for name := range keys {
		names = append(names, name)
	}
	for name := range unsupported {
		names = append(names, name)
	}
	slices.Sort(names)
	return wrong(key, "Unknown key for a %s in [%s].%s", rawjson.Token(value), key, suggest.DidYouMean(key, names))
}

// wrong returns an error about a key.
func wrong(key, format string, args ...any) error {
	return &query.DSLError{Path: key, Reason: fmt.Sprintf(format, args...)}
}

// unknown is Elasticsearch's error of a value of another type than a key has.
func unknown(key string, value []byte) error {
	return wrong("", "Unknown key for a %s in [%s].", rawjson.Token(value), key)
}

// in returns the error of the value of a key.
func in(key string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", key, err)
}

func parseQuery(to *kuzzlite.Query, key string, value []byte) error {
	if value[0] != '{' {
		return unknown(key, value)
	}
	q, err := query.ParseElasticsearch(value)
	if err != nil {
		return in(key, err)
	}
	*to = q
	return nil
}

// sort reads the order. An empty one is none.
func (p *parser) sort(key string, value []byte) error {
	if string(value) == "[]" || string(value) == "{}" {
		p.Sort = nil
		return nil
	}
	order, err := query.ParseElasticsearchSort(value)
	if err != nil {
		return in(key, err)
	}
	p.Sort = order
	return nil
}

func (p *parser) after(key string, value []byte) error {
	if value[0] != '[' {
		return unknown(key, value)
	}
	p.After = json.RawMessage(value)
	return nil
}

// size reads how many hits are wanted. In a SearchRequest none is less than 0.
func (p *parser) size(key string, value []byte) error {
	if err := whole(&p.Size, key, value); err != nil {
		return err
	}
	if p.Size == 0 {
		p.Size = -1
	}
	return nil
}

func (p *parser) minScore(key string, value []byte) error {
	if err := json.Unmarshal(value, &p.MinScore); err != nil || value[0] == 'n' {
		return wrong(key, "[%s] must be a number, and is a %s", key, rawjson.Token(value))
	}
	return nil
}

// aggregate reads aggregations. An empty object is none.
func (p *parser) aggregate(key string, value []byte) error {
	switch {
	case value[0] != '{':
		return unknown(key, value)
	case p.Aggregations != nil:
		return wrong(key, "[aggs] and [aggregations] are the same: one of them is enough")
	case string(value) == "{}":
		return nil
	}
	r, err := aggregation.Parse(value)
	if err != nil {
		return in(key, err)
	}
	p.Aggregations = r
	return nil
}

func (p *parser) highlight(key string, value []byte) error {
	if value[0] != '{' {
		return unknown(key, value)
	}
	r, err := highlight.Parse(value)
	if err != nil {
		return in(key, err)
	}
	p.Highlight = r
	return nil
}

func (p *parser) collapse(key string, value []byte) error {
	c, err := query.ParseElasticsearchCollapse(value)
	if err != nil {
		return in(key, err)
	}
	p.Collapse = c
	return nil
}

func (p *parser) fields(key string, value []byte) error {
	list, err := query.ParseElasticsearchFields(value)
	if err != nil {
		return in(key, err)
	}
	p.FieldValues = list
	return nil
}

// totals reads track_total_hits. Totals are exact whatever it says, so that it can only be refused or true.
func (p *parser) totals(key string, value []byte) error {
	if string(value) != "true" {
		return wrong(key, "[%s] must be true: totals are always exact", key)
	}
	return nil
}

// whole reads a whole number that is not negative.
func whole(to *int, key string, value []byte) error {
	n := 0
	if err := json.Unmarshal(value, &n); err != nil || value[0] == 'n' {
		return wrong(key, "[%s] must be a whole number, and is %s", key, shown(value))
	}
	if n < 0 {
		return wrong(key, "[%s] parameter cannot be negative, found [%d]", key, n)
	}
	*to = n
	return nil
}

// shown is a number as it is, and the token of anything else, which may be long.
func shown(value []byte) string {
	if token := rawjson.Token(value); token != "VALUE_NUMBER" || len(value) > 40 {
		return "a " + token
	}
	return string(value)
}

func flag(to *bool, key string, value []byte) error {
	switch string(value) {
	case "true", `"true"`:
		*to = true
	case "false", `"false"`:
		*to = false
	default:
		return wrong(key, "[%s] must be true or false, and is a %s", key, rawjson.Token(value))
	}
	return nil
}
