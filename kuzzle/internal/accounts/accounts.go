// Package accounts has the users of a server, what they may do, and how they prove who they are: users, profiles,
// roles, credentials, tokens and API keys. All of it lies in the private index of the store, so that a restart keeps
// it.
//
// Who asks for the rights of a user gets those of the last change that has been answered, whoever made the change.
package accounts

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// Options configures Accounts. Fields without a default must be set.
type Options struct {
	Clock kuzzlite.Clock
	NewID func() string // makes ids of users and API keys

	// Secret signs tokens. Default: a random one, which is kept in the store.
	Secret []byte

	// Cost is what it costs to check a password. Default: DefaultCost.
	Cost Cost

	// TokenLifetime is how long tokens are valid that do not say; MaxTokenLifetime, how long they can be, and
	// MaxKeyLifetime, how long the API keys that users make for themselves. Default: an hour, and for ever.
	TokenLifetime, MaxTokenLifetime, MaxKeyLifetime time.Duration

	// Fetch is how many users, profiles, roles and API keys a search may return.
	Fetch int

	// Actions returns the actions of a controller, or ok false where there is no such controller: roles name them.
	Actions func(controller string) (actions []string, ok bool)

	// Ended is told of connections whose token has ended: by itself, or because somebody ended it. Default: nobody is.
	Ended func(c api.Connection, expired bool)
}

// Accounts are the users of a server, with their rights. Any number of goroutines may use them.
type Accounts struct {
	store   *storage.Store
	opts    Options
	secret  []byte
	hashing chan struct{} // holds one element for each password that is being hashed
	logins  chan struct{} // holds one element for each login whose password is being checked, or waits for that
	rights  rightsCache
	signed  signatures
	links   links
	scrolls scrolls
}

// The collections of the private index.
const (
	users       = "users"
	profiles    = "profiles"
	roles       = "roles"
	credentials = "credentials" // of strategy local, by kuid
	usernames   = "usernames"   // whose they are
	tokens      = "tokens"      // by what tokenKey makes of them
	apiKeys     = "api-keys"
	state       = "accounts" // the documents stateEpoch and stateSecret
)

// The documents of the collection state.
const (
	stateEpoch  = "epoch" // another text after each change of rights
	stateSecret = "secret"
)

// New returns the accounts of a store. Those of a store that has none yet are as Kuzzle's are at first: everybody may
// do everything.
func New(ctx context.Context, store *storage.Store, o Options) (*Accounts, error) {
	if o.Cost == (Cost{}) {
		o.Cost = DefaultCost
	}
	if o.TokenLifetime == 0 {
		o.TokenLifetime = time.Hour
	}
	if o.Ended == nil {
		o.Ended = func(api.Connection, bool) {}
	}
	a := &Accounts{
		store: store, opts: o, hashing: make(chan struct{}, hashesAtOnce),
		logins: make(chan struct{}, hashesAtOnce+mostWaiting),
	}
	a.links.clock, a.links.ended = o.Clock, o.Ended
	err := store.CreatePrivate(ctx, users, profiles, roles, credentials, usernames, tokens, apiKeys, state)
	if err == nil {
		err = a.prepare(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("prepare the accounts: %w", err)
	}
	return a, nil
}

// prepare writes what a new store lacks, and reads the secret.
func (a *Accounts) prepare(ctx context.Context) error {
	return a.store.UpdatePrivate(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		ok, err := in(tx, state).Exists(ctx, stateEpoch)
		if err == nil && !ok {
			err = a.install(ctx, tx, openRights)
		}
		if err == nil {
			err = a.readSecret(ctx, tx)
		}
		return err
	})
}

// readSecret takes the secret of the options, or that of the store, which it makes if there is none.
func (a *Accounts) readSecret(ctx context.Context, tx *kuzzlite.Tx) error {
	if a.opts.Secret != nil {
		a.secret = a.opts.Secret
		return nil
	}
	var kept struct{ Secret string }
	doc, err := in(tx, state).Get(ctx, stateSecret)
	switch {
	case err == nil:
		err = doc.Decode(&kept)
	case errors.Is(err, kuzzlite.ErrNotFound):
		kept.Secret = randomHex(32)
		_, err = in(tx, state).Create(ctx, stateSecret, map[string]string{"secret": kept.Secret})
	}
	if err == nil {
		a.secret, err = hex.DecodeString(kept.Secret)
	}
	return err
}

// randomHex returns n random bytes in hexadecimal.
func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // which never fails
	return hex.EncodeToString(b)
}

// in returns a collection of the private index.
func in(tx *kuzzlite.Tx, name string) *kuzzlite.Collection {
	return tx.Collection(storage.PrivateIndex, name)
}

// view reads one state of the accounts.
func (a *Accounts) view(ctx context.Context, fn func(context.Context, *kuzzlite.Tx) error) error {
	return privateError(a.store.ViewPrivate(ctx, fn))
}

// update changes what no rights depend on.
func (a *Accounts) update(ctx context.Context, fn func(context.Context, *kuzzlite.Tx) error) error {
	return privateError(a.store.UpdatePrivate(ctx, fn))
}

// change changes users, profiles and roles: in the same transaction the epoch, by which everybody notices.
func (a *Accounts) change(ctx context.Context, fn func(context.Context, *kuzzlite.Tx) error) error {
	return a.update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		return newEpoch(ctx, tx)
	})
}

// newEpoch begins an epoch of rights. Its name is random, so that a store which is set back to an earlier state cannot
// come to the same name with other rights.
func newEpoch(ctx context.Context, tx *kuzzlite.Tx) error {
	_, err := in(tx, state).CreateOrReplace(ctx, stateEpoch, map[string]string{"epoch": randomHex(16)})
	return err
}

// privateError returns the error of a call of the store on a collection of the private index.
func privateError(err error) error { return storage.Error(err, storage.PrivateIndex, "") }

// source returns a document of the private index, nil if there is none.
func source(ctx context.Context, tx *kuzzlite.Tx, collection, id string) (json.RawMessage, error) {
	doc, err := in(tx, collection).Get(ctx, id)
	if errors.Is(err, kuzzlite.ErrNotFound) || errors.Is(err, kuzzlite.ErrInvalid) { // an id that no document can have
		return nil, nil
	}
	return doc.Source, err
}

// put writes a document of the private index, new or not.
func put(ctx context.Context, tx *kuzzlite.Tx, collection, id string, text any) error {
	_, err := in(tx, collection).CreateOrReplace(ctx, id, text)
	return err
}

// now is the time in milliseconds.
func (a *Accounts) now() int64 { return a.opts.Clock.Now().UnixMilli() }
