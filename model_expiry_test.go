package kuzzlite

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// The model's rules of documents that expire. What removes them in the background looks at the earliest time, with a
// clock that moves by itself not more than once a second.

// expires returns when a document expires that a call leaves behind.
func (m *model) expires(call *modelCall, doc modelDoc) int64 {
	switch after := call.o.ExpireAfter; {
	case after > 0:
		return m.now + after.Milliseconds()
	case after < 0:
		return 0
	}
	switch call.verb {
	case "Upsert", "Update", "DeleteFields":
		return doc.expires
	}
	return 0
}

func (m *model) isDue(doc modelDoc) bool { return doc.expires != 0 && doc.expires <= m.now }

// live returns the documents of a collection that have not expired.
func (m *model) live(c *modelCollection) map[string]modelDoc {
	docs := maps.Clone(c.docs)
	maps.DeleteFunc(docs, func(_ string, doc modelDoc) bool { return m.isDue(doc) })
	return docs
}

// remove removes documents that have expired.
func (m *model) remove(index, collection string, ids []string) {
	c := m.indexes[index][collection]
	for _, id := range ids {
		version := m.store(c, id, modelDoc{})
		m.note(Change{Op: OpExpire, Index: index, Collection: collection, ID: id, Version: version})
	}
}

// removeNamed removes what has expired of what a call names, and does not refuse.
func (m *model) removeNamed(call *modelCall, c *modelCollection) {
	named := map[string]bool{}
	for _, it := range call.items {
		if doc, ok := c.docs[it.id]; ok && !call.refuses(it) && m.isDue(doc) {
			named[it.id] = true
		}
	}
	m.remove(call.index, call.collection, slices.Sorted(maps.Keys(named)))
}

// waitFor sets the time of the next sweep, unless it is set to an earlier one.
func (m *model) waitFor(at int64) {
	if at == 0 || m.unswept {
		return
	}
	if at = max(at, m.swept+m.pause); m.armed == 0 || at < m.armed {
		m.armed = at
	}
}

// advance passes time.
func (m *model) advance(d time.Duration) {
	until := m.now + d.Milliseconds()
	for m.armed != 0 && m.armed <= until {
		m.now = max(m.now, m.armed)
		m.armed, m.swept = 0, m.now
		m.sweep()
		m.waitFor(m.earliest())
	}
	m.now = until
}

// sweep removes everything that has expired.
func (m *model) sweep() {
	for _, index := range slices.Sorted(maps.Keys(m.indexes)) {
		for _, name := range slices.Sorted(maps.Keys(m.indexes[index])) {
			docs := m.indexes[index][name].docs
			var ids []string
			for id, doc := range docs {
				if m.isDue(doc) {
					ids = append(ids, id)
				}
			}
			slices.SortFunc(ids, func(a, b string) int {
				return cmp.Or(cmp.Compare(docs[a].expires, docs[b].expires), cmp.Compare(a, b))
			})
			m.remove(index, name, ids)
		}
	}
}

// earliest returns when the first document expires, 0 if none does.
func (m *model) earliest() (at int64) {
	for _, collections := range m.indexes {
		for _, c := range collections {
			for _, doc := range c.docs {
				if doc.expires != 0 && (at == 0 || doc.expires < at) {
					at = doc.expires
				}
			}
		}
	}
	return at
}

// reopened is what becomes of the model when the store is opened anew.
func (m *model) reopened() {
	m.armed, m.swept = 0, 0
	m.waitFor(m.earliest())
}
