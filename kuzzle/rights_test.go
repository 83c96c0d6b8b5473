package kuzzle

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// The rights of users against a model that knows nothing but what the rules say: one policy that allows is enough; a
// name wins over *; a restriction counts where there is an index.

type (
	modelRole    map[string]map[string]bool
	modelPolicy  struct{ role, index, collections string } // collections: one, or "" for all; index "": everywhere
	modelProfile []modelPolicy
)

func (r modelRole) allows(controller, action string) bool {
	actions, ok := r[controller]
	if !ok {
		actions = r["*"]
	}
	if allowed, ok := actions[action]; ok {
		return allowed
	}
	return actions["*"]
}

var (
	modelControllers = []string{"document", "collection", "*"}
	modelActions     = map[string][]string{
		"document": {"get", "create", "*"}, "collection": {"list", "create", "*"}, "*": {"*"},
	}
	modelIndexes     = []string{"", "i", "j"}
	modelCollections = []string{"", "c", "d"}
)

func randomRole(r *rand.Rand) modelRole {
	role := modelRole{}
	for len(role) == 0 {
		for _, controller := range modelControllers {
			if r.IntN(2) == 0 {
				continue
			}
			actions := map[string]bool{}
			for _, action := range modelActions[controller] {
				if r.IntN(2) == 0 {
					actions[action] = r.IntN(2) == 0
				}
			}
			if len(actions) > 0 {
				role[controller] = actions
			}
		}
	}
	return role
}

func (r modelRole) body() string {
	all := map[string]any{}
	for name, actions := range r {
		all[name] = map[string]any{"actions": actions}
	}
	return text(map[string]any{"controllers": all})
}

func (p modelProfile) body() string {
	list := []any{}
	for _, policy := range p {
		one := map[string]any{"roleId": policy.role}
		if policy.index != "" {
			to := map[string]any{"index": policy.index}
			if policy.collections != "" {
				to["collections"] = []string{policy.collections}
			}
			one["restrictedTo"] = []any{to}
		}
		list = append(list, one)
	}
	return text(map[string]any{"policies": list})
}

func (p modelPolicy) covers(index, collection string) bool {
	return p.index == "" || index == "" || p.index == index && (p.collections == "" || p.collections == collection)
}

func TestRightsAgainstModel(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		p := newPeople(t, &Options{})
		admin := p.admin()
		roles := map[string]modelRole{}
		for i := range 3 {
			name := fmt.Sprint("r", i)
			roles[name] = randomRole(r)
			p.must(admin, "security", "createRole", `{"_id":"`+name+`","body":`+roles[name].body()+`}`)
		}
		profiles := []modelProfile{{}, {}}
		for i := range profiles {
			for range 1 + r.IntN(2) {
				profiles[i] = append(profiles[i], modelPolicy{
					fmt.Sprint("r", r.IntN(3)), modelIndexes[r.IntN(3)], modelCollections[r.IntN(3)],
				})
			}
			p.must(admin, "security", "createProfile", fmt.Sprintf(`{"_id":"p%d","body":%s}`, i, profiles[i].body()))
		}
		p.must(admin, "security", "createUser", `{"_id":"u","body":{"content":{"profileIds":["p0","p1"]}}}`)
		compareRights(t, p, seed, roles, slices.Concat(profiles...))
	}
}

func compareRights(t *testing.T, p *people, seed uint64, roles map[string]modelRole, policies modelProfile) {
	t.Helper()
	user, err := p.server.accounts.User(ctx, "u")
	if err != nil {
		t.Fatal(err)
	}
	for _, controller := range []string{"document", "collection", "index"} {
		for _, action := range []string{"get", "create", "list"} {
			for _, index := range modelIndexes {
				for _, collection := range modelCollections {
					want := false
					for _, policy := range policies {
						want = want || roles[policy.role].allows(controller, action) && policy.covers(index, collection)
					}
					if got := user.May(controller, action, index, collection); got != want {
						t.Fatalf("seed %d: %s:%s %s/%s: %v, want %v: %v %v", seed, controller, action, index, collection, got, want,
							roles, policies)
					}
				}
			}
		}
	}
}

