// Package library is the controller kuzzlite: the library over the wire, for a program that is to do with a running
// store what it would do with the file. Its actions are the library's calls, and not Kuzzle's: sources travel byte
// for byte, and Kuzzle's limits, metadata and mappings have no part in them. Package wire says what travels.
package library

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/route"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// Routes are the routes of the actions.
func Routes() (list []route.Route) {
	for name := range actions {
		list = append(list, route.Route{
			Verb: http.MethodPost, Path: wire.Prefix + name, Controller: wire.Controller, Action: name,
		})
	}
	slices.SortFunc(list, func(a, b route.Route) int { return cmp.Compare(a.Path, b.Path) })
	return list
}

// Controller returns the actions. Once ending is done those end that would go on for ever.
func Controller(ending context.Context) api.Controller {
	controller := api.Controller{}
	for name, a := range actions {
		controller[name] = func(c *api.Call) (api.Result, error) { return a.answer(c, ending) }
	}
	return controller
}

// answer reads the call, and makes it.
func (a *action) answer(c *api.Call, ending context.Context) (api.Result, error) {
	if c.Exchange == nil {
		return nil, apierror.New("api.assert.unsupported_protocol", string(c.Protocol),
			c.Controller+":"+c.Action+" but by a POST to "+wire.Prefix+c.Action)
	}
	message, err := readBody(c.Exchange, wire.MaxRequest)
	if err != nil {
		return nil, refused(&call{Call: &wire.Call{}}, err)
	}
	head, values, err := wire.UnpackCall(message)
	if err != nil {
		return nil, refused(&call{Call: &wire.Call{}}, fmt.Errorf("%w request: %w", kuzzlite.ErrInvalid, err))
	}
	of := &call{head, c.Context, ending, values, c.Store.Library(head.Metadata)}
	if a.writes && head.Index == storage.PrivateIndex {
		return nil, refused(of, errPrivate)
	}
	if a.stream != nil {
		return answered(c.Exchange, func(out *sender) outcome { return a.stream(of, out) }), nil
	}
	o := a.ask(of)
	if o.err != nil && o.value == nil {
		return nil, refused(of, o.err)
	}
	return answered(c.Exchange, func(*sender) outcome { return o }), nil
}

// errPrivate keeps calls from writing what the server has in memory, too.
var errPrivate = fmt.Errorf("%w index %q: the server keeps its users there, and changes them itself",
	kuzzlite.ErrInvalid, storage.PrivateIndex)

// answered returns an answer of frames.
func answered(x *api.Exchange, make func(out *sender) outcome) *api.Stream {
	return &api.Stream{ContentType: wire.ContentType, Write: func(w io.Writer) error {
		out := newSender(w, x.Control)
		o := make(out)
		return out.end(&o)
	}}
}

// refused returns the error of a call as Kuzzle's API has it, with the error itself behind all that Kuzzle says of it.
func refused(c *call, err error) error {
	e := *apierror.Of(storage.Error(err, string(c.Index), string(c.Collection)))
	told, marshalErr := json.Marshal(struct {
		Kuzzlite *wire.Error `json:"kuzzlite"`
	}{wire.ErrorOf(err)})
	if marshalErr != nil {
		return errors.Join(err, marshalErr)
	}
	e.Props = append(slices.Clip(e.Props), json.RawMessage(told))
	return &e
}

// bodyPause is how long the client may take between two parts of its request.
const bodyPause = time.Minute

// readBody reads a request of at most limit bytes, for which the client may take long as long as something comes.
// After that the connection may be silent for as long as the call takes.
func readBody(x *api.Exchange, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(&patientReader{x}, limit+1))
	_ = x.Control.SetReadDeadline(time.Time{}) // what cannot set one has none
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w request: read body: %w", kuzzlite.ErrInvalid, err)
	case int64(len(body)) > limit:
		return nil, fmt.Errorf("%w: a request of more than %d bytes", kuzzlite.ErrTooLarge, limit)
	}
	return body, nil
}

type patientReader struct{ x *api.Exchange }

func (p *patientReader) Read(b []byte) (int, error) {
	_ = p.x.Control.SetReadDeadline(time.Now().Add(bodyPause))
	return p.x.Body.Read(b)
}
