package accounts

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// Credentials of the one strategy that there is. A user has at most one username.

// Local is the name of that strategy; Fields are the fields of its credentials.
const Local = "local"

// Fields are the fields of credentials.
var Fields = []string{"username", "password"}

// CheckStrategy returns an error for a strategy that does not exist.
func CheckStrategy(name string) error {
	if name != Local {
		return apierror.New("security.credentials.unknown_strategy", name)
	}
	return nil
}

// login are credentials as a request has them.
type login struct {
	username, password string
	kuid               bool // they name a user, which they must not
}

// readLogin reads the credentials of a user to be created: an object of strategies. Nil: there are none.
func readLogin(strategies json.RawMessage) (l *login, err error) {
	for _, m := range readObject(strategies) {
		if err := CheckStrategy(m.name); err != nil {
			return nil, err
		}
		if l, err = loginOf(m.value, "body.credentials."+Local); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func loginOf(value json.RawMessage, argument string) (*login, error) {
	if !isObject(value) {
		return nil, apierror.New("api.assert.invalid_type", argument, "object")
	}
	o := readObject(value)
	for _, name := range Fields {
		if v := o.get(name); !request.Falsy(v) && !isString(v) {
			return nil, apierror.New("api.assert.invalid_type", argument+"."+name, "string")
		}
	}
	return &login{stringOf(o.get("username")), stringOf(o.get("password")), !request.Falsy(o.get("kuid"))}, nil
}

// checkNew returns what is wrong with credentials of a user who has none.
func (l *login) checkNew(ctx context.Context, tx *kuzzlite.Tx, id string) error {
	if err := l.check(ctx, tx, id); err != nil {
		return err
	}
	switch {
	case l.username == "":
		return apierror.Plain(400, "Username required.")
	case l.password == "":
		return apierror.Plain(400, "Password required.")
	}
	return nil
}

// check returns what is wrong with credentials of a user.
func (l *login) check(ctx context.Context, tx *kuzzlite.Tx, id string) error {
	if l.kuid {
		return apierror.Plain(400, "kuid cannot be specified in credentials.")
	}
	if len(l.username) > mostUsername {
		return apierror.Plain(400, "Username too long: it has %d bytes, and may have %d.", len(l.username), mostUsername)
	}
	if l.username == "" {
		return nil
	}
	owner, err := ownerOf(ctx, tx, l.username)
	if err == nil && owner != "" && owner != id {
		err = apierror.Plain(412, "Login \"%s\" is already used.", l.username)
	}
	return err
}

// mostUsername is how long a username may be, in bytes: as long as an id.
const mostUsername = 512

// storedUsername and storedLogin are what is stored of credentials.
type (
	storedUsername struct {
		Username string `json:"username"`
		Kuid     string `json:"kuid"`
	}
	storedLogin struct {
		Username string `json:"username"`
		Hash     string `json:"hash"`
	}
)

// ownerOf returns the user that has a username, "" if nobody has.
func ownerOf(ctx context.Context, tx *kuzzlite.Tx, username string) (string, error) {
	text, err := source(ctx, tx, usernames, username)
	if err != nil || text == nil {
		return "", err
	}
	var s storedUsername
	err = json.Unmarshal(text, &s)
	return s.Kuid, err
}

// loginOfUser returns the stored credentials of a user, nil if there are none.
func loginOfUser(ctx context.Context, tx *kuzzlite.Tx, id string) (*storedLogin, error) {
	text, err := source(ctx, tx, credentials, id)
	if err != nil || text == nil {
		return nil, err
	}
	s := new(storedLogin)
	return s, json.Unmarshal(text, s)
}

func putLogin(ctx context.Context, tx *kuzzlite.Tx, id, username, hash string) error {
	if err := deleteLogin(ctx, tx, id); err != nil {
		return err
	}
	if err := put(ctx, tx, usernames, username, storedUsername{username, id}); err != nil {
		return err
	}
	return put(ctx, tx, credentials, id, storedLogin{username, hash})
}

// deleteLogin deletes the credentials of a user, if there are any.
func deleteLogin(ctx context.Context, tx *kuzzlite.Tx, id string) error {
	s, err := loginOfUser(ctx, tx, id)
	if err != nil || s == nil {
		return err
	}
	if _, err := in(tx, usernames).Delete(ctx, s.Username); err != nil {
		return err
	}
	_, err = in(tx, credentials).Delete(ctx, id)
	return err
}

// Login returns the user who has a username and a password. It takes as long for a username that nobody has.
func (a *Accounts) Login(ctx context.Context, username, password string) (id string, err error) {
	var stored storedLogin
	err = a.view(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		if id, err = ownerOf(ctx, tx, username); err != nil || id == "" {
			return err
		}
		s, err := loginOfUser(ctx, tx, id)
		if s != nil {
			stored = *s
		}
		return err
	})
	if err != nil {
		return "", err
	}
	ok, err := a.matches(ctx, stored.Hash, password)
	if err == nil && !ok {
		err = WrongLogin("wrong username or password")
	}
	return id, err
}

// WrongLogin is the error of credentials with which nobody can log in.
func WrongLogin(why string) error { return apierror.New("plugin.strategy.missing_user", why) }

// shownLogin are credentials as clients see them.
func shownLogin(username, id string) api.Result {
	return api.Object("username", username, "kuid", id)
}

// HasCredentials says whether a user can log in.
func (a *Accounts) HasCredentials(ctx context.Context, id string) (has bool, err error) {
	err = a.view(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		s, err := loginOfUser(ctx, tx, id)
		has = s != nil
		return err
	})
	return has, err
}