func TestRightsOfRequests(t *testing.T) {
	p := newPeople(t, &Options{})
	p.from.protocol = request.WebSocket
	p.must("", "index", "create", `{"index":"i"}`)
	p.must("", "collection", "create", `{"index":"i","collection":"c"}`)
	p.must("", "collection", "create", `{"index":"i","collection":"d"}`)
	admin := p.admin()
	p.must(admin, "security", "createRole", `{"_id":"r","body":{"controllers":{"document":{"actions":{"*":true}},`+
		`"auth":{"actions":{"*":true}}}}}`)
	p.must(admin, "security", "createProfile",
		`{"_id":"p","body":{"policies":[{"roleId":"r","restrictedTo":[{"index":"i","collections":["c"]}]}]}}`)
	user := p.user(admin, "u", "p")
	got := p.must(user, "document", "create", `{"index":"i","collection":"c","_id":"d1","body":{}}`).(map[string]any)
	if author := got["_source"].(map[string]any)["_kuzzle_info"].(map[string]any)["author"]; author != "u" {
		t.Errorf("author %v", author)
	}
	for arguments, want := range map[string]string{
		`{"index":"i","collection":"c","_id":"d1"}`:                        "",
		`{"index":"i","collection":"d","_id":"d1"}`:                        "security.rights.forbidden",
		`{"index":"i","_id":"d1"}`:                                         "security.rights.forbidden",
		`{"index":"j","collection":"c","_id":"d1"}`:                        "security.rights.forbidden",
		`{"index":["i"],"collection":"c","_id":"d1"}`:                      "security.rights.forbidden",
		`{"collection":"c","_id":"d1"}`:                                    "api.assert.missing_argument",
		`{"targets":"i"}`:                                                  "api.assert.invalid_type",
		`{"targets":[{"index":"i","collections":["c","d"]}],"_id":"d1"}`:   "security.rights.forbidden",
		`{"targets":[{"index":"i"}],"_id":"d1"}`:                           "security.rights.forbidden",
		`{"targets":[{"index":"i","collections":["*"]}],"_id":"d1"}`:       "security.rights.forbidden",
		`{"targets":[{"index":"i","collections":"c"}],"_id":"d1"}`:         "api.assert.invalid_type",
		`{"targets":[{"index":"i","collections":["c"]}],"_id":"d1"}`:       "api.assert.missing_argument", // of the action
		`{"targets":[{"index":"i","collections":["c"]}],"index":"i"}`:      "api.assert.mutually_exclusive",
		`{"targets":[{"index":"j","collections":["c"]}],"_id":"d1","a":1}`: "security.rights.forbidden",
	} {
		if want == "" {
			p.must(user, "document", "get", arguments)
		} else {
			p.refused(user, "document", "get", arguments, want)
		}
	}
	p.refused(user, "collection", "list", `{"targets":[{}]}`, "security.rights.forbidden")
	for _, index := range []string{"0", "false", "null"} { // names that look like no names
		p.must(admin, "collection", "create", `{"index":"`+index+`","collection":"c"}`)
		arguments := `{"targets":null,"index":` + index + `,"collection":"c","body":{}}`
		if got := p.call(user, "document", "search", arguments); got["status"] == 200.0 {
			t.Errorf("a search of the index %s: %s", index, text(got))
		}
	}
	p.must(admin, "document", "create", `{"index":"i","collection":"c","body":{}}`)
	found := p.must(user, "document", "search", `{"index":"i","collection":"c","size":1,"scroll":"10s","body":{}}`)
	scroll := `{"scrollId":"` + found.(map[string]any)["scrollId"].(string) + `"}`
	p.refused(admin, "document", "scroll", scroll, "services.storage.unknown_scroll_id") // it is somebody else's
	p.must(user, "document", "scroll", scroll)
	p.refused(user, "nope", "nope", `{}`, "security.rights.forbidden")
	p.refused("", "nope", "nope", `{}`, "security.rights.unauthorized")
	p.refused(admin, "nope", "nope", `{}`, "api.process.controller_not_found")
	p.refused("x", "nope", "nope", `{}`, "security.token.invalid")
	p.refused("x", "", "nope", `{}`, "api.assert.missing_argument")
}

