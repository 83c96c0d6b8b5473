package kuzzle

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
)

// The pages that may use the server.

// stranger returns why a request may not come from where it does, nil if it may.
func (s *Server) stranger(r *http.Request) *apierror.Error {
	switch origin := r.Header.Get("Origin"); {
	case !s.allowsOrigin(origin):
		return apierror.New("api.process.unauthorized_origin", origin)
	case !s.allowsHost(r):
		return apierror.Plain(http.StatusMisdirectedRequest, `The host "%s" is not this machine. `+
			"If the server is to be reached by that name, the origins of its pages must list it.", r.Host)
	}
	return nil
}

// allowsOrigin says whether pages of an origin may use the server; "": the client is no page.
func (s *Server) allowsOrigin(origin string) bool {
	if origin == "" || slices.Contains(s.opts.Origins, "*") || slices.Contains(s.opts.Origins, origin) {
		return true
	}
	return s.opts.Origins == nil && isOfThisMachine(origin)
}

// allowsHost says whether the server may be called by the name that a request has for it. Whoever has a domain can have
// its name lead to this machine once a page is loaded (DNS rebinding): what the page then gets from the server is of the
// page's own origin to the browser, which names no origin. So over the loopback interface names other than those of this
// machine are strangers, unless pages of that host may use the server.
func (s *Server) allowsHost(r *http.Request) bool {
	at, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok || !at.IP.IsLoopback() || slices.Contains(s.opts.Origins, "*") {
		return true
	}
	host := strings.ToLower(strings.TrimSuffix((&url.URL{Host: r.Host}).Hostname(), "."))
	if host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") || net.ParseIP(host) != nil {
		return true
	}
	return slices.ContainsFunc(s.opts.Origins, func(origin string) bool {
		u, err := url.Parse(origin)
		return err == nil && strings.EqualFold(u.Hostname(), host)
	})
}

// isOfThisMachine says whether an origin is that of a page which this machine serves.
func isOfThisMachine(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// origins is what the configuration says of them.
func (s *Server) origins() string {
	if s.opts.Origins == nil {
		return "localhost"
	}
	return strings.Join(s.opts.Origins, ",")
}
