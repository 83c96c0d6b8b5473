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
	d := differ{patch: rawjson.Compile(before)}
	d.found.grow(d.patch.Nodes())
	return d.object(d.patch.Root(), after)
}

// differ is one diff under way.
type differ struct {
	patch *rawjson.Patch // before
	found nodeSet        // its nodes that are in after, too
}

// object returns the difference between a node of before and an object of after.
func (d *differ) object(node int, after []byte) (diff difference) {
	for key, value := range rawjson.Members(after) {
		_, escaped := rawjson.SkipString(key, 0)
		c := d.patch.Find(node, key, escaped)
		if c == 0 {
			diff.set = appendTo(diff.set, key, value)
			continue
		}
		d.found.add(c)
		switch {
		case rawjson.Equal(d.patch.Value(c), value):
		case d.patch.IsObject(c) && isObject(value):
			below := d.object(c, value)
			if below.set != nil {
				diff.set = appendTo(diff.set, key, below.set)
			}
			if below.remove != nil {
				diff.remove = appendTo(diff.remove, key, below.remove)
			}
		default:
			diff.set = appendTo(diff.set, key, value)
		}
	}
	for c := d.patch.First(node); c < d.patch.End(node); c = d.patch.Next(c) {
		if !d.found.has(c) {
			diff.remove = appendTo(diff.remove, d.patch.Key(c), []byte("null"))
		}
	}
	diff.set, diff.remove = closed(diff.set), closed(diff.remove)
	return diff
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
