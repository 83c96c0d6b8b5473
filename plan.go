package kuzzlite

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// The plan of a writing call: everything that can be worked out without the store, on the caller's own core and outside
// any lock. JSON is validated and taken apart here, once; what breaks a rule is refused here.

// verb is what a call does to its documents.
type verb uint8

const (
	verbUpsert verb = iota
	verbCreate
	verbCreateOrReplace
	verbReplace
	verbUpdate
	verbDelete
	verbDeleteFields
)

// actions are Kuzzle's names of the verbs on many documents.
var actions = [...]string{
	verbUpsert: "mUpsert", verbCreate: "mCreate", verbCreateOrReplace: "mCreateOrReplace", verbReplace: "mReplace",
	verbUpdate: "mUpdate", verbDelete: "mDelete", verbDeleteFields: "mDeleteFields",
}

// hasContent says whether the verb takes changes or a body.
func (v verb) hasContent() bool { return v != verbDelete && v != verbDeleteFields }

// merges says whether the verb merges changes into documents.
func (v verb) merges() bool { return v == verbUpsert || v == verbUpdate }

// Kuzzle's reasons for refusing a document.
const (
	reasonChanges  = "document changes must be an object"
	reasonDefault  = "document default must be an object"
	reasonBody     = "document body must be an object"
	reasonID       = "document _id must be a string"
	reasonEmptyID  = "document _id must not be empty"
	reasonNotFound = "document not found"
	reasonExists   = "document already exists"
)

// item is one document of a call, accepted.
type item struct {
	position int
	id       string
	want     *uint64 // the version it must have

	content  []byte         // changes or body as received; nil for deletions
	defaults []byte         // upsert: as received, nil if there are none
	body     []byte         // create, createOrReplace, replace: the document to store
	changes  []byte         // upsert, update: what is merged
	patch    *rawjson.Patch // the same, taken apart
	fields   []string       // deleteFields
	paths    []string       // of the leaves of changes
}

// plan is one call on its way into a transaction.
type plan struct {
	col    *Collection
	verb   verb
	opts   WriteOptions
	stamp  stamp
	items  []item
	failed []Failure // refused here, in request order

	order   []int // of the items by id; those of one id in request order
	repeats bool  // an id occurs twice

	outcome
}

// newPlan begins a plan for at most n documents.
func (c *Collection) newPlan(v verb, single bool, n int, o *WriteOptions) (*plan, error) {
	if err := c.store.writable(); err != nil {
		return nil, err
	}
	opts, err := o.resolved(&c.store.opts)
	if err != nil {
		return nil, err
	}
	return &plan{
		col: c, verb: v, opts: opts, items: make([]item, 0, n),
		stamp: stamp{
			on: c.store.opts.Metadata, user: opts.User, now: c.store.opts.Clock().UnixMilli(), single: single,
		},
	}, nil
}

// received is an item before it was looked at; JSON that is absent is nil.
type received struct {
	position int
	rawID    []byte // as it was in JSON, nil if the item has none
	id       string
	badID    bool // rawID is there, but no string
	want     *uint64
	content  []byte
	defaults []byte
	fields   []string
	err      error // why the rest could not be read
}

// add checks what was received and takes it into the plan, or refuses it. The order of the rules is Kuzzle's.
func (p *plan) add(r received) {
	switch {
	case r.err != nil:
		p.refuse(r, r.err.Error(), r.err)
	case p.verb.hasContent() && !isObject(r.content):
		p.refuse(r, p.verb.reasonContent(), ErrInvalid)
	case len(r.defaults) > 0 && !isObject(r.defaults) && !isFalsy(r.defaults):
		p.refuse(r, reasonDefault, ErrInvalid)
	case r.badID:
		p.refuse(r, reasonID, ErrInvalid)
	default:
		p.accept(r)
	}
}

func (v verb) reasonContent() string {
	if v == verbUpsert {
		return reasonChanges
	}
	return reasonBody
}

