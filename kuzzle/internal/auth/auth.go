// Package auth has the actions of Kuzzle's controller auth: what users do with their own accounts.
package auth

import (
	"encoding/json"
	"time"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/accounts"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// controller has the actions.
type controller struct{ *accounts.Accounts }

// Controller returns the actions.
func Controller(a *accounts.Accounts) api.Controller {
	c := controller{a}
	return api.Controller{
		"login": c.login, "logout": c.logout, "checkToken": c.checkToken, "createToken": c.createToken,
		"refreshToken": c.refreshToken, "getCurrentUser": c.getCurrentUser, "getMyRights": c.getMyRights,
		"checkRights": c.checkRights, "updateSelf": c.updateSelf, "getStrategies": getStrategies,
		"getMyCredentials": c.getMyCredentials, "credentialsExist": c.credentialsExist,
		"createMyCredentials": c.createMyCredentials, "updateMyCredentials": c.updateMyCredentials,
		"validateMyCredentials": c.validateMyCredentials, "deleteMyCredentials": c.deleteMyCredentials,
		"createApiKey": c.createAPIKey, "searchApiKeys": c.searchAPIKeys, "deleteApiKey": c.deleteAPIKey,
	}
}

// mustBeKnown returns an error for who has not said who they are.
func mustBeKnown(c *api.Call) error {
	if c.User.ID != api.Anonymous {
		return nil
	}
	return apierror.New("security.rights.unauthorized", c.Controller, c.Action)
}

// wantsCookie says whether a request wants its token as a cookie, which only HTTP has.
func wantsCookie(c *api.Call) bool {
	value, ok := c.Arg("cookieAuth")
	return c.Protocol == request.HTTP && ok && string(value) != "false"
}

// issued answers with a token.
func issued(c *api.Call, t *accounts.Token) api.Result {
	if !wantsCookie(c) {
		return api.Object("_id", t.UserID, "expiresAt", t.ExpiresAt, "jwt", t.Text, "ttl", t.TTL)
	}
	expires := time.Time{}
	if t.ExpiresAt > 0 {
		expires = time.UnixMilli(t.ExpiresAt)
	}
	return api.WithCookie{
		Result: api.Object("_id", t.UserID, "expiresAt", t.ExpiresAt, "ttl", t.TTL),
		Cookie: api.NewTokenCookie(t.Text, expires),
	}
}

func (s controller) login(c *api.Call) (api.Result, error) {
	a := c.Args()
	strategy := a.String("strategy")
	if a.Err != nil {
		return nil, a.Err
	}
	if err := accounts.CheckStrategy(strategy); err != nil {
		return nil, err
	}
	username, password := credential(c, "username"), credential(c, "password")
	if username == "" || password == "" {
		return nil, accounts.WrongLogin("Missing credentials")
	}
	id, err := s.Login(c.Context, username, password)
	if err != nil {
		return nil, err
	}
	var o accounts.TokenOptions
	if value, _ := c.Arg("expiresIn"); !request.Falsy(value) {
		o.Lifetime = value
	}
	t, err := s.NewToken(c.Context, id, o)
	if err != nil {
		return nil, err
	}
	if c.Connection != nil {
		s.Link(c.Context, c.Connection, t)
	}
	return issued(c, t), nil
}

// credential returns a credential of the body, or else of the arguments; "": there is none that is a text.
func credential(c *api.Call, name string) string {
	for _, value := range []json.RawMessage{c.BodyMember(name), arg(c, name)} {
		if len(value) > 0 && value[0] == '"' {
			if text := request.Text(value); text != "" {
				return text
			}
		}
	}
	return ""
}

func arg(c *api.Call, name string) json.RawMessage {
	value, _ := c.Arg(name)
	return value
}

// logout ends the token of the call, or all of its user. Subscriptions that were made with an ended token end, too.
func (s controller) logout(c *api.Call) (api.Result, error) {
	a := c.Args()
	all := a.Bool("global")
	if err := mustBeKnown(c); err != nil && !wantsCookie(c) {
		return nil, err
	}
	if a.Err != nil {
		return nil, a.Err
	}
	if c.User.ID != api.Anonymous {
		var err error
		if all {
			err = s.RevokeTokens(c.Context, c.User.ID)
		} else {
			err = s.Logout(c.Context, c.User.Token)
		}
		if err != nil {
			return nil, err
		}
	}
	if wantsCookie(c) {
		return api.WithCookie{Result: api.Acknowledged, Cookie: api.NewTokenCookie("null", time.Time{})}, nil
	}
	return api.Acknowledged, nil
}

// checkToken answers whether a token is valid. One for a single use is used up by that.
func (s controller) checkToken(c *api.Call) (api.Result, error) {
	a := c.Args()
	text := request.Text(a.BodyFieldOr("token", request.String, json.RawMessage(`""`)))
	if a.Err != nil {
		return nil, a.Err
	}
	if wantsCookie(c) && c.Token != nil {
		text = *c.Token
	}
	if text == "" {
		return api.Object("expiresAt", nil, "kuid", api.Anonymous, "valid", true), nil
	}
	t, err := s.Verify(c.Context, text)
	if problem := apierror.Of(err); problem != nil {
		if problem.Status != 401 {
			return nil, err
		}
		return api.Object("state", problem.Message, "valid", false), nil
	}
	return api.Object("expiresAt", t.ExpiresAt, "kuid", t.UserID, "valid", true), nil
}

func (s controller) createToken(c *api.Call) (api.Result, error) {
	a := c.Args()
	o := accounts.TokenOptions{SingleUse: a.Bool("singleUse")}
	if value, ok := c.Arg("expiresIn"); ok {
		o.Lifetime = value
	}
	if request.Text(o.Lifetime) == "-1" {
		a.Check(apierror.New("security.token.invalid_expiration", "expiresIn", "cannot be infinite"))
	}
	if a.Err != nil {
		return nil, a.Err
	}
	t, err := s.NewToken(c.Context, c.User.ID, o)
	if err != nil {
		return nil, err
	}
	return api.Object("expiresAt", t.ExpiresAt, "singleUse", t.SingleUse, "token", t.Text, "ttl", t.TTL), nil
}

func (s controller) refreshToken(c *api.Call) (api.Result, error) {
	if err := mustBeKnown(c); err != nil {
		return nil, err
	}
	var lifetime json.RawMessage
	if value, ok := c.Arg("expiresIn"); ok {
		lifetime = value
	}
	t, err := s.Refresh(c.Context, c.User.Token, lifetime)
	if err != nil {
		return nil, err
	}
	return issued(c, t), nil
}

func (s controller) getCurrentUser(c *api.Call) (api.Result, error) {
	e, err := s.GetUser(c.Context, c.User.ID)
	if err != nil {
		return nil, err
	}
	has, err := s.HasCredentials(c.Context, c.User.ID)
	strategies := []string{}
	if has {
		strategies = append(strategies, accounts.Local)
	}
	return api.Object("_id", e.ID, "_source", e.Source, "strategies", strategies), err
}

func (s controller) getMyRights(c *api.Call) (api.Result, error) {
	u, err := s.User(c.Context, c.User.ID)
	if err != nil {
		return nil, err
	}
	list, err := u.Rights()
	return api.Object("hits", list, "total", len(list)), err
}

func (s controller) checkRights(c *api.Call) (api.Result, error) {
	return s.CheckRights(c, c.User.ID)
}

func (s controller) updateSelf(c *api.Call) (api.Result, error) {
	if err := mustBeKnown(c); err != nil {
		return nil, err
	}
	for _, name := range []string{"_id", "profileIds"} {
		if !request.Falsy(c.BodyMember(name)) {
			return nil, apierror.New("api.assert.forbidden_argument", "body."+name)
		}
	}
	a := c.Args()
	body := a.MustBody()
	if a.Err != nil {
		return nil, a.Err
	}
	e, err := s.UpdateUser(c.Context, c.User.ID, nil, body, c.User.ID)
	return e, err
}

func getStrategies(*api.Call) (api.Result, error) {
	return api.JSON(api.Marshal([]string{accounts.Local})), nil
}
