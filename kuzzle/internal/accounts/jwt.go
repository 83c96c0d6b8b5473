package accounts

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/golang-jwt/jwt/v5"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
)

// Tokens are JSON Web Tokens behind a prefix that says what they are. That a token is signed is not enough: it must
// also stand in the store, which says when it expires.

const (
	tokenPrefix = "kauth-"
	keyPrefix   = "kapikey-"

	longestToken = 4096 // bytes
)

// claims are what a token says.
type claims struct {
	ID      string `json:"_id"` // kuid
	Issued  int64  `json:"iat"` // in seconds since 1970
	Expires int64  `json:"exp,omitempty"`
	Unique  string `json:"jti"` // so that no two tokens are the same
	jwt.RegisteredClaims
}

// MarshalJSON writes nothing but letters and digits that are the same in both alphabets of base64: Kuzzle's SDK for
// JavaScript takes the wrong one to read tokens.
func (c *claims) MarshalJSON() ([]byte, error) {
	out := append([]byte(`{"_id":`), asciiString(c.ID)...)
	out = fmt.Appendf(out, `,"iat":%d`, c.Issued)
	if c.Expires != 0 {
		out = fmt.Appendf(out, `,"exp":%d`, c.Expires)
	}
	return fmt.Appendf(out, `,"jti":"%s"}`, c.Unique), nil
}

// asciiString returns a string as JSON in which everything is escaped that is not plain ASCII.
func asciiString(s string) (out []byte) {
	for _, r := range string(rawjson.AppendString(nil, s)) {
		switch {
		case r > 0xffff:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		case r >= 0x7f, r == '>', r == '?', r == '~':
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			out = append(out, byte(r))
		}
	}
	return out
}

// sign returns the text of a token.
func (a *Accounts) sign(prefix, id string, lifetime int64) (string, error) {
	c := &claims{ID: id, Issued: a.now() / 1000, Unique: randomHex(16)}
	if lifetime != forEver {
		c.Expires = c.Issued + lifetime/1000
	}
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString(a.secret)
	if err != nil {
		return "", apierror.New("security.token.generation_failed", err.Error())
	}
	return prefix + text, nil
}

// tokenParser takes tokens of the one algorithm that is used. When they expire is up to the store, to the millisecond.
var tokenParser = jwt.NewParser(
	jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())

// signedBy returns whose token a text is; ok is false if this server has not signed it.
func (a *Accounts) signedBy(text string) (id string, ok bool) {
	if len(text) > longestToken {
		return "", false
	}
	rest, isToken := strings.CutPrefix(text, tokenPrefix)
	if !isToken {
		if rest, isToken = strings.CutPrefix(text, keyPrefix); !isToken {
			return "", false
		}
	}
	if id, ok = a.signed.get(text); ok {
		return id, true
	}
	var c claims
	_, err := tokenParser.ParseWithClaims(rest, &c, func(*jwt.Token) (any, error) { return a.secret, nil })
	if err != nil || c.ID == "" {
		return "", false
	}
	a.signed.put(text, c.ID)
	return c.ID, true
}

// signatures remembers whose tokens have been signed by this server, which stays true whatever becomes of them: to check
// a signature takes longer than all else that is checked of a request. Nobody can fill it with tokens of their own.
type signatures struct {
	mu  sync.RWMutex // guards ids
	ids map[string]string
}

func (s *signatures) get(text string) (id string, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	id, ok = s.ids[text]
	return id, ok
}

func (s *signatures) put(text, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids == nil || len(s.ids) >= mostCached {
		s.ids = map[string]string{}
	}
	s.ids[text] = id
}

var _ json.Marshaler = (*claims)(nil)