// accept takes an item of the right shape into the plan, unless it breaks a limit.
func (p *plan) accept(r received) {
	if err := p.checkLimits(&r); err != nil {
		p.refuse(r, err.Error(), err)
		return
	}
	it := item{position: r.position, id: r.id, want: r.want, content: r.content, defaults: r.defaults,
		fields: r.fields}
	if !isObject(it.defaults) {
		it.defaults = nil // falsy: none
	}
	if it.want == nil {
		it.want = p.opts.IfVersion
	}
	switch {
	case p.verb.merges():
		it.changes = p.stamp.changes(r.content)
		it.patch = patches.Get().(*rawjson.Patch)
		it.patch.Reset(it.changes)
		it.paths, _ = rawjson.Paths(nil, r.content, maxUpdatedFields)
	case p.verb.hasContent():
		it.body = p.stamp.body(p.verb, r.content)
	}
	p.items = append(p.items, it)
}

// arrange finds the order of the ids, and whether one occurs twice.
func (p *plan) arrange() {
	p.order = make([]int, len(p.items))
	ascending := true // as loads often are
	for i := range p.order {
		p.order[i] = i
		ascending = ascending && (i == 0 || p.items[i-1].id < p.items[i].id)
	}
	if ascending {
		return
	}
	slices.SortFunc(p.order, func(a, b int) int {
		return cmp.Or(strings.Compare(p.items[a].id, p.items[b].id), a-b)
	})
	for i := 1; i < len(p.order) && !p.repeats; i++ {
		p.repeats = p.items[p.order[i-1]].id == p.items[p.order[i]].id
	}
}

// maxUpdatedFields bounds the paths of one document's changes, in bytes: they can be far longer than the changes.
const maxUpdatedFields = 256 << 10

// patches are reused: a plan gives its own back once it is done.
var patches = sync.Pool{New: func() any { return new(rawjson.Patch) }}

func (p *plan) release() {
	for i := range p.items {
		if patch := p.items[i].patch; patch != nil {
			patch.Reset(nil)
			patches.Put(patch)
			p.items[i].patch = nil
		}
	}
}

// checkLimits checks the id and the sizes, and generates an id where that is asked for.
func (p *plan) checkLimits(r *received) error {
	if r.id == "" && (p.verb == verbCreate || p.verb == verbCreateOrReplace) {
		r.id = p.col.store.ids.next(p.col.store.opts.Clock())
	}
	limit := p.col.store.opts.MaxDocumentSize
	switch {
	case r.id == "":
		return invalid(reasonEmptyID)
	case len(r.id) > maxIDLength:
		return invalid(fmt.Sprintf("document _id is too long: it has %d bytes, more than %d", len(r.id), maxIDLength))
	case !utf8.ValidString(r.id):
		return invalid("document _id must be valid UTF-8")
	case len(r.content) > limit:
		return tooLarge(len(r.content), limit)
	case len(r.defaults) > limit:
		return tooLarge(len(r.defaults), limit)
	}
	return nil
}

// refuse puts an item on the list of those that failed.
func (p *plan) refuse(r received, reason string, err error) {
	if r.rawID == nil && (r.id != "" || p.verb == verbDelete) {
		r.rawID = rawjson.AppendString(nil, r.id)
	}
	e := &DocumentError{ID: r.id, Position: r.position, Reason: reason, Err: err}
	p.failed = append(p.failed, p.failure(e, p.verb.document(r.rawID, r.content, r.defaults)))
}

// failure completes the error of a document.
func (p *plan) failure(e *DocumentError, document []byte) Failure {
	e.Index, e.Collection = p.col.index, p.col.name
	e.Status = statusOf(e.Err)
	return Failure{Position: e.Position, Document: document, Status: e.Status, Reason: e.Reason, Err: e, verb: p.verb}
}

// document returns an item as Kuzzle shows it in its errors: what was received, without unknown keys.
func (v verb) document(rawID, content, defaults []byte) []byte {
	if v == verbDelete {
		return rawID
	}
	key := `"body"`
	if v == verbUpsert {
		key = `"changes"`
	}
	out := []byte{'{'}
	if rawID != nil {
		out = appendMember(out, []byte(`"_id"`), rawID)
	}
	if content != nil {
		out = appendMember(out, []byte(key), content)
	}
	if defaults != nil {
		out = appendMember(out, []byte(`"default"`), defaults)
	}
	return append(out, '}')
}

// withReason is an error of a document whose text is the reason, without the sentinel's.
type withReason struct {
	reason string
	err    error
}

func (e *withReason) Error() string { return e.reason }
func (e *withReason) Unwrap() error { return e.err }

