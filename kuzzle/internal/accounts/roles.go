package accounts

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/query"
)

// Write is how a role or a profile is written.
type Write struct {
	Mode  Mode
	By    string // kuid of who writes
	Force bool   // a role may name controllers that do not exist
	// Strict refuses a profile that is restricted to indexes and collections which do not exist.
	Strict bool
}

// Mode says what becomes of what is there, and what if nothing is.
type Mode uint8

// The modes.
const (
	Create Mode = iota // it is an error if it exists
	Replace
	Update // it is an error if it does not exist
)

// GetRole returns a role.
func (a *Accounts) GetRole(ctx context.Context, id string) (e Entry, err error) {
	err = a.view(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		text, err := mustRole(ctx, tx, id)
		e = Entry{id, text}
		return err
	})
	return e, err
}

func mustRole(ctx context.Context, tx *kuzzlite.Tx, id string) (json.RawMessage, error) {
	text, err := source(ctx, tx, roles, id)
	if err == nil && text == nil {
		err = apierror.New("security.role.not_found", id)
	}
	return text, err
}

// MGetRoles returns roles, all of which must exist.
func (a *Accounts) MGetRoles(ctx context.Context, ids []string) ([]Entry, error) {
	return mGet(ctx, ids, a.GetRole)
}

func mGet(ctx context.Context, ids []string, get func(context.Context, string) (Entry, error)) ([]Entry, error) {
	list := []Entry{}
	for _, id := range ids {
		e, err := get(ctx, id)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// WriteRole creates or changes a role. An update replaces it as a whole.
func (a *Accounts) WriteRole(ctx context.Context, id string, body json.RawMessage, w Write) (e Entry, err error) {
	o, err := a.newRole(id, body, w.Force)
	if err != nil {
		return e, err
	}
	err = a.change(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		e, err = a.write(ctx, tx, roles, id, o, w)
		return err
	})
	return e, err
}

// newRole makes a role of the body of a request.
func (a *Accounts) newRole(id string, body json.RawMessage, force bool) (object, error) {
	o := object{{controllers, json.RawMessage("{}")}}
	o.merge(readObject(body))
	o.remove("_id")
	return o, a.checkRole(id, o, force)
}

// write writes a role or a profile with what is known of it.
func (a *Accounts) write(ctx context.Context, tx *kuzzlite.Tx, collection, id string, o object, w Write) (
	Entry, error) {
	old, err := source(ctx, tx, collection, id)
	if err != nil {
		return Entry{}, err
	}
	now := a.now()
	info := information{CreatedAt: now}
	switch w.Mode {
	case Create:
		if old != nil {
			return Entry{}, apierror.New("services.storage.document_already_exists")
		}
	case Replace:
		info.UpdatedAt = &now
	case Update:
		if old == nil {
			return Entry{}, notFound(id, collection)
		}
		info = informationOf(readObject(old)).updated(now, w.By)
	}
	o.stamp(info)
	text := o.json()
	return Entry{id, text}, put(ctx, tx, collection, id, text)
}

// DeleteRole deletes a role that no profile uses.
func (a *Accounts) DeleteRole(ctx context.Context, id string) error {
	return a.change(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		if _, err := mustRole(ctx, tx, id); err != nil {
			return err
		}
		if slices.Contains(builtIn, id) {
			return apierror.New("security.role.cannot_delete")
		}
		n, err := in(tx, profiles).Count(ctx, query.Eq("policies.roleId", id))
		if err != nil {
			return err
		}
		if n > 0 {
			return apierror.New("security.role.in_use", id)
		}
		_, err = in(tx, roles).Delete(ctx, id)
		return err
	})
}

// checkRole returns what is wrong with a role, in the order in which Kuzzle notices.
func (a *Accounts) checkRole(id string, o object, force bool) error {
	all := o.get(controllers)
	switch {
	case isNil(all):
		return apierror.New("api.assert.missing_argument", id+".controllers")
	case !isObject(all):
		return apierror.New("api.assert.invalid_type", id+".controllers", "object")
	}
	list := readObject(all)
	if len(list) == 0 {
		return apierror.New("api.assert.empty_argument", id+".controllers")
	}
	for _, c := range list {
		if err := checkController(c.name, c.value); err != nil {
			return err
		}
	}
	if id == anonymousProfile && !readRole(o.json()).canLogIn() {
		return apierror.New("security.role.login_required")
	}
	for _, c := range list {
		if err := a.checkNames(id, c.name, readObject(readObject(c.value).get("actions")), force); err != nil {
			return err
		}
	}
	return nil
}

// canLogIn says whether a role allows to log in.
func (r *role) canLogIn() bool {
	for _, controller := range []string{"auth", "*"} {
		for _, action := range []string{"login", "*"} {
			if r.byName[controller][action] {
				return true
			}
		}
	}
	return false
}

// checkController checks what a role says of a controller.
func checkController(name string, value json.RawMessage) error {
	if !isObject(value) {
		return apierror.New("api.assert.invalid_type", name, "object")
	}
	o := readObject(value)
	if len(o) == 0 {
		return apierror.New("api.assert.empty_argument", name)
	}
	actions := o.get("actions")
	switch {
	case actions == nil:
		return apierror.New("api.assert.missing_argument", name)
	case !isObject(actions):
		return apierror.New("api.assert.invalid_type", name+".actions", "object")
	}
	list := readObject(actions)
	if len(list) == 0 {
		return apierror.New("api.assert.empty_argument", name+".actions")
	}
	for _, action := range list {
		if text := string(action.value); text != "true" && text != "false" {
			return apierror.New("api.assert.invalid_type", name+".actions."+action.name, "boolean")
		}
	}
	return nil
}

// checkNames checks that a controller and its actions exist.
func (a *Accounts) checkNames(id, controller string, actions object, force bool) error {
	known, ok := a.opts.Actions(controller)
	if controller == "*" {
		known, ok = nil, true
	}
	if !ok {
		if force {
			return nil
		}
		return apierror.New("security.role.unknown_controller", id, controller, "")
	}
	for _, action := range actions {
		if action.name != "*" && !slices.Contains(known, action.name) {
			return apierror.New("security.role.unknown_action", id, action.name, controller, "")
		}
	}
	return nil
}
