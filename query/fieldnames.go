package query

import (
	"bytes"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
)

// Conditions on several fields that are named by patterns such as name.* and *. With a mapping they are the fields of
// the mapping that match; without one those of each document.

// target is one or more fields that a condition is about.
type target struct {
	field   *field // nil: the fields of a document
	pattern string
	boost   float32
}

// boostedName is a name of a field, or a pattern, with the boost of its scores.
type boostedName struct {
	name  string
	boost float32
}

// namesOf returns names without boosts.
func namesOf(names []string) []boostedName {
	list := make([]boostedName, len(names))
	for i, name := range names {
		list[i] = boostedName{name, 1}
	}
	return list
}

// isPattern says whether a name stands for several fields.
func isPattern(name string) bool { return strings.Contains(name, "*") }

// targets returns the fields that names and patterns stand for, each once: the boosts of one that is named several times
// are multiplied. A field that a mapping does not have is none.
func (c *compiler) targets(names []boostedName) (list []target) {
	at := map[string]int{}
	for _, n := range names {
		if c.schema == nil && isPattern(n.name) {
			list = append(list, target{pattern: n.name, boost: n.boost})
			continue
		}
		for _, field := range c.expanded(n.name) {
			if i, seen := at[field]; seen {
				list[i].boost *= n.boost
				continue
			}
			if f := c.field(field); f != nil {
				at[field] = len(list)
				list = append(list, target{field: f, boost: n.boost})
			}
		}
	}
	return list
}

// expanded returns the fields of a mapping that a name or a pattern stands for.
func (c *compiler) expanded(name string) []string {
	if c.schema == nil || !isPattern(name) {
		return []string{name}
	}
	return slices.DeleteFunc(c.schema.matching(name), func(field string) bool {
		return name == "*" && isHidden(field) || !hasText(c.schema.fields[field].kind)
	})
}

// hasText says whether patterns stand for fields of a kind: for all in which a text can be searched.
func hasText(k kind) bool {
	switch k.(type) {
	case *binaryKind, *pointKind:
		return false
	}
	return true
}

// isHidden says whether * leaves a field out: those of Elasticsearch and Kuzzle begin with _.
func isHidden(name string) bool { return strings.HasPrefix(name, "_") }

// leaves are all scalars of a document, sorted by their paths.
type leaves struct {
	turn  uint64
	list  []leaf
	paths []byte
}

// leaf is a scalar of a document.
type leaf struct {
	from, to int // its path
	value    []byte
}

// allLeaves returns the leaves of the document.
func (d *document) allLeaves() *leaves {
	l := &d.leaves
	if l.turn == d.turn {
		return l
	}
	l.turn, l.list, l.paths = d.turn, l.list[:0], l.paths[:0]
	fieldpath.Leaves(d.body(), func(path, value []byte) {
		begin := len(l.paths)
		if d.nested != "" {
			l.paths = append(append(l.paths, d.nested...), '.')
		}
		l.paths = append(l.paths, path...)
		l.list = append(l.list, leaf{begin, len(l.paths), value})
	})
	slices.SortStableFunc(l.list, func(a, b leaf) int { return bytes.Compare(l.path(a), l.path(b)) })
	return l
}

func (l *leaves) path(one leaf) []byte { return l.paths[one.from:one.to] }

// some says whether the leaves of one field meet a test, of the fields that match a pattern.
func (l *leaves) some(pattern string, meets func(group []leaf) bool) bool {
	for begin := 0; begin < len(l.list); {
		path, end := l.path(l.list[begin]), begin+1
		for end < len(l.list) && bytes.Equal(l.path(l.list[end]), path) {
			end++
		}
		if l.matches(pattern, path) && meets(l.list[begin:end]) {
			return true
		}
		begin = end
	}
	return false
}

func (l *leaves) matches(pattern string, path []byte) bool {
	if pattern == "*" {
		return len(path) == 0 || path[0] != '_'
	}
	return matchesStars(pattern, string(path))
}

// ofTarget returns the test of a document: that one field does of those that a target stands for. Fields of a document
// that no mapping has are not counted: what is found in them scores 1.
func (t *fieldTest) ofTarget(c *compiler, at target) part {
	if at.field != nil || t.whole.test != nil {
		return t.of(c, at.field)
	}
	words, s, value := t.words, t.scan, t.value
	return c.constant(func(d *document) bool {
		return d.allLeaves().some(at.pattern, func(group []leaf) bool {
			return words != nil && words(s.readGroup(d, group)) || value != nil && someLeaf(d, group, value)
		})
	})
}

func someLeaf(d *document, group []leaf, meets valueTest) bool {
	return slices.ContainsFunc(group, func(l leaf) bool { return meets(d, l.value) })
}
