package kuzzlite

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// The model of a store: plain maps, naive rules, one write after the other. model_run_test.go holds the store to it.

type model struct {
	now         int64 // ms since 1970
	retention   int64 // of tombstones, ms
	indexes     map[string]map[string]*modelCollection
	changes     []Change // all, from sequence 1
	autoCreates bool

	pause        int64 // from one sweep to the next, ms
	unswept      bool  // what has expired stays until a call meets it
	armed, swept int64 // when what has expired is removed next, 0 for never; and when that was done last
}

// clone returns a model that goes on by itself. Bodies are never written to.
func (m *model) clone() *model {
	c := *m
	c.changes = slices.Clip(m.changes)
	c.indexes = map[string]map[string]*modelCollection{}
	for index, collections := range m.indexes {
		c.indexes[index] = map[string]*modelCollection{}
		for name, col := range collections {
			c.indexes[index][name] = col.clone()
		}
	}
	return &c
}

type modelCollection struct {
	docs   map[string]modelDoc
	graves map[string]modelGrave
	fields map[string]FieldIndex // by name
}

type modelDoc struct {
	version uint64
	body    map[string]any
	expires int64 // ms since 1970; 0: never
}

type modelGrave struct {
	version uint64
	at      int64
}

// modelCall is a writing call, and modelItem one of its documents.
type modelCall struct {
	verb              string
	index, collection string
	items             []modelItem
	o                 WriteOptions
}

type modelItem struct {
	id       string
	content  any // what is upserted or written, an object if it is to be accepted
	defaults any
	want     *uint64
	fields   []string
}

// modelEntry is what becomes of an item.
type modelEntry struct {
	position int
	id       string
	err      error // a sentinel, and then the rest is zero
	status   int
	created  bool
	noop     bool
	version  uint64
	body     map[string]any
	updated  []string
	sequence uint64
}

func newModelCollection() *modelCollection {
	return &modelCollection{map[string]modelDoc{}, map[string]modelGrave{}, map[string]FieldIndex{}}
}

func (c *modelCollection) clone() *modelCollection {
	return &modelCollection{maps.Clone(c.docs), maps.Clone(c.graves), maps.Clone(c.fields)}
}

// collection returns a collection, or the error of one that is unknown.
func (m *model) collection(index, name string) (*modelCollection, error) {
	cols, ok := m.indexes[index]
	if !ok {
		return nil, ErrUnknownIndex
	}
	if cols[name] == nil {
		return nil, ErrUnknownCollection
	}
	return cols[name], nil
}

func (m *model) note(c Change) {
	c.Sequence = uint64(len(m.changes) + 1)
	c.Time = time.UnixMilli(m.now).UTC()
	m.changes = append(m.changes, c)
}

func (m *model) createIndex(index string) error {
	if m.indexes[index] != nil {
		return ErrExists
	}
	m.indexes[index] = map[string]*modelCollection{}
	m.note(Change{Op: OpCreateIndex, Index: index})
	return nil
}

func (m *model) createCollection(index, name string) error {
	if _, err := m.collection(index, name); err == nil {
		return ErrExists
	}
	_ = m.createIndex(index)
	m.indexes[index][name] = newModelCollection()
	m.note(Change{Op: OpCreateCollection, Index: index, Collection: name})
	return nil
}

func (m *model) deleteIndex(index string, o WriteOptions) error {
	if m.indexes[index] == nil {
		return ErrUnknownIndex
	}
	delete(m.indexes, index)
	m.noteWhole(OpDeleteIndex, index, "", o)
	return nil
}

func (m *model) deleteCollection(index, name string, o WriteOptions) error {
	if _, err := m.collection(index, name); err != nil {
		return err
	}
	delete(m.indexes[index], name)
	m.noteWhole(OpDeleteCollection, index, name, o)
	return nil
}

func (m *model) truncate(index, name string, o WriteOptions) error {
	if _, err := m.collection(index, name); err != nil {
		return err
	}
	fields := m.indexes[index][name].fields
	m.indexes[index][name] = newModelCollection()
	m.indexes[index][name].fields = fields
	m.noteWhole(OpTruncate, index, name, o)
	return nil
}

// noteWhole notes a change of a whole collection, or of an index.
func (m *model) noteWhole(op Op, index, name string, o WriteOptions) {
	m.note(Change{Op: op, Index: index, Collection: name, User: o.User, Silent: o.Silent, LocalOnly: o.LocalOnly,
		Origin: o.Origin})
}

