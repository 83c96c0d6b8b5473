package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Options says how to ask a server. Every zero field means the default, as does nil.
type Options struct {
	// Token is an API key, or a token that somebody else renews. Default: none.
	Token string

	// User and Password log in with Kuzzle's strategy local, anew before the token expires and when the server does not
	// accept it any more. Default: nobody logs in.
	User, Password string

	// Timeout bounds each request, the answer included: a batch may take several, and logging in is one. Default 30 s.
	Timeout time.Duration

	// MaxWrites is how many documents are in one request. Default 200, which is Kuzzle's limit.
	MaxWrites int

	// MaxBytes is how large a request may be, in bytes before it is compressed: a larger one is ErrTooLarge, and is not
	// sent. Default 1,048,576, which is Kuzzle's limit.
	MaxBytes int

	// Compress compresses requests with gzip. Default: they are sent as they are.
	Compress bool

	// TLS is for https. Default: Go's.
	TLS *tls.Config

	// Proxy returns the proxy for a request, as http.Transport.Proxy. Default: that of the environment.
	Proxy func(*http.Request) (*url.URL, error)
}

// kuzzle is a server that speaks Kuzzle's protocol over HTTP.
type kuzzle struct {
	url    string
	opts   Options
	client *http.Client
	stop   context.CancelFunc
	ending context.Context

	mu    sync.Mutex // guards what follows, and is held while somebody logs in
	token string
	renew time.Time // when to log in anew; zero: not by the clock

	known knowledge
	begun begun
}

// Dial returns the server at http://HOST:PORT or https://HOST:PORT: a Kuzzle 2, or a Kuzzlite. It does no I/O: the
// server may be away.
//
// What the server is it is asked with Receipt, with the first Write, and with the next one after a request that got no
// answer. A Kuzzlite is exact: a batch is one request, and one transaction; one with more than MaxWrites writes is
// ErrTooLarge. A Kuzzle is not, nor is a Kuzzlite of an earlier build: a batch is one request for each MaxWrites
// documents of a collection that are written in the same way, and one for each document that loses fields. If the same
// batch is asked for once more after ErrAway or ErrLogin, the requests that were answered are not made again, as long as
// this value is the one that is asked. Write.IfVersion is ignored there, since no action of Kuzzle has a precondition.
// Exact says what is known so far, at first that the server is not.
//
// A write that the server denies (403) has that for its outcome. What is refused of one document alone has the status of
// the refusal.
func Dial(address string, o *Options) (Server, error) {
	if o == nil {
		o = &Options{}
	}
	k := &kuzzle{opts: *o, token: o.Token}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("address %q: it must be http://HOST:PORT or https://HOST:PORT", address)
	}
	k.url = u.Scheme + "://" + u.Host + "/_query"
	p := &k.opts
	if p.Timeout == 0 {
		p.Timeout = defaultTimeout
	}
	if p.MaxWrites == 0 {
		p.MaxWrites = defaultMaxWrites
	}
	if p.MaxBytes == 0 {
		p.MaxBytes = defaultMaxBytes
	}
	if p.Proxy == nil {
		p.Proxy = http.ProxyFromEnvironment
	}
	switch {
	case p.Timeout < 0:
		return nil, errors.New("options: Timeout must be positive")
	case p.MaxWrites < 0:
		return nil, errors.New("options: MaxWrites must be positive")
	case p.MaxBytes < 0:
		return nil, errors.New("options: MaxBytes must be positive")
	case p.Token != "" && p.User != "":
		return nil, errors.New("options: Token and User exclude each other")
	case p.Password != "" && p.User == "":
		return nil, errors.New("options: Password is that of User, which is missing")
	}
	k.client = &http.Client{
		Transport: &http.Transport{
			TLSClientConfig: p.TLS, Proxy: p.Proxy, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 2,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	k.ending, k.stop = context.WithCancel(context.Background())
	return k, nil
}

const (
	defaultTimeout   = 30 * time.Second
	defaultMaxWrites = 200
	defaultMaxBytes  = 1 << 20
	maxAnswer        = 256 << 20 // bytes
)

func (k *kuzzle) Close() error {
	k.stop()
	k.client.CloseIdleConnections()
	return nil
}
