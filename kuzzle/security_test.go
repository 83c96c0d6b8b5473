package kuzzle

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// The actions of controller security, as an administrator calls them one after the other: in each line a controller, an
// action, its arguments and what is answered, which is a result, or the id of an error, or the text of one without an id.
const asAdministrator = `
security createRole {"_id":"reader","body":{"controllers":{"document":{"actions":{"get":true,"search":true}}}}} ` +
	`{"_id":"reader","_source":{"controllers":{"document":{"actions":{"get":true,"search":true}}},"_kuzzle_info":` +
	`{"author":null,"createdAt":"$time","updatedAt":null,"updater":null}}}
security createRole {"_id":"reader","body":{"controllers":{"*":{"actions":{"*":true}}}}} services.storage.document_already_exists
security createRole {"body":{}} api.assert.missing_argument
security createRole {"_id":"r"} api.assert.body_required
security createRole {"_id":"r","body":{}} api.assert.empty_argument
security createRole {"_id":"r","body":{"controllers":null}} api.assert.missing_argument
security createRole {"_id":"r","body":{"controllers":[]}} api.assert.invalid_type
security createRole {"_id":"r","body":{"controllers":{"document":1}}} api.assert.invalid_type
security createRole {"_id":"r","body":{"controllers":{"document":{}}}} api.assert.empty_argument
security createRole {"_id":"r","body":{"controllers":{"document":{"a":1}}}} api.assert.missing_argument
security createRole {"_id":"r","body":{"controllers":{"document":{"actions":{}}}}} api.assert.empty_argument
security createRole {"_id":"r","body":{"controllers":{"document":{"actions":{"get":"yes"}}}}} api.assert.invalid_type
security createRole {"_id":"r","body":{"controllers":{"nope":{"actions":{"get":true}}}}} security.role.unknown_controller
security createRole {"_id":"r","body":{"controllers":{"document":{"actions":{"nope":true}}}}} security.role.unknown_action
security createRole {"_id":"r","body":{"controllers":{"*":{"actions":{"nope":true}}}}} security.role.unknown_action
security createRole {"_id":"r","body":{"controllers":{"realtime":{"actions":{"subscribe":true}}}}} ok
security createOrReplaceRole {"_id":"r","force":true,"body":{"controllers":{"nope":{"actions":{"get":true}}}}} ok
security createOrReplaceRole {"_id":"anonymous","body":{"controllers":{"document":{"actions":{"*":true}}}}} security.role.login_required
security updateRole {"_id":"r","body":{"controllers":{"auth":{"actions":{"login":false}}}}} ` +
	`{"_id":"r","_source":{"controllers":{"auth":{"actions":{"login":false}}},"_kuzzle_info":` +
	`{"author":null,"createdAt":"$time","updatedAt":"$time","updater":"root"}}}
security updateRole {"_id":"none","body":{"controllers":{"auth":{"actions":{"login":false}}}}} services.storage.not_found
security mGetRoles {"body":{"ids":["r","none"]}} security.role.not_found
security mGetRoles {"body":{}} api.assert.missing_argument
security deleteRole {"_id":"r"} {"_id":"r"}
security deleteRole {"_id":"r"} security.role.not_found
security deleteRole {"_id":"default"} security.role.cannot_delete
security createProfile {"_id":"p","body":{}} api.assert.missing_argument
security createProfile {"_id":"p","body":{"policies":1}} api.assert.invalid_type
security createProfile {"_id":"p","body":{"policies":[{"roleId":"nope"}]}} security.role.not_found
security createProfile {"_id":"p","body":{"policies":[{}]}} api.assert.missing_argument
security createProfile {"_id":"p","body":{"policies":[{"roleId":"reader","x":1}]}} api.assert.unexpected_argument
security createProfile {"_id":"p","body":{"policies":[{"roleId":"reader","restrictedTo":1}]}} api.assert.invalid_type
security createProfile {"_id":"p","body":{"policies":[{"roleId":"reader","restrictedTo":[1]}]}} api.assert.invalid_type
security createProfile {"_id":"p","body":{"policies":[{"roleId":"reader","restrictedTo":[{}]}]}} api.assert.missing_argument
security createProfile {"_id":"p","body":{"policies":[{"roleId":"reader","restrictedTo":[{"index":""}]}]}} api.assert.missing_argument
security createProfile {"_id":"p","body":{"policies":[{"roleId":"reader","restrictedTo":[{"index":"i","collections":1}]}]}} api.assert.invalid_type
security createProfile {"_id":"p","body":{"policies":[{"roleId":"reader","restrictedTo":[{"index":"i","x":1}]}]}} api.assert.unexpected_argument
security createProfile {"_id":"p","strict":true,"body":{"policies":[{"roleId":"reader","restrictedTo":[{"index":"none"}]}]}} services.storage.unknown_index
security createProfile {"_id":"p","body":{"policies":[{"roleId":"reader"}],"rateLimit":"x"}} api.assert.invalid_type
security createProfile {"_id":"p","body":{"policies":[{"roleId":"reader"}],"rateLimit":-1}} api.assert.invalid_argument
security createProfile {"_id":"p","body":{"policies":[{"roleId":"reader","restrictedTo":[{"index":"i","collections":["b","a"]}]}],"tag":1}} ` +
	`{"_id":"p","_source":{"policies":[{"roleId":"reader","restrictedTo":[{"index":"i","collections":["b","a"]}]}],` +
	`"optimizedPolicies":[{"restrictedTo":{"i":["a","b"]},"roleId":"reader"}],"rateLimit":0,"tag":1,"_kuzzle_info":` +
	`{"author":null,"createdAt":"$time","updatedAt":null,"updater":null}}}
security createProfile {"_id":"p","body":{"policies":[{"roleId":"reader"}]}} services.storage.document_already_exists
security createOrReplaceProfile {"_id":"anonymous","body":{"policies":[{"roleId":"reader"}]}} security.profile.missing_anonymous_role
security updateProfile {"_id":"p","body":{"rateLimit":7}} ` +
	`{"_id":"p","_source":{"policies":[{"roleId":"reader","restrictedTo":[{"index":"i","collections":["b","a"]}]}],` +
	`"optimizedPolicies":[{"restrictedTo":{"i":["a","b"]},"roleId":"reader"}],"rateLimit":7,"tag":1,"_kuzzle_info":` +
	`{"author":null,"createdAt":"$time","updatedAt":"$time","updater":"root"}}}
security updateProfile {"_id":"none","body":{}} security.profile.not_found
security getProfileRights {"_id":"p"} {"hits":[` +
	`{"action":"get","collection":"a","controller":"document","index":"i","value":"allowed"},` +
	`{"action":"get","collection":"b","controller":"document","index":"i","value":"allowed"},` +
	`{"action":"search","collection":"a","controller":"document","index":"i","value":"allowed"},` +
	`{"action":"search","collection":"b","controller":"document","index":"i","value":"allowed"}],"total":4}
security deleteRole {"_id":"reader"} security.role.in_use
security createUser {"_id":"u","body":{"content":{"profileIds":["p"],"name":"U"},"credentials":{"local":{"username":"u","password":"pw"}}}} ` +
	`{"_id":"u","_source":{"profileIds":["p"],"name":"U","_kuzzle_info":{"createdAt":"$time","updatedAt":null,"updater":null}}}
security createUser {"_id":"-1","body":{"content":{"profileIds":["anonymous"]}}} security.user.already_exists
security createUser {"_id":"x"} api.assert.body_required
security createUser {"_id":"x","body":{"content":1}} api.assert.invalid_type
security createUser {"_id":"x","body":{"content":{"profileIds":"p"}}} api.assert.invalid_type
security createUser {"_id":"x","body":{"content":{"profileIds":[1]}}} api.assert.invalid_type
security createUser {"_id":"x","body":{"content":{"profileIds":[]}}} api.assert.empty_argument
security createUser {"_id":"x","body":{"content":{"profileIds":["p"]},"credentials":{"oauth":{}}}} security.credentials.unknown_strategy
security createUser {"_id":"x","body":{"content":{"profileIds":["p"]},"credentials":{"local":{"username":"x"}}}} Password required.
security createUser {"_id":"x","body":{"content":{"profileIds":["p"]},"credentials":{"local":{"password":"x"}}}} Username required.
security createUser {"_id":"x","body":{"content":{"profileIds":["p"]},"credentials":{"local":{"username":1,"password":"x"}}}} api.assert.invalid_type
security createUser {"_id":"x","body":{"content":{"profileIds":["p"]},"credentials":{"local":{"username":"u","password":"x"}}}} Login "u" is already used.
security getUser {"_id":"x"} security.user.not_found
security createRestrictedUser {"body":{"content":{"profileIds":["p"]}}} api.assert.forbidden_argument
security createRestrictedUser {"kuid":"uuid","body":{"content":{}}} ok
security updateUser {"_id":"u","body":{"name":"V","_id":"other","_kuzzle_info":1}} ` +
	`{"_id":"u","_source":{"profileIds":["p"],"name":"V","_kuzzle_info":{"createdAt":"$time","updatedAt":"$time","updater":"root"}}}
security updateUser {"_id":"u","body":{"profileIds":["none"]}} security.profile.not_found
security updateUser {"_id":"none","body":{}} security.user.not_found
security replaceUser {"_id":"u","body":{"name":"W"}} api.assert.missing_argument
security replaceUser {"_id":"u","body":{"profileIds":["default"],"age":1}} ` +
	`{"_id":"u","_source":{"profileIds":["default"],"age":1,"_kuzzle_info":{"author":"root","createdAt":"$time","updatedAt":null,"updater":null}}}
security upsertUser {"_id":"u","body":{"content":{"profileIds":["p"],"b":2},"default":{"c":3}}} ` +
	`{"_id":"u","_source":{"profileIds":["p"],"age":1,"_kuzzle_info":{"author":"root","createdAt":"$time","updatedAt":"$time","updater":"root"},"b":2}}
security upsertUser {"_id":"w","body":{"content":{"profileIds":["p"],"b":2},"default":{"b":1,"c":3}}} ` +
	`{"_id":"w","_source":{"profileIds":["p"],"b":2,"c":3,"_kuzzle_info":{"createdAt":"$time","updatedAt":null,"updater":null}}}
security deleteProfile {"_id":"p"} security.profile.in_use
security deleteProfile {"_id":"admin"} security.profile.cannot_delete
security mGetUsers {"ids":"u,none,w"} ok
security mGetUsers {"body":{"ids":["none"]}} {"hits":[]}
security mGetUsers {} api.assert.missing_argument
security getUserStrategies {"_id":"u"} {"strategies":["local"],"total":1}
security getUserStrategies {"_id":"w"} {"strategies":[],"total":0}
security getUserStrategies {"_id":"none"} security.user.not_found
security getUserRights {"_id":"none"} security.user.not_found
security checkRights {"userId":"u","body":{"controller":"document","action":"get","index":"i","collection":"a"}} {"allowed":true}
security checkRights {"userId":"u","body":{"controller":"document","action":"get","index":"i","collection":"z"}} {"allowed":false}
security checkRights {"userId":"u","body":{"controller":"document"}} api.assert.missing_argument
security searchUsers {"body":{"query":{"term":{"profileIds":"p"}},"sort":[{"b":"desc"},{"_id":{"order":"desc"}}]},"size":1} ` +
	`{"hits":[{"_id":"w","_source":{"profileIds":["p"],"b":2,"c":3,"_kuzzle_info":` +
	`{"author":null,"createdAt":"$time","updatedAt":null,"updater":null}}}],"total":2}
security searchUsers {"body":{"nope":1}} services.storage.invalid_search_query
security searchUsers {"body":{"aggs":{}}} services.storage.unexpected_bad_request
security searchUsers {"size":10001} services.storage.get_limit_exceeded
security searchUsers {"lang":"koncorde","body":{"query":{"equals":{"c":3}}}} ok
security searchUsers {"lang":"koncorde","body":{"query":{"nope":{"c":3}}}} services.storage.unknown_query_keyword
security searchProfiles {"body":{"roles":["reader"]}} ok
security searchRoles {"body":{"controllers":["document"]}} ok
security searchUsersByCredentials {"strategy":"local","body":{"query":{"match":{"username":"u"}}}} {"hits":[{"username":"u","kuid":"u"}],"total":1}
security searchUsersByCredentials {"strategy":"local","body":{"query":{"match":{"kuid":"u"}}}} Forbidden field "kuid". ` +
	`Only the "username" or "kuid" fields are sortable and only the first is also searchable.
security searchUsersByCredentials {"strategy":"local","body":{"query":{"script":{}}}} ` +
	`The "script" keyword is not allowed in this search query for security concerns.
security createCredentials {"_id":"w","strategy":"local","body":{"username":"w","password":"pw"}} {"username":"w","kuid":"w"}
security createCredentials {"_id":"w","strategy":"local","body":{"username":"w2","password":"pw"}} A strategy already exists for user "w".
security createCredentials {"_id":"none","strategy":"local","body":{"username":"n","password":"pw"}} security.user.not_found
security validateCredentials {"strategy":"local","body":{"username":"w","password":"pw"}} Login "w" is already used.
security validateCredentials {"strategy":"local","body":{"username":"n","password":"pw"}} true
security updateCredentials {"_id":"w","strategy":"local","body":{"username":"u"}} Login "u" is already used.
security updateCredentials {"_id":"w","strategy":"local","body":{"username":"w3"}} {"username":"w3","kuid":"w"}
security updateCredentials {"_id":"w","strategy":"local","body":{}} Missing username or password.
security getCredentials {"_id":"w","strategy":"local"} {"username":"w3","kuid":"w"}
security getCredentialsById {"_id":"w3","strategy":"local"} {"username":"w3","kuid":"w"}
security getCredentialsById {"_id":"w","strategy":"local"} No credentials found for username "w".
security hasCredentials {"_id":"w","strategy":"local"} true
security hasCredentials {"_id":"w","strategy":"x"} security.credentials.unknown_strategy
security deleteCredentials {"_id":"w","strategy":"local"} {"acknowledged":true}
security deleteCredentials {"_id":"w","strategy":"local"} No credentials found for user "w".
security getCredentialFields {"strategy":"local"} ["username","password"]
security getAllCredentialFields {} {"local":["username","password"]}
security getUserMapping {} {"mapping":{"profileIds":{"type":"keyword"}}}
security updateUserMapping {"body":{"properties":{"age":{"type":"long"}}}} {"dynamic":"false","properties":{"age":{"type":"long"},"profileIds":{"type":"keyword"}}}
security updateUserMapping {"body":{"properties":{"age":{"type":"keyword"}}}} services.storage.unexpected_bad_request
security getUserMapping {} {"mapping":{"age":{"type":"long"},"profileIds":{"type":"keyword"}}}
security getRoleMapping {} {"mapping":{"controllers":{"dynamic":"false","properties":{}},"tags":{"type":"keyword"}}}
security refresh {"collection":"users"} null
security refresh {"collection":"nope"} api.assert.unexpected_argument
security createApiKey {"userId":"none","body":{"description":"d"}} security.user.not_found
security createApiKey {"userId":"u","_id":"k","body":{}} api.assert.missing_argument
security createApiKey {"userId":"u","_id":"k","body":{"description":"d"}} ok
security createApiKey {"userId":"u","_id":"k","body":{"description":"d"}} services.storage.document_already_exists
security searchApiKeys {"userId":"u","body":{"match":{"description":"d"}}} {"hits":[{"_id":"k","_source":` +
	`{"description":"d","expiresAt":-1,"fingerprint":"$hex","ttl":-1,"userId":"u"}}],"total":1}
security searchApiKeys {"userId":"root"} {"hits":[],"total":0}
security deleteApiKey {"userId":"root","_id":"k"} services.storage.not_found
security deleteApiKey {"userId":"u","_id":"k"} {"_id":"k"}
security deleteProfile {"_id":"p","onAssignedUsers":"remove"} {"_id":"p"}
security getUser {"_id":"u"} {"_id":"u","_source":{"profileIds":["anonymous"],"age":1,"_kuzzle_info":` +
	`{"author":"root","createdAt":"$time","updatedAt":"$time","updater":"root"},"b":2}}
security mDeleteUsers {"body":{"ids":["u","none"]}} services.storage.incomplete_delete
security createUser {"_id":"u2","body":{"content":{"profileIds":["default"]},"credentials":{"local":{"username":"u","password":"x"}}}} ok
security mDeleteUsers {"body":{"ids":["w"]}} ["w"]
security deleteUser {"_id":"-1"} security.user.not_found
security deleteUser {"_id":"u"} security.user.not_found
security mDeleteRoles {"body":{"ids":["reader"]}} ["reader"]
security mDeleteProfiles {"body":{"ids":[]}} []
security scrollUsers {"scrollId":"none"} services.storage.unknown_scroll_id
security nope {} api.process.action_not_found
`

