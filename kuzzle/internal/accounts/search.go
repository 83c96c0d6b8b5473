package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
	"github.com/kuzzlite/kuzzlite/query"
)

// Searches for users, profiles, roles, usernames and API keys. Values are compared by their JSON types, whatever the
// mapping says.

// Kind is what a search is for.
type Kind string

// The kinds.
const (
	Users     Kind = users
	Profiles  Kind = profiles
	Roles     Kind = roles
	Usernames Kind = usernames
	Keys      Kind = apiKeys
)

// Search is a search. Its zero values mean: everything, by id, from the first one.
type Search struct {
	Kind  Kind
	Query *query.Query
	Sort  *query.Order
	From  int
	Size  int

	Scroll string // how long the search may be gone on with; "": it may not
	User   string // who searches
}

// Found is what a search has found: a part of it, and how much there is.
type Found struct {
	Hits     []Entry
	Total    uint64
	ScrollID string // "": the search cannot be gone on with
}

// AppendJSON appends {"hits", "scrollId", "total"}.
func (f *Found) AppendJSON(dst []byte) []byte {
	dst = AppendEntries(append(dst, `{"hits":`...), f.Hits)
	if f.ScrollID != "" {
		dst = append(append(append(dst, `,"scrollId":"`...), f.ScrollID...), '"')
	}
	return fmt.Appendf(dst, `,"total":%d}`, f.Total)
}

// AppendEntries appends a list.
func AppendEntries(dst []byte, list []Entry) []byte {
	dst = append(dst, '[')
	for i := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = list[i].AppendJSON(dst)
	}
	return append(dst, ']')
}

// shown is a document as searches show it.
func shown(kind Kind, doc kuzzlite.Document) Entry {
	switch kind {
	case Profiles:
		return shownProfile(doc.ID, doc.Source, true)
	case Keys:
		return shownKey(doc.ID, doc.Source)
	}
	return Entry{doc.ID, doc.Source}
}

// Find makes a search.
func (a *Accounts) Find(ctx context.Context, s Search) (*Found, error) {
	if err := a.checkWindow(s); err != nil {
		return nil, err
	}
	if s.Scroll != "" {
		return a.beginScroll(ctx, s)
	}
	f := &Found{Hits: []Entry{}}
	err := a.view(ctx, func(ctx context.Context, tx *kuzzlite.Tx) (err error) {
		if f.Total, err = in(tx, string(s.Kind)).Count(ctx, conditionOf(s)); err != nil || s.Size == 0 {
			return err
		}
		place := 0
		for doc, err := range in(tx, string(s.Kind)).Find(ctx, conditionOf(s), s.options(s.From+s.Size)) {
			if err != nil {
				return err
			}
			if place++; place > s.From {
				f.Hits = append(f.Hits, shown(s.Kind, doc))
			}
		}
		return nil
	})
	return f, err
}

// RolesOf finds the roles that say something of one of some controllers, or of all.
func (a *Accounts) RolesOf(ctx context.Context, names []string, from, size int) (*Found, error) {
	if err := a.checkWindow(Search{From: from, Size: size}); err != nil {
		return nil, err
	}
	f := &Found{Hits: []Entry{}}
	err := a.view(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		for doc, err := range in(tx, roles).All(ctx) {
			if err != nil {
				return err
			}
			says := func(m member) bool { return m.name == "*" || slices.Contains(names, m.name) }
			if !slices.ContainsFunc(readObject(readObject(doc.Source).get(controllers)), says) {
				continue
			}
			if f.Total++; f.Total > uint64(from) && len(f.Hits) < size {
				f.Hits = append(f.Hits, Entry{doc.ID, doc.Source})
			}
		}
		return nil
	})
	return f, err
}

// conditionOf returns the query of a search, all documents if it has none.
func conditionOf(s Search) *query.Query {
	if s.Query == nil {
		return query.All()
	}
	return s.Query
}

func (s *Search) options(limit int) *kuzzlite.FindOptions {
	o := &kuzzlite.FindOptions{Limit: limit}
	if s.Sort != nil {
		o.Sort = s.Sort
	}
	return o
}

