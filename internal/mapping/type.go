package mapping

import (
	"net/netip"

	"github.com/kuzzlite/kuzzlite/internal/javanumber"
)

// The types of values. Numbers, dates, points and ranges have files of their own: typenumber.go and so on.

// valueType is what the values of a field must be.
type valueType interface {
	// fits says whether a value is one of the type. It is not null, and an array only where an array is one value.
	fits(value []byte) bool
}

// refuser is a type that has another objection than the one that most types share.
type refuser interface {
	refuse(x *examiner, f *field, v spot) *Objection
}

// typeOf returns the type of a name with its parameters, and whether an array is one value of it. A type that is not
// known has any values.
func typeOf(name string, p parameters) (t valueType, whole bool) {
	lenient := p.bool("ignore_malformed", false)
	if i, ok := javanumber.NewInteger(name, p.bool("coerce", true)); ok {
		return ignoring(lenient, &integer{i}), false
	}
	switch name {
	case "double", "float", "half_float", "scaled_float":
		return ignoring(lenient, &float{name: name, coerce: p.bool("coerce", true)}), false
	case "unsigned_long":
		return ignoring(lenient, unsigned{}), false
	case "date", "date_nanos":
		return ignoring(lenient, newDate(name, p)), false
	case "keyword":
		isTerm := p.bool("index", true) || p.bool("doc_values", true)
		return &keyword{limited: isTerm, above: p.number("ignore_above", 1<<31-1)}, false
	case "text":
		return scalar{}, false
	case "boolean":
		return ignoring(lenient, boolean{}), false
	case "ip":
		return ignoring(lenient, address{}), false
	case "geo_point":
		return point{lenient: lenient}, true
	case "flattened":
		return flattened{p.number("depth_limit", 20)}, false
	case "binary":
		return binary{}, false
	case "completion":
		return completion{}, false
	case "alias":
		return alias{}, true
	}
	if r := newRange(name, p); r != nil {
		return r, false
	}
	return anything{}, true
}

// ignoring returns a type that has all scalars if what is malformed is ignored.
func ignoring(lenient bool, t valueType) valueType {
	if lenient {
		return scalar{}
	}
	return t
}

// scalar has all values but objects: text, and types that ignore what is malformed.
type scalar struct{}

func (scalar) fits(v []byte) bool { return !isObject(v) }

// anything has all values, as an object with "enabled": false does.
type anything struct{}

func (anything) fits([]byte) bool { return true }

// mostTerm is how long a keyword can be, in bytes (Lucene).
const mostTerm = 32766

// keyword has all scalars, but none that is longer than a term can be and not left out as being too long to index.
type keyword struct {
	limited bool // the values are terms
	above   int  // ignore_above, in UTF-16 units
}

func (k *keyword) fits(v []byte) bool {
	if len(v) <= mostTerm || !k.limited {
		return !isObject(v)
	}
	if v[0] != '"' {
		return false
	}
	s := text(v)
	return len(s) <= mostTerm || utf16Length(s) > k.above
}

// utf16Length returns how many units of UTF-16 a text has.
func utf16Length(s []byte) (n int) {
	for _, c := range s {
		switch {
		case c&0xC0 == 0x80: // within a character
		case c >= 0xF0:
			n += 2
		default:
			n++
		}
	}
	return n
}

// boolean has true, false, these as strings, and "", which is false.
type boolean struct{}

func (boolean) fits(v []byte) bool {
	switch string(v) {
	case "true", "false", `"true"`, `"false"`, `""`:
		return true
	}
	return false
}

// address is the type ip.
type address struct{}

func (address) fits(v []byte) bool {
	if v[0] != '"' {
		return false
	}
	a, err := netip.ParseAddr(string(text(v)))
	return err == nil && a.Zone() == ""
}

// flattened has objects, as deep as its limit says.
type flattened struct{ depth int }

func (t flattened) fits(v []byte) bool { return isObject(v) && !deeper(v, t.depth) }

// deeper says whether objects lie within one another in a value, more than so many.
func deeper(v []byte, depth int) bool {
	within := 0
	inString := false
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{':
			if within++; within > depth {
				return true
			}
		case c == '}':
			within--
		}
	}
	return false
}

// binary has all scalars. Elasticsearch does not look at what is in an object, takes the end of it for the end of the
// one around, and is surprised by what then follows the end of the document.
type binary struct{}

func (binary) fits(v []byte) bool { return !isObject(v) }

func (binary) refuse(x *examiner, _ *field, _ spot) *Objection {
	token := "FIELD_NAME"
	if x.isLast {
		token = "END_OBJECT"
	}
	return plainly("Malformed content, found extra data after parsing: " + token)
}

// alias is another name of a field, under which nothing can be written.
type alias struct{}

func (alias) fits([]byte) bool { return false }

func (alias) refuse(_ *examiner, f *field, v spot) *Objection {
	return at(v.start, "Cannot write to a field alias ["+f.path+"].")
}