func invalid(reason string) error { return &withReason{reason, ErrInvalid} }

func tooLarge(size, limit int) error {
	return &withReason{fmt.Sprintf("document is too large: %d bytes of JSON, more than %d", size, limit), ErrTooLarge}
}

func isObject(compact []byte) bool { return len(compact) > 0 && compact[0] == '{' }

// readJSON validates JSON and drops the white space between its tokens. Nothing is repaired.
func (s *Store) readJSON(b []byte) ([]byte, error) {
	out, err := rawjson.Compact(b, s.opts.MaxDepth)
	if err == nil {
		return out, nil
	}
	return nil, jsonError(err)
}

// jsonError gives an error of rawjson its sentinel.
func jsonError(err error) error {
	var e *rawjson.Error
	if errors.As(err, &e) && e.Kind == rawjson.Depth {
		return &withReason{e.Error(), ErrTooLarge}
	}
	return &withReason{err.Error(), ErrInvalid}
}

// encode returns the JSON of a Go value; of json.RawMessage and []byte, which are JSON, the value itself. It returns
// nil for nil, and for JSON of no bytes.
func (s *Store) encode(v any) ([]byte, error) {
	raw, isJSON := v.(json.RawMessage)
	if b, ok := v.([]byte); ok {
		raw, isJSON = b, true
	}
	switch {
	case v == nil || isJSON && len(raw) == 0:
		return nil, nil
	case isJSON:
		return s.readJSON(raw)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, &withReason{fmt.Sprintf("document cannot be encoded as JSON: %v", err), ErrInvalid}
	}
	if wasRepaired(buf.Bytes()) {
		return nil, invalid("document has a string that is not valid UTF-8")
	}
	return s.readJSON(buf.Bytes())
}

// wasRepaired says whether encoding/json has replaced bytes that are not UTF-8: it writes \ufffd for them, and for a
// U+FFFD that was there the character itself.
func wasRepaired(encoded []byte) bool {
	for rest := encoded; ; {
		i := bytes.Index(rest, []byte(`\ufffd`))
		if i < 0 {
			return false
		}
		before := rest[:i]
		if backslashes := len(before) - len(bytes.TrimRight(before, `\`)); backslashes%2 == 0 {
			return true
		}
		rest = rest[i+1:]
	}
}

// run brings the plan through the writer and returns what became of its documents.
func (p *plan) run(ctx context.Context) (*Result, error) {
	defer p.release()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(p.items) == 0 || p.opts.Atomic && len(p.failed) > 0 {
		if err := p.col.mustExist(ctx, len(p.failed)); err != nil {
			return nil, err
		}
		p.reset()
		return p.finish()
	}
	if err := p.col.store.writer.run(ctx, p.call(ctx)); err != nil {
		return nil, err
	}
	return p.finish()
}

// call completes the plan and returns it as a call for the writer.
func (p *plan) call(ctx context.Context) *call {
	p.arrange()
	bytes := 0
	for i := range p.items {
		bytes += len(p.items[i].content) + len(p.items[i].defaults)
	}
	return &call{ctx: ctx, apply: p.apply, bytes: bytes}
}

// finish returns the result, and ErrIncomplete where the options ask for it.
func (p *plan) finish() (*Result, error) {
	result := p.result // a copy, so that it does not keep the plan
	r := &result
	if len(r.Errors) == 0 || !p.opts.Strict && !p.opts.Atomic {
		return r, nil
	}
	written := fmt.Sprintf("the other %d were written", len(r.Successes))
	if p.opts.Atomic {
		written = "nothing was written"
	}
	return r, fmt.Errorf("%s on %s/%s: %w: %d of %d, %s: %w", actions[p.verb], p.col.index, p.col.name, ErrIncomplete,
		len(r.Errors), len(p.items)+len(p.failed), written, r.Err())
}

// one returns what became of a plan's only document.
func (p *plan) one(ctx context.Context) (*Success, error) {
	p.opts.Strict, p.opts.Atomic = false, false // the error of the document says it all
	r, err := p.run(ctx)
	switch {
	case err != nil:
		return nil, err
	case len(r.Errors) > 0:
		return nil, r.Errors[0].Err
	}
	return &r.Successes[0], nil
}
