// Package search finds documents for the requests of clients: what Kuzzle and Elasticsearch make of the body of a
// search.
package search

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/aggregation"
	"github.com/kuzzlite/kuzzlite/query/highlight"
)

// allowedKeys are what the body of a search may have.
var allowedKeys = []string{
	"aggregations", "aggs", "collapse", "explain", "fields", "from", "highlight", "post_filter", "query", "search_after",
	"search_timeout", "size", "sort", "suggest", "_name", "_source", "_source_excludes", "_source_includes",
}

// unknownKeys are those of them that Elasticsearch refuses.
var unknownKeys = []string{"_name", "search_timeout"}

// CheckBody is Kuzzle's check of the body of a search.
func CheckBody(body json.RawMessage) error {
	if body == nil {
		return nil
	}
	for key := range rawjson.Members(api.AsObject(body)) {
		if name := request.Text(key); !slices.Contains(allowedKeys, name) {
			return apierror.New("services.storage.invalid_search_query", name)
		}
	}
	return CheckScripts(body)
}

// Query reads a query of a request, in the JSON of Elasticsearch or as a filter of Koncorde. What is absent, and an
// empty object, matches everything.
func Query(c *api.Call, raw json.RawMessage, koncorde bool) (*query.Query, error) {
	if len(raw) == 0 || string(raw) == "{}" {
		return query.All(), nil
	}
	if koncorde {
		q, err := query.ParseKoncordeSearch(raw)
		return q, queryError(err)
	}
	q, err := query.ParseElasticsearchLookup(raw, lookup(c))
	return q, queryError(err)
}

var (
	restricted    = regexp.MustCompile(`^The (\w+) "(.*)" of Koncorde DSL`)
	unknownClause = regexp.MustCompile(`^\[(.*)\] query malformed, no start_object after query name`)
	noClause      = regexp.MustCompile(`^no \[query\] registered for \[(.*)\]`)
	unknownKey    = regexp.MustCompile(`^Unknown key for a START_OBJECT in \[(.*)\]\.`)
)

// queryError returns the error of a query as Kuzzle tells it.
func queryError(err error) error {
	if err == nil {
		return nil
	}
	if known := (*apierror.Error)(nil); errors.As(err, &known) {
		return known
	}
	if k := (*query.KoncordeError)(nil); errors.As(err, &k) {
		if k.ID == "" {
			return apierror.New("services.koncorde.elastic_translation_error", k.Message)
		}
		e := apierror.New(k.ID)
		e.Message = k.Message
		for _, quoted := range restricted.FindStringSubmatch(k.Message) {
			e.Props = append(e.Props, quoted)
		}
		e.Props = e.Props[min(1, len(e.Props)):] // of the whole match
		return e
	}
	if of := (*aggregation.Error)(nil); errors.As(err, &of) {
		return storage.BadRequest(of.Reason)
	}
	if of := (*highlight.Error)(nil); errors.As(err, &of) {
		if found := unknownKey.FindStringSubmatch(of.Reason); found != nil {
			return apierror.New("services.storage.invalid_search_query", found[1])
		}
		return storage.BadRequest(of.Reason)
	}
	dsl := (*query.DSLError)(nil)
	if !errors.As(err, &dsl) {
		return storage.BadRequest(strings.TrimPrefix(err.Error(), "invalid query: "))
	}
	for _, pattern := range []*regexp.Regexp{unknownClause, noClause} {
		if found := pattern.FindStringSubmatch(dsl.Reason); found != nil {
			return apierror.New("services.storage.unknown_query_keyword", found[1])
		}
	}
	if found := unknownKey.FindStringSubmatch(dsl.Reason); found != nil {
		return apierror.New("services.storage.invalid_search_query", found[1])
	}
	return storage.BadRequest(dsl.Reason)
}
