package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
)

// Token is a token that has been found valid.
type Token struct {
	Text      string
	UserID    string
	ExpiresAt int64 // in ms since 1970; -1: never
	TTL       int64 // how long it was to be valid from the start, in ms; -1: for ever
	SingleUse bool  // it is valid no more

	key string
}

// storedToken is what is stored of a token. The token itself is not.
type storedToken struct {
	UserID    string `json:"userId"`
	ExpiresAt int64  `json:"expiresAt"`
	TTL       int64  `json:"ttl"`
	SingleUse bool   `json:"singleUse,omitempty"`
	Refreshed bool   `json:"refreshed,omitempty"` // there is another one in its place
	Key       string `json:"apiKey,omitempty"`    // id of the API key that it is
}

// tokenKey is the id of a token in the store, by which no token can be made. The tokens of a user stand together.
func tokenKey(userID, text string) string { return userTokens(userID) + hexSum(text) }

// userTokens is how the ids of the tokens of a user begin.
func userTokens(userID string) string { return hexSum(userID)[:32] + "-" }

func hexSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func invalidToken() error { return apierror.New("security.token.invalid") }

// Verify returns the token of a text. Forged, expired, revoked and used up are all the same to who asks. One for a
// single use is used up by that.
func (a *Accounts) Verify(ctx context.Context, text string) (*Token, error) {
	id, ok := a.signedBy(text)
	if !ok {
		return nil, invalidToken()
	}
	key := tokenKey(id, text)
	s, err := a.validToken(ctx, key)
	if err != nil {
		return nil, err
	}
	if s.SingleUse {
		if err := a.useUp(ctx, key); err != nil {
			return nil, err
		}
	}
	return &Token{Text: text, UserID: s.UserID, ExpiresAt: s.ExpiresAt, TTL: s.TTL, SingleUse: s.SingleUse, key: key}, nil
}

// useUp ends a token that is used for the first time. Of several that use it at once all but one get an error.
func (a *Accounts) useUp(ctx context.Context, key string) error {
	_, err := a.store.Private(tokens).Delete(ctx, key)
	if isNotFound(err) {
		return invalidToken()
	}
	return privateError(err)
}

// validToken returns a stored token that has not expired.
func (a *Accounts) validToken(ctx context.Context, key string) (s storedToken, err error) {
	doc, err := a.store.Private(tokens).Get(ctx, key)
	if isNotFound(err) {
		return s, invalidToken()
	}
	if err == nil {
		err = json.Unmarshal(doc.Source, &s)
	}
	if err != nil {
		return s, privateError(err)
	}
	if s.ExpiresAt != forEver && s.ExpiresAt <= a.now() {
		return s, invalidToken()
	}
	return s, nil
}

// HasEnded says whether a token that was valid is so no more.
func (a *Accounts) HasEnded(ctx context.Context, text string) bool {
	id, ok := a.signedBy(text)
	if !ok {
		return true
	}
	_, err := a.validToken(ctx, tokenKey(id, text))
	return err != nil
}

// TokenOptions say what token to make.
type TokenOptions struct {
	Lifetime  json.RawMessage // as Lifetime reads it; nil: that of the options
	SingleUse bool
}

// NewToken makes a token for a user, who must exist.
func (a *Accounts) NewToken(ctx context.Context, userID string, o TokenOptions) (t *Token, err error) {
	lifetime, err := a.lifetime(o.Lifetime, a.opts.MaxTokenLifetime)
	if err != nil {
		return nil, err
	}
	if t, err = a.makeToken(tokenPrefix, userID, lifetime); err != nil {
		return nil, err
	}
	t.SingleUse = o.SingleUse
	err = a.update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error { return putToken(ctx, tx, t, "") })
	return t, err
}

// lifetime reads a lifetime, of which there may be a longest one.
func (a *Accounts) lifetime(value json.RawMessage, most time.Duration) (lifetime int64, err error) {
	if lifetime = a.opts.TokenLifetime.Milliseconds(); value != nil {
		if lifetime, err = Lifetime(value); err != nil {
			return 0, err
		}
	}
	if most > 0 && (lifetime == forEver || lifetime > most.Milliseconds()) {
		return 0, apierror.New("security.token.ttl_exceeded")
	}
	return lifetime, nil
}

// makeToken makes a token that is not stored yet.
func (a *Accounts) makeToken(prefix, userID string, lifetime int64) (*Token, error) {
	text, err := a.sign(prefix, userID, lifetime)
	if err != nil {
		return nil, err
	}
	t := &Token{Text: text, UserID: userID, TTL: lifetime, ExpiresAt: forEver, key: tokenKey(userID, text)}
	if lifetime != forEver {
		t.ExpiresAt = a.now() + lifetime
	}
	return t, nil
}

