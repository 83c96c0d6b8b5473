package kuzzle

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// listener is a connection that remembers what it is sent.
type listener struct {
	id string

	mu   sync.Mutex // guards sent
	sent []string
}

func (l *listener) ID() string { return l.id }

func (l *listener) Send(message []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, string(message))
}

func (l *listener) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	sent := l.sent
	l.sent = nil
	return sent
}

// on returns the same people over a connection.
func (p *people) on(c api.Connection) *people {
	q := *p
	q.from = origin{protocol: request.WebSocket, connection: c, received: p.clock.Now()}
	return &q
}

func TestTokenExpires(t *testing.T) {
	p := newPeople(t, &Options{})
	p.admin()
	token := p.login("root", "secret", `,"expiresIn":"10s"`)
	if alg := header(t, token); alg != "HS256" {
		t.Errorf("signed by %s", alg)
	}
	p.clock.Advance(9999 * time.Millisecond)
	p.must(token, "auth", "getCurrentUser", "")
	p.clock.Advance(time.Millisecond)
	p.refused(token, "auth", "getCurrentUser", "", "security.token.invalid")
	p.refused(token, "auth", "login", `{"strategy":"local"}`, "security.token.invalid")
	got := p.must("", "auth", "checkToken", `{"body":{"token":"`+token+`"}}`)
	if text(got) != `{"state":"Invalid token.","valid":false}` {
		t.Error(text(got))
	}
	p.clock.Advance(time.Hour + time.Minute)
	for doc, err := range p.server.services.Store.Private("tokens").All(ctx) {
		t.Errorf("%s is still stored: %v", doc.Source, err)
	}
}

// header returns the algorithm of a token.
func header(t *testing.T, token string) string {
	t.Helper()
	part, _, _ := strings.Cut(strings.TrimPrefix(token, "kauth-"), ".")
	text, err := base64.RawURLEncoding.DecodeString(part)
	var h struct{ Alg string }
	if err == nil {
		err = json.Unmarshal(text, &h)
	}
	if err != nil {
		t.Fatal(err)
	}
	return h.Alg
}

