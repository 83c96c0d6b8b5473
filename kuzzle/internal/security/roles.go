package security

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/accounts"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/collection"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// The actions on profiles and roles, and on mappings.

func (s controller) getProfile(c *api.Call) (api.Result, error) {
	return one(c, func(id string) (accounts.Entry, error) { return s.GetProfile(c.Context, id) })
}

func (s controller) getRole(c *api.Call) (api.Result, error) {
	return one(c, func(id string) (accounts.Entry, error) { return s.GetRole(c.Context, id) })
}

func (s controller) writeProfile(mode accounts.Mode) api.Action {
	return func(c *api.Call) (api.Result, error) {
		id, body, a := changed(c)
		if mode == accounts.Update {
			a.IntegerOr("retryOnConflict", 0)
		} else {
			a.BodyField("policies", request.List)
		}
		w := accounts.Write{Mode: mode, By: c.User.ID, Strict: a.Bool("strict")}
		if a.Err != nil {
			return nil, a.Err
		}
		e, err := s.WriteProfile(c.Context, id, body, w)
		return e, err
	}
}

func (s controller) writeRole(mode accounts.Mode) api.Action {
	return func(c *api.Call) (api.Result, error) {
		id, body, a := changed(c)
		w := accounts.Write{Mode: mode, By: c.User.ID, Force: a.Bool("force")}
		if mode == accounts.Update {
			a.IntegerOr("retryOnConflict", 0)
		}
		if a.Err != nil {
			return nil, a.Err
		}
		e, err := s.WriteRole(c.Context, id, body, w)
		return e, err
	}
}

func (s controller) deleteProfile(c *api.Call) (api.Result, error) {
	a := c.Args()
	id, onUsers := a.DocumentID(), a.StringOr("onAssignedUsers", "fail")
	if a.Err != nil {
		return nil, a.Err
	}
	return api.Object("_id", id), s.DeleteProfile(c.Context, id, onUsers == "remove", c.User.ID)
}

// deleteUnusedProfile deletes a profile that no user has.
func (s controller) deleteUnusedProfile(ctx contextOf, id string) error {
	return s.DeleteProfile(ctx, id, false, "")
}

func (s controller) deleteRole(c *api.Call) (api.Result, error) {
	id, err := id(c)
	if err != nil {
		return nil, err
	}
	return api.Object("_id", id), s.DeleteRole(c.Context, id)
}

func (s controller) getProfileRights(c *api.Call) (api.Result, error) {
	id, err := id(c)
	if err != nil {
		return nil, err
	}
	return rights(s.ProfileRights(c.Context, id))
}

// addMappings adds the actions on mappings.
func (s controller) addMappings(all api.Controller) {
	for name, kind := range map[string]accounts.Kind{
		"User": accounts.Users, "Profile": accounts.Profiles, "Role": accounts.Roles,
	} {
		all["get"+name+"Mapping"] = s.getMapping(kind)
		all["update"+name+"Mapping"] = s.updateMapping(kind)
	}
}

func (s controller) getMapping(kind accounts.Kind) api.Action {
	return func(c *api.Call) (api.Result, error) {
		text, err := s.Mapping(c.Context, kind)
		if err != nil {
			return nil, err
		}
		var mapping struct{ Properties json.RawMessage }
		err = json.Unmarshal(text, &mapping)
		return api.Object("mapping", mapping.Properties), err
	}
}

func (s controller) updateMapping(kind accounts.Kind) api.Action {
	return func(c *api.Call) (api.Result, error) {
		a := c.Args()
		body := a.MustBody()
		if a.Err != nil {
			return nil, a.Err
		}
		text, err := s.ChangeMapping(c.Context, kind, func(old json.RawMessage) (json.RawMessage, error) {
			return collection.ChangedMapping(old, body)
		})
		return api.JSON(text), err
	}
}