// checkWindow checks how much a search is for.
func (a *Accounts) checkWindow(s Search) error {
	switch {
	case s.Size > a.opts.Fetch:
		return apierror.New("services.storage.get_limit_exceeded")
	case s.From < 0:
		return storage.BadRequest(fmt.Sprintf("[from] parameter cannot be negative but was [%d]", s.From))
	case s.Size < 0:
		return storage.BadRequest(fmt.Sprintf("[size] parameter cannot be negative, found [%d]", s.Size))
	case s.From+s.Size > a.opts.Fetch:
		return storage.BadRequest(fmt.Sprintf("Result window is too large, from + size must be less than or equal to: "+
			"[%d] but was [%d]. See the scroll api for a more efficient way to request large data sets.", a.opts.Fetch,
			s.From+s.Size))
	}
	return nil
}

// ParseQuery reads a query in the language of Elasticsearch, or a filter of Koncorde. What is absent is nil.
func ParseQuery(text json.RawMessage, koncorde bool) (*query.Query, error) {
	if isNil(text) || string(text) == "{}" {
		return nil, nil
	}
	if !isObject(text) {
		return nil, apierror.New("api.assert.invalid_type", "body.query", "object")
	}
	parse := query.ParseElasticsearch
	if koncorde {
		parse = query.ParseKoncordeSearch
	}
	q, err := parse(text)
	if err == nil {
		return q, nil
	}
	if name := unknownQuery.FindStringSubmatch(err.Error()); name != nil {
		return nil, apierror.New("services.storage.unknown_query_keyword", name[1])
	}
	return nil, storage.BadRequest(err.Error())
}

// unknownQuery is what is said of a query by a name that no query has.
var unknownQuery = regexp.MustCompile(`unknown query \[([^\]]*)\]`)

// searchKeys are the members of the body of a search that Kuzzle takes.
var searchKeys = []string{
	"aggregations", "aggs", "collapse", "explain", "fields", "from", "highlight", "post_filter", "query", "search_after",
	"search_timeout", "size", "sort", "suggest", "_name", "_source", "_source_excludes", "_source_includes",
}

// ParseBody reads the body of a search into it: the query and the order. from and size in there mean nothing, as in
// Kuzzle: those of the request count.
func (s *Search) ParseBody(body json.RawMessage, koncorde bool) (err error) {
	o := readObject(body)
	for _, m := range o {
		switch {
		case !slices.Contains(searchKeys, m.name):
			return apierror.New("services.storage.invalid_search_query", m.name)
		case m.name != "query" && m.name != "sort" && m.name != "from" && m.name != "size":
			return storage.BadRequest(fmt.Sprintf("[%s] is not supported in searches for users, profiles and roles", m.name))
		}
	}
	if s.Query, err = ParseQuery(o.get("query"), koncorde); err != nil {
		return err
	}
	s.Sort, err = parseSort(o.get("sort"))
	return err
}

// parseSort reads an order: a field, an object of fields, or a list of both. Nil: none.
func parseSort(value json.RawMessage) (*query.Order, error) {
	if isNil(value) {
		return nil, nil
	}
	list := []json.RawMessage{value}
	if isList(value) {
		list = elements(value)
	}
	var fields []string
	for _, e := range list {
		if isString(e) {
			fields = append(fields, request.Text(e))
			continue
		}
		for _, m := range readObject(e) {
			descending, err := isDescending(m.value)
			if err != nil {
				return nil, err
			}
			if descending {
				m.name = "-" + m.name
			}
			fields = append(fields, m.name)
		}
	}
	if fields = slices.DeleteFunc(fields, isNoField); len(fields) == 0 {
		return nil, nil
	}
	return query.By(fields...), nil
}

// isNoField says whether a field of an order is none: all documents have the same score.
func isNoField(name string) bool {
	name = strings.TrimPrefix(name, "-")
	return name == "_score" || name == "_doc" || name == ""
}

func isDescending(value json.RawMessage) (bool, error) {
	if isObject(value) {
		o := readObject(value)
		for _, m := range o {
			if m.name != "order" {
				const text = "[%s] is not supported in orders of users, profiles and roles"
				return false, storage.BadRequest(fmt.Sprintf(text, m.name))
			}
		}
		value = o.get("order")
	}
	switch strings.ToLower(stringOf(value)) {
	case "asc", "":
		return false, nil
	case "desc":
		return true, nil
	}
	return false, storage.BadRequest(fmt.Sprintf("Unknown SortOrder [%s]", request.Text(value)))
}
