package kuzzle

import (
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// Requests as the Go SDK 3.0.0 sends them: each has members that mean nothing for its action, and the token once there
// is one, even to log in. The SDK itself takes no part.

// goSDK is a connection of such a program.
type goSDK struct {
	*client
	clock *kuzzlite.FakeClock
	token string
}

func newGoSDK(t *testing.T) *goSDK {
	t.Helper()
	clock := kuzzlite.NewFakeClock(time.UnixMilli(1_795_000_000_000))
	_, url := served(t, &Options{Clock: clock, DynamicMapping: "true"})
	return &goSDK{client: dial(t, url), clock: clock}
}

// frame is a request, arguments as the rest of its object.
func (g *goSDK) frame(controller, action, arguments string) string {
	g.t.Helper()
	g.clock.Advance(time.Second)
	r := map[string]any{
		"requestId": controller + ":" + action, "controller": controller, "action": action, "body": map[string]any{},
		"from": 0, "size": 10, "idx": 0, "scope": "", "state": "", "users": "",
		"volatile": map[string]string{"sdkName": "go@3.0.0"},
	}
	if g.token != "" {
		r["jwt"] = g.token
	}
	decode(g.t, "{"+arguments+"}", &r)
	return text(r)
}

// query makes a request that succeeds, and compares the result, JSON, unless that is "".
func (g *goSDK) query(controller, action, arguments, want string) any {
	g.t.Helper()
	got := g.ask(g.frame(controller, action, arguments))
	if got["status"] != 200.0 || got["requestId"] != controller+":"+action || got["room"] != got["requestId"] {
		g.t.Fatalf("%s:%s %s: %s", controller, action, arguments, text(got))
	}
	if want != "" && !sameJSON(g.t, want, got["result"]) {
		g.t.Errorf("%s:%s %s:\n%s\nwant\n%s", controller, action, arguments, text(got["result"]), want)
	}
	return got["result"]
}

func TestGoSDKAuth(t *testing.T) {
	g := newGoSDK(t)
	g.query("security", "createFirstAdmin",
		`"_id":"root","body":{"credentials":{"local":{"username":"root","password":"secret"}}}`, "")
	for range 2 { // the second time with the token of the first
		login := g.query("auth", "login", `"strategy":"local","body":{"username":"root","password":"secret"}`, "")
		g.token = login.(map[string]any)["jwt"].(string)
		g.clock.Advance(time.Second)
	}
	check := g.query("auth", "checkToken", `"body":{"token":"`+g.token+`"}`, "").(map[string]any)
	if check["valid"] != true || check["kuid"] != "root" {
		t.Errorf("the token is %s", text(check))
	}
	user := g.query("auth", "getCurrentUser", ``, "").(map[string]any)
	if user["_id"] != "root" {
		t.Errorf("the user is %s", text(user))
	}
	g.query("auth", "logout", ``, `{"acknowledged":true}`)
}

func TestGoSDKDocuments(t *testing.T) {
	g := newGoSDK(t)
	const at = `"index":"i","collection":"c"`
	g.query("index", "create", `"index":"i"`, "")
	g.query("collection", "create", at, `{"acknowledged":true}`)
	g.query("index", "list", ``, `{"indexes":["i"]}`)
	g.query("collection", "list", `"index":"i"`,
		`{"collections":[{"name":"c","type":"stored"}],"type":"all","from":0,"size":10}`)
	g.query("document", "create", at+`,"_id":"a","body":{"n":1}`, `{"_id":"a","_version":1,"_source":{"n":1,`+
		`"_kuzzle_info":{"author":"-1","createdAt":1795000005000,"updatedAt":null,"updater":null}}}`)
	got := g.query("document", "get", at+`,"_id":"a"`, "").(map[string]any)
	if got["_source"].(map[string]any)["n"] != 1.0 {
		t.Errorf("the document is %s", text(got))
	}
	updated := g.query("document", "mUpdate", at+`,"body":{"documents":[{"_id":"a","body":{"m":2}}]}`, "").(map[string]any)
	if len(updated["errors"].([]any)) != 0 || len(updated["successes"].([]any)) != 1 {
		t.Errorf("updated is %s", text(updated))
	}
	upserted := g.query("document", "mUpsert", at+`,"retryOnConflict":3,"body":{"documents":[`+
		`{"_id":"a","changes":{"n":2}},{"_id":"b","changes":{"n":3},"default":{"m":4}}]}`, "").(map[string]any)
	for i, created := range []bool{false, true} {
		if one := upserted["successes"].([]any)[i].(map[string]any); one["created"] != created {
			t.Errorf("upserted is %s", text(one))
		}
	}
	found := g.query("document", "mGet", at+`,"body":{"ids":["b","none"]}`, "").(map[string]any)
	if text(found["errors"]) != `["none"]` || len(found["successes"].([]any)) != 1 {
		t.Errorf("found is %s", text(found))
	}
	hits := g.query("document", "search", at+`,"size":1,"body":{"query":{"range":{"n":{"gte":2}}},"sort":["n"]}`, "")
	if page := hits.(map[string]any); idsOf(page) != "a" || page["total"] != 2.0 {
		t.Errorf("the page is %s", text(page))
	}
	g.query("document", "count", at, `{"count":2}`)
	g.query("document", "delete", at+`,"_id":"a"`, `{"_id":"a"}`)
	g.query("document", "exists", at+`,"_id":"a"`, `false`)
}

// The SDK sends users, scope and state where it subscribes. After it has unsubscribed it subscribes again, by mistake.
func TestGoSDKRealtime(t *testing.T) {
	g := newGoSDK(t)
	const subscribe = `"index":"i","collection":"c","body":{"equals":{"n":1}},"scope":"all","users":"none","state":"done"`
	room := g.query("realtime", "subscribe", subscribe, "").(map[string]any)
	body := `"body":{"roomId":"` + room["roomId"].(string) + `"}`
	g.query("realtime", "count", body, `{"count":1}`)
	g.send(g.frame("realtime", "publish", `"index":"i","collection":"c","body":{"n":1}`))
	told, answer := g.answer(), g.answer()
	if told["room"] != room["channel"] || told["requestId"] != "realtime:publish" || told["state"] != nil ||
		told["result"].(map[string]any)["_source"].(map[string]any)["n"] != 1.0 {
		t.Errorf("told is %s", text(told))
	}
	if !sameJSON(t, `{"published":true}`, answer["result"]) {
		t.Errorf("the answer is %s", text(answer))
	}
	g.query("realtime", "unsubscribe", body, `{"roomId":"`+room["roomId"].(string)+`"}`)
	g.query("realtime", "count", body, `{"count":0}`)
	g.query("realtime", "subscribe", subscribe, text(room))
	g.query("realtime", "count", body, `{"count":1}`)
}
