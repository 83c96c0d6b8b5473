package kuzzlite

import (
	"strings"
	"unicode"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// What a program has changed of a value: the difference between the JSON of the value before and after, as changes to
// the document that the value was read from. What the value does not know of the document, and numbers that the value
// cannot hold, stay as they are in the document, also within lists, as long as the program leaves them alone.

// difference is what leads from one object to another.
type difference struct {
	set    []byte // an object to merge by MergeElasticsearch; nil: nothing is set
	remove []byte // an object to merge by MergePatch, with null for each member that goes; nil: nothing goes
}

// diff returns what changes a stored object as a value was changed that is before, and was made of it, into after. All
// are compact.
func diff(stored, before, after []byte) difference { return diffWithin(stored, before, after, 0) }

// diffWithin is diff of objects within so many lists.
func diffWithin(stored, before, after []byte, lists int) difference {
	d := differ{
		stored: rawjson.Compile(stored), before: rawjson.Compile(before), after: rawjson.Compile(after), lists: lists,
	}
	d.found.grow(d.before.Nodes())
	d.object(d.stored.Root(), d.before.Root(), d.after.Root())
	return difference{set: d.set.closed(), remove: d.remove.closed()}
}

// differ is one diff under way.
type differ struct {
	stored, before, after *rawjson.Patch

	lists       int     // around the objects
	found       nodeSet // nodes of before that are in after, too
	set, remove sparse
}

// object works out the difference between two nodes that are objects, for one that is stored.
func (d *differ) object(stored, before, after int) {
	others := d.otherOrigins(stored, before)
	for n, end := d.after.First(after), d.after.End(after); n < end; n = d.after.Next(n) {
		key, value := d.after.Key(n), d.after.Value(n)
		_, escaped := rawjson.SkipString(key, 0)
		b := d.before.Find(before, key, escaped)
		if b == 0 {
			d.set.add(key, value)
			continue
		}
		d.found.add(b)
		s := d.origin(stored, b, others)
		if s != 0 {
			key = d.stored.Key(s)
		}
		switch {
		case s != 0 && d.stored.IsObject(s) && d.before.IsObject(b) && d.after.IsObject(n):
			d.set.enter(key)
			d.remove.enter(key)
			d.object(s, b, n)
			d.set.leave()
			d.remove.leave()
		case rawjson.Equal(d.before.Value(b), value):
		case s != 0:
			d.set.add(key, rebase(d.stored.Value(s), d.before.Value(b), value, d.lists))
		default:
			d.set.add(key, value)
		}
	}
	for b, end := d.before.First(before), d.before.End(before); b < end; b = d.before.Next(b) {
		if d.found.has(b) {
			continue
		}
		for _, s := range append(others[b], d.exactOrigin(stored, b)) {
			if s != 0 {
				d.remove.add(d.stored.Key(s), []byte("null"))
			}
		}
	}
}

// exactOrigin returns the member of a stored node that has the key of a member b of before; 0 if there is none.
func (d *differ) exactOrigin(stored, b int) int {
	key := d.before.Key(b)
	_, escaped := rawjson.SkipString(key, 0)
	return d.stored.Find(stored, key, escaped)
}

// origin returns the member of a stored node that a member b of before was read from; 0 if there is none. encoding/json
// reads one member after the other, and each that is for a field takes the place of those before it.
func (d *differ) origin(stored, b int, others map[int][]int) int {
	last := d.exactOrigin(stored, b)
	for _, s := range others[b] {
		last = max(last, s)
	}
	return last
}

// otherOrigins returns the members of a stored node that encoding/json has read into members of a node of before whose
// keys differ in case: it does so where no key is the same.
func (d *differ) otherOrigins(stored, before int) (others map[int][]int) {
	var folded map[string]int
	for s, end := d.stored.First(stored), d.stored.End(stored); s < end; s = d.stored.Next(s) {
		key := d.stored.Key(s)
		if _, escaped := rawjson.SkipString(key, 0); d.before.Find(before, key, escaped) != 0 {
			continue
		}
		if folded == nil {
			folded = make(map[string]int)
			for b, end := d.before.First(before), d.before.End(before); b < end; b = d.before.Next(b) {
				if name := fold(d.before.Key(b)); folded[name] == 0 {
					folded[name] = b
				}
			}
		}
		if b := folded[fold(key)]; b != 0 {
			if others == nil {
				others = make(map[int][]int)
			}
			others[b] = append(others[b], s)
		}
	}
	return others
}

// fold returns what keys have in common that encoding/json takes for one another.
func fold(key []byte) string {
	name, err := rawjson.Unquote(key)
	if err != nil {
		name = string(key) // of one with a lone surrogate, which no Go string can hold
	}
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, name)
}

// mostLists is within how many lists a list is compared with what it was. Each costs a walk over what is in it.
const mostLists = 16

// rebase returns a stored value changed as before was changed into after, which differs.
func rebase(stored, before, after []byte, lists int) []byte {
	switch {
	case isObject(stored) && isObject(before) && isObject(after):
		d := diffWithin(stored, before, after, lists)
		if d.set != nil {
			stored, _ = mergeInto(nil, stored, rawjson.Compile(d.set), MergeElasticsearch)
		}
		if d.remove != nil {
			stored, _ = mergeInto(nil, stored, rawjson.Compile(d.remove), MergePatch)
		}
		return stored
	case isArray(stored) && isArray(before) && isArray(after) && lists < mostLists:
		return rebaseArray(elementsOf(stored), elementsOf(before), elementsOf(after), after, lists+1)
	}
	return after
}

// rebaseArray is rebase for the elements of lists. What is the same at the beginning and at the end of before and after
// stays as it is stored; if there are as many elements between as there were, each is the one in the same place.
func rebaseArray(stored, before, after [][]byte, whole []byte, lists int) []byte {
	if len(stored) != len(before) {
		return whole // the value was made in some other way
	}
	first, last := 0, 0
	shorter := min(len(before), len(after))
	for first < shorter && rawjson.Equal(before[first], after[first]) {
		first++
	}
	for last < shorter-first && rawjson.Equal(before[len(before)-1-last], after[len(after)-1-last]) {
		last++
	}
	out := []byte{'['}
	for i, element := range after {
		switch {
		case i < first:
			element = stored[i]
		case i >= len(after)-last:
			element = stored[i-len(after)+len(before)]
		case len(before) != len(after):
		case rawjson.Equal(before[i], element):
			element = stored[i]
		default:
			element = rebase(stored[i], before[i], element, lists)
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, element...)
	}
	return append(out, ']')
}

func isArray(b []byte) bool { return len(b) > 0 && b[0] == '[' }

// elementsOf returns the elements of a list that is known to be JSON.
func elementsOf(list []byte) (elements [][]byte) {
	for element := range rawjson.Elements(list, hardMaxDepth) {
		elements = append(elements, element)
	}
	return elements
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
