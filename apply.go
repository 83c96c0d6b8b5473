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
	staged []staged       // of each item
	writes int            // how many of them are written
	latest map[string]int // index into staged of an id's latest write, if the call names an id twice
}

// refusal is why an item is not written.
type refusal struct {
	have   uint64
	reason string
	err    error
}

// staged is what becomes of an item: a document to be written, if the item is not refused and changes something.
type staged struct {
	refused *refusal
	noop    bool

	id      string
	op      Op
	version uint64
	record  record // its body is body
	value   []byte // the record's bytes, before number room for its header and the body; nil if no tombstone is kept
	body    []byte // the document in value
	created bool
	tomb    record // the tombstone that goes
	paths   []string
}

func (p *plan) reset() {
	p.outcome = outcome{staged: make([]staged, len(p.items)), result: Result{
		Successes: make([]Success, 0, len(p.items)),
		Errors:    slices.Clip(slices.Clone(p.failed)),
	}}
	if p.repeats {
		p.latest = make(map[string]int, len(p.items))
	}
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
	p.stage(tr, sequence)
	if len(p.result.Errors) > len(p.failed) && len(p.failed) > 0 {
		slices.SortStableFunc(p.result.Errors, func(a, b Failure) int { return a.Position - b.Position })
	}
	if p.opts.Atomic && len(p.result.Errors) > 0 {
		p.result.Successes, p.writes = nil, 0
	}
	return p.write(t, tr)
}

// stage works out what becomes of the items, and writes nothing. Their changes come after sequence.
//
// What becomes of an item depends on others only if they have its id. So if no id occurs twice they are worked out in the
// order of the ids, which share pages, and then settled in the order of the request.
func (p *plan) stage(tr *tree, sequence uint64) {
	r := tr.reader()
	if p.repeats { // then an item may go on from what one before it has settled
		for i := range p.items {
			p.staged[i] = p.work(&r, &p.items[i])
			p.settle(i, sequence)
		}
		return
	}
	for _, i := range p.order {
		p.staged[i] = p.work(&r, &p.items[i])
	}
	for i := range p.items {
		p.settle(i, sequence)
	}
}

// work works out what becomes of one item, but for its change's sequence. It changes nothing of the plan.
func (p *plan) work(r *reader, it *item) staged {
	doc, tomb, err := p.read(r, it.id)
	if err != nil {
		return staged{refused: &refusal{reason: "document is damaged: " + err.Error(), err: err}}
	}
	if reason, err := p.verb.admit(doc.kind == kindDocument); err != nil {
		return staged{refused: &refusal{doc.version, reason, err}}
	}
	if reason, ok := checkVersion(it.id, doc.version, it.want); !ok {
		return staged{refused: &refusal{doc.version, reason, ErrConflict}}
	}
	s := p.next(it, doc, tomb)
	if limit := p.col.store.opts.MaxDocumentSize; len(s.body) > limit {
		err := tooLarge(len(s.body), limit)
		return staged{refused: &refusal{doc.version, err.Error(), err}}
	}
	return s
}

// settle takes what becomes of item i into the result, and gives its change the next sequence.
func (p *plan) settle(i int, sequence uint64) {
	it, s := &p.items[i], &p.staged[i]
	if s.refused != nil {
		p.fail(it, s.refused.have, s.refused.reason, s.refused.err)
		return
	}
	p.succeed(it, s)
	if s.noop {
		return
	}
	p.writes++
	s.record.sequence = sequence + uint64(p.writes)
	if s.value != nil {
		s.value = frame(s.value, &s.record)
	}
	if p.latest != nil {
		p.latest[it.id] = i
	}
}

// read returns the document of an id, or its tombstone, as the items before have left it.
func (p *plan) read(r *reader, id string) (doc, tomb record, err error) {
	if i, ok := p.latest[id]; ok {
		doc, tomb = p.staged[i].reread()
		return doc, tomb, nil
	}
	return r.read(id)
}

// isWritten says whether there is something to write.
func (s *staged) isWritten() bool { return s.refused == nil && !s.noop }

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

// next returns the write of an item that is admitted; if it changes nothing, a noop with the body as it is.
func (p *plan) next(it *item, doc, tomb record) (s staged) {
	exists := doc.kind == kindDocument
	now := p.stamp.now
	s = staged{id: it.id, created: !exists, tomb: tomb}
	r := record{kind: kindDocument, created: doc.created, updated: now}
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
			s.value = make([]byte, maxRecordHeader)
		}
		return s
	}
	room := maxRecordHeader
	buf := make([]byte, room, room+len(doc.body)+len(it.content)+len(it.defaults)+len(it.body))
	buf, changed := p.content(buf, it, doc, &s)
	s.record, s.value, s.body = r, buf, buf[room:len(buf):len(buf)]
	if !changed {
		s.noop, s.version = true, doc.version
	}
	return s
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

func (p *plan) succeed(it *item, s *staged) {
	ok := Success{
		Position: it.position, ID: it.id, Status: statusOK, Created: s.created, Version: s.version, Source: s.body,
		Noop: s.noop, verb: p.verb,
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
	if p.writes == 0 {
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
	for i := range p.staged {
		if s := &p.staged[i]; s.isWritten() {
			feed.add(s.op, s.id, s.version, s.paths)
		}
	}
	moved := 0 // in or out
	// Ids beside each other share pages.
	for _, i := range p.order {
		s := &p.staged[i]
		if !s.isWritten() {
			continue
		}
		if s.op == OpDelete || s.created {
			moved++
		}
		if err := t.fails(tr.store(s, p.stamp.now)); err != nil {
			return err
		}
	}
	p.setSequences(t.sequence)
	t.documents += uint64(p.writes)
	feed.close()
	if moved == 0 { // a call that only changes what is there does not look for tombstones
		return nil
	}
	return t.fails(tr.expire(p.stamp.now, p.retention(), 16+2*moved))
}

// setSequences gives the results the sequences of their changes, of which last is the last.
func (p *plan) setSequences(last uint64) {
	next := last - uint64(p.writes) + 1
	for i := range p.result.Successes {
		if s := &p.result.Successes[i]; !s.Noop {
			s.Sequence = next
			next++
		}
	}
}
