package kuzzlite

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// The plan of a writing call: everything that can be worked out without the store, on the caller's own core and outside
// any lock. JSON is validated and taken apart here, once; what breaks a rule is refused here.

// item is one document of a call, accepted.
type item struct {
	position int
	id       string
	cond     condition

	content  []byte         // changes or body as received; nil for deletions
	defaults []byte         // upsert: as received, nil if there are none
	body     []byte         // create, createOrReplace, replace: the document to store
	changes  []byte         // upsert, update: what is merged
	patch    *rawjson.Patch // the same, taken apart
	remove   *rawjson.Patch // upsert: what is merged behind that by MergePatch; nil: nothing
	fields   []string       // deleteFields
	newID    bool           // generated
	given    *given         // load
	paths    []string       // of the leaves of changes
	covered  bool           // they lead to all that the changes have
}

// plan is one call on its way to its turn.
type plan struct {
	ctx    context.Context // of the call: what takes long asks it now and then, until the batch is handed over
	kuzzle bool            // Options.Kuzzle
	col    *Collection
	verb   verb
	opts   WriteOptions
	stamp  stamp
	expiry expiry
	items  []item
	failed []Failure // refused here, in request order
	badIDs []string  // with Options.Kuzzle: those for which the call as a whole is refused
	keys   keyset    // of the items

	extra   int     // bytes that paths of the call have had beyond what is free
	scratch *[]byte // see buffer; nil until then
	outcome
}

// newPlan begins a plan for at most n documents.
func (c *Collection) newPlan(ctx context.Context, v verb, single bool, n int, o []*WriteOptions) (*plan, error) {
	opts, err := c.options(o)
	if err != nil {
		return nil, err
	}
	if single { // the error of the document says it all
		opts.Strict, opts.Atomic = false, false
	}
	kuzzle, now := c.store.opts.Kuzzle && v != verbLoad, c.now()
	expiry := opts.expiry(now)
	switch {
	case v == verbDelete && expiry.set:
		return nil, fmt.Errorf("%w options: what is deleted does not expire", ErrInvalid)
	case opts.ExpireAfter > 0 && !storable(fromMillis(expiry.at)):
		return nil, fmt.Errorf("%w options: by ExpireAfter documents expire in %v, but it must be %s", ErrInvalid,
			fromMillis(expiry.at), storableTimes)
	}
	if kuzzle && opts.OnCreate == ChangesDeep {
		opts.OnCreate = kuzzleRule(single)
	}
	return &plan{
		ctx: ctx, kuzzle: kuzzle, col: c, verb: v, opts: opts, items: make([]item, 0, n),
		stamp: stamp{
			on: c.store.opts.Metadata && v != verbLoad, user: opts.User, now: now, single: single,
		},
		expiry: expiry,
	}, nil
}

// ended says whether the context of the call is done.
func (p *plan) ended() bool { return p.ctx.Err() != nil }

// received is an item before it was looked at; JSON that is absent is nil.
type received struct {
	position int
	rawID    []byte // as it was in JSON, nil if the item has none
	id       string
	badID    bool // rawID is there, but no string
	cond     condition
	content  []byte
	defaults []byte
	fields   []string
	given    *given
	newID    bool  // id was generated
	err      error // why the rest could not be read
}

