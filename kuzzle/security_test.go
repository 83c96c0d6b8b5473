package kuzzle

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// Requests and what is answered are in testdata/security.tsv and testdata/mine.tsv: a line has the controller, the
// action, the arguments and a result, the id of an error or the text of one that has none, or ok for any result. $time
// and $hex stand for a time and a hash.

// TestSecurityActions is what an administrator does.
func TestSecurityActions(t *testing.T) {
	p := newPeople(t, &Options{})
	p.from.protocol = request.WebSocket
	admin := p.admin()
	p.table(admin, "security.tsv")
}

// table makes the requests of a table one after the other, with a token.
func (p *people) table(token, file string) {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		p.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 4 {
			p.t.Fatalf("%q", line)
		}
		got := p.call(token, fields[0], fields[1], fields[2])
		if problem := differs(got, fields[3]); problem != "" {
			p.t.Errorf("%s %s %s: %s", fields[0], fields[1], fields[2], problem)
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
		body := fmt.Sprintf(`{"_id":"u%d","body":{"content":{"profileIds":["default"]}}}`, i)
		p.must(admin, "security", "createUser", body)
	}
	other := p.user(admin, "u9", "admin")
	const arguments = `{"size":4,"scroll":"10s","body":{"sort":{"_id":"asc"}}}`
	found := p.must(admin, "security", "searchUsers", arguments).(map[string]any)
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
