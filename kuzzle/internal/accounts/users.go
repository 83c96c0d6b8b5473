package accounts

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
	"github.com/kuzzlite/kuzzlite/query"
)

// Who has not said who they are is the user api.Anonymous, which is not stored. Kuzzle knows it by a name too.
const (
	anonymousName    = "anonymous"
	anonymousProfile = "anonymous"
	adminProfile     = "admin"
)

// anonymousUser is that user as clients see it.
var anonymousUser = Entry{api.Anonymous, json.RawMessage(`{"profileIds":["anonymous"],"name":"Anonymous"}`)}

func isAnonymous(id string) bool { return id == api.Anonymous || id == anonymousName }

// shownUser is a user as all but searches show it: who wrote the user is left out if that is not known.
func shownUser(id string, text json.RawMessage) Entry {
	o := readObject(text)
	info := readObject(o.get(metadata))
	if string(info.get("author")) == "null" {
		info.remove("author")
	}
	o.set(metadata, info.json())
	return Entry{id, o.json()}
}

// GetUser returns a user.
func (a *Accounts) GetUser(ctx context.Context, id string) (e Entry, err error) {
	if isAnonymous(id) {
		return anonymousUser, nil
	}
	err = a.view(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		text, err := mustUser(ctx, tx, id)
		e = shownUser(id, text)
		return err
	})
	return e, err
}

// mustUser returns a stored user, or the error that there is none.
func mustUser(ctx context.Context, tx *kuzzlite.Tx, id string) (json.RawMessage, error) {
	text, err := source(ctx, tx, users, id)
	if err == nil && text == nil {
		err = apierror.New("security.user.not_found", id)
	}
	return text, err
}

