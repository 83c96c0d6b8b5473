package collection

import (
	"encoding/base64"
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/search"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
	"github.com/kuzzlite/kuzzlite/query"
)

// specificationSearch is a page of a search for specifications. In JSON it is what a scroll identifier says, in
// base64: where the next page begins, and until when that can be asked for.
type specificationSearch struct {
	From    int             `json:"from"`
	Size    int             `json:"size"`
	Query   json.RawMessage `json:"query"`
	Expires int64           `json:"expires"` // ms since 1970; 0: it is no scroll
}

// What a search for specifications does unless it is told otherwise.
const (
	defaultPage   = 10
	defaultScroll = "15s"
)

// searchSpecifications finds specifications by the names of their index and collection, in the order of these.
func searchSpecifications(c *api.Call) (api.Result, error) {
	a := c.Args()
	p := specificationSearch{From: a.IntegerOr("from", 0), Size: a.IntegerOr("size", defaultPage)}
	scroll := a.StringOr("scroll", "")
	p.Query = searched(a)
	if p.Size-p.From > c.Limits.Reads {
		a.Check(apierror.New("services.storage.get_limit_exceeded"))
	}
	if p.From < 0 || p.Size < 0 {
		a.Check(storage.BadRequest("[from] and [size] must not be negative"))
	}
	if _, given := c.Arg("scroll"); given && a.Err == nil {
		p.Expires, a.Err = expiry(c, scroll)
	}
	if a.Err != nil {
		return nil, a.Err
	}
	return p.answer(c)
}

// searched reads the query of the body, or over HTTP of the argument searchBody.
func searched(a *request.Args) json.RawMessage {
	body := a.Body
	if body == nil {
		body = a.ObjectOr("searchBody", json.RawMessage("{}"))
	}
	if a.Err == nil && body[0] != '{' {
		a.Check(apierror.New("api.assert.invalid_type", "body.query", "object"))
	}
	q := json.RawMessage("{}")
	for key, value := range rawjson.Members(body) {
		switch name := request.Text(key); {
		case name != "query":
			a.Check(storage.BadRequest("searches for specifications have no [" + name + "] here: only a [query]"))
		case value[0] != '{':
			a.Check(apierror.New("api.assert.invalid_type", "body.query", "object"))
		default:
			q = value
		}
	}
	return q
}

// expiry returns when a scroll ends that goes on for so long.
func expiry(c *api.Call, scroll string) (int64, error) {
	d, err := search.ScrollTime(scroll)
	return c.Clock.Now().Add(d).UnixMilli(), err
}

// scrollSpecifications goes on with a search. A search of which all was fetched has ended.
func scrollSpecifications(c *api.Call) (api.Result, error) {
	a := c.Args()
	scroll, id := a.StringOr("scroll", defaultScroll), a.String("scrollId")
	if a.Err != nil {
		return nil, a.Err
	}
	expires, err := expiry(c, scroll)
	if err != nil {
		return nil, err
	}
	text, err := base64.RawURLEncoding.DecodeString(id)
	var p specificationSearch
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil || p.Expires <= c.Clock.Now().UnixMilli() || p.From <= 0 || p.Size <= 0 || p.Size > c.Limits.Reads {
		return nil, apierror.New("services.storage.unknown_scroll_id")
	}
	p.Expires = expires
	return p.answer(c)
}

// specificationsSchema is what can be searched for.
var specificationsSchema = mustSchema(`{"properties":{"index":{"type":"keyword"},"collection":{"type":"keyword"}}}`)

func mustSchema(text string) *query.Schema {
	s, err := query.ParseMapping([]byte(text))
	if err != nil {
		panic(err)
	}
	return s
}

// answer answers with the page, and where the next one begins.
func (p specificationSearch) answer(c *api.Call) (api.Result, error) {
	m, err := matcher(c, p.Query)
	if err != nil {
		return nil, err
	}
	total, hits := 0, []json.RawMessage{}
	for s, err := range c.Store.Specified(c.Context) {
		if err != nil {
			return nil, err
		}
		id, doc := s.Index+"#"+s.Collection, source(s)
		if !m.Match(id, doc) {
			continue
		}
		if total >= p.From && len(hits) < p.Size {
			hits = append(hits, api.Marshal(map[string]any{"_id": id, "_score": 1, "_source": json.RawMessage(doc)}))
		}
		total++
	}
	if p.Expires == 0 {
		return api.Object("hits", hits, "total", total), nil
	}
	if p.From > 0 && len(hits) == 0 {
		return nil, apierror.New("services.storage.unknown_scroll_id")
	}
	p.From += len(hits)
	return api.Object("hits", hits, "scrollId", base64.RawURLEncoding.EncodeToString(api.Marshal(p)), "total", total), nil
}

func matcher(c *api.Call, raw json.RawMessage) (*query.Matcher, error) {
	q, err := search.Query(c, raw, false)
	if err != nil {
		return nil, err
	}
	m, err := query.Compile(q, &query.Options{Schema: specificationsSchema})
	if err != nil {
		return nil, storage.BadRequest(err.Error())
	}
	return m, nil
}