// write makes a call. The entries are in the order of their positions; err is the call's.
func (m *model) write(call *modelCall) (entries []modelEntry, err error) {
	if len(call.items) == 0 {
		return nil, nil
	}
	c, err := m.collection(call.index, call.collection)
	if err != nil && !m.autoCreates {
		return nil, err
	}
	refused := 0
	for n, it := range call.items {
		if call.refuses(it) {
			entries = append(entries, modelEntry{position: n, err: ErrInvalid})
			refused++
		}
	}
	if call.o.Atomic && refused > 0 {
		return entries, ErrIncomplete
	}
	if c != nil {
		m.removeNamed(call, c)
	}
	work := newModelCollection()
	if c != nil {
		work = c.clone()
	}
	var changes []Change
	for n, it := range call.items {
		if call.refuses(it) {
			continue
		}
		e, change := m.item(work, call, it)
		e.position = n
		entries = append(entries, e)
		if change != nil {
			changes = append(changes, *change)
		}
	}
	slices.SortFunc(entries, func(a, b modelEntry) int { return a.position - b.position })
	failed := slices.ContainsFunc(entries, func(e modelEntry) bool { return e.err != nil })
	if call.o.Atomic && failed {
		return slices.DeleteFunc(entries, func(e modelEntry) bool { return e.err == nil }), ErrIncomplete
	}
	if len(changes) > 0 {
		m.commit(call, work, changes)
		next := uint64(len(m.changes) - len(changes))
		for i := range entries {
			if e := &entries[i]; e.err == nil && !e.noop {
				next++
				e.sequence = next
			}
		}
	}
	if failed && call.o.Strict {
		err = ErrIncomplete
	} else {
		err = nil
	}
	return entries, err
}

func (m *model) commit(call *modelCall, c *modelCollection, changes []Change) {
	if _, err := m.collection(call.index, call.collection); err != nil {
		_ = m.createCollection(call.index, call.collection)
	}
	m.indexes[call.index][call.collection] = c
	for _, change := range changes {
		m.note(change)
		m.waitFor(c.docs[change.ID].expires)
	}
}

// refuses says whether an item is refused without a look at the store.
func (call *modelCall) refuses(it modelItem) bool {
	hasContent := call.verb != "Delete" && call.verb != "DeleteFields"
	_, isObject := it.content.(map[string]any)
	_, hasObject := it.defaults.(map[string]any)
	return it.id == "" || hasContent && !isObject || it.defaults != nil && !hasObject
}

// item makes one write in c.
func (m *model) item(c *modelCollection, call *modelCall, it modelItem) (modelEntry, *Change) {
	doc, exists := c.docs[it.id]
	e := modelEntry{id: it.id, status: 200}
	switch {
	case call.verb == "Create" && exists:
		return modelEntry{id: it.id, err: ErrExists}, nil
	case !exists && call.verb != "Create" && call.verb != "CreateOrReplace" && call.verb != "Upsert":
		return modelEntry{id: it.id, err: ErrNotFound}, nil
	case it.want != nil && *it.want != doc.version:
		return modelEntry{id: it.id, err: ErrConflict}, nil
	}
	content, _ := it.content.(map[string]any)
	change := &Change{Index: call.index, Collection: call.collection, ID: it.id, User: call.o.User, Silent: call.o.Silent,
		LocalOnly: call.o.LocalOnly, Origin: call.o.Origin}
	patch := call.o.Merge == MergePatch
	switch merges := call.verb == "Upsert" || call.verb == "Update"; {
	case call.verb == "Delete":
		change.Op = OpDelete
	case call.verb == "DeleteFields":
		change.Op = OpUpdate
		e.body, change.Paths = modelUnset(doc.body, it.fields)
		if slices.ContainsFunc(change.Paths, func(path string) bool {
			_, isKey := doc.body[path]
			return isKey && strings.Contains(path, ".")
		}) {
			change.Paths = nil // a key with a dot, or two keys
		}
	case merges && exists:
		paths, covered := modelPaths("", content)
		if change.Op = OpUpdate; covered {
			change.Paths = paths
		}
		e.body = modelMerge(doc.body, content, patch).(map[string]any)
		e.noop = reflect.DeepEqual(e.body, doc.body) && m.expires(call, doc) == doc.expires
		if !call.o.Silent {
			e.updated = append([]string{}, paths...)
		}
	case merges:
		change.Op = OpCreate
		e.body = modelNew(content, it.defaults, patch, call.o.OnCreate)
	default:
		change.Op, e.body = OpReplace, content
		if !exists {
			change.Op = OpCreate
		}
	}
	if change.Op == OpCreate {
		e.status, e.created = 201, true
	}
	if e.noop {
		e.version = doc.version
		return e, nil
	}
	if e.body != nil && m.taken(c, it.id, e.body) {
		return modelEntry{id: it.id, err: ErrNotUnique}, nil
	}
	e.version = m.store(c, it.id, modelDoc{body: e.body, expires: m.expires(call, doc)})
	change.Version = e.version
	return e, change
}