// TestForgedTokens makes tokens of one that is valid which are not.
func TestForgedTokens(t *testing.T) {
	secret := []byte(strings.Repeat("k", 32))
	p := newPeople(t, &Options{TokenSecret: secret})
	valid := p.admin()
	parts := strings.Split(strings.TrimPrefix(valid, "kauth-"), ".")
	encode := base64.RawURLEncoding.EncodeToString
	sign := func(key []byte, head, claims string) string {
		text := encode([]byte(head)) + "." + encode([]byte(claims))
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(text))
		return text + "." + encode(mac.Sum(nil))
	}
	hs256 := `{"alg":"HS256","typ":"JWT"}`
	for name, token := range map[string]string{
		"without a prefix":       strings.TrimPrefix(valid, "kauth-"),
		"with another prefix":    "kapikey-" + strings.TrimPrefix(valid, "kauth-"),
		"with both prefixes":     "kauth-" + valid,
		"empty":                  "",
		"a prefix alone":         "kauth-",
		"without a signature":    "kauth-" + parts[0] + "." + parts[1] + ".",
		"of no algorithm":        "kauth-" + encode([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".",
		"of another algorithm":   "kauth-" + sign(secret, `{"alg":"HS512"}`, `{"_id":"root"}`),
		"of another secret":      "kauth-" + sign([]byte("x"), hs256, `{"_id":"root"}`),
		"signed, and not stored": "kauth-" + sign(secret, hs256, `{"_id":"root"}`),
		"of nobody":              "kauth-" + sign(secret, hs256, `{}`),
		"padded":                 valid + "=",
		"longer":                 valid + "A",
		"huge":                   "kauth-" + strings.Repeat("a", 1<<20),
		"for another user":       "kauth-" + parts[0] + "." + encode([]byte(`{"_id":"other"}`)) + "." + parts[2],
	} {
		if got := p.call("", "auth", "getCurrentUser", text(map[string]any{"jwt": token})); got["status"] != 401.0 {
			t.Errorf("a token %s: %s", name, text(got))
		}
	}
	p.must(valid, "auth", "getCurrentUser", "")
}

// subscribed are connections, by the collections of their own to which they subscribe.
type subscribed struct {
	*people
	in []string
}

func (s *subscribed) subscribe(l *listener, token string) {
	s.t.Helper()
	s.on(l).must(token, "realtime", "subscribe", `{"index":"i","collection":"`+l.id+`","body":{}}`)
	s.in = append(s.in, l.id)
}

// left checks which connections have lost their subscriptions since the last time.
func (s *subscribed) left(what string, want ...string) {
	s.t.Helper()
	var gone []string
	still := s.server.hub.Collections("i")
	s.in = slices.DeleteFunc(s.in, func(id string) bool {
		if slices.Contains(still, id) {
			return false
		}
		gone = append(gone, id)
		return true
	})
	if fmt.Sprint(gone) != fmt.Sprint(want) {
		s.t.Errorf("%s: %v have left, want %v", what, gone, want)
	}
}

func TestEndOfTokens(t *testing.T) {
	p := &subscribed{people: newPeople(t, &Options{})}
	admin := p.admin()
	a, b := &listener{id: "a"}, &listener{id: "b"}

	token := p.user(admin, "u", "admin")
	p.subscribe(a, token)
	p.must(token, "auth", "logout", "")
	p.left("logout elsewhere", "a")
	p.refused(token, "auth", "getCurrentUser", "", "security.token.invalid")

	token = p.login("u", "pw", "")
	p.subscribe(a, token)
	p.subscribe(b, admin)
	p.must(admin, "security", "revokeTokens", `{"_id":"u"}`)
	p.left("revoked", "a")

	token = p.login("u", "pw", "")
	p.subscribe(a, token)
	p.must(admin, "security", "deleteUser", `{"_id":"u"}`)
	p.left("deleted", "a")
	p.refused(token, "auth", "getCurrentUser", "", "security.token.invalid")

	token = p.user(admin, "u", "admin")
	p.subscribe(a, token)
	p.server.disconnected(a)
	p.left("closed", "a")
	if sent := a.take(); sent != nil {
		t.Errorf("told %v of tokens that have not expired", sent)
	}
}

func TestEndsByThemselves(t *testing.T) {
	p := &subscribed{people: newPeople(t, &Options{})}
	admin := p.admin()
	a, b := &listener{id: "a"}, &listener{id: "b"}
	p.subscribe(b, admin)
	token := p.user(admin, "u", "admin")
	p.clock.Advance(time.Second)
	p.subscribe(a, token)
	fresh := p.must(token, "auth", "refreshToken", "").(map[string]any)["jwt"].(string)
	p.must(token, "auth", "getCurrentUser", "")
	p.refused(token, "auth", "refreshToken", "", "security.token.invalid")
	p.clock.Advance(time.Second)
	p.refused(token, "auth", "getCurrentUser", "", "security.token.invalid")
	p.left("refreshed")
	p.clock.Advance(time.Hour - 1500*time.Millisecond)
	p.left("expired, as the one before the refreshed one would have", "b")
	p.clock.Advance(500 * time.Millisecond)
	p.left("expired, refreshed as it was", "a")
	for _, l := range []*listener{a, b} {
		if sent := l.take(); len(sent) != 1 || sent[0] != tokenExpired || !json.Valid([]byte(sent[0])) {
			t.Errorf("%s was told %v", l.id, sent)
		}
	}
	p.refused(fresh, "auth", "getCurrentUser", "", "security.token.invalid")
	p.on(a).login("u", "pw", "")
	p.clock.Advance(time.Hour)
	if sent := a.take(); len(sent) != 1 {
		t.Errorf("used for nothing but the login: told %v", sent)
	}
}

// TestSubscribedLate has a token end while a request that subscribes with it is under way.
func TestSubscribedLate(t *testing.T) {
	p := &subscribed{people: newPeople(t, &Options{})}
	admin := p.admin()
	a := &listener{id: "a"}
	p.subscribe(a, admin)
	from := origin{protocol: request.WebSocket, connection: a}
	r := &request.Request{Controller: "realtime", Action: "subscribe"}
	p.server.endLate(ctx, from, r, admin)
	p.left("valid")
	p.clock.Advance(time.Hour)
	p.left("expired", "a")
	p.on(a).must(p.login("root", "secret", ""), "realtime", "subscribe", `{"index":"i","collection":"a","body":{}}`)
	p.in = append(p.in, "a")
	p.server.endLate(ctx, from, r, admin)
	p.left("late", "a")
}

func TestGlobalLogout(t *testing.T) {
	p := newPeople(t, &Options{})
	admin := p.admin()
	one := p.user(admin, "u", "admin")
	two := p.login("u", "pw", "")
	key := p.must(one, "auth", "createApiKey", `{"body":{"description":"d"}}`).(map[string]any)
	apiKey := key["_source"].(map[string]any)["token"].(string)
	p.refused(apiKey, "auth", "refreshToken", "", "security.token.refresh_forbidden")
	p.refused(p.login("u", "pw", `,"expiresIn":-1`), "auth", "refreshToken", "", "security.token.refresh_forbidden")
	p.must(one, "auth", "logout", `{"global":true}`)
	p.refused(two, "auth", "getCurrentUser", "", "security.token.invalid")
	p.must(apiKey, "auth", "getCurrentUser", "")
	p.must(apiKey, "auth", "logout", "")
	p.must(apiKey, "auth", "deleteApiKey", `{"_id":"`+key["_id"].(string)+`"}`)
	p.refused(apiKey, "auth", "getCurrentUser", "", "security.token.invalid")
	p.must(admin, "auth", "getCurrentUser", "")
}

func TestSingleUse(t *testing.T) {
	p := newPeople(t, &Options{})
	admin := p.admin()
	token := p.must(admin, "auth", "createToken", `{"singleUse":true}`).(map[string]any)["token"].(string)
	p.refused(admin, "auth", "createToken", `{"expiresIn":-1}`, "security.token.invalid_expiration")
	p.refused(admin, "auth", "createToken", `{"expiresIn":0}`, "api.assert.invalid_argument")
	var right int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			got := p.call(token, "auth", "getCurrentUser", "")
			mu.Lock()
			defer mu.Unlock()
			if got["status"] == 200.0 {
				right++
			} else if got["status"] != 401.0 {
				t.Error(text(got))
			}
		})
	}
	all.Wait()
	if right != 1 {
		t.Errorf("a token for a single use was used %d times", right)
	}
}