// MGetUsers returns those of some users that exist.
func (a *Accounts) MGetUsers(ctx context.Context, ids []string) ([]Entry, error) {
	list := []Entry{}
	for _, id := range ids {
		e, err := a.GetUser(ctx, id)
		if one := (*apierror.Error)(nil); errors.As(err, &one) && one.Status == 404 || isAnonymous(id) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// AdminExists says whether a user has the profile of administrators.
func (a *Accounts) AdminExists(ctx context.Context) (exists bool, err error) {
	err = a.view(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		exists, err = adminExists(ctx, tx)
		return err
	})
	return exists, err
}

func adminExists(ctx context.Context, tx *kuzzlite.Tx) (bool, error) {
	n, err := in(tx, users).Count(ctx, query.Eq(profileIDs, adminProfile))
	return n > 0, err
}

// NewUser is a user to be created.
type NewUser struct {
	ID          string // "": one is made up
	UUID        bool   // the ID that is made up is no name but a UUID
	Profiles    json.RawMessage
	Content     json.RawMessage // an object
	Credentials json.RawMessage // an object of strategies and their credentials

	FirstAdmin bool // there must be no administrator yet
	Restrict   bool // everybody else gets restricted rights in the same transaction
}

// CreateUser creates a user with credentials, all of it or nothing.
func (a *Accounts) CreateUser(ctx context.Context, n *NewUser) (Entry, error) {
	u, err := newCreation(n)
	if err != nil {
		return Entry{}, err
	}
	if err := a.view(ctx, u.check); err != nil { // before the password is hashed, which costs
		return Entry{}, err
	}
	if err := a.hashFor(ctx, u); err != nil {
		return Entry{}, err
	}
	err = a.change(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error { return a.create(ctx, tx, u) })
	return shownUser(u.id, u.text), err
}

func newCreation(n *NewUser) (*creation, error) {
	login, err := readLogin(n.Credentials)
	return &creation{NewUser: n, login: login}, err
}

// hashFor hashes the password of a user to be created, if there is one.
func (a *Accounts) hashFor(ctx context.Context, u *creation) (err error) {
	if u.login != nil {
		u.hash, err = a.hash(ctx, u.login.password)
	}
	return err
}

// creation is the creation of a user under way.
type creation struct {
	*NewUser
	login *login // nil: none
	hash  string // of the password
	id    string
	text  json.RawMessage
}

// check returns what is wrong with a creation, in the order in which Kuzzle notices.
func (u *creation) check(ctx context.Context, tx *kuzzlite.Tx) error {
	if u.FirstAdmin {
		if exists, err := adminExists(ctx, tx); err != nil || exists {
			return firstOf(err, apierror.New("api.process.admin_exists"))
		}
	}
	if err := checkProfileIDs(ctx, tx, u.Profiles, "body.content.profileIds"); err != nil {
		return err
	}
	if u.ID != "" {
		text, err := source(ctx, tx, users, u.ID)
		if err != nil {
			return err
		}
		if text != nil || isAnonymous(u.ID) {
			return apierror.New("security.user.already_exists", u.ID)
		}
	}
	if u.login == nil {
		return nil
	}
	return u.login.checkNew(ctx, tx, u.ID)
}

// create writes a user.
func (a *Accounts) create(ctx context.Context, tx *kuzzlite.Tx, u *creation) (err error) {
	if err := u.check(ctx, tx); err != nil {
		return err
	}
	if u.id = u.ID; u.id == "" {
		if u.id, err = a.freeUserID(ctx, tx, u.UUID); err != nil {
			return err
		}
	}
	o := object{{profileIDs, u.Profiles}}
	content := readObject(u.Content)
	content.remove(profileIDs, "_id")
	o.merge(content)
	o.stamp(information{CreatedAt: a.now()})
	u.text = o.json()
	if err := put(ctx, tx, users, u.id, u.text); err != nil {
		return err
	}
	if u.login != nil {
		if err := putLogin(ctx, tx, u.id, u.login.username, u.hash); err != nil {
			return err
		}
	}
	if u.Restrict {
		return a.install(ctx, tx, restrictedRights)
	}
	return nil
}

// checkProfileIDs checks the profiles of a user, which must exist.
func checkProfileIDs(ctx context.Context, tx *kuzzlite.Tx, list json.RawMessage, argument string) error {
	ids, ok := texts(list)
	if !ok {
		return apierror.New("api.assert.invalid_type", profileIDs, "string[]")
	}
	if len(ids) == 0 {
		return apierror.New("api.assert.empty_argument", argument)
	}
	for _, id := range ids {
		text, err := source(ctx, tx, profiles, id)
		if err != nil {
			return err
		}
		if text == nil {
			return apierror.New("security.profile.not_found", id)
		}
	}
	return nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// UpdateUser merges content into a user, member by member. Without profiles the user keeps those that are there.
func (a *Accounts) UpdateUser(ctx context.Context, id string, profiles, content json.RawMessage, by string) (
	Entry, error) {
	return a.writeUser(ctx, id, profiles, "body.profileIds", func(old object) object {
		info := informationOf(old)
		was := old.get(profileIDs)
		old.merge(readObject(content))
		old.set(profileIDs, was)
		old.stamp(info.updated(a.now(), by))
		return old
	})
}

// ReplaceUser replaces what is known of a user.
func (a *Accounts) ReplaceUser(ctx context.Context, id string, profiles, content json.RawMessage, by string) (
	Entry, error) {
	return a.writeUser(ctx, id, profiles, "body.profileIds", func(object) object {
		o := object{{profileIDs, profiles}}
		o.merge(readObject(content))
		o.stamp(information{Author: &by, CreatedAt: a.now()})
		return o
	})
}

// writeUser makes another user of one that exists. Nil profiles: they stay.
func (a *Accounts) writeUser(ctx context.Context, id string, profiles json.RawMessage, argument string,
	fn func(object) object) (e Entry, err error) {
	err = a.change(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		text, err := mustUser(ctx, tx, id)
		if err != nil {
			return err
		}
		if profiles != nil {
			if err := checkProfileIDs(ctx, tx, profiles, argument); err != nil {
				return err
			}
		}
		o := fn(readObject(text))
		o.remove("_id")
		if profiles != nil {
			o.set(profileIDs, profiles)
		}
		e = shownUser(id, o.json())
		return put(ctx, tx, users, id, o.json())
	})
	return e, err
}

// DeleteUser deletes a user with credentials, tokens and API keys.
func (a *Accounts) DeleteUser(ctx context.Context, id string) error {
	var ended []string
	err := a.change(ctx, func(ctx context.Context, tx *kuzzlite.Tx) (err error) {
		if _, err = mustUser(ctx, tx, id); err == nil {
			ended, err = deleteUser(ctx, tx, id)
		}
		return err
	})
	if err == nil {
		a.links.end(ended)
	}
	return err
}

// deleteUser returns the keys of the tokens that it has deleted.
func deleteUser(ctx context.Context, tx *kuzzlite.Tx, id string) (ended []string, err error) {
	if err := deleteLogin(ctx, tx, id); err != nil {
		return nil, err
	}
	if ended, err = deleteTokens(ctx, tx, id, true); err != nil {
		return nil, err
	}
	if err := deleteMatching(ctx, tx, apiKeys, query.Eq("userId", id)); err != nil {
		return nil, err
	}
	_, err = in(tx, users).Delete(ctx, id)
	return ended, err
}

// deleteMatching deletes the documents of a collection that match a query.
func deleteMatching(ctx context.Context, tx *kuzzlite.Tx, collection string, q *query.Query) error {
	var ids []string
	for doc, err := range in(tx, collection).Find(ctx, q, &kuzzlite.FindOptions{KeysOnly: true, MaxScan: -1}) {
		if err != nil {
			return err
		}
		ids = append(ids, doc.ID)
	}
	_, err := in(tx, collection).MDelete(ctx, ids)
	return err
}

// stringOf returns a JSON string's text; "" for anything else.
func stringOf(value json.RawMessage) string {
	if !isString(value) {
		return ""
	}
	text, _ := rawjson.Unquote(value)
	return text
}

// notFound is the error of a document of the private index that is not there, as the actions on it have it.
func notFound(id, collection string) error {
	return storage.NotFound(id, storage.PrivateIndex, collection)
}