// GetCredentials returns the credentials of a user, without the password.
func (a *Accounts) GetCredentials(ctx context.Context, id string) (r api.Result, err error) {
	err = a.view(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		s, err := mustLogin(ctx, tx, id)
		if err == nil {
			r = shownLogin(s.Username, id)
		}
		return err
	})
	return r, err
}

func mustLogin(ctx context.Context, tx *kuzzlite.Tx, id string) (*storedLogin, error) {
	s, err := loginOfUser(ctx, tx, id)
	if err == nil && s == nil {
		err = apierror.Plain(412, "No credentials found for user \"%s\".", id)
	}
	return s, err
}

// GetCredentialsByName returns the credentials that have a username.
func (a *Accounts) GetCredentialsByName(ctx context.Context, username string) (r api.Result, err error) {
	err = a.view(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		id, err := ownerOf(ctx, tx, username)
		if err == nil && id == "" {
			err = apierror.Plain(412, "No credentials found for username \"%s\".", username)
		}
		r = shownLogin(username, id)
		return err
	})
	return r, err
}

// ValidateCredentials returns what is wrong with credentials that a user would create. A user without an id is one to
// be created.
func (a *Accounts) ValidateCredentials(ctx context.Context, id string, body json.RawMessage) error {
	l, err := loginOf(body, "body")
	if err != nil {
		return err
	}
	return a.view(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error { return l.checkNew(ctx, tx, id) })
}

// CreateCredentials creates the credentials of a user who has none.
func (a *Accounts) CreateCredentials(ctx context.Context, id string, body json.RawMessage) (api.Result, error) {
	return a.writeLogin(ctx, id, body, func(ctx context.Context, tx *kuzzlite.Tx, l *login) (*storedLogin, error) {
		if err := l.checkNew(ctx, tx, id); err != nil {
			return nil, err
		}
		s, err := loginOfUser(ctx, tx, id)
		if err == nil && s != nil {
			err = apierror.Plain(412, "A strategy already exists for user \"%s\".", id)
		}
		return &storedLogin{}, err
	})
}

// UpdateCredentials changes the username of a user, or the password, or both. Tokens stay valid.
func (a *Accounts) UpdateCredentials(ctx context.Context, id string, body json.RawMessage) (api.Result, error) {
	return a.writeLogin(ctx, id, body, func(ctx context.Context, tx *kuzzlite.Tx, l *login) (*storedLogin, error) {
		if err := l.check(ctx, tx, id); err != nil {
			return nil, err
		}
		if l.username == "" && l.password == "" {
			return nil, apierror.Plain(400, "Missing username or password.")
		}
		return mustLogin(ctx, tx, id)
	})
}

// writeLogin writes the credentials of a user, who must exist. check returns those to begin with.
func (a *Accounts) writeLogin(ctx context.Context, id string, body json.RawMessage,
	check func(context.Context, *kuzzlite.Tx, *login) (*storedLogin, error)) (api.Result, error) {
	l, err := loginOf(body, "body")
	if err != nil {
		return nil, err
	}
	var s *storedLogin
	checked := func(ctx context.Context, tx *kuzzlite.Tx) error {
		if _, err := mustUser(ctx, tx, id); err != nil {
			return err
		}
		s, err = check(ctx, tx, l)
		return err
	}
	if err := a.view(ctx, checked); err != nil {
		return nil, err
	}
	hash := ""
	if l.password != "" {
		if hash, err = a.hash(ctx, l.password); err != nil {
			return nil, err
		}
	}
	err = a.update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		if err := checked(ctx, tx); err != nil {
			return err
		}
		if l.username != "" {
			s.Username = l.username
		}
		if hash != "" {
			s.Hash = hash
		}
		return putLogin(ctx, tx, id, s.Username, s.Hash)
	})
	if err != nil {
		return nil, err
	}
	return shownLogin(s.Username, id), nil
}

// DeleteCredentials deletes the credentials of a user.
func (a *Accounts) DeleteCredentials(ctx context.Context, id string) error {
	return a.update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		if _, err := mustLogin(ctx, tx, id); err != nil {
			return err
		}
		return deleteLogin(ctx, tx, id)
	})
}

// isNotFound says whether an error is that of a document that is not there.
func isNotFound(err error) bool { return errors.Is(err, kuzzlite.ErrNotFound) }
