package kuzzle

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/admin"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
)

func admins(action, more string) string {
	return `{"controller":"admin","action":"` + action + `"` + more + `,"index":null,"collection":null}`
}

func TestAdminLoads(t *testing.T) {
	newDialog(t).converse(t, []turn{
		{ask: admins("loadMappings", ""), status: 400, want: "api.assert.body_required"},
		{ask: admins("loadMappings", `,"body":[]`), status: 400, text: `Wrong type for argument "body" (expected: object)`},
		{ask: admins("loadMappings", `,"body":{"n":5}`), status: 400,
			text: `Wrong type for argument "body.n" (expected: object)`},
		{ask: admins("loadMappings", `,"body":{"n":{"a":{},"b":5}}`), status: 400,
			text: `Wrong type for argument "body.n.b" (expected: object)`},
		{ask: admins("loadMappings", `,"body":{"n":{"a":{},"B":{}}}`), status: 400,
			want: "services.storage.invalid_collection_name"},
		{ask: admins("loadMappings", `,"body":{"n":{"a":{},"b":{"foo":1}}}`), status: 400,
			want: "services.storage.invalid_mapping"},
		{ask: admins("loadMappings", `,"body":{"n":{"a":{},"b":{"properties":{"x":{"type":"nope"}}}}}`), status: 400,
			want: badRequest},
		{ask: admins("loadMappings", `,"body":{"kuzzle":{"a":{}}}`), status: 412,
			want: "services.storage.index_already_exists"},
		{ask: `{"controller":"index","action":"exists","index":"n"}`, want: "false"},
		{ask: admins("loadMappings",
			`,"body":{"n":{"a":{"dynamic":"strict","properties":{"x":{"type":"keyword"}}}},"m":{"b":{}}}`),
			want: `{"acknowledge":true}`},
		{ask: `{"controller":"collection","action":"getMapping","index":"n","collection":"a"}`,
			want: `{"dynamic":"strict","properties":{"x":{"type":"keyword"}}}`},

		{ask: admins("loadFixtures", `,"body":{"n":{"a":{}}}`), status: 400,
			text: `Wrong type for argument "body.n.a" (expected: array)`},
		{ask: admins("loadFixtures", `,"body":{"m":{"b":[{"index":{"_id":"1"}},{"x":1}]},"n":{"nope":[]}}`), status: 412,
			want: "services.storage.unknown_collection"},
		{ask: admins("loadFixtures", `,"body":{"m":{"b":[{"index":{"_id":"1"}},{"x":1}]},"n":{"a":[5]}}`), status: 400,
			want: badRequest},
		{ask: `{"controller":"document","action":"exists","index":"m","collection":"b","_id":"1"}`, want: "false"},
		{ask: admins("loadFixtures", `,"body":{"m":{"b":[{"index":{"_id":"1"}},{"x":1}]}}`)},
		{ask: `{"controller":"document","action":"get","index":"m","collection":"b","_id":"1"}`,
			want: `{"_id":"1","_version":1,` +
				`"_source":{"x":1,"_kuzzle_info":{"author":null,"createdAt":1795000016000,"updatedAt":null,"updater":null}}}`},
		{ask: admins("loadFixtures", `,"body":{"m":{"b":[{"create":{"_id":"1"}},{"x":1},{"create":{"_id":"2"}},{"x":1}]}}`),
			status: 206,
			want:   "services.storage.import_failed", text: "Failed to import some or all documents."},
		{ask: `{"controller":"document","action":"exists","index":"m","collection":"b","_id":"2"}`, want: "true"},
	})
}

func TestAdminResets(t *testing.T) {
	r := newDialog(t)
	r.must(t, specifying("updateSpecifications", `,"body":{}`))
	r.converse(t, []turn{
		{ask: admins("resetCache", ""), status: 400, text: `Missing argument "database".`},
		{ask: admins("resetCache", `,"database":"foo"`), status: 404, want: "services.cache.database_not_found"},
		{ask: admins("resetCache", `,"database":"internalCache"`), want: `{"acknowledge":true}`},
		{ask: admins("refreshIndexCache", "")},
		{ask: admins("resetDatabase", ""), want: `{"acknowledge":true}`},
		{ask: `{"controller":"index","action":"list"}`, want: `{"indexes":[]}`},
		{ask: `{"controller":"collection","action":"create"}`, want: `{"acknowledged":true}`},
		{ask: specifying("getSpecifications", ""), status: 404},
		{ask: admins("shutdown", ""), status: 404, want: "api.process.action_not_found"},
		{ask: admins("resetSecurity", ""), want: `{"deletedUsers":0,"deletedProfiles":3,"deletedRoles":3}`},
	})
}

