package library

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
)

// A request is read up to its limit, and no more of it is held.
func TestReadBody(t *testing.T) {
	for n, want := range map[int]error{0: nil, 9: nil, 10: nil, 11: kuzzlite.ErrTooLarge, 1 << 20: kuzzlite.ErrTooLarge} {
		in := strings.NewReader(strings.Repeat("x", n))
		x := &api.Exchange{Body: in, Control: http.NewResponseController(httptest.NewRecorder())}
		body, err := readBody(x, 10)
		if !errors.Is(err, want) || err == nil && len(body) != n {
			t.Errorf("of %d bytes %d are read: %v", n, len(body), err)
		}
		if n > 11 && in.Len() < n-1024 {
			t.Errorf("%d bytes of %d are left", in.Len(), n)
		}
	}
}

// Every action does something, in one way, and those that change something are known to.
func TestActions(t *testing.T) {
	for name, a := range actions {
		if (a.ask == nil) == (a.stream == nil) {
			t.Errorf("%s has not one way to be answered", name)
		}
	}
	if n := len(Controller(context.Background())); n != len(actions) || len(Routes()) != n {
		t.Errorf("there are %d actions and %d routes of %d", n, len(Routes()), len(actions))
	}
}

// An outcome that has no JSON is told as an error, and not by an answer that breaks off.
func TestOutcomeWithoutJSON(t *testing.T) {
	var out bytes.Buffer
	s := newSender(&out, http.NewResponseController(httptest.NewRecorder()))
	if err := s.end(&outcome{value: math.NaN(), err: kuzzlite.ErrIncomplete}); err != nil {
		t.Fatal(err)
	}
	kind, payload, err := wire.NewReader(&out).Next()
	if kind != wire.FrameOutcome || err != nil {
		t.Fatalf("it sends %q, %v", kind, err)
	}
	var reply wire.Reply
	_, err = wire.Unpack(payload, &reply)
	if told := reply.Error.Err(); err != nil || !errors.Is(told, kuzzlite.ErrIncomplete) ||
		!strings.Contains(told.Error(), "cannot travel") {
		t.Errorf("it says %v, %v", told, err)
	}
}
