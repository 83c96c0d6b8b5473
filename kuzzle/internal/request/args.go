package request

import (
	"encoding/json"
	"math"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/javascript"
)

// How arguments are read, and what is wrong with those that cannot be: as the controllers of Kuzzle do it.

// Args reads the arguments of a request one after the other, in the order in which Kuzzle checks them. The error of the
// first that cannot be read stays in Err; what is read after that means nothing.
type Args struct {
	*Request
	Err error
}

// Args returns what reads the arguments of the request.
func (r *Request) Args() *Args { return &Args{Request: r} }

// Check takes in the error of a check that comes between the arguments, nil if there is none.
func (a *Args) Check(err error) {
	if a.Err == nil {
		a.Err = err
	}
}

func (a *Args) missing(name string) { a.Check(apierror.New("api.assert.missing_argument", name)) }

func (a *Args) wrongType(name, want string) {
	a.Check(apierror.New("api.assert.invalid_type", name, want))
}

// Bool reads a flag. Over HTTP a flag is set if it is there, whatever its value.
func (a *Args) Bool(name string) bool {
	value, ok := a.Arg(name)
	if a.Protocol == HTTP {
		return ok
	}
	switch string(value) {
	case "", "null", "false":
	case "true":
		return true
	default:
		a.wrongType(name, "boolean")
	}
	return false
}

// String reads a text that must be there.
func (a *Args) String(name string) string {
	if _, ok := a.Arg(name); !ok {
		a.missing(name)
	}
	return a.StringOr(name, "")
}

// StringOr reads a text, and returns otherwise if there is none.
func (a *Args) StringOr(name, otherwise string) string {
	value, ok := a.Arg(name)
	switch {
	case !ok:
		return otherwise
	case value[0] != '"':
		a.wrongType(name, "string")
	}
	return Text(value)
}

// IntegerOr reads a whole number, and returns otherwise if there is none. What is beyond int counts as its bound.
func (a *Args) IntegerOr(name string, otherwise int) int {
	return int(max(math.MinInt, min(math.MaxInt, a.Int64Or(name, int64(otherwise)))))
}

// Int64Or is IntegerOr for larger numbers, as times are.
func (a *Args) Int64Or(name string, otherwise int64) int64 {
	value, ok := a.Arg(name)
	if !ok {
		return otherwise
	}
	n, ok := integer(Text(value))
	if !ok {
		a.wrongType(name, "integer")
	}
	return n
}

// Array reads a list that must be there. Over HTTP it may be JSON in a text.
func (a *Args) Array(name string) json.RawMessage {
	value, ok := a.Arg(name)
	if !ok {
		a.missing(name)
		return nil
	}
	return a.structure(name, value, List)
}

// ObjectOr reads an object, and returns otherwise if there is none. Over HTTP it may be JSON in a text.
func (a *Args) ObjectOr(name string, otherwise json.RawMessage) json.RawMessage {
	value, ok := a.Arg(name)
	if !ok {
		return otherwise
	}
	return a.structure(name, value, Object)
}

func (a *Args) structure(name string, value json.RawMessage, kind Kind) json.RawMessage {
	if a.Protocol == HTTP && value[0] == '"' {
		if parsed, err := javascript.Normalize([]byte(Text(value))); err == nil {
			value = parsed
		}
	}
	if value[0] != byte(kind) {
		a.wrongType(name, kind.String())
	}
	return value
}

// DocumentID reads the id of a document, which must be there.
func (a *Args) DocumentID() string {
	if value, _ := a.Arg("_id"); Falsy(value) {
		a.missing("_id")
	}
	return a.OptionalID()
}

// OptionalID reads the id of a document; "" if there is none.
func (a *Args) OptionalID() string {
	if value, _ := a.Arg("_id"); Falsy(value) {
		return ""
	}
	return a.StringOr("_id", "")
}

// Index reads the name of an index, which must be there. What is no string counts as it is printed.
func (a *Args) Index() string { return a.name("index") }

// Collection reads the names of an index and a collection, which must be there.
func (a *Args) Collection() (index, collection string) {
	index = a.name("index")
	return index, a.name("collection")
}

func (a *Args) name(arg string) string {
	value, _ := a.Arg(arg)
	if Falsy(value) {
		a.missing(arg)
	}
	return Text(value)
}