func TestSecurityActions(t *testing.T) {
	p := newPeople(t, &Options{})
	p.from.protocol = request.WebSocket
	admin := p.admin()
	for line := range strings.Lines(asAdministrator) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		controller, rest, _ := strings.Cut(line, " ")
		action, rest, _ := strings.Cut(rest, " ")
		decoder := json.NewDecoder(strings.NewReader(rest))
		var arguments json.RawMessage
		if err := decoder.Decode(&arguments); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		want := strings.TrimSpace(rest[decoder.InputOffset():])
		got := p.call(admin, controller, action, string(arguments))
		if problem := differs(got, want); problem != "" {
			t.Errorf("%s %s %s: %s", controller, action, arguments, problem)
		}
	}
}

// differs says in what an answer is not the one that a line wants.
func differs(got map[string]any, want string) string {
	problem, failed := got["error"].(map[string]any)
	var result any
	switch {
	case want == "ok" && !failed:
		return ""
	case failed && (problem["id"] == want || problem["id"] == nil && problem["message"] == want):
		return ""
	case !failed && json.Unmarshal([]byte(want), &result) == nil && alike(result, got["result"], map[string]string{}):
		return ""
	}
	return fmt.Sprintf("%s %s, want %s", text(got["result"]), text(problem), want)
}