func TestAdminDump(t *testing.T) {
	r := newDialog(t)
	r.must(t, `{"controller":"document","action":"create","_id":"a","body":{"n":1}}`)
	r.converse(t, []turn{{ask: admins("dump", ""), status: 412,
		text: "Cannot write a dump: the server was started without a directory for dumps."}})
	dir := filepath.Join(t.TempDir(), "dumps")
	r.server.controllers["admin"] = (&admin.Admin{DumpDirectory: dir}).Controller(false)
	r.converse(t, []turn{
		{ask: admins("dump", `,"suffix":"../../x"`), status: 400, want: "api.assert.invalid_argument"},
		{ask: admins("dump", `,"suffix":5`), status: 400, want: "api.assert.invalid_type"},
		{ask: admins("dump", `,"suffix":"first"`), want: `{"acknowledge":true}`},
		{ask: admins("dump", ""), want: `{"acknowledge":true}`},
	})
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 2 || !strings.HasSuffix(files[0].Name(), "-first.db") ||
		!strings.HasSuffix(files[1].Name(), "-manual-api-action.db") {
		t.Fatalf("the dumps are %v %v", files, err)
	}
	s, err := kuzzlite.Open(filepath.Join(dir, files[1].Name()), &kuzzlite.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if doc, err := s.Collection("i", "c").Get(ctx, "a"); err != nil || doc.Version != 1 {
		t.Errorf("the dump has %s %v", doc.Source, err)
	}
}

// A server ends once, and only if the options say how.
func TestAdminShutdown(t *testing.T) {
	r := newDialog(t)
	ended := make(chan struct{}, 2)
	r.server.controllers["admin"] = (&admin.Admin{Shutdown: func() { ended <- struct{}{} }}).Controller(false)
	r.converse(t, []turn{
		{ask: admins("shutdown", ""), want: `{"acknowledge":true}`},
		{ask: admins("shutdown", ""), status: 412, want: "api.process.action_locked"},
	})
	<-ended
	if len(ended) != 0 {
		t.Error("it ends twice")
	}
}

// accountsOf plays the accounts of a server.
type accountsOf struct {
	admin bool
	got   string
}

func (a *accountsOf) AdminExists(context.Context) (bool, error) { return a.admin, nil }

func (a *accountsOf) LoadSecurities(_ *api.Call, body json.RawMessage, existing string, force bool) error {
	if a.got = string(body) + existing; force {
		return errors.New("forced")
	}
	return nil
}

func (a *accountsOf) ResetSecurity(*api.Call) (users, profiles, roles int, err error) {
	return 1, 2, 3, nil
}

func TestAdminAccounts(t *testing.T) {
	r := newDialog(t)
	accounts := &accountsOf{admin: true}
	r.server.services.Accounts = accounts
	r.server.controllers["admin"] = (&admin.Admin{}).Controller(true)
	r.converse(t, []turn{
		{ask: serverly("adminExists", ""), want: `{"exists":true}`},
		{ask: admins("resetSecurity", ""), want: `{"deletedUsers":1,"deletedProfiles":2,"deletedRoles":3}`},
		{ask: admins("loadSecurities", ""), status: 400, want: "api.assert.body_required"},
		{ask: admins("loadSecurities", `,"body":{},"onExistingUsers":"ask"`), status: 400,
			want: "api.assert.invalid_argument"},
		{ask: admins("loadSecurities", `,"body":{"roles":{}},"onExistingUsers":"skip"`), want: `{"acknowledge":true}`},
		{ask: admins("loadSecurities", `,"body":{},"force":true`), status: 500},
	})
	if accounts.got != `{}` {
		t.Errorf("they have got %s", accounts.got)
	}
}
