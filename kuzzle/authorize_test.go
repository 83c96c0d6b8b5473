package kuzzle

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// BenchmarkAuthorize is what it costs each request to find out who makes it, and whether they may.
func BenchmarkAuthorize(b *testing.B) {
	p := newPeople(b, &Options{})
	token := p.admin()
	r := &request.Request{Protocol: request.WebSocket, Controller: "auth", Action: "getMyRights"}
	for _, who := range []struct {
		name  string
		token *string
	}{{"anonymous", nil}, {"known", &token}} {
		b.Run("user="+who.name, func(b *testing.B) {
			b.ReportAllocs()
			r.Token = who.token
			from := origin{protocol: request.WebSocket, connection: &listener{id: "c"}}
			if who.token == nil {
				p.must(token, "security", "updateProfile", `{"_id":"anonymous","body":{"rateLimit":0}}`)
			}
			for b.Loop() {
				if _, err := p.server.authorize(ctx, from, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestCookieOverHTTP logs in, does something and logs out as a browser does that holds its token in a cookie.
func TestCookieOverHTTP(t *testing.T) {
	_, url := served(t, &Options{PasswordMemory: 8, PasswordPasses: 1})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := http.Client{Jar: jar}
	for _, step := range []struct{ request, want string }{
		{`{"controller":"security","action":"createFirstAdmin","_id":"root","reset":true,"body":{"credentials":` +
			`{"local":{"username":"root","password":"secret"}}}}`, `"_id":"root"`},
		{`{"controller":"auth","action":"getCurrentUser"}`, `"_id":"-1"`},
		{`{"controller":"auth","action":"login","strategy":"local","cookieAuth":true,` +
			`"body":{"username":"root","password":"secret"}}`, `"ttl":3600000`},
		{`{"controller":"auth","action":"getCurrentUser"}`, `"_id":"root"`},
		{`{"controller":"auth","action":"refreshToken","cookieAuth":true}`, `"ttl":3600000`},
		{`{"controller":"index","action":"list"}`, `"indexes":[]`},
		{`{"controller":"auth","action":"logout","cookieAuth":true}`, `"acknowledged":true`},
		{`{"controller":"auth","action":"getCurrentUser"}`, `"_id":"-1"`},
	} {
		answer, err := browser.Post(url+"/_query", "application/json", strings.NewReader(step.request))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || !strings.Contains(string(body), step.want) || strings.Contains(string(body), `"jwt"`) {
			t.Errorf("%s: %s %v, want %s", step.request, body, err, step.want)
		}
	}
}
