package kuzzle

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/kuzzlite/kuzzlite"
)

// The requests of Kuzzle's Admin Console 4.4.0, page after page, as its JavaScript SDK sends them from a browser.

// console is the Admin Console in a browser.
type console struct {
	*client
	clock *kuzzlite.FakeClock
	url   string
	token string
}

const consoleStart = 1_795_000_000_000 // ms

// openConsole connects as a browser does: it offers compression, and pings before all else.
func openConsole(t *testing.T) *console {
	t.Helper()
	clock := kuzzlite.NewFakeClock(time.UnixMilli(consoleStart))
	_, url := served(t, &Options{Clock: clock})
	conn, upgrade, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{
		CompressionMode: websocket.CompressionContextTakeover, HTTPHeader: http.Header{"Origin": {"http://localhost:3000"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := upgrade.Header.Get("Sec-WebSocket-Extensions"); got != "" { // as Kuzzle has it unless configured
		t.Errorf("the server takes up %q", got)
	}
	conn.SetReadLimit(-1)
	t.Cleanup(func() { _ = conn.CloseNow() })
	c := &console{client: &client{t, conn}, clock: clock, url: url}
	c.pings()
	return c
}

// pings sends the ping of a browser.
func (c *console) pings() {
	c.t.Helper()
	c.send(pingFrame)
	if got := c.read(); got != pongFrame {
		c.t.Errorf("a ping is answered with %s", got)
	}
}

// request sends a request, arguments as the rest of its object, and returns the answer.
func (c *console) request(controller, action, arguments string) map[string]any {
	c.t.Helper()
	c.clock.Advance(time.Second)
	request := map[string]any{
		"controller": controller, "action": action, "requestId": controller + ":" + action,
		"volatile": map[string]string{"sdkInstanceId": "0a44ae9b", "sdkName": "js@7.17.1"},
	}
	if c.token != "" {
		request["jwt"] = c.token
	}
	decode(c.t, "{"+arguments+"}", &request)
	return c.ask(text(request))
}

// gives makes a request that succeeds, and compares the result, JSON, unless that is "".
func (c *console) gives(controller, action, arguments, want string) (result any) {
	c.t.Helper()
	got := c.request(controller, action, arguments)
	if got["status"] != 200.0 || got["error"] != nil || got["room"] != controller+":"+action {
		c.t.Fatalf("%s:%s %s: %s", controller, action, arguments, text(got))
	}
	if want != "" && !sameJSON(c.t, want, got["result"]) {
		c.t.Errorf("%s:%s %s:\n%s\nwant\n%s", controller, action, arguments, text(got["result"]), want)
	}
	return got["result"]
}

// fails makes a request that is refused, with a status and an error id.
func (c *console) fails(controller, action, arguments string, status float64, id string) {
	c.t.Helper()
	got := c.request(controller, action, arguments)
	problem, _ := got["error"].(map[string]any)
	if got["status"] != status || problem["id"] != id {
		c.t.Errorf("%s:%s %s: %v %s, want %v %s", controller, action, arguments, got["status"], text(problem), status, id)
	}
}

func TestConsole(t *testing.T) {
	c := openConsole(t)
	for _, page := range []struct {
		name  string
		visit func(*console)
	}{
		{"sign up", (*console).signsUp},
		{"log in", (*console).logsIn},
		{"indexes", (*console).indexes},
		{"collections", (*console).collections},
		{"documents", (*console).documents},
		{"search", (*console).searches},
		{"watch", (*console).watches},
		{"export", (*console).exports},
		{"users", (*console).users},
		{"profiles", (*console).profiles},
		{"roles", (*console).roles},
		{"API", (*console).api},
		{"clean up", (*console).cleansUp},
		{"log out", (*console).logsOut},
	} {
		page.visit(c)
		c.pings()
		if t.Failed() {
			t.Fatalf("on the page: %s", page.name)
		}
	}
}

// signsUp makes the first administrator, as nobody is one.
func (c *console) signsUp() {
	c.gives("server", "adminExists", ``, `{"exists":false}`)
	c.gives("security", "createFirstAdmin",
		`"_id":"root","reset":true,"body":{"content":{},"credentials":{"local":{"username":"root","password":"secret"}}}`,
		`{"_id":"root","_source":{"profileIds":["admin"],"_kuzzle_info":{"createdAt":1795000002000,`+
			`"updatedAt":null,"updater":null}}}`)
	c.fails("server", "adminExists", ``, 401, "security.rights.unauthorized") // which counts as: there is one
	c.fails("security", "createFirstAdmin", `"_id":"other","body":{"credentials":{}}`, 401, "security.rights.unauthorized")
}

// logsIn logs in, first with a token that was kept from long ago.
func (c *console) logsIn() {
	c.gives("auth", "checkToken", `"body":{"token":"kauth-of.long.ago"},"cookieAuth":false`,
		`{"valid":false,"state":"Invalid token."}`)
	c.fails("auth", "login", `"strategy":"local","body":{"username":"root","password":"wrong"}`, 401,
		"plugin.strategy.missing_user")
	c.clock.Advance(time.Second)
	login := c.gives("auth", "login", `"strategy":"local","expiresIn":"2h","cookieAuth":false,`+
		`"body":{"username":"root","password":"secret"}`, "").(map[string]any)
	now := c.clock.Now().UnixMilli()
	if login["_id"] != "root" || login["ttl"] != 7.2e6 || login["expiresAt"].(float64) > float64(now+7_200_000) {
		c.t.Errorf("the login is %s", text(login))
	}
	c.token = login["jwt"].(string)
	c.gives("auth", "checkToken", `"body":{"token":"`+c.token+`"},"jwt":null`,
		`{"valid":true,"kuid":"root","expiresAt":`+text(login["expiresAt"])+`}`)
	c.gives("auth", "getCurrentUser", ``, `{"_id":"root","_source":{"profileIds":["admin"],"_kuzzle_info":{`+
		`"createdAt":1795000002000,"updatedAt":null,"updater":null}},"strategies":["local"]}`)
	c.gives("auth", "getMyRights", ``,
		`{"hits":[{"controller":"*","action":"*","index":"*","collection":"*","value":"allowed"}],"total":1}`)
	c.gives("server", "adminExists", ``, `{"exists":true}`)
}

func (c *console) indexes() {
	c.gives("index", "list", ``, `{"indexes":[]}`)
	for _, index := range []string{"shop", "trash", "junk"} {
		if c.gives("index", "create", `"index":"`+index+`"`, "") != nil {
			c.t.Error("index:create has a result")
		}
	}
	c.fails("index", "create", `"index":"shop"`, 412, "services.storage.index_already_exists")
	c.gives("index", "list", ``, `{"indexes":["junk","shop","trash"]}`)
	c.gives("index", "delete", `"index":"junk"`, `{"acknowledged":true}`)
	c.gives("index", "mDelete", `"body":{"indexes":["trash","none"]}`, `{"deleted":["trash"]}`)
}

func (c *console) collections() {
	const shop = `"index":"shop"`
	c.gives("collection", "list", shop+`,"size":0`, `{"collections":[],"type":"all"}`)
	c.gives("collection", "create", shop+`,"collection":"carts","body":{"mappings":{"dynamic":"false","properties":{`+
		`"state":{"type":"keyword"},"total":{"type":"integer"}}}}`, `{"acknowledged":true}`)
	c.gives("collection", "update", shop+`,"collection":"carts","body":{"mappings":{"dynamic":"false","properties":{`+
		`"note":{"type":"text"}}}}`, `null`)
	c.gives("collection", "list", shop+`,"size":0`, `{"collections":[{"name":"carts","type":"stored"}],"type":"all"}`)
	c.gives("collection", "getMapping", shop+`,"collection":"carts","includeKuzzleMeta":true`,
		`{"dynamic":"false","properties":{"state":{"type":"keyword"},"total":{"type":"integer"},"note":{"type":"text"},`+
			`"_kuzzle_info":{"properties":{"author":{"type":"keyword"},"createdAt":{"type":"date"},`+
			`"updater":{"type":"keyword"},"updatedAt":{"type":"date"}}}}}`)
	c.fails("collection", "getMapping", shop+`,"collection":"none","includeKuzzleMeta":true`, 412,
		"services.storage.unknown_collection")
}

// carts is the collection of the document pages.
const carts = `"index":"shop","collection":"carts"`

func (c *console) documents() {
	for _, id := range []string{"a", "b", "c", "d"} {
		got := c.gives("document", "create", carts+`,"_id":"`+id+`","refresh":"wait_for","body":{"state":"open","total":1}`,
			"")
		if got.(map[string]any)["_version"] != 1.0 {
			c.t.Errorf("created is %s", text(got))
		}
	}
	c.fails("document", "create", carts+`,"_id":"a","body":{}`, 400, "services.storage.document_already_exists")
	now := c.clock.Now().UnixMilli() + 1000
	c.gives("document", "update", carts+`,"_id":"a","refresh":"wait_for","body":{"total":2}`,
		`{"_id":"a","_version":2,"_source":{"total":2,"_kuzzle_info":{"author":"root","createdAt":`+text(now-5000)+
			`,"updatedAt":`+text(now)+`,"updater":"root"}}}`)
	c.gives("document", "replace", carts+`,"_id":"b","refresh":"wait_for","body":{"state":"paid","note":"two red apples"}`,
		`{"_id":"b","_version":2,"_source":{"state":"paid","note":"two red apples","_kuzzle_info":{"author":"root",`+
			`"createdAt":`+text(now+1000)+`,"updatedAt":`+text(now+1000)+`,"updater":"root"}}}`)
	c.gives("document", "delete", carts+`,"_id":"c","refresh":"wait_for"`, `{"_id":"c"}`)
	c.fails("document", "get", carts+`,"_id":"c"`, 404, "services.storage.not_found")
	c.gives("document", "mDelete", carts+`,"refresh":"wait_for","body":{"ids":["d","none"]}`,
		`{"successes":["d"],"errors":[{"_id":"none","reason":"document not found","status":404}]}`)
}

// searches searches for all, the newest first, and quickly.
func (c *console) searches() {
	c.gives("document", "createOrReplace", carts+`,"_id":"e","body":{"state":"open","total":30}`, "")
	for _, s := range []struct{ body, want string }{
		{`{"query":{},"sort":{"_kuzzle_info.createdAt":"desc"}}`, "e b a"},
		{`{"query":{},"sort":[{"_kuzzle_info.createdAt":"asc"}]}`, "a b e"},
		{`{"query":{"bool":{"should":[{"multi_match":{"query":"two red","type":"phrase_prefix","fields":["*"]}},` +
			`{"match":{"_id":"two red"}}]}}}`, "b"},
		{`{"query":{"bool":{"should":[{"multi_match":{"query":"e","type":"phrase_prefix","fields":["*"]}},` +
			`{"match":{"_id":"e"}}]}}}`, "e"},
		{`{"query":{"bool":{"must":[{"match":{"state":"open"}},{"range":{"total":{"gt":10}}}]}}}`, "e"},
	} {
		got := c.gives("document", "search", carts+`,"from":0,"size":25,"verb":"POST","body":`+s.body, "").(map[string]any)
		if ids := idsOf(got); ids != s.want || got["total"] != float64(len(strings.Fields(s.want))) {
			c.t.Errorf("%s finds %s of %v, want %s", s.body, ids, got["total"], s.want)
		}
	}
	page := c.gives("document", "search", carts+`,"from":1,"size":1,"body":{"query":{},`+
		`"sort":{"_kuzzle_info.createdAt":"desc"}}`, "").(map[string]any)
	if idsOf(page) != "b" || page["total"] != 3.0 {
		c.t.Errorf("the second page is %s", text(page))
	}
	hit := page["hits"].([]any)[0].(map[string]any)
	if hit["index"] != "shop" || hit["collection"] != "carts" || hit["_source"].(map[string]any)["state"] != "paid" {
		c.t.Errorf("the hit is %s", text(hit))
	}
}

// idsOf are those of the hits of a search.
func idsOf(result map[string]any) string {
	var ids []string
	for _, hit := range result["hits"].([]any) {
		ids = append(ids, hit.(map[string]any)["_id"].(string))
	}
	return strings.Join(ids, " ")
}

// watches subscribes to a collection, sees a document that is created, and leaves.
func (c *console) watches() {
	room := c.gives("realtime", "subscribe", carts+`,"body":{},"scope":"all","users":"all"`, "").(map[string]any)
	c.send(`{"requestId":"w","jwt":"` + c.token + `","controller":"document","action":"create",` + carts +
		`,"_id":"f","body":{"state":"open"}}`)
	told, answer := c.answer(), c.answer()
	if told["room"] != room["channel"] || told["action"] != "create" || told["scope"] != "in" ||
		told["result"].(map[string]any)["_id"] != "f" || answer["room"] != "w" || answer["status"] != 200.0 {
		c.t.Errorf("told is %s, then %s", text(told), text(answer))
	}
	c.gives("realtime", "list", ``, `{"shop":{"carts":{"`+room["roomId"].(string)+`":1}}}`)
	c.gives("realtime", "unsubscribe", `"body":{"roomId":"`+room["roomId"].(string)+`"}`, `{"roomId":"`+
		room["roomId"].(string)+`"}`)
	c.gives("document", "delete", carts+`,"_id":"f"`, `{"_id":"f"}`) // and nothing comes before that
	c.gives("realtime", "list", ``, `{}`)
}

// exports makes the link of an export, with a token that can be used once.
func (c *console) exports() {
	made := c.gives("auth", "createToken", `"singleUse":true`, "").(map[string]any)
	if made["singleUse"] != true || made["ttl"] != 3.6e6 {
		c.t.Errorf("the token is %s", text(made))
	}
	for _, status := range []int{200, 401} {
		query := strings.NewReader(`{"fields":["state"],"query":{"equals":{"state":"paid"}}}`)
		url := c.url + "/shop/carts/_export?format=csv&lang=koncorde"
		request, err := http.NewRequestWithContext(c.t.Context(), "POST", url, query)
		if err != nil {
			c.t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+made["token"].(string))
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			c.t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode != status || status == 200 && string(body) != "_id,state\nb,paid\n" {
			c.t.Errorf("the export is %d %s, want %d", response.StatusCode, body, status)
		}
	}
}

func (c *console) users() {
	c.gives("security", "getUserMapping", ``, `{"mapping":{"profileIds":{"type":"keyword"}}}`)
	c.gives("auth", "getStrategies", ``, `["local"]`)
	c.gives("security", "getCredentialFields", `"strategy":"local"`, `["username","password"]`)
	c.gives("security", "createUser", `"_id":"ann","refresh":"wait_for","body":{"content":{"profileIds":["default"],`+
		`"name":"Ann"},"credentials":{"local":{"username":"ann","password":"pw"}}}`, "")
	found := c.gives("security", "searchUsers", `"from":0,"size":25,"verb":"POST","body":{"query":{},`+
		`"sort":[{"_kuzzle_info.createdAt":{"order":"desc"}}]}`, "").(map[string]any)
	if idsOf(found) != "ann root" || found["total"] != 2.0 {
		c.t.Errorf("the users are %s", text(found))
	}
	for _, id := range []string{"ann", "root"} {
		c.gives("security", "getCredentials", `"strategy":"local","_id":"`+id+`"`, `{"username":"`+id+`","kuid":"`+id+`"}`)
	}
	c.gives("security", "hasCredentials", `"strategy":"local","_id":"ann"`, `true`)
	c.gives("security", "updateCredentials", `"strategy":"local","_id":"ann","body":{"password":"new"}`,
		`{"username":"ann","kuid":"ann"}`)
	replaced := c.gives("security", "replaceUser", `"_id":"ann","refresh":"wait_for","body":{"profileIds":["admin"]}`, "")
	source := replaced.(map[string]any)["_source"].(map[string]any)
	if text(source["profileIds"]) != `["admin"]` || source["name"] != nil {
		c.t.Errorf("replaced is %s", text(replaced))
	}
	c.gives("security", "getUser", `"_id":"ann"`, text(replaced))
	c.gives("security", "mDeleteUsers", `"refresh":"wait_for","body":{"ids":["ann"]}`, `["ann"]`)
	c.fails("security", "getUser", `"_id":"ann"`, 404, "security.user.not_found")
	c.passwordReset()
}

// passwordReset is of a plugin of which this server has the strategy alone, and the answers say so.
func (c *console) passwordReset() {
	const plugin = "kuzzle-plugin-auth-passport-local/password"
	got := c.request(plugin, "reset", `"body":{"token":"x","password":"y"}`)
	if want := `API controller "` + plugin + `" not found.`; got["error"].(map[string]any)["message"] != want {
		c.t.Errorf("password:reset is answered with %s", text(got))
	}
	response, err := http.Post(c.url+"/_/password/reset", typeJSON, strings.NewReader(`{}`))
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	const want = `"message":"API URL not found: /_/password/reset."`
	if err != nil || response.StatusCode != 404 || !strings.Contains(string(body), want) {
		c.t.Errorf("/_/password/reset is answered with %d %s, %v", response.StatusCode, body, err)
	}
}

func (c *console) profiles() {
	const policies = `[{"restrictedTo":[{"collections":["carts"],"index":"shop"}],"roleId":"default"}]`
	created := c.gives("security", "createProfile", `"_id":"readers","refresh":"wait_for","body":{"policies":`+policies+
		`,"rateLimit":5}`, "")
	source := created.(map[string]any)["_source"].(map[string]any)
	if source["rateLimit"] != 5.0 || text(source["policies"]) != policies {
		c.t.Errorf("created is %s", text(created))
	}
	found := c.gives("security", "searchProfiles", `"from":0,"size":25,"body":{"roles":["default"]}`, "").(map[string]any)
	if ids := idsOf(found); ids != "default readers" || found["total"] != 2.0 {
		c.t.Errorf("the profiles with the role are %s of %v", ids, found["total"])
	}
	c.gives("security", "createOrReplaceProfile", `"_id":"readers","body":{"policies":[{"roleId":"anonymous"}]}`, "")
	got := c.gives("security", "getProfile", `"_id":"readers"`, "").(map[string]any)["_source"].(map[string]any)
	if text(got["policies"]) != `[{"roleId":"anonymous"}]` || got["rateLimit"] != 0.0 {
		c.t.Errorf("replaced is %s", text(got))
	}
	c.gives("security", "deleteProfile", `"_id":"readers","refresh":"wait_for"`, `{"_id":"readers"}`)
	c.fails("security", "getProfile", `"_id":"readers"`, 404, "security.profile.not_found")
	c.fails("security", "deleteProfile", `"_id":"admin"`, 400, "security.profile.cannot_delete")
	c.gives("security", "getProfileMapping", ``, "")
}

func (c *console) roles() {
	const reads = `{"controllers":{"document":{"actions":{"get":true,"search":true,"*":false}}}}`
	created := c.gives("security", "createRole", `"_id":"reader","refresh":"wait_for","body":`+reads, "").(map[string]any)
	if source := created["_source"].(map[string]any); text(source["controllers"]) !=
		`{"document":{"actions":{"*":false,"get":true,"search":true}}}` {
		c.t.Errorf("created is %s", text(created))
	}
	found := c.gives("security", "searchRoles", `"from":0,"size":25,"body":{"controllers":["document"]}`, "")
	if ids := idsOf(found.(map[string]any)); !strings.Contains(" "+ids+" ", " reader ") {
		c.t.Errorf("the roles for documents are %s", ids)
	}
	c.gives("security", "createOrReplaceRole", `"_id":"reader","body":{"controllers":{"*":{"actions":{"*":true}}}}`, "")
	got := c.gives("security", "getRole", `"_id":"reader"`, "").(map[string]any)["_source"].(map[string]any)
	if text(got["controllers"]) != `{"*":{"actions":{"*":true}}}` {
		c.t.Errorf("replaced is %s", text(got))
	}
	c.fails("security", "createRole", `"_id":"wrong","body":{"controllers":{"nope":{"actions":{"*":true}}}}`, 400,
		"security.role.unknown_controller")
	c.gives("security", "mDeleteRoles", `"refresh":"wait_for","body":{"ids":["reader"]}`, `["reader"]`)
	c.fails("security", "getRole", `"_id":"reader"`, 404, "security.role.not_found")
}

// api reads the descriptions of the API, of which OpenAPI has no envelope.
func (c *console) api() {
	api := c.gives("server", "publicApi", ``, "").(map[string]any)
	upsert, err := json.Marshal(api["document"].(map[string]any)["mUpsert"])
	if want := `{"action":"mUpsert","controller":"document","http":[{"path":"/:index/:collection/_mUpsert",` +
		`"url":"/:index/:collection/_mUpsert","verb":"POST"}]}`; err != nil || string(upsert) != want {
		c.t.Errorf("mUpsert is %s, want %s", upsert, want)
	}
	for scope, version := range map[string]string{"kuzzle": "swagger", "app": "openapi"} {
		raw := c.request("server", "openapi", `"scope":"`+scope+`"`)
		if raw[version] == nil || raw["info"] == nil || raw["result"] != nil || raw["room"] != "server:openapi" {
			c.t.Errorf("openapi of %s has %v", scope, raw["info"])
		}
	}
}

func (c *console) cleansUp() {
	c.gives("collection", "truncate", carts, `{"acknowledged":true}`)
	c.gives("document", "count", carts+`,"body":{}`, `{"count":0}`)
	c.gives("collection", "delete", carts, `null`)
	c.gives("index", "delete", `"index":"shop"`, `{"acknowledged":true}`)
	c.gives("index", "list", ``, `{"indexes":[]}`)
}

func (c *console) logsOut() {
	c.gives("auth", "logout", ``, `{"acknowledged":true}`)
	c.fails("auth", "getCurrentUser", ``, 401, "security.token.invalid")
}
