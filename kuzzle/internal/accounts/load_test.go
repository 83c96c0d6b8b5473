package accounts

import (
	"encoding/json"
	"testing"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
)

func TestLoadSecurities(t *testing.T) {
	a := newAccounts(t, LowestCost, 2)
	c := &api.Call{Context: ctx, User: api.User{ID: "u0"}}
	tok, err := a.NewToken(ctx, "u1", TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const (
		role    = `"roles":{"r":{"controllers":{"document":{"actions":{"get":true}}}}}`
		profile = `"profiles":{"p":{"policies":[{"roleId":"r"}]}}`
		user    = `{"content":{"profileIds":["p"]},"credentials":{"local":{"username":"new","password":"new"}}}`
	)
	for _, tt := range []struct{ body, existing, want string }{
		{`{"roles":1}`, "", "api.assert.invalid_type"},
		{`{"roles":{"r":1}}`, "", "api.assert.invalid_type"},
		{`{"roles":{"":{}}}`, "", "api.assert.missing_argument"},
		{`{"roles":{"r":{}}}`, "", "api.assert.empty_argument"},
		{`{"users":{"x":{}}}`, "", "api.assert.missing_argument"},
		{`{"users":{"x":{"content":{}}}}`, "", "api.assert.missing_argument"},
		{`{}`, "nope", "api.assert.unexpected_argument"},
		{
			`{` + role + `,` + profile + `,"users":{"x":{"content":{"profileIds":["none"]}}}}`, "",
			"security.profile.not_found",
		},
		{`{` + role + `,` + profile + `,"users":{"u1":` + user + `}}`, "fail", "security.user.prevent_overwrite"},
	} {
		if err := a.LoadSecurities(c, json.RawMessage(tt.body), tt.existing, false); idOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", tt.body, err, tt.want)
		}
		if _, err := a.GetRole(ctx, "r"); idOf(err) != "security.role.not_found" {
			t.Fatalf("%s: a part is there: %v", tt.body, err)
		}
	}
	load := func(existing string) {
		t.Helper()
		body := `{` + role + `,` + profile + `,"users":{"u1":` + user + `}}`
		if err := a.LoadSecurities(c, json.RawMessage(body), existing, false); err != nil {
			t.Fatal(err)
		}
	}
	load("skip")
	if id, err := a.Login(ctx, "u1", "u1"); id != "u1" || err != nil {
		t.Error(id, err)
	}
	if _, err := a.Verify(ctx, tok.Text); err != nil {
		t.Error(err)
	}
	load("overwrite")
	if id, err := a.Login(ctx, "new", "new"); id != "u1" || err != nil {
		t.Error(id, err)
	}
	if _, err := a.Login(ctx, "u1", "u1"); idOf(err) != "plugin.strategy.missing_user" {
		t.Error(err)
	}
	if _, err := a.Verify(ctx, tok.Text); idOf(err) != "security.token.invalid" {
		t.Error(err)
	}
	if u, err := a.User(ctx, "u1"); err != nil || !u.May("document", "get", "i", "c") || u.May("index", "list", "", "") {
		t.Error(u, err)
	}
}