// add checks what was received and takes it into the plan, or refuses it. The order of the rules is Kuzzle's.
func (p *plan) add(r received) {
	switch {
	case r.err != nil:
		p.refuse(r, r.err.Error(), r.err)
	case r.cond.version != 0 && r.cond.absent:
		p.refuse(r, reasonCondition, ErrInvalid)
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

// accept takes an item of the right shape into the plan, unless it breaks a limit.
func (p *plan) accept(r received) {
	if p.kuzzle && !p.acceptID(r) {
		return
	}
	if err := p.checkLimits(&r); err != nil {
		p.refuse(r, err.Error(), err)
		return
	}
	it := item{position: r.position, id: r.id, cond: r.cond, content: r.content, defaults: r.defaults,
		fields: r.fields, newID: r.newID, given: r.given}
	if !isObject(it.defaults) {
		it.defaults = nil // falsy: none
	}
	if it.cond.isAny() {
		it.cond = p.opts.condition()
	}
	switch {
	case p.verb.merges():
		it.changes = p.stamp.changes(r.content, p.opts.Merge)
		it.patch = patches.Get().(*rawjson.Patch)
		it.patch.Reset(it.changes)
		it.paths, it.covered = p.paths(r.content)
	case p.verb.hasContent():
		it.body = p.stamp.body(p.verb, r.content)
	}
	p.items = append(p.items, it)
}

// acceptID does with an item what Kuzzle does for its id, and says whether the item is still to be accepted.
func (p *plan) acceptID(r received) bool {
	if r.id == "" && p.verb.hasContent() {
		r.rawID = nil // as Kuzzle tells an empty id
	}
	switch p.verb.judgeID(r.id, p.stamp.single) {
	case idUnknown:
		p.refuse(r, reasonNotFound, ErrNotFound)
	case idNoString:
		p.refuse(r, reasonID, ErrInvalid)
	case idFailsAlone:
		p.refuse(r, reasonIDs([]string{r.id}), ErrInvalid)
	case idFailsCall:
		p.badIDs = append(p.badIDs, r.id)
	default:
		return true
	}
	return false
}

// The bounds of the paths of changes, in bytes: they can be far longer than the changes. Four times the changes are
// free. What one document's paths may have in all, and what those of a call may have together beyond that, is bounded.
const (
	maxUpdatedFields = 256 << 10
	maxExtraFields   = 1 << 20
)

// paths returns the paths of the leaves of changes, none if there are more than the bounds allow, and whether they lead
// to all that the changes have.
func (p *plan) paths(changes []byte) (paths []string, covered bool) {
	free := 4 * len(changes)
	limit := min(maxUpdatedFields, free+maxExtraFields-p.extra)
	paths, complete, covered := rawjson.Paths(nil, changes, limit)
	size := limit // that was looked at in vain
	if complete {
		size = 0
		for _, path := range paths {
			size += len(path)
		}
	}
	p.extra += max(0, size-free)
	return paths, covered
}

// maxScratch is how large a buffer is kept, in bytes.
const maxScratch = 1 << 20

// release gives back what others may use. What a call has taken that has ended early is left to the collector.
func (p *plan) release() {
	if p.ended() {
		return
	}
	if p.scratch != nil && cap(*p.scratch) <= maxScratch {
		scratches.Put(p.scratch)
	}
	p.scratch = nil
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
	if r.id == "" && p.verb.generates() {
		r.id, r.newID = p.col.store.ids.next(p.col.store.opts.Clock.Now()), true
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
	f := p.failure(e, p.verb.document(r.rawID, r.content, r.defaults))
	if p.kuzzle {
		f.stage = p.verb.stageOf(reason, byShape)
	}
	p.failed = append(p.failed, f)
}

// failure completes the error of a document.
func (p *plan) failure(e *DocumentError, document []byte) Failure {
	e.Index, e.Collection, e.single = p.col.index, p.col.name, p.stamp.single
	e.Status = statusOf(e.Err)
	return Failure{Position: e.Position, Document: document, Status: e.Status, Reason: e.Reason, Err: e, verb: p.verb}
}

// run brings the plan to its turn and returns what became of its documents.
func (p *plan) run() (*Result, error) {
	defer p.release()
	if err := p.col.mayWrite(p.ctx); err != nil {
		return nil, err
	}
	if err := p.checkCall(); err != nil {
		return nil, err
	}
	if len(p.items) == 0 || p.opts.Atomic && len(p.failed) > 0 {
		if err := p.col.mustExist(p.ctx, len(p.failed)); err != nil {
			return nil, err
		}
		p.reset()
		return p.finish()
	}
	p.keys = p.keyset()
	p.col.store.warm(p.ctx, p.bucket(), p.keys.all)
	if err := p.col.turn(p.ctx, p.apply); err != nil {
		return nil, err
	}
	return p.finish()
}

// checkCall returns for what Kuzzle refuses the call as a whole.
func (p *plan) checkCall() error {
	if !p.kuzzle {
		return nil
	}
	n := len(p.items) + len(p.failed) + len(p.badIDs)
	if err := p.col.store.limits.checkWrites(p.verb, n); err != nil || len(p.badIDs) == 0 {
		return err
	}
	if err := p.col.mustExist(p.ctx, n); err != nil {
		return err
	}
	return invalid(reasonIDs(p.badIDs))
}

// finish returns the result, and ErrIncomplete where the options ask for it.
func (p *plan) finish() (*Result, error) {
	result := p.result // a copy, so that it does not keep the plan
	r := &result
	sortErrors(r.Errors)
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
func (p *plan) one() (*Success, error) {
	r, err := p.run()
	if err != nil {
		return nil, err
	}
	return r.only()
}

// applyAll is apply for a plan that was made in its turn.
func (p *plan) applyAll(t *txn) error {
	if err := p.ctx.Err(); err != nil {
		return err
	}
	if len(p.items) == 0 {
		p.reset()
		return nil
	}
	p.keys = p.keyset()
	return p.apply(t)
}

func (p *plan) keyset() keyset {
	return newKeyset(p.ctx, len(p.items), func(i int) string { return p.items[i].id })
}
