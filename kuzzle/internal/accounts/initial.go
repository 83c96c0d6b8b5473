package accounts

import (
	"context"
	"encoding/json"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
)

// The roles and profiles that are always there: of administrators, of users, and of those who have not said who they
// are.

// builtIn are their names.
var builtIn = []string{"admin", "default", "anonymous"}

// standard is a role and a profile of the same name.
type standard struct {
	name, controllers string
	rateLimit         int // requests a second; 0: any number
}

const everything = `{"*":{"actions":{"*":true}}}`

// openRights are those of a new server: everybody may do everything.
var openRights = []standard{
	{"admin", everything, 0}, {"default", everything, 0}, {"anonymous", everything, 0},
}

// restrictedRights are those of a server that is in use.
var restrictedRights = []standard{
	{"admin", everything, 0},
	{"default", `{"auth":{"actions":{"checkToken":true,"getCurrentUser":true,"getMyRights":true,"logout":true,` +
		`"updateSelf":true}},"server":{"actions":{"publicApi":true}}}`, 10},
	{"anonymous", `{"auth":{"actions":{"checkToken":true,"getCurrentUser":true,"getMyRights":true,"login":true}},` +
		`"server":{"actions":{"publicApi":true,"openapi":true}}}`, 200},
}

// install writes the standard roles and profiles.
func (a *Accounts) install(ctx context.Context, tx *kuzzlite.Tx, list []standard) error {
	now := a.now()
	info := information{CreatedAt: now, UpdatedAt: &now}
	for _, s := range list {
		role := object{{controllers, json.RawMessage(s.controllers)}}
		role.stamp(info)
		if err := put(ctx, tx, roles, s.name, role.json()); err != nil {
			return err
		}
		profile := newProfile(json.RawMessage(`[{"roleId":"`+s.name+`"}]`), s.rateLimit)
		profile.stamp(info)
		if err := put(ctx, tx, profiles, s.name, profile.json()); err != nil {
			return err
		}
	}
	return newEpoch(ctx, tx)
}

// RestrictDefaultRights gives everybody but administrators the rights of Kuzzle's standard roles.
func (a *Accounts) RestrictDefaultRights(ctx context.Context) error {
	return a.update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		return a.install(ctx, tx, restrictedRights)
	})
}

// ResetSecurity deletes all users with all they have, all profiles and all roles, and makes the accounts those of a new
// server. It returns how many it has deleted. Everybody is logged out.
func (a *Accounts) ResetSecurity(c *api.Call) (userCount, profileCount, roleCount int, err error) {
	counts := map[string]int{}
	err = a.change(c.Context, func(ctx context.Context, tx *kuzzlite.Tx) error {
		for _, name := range []string{users, profiles, roles, credentials, usernames, tokens, apiKeys} {
			n, err := deleteAll(ctx, tx, name)
			if err != nil {
				return err
			}
			counts[name] = n
		}
		return a.install(ctx, tx, openRights)
	})
	if err == nil {
		a.links.endAll()
	}
	return counts[users], counts[profiles], counts[roles], err
}

// deleteAll deletes the documents of a collection, and returns how many.
func deleteAll(ctx context.Context, tx *kuzzlite.Tx, collection string) (int, error) {
	ids, err := idsOf(ctx, tx, collection, &kuzzlite.ListOptions{})
	if err != nil {
		return 0, err
	}
	_, err = in(tx, collection).MDelete(ctx, ids)
	return len(ids), err
}

// idsOf lists the ids of a collection.
func idsOf(ctx context.Context, tx *kuzzlite.Tx, collection string, o *kuzzlite.ListOptions) (ids []string, err error) {
	o.KeysOnly = true
	for doc, err := range in(tx, collection).All(ctx, o) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, doc.ID)
	}
	return ids, nil
}
