package kuzzle

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/kuzzlite/kuzzlite"
)

// A page of another site must neither read nor write what a developer's server has, over HTTP or a WebSocket.
func TestOrigins(t *testing.T) {
	for _, tt := range []struct {
		origins []string
		origin  string
		allowed bool
	}{
		{nil, "", true},
		{nil, "http://localhost", true},
		{nil, "http://localhost:3000", true},
		{nil, "https://127.0.0.1:8443", true},
		{nil, "http://[::1]:3000", true},
		{nil, "https://shop.example", false},
		{nil, "http://localhost.shop.example", false},
		{nil, "http://127.0.0.1.shop.example", false},
		{nil, "http://localhost@shop.example", false},
		{nil, "null", false},
		{nil, "file://localhost", false},
		{[]string{}, "http://localhost", false},
		{[]string{"https://shop.example"}, "https://shop.example", true},
		{[]string{"https://shop.example"}, "http://shop.example", false},
		{[]string{"https://shop.example"}, "http://localhost", false},
		{[]string{"*"}, "null", true},
		{[]string{"*"}, "https://shop.example", true},
	} {
		s, err := kuzzlite.OpenMemory(nil)
		if err != nil {
			t.Fatal(err)
		}
		server, err := NewServer(s, &Options{Origins: tt.origins})
		if err != nil {
			t.Fatal(err)
		}
		web := httptest.NewServer(server)
		header := http.Header{}
		if tt.origin != "" {
			header.Set("Origin", tt.origin)
		}
		r, err := http.NewRequestWithContext(t.Context(), "POST", web.URL+"/made/_create", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = header.Clone()
		res, err := web.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		shared := res.Header.Get("Access-Control-Allow-Origin")
		if (res.StatusCode == http.StatusOK) != tt.allowed || tt.origin != "" && tt.allowed != (shared == tt.origin) {
			t.Errorf("%q, page of %q: %d, shared with %q", tt.origins, tt.origin, res.StatusCode, shared)
		}
		names, err := s.Indexes(t.Context())
		if got := len(names) == 2; got != tt.allowed || err != nil {
			t.Errorf("%q, page of %q: %q, %v", tt.origins, tt.origin, names, err)
		}
		c, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(web.URL, "http"), //nolint:bodyclose
			&websocket.DialOptions{HTTPHeader: header})
		if (err == nil) != tt.allowed {
			t.Errorf("%q, page of %q over a WebSocket: %v", tt.origins, tt.origin, err)
		}
		if err == nil {
			_ = c.CloseNow()
		}
		web.Close()
		_ = server.Shutdown(t.Context())
		_ = s.Close()
	}
}

// A page whose host's name was made to lead to this machine after the page was loaded (DNS rebinding) gets nothing: what
// it asks for is of its own origin, so that the browser names none.
func TestHosts(t *testing.T) {
	for _, tt := range []struct {
		origins []string
		host    string
		status  int
	}{
		{nil, "localhost:7512", 200},
		{nil, "LocalHost:7512", 200},
		{nil, "localhost.:7512", 200},
		{nil, "kuzzle.localhost", 200},
		{nil, "127.0.0.1:7512", 200},
		{nil, "[::1]:7512", 200},
		{nil, "[::1]", 200},
		{nil, "192.0.2.1:80", 200},
		{nil, "shop.example:7512", 421},
		{nil, "shop.example", 421},
		{nil, "localhost.shop.example", 421},
		{[]string{"https://shop.example"}, "shop.example:7512", 200},
		{[]string{"https://shop.example"}, "Shop.Example", 200},
		{[]string{"https://shop.example"}, "other.example", 421},
		{[]string{"*"}, "other.example", 200},
	} {
		_, address := served(t, &Options{Origins: tt.origins})
		r, err := http.NewRequestWithContext(t.Context(), "GET", address+"/_list", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = tt.host
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != tt.status {
			t.Errorf("%q, host %s: %d, want %d", tt.origins, tt.host, res.StatusCode, tt.status)
		}
	}
}
