package kuzzlite

import (
	"bytes"
	"errors"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/mapping"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// The part of a writing call that has its turn: read all documents at once, then for each item check and merge,
// then fill the batch. The verbs differ only in what they make of the document that is there.

// outcome is what becomes of a plan's items in its turn. What has one entry a key is in the order of keyset.all.
type outcome struct {
	result Result
	stored stored
	staged []staged         // of each item
	latest []int            // of each key, 1 more than the index into staged of the latest write; 0: there is none
	shown  []int            // the same, of the latest success; 0: there is none
	writes int              // how many items are written
	mapped *mapping.Mapping // that the documents are held to, with what those before have brought; nil: to none
	passed int              // bytes of the documents in results that later items of the call have changed
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

	op      Op
	version uint64
	record  record // its body is body
	value   []byte // room for the header, then the body; the record once that has its sequence; nil: nothing is kept
	body    []byte // the document: in value, if there is one. A Result keeps it, so there is little else around it
	success int    // the index of its entry in the result
	same    int    // 1 more than the index of the success before with the same body; 0: there is none
	created bool
	paths   []string
	entries fieldindex.Entries // in the field indexes
	mapping *mapping.Mapping   // that holds from here on; nil: as before
}

func (p *plan) reset() {
	n := len(p.keys.all)
	both := make([]int, 2*n)
	p.outcome = outcome{
		staged: make([]staged, len(p.items)), latest: both[:n:n], shown: both[n:],
		result: Result{
			Successes: make([]Success, 0, len(p.items)),
			Errors:    slices.Clip(slices.Clone(p.failed)),
		},
	}
}

// apply works the plan out from the state of t, and fills its batch.
func (p *plan) apply(t *txn) error {
	p.reset()
	if err := p.load(t); err != nil {
		return err
	}
	if p.kuzzle {
		if err := p.col.store.limits.checkDeletes(p.verb, p.stored.count()); err != nil {
			return err
		}
	}
	sequence := t.feed.last
	if !p.stored.exists {
		more, err := t.creationChanges(p.col.index)
		if err != nil {
			return err
		}
		sequence += more
	}
	for i := range p.items { // in request order: an item may go on from what one before it, of the same id, has left
		if err := p.ctx.Err(); err != nil {
			return err
		}
		p.staged[i] = p.work(i)
		if p.staged[i].isWritten() {
			if err := p.index(i); err != nil {
				return err
			}
		}
		p.settle(i, sequence)
	}
	if p.kuzzle && p.opts.Strict && len(p.result.Errors) > 0 {
		p.opts.Silent = true // Kuzzle fails before it notifies
	}
	if p.opts.Atomic && len(p.result.Errors) > 0 {
		p.result.Successes, p.writes = nil, 0
	}
	err := p.write(t)
	p.stored = stored{} // the bytes die with the turn
	return err
}

// load reads the documents of the plan, and removes those that have expired.
func (p *plan) load(t *txn) error {
	s := &p.stored
	err := s.load(p.ctx, t.view, p.bucket(), &p.keys)
	if errors.Is(err, kv.ErrNoBucket) {
		return p.col.tolerate(unknown(t.view, p.col.index, p.col.name)) // the call creates it
	}
	if err != nil {
		return err
	}
	if s.definitions != nil {
		if s.indexes, err = t.store.indexSets.decode(p.bucket(), s.definitions); err != nil {
			return err
		}
		s.now = p.col.now()
	}
	if err := p.hold(t); err != nil {
		return err
	}
	if s.indexes != nil && s.indexes.AnyUnique() {
		s.owners = owners{}
	}
	return s.removeExpired(t, p.col, &p.keys)
}

// hold finds out which mapping the documents are held to. What is loaded is taken as it is.
func (p *plan) hold(t *txn) (err error) {
	s := &p.stored
	if s.mapping != nil {
		if s.mapped, err = t.store.mappings.decode(p.bucket(), s.mapping); err != nil {
			return err
		}
	}
	switch {
	case p.verb == verbLoad:
	case s.mapped != nil:
		p.mapped = s.mapped.Mapping
	case p.kuzzle:
		p.mapped = mapping.Default
	}
	return nil
}

func (p *plan) bucket() []byte { return p.col.key }

// work works out what becomes of one item, but for its change's sequence. It changes nothing of the plan.
func (p *plan) work(i int) staged {
	it := &p.items[i]
	doc, tomb, err := p.read(p.keys.at[i])
	if err != nil {
		return staged{refused: &refusal{reason: "document is damaged: " + err.Error(), err: err}}
	}
	exists := doc.kind == kindDocument
	if p.kuzzle && p.verb == verbCreate {
		exists = p.stored.docs[p.keys.at[i]] != nil // Kuzzle looks before it writes, and only then
	}
	if reason, err := p.verb.admit(exists); err != nil {
		return staged{refused: &refusal{doc.version, reason, err}}
	}
	if reason, ok := it.cond.check(it.id, doc.version); !ok {
		return staged{refused: &refusal{doc.version, reason, ErrConflict}}
	}
	s := p.next(it, p.keys.at[i], doc, tomb)
	if limit := p.col.store.opts.MaxDocumentSize; len(s.body) > limit {
		err := tooLarge(len(s.body), limit)
		return staged{refused: &refusal{doc.version, err.Error(), err}}
	}
	if reason := p.objection(it, doc, &s); reason != "" {
		return staged{refused: &refusal{doc.version, reason, ErrInvalid}}
	}
	if s.noop || s.op == OpDelete {
		return s
	}
	if s.entries, err = p.stored.admit(it.id, s.body, p.isDue(&s)); err != nil {
		return staged{refused: &refusal{doc.version, err.Error(), err}}
	}
	return s
}

// objection returns what Elasticsearch has against a document that is to be written, "" if nothing, or if it is held to
// no mapping.
func (p *plan) objection(it *item, doc record, s *staged) string {
	if p.mapped == nil || s.noop || s.op == OpDelete || p.mapped.Fits(s.body) {
		return ""
	}
	var text mapping.Text
	switch {
	case !p.verb.merges():
		text = mapping.Sent(s.body)
	case s.created:
		text = mapping.Created(s.body)
	default:
		text = mapping.Updated(doc.body, it.changes, s.body)
	}
	var found *mapping.Objection
	if s.mapping, found = p.mapped.Check(text, it.id); found != nil {
		return found.Text(p.stamp.single)
	}
	return ""
}

// index takes in what item i makes of the unique entries in field indexes.
func (p *plan) index(i int) (err error) {
	if p.stored.owners == nil {
		return nil
	}
	key := p.keys.at[i]
	var before fieldindex.Entries
	if latest := p.latest[key]; latest > 0 {
		before = p.staged[latest-1].entries
	} else {
		before, err = indexStored(p.stored.indexes, p.items[i].id, p.keys.under(prefixDocument, key), p.stored.docs[key])
	}
	if err != nil {
		return err
	}
	var after []fieldindex.Entry
	if !p.isDue(&p.staged[i]) {
		after = p.staged[i].entries.List
	}
	return p.stored.change(p.items[i].id, before.List, after)
}

// isDue says whether a document has expired as soon as it is written, so that it keeps its unique entries from no other.
func (p *plan) isDue(s *staged) bool { return due(s.record.expires, p.stored.now) }

// settle takes what becomes of item i into the result, and gives its change the next sequence.
func (p *plan) settle(i int, sequence uint64) {
	it, s := &p.items[i], &p.staged[i]
	if s.refused != nil {
		p.fail(it, s.refused)
		return
	}
	p.succeed(i, s)
	if s.mapping != nil {
		p.mapped = s.mapping
	}
	key := p.keys.at[i]
	before := p.shown[key]
	p.shown[key] = i + 1
	if s.noop {
		s.same = before
		return
	}
	p.pass(before)
	p.writes++
	s.record.sequence = sequence + uint64(p.writes)
	if s.value != nil {
		s.value = frame(s.value, &s.record)
	}
	p.latest[key] = i + 1
}

// maxPassed bounds the documents in one result that later items of the same call have changed, in bytes. Tests make do
// with less.
var maxPassed = 16 << 20

// pass gives up the document of a success, and of those before that share it, once an item has changed the document and
// results have enough of such: or a few items of one large document would hold a copy each.
func (p *plan) pass(i int) {
	if i == 0 {
		return
	}
	if p.passed += len(p.staged[i-1].body); p.passed <= maxPassed && !p.opts.NoSource {
		return
	}
	for ; i > 0; i = p.staged[i-1].same {
		s := &p.staged[i-1]
		s.value, s.body = nil, nil
		p.result.Successes[s.success].Source = nil
	}
}

// read returns the document of a key, or its tombstone, as the items before have left it.
func (p *plan) read(key int) (doc, tomb record, err error) {
	if i := p.latest[key]; i > 0 {
		doc, tomb = p.staged[i-1].reread()
		return doc, tomb, nil
	}
	if b := p.stored.docs[key]; b != nil {
		doc, err = decodeKind(kindDocument, p.keys.under(prefixDocument, key), b)
		return doc, record{}, err
	}
	tomb, err = p.stored.tomb(&p.keys, key)
	return record{}, tomb, err
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

// next returns the write of an item that is admitted; if it changes nothing, a noop with the body as it is.
func (p *plan) next(it *item, key int, doc, tomb record) (s staged) {
	exists := doc.kind == kindDocument
	now := p.stamp.now
	s = staged{created: !exists}
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
	body, changed := p.content(it, doc, &s)
	r.expires = p.expiresAt(doc)
	if it.given != nil {
		it.given.apply(&r)
		s.version = r.version
	}
	if !changed && r.expires == doc.expires {
		s.noop, s.version = true, doc.version
		s.body = p.unchanged(key, doc.body)
		s.record = record{
			sequence: doc.sequence, created: doc.created, updated: doc.updated, expires: doc.expires,
		}
		return s
	}
	if !changed {
		body = doc.body
	}
	const room = maxRecordHeader
	buf := make([]byte, room+len(body))
	copy(buf[room:], body)
	s.record, s.value, s.body = r, buf, buf[room:]
	return s
}

// expiresAt returns when what is written in the place of a document expires, in ms since 1970; 0: never.
func (p *plan) expiresAt(doc record) int64 {
	switch {
	case p.expiry.set:
		return p.expiry.at
	case p.verb.merges() || p.verb == verbDeleteFields:
		return doc.expires
	}
	return 0
}

// unchanged returns the document of an item that changes nothing: that of the result before, if there is one.
func (p *plan) unchanged(key int, body []byte) []byte {
	if p.opts.NoSource {
		return nil
	}
	if i := p.shown[key]; i > 0 {
		return p.staged[i-1].body
	}
	return bytes.Clone(body)
}

// retention is Options.TombstoneRetention in ms, negative if there is none.
func (p *plan) retention() int64 { return p.col.store.opts.retention() }

// content returns the new content of a document, whose memory the next call may use again, and says in s what kind of
// change that is.
func (p *plan) content(it *item, doc record, s *staged) (body []byte, changed bool) {
	switch {
	case p.verb == verbDeleteFields:
		s.op = OpUpdate
		var removed []string
		var plain bool
		if body, removed, plain = rawjson.DeletePaths(doc.body, it.fields); plain {
			s.paths = removed
		}
		if p.stamp.on {
			body, _ = p.stamp.touch(p.buffer(len(body)), body)
		}
		return body, true
	case !p.verb.merges():
		s.op = OpReplace
		if s.created {
			s.op = OpCreate
		}
		return it.body, true
	case s.created:
		s.op = OpCreate
		return p.newContent(it), true
	}
	if s.op = OpUpdate; it.covered {
		s.paths = it.paths
	}
	body, changed = mergeInto(p.buffer(len(doc.body)+len(it.changes)), doc.body, it.patch, p.opts.Merge)
	if it.remove != nil {
		var removed bool
		body, removed = mergeInto(nil, body, it.remove, MergePatch)
		changed = changed || removed
	}
	if p.stamp.on && p.opts.Merge == MergePatch {
		touched, more := p.stamp.touch(nil, body)
		return touched, changed || more
	}
	return body, changed
}

// newContent returns the document that an upsert creates.
func (p *plan) newContent(it *item) []byte {
	changes, defaults, removeNull := it.content, it.defaults, p.opts.Merge == MergePatch
	if removeNull && p.opts.OnCreate == ChangesShallow {
		defaults = withoutNullsOf(defaults, changes)
	}
	if removeNull && (it.defaults == nil || p.opts.OnCreate != ChangesDeep) { // it removes nothing, and is not stored either
		changes, _ = mergeInto(nil, []byte("{}"), rawjson.Compile(changes), MergePatch)
		removeNull = false
	}
	buf := p.buffer(len(changes) + len(defaults))
	return p.stamp.newDocument(buf, changes, defaults, p.opts.OnCreate, removeNull)
}

// withoutNullsOf returns an object, which may be nil, without the keys that are null in another one.
func withoutNullsOf(obj, other []byte) []byte {
	var nulls sparse
	for key, value := range rawjson.Members(other) {
		if string(value) == "null" {
			nulls.add(key, value)
		}
	}
	remove := nulls.closed()
	if obj == nil || remove == nil {
		return obj
	}
	obj, _ = mergeInto(nil, obj, rawjson.Compile(remove), MergePatch)
	return obj
}

// buffer returns an empty buffer with room for about n bytes. It counts until the next call, and until the plan is
// released.
func (p *plan) buffer(n int) []byte {
	if p.scratch == nil {
		p.scratch = scratches.Get().(*[]byte)
	}
	*p.scratch = slices.Grow((*p.scratch)[:0], n+128)
	return *p.scratch
}

func (p *plan) succeed(i int, s *staged) {
	it := &p.items[i]
	ok := Success{
		Position: it.position, ID: it.id, Status: statusOK, Created: s.created, Version: s.version, Noop: s.noop,
		verb: p.verb, stored: storedAt{s.record.sequence, s.record.created, s.record.updated, s.record.expires},
	}
	if !p.opts.NoSource {
		ok.Source = s.body
	}
	if s.created {
		ok.Status = statusCreated
	}
	if p.verb.merges() && !s.created && !p.opts.Silent {
		ok.UpdatedFields = p.updatedFields(i)
		if ok.UpdatedFields == nil {
			ok.UpdatedFields = []string{}
		}
	}
	s.success = len(p.result.Successes)
	p.result.Successes = append(p.result.Successes, ok)
}

// updatedFields returns the paths of what an item changes. Kuzzle tells of all items with the same id what the last one
// changes.
func (p *plan) updatedFields(i int) []string {
	if p.kuzzle && len(p.keys.all)-1 < len(p.items) {
		for j := i + 1; j < len(p.items); j++ {
			if p.keys.at[j] == p.keys.at[i] {
				i = j
			}
		}
	}
	return slices.Clone(p.items[i].paths)
}

func (p *plan) fail(it *item, r *refusal) {
	e := &DocumentError{ID: it.id, Position: it.position, Reason: r.reason, Have: r.have, Err: r.err}
	e.Want = it.cond.version
	content := it.content
	switch { // Kuzzle shows what it would have merged, and otherwise no metadata
	case p.verb == verbUpdate && !p.stamp.single:
		content = it.changes
	case p.stamp.on && it.body != nil:
		content = without(content, metadataKey)
	}
	f := p.failure(e, p.verb.document(rawjson.AppendString(nil, it.id), content, it.defaults))
	if p.kuzzle {
		f.stage = p.verb.stageOf(r.reason, byStorage)
		if f.stage == byStorage && r.err != ErrNotFound && p.verb.hasContent() {
			f.Document = refusedByStorage(p.handedOver(it), it.id, it.newID)
		}
	}
	p.result.Errors = append(p.result.Errors, f)
}

// handedOver is what Kuzzle makes of an item and hands over to Elasticsearch.
func (p *plan) handedOver(it *item) []byte {
	switch p.verb {
	case verbUpsert:
		both := appendMember([]byte{'{'}, []byte(`"changes"`), it.changes)
		return append(appendMember(both, []byte(`"default"`), p.newContent(it)), '}')
	case verbUpdate:
		return it.changes
	}
	return it.body
}