// forgetLate is how long a token stays in the store once it has expired: whether it has is up to the clock of the
// server, and the store may have another one.
const forgetLate = time.Minute

// putToken stores a token, for as long as it is valid. key is the id of the API key that it is.
func putToken(ctx context.Context, tx *kuzzlite.Tx, t *Token, key string) error {
	if !isAnonymous(t.UserID) {
		if _, err := mustUser(ctx, tx, t.UserID); err != nil {
			return err
		}
	}
	return storeToken(ctx, tx, t.key, storedToken{
		UserID: t.UserID, ExpiresAt: t.ExpiresAt, TTL: t.TTL, SingleUse: t.SingleUse, Key: key,
	}, t.TTL)
}

func storeToken(ctx context.Context, tx *kuzzlite.Tx, key string, s storedToken, lifetime int64) error {
	o := &kuzzlite.WriteOptions{}
	if lifetime != forEver {
		o.ExpireAfter = time.Duration(lifetime)*time.Millisecond + forgetLate
	}
	_, err := in(tx, tokens).CreateOrReplace(ctx, key, s, o)
	return err
}

// refreshGrace is how long a token is valid, in ms, once there is another one in its place.
const refreshGrace = 1000

// Refresh makes a token in the place of another one. The connections that have used that go on with the new one.
func (a *Accounts) Refresh(ctx context.Context, text string, lifetime json.RawMessage) (*Token, error) {
	id, _ := a.signedBy(text)
	key := tokenKey(id, text)
	ttl, err := a.lifetime(lifetime, a.opts.MaxTokenLifetime)
	if err != nil {
		return nil, err
	}
	t, err := a.makeToken(tokenPrefix, id, ttl)
	if err != nil {
		return nil, err
	}
	err = a.update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		old, err := refreshable(ctx, tx, key, a.now())
		if err != nil {
			return err
		}
		old.Refreshed, old.ExpiresAt = true, min(old.ExpiresAt, a.now()+refreshGrace)
		if err := storeToken(ctx, tx, key, old, refreshGrace); err != nil {
			return err
		}
		return putToken(ctx, tx, t, "")
	})
	if err != nil {
		return nil, err
	}
	a.links.move(key, t)
	return t, nil
}

// refreshable returns a stored token that may be refreshed, or why not.
func refreshable(ctx context.Context, tx *kuzzlite.Tx, key string, now int64) (s storedToken, err error) {
	text, err := source(ctx, tx, tokens, key)
	if err != nil {
		return s, err
	}
	if text == nil {
		return s, invalidToken()
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, err
	}
	switch {
	case s.Refreshed, s.ExpiresAt != forEver && s.ExpiresAt <= now:
		return s, invalidToken()
	case s.Key != "":
		return s, apierror.New("security.token.refresh_forbidden", "API Key")
	case s.TTL == forEver:
		return s, apierror.New("security.token.refresh_forbidden", "Token with infinite TTL")
	}
	return s, nil
}

// Logout ends a token. API keys are not ended that way.
func (a *Accounts) Logout(ctx context.Context, text string) error {
	if strings.HasPrefix(text, keyPrefix) {
		return nil
	}
	id, _ := a.signedBy(text)
	key := tokenKey(id, text)
	if _, err := a.store.Private(tokens).Delete(ctx, key); err != nil && !isNotFound(err) {
		return privateError(err)
	}
	a.links.end([]string{key})
	return nil
}

// RevokeTokens ends all tokens of a user but API keys.
func (a *Accounts) RevokeTokens(ctx context.Context, userID string) error {
	var ended []string
	err := a.update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) (err error) {
		ended, err = deleteTokens(ctx, tx, userID, false)
		return err
	})
	if err == nil {
		a.links.end(ended)
	}
	return err
}

// deleteTokens deletes the tokens of a user, with those of API keys or without, and returns their keys.
func deleteTokens(ctx context.Context, tx *kuzzlite.Tx, userID string, apiKeysToo bool) (keys []string, err error) {
	for doc, err := range in(tx, tokens).All(ctx, &kuzzlite.ListOptions{Prefix: userTokens(userID)}) {
		if err != nil {
			return nil, err
		}
		var s storedToken
		if err := json.Unmarshal(doc.Source, &s); err != nil {
			return nil, err
		}
		if s.UserID == userID && (apiKeysToo || s.Key == "") {
			keys = append(keys, doc.ID)
		}
	}
	_, err = in(tx, tokens).MDelete(ctx, keys)
	return keys, err
}
