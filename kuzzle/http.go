package kuzzle

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/internal/wire"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/javascript"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// HTTP: how a request becomes one of the API. What is wrong with it before that is told as a bare error; the answer of
// the API has an envelope.

// ServeHTTP answers requests of HTTP, and upgrades to WebSocket on any path.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isUpgrade(r) {
		s.serveSocket(w, r)
		return
	}
	x := &exchange{Server: s, w: w, r: r}
	if err := s.stranger(r); err != nil {
		x.answer(x.refusal(err))
		return
	}
	switch path := r.URL.Path; {
	case r.Method == http.MethodOptions:
		x.answer(&api.Answer{Request: &request.Request{}, ID: x.id(), Result: api.JSON("{}")})
	case r.Method == http.MethodHead:
		x.head(path)
	case r.Method == http.MethodGet && (path == "/_healthcheck" || path == "/_ready"):
		x.answer(&api.Answer{Request: &request.Request{}, ID: x.id(), Result: api.Null})
	default:
		x.serve()
	}
}

// exchange is a request of HTTP and its answer.
type exchange struct {
	*Server
	w        http.ResponseWriter
	r        *http.Request
	patience time.Duration // see patientWriter; 0: that of the server
}

func (x *exchange) origin() origin {
	from := origin{protocol: request.HTTP, id: x.id(), received: x.opts.Clock.Now()}
	if cookie, err := x.r.Cookie(api.TokenCookie); err == nil {
		from.cookie = cookie.Value
	}
	return from
}

// id returns the id of the request: the one in the header, or one that is made up and put there.
func (x *exchange) id() string {
	const name = "X-Kuzzle-Request-Id"
	id := x.r.Header.Get(name)
	if id == "" {
		id = x.opts.NewID()
		x.r.Header.Set(name, id)
	}
	return id
}

func (x *exchange) refusal(err *apierror.Error) *api.Answer { return x.refuse(x.origin(), err) }

// head answers a request for headers, which are only those of the root.
func (x *exchange) head(path string) {
	x.headers()
	if path != "/" {
		x.w.WriteHeader(http.StatusNotFound)
	}
}

// serve answers a request for an action.
func (x *exchange) serve() {
	if !x.routes.Knows(x.r.Method) {
		x.answer(x.refusal(apierror.New("network.http.unsupported_verb", x.r.Method)))
		return
	}
	if route, _ := x.routes.Find(x.r.Method, x.r.URL.EscapedPath()); route != nil && route.Controller == wire.Controller {
		x.answer(x.library(route))
		return
	}
	body, bare := x.body()
	if bare != nil {
		x.bare(bare)
		return
	}
	if x.r.Method == http.MethodPost && strings.Trim(x.r.URL.Path, "/") == "_query" {
		x.answer(x.query(body))
		return
	}
	x.answer(x.routed(body))
}

// query answers a request that has all its arguments in the body.
func (x *exchange) query(body json.RawMessage) *api.Answer {
	switch {
	case body == nil || body[0] == '[' || string(body) == "null":
		return x.refusal(apierror.Plain(500, "Input request data must be a non-null object"))
	case body[0] != '{':
		return x.refusal(wrongBody)
	}
	r, wrong := request.Parse(body, request.HTTP)
	if wrong != nil {
		return x.refusal(wrong)
	}
	if token, ok := x.token(); ok && r.Token == nil {
		r.Token = &token
	}
	return x.Server.answer(x.r.Context(), x.origin(), r)
}

var wrongBody = apierror.Plain(400, `Attribute body must be of type "object" or "array"`)

// routed answers a request whose action is that of its URL.
func (x *exchange) routed(body json.RawMessage) *api.Answer {
	route, args := x.routes.Find(x.r.Method, x.r.URL.EscapedPath())
	if route == nil {
		return x.refusal(apierror.New("network.http.url_not_found", x.r.URL.Path))
	}
	r := &request.Request{Protocol: request.HTTP, Controller: route.Controller, Action: route.Action}
	for name, values := range x.r.URL.Query() {
		switch name {
		case "controller", "action", "jwt", "body", "volatile", "requestId", "pretty": // which mean nothing here
		default:
			r.SetArg(name, queryValue(values))
		}
	}
	for _, arg := range args {
		r.SetArg(arg.Name, rawjson.AppendString(nil, arg.Value))
	}
	if body != nil {
		if wrong := r.SetBody(body); wrong != nil {
			return x.refusal(wrong)
		}
	}
	if token, ok := x.token(); ok {
		r.Token = &token
	}
	if wrong := x.volatile(r); wrong != nil {
		return x.refusal(wrong)
	}
	return x.Server.answer(x.r.Context(), x.origin(), r)
}

// queryValue returns an argument of a URL as JSON: a text, or a list of texts if it is there several times.
func queryValue(values []string) json.RawMessage {
	if len(values) == 1 {
		return rawjson.AppendString(nil, strings.ToValidUTF8(values[0], "\uFFFD"))
	}
	return api.Marshal(values)
}

// token returns the token of the header Authorization.
func (x *exchange) token() (token string, ok bool) {
	scheme, token, ok := strings.Cut(x.r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), ok && strings.EqualFold(scheme, "bearer")
}

// volatile reads the volatile data, which stand in a header.
func (x *exchange) volatile(r *request.Request) *apierror.Error {
	text := x.r.Header.Get("X-Kuzzle-Volatile")
	if text == "" {
		return nil
	}
	value, err := javascript.Normalize([]byte(text))
	if err != nil {
		return apierror.New("network.http.volatile_parse_failed", err.Error())
	}
	return r.SetVolatile(value)
}