// store puts a document into c, or deletes it if the body is nil, and returns the new version.
func (m *model) store(c *modelCollection, id string, doc modelDoc) uint64 {
	version := c.docs[id].version + 1
	if g, ok := c.graves[id]; ok && m.now-g.at <= m.retention {
		version = g.version + 1
	}
	delete(c.graves, id)
	if doc.version = version; doc.body == nil {
		delete(c.docs, id)
		c.graves[id] = modelGrave{version, m.now}
	} else {
		c.docs[id] = doc
	}
	return version
}

// modelMerge merges a change into a value.
func modelMerge(target, change any, patch bool) any {
	c, ok := change.(map[string]any)
	if !ok {
		return change
	}
	t, ok := target.(map[string]any)
	if !ok && !patch {
		return change
	}
	out := map[string]any{}
	maps.Copy(out, t)
	for k, v := range c {
		if old, present := out[k]; patch && v == nil {
			delete(out, k)
		} else if present || patch {
			out[k] = modelMerge(old, v, patch)
		} else {
			out[k] = v
		}
	}
	return out
}

// modelNew is the document that an upsert creates.
func modelNew(changes map[string]any, defaults any, patch bool, rule CreateRule) map[string]any {
	d, _ := defaults.(map[string]any)
	if rule == ChangesDeep {
		return modelMerge(d, changes, patch).(map[string]any)
	}
	given := changes
	if patch {
		changes = modelMerge(nil, changes, true).(map[string]any)
	}
	out := map[string]any{}
	switch rule {
	case DefaultsDeep:
		return modelMerge(changes, d, false).(map[string]any)
	case DefaultsShallow:
		maps.Copy(out, changes)
		maps.Copy(out, d)
	case ChangesShallow:
		maps.Copy(out, d)
		maps.Copy(out, changes)
		for k, v := range given {
			if patch && v == nil {
				delete(out, k)
			}
		}
	}
	return out
}

// modelPaths are the leaves of an object, in the order in which encoding/json writes them, and whether there is nothing
// else in the object, such as an empty object.
func modelPaths(prefix string, obj map[string]any) (paths []string, covered bool) {
	covered = len(obj) > 0 || prefix == ""
	for _, k := range slices.Sorted(maps.Keys(obj)) {
		if child, ok := obj[k].(map[string]any); ok {
			below, all := modelPaths(prefix+k+".", child)
			paths, covered = append(paths, below...), covered && all
		} else {
			paths = append(paths, prefix+k)
		}
		covered = covered && k != "" && !strings.ContainsAny(k, ".[")
	}
	return paths, covered
}

// modelUnset removes fields from an object, and says which were there. Of paths it knows keys and dots.
func modelUnset(obj map[string]any, fields []string) (out map[string]any, removed []string) {
	out = decoded(obj)
	for _, path := range fields {
		at, keys := out, []string{path}
		if _, ok := out[path]; !ok {
			keys = strings.Split(path, ".")
		}
		for _, k := range keys[:len(keys)-1] {
			at, _ = at[k].(map[string]any)
		}
		last := keys[len(keys)-1]
		if _, ok := at[last]; ok {
			delete(at, last)
			removed = append(removed, path)
		}
	}
	return out, removed
}

// decoded returns a copy of an object as it comes back from JSON.
func decoded(obj any) (out map[string]any) {
	b, err := json.Marshal(obj)
	if err := errors.Join(err, json.Unmarshal(b, &out)); err != nil {
		panic(err)
	}
	return out
}
