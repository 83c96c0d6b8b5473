package accounts

import (
	"context"
	"encoding/json"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
)

// Roles, profiles and users are loaded together, all of them or none.

// LoadSecurities writes the roles, profiles and users of {"roles", "profiles", "users"}, each an object by ids, whose
// values are the bodies of createOrReplaceRole, createOrReplaceProfile and createUser. What becomes of a user who is
// there says onExistingUsers: fail, which is also meant by "", skip or overwrite. With force roles may name controllers
// that do not exist.
func (a *Accounts) LoadSecurities(c *api.Call, body json.RawMessage, onExistingUsers string, force bool) error {
	l := &loading{Accounts: a, by: c.User.ID, force: force, existing: onExistingUsers}
	if err := l.read(body); err != nil {
		return err
	}
	if err := a.view(c.Context, l.skip); err != nil {
		return err
	}
	for _, u := range l.users {
		if err := a.hashFor(c.Context, u); err != nil {
			return err
		}
	}
	err := a.change(c.Context, l.write)
	if err == nil {
		a.links.end(l.ended)
	}
	return err
}

// loading is what is loaded.
type loading struct {
	*Accounts
	by       string
	force    bool
	existing string

	roles    object // whose values are as they will be stored
	profiles object
	users    []*creation
	ended    []string // keys of tokens of users who are overwritten
}

// read reads what is to be loaded.
func (l *loading) read(body json.RawMessage) (err error) {
	switch l.existing {
	case "", "fail", "skip", "overwrite":
	default:
		return apierror.New("api.assert.unexpected_argument", "onExistingUsers",
			json.RawMessage(`["skip","overwrite","fail"]`))
	}
	all := readObject(body)
	if l.roles, err = objectsOf(all, roles); err != nil {
		return err
	}
	if l.profiles, err = objectsOf(all, profiles); err != nil {
		return err
	}
	list, err := objectsOf(all, users)
	for _, m := range list {
		if err == nil {
			err = l.readUser(m.name, readObject(m.value))
		}
	}
	return err
}

// objectsOf returns an object of objects, which may be missing.
func objectsOf(all object, name string) (object, error) {
	value := all.get(name)
	if isNil(value) {
		return nil, nil
	}
	if !isObject(value) {
		return nil, apierror.New("api.assert.invalid_type", "body."+name, "object")
	}
	list := readObject(value)
	for _, m := range list {
		if m.name == "" {
			return nil, apierror.New("api.assert.missing_argument", "_id")
		}
		if !isObject(m.value) {
			return nil, apierror.New("api.assert.invalid_type", "body."+name+"."+m.name, "object")
		}
	}
	return list, nil
}

// readUser reads a user to be loaded.
func (l *loading) readUser(id string, body object) error {
	place := "body.users." + id
	content, strategies := body.get("content"), body.get("credentials")
	switch {
	case isNil(content):
		return apierror.New("api.assert.missing_argument", place+".content")
	case !isObject(content):
		return apierror.New("api.assert.invalid_type", place+".content", "object")
	case !isNil(strategies) && !isObject(strategies):
		return apierror.New("api.assert.invalid_type", place+".credentials", "object")
	}
	list := readObject(content).get(profileIDs)
	if isNil(list) {
		return apierror.New("api.assert.missing_argument", place+".content.profileIds")
	}
	u, err := newCreation(&NewUser{ID: id, Profiles: list, Content: content, Credentials: strategies})
	l.users = append(l.users, u)
	return err
}

// skip leaves out the users who are there, or fails because of them, so that no password is hashed for nothing.
func (l *loading) skip(ctx context.Context, tx *kuzzlite.Tx) error {
	var kept []*creation
	for _, u := range l.users {
		text, err := source(ctx, tx, users, u.ID)
		if err != nil {
			return err
		}
		there := text != nil || isAnonymous(u.ID)
		if there && (l.existing == "" || l.existing == "fail") {
			return apierror.New("security.user.prevent_overwrite")
		}
		if !there || l.existing == "overwrite" {
			kept = append(kept, u)
		}
	}
	l.users = kept
	return nil
}

// write writes it all: roles before the profiles that have them, and profiles before the users.
func (l *loading) write(ctx context.Context, tx *kuzzlite.Tx) error {
	if err := l.skip(ctx, tx); err != nil { // again, as somebody may have come in between
		return err
	}
	w := Write{Mode: Replace, By: l.by, Force: l.force}
	for _, m := range l.roles {
		o, err := l.newRole(m.name, m.value, l.force)
		if err == nil {
			_, err = l.Accounts.write(ctx, tx, roles, m.name, o, w)
		}
		if err != nil {
			return err
		}
	}
	for _, m := range l.profiles {
		if _, err := l.writeProfile(ctx, tx, m.name, m.value, w); err != nil {
			return err
		}
	}
	return l.writeUsers(ctx, tx)
}

func (l *loading) writeUsers(ctx context.Context, tx *kuzzlite.Tx) error {
	for _, u := range l.users {
		text, err := source(ctx, tx, users, u.ID)
		if err != nil {
			return err
		}
		if text != nil {
			keys, err := deleteUser(ctx, tx, u.ID)
			if err != nil {
				return err
			}
			l.ended = append(l.ended, keys...)
		}
	}
	for _, u := range l.users {
		if err := l.create(ctx, tx, u); err != nil {
			return err
		}
	}
	return nil
}