// TestRestart closes a store and opens it again: users, rights, tokens, keys and mappings are there.
func TestRestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "store")
	clock := kuzzlite.NewFakeClock(time.UnixMilli(1_795_000_000_000))
	open := func(o *Options) (*people, func()) {
		store, err := kuzzlite.Open(file, &kuzzlite.Options{Clock: clock})
		if err != nil {
			t.Fatal(err)
		}
		return peopleOf(t, store, clock, o), func() {
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	p, end := open(&Options{})
	token := p.admin()
	key := p.must(token, "auth", "createApiKey", `{"_id":"k","body":{"description":"d"}}`).(map[string]any)
	p.must(token, "security", "updateUserMapping", `{"body":{"properties":{"age":{"type":"long"}}}}`)
	end()

	p, end = open(&Options{})
	p.must(token, "auth", "getCurrentUser", "")
	p.must(key["_source"].(map[string]any)["token"].(string), "auth", "getCurrentUser", "")
	p.refused("", "index", "list", "", "security.rights.unauthorized")
	p.refused("", "security", "createFirstAdmin", "", "security.rights.unauthorized")
	p.login("root", "secret", "")
	if got := text(p.must(token, "security", "getUserMapping", "")); !strings.Contains(got, "age") {
		t.Error(got)
	}
	end()

	p, end = open(&Options{TokenSecret: []byte(strings.Repeat("another ", 4))})
	defer end()
	p.refused(token, "auth", "getCurrentUser", "", "security.token.invalid")
	p.login("root", "secret", "")
}

func TestRates(t *testing.T) {
	p := newPeople(t, &Options{})
	admin := p.admin()
	token := p.user(admin, "u", "default")
	p.clock.Advance(time.Second)
	for range 10 {
		p.must(token, "auth", "getCurrentUser", "")
	}
	p.refused(token, "auth", "getCurrentUser", "", "api.process.too_many_requests")
	p.must(admin, "auth", "getCurrentUser", "")
	p.refused(token, "index", "list", "", "security.rights.forbidden") // before the rate is looked at
	p.clock.Advance(time.Second)
	for range 20 {
		p.must(token, "auth", "checkToken", "{}")
		p.clock.Advance(100 * time.Millisecond)
	}
	p.must(admin, "security", "updateProfile", `{"_id":"default","body":{"rateLimit":0}}`)
	for range 50 {
		p.must(token, "auth", "getCurrentUser", "")
	}

	const login = `{"strategy":"local","body":{"username":"u","password":"pw"}}`
	c := p.on(&listener{id: "c"})
	p.clock.Advance(time.Second)
	c.must("", "auth", "login", login)
	c.refused("", "auth", "login", login, "api.process.too_many_logins_requests")
	p.on(&listener{id: "d"}).must("", "auth", "login", login)
	p.must("", "auth", "login", login)
	p.clock.Advance(time.Second)
	c.must("", "auth", "login", login)
}

func TestCookies(t *testing.T) {
	p := newPeople(t, &Options{})
	token := p.admin()
	body := []byte(`{"controller":"auth","action":"login","strategy":"local","cookieAuth":true,` +
		`"body":{"username":"root","password":"secret"}}`)
	answer := p.server.execute(ctx, p.from, body)
	result, ok := answer.Result.(api.WithCookie)
	if !ok {
		t.Fatalf("%s", answer.AppendJSON(nil, false))
	}
	c := result.Cookie
	if !c.HttpOnly || c.Path != "/" || c.Name != "authToken" || !strings.HasPrefix(c.Value, "kauth-") ||
		!c.Expires.Equal(p.clock.Now().Add(time.Hour)) || strings.Contains(string(result.AppendJSON(nil)), "kauth") {
		t.Errorf("%v %s", c, result.AppendJSON(nil))
	}
	p.from.cookie = c.Value
	if got := p.must("", "auth", "getCurrentUser", "").(map[string]any); got["_id"] != "root" {
		t.Error(text(got))
	}
	if got := text(p.must("", "auth", "checkToken", `{"cookieAuth":true}`)); !strings.Contains(got, `"kuid":"root"`) {
		t.Error(got)
	}
	p.refused(token, "auth", "getCurrentUser", "", "security.token.verification_error")
	p.must("", "auth", "logout", `{"cookieAuth":true}`)
	p.refused("", "auth", "getCurrentUser", "", "security.token.invalid")
	p.must("", "auth", "login", `{"cookieAuth":true,"strategy":"local","body":{"username":"root","password":"secret"}}`)
	p.from.cookie = "null"
	p.refused("", "auth", "logout", "", "security.rights.unauthorized")
}

// TestMine is what users do with their own accounts.
func TestMine(t *testing.T) {
	p := newPeople(t, &Options{MaxTokenLifetime: 2 * time.Hour, MaxAPIKeyLifetime: 3 * time.Hour})
	p.from.protocol = request.WebSocket
	admin := p.admin()
	me := p.user(admin, "me", "admin")
	p.table(me, "mine.tsv")
	p.refused(admin, "auth", "deleteApiKey", `{"_id":"mine"}`, "services.storage.not_found") // it is somebody else's
	const login = `{"strategy":"local","body":{"username":"me","password":"new"}}`
	p.refused("", "auth", "login", login, "plugin.strategy.missing_user") // there are no credentials any more
}
