package aggregation

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/dates"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/internal/suggest"
	"github.com/kuzzlite/kuzzlite/query"
)

// Reading the options of an aggregation.

// option is an option of an aggregation.
type option struct {
	kinds string // the first bytes of the values that it may have, 0 for all numbers, t for both booleans
	read  func(raw []byte) error
}

// options are those of one type, by their names.
type options map[string]option

// with returns the options with more of them.
func (o options) with(more options) options {
	for name, option := range more {
		o[name] = option
	}
	return o
}

// takes says whether the option may have a value.
func (o option) takes(raw []byte) bool {
	kind := raw[0]
	switch {
	case isNumber(raw):
		kind = '0'
	case kind == 'f':
		kind = 't'
	}
	return strings.IndexByte(o.kinds, kind) >= 0
}

// read reads the definition of an aggregation. what stands for the type in errors.
func (n *node) read(what string, raw []byte, known options) error {
	for _, m := range members(raw) {
		o, ok := known[m.key]
		at := n.path + "." + m.key
		switch {
		case m.key == "script" || strings.HasSuffix(m.key, "_script"):
			return &Error{Path: at, Reason: "[" + what + "] scripts are not supported"}
		case !ok:
			names := make([]string, 0, len(known))
			for name := range known {
				names = append(names, name)
			}
			slices.Sort(names)
			reason := "[" + what + "] unknown field [" + m.key + "]" + suggest.DidYouMean(m.key, names)
			return &Error{Path: at, Reason: reason}
		case !o.takes(m.value):
			reason := "[" + what + "] " + m.key + " doesn't support values of type: " + rawjson.Token(m.value)
			return &Error{Path: at, Reason: reason}
		}
		err := o.read(m.value)
		var ours *Error
		var ofQuery *query.DSLError
		switch {
		case err == nil:
		case errors.As(err, &ours) || errors.As(err, &ofQuery):
			return err
		default:
			return &Error{Path: at, Reason: "[" + what + "] failed to parse field [" + m.key + "]", detail: err.Error()}
		}
	}
	return nil
}

// The kinds of options.

func text(to *string) option {
	return option{`"0t`, func(raw []byte) error { *to = textOf(raw); return nil }}
}

func boolean(to *bool) option {
	return option{`t"`, func(raw []byte) (err error) {
		switch textOf(raw) {
		case "true":
			*to = true
		case "false":
			*to = false
		default:
			return plainError("Failed to parse value [%s] as only [true] or [false] are allowed.", textOf(raw))
		}
		return nil
	}}
}

// integer is a whole number, least at least.
func integer(to *int, least int) option {
	return option{`0"`, func(raw []byte) error {
		n, err := parseReal(textOf(raw))
		switch {
		case err != nil:
			return err
		case math.Abs(n) > math.MaxInt32:
			return plainError("[%s] is out of range for an integer", textOf(raw))
		case int(n) < least:
			return plainError("it must be %d or more, and is [%s]", least, textOf(raw))
		}
		*to = int(n)
		return nil
	}}
}

func number(to *float64) option {
	return option{`0"`, func(raw []byte) (err error) {
		*to, err = parseReal(textOf(raw))
		return err
	}}
}

// oneOf is a hint, which has no bearing on the answer.
func oneOf(names ...string) option {
	return option{`"`, func(raw []byte) error {
		if !slices.Contains(names, textOf(raw)) {
			return plainError("it must be one of %s, and is [%s]", strings.Join(names, ", "), textOf(raw))
		}
		return nil
	}}
}

// source is where an aggregation has its values from.
type source struct {
	field   string
	missing []byte // JSON; nil: none
	format  string // "": that of the field
	zone    *dates.Zone
	dates   bool // values of fields without a mapping are dates
}

// options returns the options about values.
func (s *source) options() options {
	return options{
		"field":   text(&s.field),
		"missing": {`"0t`, func(raw []byte) error { s.missing = raw; return nil }},
		"format":  text(&s.format),
		"value_type": {`"`, func([]byte) error {
			return plainError("values count as the type of their field says")
		}},
		"time_zone": {`"0`, s.readZone},
	}
}

func (s *source) readZone(raw []byte) (err error) {
	id := textOf(raw)
	if isNumber(raw) {
		hours, err := strconv.Atoi(id)
		if err != nil {
			return plainError("[%s] is no whole number of hours", id)
		}
		id = strconv.Itoa(hours)
		if hours >= 0 {
			id = "+" + id
		}
	}
	s.zone, err = dates.LoadZone(id)
	return err
}

// readSource reads an aggregation that needs a field.
func (n *node) readSource(s *source, raw []byte, more options) error {
	if err := n.read(n.typ, raw, s.options().with(more)); err != nil {
		return err
	}
	if s.field == "" {
		return &Error{Path: n.path, Reason: "Required one of fields [field, script], but none were specified. "}
	}
	return nil
}
