package search

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/javascript"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/aggregation"
	"github.com/kuzzlite/kuzzlite/query/highlight"
)

// search is a search under way.
type search struct {
	targets    []Target
	query      *query.Query
	scored     *query.Query    // of which hits have the scores
	sort       json.RawMessage // nil: the best scores first
	after      json.RawMessage // the values of sort behind which the hits begin, nil: at the first
	from, size int
	scroll     time.Duration // how long the rest can be asked for; 0: it cannot
	source     fieldpath.SourceFilter

	highlight    *highlight.Request   // nil: none
	fields       query.FieldValues    // hits must be able to show them, and do not (Kuzzle)
	aggregations *aggregation.Request // nil: none
	post         *query.Query         // of the hits, but not of what is aggregated; nil: all

	collapse *query.Collapse      // nil: all hits are shown
	nested   []*query.InnerHits   // what is shown of nested objects, by the targets; nil: nothing
	shown    [][]filter.GroupHits // which hits of groups are shown, by the targets; nil: none
}

// maxWindow is how far from and size may reach together (Elasticsearch: index.max_result_window).
const maxWindow = 10_000

// Search is the action document:search.
func (s *Scrolls) Search(c *api.Call) (api.Result, error) {
	in, body, err := read(c)
	if err != nil {
		return nil, err
	}
	for _, t := range in.targets {
		if err := c.Store.MustExist(c.Context, t.Index, t.Collection); err != nil {
			return nil, err
		}
	}
	if err := CheckBody(body); err != nil {
		return nil, err
	}
	if err := in.checkPage(c, body); err != nil {
		return nil, err
	}
	if err := in.readBody(c, body); err != nil {
		return nil, err
	}
	return s.answer(c, in)
}

// read reads the arguments of a search, in the order in which Kuzzle checks them.
func read(c *api.Call) (in *search, body json.RawMessage, err error) {
	a := c.Args()
	in = &search{from: a.IntegerOr("from", 0), size: a.IntegerOr("size", 10)}
	if _, ok := c.Arg("scroll"); ok {
		a.StringOr("scroll", "")
	}
	body = c.Body
	if text, ok := c.Arg("searchBody"); ok && c.Protocol == request.HTTP {
		if body, err = javascript.Normalize([]byte(request.Text(text))); err != nil || body[0] != '{' {
			a.Check(apierror.New("api.assert.invalid_type", "searchBody", "object"))
		}
	}
	raw := member(body, "query")
	if raw != nil && raw[0] != '{' {
		a.Check(apierror.New("api.assert.invalid_type", "body.query", "object"))
	}
	koncorde := a.Koncorde()
	in.targets = targets(a)
	if in.size-in.from > c.Limits.Reads {
		a.Check(apierror.New("services.storage.get_limit_exceeded"))
	}
	if a.Err != nil {
		return nil, nil, a.Err
	}
	var late error // of a query that is wrong: Elasticsearch finds out only after Kuzzle's other checks
	if in.query, late = Query(c, raw, koncorde); late != nil && koncorde {
		return nil, nil, late
	}
	if _, ok := c.Arg("targets"); !ok {
		if a.Collection(); a.Err != nil {
			return nil, nil, a.Err
		}
	}
	if late != nil {
		if err := mustExist(c, in.targets); err != nil {
			return nil, nil, err
		}
		if err := CheckBody(body); err != nil {
			return nil, nil, err
		}
	}
	return in, body, late
}

func mustExist(c *api.Call, targets []Target) error {
	for _, t := range targets {
		if err := c.Store.MustExist(c.Context, t.Index, t.Collection); err != nil {
			return err
		}
	}
	return nil
}

// member returns a member of a body, nil if there is none.
func member(body json.RawMessage, name string) json.RawMessage {
	if len(body) == 0 || body[0] != '{' {
		return nil
	}
	value, ok := rawjson.Lookup(body, name)
	if !ok {
		return nil
	}
	return value
}

// checkPage checks from, size and scroll as Elasticsearch does.
func (in *search) checkPage(c *api.Call, body json.RawMessage) (err error) {
	if value, ok := c.Arg("scroll"); ok {
		if in.scroll, err = ScrollTime(request.Text(value)); err != nil {
			return err
		}
	}
	switch {
	case in.size < 0:
		return storage.BadRequest(fmt.Sprintf("[size] parameter cannot be negative, found [%d]", in.size))
	case in.from < 0:
		return storage.BadRequest(fmt.Sprintf("[from] parameter cannot be negative but was [%d]", in.from))
	case in.scroll > 0 && in.from > 0:
		return storage.BadRequest("Validation Failed: 1: using [from] is not allowed in a scroll context;")
	case in.scroll > 0 && in.size == 0:
		return storage.BadRequest("Validation Failed: 1: [size] cannot be [0] in a scroll context;")
	case in.scroll > 0 && member(body, "collapse") != nil:
		return storage.BadRequest("Validation Failed: 1: cannot use `collapse` in a scroll context;")
	case in.scroll > 0 && member(body, "search_after") != nil:
		return storage.BadRequest("`search_after` cannot be used in a scroll context.")
	}
	return checkWindow(in.from, in.size)
}

// checkWindow returns the error of a page that is too far behind the first hit.
func checkWindow(from, size int) error {
	if from+size <= maxWindow {
		return nil
	}
	return storage.BadRequest(fmt.Sprintf("Result window is too large, from + size must be less than or equal to: [%d] "+
		"but was [%d]. See the scroll api for a more efficient way to request large data sets. This limit can be set by "+
		"changing the [index.max_result_window] index level setting.", maxWindow, from+size))
}

// readBody reads the rest of the body.
func (in *search) readBody(c *api.Call, body json.RawMessage) (err error) {
	in.scored = in.query
	for _, name := range unknownKeys {
		if member(body, name) != nil {
			return storage.BadRequest("request [/@" + in.names() + "/_search] contains unrecognized parameter: [" + name + "]")
		}
	}
	if suggest := member(body, "suggest"); suggest != nil && !request.Falsy(suggest) {
		return storage.BadRequest("[suggest] is not supported by this server")
	}
	if filter := member(body, "post_filter"); filter != nil {
		if filter[0] != '{' {
			return unknownKeyFor(filter, "post_filter")
		}
		q, err := Query(c, filter, false)
		if err != nil {
			return err
		}
		in.post = q
	}
	if err := in.readAggregations(body); err != nil {
		return err
	}
	if err := in.readCollapse(body); err != nil {
		return err
	}
	if err := in.readHighlight(body); err != nil {
		return err
	}
	if err := in.readFields(body); err != nil {
		return err
	}
	if in.sort = member(body, "sort"); string(in.sort) == "[]" || string(in.sort) == "{}" {
		in.sort = nil
	}
	if in.after = member(body, "search_after"); in.after != nil && in.after[0] != '[' {
		return unknownKeyFor(in.after, "search_after")
	}
	in.source, err = readSource(body)
	return err
}

func unknownKeyFor(value json.RawMessage, name string) error {
	return storage.BadRequest(fmt.Sprintf("Unknown key for a %s in [%s].", rawjson.Token(value), name))
}
