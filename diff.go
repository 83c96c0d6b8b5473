package kuzzlite

import (
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// What a program has changed of a value: the difference between the JSON of the value before and after. It says nothing
// of what the value does not know of a document, and nothing of numbers that the value cannot hold, as long as the
// program leaves them alone.

// difference is what leads from one object to another.
type difference struct {
	set    []byte // an object to merge by MergeElasticsearch; nil: nothing is set
	remove []byte // an object to merge by MergePatch, with null for each member that goes; nil: nothing goes
}

// diff returns the difference between two compact objects.
func diff(before, after []byte) difference {
	d := differ{before: rawjson.Compile(before), after: rawjson.Compile(after)}
	d.found.grow(d.before.Nodes())
	d.object(d.before.Root(), d.after.Root())
	return difference{set: d.set.closed(), remove: d.remove.closed()}
}

// differ is one diff under way.
type differ struct {
	before, after *rawjson.Patch
	found         nodeSet // nodes of before that are in after, too
	set, remove   sparse
}

// object works out the difference between two nodes that are objects.
func (d *differ) object(old, new int) {
	for n, end := d.after.First(new), d.after.End(new); n < end; n = d.after.Next(n) {
		key, value := d.after.Key(n), d.after.Value(n)
		_, escaped := rawjson.SkipString(key, 0)
		c := d.before.Find(old, key, escaped)
		if c == 0 {
			d.set.add(key, value)
			continue
		}
		d.found.add(c)
		switch {
		case d.before.IsObject(c) && d.after.IsObject(n):
			d.set.enter(key)
			d.remove.enter(key)
			d.object(c, n)
			d.set.leave()
			d.remove.leave()
		case !rawjson.Equal(d.before.Value(c), value):
			d.set.add(key, value)
		}
	}
	for c, end := d.before.First(old), d.before.End(old); c < end; c = d.before.Next(c) {
		if !d.found.has(c) {
			d.remove.add(d.before.Key(c), []byte("null"))
		}
	}
}

// sparse is an object in the making: an object within it is only written once it has a member.
type sparse struct {
	text []byte
	path [][]byte // the keys of the objects that are entered
	open int      // how many objects are open in text: the outermost, and as many of path
}

func (s *sparse) enter(key []byte) { s.path = append(s.path, key) }

func (s *sparse) leave() {
	if s.open > len(s.path) {
		s.text = append(s.text, '}')
		s.open--
	}
	s.path = s.path[:len(s.path)-1]
}

func (s *sparse) add(key, value []byte) {
	if s.open == 0 {
		s.text, s.open = append(s.text, '{'), 1
	}
	for ; s.open <= len(s.path); s.open++ {
		s.text = appendMember(s.text, s.path[s.open-1], []byte("{"))
	}
	s.text = appendMember(s.text, key, value)
}

// closed returns the object, nil if it has no members.
func (s *sparse) closed() []byte {
	if s.open == 0 {
		return nil
	}
	return append(s.text, '}')
}
