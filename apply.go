package kuzzlite

import (
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// The part of a writing call that runs in the transaction: for each item read, check, merge; then, once nothing can
// fail any more, write. The verbs differ only in what they make of the document that is there.

// outcome is what became of a plan's items in the latest transaction that it ran in.
type outcome struct {
	result Result
	staged []staged
	latest map[string]int // index into staged of an id's latest write, if the call names an id twice
}

// staged is a document to be written.
type staged struct {
	id      string
	op      Op
	version uint64
	record  record // its body is body
	value   []byte // the record's bytes; for OpDelete nil if no tombstone is kept
	body    []byte // the document in value
	created bool
	tomb    record // the tombstone that goes
	paths   []string
}

func (p *plan) reset() {
	p.outcome = outcome{staged: p.staged[:0], result: Result{
		Successes: make([]Success, 0, len(p.items)),
		Errors:    slices.Clip(slices.Clone(p.failed)),
	}}
	if repeatsID(p.items) {
		p.latest = make(map[string]int, len(p.items))
	}
}

// repeatsID says whether an id occurs twice.
func repeatsID(items []item) bool {
	ascending := true
	for i := 1; i < len(items) && ascending; i++ {
		ascending = items[i-1].id < items[i].id
	}
	if ascending { // as loads often are
		return false
	}
	seen := make(map[string]struct{}, len(items))
	for i := range items {
		seen[items[i].id] = struct{}{}
	}
	return len(seen) < len(items)
}

// apply runs the plan in a transaction. It may be called again, in another one.
func (p *plan) apply(t *txn) error {
	p.reset()
	tr, err := t.collection(p.col.index, p.col.name)
	if err != nil {
		return err
	}
	sequence := t.sequence
	if tr == nil {
		sequence += t.creationChanges(p.col.index)
	}
	for i := range p.items {
		p.stage(tr, &p.items[i], sequence)
	}
	if len(p.result.Errors) > len(p.failed) && len(p.failed) > 0 {
		slices.SortStableFunc(p.result.Errors, func(a, b Failure) int { return a.Position - b.Position })
	}
	if p.opts.Atomic && len(p.result.Errors) > 0 {
		p.result.Successes, p.staged = nil, nil
	}
	return p.write(t, tr)
}

// stage works out what becomes of one item. The change of the next item that is written comes after sequence and those
// staged before.
func (p *plan) stage(tr *tree, it *item, sequence uint64) {
	doc, tomb, err := p.read(tr, it.id)
	if err != nil {
		p.fail(it, 0, "document is damaged: "+err.Error(), err)
		return
	}
	if reason, err := p.verb.admit(doc.kind == kindDocument); err != nil {
		p.fail(it, doc.version, reason, err)
		return
	}
	if reason, ok := checkVersion(it.id, doc.version, it.want); !ok {
		p.fail(it, doc.version, reason, ErrConflict)
		return
	}
	s, noop := p.next(it, doc, tomb, sequence+uint64(len(p.staged))+1)
	if limit := p.col.store.opts.MaxDocumentSize; len(s.body) > limit {
		err := tooLarge(len(s.body), limit)
		p.fail(it, doc.version, err.Error(), err)
		return
	}
	p.succeed(it, &s, noop)
	if noop {
		return
	}
	if p.latest != nil {
		p.latest[it.id] = len(p.staged)
	}
	p.staged = append(p.staged, s)
}

// read returns the document of an id, or its tombstone, as the items before have left it.
func (p *plan) read(tr *tree, id string) (doc, tomb record, err error) {
	if i, ok := p.latest[id]; ok {
		doc, tomb = p.staged[i].reread()
		return doc, tomb, nil
	}
	if tr == nil {
		return record{}, record{}, nil
	}
	return tr.read(id)
}

// reread returns what will be stored once s is written.
func (s *staged) reread() (doc, tomb record) {
	if s.op != OpDelete {
		doc = s.record
		doc.body = s.body
		return doc, record{}
	}
	if s.value == nil {
		return record{}, record{}
	}
	return record{}, s.record
}

// admit says whether the verb can be applied to a document that exists, or does not.
func (v verb) admit(exists bool) (reason string, err error) {
	switch {
	case v == verbCreate && exists:
		return reasonExists, ErrExists
	case !exists && (v == verbReplace || v == verbUpdate || v == verbDelete || v == verbDeleteFields):
		return reasonNotFound, ErrNotFound
	}
	return "", nil
}

// next returns the write of an item that is admitted; noop if there is none, and then with the body as it is.
func (p *plan) next(it *item, doc, tomb record, sequence uint64) (s staged, noop bool) {
	exists := doc.kind == kindDocument
	now := p.stamp.now
	s = staged{id: it.id, created: !exists, tomb: tomb}
	r := record{kind: kindDocument, sequence: sequence, created: doc.created, updated: now}
	last := doc.version
	if !exists {
		r.created = now
		if tomb.kind == kindTombstone && remembered(tomb.updated, now, p.retention()) {
			last = tomb.version
		}
	}
	r.version = nextVersion(last)
	s.version = r.version
	if p.verb == verbDelete {
		s.op, s.created = OpDelete, false
		r.kind = kindTombstone
		if s.record = r; p.retention() >= 0 {
			s.value = appendRecordHeader(nil, &r)
		}
		return s, false
	}
	buf := make([]byte, 0, 32+len(doc.body)+len(it.content)+len(it.defaults)+len(it.body))
	buf = appendRecordHeader(buf, &r)
	head := len(buf)
	buf, changed := p.content(buf, it, doc, &s)
	s.record, s.value, s.body = r, buf, buf[head:len(buf):len(buf)]
	if !changed {
		s.version = doc.version
	}
	return s, !changed
}

// retention is Options.TombstoneRetention in ms, negative if there is none.
func (p *plan) retention() int64 {
	if r := p.col.store.opts.TombstoneRetention; r >= 0 {
		return r.Milliseconds()
	}
	return -1
}

// content appends the new content of a document to buf, and says in s what kind of change that is.
func (p *plan) content(buf []byte, it *item, doc record, s *staged) (out []byte, changed bool) {
	switch {
	case p.verb == verbDeleteFields:
		s.op = OpUpdate
		body, removed := rawjson.DeletePaths(doc.body, it.fields)
		s.paths = removed
		if !p.stamp.on {
			return append(buf, body...), true
		}
		touch := rawjson.Compile([]byte(`{"` + metadataKey + `":` + p.stamp.updated() + `}`))
		out, _ = mergeInto(buf, body, touch, MergeElasticsearch)
		return out, true
	case !p.verb.merges():
		s.op = OpReplace
		if s.created {
			s.op = OpCreate
		}
		return append(buf, it.body...), true
	case s.created:
		s.op = OpCreate
		changes := it.content
		if p.opts.Merge == MergePatch { // null removes: it is not stored either
			patch := rawjson.Compile(changes)
			changes, _ = mergeInto(nil, []byte("{}"), patch, MergePatch)
		}
		return append(buf, p.stamp.newDocument(changes, it.defaults, p.opts.Create)...), true
	}
	s.op, s.paths = OpUpdate, it.paths
	return mergeInto(buf, doc.body, it.patch, p.opts.Merge)
}

func (p *plan) succeed(it *item, s *staged, noop bool) {
	ok := Success{
		Position: it.position, ID: it.id, Status: statusOK, Created: s.created, Version: s.version, Source: s.body,
		Noop: noop, verb: p.verb,
	}
	if s.created {
		ok.Status = statusCreated
	}
	if p.verb.merges() && !s.created && !p.opts.Silent {
		ok.UpdatedFields = it.paths
		if ok.UpdatedFields == nil {
			ok.UpdatedFields = []string{}
		}
	}
	p.result.Successes = append(p.result.Successes, ok)
}

func (p *plan) fail(it *item, have uint64, reason string, err error) {
	e := &DocumentError{ID: it.id, Position: it.position, Reason: reason, Have: have, Err: err}
	if it.want != nil {
		e.Want = *it.want
	}
	content := it.content
	switch { // Kuzzle shows what it would have merged, and otherwise no metadata
	case p.verb == verbUpdate && !p.stamp.single:
		content = it.changes
	case p.stamp.on && it.body != nil:
		content = without(content, metadataKey)
	}
	document := p.verb.document(rawjson.AppendString(nil, it.id), content, it.defaults)
	p.result.Errors = append(p.result.Errors, p.failure(e, document))
}

// write writes what was staged. From its first write on it must not fail, or the transaction is given up.
func (p *plan) write(t *txn, tr *tree) error {
	if len(p.staged) == 0 {
		return nil
	}
	if tr == nil {
		if err := t.createCollection(p.col.index, p.col.name); err != nil {
			return t.fails(err)
		}
		var err error
		if tr, err = t.collection(p.col.index, p.col.name); err != nil {
			return t.fails(err)
		}
	}
	feed := recorder{t: t, head: blockHead{
		time: p.stamp.now, silent: p.opts.Silent, index: p.col.index, collection: p.col.name, user: p.opts.User,
	}}
	moved := 0 // in or out
	for i := range p.staged {
		s := &p.staged[i]
		feed.add(s.op, s.id, s.version, s.paths)
		if s.op == OpDelete || s.created {
			moved++
		}
		if err := t.fails(tr.store(s, p.stamp.now)); err != nil {
			return err
		}
	}
	p.setSequences(t.sequence)
	t.documents += uint64(len(p.staged))
	feed.close()
	if moved == 0 { // a call that only changes what is there does not look for tombstones
		return nil
	}
	return t.fails(tr.expire(p.stamp.now, p.retention(), 16+2*moved))
}

// setSequences gives the results the sequences of their changes, of which last is the last.
func (p *plan) setSequences(last uint64) {
	next := last - uint64(len(p.staged)) + 1
	for i := range p.result.Successes {
		if s := &p.result.Successes[i]; !s.Noop {
			s.Sequence = next
			next++
		}
	}
}
