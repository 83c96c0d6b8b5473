package outbox

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// What is sent of a document whose changes have paths: the values that stand at the paths now, and the fields that are
// gone. The feed has paths only where they are without doubt: kuzzlite.Change.Paths.

// metadataKey is where Kuzzle keeps its metadata, which are the server's own.
const metadataKey = "_kuzzle_info"

// isMetadata says whether a path leads to Kuzzle's metadata.
func isMetadata(path string) bool {
	rest, ok := strings.CutPrefix(path, metadataKey)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// object is a JSON object, whose values are either objects or JSON.
type object map[string]any

// leaves picks from a document what stands at the paths. merge is what a merge must bring, and remove are the paths of
// fields that are gone. ok is false if a merge cannot say it: then the document is to be sent as a whole.
func leaves(source json.RawMessage, paths []string) (merge json.RawMessage, remove []string, ok bool) {
	doc, ok := members(source)
	if !ok {
		return nil, nil, false
	}
	out := object{}
	for _, path := range paths {
		p, _, inList := strings.Cut(path, "[") // the whole list is one leaf
		switch there, isLeaf := pick(doc, p, out); {
		case there && !isLeaf, !there && inList:
			return nil, nil, false
		case !there && !coveredBy(paths, path):
			remove = append(remove, path)
		}
	}
	return out.json(), remove, true
}

// coveredBy says whether one of the paths leads to what is around a path.
func coveredBy(paths []string, path string) bool {
	return slices.ContainsFunc(paths, func(p string) bool {
		return len(p) < len(path) && path[len(p)] == '.' && strings.HasPrefix(path, p)
	})
}

// pick copies the value at a path into out. An object is no leaf: one that stands there now was something else when the
// path was told, and a merge could not take away what it lacks.
func pick(doc map[string]json.RawMessage, path string, out object) (there, isLeaf bool) {
	key, rest, deeper := strings.Cut(path, ".")
	value, ok := doc[key]
	switch isObject := ok && value[0] == '{'; {
	case !ok || deeper && !isObject:
		return false, false
	case !deeper && isObject:
		return true, false
	case !deeper:
		out[key] = value
		return true, true
	}
	below, _ := members(value)
	inner, _ := out[key].(object)
	if inner == nil {
		inner = object{}
	}
	out[key] = inner // also where what is below is gone: upstream may lack what was around it
	return pick(below, rest, inner)
}

// members returns the members of a JSON object, which is valid JSON: of equal keys the last. No value begins with a space.
// ok is false if the value is no object.
func members(source json.RawMessage) (m map[string]json.RawMessage, ok bool) {
	v := gjson.ParseBytes(source)
	if !v.IsObject() {
		return nil, false
	}
	m = map[string]json.RawMessage{}
	v.ForEach(func(key, value gjson.Result) bool {
		m[key.String()] = json.RawMessage(value.Raw)
		return true
	})
	return m, true
}

// json returns the object as JSON, its keys in order.
func (o object) json() json.RawMessage {
	var b bytes.Buffer
	o.write(&b)
	return b.Bytes()
}

func (o object) write(b *bytes.Buffer) {
	b.WriteByte('{')
	first := true
	for _, key := range sortedKeys(o) {
		if !first {
			b.WriteByte(',')
		}
		first = false
		quoted, _ := json.Marshal(key)
		b.Write(quoted)
		b.WriteByte(':')
		switch v := o[key].(type) {
		case object:
			v.write(b)
		case json.RawMessage:
			b.Write(v)
		}
	}
	b.WriteByte('}')
}

// leafPaths returns the paths of the values of a document that are no objects, sorted: at most maxPaths, and only those
// that lead nowhere else.
func leafPaths(source json.RawMessage) (paths []string) {
	var walk func(at string, v gjson.Result)
	walk = func(at string, v gjson.Result) {
		v.ForEach(func(key, value gjson.Result) bool {
			name := key.String()
			if name == "" || strings.ContainsAny(name, `.[]"\`) {
				return true
			}
			if value.IsObject() {
				walk(at+name+".", value)
			} else if len(paths) < maxPaths {
				paths = append(paths, at+name)
			}
			return true
		})
	}
	walk("", gjson.ParseBytes(source))
	slices.Sort(paths)
	return paths
}

// merged returns changes that do what first and then do. ok is false if no changes do.
func merged(first, then json.RawMessage) (changes json.RawMessage, ok bool) {
	out, ok := mergedObject(first, then)
	return out.json(), ok
}

func mergedObject(first, then json.RawMessage) (out object, ok bool) {
	a, ok := members(first)
	b, both := members(then)
	if !ok || !both {
		return nil, false
	}
	out = object{}
	for key, value := range a {
		out[key] = value
	}
	for key, value := range b {
		was, both := a[key]
		switch {
		case !both || value[0] != '{':
			out[key] = value
		case was[0] != '{': // the object takes the place of what first sets, and is not merged into what is there
			return nil, false
		default:
			if out[key], ok = mergedObject(was, value); !ok {
				return nil, false
			}
		}
	}
	return out, true
}

func sortedKeys(o object) []string {
	keys := make([]string, 0, len(o))
	for key := range o {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// withoutMetadata returns a document without _kuzzle_info, byte for byte otherwise if there is none.
func withoutMetadata(source json.RawMessage) json.RawMessage {
	if !bytes.Contains(source, []byte(metadataKey)) {
		return source
	}
	m, ok := members(source)
	if !ok || m[metadataKey] == nil {
		return source
	}
	delete(m, metadataKey)
	out := object{}
	for key, value := range m {
		out[key] = value
	}
	return out.json()
}
