package auth

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/accounts"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// What users do with their own credentials and API keys.

// strategy reads the arguments of an action on the credentials of a known user.
func strategy(c *api.Call, body bool) (json.RawMessage, error) {
	if err := mustBeKnown(c); err != nil {
		return nil, err
	}
	a := c.Args()
	name := a.String("strategy")
	if body {
		a.MustBody()
	}
	if a.Err != nil {
		return nil, a.Err
	}
	return c.Body, accounts.CheckStrategy(name)
}

func (s controller) getMyCredentials(c *api.Call) (api.Result, error) {
	if _, err := strategy(c, false); err != nil {
		return nil, err
	}
	return s.GetCredentials(c.Context, c.User.ID)
}

func (s controller) credentialsExist(c *api.Call) (api.Result, error) {
	if _, err := strategy(c, false); err != nil {
		return nil, err
	}
	has, err := s.HasCredentials(c.Context, c.User.ID)
	return api.Bool(has), err
}

func (s controller) createMyCredentials(c *api.Call) (api.Result, error) {
	body, err := strategy(c, true)
	if err != nil {
		return nil, err
	}
	return s.CreateCredentials(c.Context, c.User.ID, body)
}

func (s controller) updateMyCredentials(c *api.Call) (api.Result, error) {
	body, err := strategy(c, true)
	if err != nil {
		return nil, err
	}
	return s.UpdateCredentials(c.Context, c.User.ID, body)
}

func (s controller) validateMyCredentials(c *api.Call) (api.Result, error) {
	body, err := strategy(c, true)
	if err != nil {
		return nil, err
	}
	return api.Bool(true), s.ValidateCredentials(c.Context, c.User.ID, body)
}

func (s controller) deleteMyCredentials(c *api.Call) (api.Result, error) {
	if _, err := strategy(c, false); err != nil {
		return nil, err
	}
	return api.Acknowledged, s.DeleteCredentials(c.Context, c.User.ID)
}

func (s controller) createAPIKey(c *api.Call) (api.Result, error) {
	a := c.Args()
	n := accounts.NewKey{
		ID: a.OptionalID(), UserID: c.User.ID, By: c.User.ID,
		Description: request.Text(a.BodyField("description", request.String)), Lifetime: accounts.KeyLifetime(c),
	}
	if a.Err != nil {
		return nil, a.Err
	}
	e, err := s.CreateKey(c.Context, n, true)
	return e, err
}

func (s controller) searchAPIKeys(c *api.Call) (api.Result, error) {
	return s.SearchKeys(c, c.User.ID)
}

func (s controller) deleteAPIKey(c *api.Call) (api.Result, error) {
	a := c.Args()
	id := a.DocumentID()
	if a.Err != nil {
		return nil, a.Err
	}
	return api.Object("_id", id), s.DeleteKey(c.Context, c.User.ID, id)
}
