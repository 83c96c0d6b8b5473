package upstream

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
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

	// Timeout bounds each request, the answer included. Default 30 s.
	Timeout time.Duration

	// MaxWrites is how many documents are in one request. Default 200, which is Kuzzle's limit.
	MaxWrites int

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
}

// Dial returns the server at http://HOST:PORT or https://HOST:PORT: a Kuzzle 2, or a Kuzzlite. It does no I/O: the server
// may be away. A batch is one request for each 200 documents of a collection that are written in the same way, and one
// for each document that loses fields.
//
// The server is not exact. A batch whose answer is lost is done again as a whole, and Write.IfVersion is ignored, since no
// action of Kuzzle has a precondition.
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
	if p.Proxy == nil {
		p.Proxy = http.ProxyFromEnvironment
	}
	switch {
	case p.Timeout < 0:
		return nil, errors.New("options: Timeout must be positive")
	case p.MaxWrites < 0:
		return nil, errors.New("options: MaxWrites must be positive")
	case p.Token != "" && p.User != "":
		return nil, errors.New("options: Token and User exclude each other")
	}
	k.client = &http.Client{
		Transport:     &http.Transport{TLSClientConfig: p.TLS, Proxy: p.Proxy, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 2},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	k.ending, k.stop = context.WithCancel(context.Background())
	return k, nil
}

const (
	defaultTimeout   = 30 * time.Second
	defaultMaxWrites = 200
	maxAnswer        = 256 << 20 // bytes
)

func (k *kuzzle) Exact() bool { return false }

func (k *kuzzle) Receipt(context.Context, string) (*Receipt, error) { return nil, nil }

func (k *kuzzle) Close() error {
	k.stop()
	k.client.CloseIdleConnections()
	return nil
}

// refusal is an error that the server has answered.
type refusal struct {
	Status  int    `json:"status"`
	ID      string `json:"id"`
	Message string `json:"message"`
}

func (r *refusal) Error() string {
	if r.ID == "" {
		return fmt.Sprintf("%s (%d)", r.Message, r.Status)
	}
	return fmt.Sprintf("%s (%s, %d)", r.Message, r.ID, r.Status)
}

// ask makes a request, as somebody who has logged in, and reads its result.
func (k *kuzzle) ask(ctx context.Context, request map[string]any, result any) error {
	if k.ending.Err() != nil {
		return ErrClosed
	}
	ctx, cancel := context.WithTimeout(ctx, k.opts.Timeout)
	defer cancel()
	defer context.AfterFunc(k.ending, cancel)()
	token, err := k.login(ctx, "")
	if err == nil {
		err = k.send(ctx, request, token, result)
		if errors.Is(err, ErrLogin) && k.opts.User != "" {
			if token, err = k.login(ctx, token); err == nil {
				err = k.send(ctx, request, token, result)
			}
		}
	}
	if err != nil && k.ending.Err() != nil {
		return ErrClosed
	}
	return err
}

// login returns a token: another one than that which the server has not accepted.
func (k *kuzzle) login(ctx context.Context, refused string) (string, error) {
	if k.opts.User == "" {
		return k.token, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.token != "" && k.token != refused && (k.renew.IsZero() || time.Now().Before(k.renew)) {
		return k.token, nil
	}
	var done struct {
		Token string `json:"jwt"`
		TTL   int64  `json:"ttl"` // ms; the server's clock may be another
	}
	err := k.send(ctx, map[string]any{
		"controller": "auth", "action": "login", "strategy": "local",
		"body": map[string]any{"username": k.opts.User, "password": k.opts.Password},
	}, "", &done)
	if err != nil {
		return "", fmt.Errorf("log in: %w", err)
	}
	k.token, k.renew = done.Token, time.Time{}
	if done.TTL > 0 {
		k.renew = time.Now().Add(time.Duration(done.TTL) * time.Millisecond * 9 / 10)
	}
	return k.token, nil
}

// send makes a request, and reads its result.
func (k *kuzzle) send(ctx context.Context, request map[string]any, token string, result any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	encoding := "identity"
	if k.opts.Compress {
		body, encoding = compressed(body), "gzip"
	}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, k.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	post.Header.Set("Content-Type", "application/json")
	post.Header.Set("Content-Encoding", encoding)
	if token != "" {
		post.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := k.client.Do(post)
	if err != nil {
		return &AwayError{Err: err}
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return &AwayError{Err: err}
	}
	return take(answer, text, result)
}

func compressed(body []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b) // into memory, which does not fail
	_, _ = w.Write(body)
	_ = w.Close()
	return b.Bytes()
}

// take reads an answer.
func take(answer *http.Response, text []byte, result any) error {
	var envelope struct {
		Status int             `json:"status"`
		Error  *refusal        `json:"error"`
		Result json.RawMessage `json:"result"`
	}
	err := json.Unmarshal(text, &envelope)
	status := answer.StatusCode
	switch {
	case err == nil && envelope.Error == nil && status == http.StatusOK && envelope.Status == status:
		if len(envelope.Result) == 0 || result == nil {
			return nil
		}
		if err := json.Unmarshal(envelope.Result, result); err != nil {
			return &AwayError{Err: fmt.Errorf("its result is not one of Kuzzle's: %w", err)}
		}
		return nil
	case err == nil && envelope.Error == nil: // what comes before there is a request has no envelope
		envelope.Error = &refusal{}
		_ = json.Unmarshal(text, envelope.Error)
	case err != nil:
		envelope.Error = nil
	}
	if e := envelope.Error; e != nil && e.Message != "" {
		e.Status = status
		return e.class(retryAfter(answer))
	}
	return &AwayError{fmt.Errorf("what answers there is no Kuzzle: HTTP status %d", status), retryAfter(answer)}
}

// retryAfter returns after how long the server wants to be asked again, 0 if it does not say.
func retryAfter(answer *http.Response) time.Duration {
	seconds, err := strconv.Atoi(answer.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 3600)) * time.Second
}

// class returns the refusal as one of the errors of this package.
func (r *refusal) class(retryAfter time.Duration) error {
	kind := ErrRefused
	switch r.Status {
	case http.StatusUnauthorized:
		kind = ErrLogin
	case http.StatusForbidden:
		kind = ErrDenied
	case http.StatusRequestEntityTooLarge:
		kind = ErrTooLarge
	case http.StatusPreconditionFailed:
		if strings.HasPrefix(r.ID, "services.storage.unknown_") {
			kind = ErrUnknownCollection
		}
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return &AwayError{r, retryAfter}
	case http.StatusInternalServerError:
		kind = ErrFault
	}
	return fmt.Errorf("%w: %w", kind, r)
}