// TestRightsAreNeverStale changes roles, profiles and users while others ask: once a change has been answered nobody
// gets the rights from before.
func TestRightsAreNeverStale(t *testing.T) {
	p := newPeople(t, &Options{})
	p.from.protocol = request.WebSocket
	admin := p.admin()
	role := func(allowed bool) {
		p.must(admin, "security", "createOrReplaceRole",
			fmt.Sprintf(`{"_id":"r","body":{"controllers":{"index":{"actions":{"list":%v}},`+
				`"auth":{"actions":{"*":true}}}}}`, allowed))
	}
	role(true)
	p.must(admin, "security", "createProfile", `{"_id":"p","body":{"policies":[{"roleId":"r"}]}}`)
	p.must(admin, "security", "createProfile", `{"_id":"q","body":{"policies":[{"roleId":"default"}]}}`)
	user := p.user(admin, "u", "p")

	stop, others := make(chan struct{}), sync.WaitGroup{}
	for range 4 { // who ask all the time, so that the rights are always remembered
		others.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					p.call(user, "index", "list", "")
				}
			}
		})
	}
	may := func(want bool, what string) {
		t.Helper()
		if got := p.call(user, "index", "list", "")["status"] == 200.0; got != want {
			t.Errorf("after %s: %v", what, got)
		}
	}
	for range 20 {
		role(false)
		may(false, "a change of the role")
		role(true)
		may(true, "a change of the role back")
		p.must(admin, "security", "updateProfile", `{"_id":"p","body":{"policies":[{"roleId":"default"}]}}`)
		may(false, "a change of the profile")
		p.must(admin, "security", "updateProfile", `{"_id":"p","body":{"policies":[{"roleId":"r"}]}}`)
		may(true, "a change of the profile back")
		p.must(admin, "security", "updateUser", `{"_id":"u","body":{"profileIds":["q"]}}`)
		may(false, "a change of the user")
		p.must(admin, "security", "updateUser", `{"_id":"u","body":{"profileIds":["p"]}}`)
		may(true, "a change of the user back")
	}
	close(stop)
	others.Wait()
}

// TestRightsAfterRestore sets the store back to a state with other rights.
func TestRightsAfterRestore(t *testing.T) {
	p := newPeople(t, &Options{})
	before, err := p.store.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	p.must("", "index", "list", "")
	admin := p.admin()
	p.refused("", "index", "list", "", "security.rights.unauthorized")
	if err := p.store.Restore(before); err != nil {
		t.Fatal(err)
	}
	p.must("", "index", "list", "")
	p.refused(admin, "index", "list", "", "security.token.invalid")
}

func FuzzRoleAndProfile(f *testing.F) {
	f.Add(`{"controllers":{"document":{"actions":{"get":true}}}}`)
	f.Add(`{"policies":[{"roleId":"r","restrictedTo":[{"index":"i","collections":["c"]}]}],"rateLimit":3}`)
	f.Add(`{"controllers":{"*":{"actions":{"*":true}}},"_kuzzle_info":[],"_id":1}`)
	f.Add(`{"profileIds":["r"],"\ud800":1}`)
	f.Fuzz(func(t *testing.T, body string) {
		if !json.Valid([]byte(body)) || len(body) > 1<<12 {
			return
		}
		p := newPeople(t, &Options{})
		p.from.protocol = request.WebSocket
		for _, action := range []string{
			"createOrReplaceRole", "createOrReplaceProfile", "updateProfile", "updateRole", "createUser", "updateUser",
			"searchUsers", "searchRoles", "searchProfiles", "createCredentials", "checkRights", "searchUsersByCredentials",
		} {
			got := p.server.execute(ctx, p.from, []byte(`{"controller":"security","action":"`+action+
				`","_id":"default","userId":"-1","strategy":"local","force":true,"body":`+body+`}`))
			if got.Status() >= 500 && (got.Request.Controller != "" || got.Status() > 500) {
				t.Fatalf("%s: %s", action, got.AppendJSON(nil, false))
			}
		}
		user, err := p.server.accounts.User(ctx, "-1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := user.Rights(); err != nil {
			t.Fatal(err)
		}
	})
}
