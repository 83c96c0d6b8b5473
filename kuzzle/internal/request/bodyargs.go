package request

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
)

// What is read of the body of a request.

// Kind is a type of JSON, by the byte with which its values begin.
type Kind byte

// The kinds that actions ask for.
const (
	Object Kind = '{'
	List   Kind = '['
	String Kind = '"'
)

// String returns the name that Kuzzle has for the kind.
func (k Kind) String() string {
	switch k {
	case Object:
		return "object"
	case List:
		return "array"
	}
	return "string"
}

// MustBody reads the body, which must be there.
func (a *Args) MustBody() json.RawMessage {
	if a.Body == nil {
		a.Check(apierror.New("api.assert.body_required"))
	}
	return a.Body
}

// BodyField reads a member of the body, which must be there.
func (a *Args) BodyField(name string, kind Kind) json.RawMessage {
	a.MustBody()
	if a.BodyMember(name) == nil {
		a.missing("body." + name)
	}
	return a.BodyFieldOr(name, kind, nil)
}

// BodyFieldOr reads a member of the body, and returns otherwise if there is none, or no body.
func (a *Args) BodyFieldOr(name string, kind Kind, otherwise json.RawMessage) json.RawMessage {
	value := a.BodyMember(name)
	if value == nil {
		return otherwise
	}
	if value[0] != byte(kind) {
		a.wrongType("body."+name, kind.String())
	}
	return value
}