func TestScrollUsers(t *testing.T) {
	p := newPeople(t, &Options{})
	admin := p.admin()
	for i := range 7 {
		p.must(admin, "security", "createUser", fmt.Sprintf(`{"_id":"u%d","body":{"content":{"profileIds":["default"]}}}`, i))
	}
	other := p.user(admin, "u9", "admin")
	found := p.must(admin, "security", "searchUsers", `{"size":4,"scroll":"10s","body":{"sort":{"_id":"asc"}}}`).(map[string]any)
	var seen []string
	for {
		for _, hit := range found["hits"].([]any) {
			seen = append(seen, hit.(map[string]any)["_id"].(string))
		}
		if found["total"] != 9.0 {
			t.Fatalf("total %v", found["total"])
		}
		id, ok := found["scrollId"].(string)
		if !ok {
			break
		}
		p.refused(other, "security", "scrollUsers", `{"scrollId":"`+id+`"}`, "services.storage.unknown_scroll_id")
		p.refused(admin, "security", "scrollProfiles", `{"scrollId":"`+id+`"}`, "services.storage.unknown_scroll_id")
		found = p.must(admin, "security", "scrollUsers", `{"scrollId":"`+id+`"}`).(map[string]any)
	}
	if got := strings.Join(seen, " "); got != "root u0 u1 u2 u3 u4 u5 u6 u9" {
		t.Errorf("seen %s", got)
	}
	p.refused(admin, "security", "searchUsers", `{"scroll":"2m","size":1}`, "services.storage.scroll_duration_too_great")

	again := p.must(admin, "security", "searchUsers", `{"size":4,"scroll":"10s"}`).(map[string]any)
	p.clock.Advance(11e9)
	p.refused(admin, "security", "scrollUsers", `{"scrollId":"`+again["scrollId"].(string)+`"}`,
		"services.storage.unknown_scroll_id")
}
