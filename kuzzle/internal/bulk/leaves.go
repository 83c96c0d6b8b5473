package bulk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// leaves are the values of changes that are to be set one by one, as a tree: what is no object is a leaf. A dot in a
// key parts it, as in a script. Empty objects have no leaves.
type leaves struct {
	value json.RawMessage // nil: it is no leaf
	names []string        // of what is below, in order
	below map[string]*leaves
}

// maxLevels is how deeply leaves can lie: as deeply as Elasticsearch stores documents.
const maxLevels = 1000

// leavesOf returns the leaves of changes.
func leavesOf(changes json.RawMessage) (*leaves, error) {
	root, p := &leaves{}, rawjson.Compile(changes)
	return root, root.add(p, p.Root(), 1)
}

// add adds the members of a node of changes.
func (l *leaves) add(p *rawjson.Patch, node, level int) error {
	for c := p.First(node); c < p.End(node); c = p.Next(c) {
		path := strings.Split(request.Text(p.Key(c)), ".")
		if level += len(path); level > maxLevels {
			return storage.BadRequest(fmt.Sprintf("body.changes has more than %d levels", maxLevels))
		}
		if err := l.set(p, c, path, level); err != nil {
			return err
		}
		level -= len(path)
	}
	return nil
}

// set adds a member of changes at a path.
func (l *leaves) set(p *rawjson.Patch, c int, path []string, level int) error {
	if p.IsObject(c) && p.Len(c) == 0 {
		return nil
	}
	at := l
	for i, name := range path {
		if at.value != nil {
			return &missingParent{path[max(0, i-1)]}
		}
		at = at.child(name)
	}
	if p.IsObject(c) {
		if at.value != nil {
			return &missingParent{path[len(path)-1]}
		}
		return at.add(p, c, level)
	}
	at.value, at.names, at.below = p.Value(c), nil, nil
	return nil
}

func (l *leaves) child(name string) *leaves {
	if l.below[name] == nil {
		if l.below == nil {
			l.below = map[string]*leaves{}
		}
		l.below[name] = &leaves{}
		l.names = append(l.names, name)
	}
	return l.below[name]
}

// appendJSON appends the leaves as changes.
func (l *leaves) appendJSON(dst []byte) []byte {
	if l.value != nil {
		return append(dst, l.value...)
	}
	dst = append(dst, '{')
	for i, name := range l.names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = l.below[name].appendJSON(append(rawjson.AppendString(dst, name), ':'))
	}
	return append(dst, '}')
}

// missingParent is the error of a value to be set where there is no object.
type missingParent struct{ key string }

func (e *missingParent) Error() string {
	return fmt.Sprintf("runtime error: cannot set a field of [%s], which is no object", e.key)
}

// fit returns an error if a document lacks an object in which a leaf is to be set.
func (l *leaves) fit(document json.RawMessage) error {
	p := rawjson.Compile(document)
	return l.fitNode(p, p.Root())
}

func (l *leaves) fitNode(p *rawjson.Patch, node int) error {
	for _, name := range l.names {
		if l.below[name].value != nil {
			continue
		}
		key := rawjson.AppendString(nil, name)
		c := p.Find(node, key, bytes.IndexByte(key, '\\') >= 0)
		if c == 0 || !p.IsObject(c) {
			return &missingParent{name}
		}
		if err := l.below[name].fitNode(p, c); err != nil {
			return err
		}
	}
	return nil
}
