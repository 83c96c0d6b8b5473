package request

import (
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
)

// Arguments that several actions have, with rules of their own.

// Refresh reads the argument refresh of the actions that insist on what it may be. CheckRefresh checks that, later.
func (a *Args) Refresh() string { return a.StringOr("refresh", "false") }

// CheckRefresh returns an error for a refresh that does not exist.
func CheckRefresh(refresh string) error {
	if refresh != "wait_for" && refresh != "false" {
		return apierror.New("services.storage.invalid_argument", "refresh", `"wait_for", false`)
	}
	return nil
}

// WaitsForRefresh reads the argument refresh of the actions that take anything for it.
func (r *Request) WaitsForRefresh() bool {
	value, ok := r.Arg("refresh")
	return ok && string(value) != "null" && string(value) != "false" && string(value) != `"false"`
}

// Source reads the argument source of the actions on many documents, by which documents are in the result unless it is
// the text "false".
func (a *Args) Source() bool {
	value, ok := a.Arg("source")
	if !ok {
		return true
	}
	return string(value) != `"false"` && a.Bool("source")
}

// Koncorde reads the argument lang, and says whether queries are filters of Koncorde.
func (a *Args) Koncorde() bool {
	lang := a.StringOr("lang", "elasticsearch")
	if lang != "elasticsearch" && lang != "koncorde" {
		a.Check(apierror.New("api.assert.invalid_argument", "lang", `"elasticsearch" or "koncorde"`))
	}
	return lang == "koncorde"
}
