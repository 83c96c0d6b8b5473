package security

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/accounts"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// The searches.

// search reads the arguments of a search of which a page has by default so much.
func search(c *api.Call, a *request.Args, kind accounts.Kind, size int) (s accounts.Search, koncorde bool) {
	s = accounts.Search{
		Kind: kind, Size: a.IntegerOr("size", size), From: a.IntegerOr("from", 0), User: c.User.ID,
	}
	s.Scroll = a.StringOr("scroll", "")
	return s, a.Koncorde()
}

// bodyOf returns the body of a search. A GET has that in an argument.
func bodyOf(c *api.Call, a *request.Args) json.RawMessage {
	if c.Body == nil {
		return a.ObjectOr("searchBody", emptyObject)
	}
	return c.Body
}

func (s controller) searchUsers(c *api.Call) (api.Result, error) {
	a := c.Args()
	q, koncorde := search(c, a, accounts.Users, c.Limits.Reads)
	body := bodyOf(c, a)
	return s.found(c, a, q, body, koncorde)
}

// found makes a search whose arguments have been read.
func (s controller) found(c *api.Call, a *request.Args, q accounts.Search, body json.RawMessage, koncorde bool) (
	api.Result, error) {
	if a.Err == nil {
		a.Check(q.ParseBody(body, koncorde))
	}
	if a.Err != nil {
		return nil, a.Err
	}
	f, err := s.Find(c.Context, q)
	return f, err
}

// searchProfiles can also be asked for the profiles that have some roles.
func (s controller) searchProfiles(c *api.Call) (api.Result, error) {
	a := c.Args()
	q, koncorde := search(c, a, accounts.Profiles, c.Limits.Reads)
	body, names := bodyOf(c, a), list(a, c, "roles")
	body = accounts.Without(body, "roles")
	if len(names) > 0 && a.Err == nil {
		body = accounts.Merged(body, api.Marshal(map[string]any{
			"query": map[string]any{"terms": map[string]any{"policies.roleId": names}},
		}))
		koncorde = false
	}
	return s.found(c, a, q, body, koncorde)
}

// searchRoles can also be asked for the roles that say something of some controllers.
func (s controller) searchRoles(c *api.Call) (api.Result, error) {
	a := c.Args()
	q, koncorde := search(c, a, accounts.Roles, c.Limits.Reads)
	q.Scroll = "" // which searches for roles do not have
	body, names := bodyOf(c, a), list(a, c, "controllers")
	if len(names) == 0 || a.Err != nil {
		return s.found(c, a, q, accounts.Without(body, "controllers"), koncorde)
	}
	f, err := s.RolesOf(c.Context, names, q.From, q.Size)
	return f, err
}

// list reads a list in the body of a search that stands there instead of a query; nil: there is none.
func list(a *request.Args, c *api.Call, name string) (all []string) {
	value := c.BodyMember(name)
	if request.Falsy(value) {
		return nil
	}
	if !request.Falsy(c.BodyMember("query")) {
		a.Check(apierror.Plain(400, `You cannot specifify both "%s" and "query". `+
			`Prefer the usage of "query" property with a search query.`, name))
	}
	if a.BodyField(name, request.List); a.Err != nil {
		return nil
	}
	for e := range request.Elements(value) {
		all = append(all, request.Text(e))
	}
	return all
}

// searchUsersByCredentials searches for usernames.
func (s controller) searchUsersByCredentials(c *api.Call) (api.Result, error) {
	a := c.Args()
	strategy := a.String("strategy")
	q, koncorde := search(c, a, accounts.Usernames, 10)
	q.Scroll = ""
	body := bodyOf(c, a)
	if a.Err == nil {
		a.Check(accounts.CheckStrategy(strategy))
	}
	if a.Err == nil {
		a.Check(checkCredentialSearch(body))
	}
	if a.Err == nil {
		a.Check(q.ParseBody(body, koncorde))
	}
	if a.Err != nil {
		return nil, a.Err
	}
	f, err := s.Find(c.Context, q)
	if err != nil {
		return nil, err
	}
	sources := []json.RawMessage{}
	for _, e := range f.Hits {
		sources = append(sources, e.Source)
	}
	return api.Object("hits", sources, "total", f.Total), nil
}

// The names that a search for usernames may have in its query, and in its order.
var (
	queryNames = []string{
		"bool", "filter", "must", "must_not", "should", "match", "query", "prefix", "value", "boost", "term", "terms",
		"username", "equals", "and", "or", "not", "exists", "missing", "in",
	}
	sortNames = []string{"sort", "order", "kuid", "username"}
)

func checkCredentialSearch(body json.RawMessage) error {
	q, _ := rawjson.Lookup(body, "query")
	order, _ := rawjson.Lookup(body, "sort")
	if err := checkNames(q, queryNames, 0); err != nil {
		return err
	}
	return checkNames(order, sortNames, 0)
}

// checkNames checks the keys of a value, at all depths.
func checkNames(value json.RawMessage, allowed []string, depth int) error {
	if depth > rawjson.MaxDepth {
		return apierror.Plain(400, "The search query is nested too deeply.")
	}
	if strings.HasPrefix(string(value), "[") {
		for e := range request.Elements(value) {
			if err := checkNames(e, allowed, depth+1); err != nil {
				return err
			}
		}
	}
	for key, inner := range rawjson.Members(value) {
		name, _ := rawjson.Unquote(key)
		if !slices.Contains(allowed, name) {
			if name == "kuid" {
				return apierror.Plain(403, `Forbidden field "%s". Only the "username" or "kuid" fields are sortable and `+
					`only the first is also searchable.`, name)
			}
			return apierror.Plain(400, `The "%s" keyword is not allowed in this search query for security concerns.`, name)
		}
		if err := checkNames(inner, allowed, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// scroll goes on with a search.
func (s controller) scroll(kind accounts.Kind) api.Action {
	return func(c *api.Call) (api.Result, error) {
		a := c.Args()
		id, ttl := a.String("scrollId"), a.StringOr("scroll", "")
		if a.Err != nil {
			return nil, a.Err
		}
		f, err := s.Scroll(c.Context, kind, id, ttl, c.User.ID)
		return f, err
	}
}

// split returns the ids in a text, between commas.
func split(c *api.Call, text string) ([]string, error) {
	list := strings.Split(text, ",")
	if len(list) > c.Limits.Reads {
		return nil, apierror.New("services.storage.get_limit_exceeded")
	}
	return list, nil
}
