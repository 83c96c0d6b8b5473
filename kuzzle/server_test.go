package kuzzle

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/route"
)

func serverly(action, more string) string {
	return `{"controller":"server","action":"` + action + `"` + more + `}`
}

func TestServerController(t *testing.T) {
	newDialog(t).converse(t, []turn{
		{ask: serverly("now", ""), want: `{"now":1795000001000}`},
		{ask: serverly("adminExists", ""), want: `{"exists":false}`},
		{ask: serverly("healthCheck", ""),
			want: `{"status":"green","services":{"internalCache":"green","memoryStorage":"green",` +
				`"storageEngine":"green"}}`},
		{ask: serverly("healthCheck", `,"services":"storageEngine,foo"`),
			want: `{"status":"green","services":{"storageEngine":"green"}}`},
		{ask: serverly("healthCheck", `,"services":["internalCache"]`),
			want: `{"status":"green","services":{"internalCache":"green"}}`},
		{ask: serverly("metrics", ""),
			want: `{"api":{"concurrentRequests":1,"pendingRequests":0},"network":{"connections":` +
				`{"websocket":0}},"realtime":{"rooms":0,"subscriptions":0}}`},
		{ask: serverly("getConfig", ""), want: `{"limits":{"documentsWriteCount":200,"documentsFetchCount":10000},"http":` +
			`{"accessControlAllowOrigin":"localhost"},"server":{"maxRequestSize":1048576},` +
			`"services":{"storageEngine":{"backend":"kuzzlite",` +
			`"commonMapping":{"dynamic":"false"}}},"version":"2.56.0"}`},
		{ask: serverly("openapi", `,"format":"xml"`), status: 400, want: "api.assert.invalid_argument"},
		{ask: serverly("openapi", `,"scope":"foo"`), status: 400, want: "api.assert.unexpected_argument"},
		{ask: serverly("getStats", `,"startTime":"x"`), status: 400, want: "api.assert.invalid_type"},
		{ask: serverly("foo", ""), status: 404, want: "api.process.action_not_found"},
	})
}

// A server whose store is closed is not healthy.
func TestHealthOfClosedStore(t *testing.T) {
	r := newDialog(t)
	if err := r.server.services.Store.Store.Close(); err != nil {
		t.Fatal(err)
	}
	r.converse(t, []turn{
		{ask: serverly("healthCheck", ""), status: 500, want: "core.fatal.service_unavailable"},
		{ask: serverly("healthCheck", `,"services":"memoryStorage"`)},
	})
}

// The public API is what the server has, with the routes that lead there.
func TestPublicAPI(t *testing.T) {
	r := newDialog(t)
	var all map[string]map[string]struct {
		Controller, Action string
		HTTP               []struct{ Path, URL, Verb string }
	}
	if err := json.Unmarshal([]byte(r.must(t, serverly("publicApi", ""))), &all); err != nil {
		t.Fatal(err)
	}
	for controller, actions := range r.server.published() {
		if got, want := slices.Sorted(maps.Keys(all[controller])), slices.Sorted(maps.Keys(actions)); !slices.Equal(got,
			want) {
			t.Errorf("%s has %q, want %q", controller, got, want)
		}
	}
	if want := len(r.server.controllers) - 1; len(all) != want || all["kuzzlite"] != nil {
		t.Errorf("there are %d controllers, want %d", len(all), want)
	}
	publish := all["realtime"]["publish"]
	if len(publish.HTTP) != 1 || publish.HTTP[0].URL != "/:index/:collection/_publish" || publish.HTTP[0].Verb != "POST" ||
		publish.HTTP[0].Path != publish.HTTP[0].URL || publish.Controller != "realtime" || publish.Action != "publish" {
		t.Errorf("publish is %+v", publish)
	}
	if subscribe := all["realtime"]["subscribe"]; subscribe.HTTP != nil {
		t.Errorf("subscribe is %+v", subscribe)
	}
	if _, ok := all["document"]["foo"]; ok {
		t.Error("there is document:foo")
	}
}

// Each action of Kuzzle that this server has, and that has a route there, is found by HTTP.
func TestRoutesLeadSomewhere(t *testing.T) {
	r := newDialog(t)
	for _, at := range route.All {
		if r.server.controllers[at.Controller][at.Action] == nil {
			continue
		}
		path := strings.NewReplacer(":index", "i", ":collection", "c", ":_id", "x", ":scrollId", "x").Replace(at.Path)
		if found, _ := allRoutes.Find(at.Verb,
			path); found == nil || found.Controller != at.Controller || found.Action != at.Action {
			t.Errorf("%s %s leads to %+v, want %s:%s", at.Verb, path, found, at.Controller, at.Action)
		}
	}
}

