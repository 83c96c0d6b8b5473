package validation

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// The types that fields can have.

// check returns what is wrong with a value, each as a sentence, at a time.
type check func(value json.RawMessage, now time.Time) []string

// kind is a type of fields.
type kind struct {
	name      string
	options   []string                                     // the type options that there are
	read      func(options json.RawMessage) (check, error) // reads them
	hasFields bool                                         // there are fields within
}

var kinds = func() map[string]*kind {
	byName := map[string]*kind{}
	for _, k := range []*kind{
		{name: "anything", read: always(func(json.RawMessage) string { return "" })},
		{name: "boolean", read: always(checkBoolean)},
		{name: "date", options: []string{"range", "formats"}, read: readDate},
		{name: "email", options: []string{"notEmpty"}, read: pattern(isEmail, "The string must be a valid email address.")},
		{name: "enum", options: []string{"values"}, read: readEnum},
		{name: "geo_point", read: always(checkGeoPoint)},
		{name: "geo_shape", options: []string{"shapeTypes"}, read: readGeoShape},
		{name: "integer", options: []string{"range"}, read: readInteger},
		{name: "ip_address", options: []string{"notEmpty"}, read: pattern(isIP, "The string must be a valid IP address.")},
		{name: "numeric", options: []string{"range"}, read: readNumeric},
		{name: "object", options: []string{"strict"}, read: always(checkObject), hasFields: true},
		{name: "string", options: []string{"length"}, read: readString},
		{name: "url", options: []string{"notEmpty"}, read: pattern(isURL, "The string must be a valid URL.")},
	} {
		byName[k.name] = k
	}
	return byName
}()

// always is of a type without options. is returns "" for a value that will do.
func always(is func(value json.RawMessage) string) func(json.RawMessage) (check, error) {
	return func(json.RawMessage) (check, error) {
		return func(value json.RawMessage, _ time.Time) []string { return sentence(is(value)) }, nil
	}
}

// sentence returns a list of a sentence, none for "".
func sentence(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

func isNumber(value json.RawMessage) bool {
	return value[0] == '-' || '0' <= value[0] && value[0] <= '9'
}

func boundOf(number json.RawMessage) *bound {
	n, _ := strconv.ParseFloat(string(number), 64)
	return &bound{n, string(number)}
}

func wrongType(name, want string) error {
	return apierror.New("validation.assert.invalid_type", name, want)
}

func checkBoolean(value json.RawMessage) string {
	if value[0] != 't' && value[0] != 'f' {
		return "The field must be of type boolean."
	}
	return ""
}

func checkObject(value json.RawMessage) string {
	if value[0] != '{' {
		return "The value must be an object."
	}
	return ""
}

// readBounds reads an option that is an object of two numbers: {"min", "max"}. nil: there is no such number.
func readBounds(options json.RawMessage, name string) (least, most *bound, err error) {
	raw := member(options, name)
	if raw == nil {
		return nil, nil, nil
	}
	if !onlyHas(raw, "min", "max") {
		return nil, nil, apierror.New("validation.assert.unexpected_properties", name, "min, max")
	}
	for _, end := range []struct {
		name string
		into **bound
	}{{"min", &least}, {"max", &most}} {
		value := member(raw, end.name)
		if value == nil {
			continue
		}
		if !isNumber(value) {
			return nil, nil, wrongType(name+"."+end.name, "number")
		}
		*end.into = boundOf(value)
	}
	if least != nil && most != nil && least.n > most.n {
		return nil, nil, apierror.New("validation.assert.invalid_range", name, "min", "max")
	}
	return least, most, nil
}

func readNumeric(options json.RawMessage) (check, error) {
	least, most, err := readBounds(options, "range")
	return func(value json.RawMessage, _ time.Time) []string {
		if !isNumber(value) {
			return sentence("The field must be a number.")
		}
		switch n := boundOf(value).n; {
		case least != nil && n < least.n:
			return sentence(fmt.Sprintf("Value %s is lesser than the allowed minimum (%s)", value, least.text))
		case most != nil && n > most.n:
			return sentence(fmt.Sprintf("Value %s is greater than the allowed maximum (%s)", value, most.text))
		}
		return nil
	}, err
}

func readInteger(options json.RawMessage) (check, error) {
	numeric, err := readNumeric(options)
	return func(value json.RawMessage, now time.Time) []string {
		if wrong := numeric(value, now); wrong != nil {
			return wrong
		}
		if n := boundOf(value).n; n != math.Trunc(n) {
			return sentence("The field must be an integer.")
		}
		return nil
	}, err
}

const mustBeString = "The field must be a string."

// readString reads the bounds of a text's length, in units of UTF-16.
func readString(options json.RawMessage) (check, error) {
	least, most, err := readBounds(options, "length")
	return func(value json.RawMessage, _ time.Time) []string {
		if value[0] != '"' {
			return sentence(mustBeString)
		}
		text := request.Text(value)
		n := len(utf16.Encode([]rune(text)))
		const wrong = "Invalid string length. Expected %s: %s. Received: %d (\"%s\")"
		switch {
		case least != nil && float64(n) < least.n:
			return sentence(fmt.Sprintf(wrong, "min", least.text, n, text))
		case most != nil && float64(n) > most.n:
			return sentence(fmt.Sprintf(wrong, "max", most.text, n, text))
		}
		return nil
	}, err
}

// readTexts reads an option that is a list of texts, and not empty.
func readTexts(options json.RawMessage, name, want string) (list []string, err error) {
	raw := member(options, name)
	if raw[0] == '[' {
		for element := range request.Elements(raw) {
			if element[0] != '"' {
				return nil, wrongType(name, want)
			}
			list = append(list, request.Text(element))
		}
	}
	if len(list) == 0 {
		return nil, wrongType(name, want)
	}
	return list, nil
}

func readEnum(options json.RawMessage) (check, error) {
	if member(options, "values") == nil {
		return nil, apierror.New("validation.types.missing_enum_values")
	}
	values, err := readTexts(options, "values", "string[]")
	return func(value json.RawMessage, _ time.Time) []string {
		switch {
		case value[0] != '"':
			return sentence(mustBeString)
		case !slices.Contains(values, request.Text(value)):
			return sentence(`The field only accepts following values: "` + strings.Join(values, ", ") + `".`)
		}
		return nil
	}, err
}

// pattern is of a type of texts that are as is says, or empty unless the options forbid that.
func pattern(is func(text string) bool, wrong string) func(json.RawMessage) (check, error) {
	return func(options json.RawMessage) (check, error) {
		notEmpty := member(options, "notEmpty")
		switch string(notEmpty) {
		case "", "true", "false":
		default:
			return nil, wrongType("notEmpty", "boolean")
		}
		return func(value json.RawMessage, _ time.Time) []string {
			text := request.Text(value)
			switch {
			case value[0] != '"':
				return sentence(mustBeString)
			case text == "" && string(notEmpty) == "true":
				return sentence("The string must not be empty.")
			case text != "" && !is(text):
				return sentence(wrong)
			}
			return nil
		}, nil
	}
}
