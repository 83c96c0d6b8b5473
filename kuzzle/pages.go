package kuzzle

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

// The pages that may use the server.

// allowsOrigin says whether pages of an origin may use the server; "": the client is no page.
func (s *Server) allowsOrigin(origin string) bool {
	if origin == "" || slices.Contains(s.opts.Origins, "*") || slices.Contains(s.opts.Origins, origin) {
		return true
	}
	return s.opts.Origins == nil && isOfThisMachine(origin)
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
