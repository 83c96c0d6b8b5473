package accounts

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// Entry is a user, a profile, a role or an API key as clients see it.
type Entry struct {
	ID     string
	Source json.RawMessage
}

// AppendJSON appends {"_id", "_source"}.
func (e Entry) AppendJSON(dst []byte) []byte {
	dst = api.AppendMember(append(dst, '{'), "_id", e.ID)
	return append(append(append(dst, `,"_source":`...), e.Source...), '}')
}

// object is a JSON object whose members are read and written by name, and keep their places.
type object []member

type member struct {
	name  string
	value json.RawMessage
}

// readObject reads an object, in which no name stands twice. What is no object has no members.
func readObject(text json.RawMessage) (o object) {
	for key, value := range rawjson.Members(text) {
		if name, err := rawjson.Unquote(key); err == nil { // a surrogate without a partner is the name of nothing
			o = append(o, member{name, value})
		}
	}
	return o
}

func (o object) get(name string) json.RawMessage {
	for i := range o {
		if o[i].name == name {
			return o[i].value
		}
	}
	return nil
}

// set sets a member, at its place if there is one of that name.
func (o *object) set(name string, value json.RawMessage) {
	for i := range *o {
		if (*o)[i].name == name {
			(*o)[i].value = value
			return
		}
	}
	*o = append(*o, member{name, value})
}

// setLast sets a member, as the last one.
func (o *object) setLast(name string, value json.RawMessage) {
	o.remove(name)
	*o = append(*o, member{name, value})
}

func (o *object) remove(names ...string) {
	*o = slices.DeleteFunc(*o, func(m member) bool { return slices.Contains(names, m.name) })
}

// merge sets the members of another object.
func (o *object) merge(other object) {
	places := make(map[string]int, len(*o))
	for i := range *o {
		places[(*o)[i].name] = i
	}
	for _, m := range other {
		if i, ok := places[m.name]; ok {
			(*o)[i].value = m.value
		} else {
			*o = append(*o, m)
		}
	}
}

func (o object) json() json.RawMessage {
	out := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(rawjson.AppendString(out, m.name), ':'), m.value...)
	}
	return append(out, '}')
}

// The members of a user, a profile or a role that mean something.
const (
	metadata    = "_kuzzle_info"
	profileIDs  = "profileIds"
	policies    = "policies"
	optimized   = "optimizedPolicies"
	rateLimit   = "rateLimit"
	controllers = "controllers"
)

// information is what is known of who has written a user, a profile or a role, and when.
type information struct {
	Author    *string `json:"author"`
	CreatedAt int64   `json:"createdAt"` // in ms since 1970
	UpdatedAt *int64  `json:"updatedAt"`
	Updater   *string `json:"updater"`
}

// informationOf returns what is known of an object that stands in the store.
func informationOf(o object) (i information) {
	_ = json.Unmarshal(o.get(metadata), &i)
	return i
}

// updated returns what is known after an update.
func (i information) updated(now int64, by string) information {
	i.UpdatedAt, i.Updater = &now, &by
	return i
}

// stamp puts what is known into an object, as its last member.
func (o *object) stamp(i information) { o.setLast(metadata, api.Marshal(i)) }

func appendList(dst []byte, list []string) json.RawMessage {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = rawjson.AppendString(dst, s)
	}
	return append(dst, ']')
}

// isObject and isList say what a value is; what is absent is neither.
func isObject(value json.RawMessage) bool { return len(value) > 0 && value[0] == '{' }
func isList(value json.RawMessage) bool   { return len(value) > 0 && value[0] == '[' }
func isString(value json.RawMessage) bool { return len(value) > 0 && value[0] == '"' }

// isNil says whether a value is absent or null.
func isNil(value json.RawMessage) bool { return len(value) == 0 || string(value) == "null" }

// elements returns the elements of a list.
func elements(list json.RawMessage) []json.RawMessage {
	return slices.Collect(request.Elements(list))
}

// texts returns the strings of a list; ok is false if it is none, or has something else.
func texts(list json.RawMessage) (all []string, ok bool) {
	if !isList(list) {
		return nil, false
	}
	for _, e := range elements(list) {
		if !isString(e) {
			return nil, false
		}
		s, err := rawjson.Unquote(e)
		if err != nil {
			return nil, false
		}
		all = append(all, s)
	}
	return all, true
}

// place is the name of an element of a list in errors.
func place(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

// Merged returns an object with the members of another one, which count where both have one.
func Merged(text, other json.RawMessage) json.RawMessage {
	o := readObject(text)
	o.merge(readObject(other))
	return o.json()
}

// Without returns an object without a member.
func Without(text json.RawMessage, name string) json.RawMessage {
	o := readObject(text)
	o.remove(name)
	return o.json()
}
