package accounts

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/query"
)

// What the controllers auth and security do alike.

// CheckRights answers whether a user may make the request in the body of a call.
func (a *Accounts) CheckRights(c *api.Call, userID string) (api.Result, error) {
	args := c.Args()
	body := args.MustBody()
	for _, name := range []string{"controller", "action"} {
		if value := c.BodyMember(name); !isString(value) {
			args.Check(apierror.New("api.assert.missing_argument", "body."+name))
		}
	}
	if args.Err != nil {
		return nil, args.Err
	}
	r, wrong := request.Parse(body, c.Protocol)
	if wrong != nil {
		return nil, wrong
	}
	u, err := a.User(c.Context, userID)
	if err != nil {
		return nil, err
	}
	ok, err := u.MayRequest(r)
	return api.Object("allowed", ok), err
}

// KeyLifetime returns how long an API key is to be valid that a call makes: for ever, unless it says so.
func KeyLifetime(c *api.Call) json.RawMessage {
	if value, _ := c.Arg("expiresIn"); !request.Falsy(value) {
		return value
	}
	return json.RawMessage("-1")
}

// SearchKeys answers with API keys of a user. The body of the call is the query.
func (a *Accounts) SearchKeys(c *api.Call, userID string) (api.Result, error) {
	args := c.Args()
	s := Search{Kind: Keys, From: args.IntegerOr("from", 0), Size: args.IntegerOr("size", 10), User: c.User.ID}
	koncorde := args.Koncorde()
	if args.Err != nil {
		return nil, args.Err
	}
	q, err := ParseQuery(c.Body, koncorde)
	if err != nil {
		return nil, err
	}
	if s.Query = query.Eq("userId", userID); q != nil {
		s.Query = query.And(s.Query, q)
	}
	f, err := a.Find(c.Context, s)
	if err != nil {
		return nil, err
	}
	f.Total = uint64(len(f.Hits)) // as Kuzzle counts them
	return f, nil
}