func TestServerInfo(t *testing.T) {
	r := newDialog(t)
	r.clock.Advance(29*time.Second + 400*time.Millisecond)
	var info struct {
		ServerInfo struct {
			Kuzzle struct {
				API         struct{ Routes map[string]any }
				Application struct{ Name string }
				MemoryUsed  float64
				System      struct {
					CPUs   []any
					Memory struct{ Total, Free float64 }
				}
				Uptime, Version string
			}
			Services map[string]struct{ Type, Version, Status string }
		}
	}
	if err := json.Unmarshal([]byte(r.must(t, serverly("info", ""))), &info); err != nil {
		t.Fatal(err)
	}
	k := info.ServerInfo.Kuzzle
	if k.Version != "2.56.0" || k.Uptime != "29.4s" || k.MemoryUsed <= 0 || len(k.System.CPUs) == 0 ||
		k.API.Routes["server"] == nil ||
		k.Application.Name != "kuzzlite" {
		t.Errorf("Kuzzle is %+v", k)
	}
	if s := info.ServerInfo.Services; len(s) != 4 || s["publicStorage"].Status != "green" {
		t.Errorf("the services are %v", s)
	}
	var can struct {
		Limits, Routes map[string]any
		Version        string
	}
	if err := json.Unmarshal([]byte(r.must(t, serverly("capabilities", ""))), &can); err != nil {
		t.Fatal(err)
	}
	if can.Version != "2.56.0" || can.Routes["document"] == nil || can.Limits["documentsWriteCount"] != 200.0 {
		t.Errorf("the capabilities are %+v", can)
	}
}

// Requests are counted in frames of ten seconds.
func TestStatistics(t *testing.T) {
	r := newReplay(t)
	type frame struct {
		Completed   map[string]int `json:"completedRequests"`
		Failed      map[string]int `json:"failedRequests"`
		Ongoing     map[string]int `json:"ongoingRequests"`
		Connections map[string]int `json:"connections"`
		Timestamp   int64
	}
	read := func(ask string, into any) {
		t.Helper()
		if err := json.Unmarshal([]byte(r.must(t, ask)), into); err != nil {
			t.Fatal(err)
		}
	}
	var f frame
	if read(serverly("getLastStats", ""), &f); f.Ongoing["websocket"] != 1 || len(f.Completed) != 0 {
		t.Errorf("before the end of the first frame: %+v", f)
	}
	r.converse(t, []turn{{ask: serverly("now", "")}, {ask: serverly("foo", ""),
		status: 404}, {ask: serverly("now", ""), http: true}})
	r.clock.Advance(10 * time.Second)
	if read(serverly("getLastStats", ""),
		&f); f.Completed["websocket"] != 3 || f.Completed["http"] != 1 || f.Failed["websocket"] != 1 ||
		f.Timestamp != 1795000010000 {
		t.Errorf("the first frame is %+v", f)
	}
	r.clock.Advance(time.Hour)
	var list struct {
		Hits  []frame
		Total int
	}
	if read(serverly("getAllStats", ""), &list); list.Total != 2 || len(list.Hits) != 2 {
		t.Errorf("all frames are %+v", list)
	}
	if read(serverly("getStats", `,"startTime":1795000010001`),
		&list); list.Total != 1 || list.Hits[0].Timestamp == 1795000010000 {
		t.Errorf("the frames behind the first one are %+v", list)
	}
	if read(serverly("getStats", `,"stopTime":1795000010000`),
		&list); list.Total != 1 || list.Hits[0].Timestamp != 1795000010000 {
		t.Errorf("the frames up to the first one are %+v", list)
	}
}

// The description of the API has no envelope: over a WebSocket it has the room.
func TestOpenAPI(t *testing.T) {
	r := newDialog(t)
	var swagger struct {
		Swagger string
		Room    string
		Paths   map[string]map[string]struct {
			Parameters []struct{ Name, In string }
		}
	}
	text := r.overHTTP("GET", "/_openapi", "")
	if err := json.Unmarshal(text.Body.Bytes(), &swagger); err != nil {
		t.Fatal(err)
	}
	create := swagger.Paths["/{index}/{collection}/{_id}/_create"]["post"]
	if text.Header().Get("Content-Type") != "application/json" || swagger.Swagger != "2.0" || swagger.Room != "" ||
		len(create.Parameters) != 4 || create.Parameters[2].Name != "_id" {
		t.Errorf("over HTTP: %s: %s, room %q, %+v", text.Header(), swagger.Swagger, swagger.Room, create)
	}
	if got := r.overHTTP("GET", "/_openapi?format=yaml", "").Header().Get("Content-Type"); got != "application/yaml" {
		t.Errorf("as YAML it is %s", got)
	}
	e := turn{ask: serverly("openapi", `,"scope":"app","requestId":"r1"`)}
	if app := r.ask(e.request(t), false); app["openapi"] != "3.1.0" || app["room"] != "r1" || app["status"] != nil {
		t.Errorf("over a WebSocket: %v", app)
	}
}

// What has no envelope passes a handler that leaves it as it is, and gets one if the handler changes it.
func TestUnwrappedAndWrap(t *testing.T) {
	r := newDialog(t)
	r.must(t, `{"controller":"document","action":"create","_id":"a","body":{}}`)
	change := false
	r.server.opts.Wrap = func(next Handler) Handler {
		return func(ctx context.Context, q *Request) *Response {
			response := next(ctx, q)
			if change {
				response.Result = json.RawMessage(`"changed"`)
			}
			return response
		}
	}
	for _, path := range []string{"/_openapi", "/i/c/_export"} {
		change = false
		if text := r.overHTTP("GET", path, "").Body.String(); strings.Contains(text, `"requestId"`) || len(text) < 20 {
			t.Errorf("%s unchanged: %s", path, text)
		}
		change = true
		if text := r.overHTTP("GET", path, "").Body.String(); !strings.Contains(text, `"result":"changed"`) {
			t.Errorf("%s changed: %s", path, text)
		}
	}
}
