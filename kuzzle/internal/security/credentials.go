package security

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/accounts"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// The actions on credentials and API keys.

// addCredentials adds them.
func (s controller) addCredentials(all api.Controller) {
	all["createCredentials"] = s.writeCredentials(s.CreateCredentials)
	all["updateCredentials"] = s.writeCredentials(s.UpdateCredentials)
	all["validateCredentials"] = s.validateCredentials
	all["hasCredentials"] = s.hasCredentials
	all["getCredentials"] = s.readCredentials(s.GetCredentials)
	all["getCredentialsById"] = s.readCredentials(s.GetCredentialsByName)
	all["deleteCredentials"] = s.deleteCredentials
	all["getCredentialFields"] = getCredentialFields
	all["getAllCredentialFields"] = getAllCredentialFields
	all["createApiKey"] = s.createAPIKey
	all["deleteApiKey"] = s.deleteAPIKey
}

func (s controller) writeCredentials(
	write func(ctx contextOf, id string, body json.RawMessage) (api.Result, error)) api.Action {
	return func(c *api.Call) (api.Result, error) {
		id, body, a := changed(c)
		strategy := a.String("strategy")
		if a.Err == nil {
			a.Check(accounts.CheckStrategy(strategy))
		}
		if a.Err != nil {
			return nil, a.Err
		}
		return write(c.Context, id, body)
	}
}

func (s controller) validateCredentials(c *api.Call) (api.Result, error) {
	a := c.Args()
	strategy := a.String("strategy")
	if a.Err == nil {
		a.Check(accounts.CheckStrategy(strategy))
	}
	body, id := a.MustBody(), a.OptionalID()
	if a.Err != nil {
		return nil, a.Err
	}
	return api.Bool(true), s.ValidateCredentials(c.Context, id, body)
}

// ofStrategy reads the arguments of an action on the credentials of a user: an id and a strategy.
func ofStrategy(c *api.Call) (string, error) {
	a := c.Args()
	id, strategy := a.DocumentID(), a.String("strategy")
	if a.Err != nil {
		return "", a.Err
	}
	return id, accounts.CheckStrategy(strategy)
}

func (s controller) readCredentials(read func(ctx contextOf, id string) (api.Result, error)) api.Action {
	return func(c *api.Call) (api.Result, error) {
		id, err := ofStrategy(c)
		if err != nil {
			return nil, err
		}
		return read(c.Context, id)
	}
}

func (s controller) hasCredentials(c *api.Call) (api.Result, error) {
	id, err := ofStrategy(c)
	if err != nil {
		return nil, err
	}
	has, err := s.HasCredentials(c.Context, id)
	return api.Bool(has), err
}

func (s controller) deleteCredentials(c *api.Call) (api.Result, error) {
	id, err := ofStrategy(c)
	if err != nil {
		return nil, err
	}
	return api.Acknowledged, s.DeleteCredentials(c.Context, id)
}

func getCredentialFields(c *api.Call) (api.Result, error) {
	a := c.Args()
	strategy := a.String("strategy")
	if a.Err != nil {
		return nil, a.Err
	}
	return api.JSON(api.Marshal(accounts.Fields)), accounts.CheckStrategy(strategy)
}

func getAllCredentialFields(*api.Call) (api.Result, error) {
	return api.Object(accounts.Local, accounts.Fields), nil
}

func (s controller) createAPIKey(c *api.Call) (api.Result, error) {
	a := c.Args()
	n := accounts.NewKey{UserID: a.String("userId"), By: c.User.ID, Lifetime: accounts.KeyLifetime(c)}
	n.ID = a.OptionalID()
	n.Description = request.Text(a.BodyField("description", request.String))
	if a.Err != nil {
		return nil, a.Err
	}
	e, err := s.CreateKey(c.Context, n, false)
	return e, err
}

func (s controller) searchAPIKeys(c *api.Call) (api.Result, error) {
	a := c.Args()
	userID := a.String("userId")
	if a.Err != nil {
		return nil, a.Err
	}
	return s.SearchKeys(c, userID)
}

func (s controller) deleteAPIKey(c *api.Call) (api.Result, error) {
	a := c.Args()
	userID, id := a.String("userId"), a.DocumentID()
	if a.Err != nil {
		return nil, a.Err
	}
	return api.Object("_id", id), s.DeleteKey(c.Context, userID, id)
}
