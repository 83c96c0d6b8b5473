package upstream

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Requests to a Kuzzle over HTTP, and what their answers mean.

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
	body, err := k.encode(request)
	if err != nil {
		return err
	}
	return k.askFor(ctx, body, result)
}

// askFor is ask for a request that is encoded.
func (k *kuzzle) askFor(ctx context.Context, body []byte, result any) error {
	if k.ending.Err() != nil {
		return ErrClosed
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(k.ending, cancel)()
	token, err := k.login(ctx, "")
	if err == nil {
		err = k.send(ctx, body, token, result)
		if errors.Is(err, ErrLogin) && k.opts.User != "" {
			if token, err = k.login(ctx, token); err == nil {
				err = k.send(ctx, body, token, result)
			}
		}
	}
	if err != nil && k.ending.Err() != nil {
		return ErrClosed
	}
	if errors.Is(err, ErrAway) {
		k.known.doubt()
	}
	return err
}

// encode returns a request as it is sent: texts and documents as they are, with < > & in one byte each.
func (k *kuzzle) encode(request any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(request); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	body := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if len(body) > k.opts.MaxBytes {
		return nil, fmt.Errorf("%w: a request of %d bytes, more than %d", ErrTooLarge, len(body), k.opts.MaxBytes)
	}
	return body, nil
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
	body, err := k.encode(map[string]any{
		"controller": "auth", "action": "login", "strategy": "local",
		"body": map[string]any{"username": k.opts.User, "password": k.opts.Password},
	})
	if err == nil {
		err = k.send(ctx, body, "", &done)
	}
	switch {
	case errors.Is(err, ErrAway), errors.Is(err, ErrLogin):
		return "", fmt.Errorf("log in: %w", err)
	case err != nil: // of the login, and so nothing that is known of the request
		return "", fmt.Errorf("%w: log in: %v", ErrLogin, err)
	}
	k.token, k.renew = done.Token, time.Time{}
	if done.TTL > 0 {
		k.renew = time.Now().Add(time.Duration(done.TTL) * time.Millisecond * 9 / 10)
	}
	return k.token, nil
}

// send makes a request, and reads its result.
func (k *kuzzle) send(ctx context.Context, body []byte, token string, result any) error {
	ctx, cancel := context.WithTimeout(ctx, k.opts.Timeout)
	defer cancel()
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
	if status == http.StatusRequestEntityTooLarge { // of a proxy
		return (&refusal{Status: status, Message: http.StatusText(status)}).class(0)
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
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable,
		http.StatusGatewayTimeout:
		return &AwayError{r, retryAfter}
	case http.StatusInternalServerError:
		kind = ErrFault
	}
	return fmt.Errorf("%w: %w", kind, r)
}
