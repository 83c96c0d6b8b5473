package kuzzlite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/tidwall/sjson"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Changes by path. The paths are sjson's, for people write them. Where a path would do other than it says, sjson is not
// asked: it makes lists of positions where there are none, replaces a string by an object, and leaves a path with a
// character of gjson's queries as it was, without an error.

// Changes are changes for any verb that merges, made path by path: see [Set] and [Document.Set]. What is wrong with a
// path or a value is told by the verb that gets the changes, as [ErrInvalid]. Changes are never modified: Set returns
// others.
type Changes struct {
	before, after []byte // objects; nil: {}
	stored        bool   // before is a document
	err           error
}

// Set returns the changes that set a value at a path: Set("address.city", "Paris") is {"address": {"city": "Paris"}}.
// The parts of a path are keys, with a dot between two of them; a backslash takes its meaning from a dot or any other
// character. The value is as in [Write].
//
// A part that is a number, or -1, is refused: as changes it would replace a stored list by one of its elements. Where
// the document is at hand, in [Collection.Modify], [Document.Set] takes it. A key that is a number is written with a
// colon: "years.:2026". A bracket that has no backslash is refused as well: it would be a position for DeleteFields.
func Set(path string, value any) Changes { return Changes{}.Set(path, value) }

// Set returns the changes to the document that set a value at a path, as the function Set does. A number in the path is
// a position in a list, from 0, and -1 the one behind the last: the changes then have the whole list, with one element
// that is another. A position that is further behind, a key of a list, and a path through a string, a number or a
// bool are [ErrInvalid].
func (d Document) Set(path string, value any) Changes {
	return Changes{before: d.Source, after: d.Source, stored: true}.Set(path, value)
}

// Set returns the changes with one more.
func (c Changes) Set(path string, value any) Changes {
	if c.err != nil {
		return c
	}
	text, err := changedValue(value)
	if err == nil {
		err = c.check(path)
	}
	if err == nil {
		var after []byte
		if after, err = sjson.SetRawBytes(orEmpty(c.after), path, text); err == nil {
			c.after = after
		}
	}
	if err != nil {
		c.err = invalid(fmt.Sprintf("path %q: %v", path, err))
	}
	return c
}

// MarshalJSON returns the changes, or what is wrong with them.
func (c Changes) MarshalJSON() ([]byte, error) {
	if c.err != nil {
		return nil, c.err
	}
	before := orEmpty(c.before)
	return orEmpty(diff(before, before, orEmpty(c.after)).set), nil
}

func orEmpty(object []byte) []byte {
	if object == nil {
		return []byte("{}")
	}
	return object
}

// changedValue returns the JSON of a value.
func changedValue(v any) ([]byte, error) {
	text, isJSON := v.(json.RawMessage)
	if b, ok := v.([]byte); ok {
		text, isJSON = b, true
	}
	if !isJSON {
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			return nil, err
		}
		text = buf.Bytes()
	}
	return rawjson.Compact(text, hardMaxDepth)
}

// check says what keeps a path from being set, if anything does.
func (c *Changes) check(path string) error {
	parts, err := pathParts(path)
	if err != nil {
		return err
	}
	at := orEmpty(c.after) // nil: nothing is there
	for _, part := range parts {
		if at, err = c.step(at, part); err != nil {
			return err
		}
	}
	return nil
}

// step returns the value of a part of a path in the value before, nil if there is none.
func (c *Changes) step(at []byte, part pathPart) ([]byte, error) {
	position, isPosition := part.position()
	switch {
	case isObject(at) && (c.stored || !isPosition):
		value, _ := rawjson.Lookup(at, part.key)
		return value, nil
	case isArray(at) && c.stored:
		elements := elementsOf(at)
		switch {
		case !isPosition:
			return nil, fmt.Errorf("%q is a key, and there is a list", part.key)
		case position == -1 || position == len(elements):
			return nil, nil
		case position > len(elements):
			return nil, fmt.Errorf("the list has %d elements", len(elements))
		}
		return elements[position], nil
	case isPosition && !c.stored:
		return nil, fmt.Errorf("%s is a position, and changes replace lists as a whole: use Document.Set within Modify, "+
			"or :%s for a key", part.key, part.key)
	case isPosition:
		return nil, fmt.Errorf("there is no list for position %s", part.key)
	case at == nil || string(at) == "null":
		return nil, nil
	case isArray(at):
		return nil, fmt.Errorf("%q is a key, and there is a list", part.key)
	}
	return nil, fmt.Errorf("%q is below a value that is no object", part.key)
}

// pathPart is a key or a position in a path.
type pathPart struct {
	key   string
	isKey bool // whatever it looks like
}

// position returns the position in a list that a part stands for; -1 is behind the last.
func (p pathPart) position() (n int, ok bool) {
	if p.isKey || p.key != "-1" && strings.Trim(p.key, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(p.key)
	return n, err == nil
}

// pathParts takes a path apart.
func pathParts(path string) (parts []pathPart, err error) {
	var part pathPart
	begun := false
	end := func() error {
		if part.key == "" {
			return fmt.Errorf("it has an empty part")
		}
		parts, part, begun = append(parts, part), pathPart{}, false
		return nil
	}
	for i := 0; i < len(path); i++ {
		switch b := path[i]; {
		case b == '.':
			if err := end(); err != nil {
				return nil, err
			}
			continue
		case b == ':' && !begun:
			part.isKey = true
		case b == '\\' && i+1 < len(path):
			i++
			part.key += path[i : i+1]
		case strings.IndexByte(`|#@*?\`, b) >= 0:
			return nil, fmt.Errorf(`%c must be written \%c`, b, b)
		case b == '[' || b == ']':
			return nil, fmt.Errorf(`%c must be written \%c in a key, and a position is a part of its own, as in items.0.n`, b, b)
		default:
			part.key += path[i : i+1]
		}
		begun = true
	}
	return parts, end()
}
