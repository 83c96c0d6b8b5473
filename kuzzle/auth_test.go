package kuzzle

import (
	"bufio"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/route"
)

// What a real Kuzzle 2.56.0 answered to requests about users, rights and tokens, one after the other, in
// testdata/auth.jsonl, is what this server answers. In there $time stands for a time in ms, $auto for a generated id,
// $hex for a hash, and $kauthN and $kapikeyN for tokens.

// authStep is a request over HTTP and what was answered.
type authStep struct {
	Verb, Path    string
	Scheme, Token string
	Body          json.RawMessage
	Status        int
	Result        any
	Error         map[string]any
}

// answersHere are answers that are other ones here, by what stands in the file.
var answersHere = map[string]string{
	`"strategies":[[]]`: `"strategies":[]`, // the strategies of a user who has none: a list in a list there
}

func TestAuthAsRecorded(t *testing.T) {
	file, err := os.Open(filepath.Join("testdata", "auth.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	p := newPeople(t, &Options{})
	tokens := map[string]string{}
	lines, done := bufio.NewScanner(file), 0
	for lines.Scan() {
		line := lines.Text()
		for was, is := range answersHere {
			line = strings.ReplaceAll(line, was, is)
		}
		var s authStep
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatal(err)
		}
		r := s.request(t, tokens)
		if p.server.controllers[r["controller"].(string)] == nil && s.Status == 200 {
			continue // of a controller that is not there
		}
		p.clock.Advance(100 * time.Millisecond)
		got := p.ask(r)
		if got["status"] != float64(s.Status) || !alike(s.Result, got["result"], tokens) ||
			s.Error != nil && !alike(any(s.Error), got["error"], tokens) {
			t.Errorf("%s %s %s\ngot  %v %s %s\nwant %v %s %s", s.Verb, s.Path, s.Body, got["status"], text(got["result"]),
				text(got["error"]), s.Status, text(s.Result), text(s.Error))
		}
		done++
	}
	if done < 75 {
		t.Errorf("%d steps were made", done)
	}
}

// request returns the request of a step, as an object.
func (s *authStep) request(t *testing.T, tokens map[string]string) map[string]any {
	t.Helper()
	r := map[string]any{}
	path, arguments, _ := strings.Cut(s.Path, "?")
	if path == "/_query" {
		if err := json.Unmarshal(s.Body, &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	values, err := url.ParseQuery(arguments)
	if err != nil {
		t.Fatal(err)
	}
	for name, list := range values {
		r[name] = list[0]
	}
	to, named := route.NewTable(route.All).Find(s.Verb, path)
	if to == nil {
		t.Fatalf("no route for %s %s", s.Verb, s.Path)
	}
	for _, a := range named {
		r[a.Name] = a.Value
	}
	r["controller"], r["action"] = to.Controller, to.Action
	if strings.EqualFold(s.Scheme, "bearer") {
		r["jwt"] = s.Token
		if own, ok := tokens[s.Token]; ok {
			r["jwt"] = own
		}
	}
	if s.Body != nil {
		body := map[string]any{}
		if err := json.Unmarshal(s.Body, &body); err != nil {
			t.Fatal(err)
		}
		if name, ok := body["token"].(string); ok && tokens[name] != "" {
			body["token"] = tokens[name]
		}
		r["body"] = body
	}
	return r
}

// alike says whether an answer is the one that was recorded. It notes tokens.
func alike(want, got any, tokens map[string]string) bool {
	switch w := want.(type) {
	case string:
		return alikeText(w, got, tokens)
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for name, value := range w {
			if list, ok := value.([]any); ok && name == "hits" { // in no order
				if !alikeInAnyOrder(list, g[name], tokens) {
					return false
				}
			} else if !alike(value, g[name], tokens) {
				return false
			}
		}
		return true
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for i := range w {
			if !alike(w[i], g[i], tokens) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(want, got)
}

func alikeText(want string, got any, tokens map[string]string) bool {
	text, isText := got.(string)
	switch {
	case want == "$time":
		_, ok := got.(float64)
		return ok
	case want == "$auto", want == "$hex":
		return isText && text != ""
	case strings.HasPrefix(want, "$k"):
		tokens[want] = text
		prefix, _, _ := strings.Cut(text, "-")
		return prefix == strings.TrimRight(want[1:], "0123456789")
	}
	return want == got
}

func alikeInAnyOrder(want []any, got any, tokens map[string]string) bool {
	list, ok := got.([]any)
	if !ok || len(list) != len(want) {
		return false
	}
	used := map[int]bool{}
	for _, w := range want {
		found := false
		for i, g := range list {
			if !used[i] && alike(w, g, tokens) {
				used[i], found = true, true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// people is a server for tests about users.
type people struct {
	t      testing.TB
	server *Server
	store  *kuzzlite.Store
	clock  *kuzzlite.FakeClock
	from   origin
}

func newPeople(t testing.TB, o *Options) *people {
	t.Helper()
	clock := kuzzlite.NewFakeClock(time.UnixMilli(1_795_000_000_000))
	store, err := kuzzlite.OpenMemory(&kuzzlite.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return peopleOf(t, store, clock, o)
}

func peopleOf(t testing.TB, store *kuzzlite.Store, clock *kuzzlite.FakeClock, o *Options) *people {
	t.Helper()
	o.Clock, o.PasswordMemory, o.PasswordPasses = clock, 8, 1
	server, err := NewServer(store, o)
	if err != nil {
		t.Fatal(err)
	}
	return &people{t, server, store, clock, origin{protocol: request.HTTP, received: clock.Now()}}
}

func (p *people) ask(r map[string]any) map[string]any {
	p.t.Helper()
	body, err := json.Marshal(r)
	if err != nil {
		p.t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(p.server.execute(ctx, p.from, body).AppendJSON(nil, false), &got); err != nil {
		p.t.Fatal(err)
	}
	return got
}

// call makes a request of a token, "" for none, with arguments and a body as JSON: {"a":1,"body":{}}.
func (p *people) call(token, controller, action, arguments string) map[string]any {
	p.t.Helper()
	r := map[string]any{}
	if arguments != "" {
		if err := json.Unmarshal([]byte(arguments), &r); err != nil {
			p.t.Fatalf("%s: %v", arguments, err)
		}
	}
	if token != "" {
		r["jwt"] = token
	}
	r["controller"], r["action"] = controller, action
	return p.ask(r)
}

// must makes a request that succeeds, and returns the result.
func (p *people) must(token, controller, action, arguments string) any {
	p.t.Helper()
	got := p.call(token, controller, action, arguments)
	if got["status"] != 200.0 {
		p.t.Fatalf("%s:%s %s: %v", controller, action, arguments, text(got["error"]))
	}
	return got["result"]
}

// refused makes a request that fails with an error id.
func (p *people) refused(token, controller, action, arguments, want string) {
	p.t.Helper()
	got := p.call(token, controller, action, arguments)
	if problem, _ := got["error"].(map[string]any); problem["id"] != want {
		p.t.Errorf("%s:%s %s: %v %v, want the error %s", controller, action, arguments, got["result"], text(problem), want)
	}
}

// login logs in and returns the token.
func (p *people) login(name, password, arguments string) string {
	p.t.Helper()
	r := p.must("", "auth", "login", `{"strategy":"local","body":{"username":"`+name+`","password":"`+password+`"}`+
		arguments+`}`)
	return r.(map[string]any)["jwt"].(string)
}

// admin creates an administrator, restricts everybody else and returns the administrator's token.
func (p *people) admin() string {
	p.t.Helper()
	p.must("", "security", "createFirstAdmin",
		`{"_id":"root","reset":true,"body":{"credentials":{"local":{"username":"root","password":"secret"}}}}`)
	return p.login("root", "secret", "")
}

// user creates a user with a profile and returns the user's token.
func (p *people) user(admin, id, profile string) string {
	p.t.Helper()
	p.must(admin, "security", "createUser", `{"_id":"`+id+`","body":{"content":{"profileIds":["`+profile+`"]},`+
		`"credentials":{"local":{"username":"`+id+`","password":"pw"}}}}`)
	return p.login(id, "pw", "")
}
