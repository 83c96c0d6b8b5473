package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"syscall"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
)

// A call on its way to the server and back.

// request is a call to be made.
type request struct {
	action string
	call   *wire.Call
	values [][]byte // behind the head of the call
	writes bool     // if the connection is lost, it is not known what was done
	item   func(payload []byte) error
	step   func(wire.Step)
}

// exchange makes a call, and reads the value of its reply, where there is one beside the error too. It returns what is
// behind that.
func (s *Store) exchange(ctx context.Context, r request, value any) (values [][]byte, err error) {
	r.call.Metadata = s.metadata
	body, err := wire.Pack(r.call, r.values...)
	if err != nil {
		return nil, fmt.Errorf("%w: it cannot travel to the server: %w", kuzzlite.ErrInvalid, err)
	}
	if len(body) > wire.MaxRequest {
		return nil, tooLarge(len(body))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // which ends the work of the server, if that is not done
	answer, err := s.send(ctx, &r, body)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != wire.ContentType {
		return nil, s.refusal(ctx, &r, answer)
	}
	return r.receive(ctx, answer.Body, value)
}

func tooLarge(size int) error {
	return fmt.Errorf("%w: a call of %d bytes, and a server takes %d: make several calls of it",
		kuzzlite.ErrTooLarge, size, wire.MaxRequest)
}

// send sends a request, and returns the answer once it begins.
func (s *Store) send(ctx context.Context, r *request, body []byte) (*http.Response, error) {
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+r.action, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	post.Header.Set("Content-Type", wire.ContentType)
	if s.token != "" {
		post.Header.Set("Authorization", "Bearer "+s.token)
	}
	answer, err := s.client.Do(post)
	switch {
	case err == nil:
		return answer, nil
	case sent.Load():
		return nil, r.lost(ctx, withoutURL(err))
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, s.unreachable(withoutURL(err))
}

// withoutURL returns the error of a request without its method and URL, which nobody has written.
func withoutURL(err error) error {
	if of := (*url.Error)(nil); errors.As(err, &of) {
		return of.Err
	}
	return err
}

// unreachable is the error of a request that has not left.
func (s *Store) unreachable(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w at %s: there is no such socket", ErrUnreachable, s.address)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w at %s: nothing listens there", ErrUnreachable, s.address)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w at %s: the socket is another user's", ErrDenied, s.address)
	}
	return fmt.Errorf("%w at %s: %w", ErrUnreachable, s.address, err)
}

// lost is the error of a request whose answer did not come to its end.
func (r *request) lost(ctx context.Context, err error) error {
	cause := ErrLost
	if ended := ctx.Err(); ended != nil { // the caller's doing
		cause, err = ended, ended
	}
	if r.writes {
		return unknown(err, cause)
	}
	if cause == err {
		return err
	}
	return fmt.Errorf("%w: %w", cause, err)
}

// unknownOutcome is the error of a write of which nobody knows whether it was done.
type unknownOutcome struct {
	text  string
	wraps []error
}

// unknown returns that error, of which cause is what callers tell apart.
func unknown(err, cause error) error {
	return &unknownOutcome{fmt.Sprintf("%v: it is not known whether the write was done", err),
		[]error{cause, err, kuzzlite.ErrOutcomeUnknown}}
}

func (e *unknownOutcome) Error() string   { return e.text }
func (e *unknownOutcome) Unwrap() []error { return e.wraps }

// receive reads an answer to its end.
func (r *request) receive(ctx context.Context, in io.Reader, value any) (values [][]byte, err error) {
	frames := wire.NewReader(in)
	for {
		kind, payload, err := frames.Next()
		if err != nil {
			return nil, r.lost(ctx, err)
		}
		switch kind {
		case wire.FrameOutcome:
			reply := wire.Reply{Value: value}
			values, err := wire.Unpack(bytes.Clone(payload), &reply)
			frames.End()
			return values, errors.Join(err, reply.Error.Err())
		case wire.FrameItem:
			if r.item == nil {
				continue
			}
			if err := r.item(payload); err != nil {
				return nil, err
			}
		case wire.FrameProgress:
			var step wire.Step
			if _, err := wire.Unpack(payload, &step); err != nil {
				return nil, err
			}
			if r.step != nil {
				r.step(step)
			}
		}
	}
}

// maxRefusal is how much of an answer is read that is not one of this protocol, in bytes.
const maxRefusal = 64 << 20

// refusal is the error of an answer that is not one of this protocol: an error of Kuzzle's API, with the library's
// error behind it where the store has refused the call, or something else altogether.
func (s *Store) refusal(ctx context.Context, r *request, answer *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxRefusal))
	if err != nil {
		return r.lost(ctx, err)
	}
	var envelope struct {
		Error *apiError `json:"error"`
	}
	if json.Unmarshal(text, &envelope) != nil || envelope.Error == nil {
		_ = json.Unmarshal(text, &envelope.Error) // what comes before there is a request has no envelope
	}
	e := envelope.Error
	if told := e.told(); told != nil {
		return told.Err()
	}
	status := answer.StatusCode
	if !r.writes || !mayHaveArrived(status) {
		return s.refused(status, e)
	}
	why := fmt.Errorf("%w: HTTP status %d", ErrLost, status)
	if e != nil {
		why = fmt.Errorf("%w: %s", why, e.Message)
	}
	return unknown(why, ErrLost)
}

// mayHaveArrived says whether an answer with an HTTP status may be that of a proxy, or of a fault, behind a request that
// the store was given: 504, say, comes from a proxy that has not waited for the end of the call.
func mayHaveArrived(status int) bool {
	return status < http.StatusMultipleChoices || status >= http.StatusInternalServerError
}

// apiError is an error of Kuzzle's API.
type apiError struct {
	ID      string            `json:"id"`
	Message string            `json:"message"`
	Props   []json.RawMessage `json:"props"`
}

// told returns the library's error, nil if there is none.
func (e *apiError) told() *wire.Error {
	if e == nil || len(e.Props) == 0 {
		return nil
	}
	var last struct {
		Kuzzlite *wire.Error `json:"kuzzlite"`
	}
	_ = json.Unmarshal(e.Props[len(e.Props)-1], &last) // Kuzzle's own are texts
	return last.Kuzzlite
}

// refused is the error of a request that the store has not answered.
func (s *Store) refused(status int, e *apiError) error {
	switch {
	case e == nil || e.Message == "":
		return fmt.Errorf("%w at %s: what answers there is no Kuzzlite (HTTP status %d)", ErrUnreachable, s.address, status)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fmt.Errorf("%w: %s", ErrDenied, e.Message)
	case e.ID == "network.http.url_not_found" || e.ID == "api.process.controller_not_found":
		return fmt.Errorf("%w at %s: what answers there is a Kuzzle, or a Kuzzlite that does not offer its store",
			ErrUnreachable, s.address)
	}
	return fmt.Errorf("the server at %s answers: %s", s.address, e.Message)
}
