package remote

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
)

const (
	unixPrefix  = "unix:"
	dialTimeout = 10 * time.Second // for a connection, not for a call
)

// Dial returns the store that is served at an address, which is http://HOST:PORT, https://HOST:PORT or unix:PATH.
// ErrUnreachable if there is none, or if it does not speak what this package does; ErrDenied if the server does not let
// the caller in.
func Dial(ctx context.Context, address string, o *Options) (*Store, error) {
	s, err := newStore(address, o)
	if err != nil {
		return nil, err
	}
	var hello wire.Hello
	if err := s.read(ctx, "hello", &wire.Call{}, &hello); err != nil {
		return nil, err
	}
	if hello.Version != wire.Version {
		return nil, fmt.Errorf("%w at %s: the Kuzzlite there speaks version %d, and this one version %d", ErrUnreachable,
			address, hello.Version, wire.Version)
	}
	return s, nil
}

func newStore(address string, o *Options) (*Store, error) {
	if o == nil {
		o = &Options{}
	}
	dialer := &net.Dialer{Timeout: dialTimeout}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, DisableCompression: true,
		TLSHandshakeTimeout: dialTimeout, MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute,
	}
	s := &Store{address: address, metadata: o.Metadata, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	path, isUnix := strings.CutPrefix(address, unixPrefix)
	if isUnix {
		if path == "" {
			return nil, fmt.Errorf("%w address %q: unix: must have the path of a socket behind it", kuzzlite.ErrInvalid, address)
		}
		transport.Proxy = nil
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", path)
		}
		s.url = "http://kuzzlite" + wire.Prefix
		return s, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%w address %q: it must be http://HOST:PORT, https://HOST:PORT or unix:PATH",
			kuzzlite.ErrInvalid, address)
	}
	s.token, s.url = o.Token, u.Scheme+"://"+u.Host+wire.Prefix
	return s, nil
}
