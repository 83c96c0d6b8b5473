package security

import (
	"context"
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/accounts"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/javascript"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// The actions on users.

type contextOf = context.Context

// emptyObject is what an object counts as that is not there.
var emptyObject = json.RawMessage("{}")

// newUser reads the arguments that all actions have which create users. content is nil where the action has read that.
func newUser(a *request.Args, c *api.Call) *accounts.NewUser {
	n := &accounts.NewUser{
		UUID: a.StringOr("kuid", "human") == "uuid", Credentials: a.BodyFieldOr("credentials", request.Object, emptyObject),
	}
	n.ID = a.OptionalID()
	return n
}

// profileIDsOf reads the profiles in the content of a user.
func profileIDsOf(a *request.Args, content json.RawMessage) json.RawMessage {
	list, _ := rawjson.Lookup(content, "profileIds")
	switch {
	case list == nil:
		a.Check(apierror.New("api.assert.missing_argument", "body.content.profileIds"))
	case list[0] != '[':
		a.Check(apierror.New("api.assert.invalid_type", "body.content.profileIds", "array"))
	}
	return list
}

// create creates a user, unless an argument is wrong.
func (s controller) create(c *api.Call, a *request.Args, n *accounts.NewUser) (api.Result, error) {
	if a.Err != nil {
		return nil, a.Err
	}
	e, err := s.CreateUser(c.Context, n)
	return e, err
}

func (s controller) createUser(c *api.Call) (api.Result, error) {
	a := c.Args()
	content := a.BodyField("content", request.Object)
	profiles := profileIDsOf(a, content)
	n := newUser(a, c)
	n.Profiles, n.Content = profiles, content
	return s.create(c, a, n)
}

// withoutProfiles reads the content of a user whose profiles are not for the request to say.
func withoutProfiles(a *request.Args) json.RawMessage {
	content := a.BodyFieldOr("content", request.Object, emptyObject)
	if _, ok := rawjson.Lookup(content, "profileIds"); ok {
		a.Check(apierror.New("api.assert.forbidden_argument", "body.content.profileIds"))
	}
	return content
}

func (s controller) createRestrictedUser(c *api.Call) (api.Result, error) {
	a := c.Args()
	content := withoutProfiles(a)
	n := newUser(a, c)
	n.Profiles, n.Content = json.RawMessage(`["default"]`), content
	return s.create(c, a, n)
}

func (s controller) createFirstAdmin(c *api.Call) (api.Result, error) {
	if exists, err := s.AdminExists(c.Context); err != nil {
		return nil, err
	} else if exists {
		return nil, apierror.New("api.process.admin_exists")
	}
	a := c.Args()
	content := withoutProfiles(a)
	restrict := a.Bool("reset")
	n := newUser(a, c)
	n.Profiles, n.Content = json.RawMessage(`["admin"]`), content
	n.FirstAdmin, n.Restrict = true, restrict
	return s.create(c, a, n)
}

// restrictDefaultRights answers nothing.
func (s controller) restrictDefaultRights(c *api.Call) (api.Result, error) {
	return nil, s.RestrictDefaultRights(c.Context)
}

func (s controller) getUser(c *api.Call) (api.Result, error) {
	return one(c, func(id string) (accounts.Entry, error) { return s.GetUser(c.Context, id) })
}

// mGetUsers takes the ids from the body, or from the arguments as a list or a text with commas. Users that do not exist
// are left out.
func (s controller) mGetUsers(c *api.Call) (api.Result, error) {
	list, err := userIDs(c)
	if err != nil {
		return nil, err
	}
	found, err := s.MGetUsers(c.Context, list)
	return hits(found), err
}

func userIDs(c *api.Call) ([]string, error) {
	if value := c.BodyMember("ids"); !request.Falsy(value) && string(value) != "[]" {
		return ids(c)
	}
	value, ok := c.Arg("ids")
	if !ok {
		return nil, apierror.New("api.assert.missing_argument", "ids")
	}
	if value[0] == '"' {
		text := request.Text(value)
		if parsed, err := javascript.Normalize([]byte(text)); err == nil && c.Protocol == request.HTTP && parsed[0] == '[' {
			return idsOf(c, parsed)
		}
		return split(c, text)
	}
	if value[0] != '[' {
		return nil, apierror.New("api.assert.invalid_type", "ids", "array")
	}
	return idsOf(c, value)
}

// changed reads the arguments of an action that changes a user: the id and the body.
func changed(c *api.Call) (id string, body json.RawMessage, a *request.Args) {
	a = c.Args()
	return a.DocumentID(), a.MustBody(), a
}

func (s controller) updateUser(c *api.Call) (api.Result, error) {
	id, body, a := changed(c)
	var profiles json.RawMessage
	if value := c.BodyMember("profileIds"); value != nil && string(value) != "null" {
		profiles = a.BodyField("profileIds", request.List)
	}
	a.IntegerOr("retryOnConflict", 0) // nobody comes in between, so there is nothing to try again
	if a.Err != nil {
		return nil, a.Err
	}
	e, err := s.UpdateUser(c.Context, id, profiles, body, c.User.ID)
	return e, err
}

func (s controller) replaceUser(c *api.Call) (api.Result, error) {
	id, body, a := changed(c)
	profiles := a.BodyField("profileIds", request.List)
	if a.Err != nil {
		return nil, a.Err
	}
	e, err := s.ReplaceUser(c.Context, id, profiles, body, c.User.ID)
	return e, err
}

// upsertUser updates a user, or creates one of the content and what default has besides.
func (s controller) upsertUser(c *api.Call) (api.Result, error) {
	a := c.Args()
	id, content := a.DocumentID(), a.BodyField("content", request.Object)
	profiles := profileIDsOf(a, content)
	defaults := a.BodyFieldOr("default", request.Object, emptyObject)
	n := newUser(a, c)
	if a.Err != nil {
		return nil, a.Err
	}
	e, err := s.UpdateUser(c.Context, id, profiles, content, c.User.ID)
	if !isUnknownUser(err) {
		return e, err
	}
	n.ID, n.Profiles, n.Content = id, profiles, accounts.Merged(defaults, content)
	e, err = s.CreateUser(c.Context, n)
	return e, err
}

func (s controller) deleteUser(c *api.Call) (api.Result, error) {
	id, err := id(c)
	if err != nil {
		return nil, err
	}
	return api.Object("_id", id), s.DeleteUser(c.Context, id)
}

func (s controller) getUserRights(c *api.Call) (api.Result, error) {
	id, err := id(c)
	if err != nil {
		return nil, err
	}
	u, err := s.User(c.Context, id)
	if err != nil {
		return nil, err
	}
	return rights(u.Rights())
}

func (s controller) getUserStrategies(c *api.Call) (api.Result, error) {
	id, err := id(c)
	if err != nil {
		return nil, err
	}
	if _, err := s.GetUser(c.Context, id); err != nil {
		return nil, err
	}
	has, err := s.HasCredentials(c.Context, id)
	list := []string{}
	if has {
		list = append(list, accounts.Local)
	}
	return api.Object("strategies", list, "total", len(list)), err
}

func (s controller) checkRights(c *api.Call) (api.Result, error) {
	a := c.Args()
	userID := a.String("userId")
	if a.Err != nil {
		return nil, a.Err
	}
	return s.CheckRights(c, userID)
}

func (s controller) revokeTokens(c *api.Call) (api.Result, error) {
	id, err := id(c)
	if err != nil {
		return nil, err
	}
	return api.Null, s.RevokeTokens(c.Context, id)
}
