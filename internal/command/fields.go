package command

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite"
)

// fields are those of documents that a list shows: paths into objects, as those of PATH=VALUE.
type fields struct {
	tree   tree
	leaves []assignment
}

func newFields(paths []string) (*fields, error) {
	f := &fields{}
	for _, path := range paths {
		keys, err := splitPath(path)
		if err != nil {
			return nil, err
		}
		leaf := assignment{path: path, keys: keys}
		if err := f.tree.add(leaf); err != nil {
			return nil, err
		}
		f.leaves = append(f.leaves, leaf)
	}
	return f, nil
}

// headings are those of a list with these fields.
func (f *fields) headings() []string {
	names := []string{"ID", "VERSION"}
	for _, leaf := range f.leaves {
		names = append(names, leaf.path)
	}
	return names
}

// pick appends what the tree has of a value, and says whether there is anything of it.
func (t *tree) pick(dst []byte, value json.RawMessage) ([]byte, bool) {
	if t.leaf {
		return append(dst, value...), true
	}
	members := membersOf(value)
	if members == nil {
		t.list = t.list || isList(value)
		return dst, false
	}
	begin := len(dst)
	dst = append(dst, '{')
	for _, c := range t.inside {
		member, ok := members[c.key]
		if !ok {
			continue
		}
		end := len(dst)
		if end > begin+1 {
			dst = append(dst, ',')
		}
		dst = append(appendJSON(dst, c.key), ':')
		if dst, ok = c.pick(dst, member); !ok {
			dst = dst[:end]
		}
	}
	return append(dst, '}'), len(dst) > begin+1
}

func isList(value json.RawMessage) bool { return len(value) > 0 && value[0] == '[' }

// intoList returns the first path that led into a list of a document, "" if none did.
func (t *tree) intoList() string {
	if t.list {
		return t.path
	}
	for _, c := range t.inside {
		if path := c.intoList(); path != "" {
			return path
		}
	}
	return ""
}

// membersOf returns the members of an object, nil if it is none. Their bytes are as they were.
func membersOf(value json.RawMessage) map[string]json.RawMessage {
	var members map[string]json.RawMessage
	if len(value) == 0 || value[0] != '{' || json.Unmarshal(value, &members) != nil {
		return nil
	}
	return members
}

// fieldRow is some fields of a document in a list.
type fieldRow struct {
	*fields
	doc kuzzlite.Document
}

func (r fieldRow) appendJSON(dst []byte) []byte {
	var ok bool
	doc := r.doc
	if doc.Source, ok = r.tree.pick(nil, r.doc.Source); !ok {
		doc.Source = json.RawMessage("{}")
	}
	return doc.AppendJSON(dst)
}

func (r fieldRow) cells() []string {
	cells := documentRow{r.doc}.cells()[:2]
	for _, leaf := range r.leaves {
		value, at := r.doc.Source, &r.tree
		for _, key := range leaf.keys {
			at.list = at.list || isList(value)
			value, at = membersOf(value)[key], at.child(key)
		}
		cells = append(cells, string(value[:min(len(value), 4<<10)]))
	}
	return cells
}

// idRow is the id of a document in a list.
type idRow string

func (id idRow) appendJSON(dst []byte) []byte { return appendJSON(dst, string(id)) }
func (id idRow) cells() []string              { return []string{string(id)} }
