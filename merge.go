package kuzzlite

import (
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Merging rules.
//
//  1. A merge walks the stored document once and copies it, except where the change differs. Bytes that
//     the change does not touch stay as they are: numbers beyond 2^53, 1.10, escapes, the order of keys.
//  2. Where both sides hold an object, their members are merged. Otherwise the change's value
//     replaces the stored one: arrays whole, null as null, an object over a scalar and the reverse.
//     So {} over an object changes nothing. A dot in a key means nothing.
//  3. A new member is appended to its object, in the order of the request.
//  4. A value that equals the stored one (rawjson.Equal: numbers by value and kind) keeps the stored bytes.
//     So a merge that changes nothing gives the stored document, byte for byte.
//  5. In MergePatch, null removes the member, and is never stored from an object of the change;
//     nulls in arrays stay. Removing what is not there changes nothing.
//
// Both texts are compact and valid: they have been through rawjson.Compact.

// MergeMode says how a change is merged into a stored document.
type MergeMode uint8

const (
	// MergeElasticsearch merges objects recursively and stores null
	// (Elasticsearch: partial update; Kuzzle: update, upsert and their m-forms).
	MergeElasticsearch MergeMode = iota

	// MergePatch is JSON Merge Patch (RFC 7396): as MergeElasticsearch, but null removes. In a document that is created
	// null in the changes removes what the default has, where by CreateRule the change wins; a null of the default stays.
	MergePatch
)

// CreateRule says what a new document consists of when an upsert has both changes and a default.
type CreateRule uint8

const (
	// ChangesDeep merges the changes into the default as into a stored document: the default adds what the changes lack,
	// objects recursively, and where both have a value the change wins. Keys of the default come first.
	ChangesDeep CreateRule = iota

	// ChangesShallow puts the top-level members of the changes over those of the default
	// (Kuzzle: upsert). Keys of the default come first.
	ChangesShallow

	// DefaultsDeep merges the default into the changes, objects recursively. Where both have a value that is not an
	// object on both sides, the default wins. Keys of the changes come first.
	DefaultsDeep

	// DefaultsShallow puts the top-level members of the default over those of the changes
	// (Kuzzle: mUpsert). Keys of the changes come first.
	DefaultsShallow
)

// mergeInto appends target, changed by p, to dst. If nothing changed, it appends target as it is.
// A target that is no object counts as an empty one, as in RFC 7396.
func mergeInto(dst, target []byte, p *rawjson.Patch, mode MergeMode) (out []byte, changed bool) {
	m := merger{out: dst, target: target, patch: p, deep: true, removeNull: mode == MergePatch}
	return m.run()
}

// combineNew appends the document that is created from changes and defaults to dst; defaults may be nil. With
// removeNull a null of what wins removes what the other one has.
func combineNew(dst, changes, defaults []byte, rule CreateRule, removeNull bool) []byte {
	if len(defaults) == 0 {
		return append(dst, changes...)
	}
	target, over := defaults, changes
	if rule == DefaultsDeep || rule == DefaultsShallow {
		target, over = changes, defaults
	}
	p := patches.Get().(*rawjson.Patch)
	p.Reset(over)
	m := merger{
		out: dst, target: target, patch: p, deep: rule == ChangesDeep || rule == DefaultsDeep, overwrite: true,
		removeNull: removeNull,
	}
	out, _ := m.run()
	p.Reset(nil)
	patches.Put(p)
	return out
}

// A merger is one merge under way.
type merger struct {
	out    []byte
	target []byte
	copied int // target[:copied] is in out, or removed
	patch  *rawjson.Patch
	found  nodeSet // nodes of the patch that are in the target

	deep       bool // merge objects within objects
	removeNull bool // null in the patch removes
	overwrite  bool // equal values, too, are written as in the patch
	changed    bool
}

func (m *merger) run() ([]byte, bool) {
	if len(m.target) == 0 || m.target[0] != '{' {
		m.out = m.appendNew(m.out, m.patch.Root())
		return m.out, true
	}
	m.found.grow(m.patch.Nodes())
	m.object(0, m.patch.Root())
	return append(m.out, m.target[m.copied:]...), m.changed
}

// object merges node into the object at target[i:] and returns where that ends.
func (m *merger) object(i, node int) int {
	t := m.target
	left := m.patch.Len(node) // members of node not yet met
	kept := false             // whether a member stands in out before i
	i++
	for left > 0 && i < len(t) && t[i] == '"' {
		key := i
		end, escaped := rawjson.SkipString(t, key)
		value := end + 1
		c := m.patch.Find(node, t[key:end], escaped)
		switch {
		case c == 0:
			i = rawjson.Skip(t, value)
			kept = true
		case m.removeNull && m.patch.IsNull(c):
			left--
			m.found.add(c)
			i = m.remove(key, value, kept)
			continue
		default:
			left--
			m.found.add(c)
			i = m.member(value, c)
			kept = true
		}
		if i < len(t) && t[i] == ',' {
			i++
		}
	}
	if left == 0 {
		if node == m.patch.Root() {
			return len(t) // the rest of the document stays as it is
		}
		return rawjson.SkipRest(t, i)
	}
	m.appendMissing(i, node, kept)
	return min(i+1, len(t))
}

// member merges node into the value at target[i:] and returns where that ends.
func (m *merger) member(i, node int) int {
	if m.deep && m.patch.IsObject(node) && i < len(m.target) && m.target[i] == '{' {
		return m.object(i, node)
	}
	end := rawjson.Skip(m.target, i)
	if !m.overwrite && rawjson.Equal(m.target[min(i, end):end], m.patch.Value(node)) {
		return end
	}
	m.flush(i)
	m.out = m.appendNew(m.out, node)
	m.copied = end
	m.changed = true
	return end
}

// remove drops the member whose key is at target[key:], with one comma. It returns where the next key starts,
// or the closing brace.
func (m *merger) remove(key, value int, kept bool) int {
	next := rawjson.Skip(m.target, value)
	end := next
	comma := next < len(m.target) && m.target[next] == ','
	if comma {
		next++
	}
	if kept {
		m.flush(key - 1)
	} else {
		m.flush(key)
		end = next
	}
	m.copied = end
	m.changed = true
	return next
}

// appendMissing writes the members of node that are not in the object that closes at target[i].
func (m *merger) appendMissing(i, node int, comma bool) {
	for c, end := m.patch.First(node), m.patch.End(node); c < end; c = m.patch.Next(c) {
		if m.found.has(c) || m.removeNull && m.patch.IsNull(c) {
			continue
		}
		m.flush(i)
		if comma {
			m.out = append(m.out, ',')
		}
		comma = true
		m.out = append(append(m.out, m.patch.Key(c)...), ':')
		m.out = m.appendNew(m.out, c)
		m.changed = true
	}
}

// appendNew writes the value of node where the target has none to merge it with.
func (m *merger) appendNew(out []byte, node int) []byte {
	if !m.removeNull || !m.patch.IsObject(node) {
		return append(out, m.patch.Value(node)...)
	}
	out = append(out, '{')
	comma := false
	for c, end := m.patch.First(node), m.patch.End(node); c < end; c = m.patch.Next(c) {
		if m.patch.IsNull(c) {
			continue
		}
		if comma {
			out = append(out, ',')
		}
		comma = true
		out = append(append(out, m.patch.Key(c)...), ':')
		out = m.appendNew(out, c)
	}
	return append(out, '}')
}

// flush copies what the merge has passed of the target, up to i.
func (m *merger) flush(i int) {
	if m.copied < i && i <= len(m.target) {
		m.out = append(m.out, m.target[m.copied:i]...)
		m.copied = i
	}
}

// A nodeSet is a set of nodes of a patch.
type nodeSet struct {
	few  [4]uint64
	many []uint64 // instead of few, if there are more nodes than fit
}

func (s *nodeSet) grow(nodes int) {
	if nodes > 64*len(s.few) {
		s.many = make([]uint64, (nodes+63)/64)
	}
}

func (s *nodeSet) words() []uint64 {
	if s.many != nil {
		return s.many
	}
	return s.few[:]
}

func (s *nodeSet) add(n int) { s.words()[n/64] |= 1 << (n % 64) }

func (s *nodeSet) has(n int) bool { return s.words()[n/64]&(1<<(n%64)) != 0 }

// mergeUpdate returns what changes make of a document, see door.Merge.
func mergeUpdate(document, changes []byte) []byte {
	merged, _ := mergeInto(nil, document, rawjson.Compile(changes), MergeElasticsearch)
	return merged
}
