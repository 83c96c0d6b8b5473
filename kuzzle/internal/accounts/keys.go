package accounts

import (
	"context"
	"encoding/json"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
)

// NewKey is an API key to be made.
type NewKey struct {
	ID          string // "": one is made up
	UserID      string
	By          string // who makes it
	Description string
	Lifetime    json.RawMessage // as Lifetime reads it
}

// CreateKey makes an API key, and returns it with the token, which nobody gets to see again. Of those that users make
// for themselves the options say how long they are valid at most.
func (a *Accounts) CreateKey(ctx context.Context, n NewKey, bounded bool) (Entry, error) {
	most := a.opts.MaxKeyLifetime
	if !bounded {
		most = 0
	}
	lifetime, err := a.lifetime(n.Lifetime, most)
	if err != nil {
		return Entry{}, err
	}
	t, err := a.makeToken(keyPrefix, n.UserID, lifetime)
	if err != nil {
		return Entry{}, err
	}
	if n.ID == "" {
		n.ID = a.opts.NewID()
	}
	o := object{
		{"description", api.Marshal(n.Description)}, {"expiresAt", api.Marshal(t.ExpiresAt)},
		{"fingerprint", api.Marshal(hexSum(t.Text))}, {"ttl", api.Marshal(t.TTL)}, {"userId", api.Marshal(n.UserID)},
	}
	o.stamp(information{Author: &n.By, CreatedAt: a.now()})
	err = a.update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		if text, err := source(ctx, tx, apiKeys, n.ID); err != nil || text != nil {
			return firstOf(err, apierror.New("services.storage.document_already_exists"))
		}
		if err := putToken(ctx, tx, t, n.ID); err != nil {
			return err
		}
		stored := append(object{}, o...)
		stored.set("tokenKey", api.Marshal(t.key))
		return put(ctx, tx, apiKeys, n.ID, stored.json())
	})
	o.set("token", api.Marshal(t.Text))
	return Entry{n.ID, o.json()}, err
}

// shownKey is an API key as searches show it.
func shownKey(id string, text json.RawMessage) Entry {
	o := readObject(text)
	o.remove("tokenKey", metadata)
	return Entry{id, o.json()}
}

// DeleteKey deletes an API key of a user. That somebody else has a key of that id is not told.
func (a *Accounts) DeleteKey(ctx context.Context, userID, id string) error {
	var ended string
	err := a.update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		text, err := source(ctx, tx, apiKeys, id)
		if err != nil {
			return err
		}
		o := readObject(text)
		if text == nil || stringOf(o.get("userId")) != userID {
			return notFound(id, apiKeys)
		}
		ended = stringOf(o.get("tokenKey"))
		if _, err := in(tx, tokens).Delete(ctx, ended); err != nil && !isNotFound(err) {
			return err
		}
		_, err = in(tx, apiKeys).Delete(ctx, id)
		return err
	})
	if err == nil {
		a.links.end([]string{ended})
	}
	return err
}
