package api

import (
	"net/http"
	"time"
)

// WithCookie is a result of which HTTP sends a part as a cookie.
type WithCookie struct {
	Result
	Cookie *http.Cookie
}

// TokenCookie is the name of the cookie that holds a token.
const TokenCookie = "authToken"

// NewTokenCookie returns the cookie of a token. Scripts do not see it, and browsers do not send it along with requests
// of other sites. A zero time is the end of the browser's session.
func NewTokenCookie(token string, expires time.Time) *http.Cookie {
	return &http.Cookie{
		Name: TokenCookie, Value: token, Path: "/", Expires: expires, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
}
