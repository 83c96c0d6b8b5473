package command

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Arguments PATH=VALUE and PATH:=JSON make a JSON object, as those of HTTPie do: the first sets a string, the second
// any value. A path is keys with dots between them; a backslash takes the special meaning from what follows.

// assignment is one such argument.
type assignment struct {
	path string // as it was given, with the = or := after it
	keys []string
	json []byte // the value
}

// parseAssignment takes an argument apart. Messages have its path, never its value.
func parseAssignment(arg string) (as assignment, err error) {
	at := indexPlain(arg, '=')
	if at < 0 {
		return as, usage("%q is no change: it must be PATH=VALUE or PATH:=JSON", arg)
	}
	path, value := arg[:at], arg[at+1:]
	as.path = path + "="
	if endsPlain(path, ':') {
		path = strings.TrimSuffix(path, ":")
		if reason := invalidReason([]byte(value)); reason != "" {
			return as, usage("%s %s; a string is %s=", as.path, reason, path)
		}
		as.json = []byte(strings.TrimSpace(value))
	} else {
		if !utf8.ValidString(value) {
			return as, usage("%s the value is not valid UTF-8", as.path)
		}
		as.json = appendJSON(nil, value)
	}
	if part := positionIn(path); part != "" {
		return as, usage(`path %q: %s would be a position in an array, which is set as a whole: PATH:='[…]'; a key is \%s`,
			path, part, part)
	}
	if indexPlain(path, '[') >= 0 {
		return as, usage("path %q: there is no way into an array, which is set as a whole: PATH:='[…]'", path)
	}
	as.keys, err = splitPath(path)
	return as, err
}

// positionIn returns the first part of a path that would be a position in a list, as those of kuzzlite.Set are, "" if
// there is none.
func positionIn(path string) string {
	for rest, more := path, true; more; {
		part := rest
		at := indexPlain(rest, '.')
		if more = at >= 0; more {
			part, rest = rest[:at], rest[at+1:]
		}
		if part == "-1" || part != "" && strings.Trim(part, "0123456789") == "" {
			return part
		}
	}
	return ""
}

// splitPath returns the keys of a path.
func splitPath(path string) (keys []string, err error) {
	if !utf8.ValidString(path) {
		return nil, usage("path %q is not valid UTF-8", path)
	}
	if indexPlain(path, '[') >= 0 {
		return nil, usage(`path %q: there is no way into an array, since a path here is keys only; a [ in a key is \[`, path)
	}
	for rest, more := path, true; more; {
		key := rest
		at := indexPlain(rest, '.')
		if more = at >= 0; more {
			key, rest = rest[:at], rest[at+1:]
		}
		if key == "" {
			return nil, usage("path %q has an empty key", path)
		}
		keys = append(keys, unescape(key))
	}
	return keys, nil
}

// indexPlain returns where c is that has no backslash before it, or -1.
func indexPlain(s string, c byte) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case c:
			return i
		}
	}
	return -1
}

// endsPlain says whether s ends with a c that has no backslash before it.
func endsPlain(s string, c byte) bool {
	last := byte(0)
	for i := 0; i < len(s); i++ {
		if last = s[i]; last == '\\' {
			last = 0
			i++
		}
	}
	return last == c
}

// unescape takes the backslashes away. One at the very end stands for itself.
func unescape(key string) string {
	var s strings.Builder
	for i := 0; i < len(key); i++ {
		if key[i] == '\\' && i+1 < len(key) {
			i++
		}
		s.WriteByte(key[i])
	}
	return s.String()
}

// A tree is paths, by their keys in the order in which they came.
type tree struct {
	key    string
	path   string // as given, of the first that leads here or below
	leaf   bool
	json   []byte // of a leaf that is assigned
	list   bool   // a document had a list here, into which no path leads
	inside []*tree
}

// add adds a path. Two that are the same, or one inside the other, are an error.
func (t *tree) add(as assignment) error {
	for _, key := range as.keys {
		next := t.child(key)
		if next == nil {
			next = &tree{key: key, path: as.path}
			t.inside = append(t.inside, next)
		} else if next.leaf {
			return conflict(next.path, as)
		}
		t = next
	}
	if t.inside != nil {
		return conflict(t.path, as)
	}
	t.leaf, t.json = true, as.json
	return nil
}

func (t *tree) child(key string) *tree {
	for _, c := range t.inside {
		if c.key == key {
			return c
		}
	}
	return nil
}

func conflict(path string, as assignment) error {
	return usage("%s and %s exclude each other: they are the same field, or one is inside the other", path, as.path)
}

// appendObject appends the object that the assignments make.
func (t *tree) appendObject(dst []byte) []byte {
	if t.leaf {
		return append(dst, t.json...)
	}
	dst = append(dst, '{')
	for i, c := range t.inside {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendJSON(dst, c.key), ':')
		dst = c.appendObject(dst)
	}
	return append(dst, '}')
}

// assignedObject returns the object that arguments make.
func assignedObject(args []string) (json.RawMessage, error) {
	var t tree
	for _, arg := range args {
		as, err := parseAssignment(arg)
		if err != nil {
			return nil, err
		}
		if err := t.add(as); err != nil {
			return nil, err
		}
	}
	return t.appendObject(nil), nil
}
