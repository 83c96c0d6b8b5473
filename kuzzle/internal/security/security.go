// Package security has the actions of Kuzzle's controller security: users, profiles, roles, credentials and API keys as
// administrators see them.
package security

import (
	"encoding/json"
	"errors"

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
	all := api.Controller{
		"createUser": c.createUser, "createRestrictedUser": c.createRestrictedUser,
		"createFirstAdmin": c.createFirstAdmin, "restrictDefaultRights": c.restrictDefaultRights,
		"getUser": c.getUser, "mGetUsers": c.mGetUsers, "updateUser": c.updateUser, "replaceUser": c.replaceUser,
		"upsertUser": c.upsertUser, "deleteUser": c.deleteUser, "mDeleteUsers": mDelete(c.DeleteUser),
		"getUserRights": c.getUserRights, "getUserStrategies": c.getUserStrategies, "checkRights": c.checkRights,
		"revokeTokens": c.revokeTokens,

		"getProfile": c.getProfile, "mGetProfiles": mGet(c.MGetProfiles), "createProfile": c.writeProfile(accounts.Create),
		"createOrReplaceProfile": c.writeProfile(accounts.Replace), "updateProfile": c.writeProfile(accounts.Update),
		"deleteProfile": c.deleteProfile, "mDeleteProfiles": mDelete(c.deleteUnusedProfile),
		"getProfileRights": c.getProfileRights,

		"getRole": c.getRole, "mGetRoles": mGet(c.MGetRoles), "createRole": c.writeRole(accounts.Create),
		"createOrReplaceRole": c.writeRole(accounts.Replace), "updateRole": c.writeRole(accounts.Update),
		"deleteRole": c.deleteRole, "mDeleteRoles": mDelete(c.DeleteRole),

		"searchUsers": c.searchUsers, "searchProfiles": c.searchProfiles, "searchRoles": c.searchRoles,
		"searchUsersByCredentials": c.searchUsersByCredentials, "searchApiKeys": c.searchAPIKeys,
		"scrollUsers": c.scroll(accounts.Users), "scrollProfiles": c.scroll(accounts.Profiles),

		"refresh": refresh,
	}
	c.addMappings(all)
	c.addCredentials(all)
	return all
}

// id reads the id of an action on one user, profile or role.
func id(c *api.Call) (string, error) {
	a := c.Args()
	id := a.DocumentID()
	return id, a.Err
}

// one answers an action on the id of a call.
func one(c *api.Call, fn func(id string) (accounts.Entry, error)) (api.Result, error) {
	id, err := id(c)
	if err != nil {
		return nil, err
	}
	e, err := fn(id)
	return e, err
}

// ids reads the ids in the body.
func ids(c *api.Call) ([]string, error) {
	a := c.Args()
	list := a.BodyField("ids", request.List)
	if a.Err != nil {
		return nil, a.Err
	}
	return idsOf(c, list)
}

func idsOf(c *api.Call, list json.RawMessage) ([]string, error) {
	ids := []string{}
	for e := range request.Elements(list) {
		ids = append(ids, request.Text(e))
	}
	if len(ids) > c.Limits.Reads {
		return nil, apierror.New("services.storage.get_limit_exceeded")
	}
	return ids, nil
}

// hits is an answer with all that was asked for.
type hits []accounts.Entry

// AppendJSON appends {"hits"}.
func (h hits) AppendJSON(dst []byte) []byte {
	return append(accounts.AppendEntries(append(dst, `{"hits":`...), h), '}')
}

func mGet(get func(c contextOf, ids []string) ([]accounts.Entry, error)) api.Action {
	return func(c *api.Call) (api.Result, error) {
		list, err := ids(c)
		if err != nil {
			return nil, err
		}
		found, err := get(c.Context, list)
		return hits(found), err
	}
}

// mDelete deletes what can be deleted. If something cannot, the answer is an error that says what.
func mDelete(remove func(c contextOf, id string) error) api.Action {
	return func(c *api.Call) (api.Result, error) {
		list, err := ids(c)
		if err != nil {
			return nil, err
		}
		if len(list) > c.Limits.Writes {
			return nil, apierror.New("services.storage.write_limit_exceeded")
		}
		done, failed := []string{}, []json.RawMessage(nil)
		for _, id := range list {
			if err := remove(c.Context, id); err != nil {
				failed = append(failed, apierror.Of(err).AppendJSON(nil))
			} else {
				done = append(done, id)
			}
		}
		if failed != nil {
			return nil, apierror.Several("services.storage.incomplete_delete", failed)
		}
		return api.JSON(api.Marshal(done)), nil
	}
}

// rights answers with a list of rights.
func rights(list []accounts.Right, err error) (api.Result, error) {
	return api.Object("hits", list, "total", len(list)), err
}

// collections are the names that refresh takes.
var collections = []string{"users", "profiles", "roles"}

// refresh has nothing to do: what is written is seen by searches at once.
func refresh(c *api.Call) (api.Result, error) {
	value, _ := c.Arg("collection")
	if request.Falsy(value) {
		return nil, apierror.New("api.assert.missing_argument", "collection")
	}
	for _, name := range collections {
		if request.Text(value) == name {
			return api.Null, nil
		}
	}
	known := json.RawMessage(api.Marshal(collections))
	return nil, apierror.New("api.assert.unexpected_argument", request.Text(value), known)
}

// isUnknownUser says whether an error is that of a user who does not exist.
func isUnknownUser(err error) bool {
	e := (*apierror.Error)(nil)
	return errors.As(err, &e) && e.ID == "security.user.not_found"
}
