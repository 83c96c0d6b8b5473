package kuzzlite

import (
	"bytes"

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
func diff(stored, before, after []byte) difference {
	d := differ{stored: rawjson.Compile(stored), before: rawjson.Compile(before)}
	d.found.grow(d.before.Nodes())
	return d.object(d.stored.Root(), d.before.Root(), after)
}

// differ is one diff under way.
type differ struct {
	stored, before *rawjson.Patch
	found          nodeSet // nodes of before that are in after, too
}

// object returns the difference between a node of before and an object of after, for a node of stored.
func (d *differ) object(stored, before int, after []byte) (diff difference) {
	for key, value := range rawjson.Members(after) {
		_, escaped := rawjson.SkipString(key, 0)
		b := d.before.Find(before, key, escaped)
		if b == 0 {
			diff.set = appendTo(diff.set, key, value)
			continue
		}
		d.found.add(b)
		if !rawjson.Equal(d.before.Value(b), value) {
			d.member(&diff, stored, before, b, value)
		}
	}
	for b := d.before.First(before); b < d.before.End(before); b = d.before.Next(b) {
		if d.found.has(b) {
			continue
		}
		if s := d.origin(stored, before, b); s != 0 {
			diff.remove = appendTo(diff.remove, d.stored.Key(s), []byte("null"))
		}
	}
	diff.set, diff.remove = closed(diff.set), closed(diff.remove)
	return diff
}

// member adds the difference between a member b of a node of before and its value now.
func (d *differ) member(diff *difference, stored, before, b int, value []byte) {
	s := d.origin(stored, before, b)
	switch {
	case s == 0:
		diff.set = appendTo(diff.set, d.before.Key(b), value)
	case d.stored.IsObject(s) && d.before.IsObject(b) && isObject(value):
		below := d.object(s, b, value)
		if below.set != nil {
			diff.set = appendTo(diff.set, d.stored.Key(s), below.set)
		}
		if below.remove != nil {
			diff.remove = appendTo(diff.remove, d.stored.Key(s), below.remove)
		}
	default:
		diff.set = appendTo(diff.set, d.stored.Key(s), rebase(d.stored.Value(s), d.before.Value(b), value))
	}
}

// origin returns the member of a stored node that member b of a node of before was read from; 0 if there is none.
// encoding/json takes a key that differs in case where there is no better one.
func (d *differ) origin(stored, before, b int) int {
	key := d.before.Key(b)
	_, escaped := rawjson.SkipString(key, 0)
	if s := d.stored.Find(stored, key, escaped); s != 0 {
		return s
	}
	for s := d.stored.First(stored); s < d.stored.End(stored); s = d.stored.Next(s) {
		if other := d.stored.Key(s); bytes.EqualFold(other, key) {
			if _, escaped := rawjson.SkipString(other, 0); d.before.Find(before, other, escaped) == 0 {
				return s
			}
		}
	}
	return 0
}

// rebase returns a stored value changed as before was changed into after.
func rebase(stored, before, after []byte) []byte {
	switch {
	case rawjson.Equal(before, after):
		return stored
	case isObject(stored) && isObject(before) && isObject(after):
		d := diff(stored, before, after)
		if d.set != nil {
			stored, _ = mergeInto(nil, stored, rawjson.Compile(d.set), MergeElasticsearch)
		}
		if d.remove != nil {
			stored, _ = mergeInto(nil, stored, rawjson.Compile(d.remove), MergePatch)
		}
		return stored
	case isArray(stored) && isArray(before) && isArray(after):
		return rebaseArray(elementsOf(stored), elementsOf(before), elementsOf(after), after)
	}
	return after
}

// rebaseArray is rebase for the elements of arrays. What is the same at the beginning and at the end of before and after
// stays as it is stored; if there are as many elements between as there were, each is the one in the same place.
func rebaseArray(stored, before, after [][]byte, whole []byte) []byte {
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
		case len(before) == len(after):
			element = rebase(stored[i], before[i], element)
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, element...)
	}
	return append(out, ']')
}

func isArray(b []byte) bool { return len(b) > 0 && b[0] == '[' }

// elementsOf returns the elements of an array that is known to be JSON.
func elementsOf(array []byte) (list [][]byte) {
	for element := range rawjson.Elements(array, hardMaxDepth) {
		list = append(list, element)
	}
	return list
}

// appendTo appends a member to an object that is open, or begins one.
func appendTo(obj, key, value []byte) []byte {
	if obj == nil {
		obj = []byte{'{'}
	}
	return appendMember(obj, key, value)
}

func closed(obj []byte) []byte {
	if obj == nil {
		return nil
	}
	return append(obj, '}')
}
