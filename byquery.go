package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"reflect"
)

// Writing what a query finds.

// ByQueryOptions says how DeleteByQuery and UpdateByQuery behave. Every zero field means the default.
type ByQueryOptions struct {
	// Write are the options of the writes; Strict, Atomic and IfVersion mean nothing here. Default: none.
	Write *WriteOptions

	// Began is the Began of a call that has ended early: documents that changed after that are left out, as those that
	// the earlier call has written. Default: now.
	Began uint64

	// Each is called for each document that is written. Default: nobody is told.
	Each func(*Success)
}

// ByQueryResult is what became of a call by query.
type ByQueryResult struct {
	// Began is the sequence of the newest change when the call began.
	Began uint64 `json:"began"`

	// Written is how many documents were written, and Skipped how many were left out that matched, because they changed
	// after the call began.
	Written uint64 `json:"written"`
	Skipped uint64 `json:"skipped"`

	// Errors are documents that could not be written: the first 100 of them, and Failed is how many there are.
	Errors []Failure `json:"errors"`
	Failed uint64    `json:"failed"`
}

// The bounds of one write by query, and of its errors.
const (
	byQueryDocuments = 200
	byQueryBytes     = 4 << 20
	byQueryErrors    = 100
)

// DeleteByQuery deletes the documents that match a query, in calls of 200 documents. Each document is deleted as it
// matched, or not at all: one that changes after DeleteByQuery began is left out. The call as a whole is not atomic, and
// takes as long as it takes: if ctx ends, or a write fails, the result says what was done, and calling again, with Began,
// does the rest. Inside [Store.Update] it is part of that.
//
// A nil query is [ErrInvalid], so that a mistake deletes nothing: query.All() is all documents, and
// [Collection.Truncate] is faster.
func (c *Collection) DeleteByQuery(ctx context.Context, q Query, o ...*ByQueryOptions) (*ByQueryResult, error) {
	return c.byQuery(ctx, q, o, verbDelete, received{})
}

// UpdateByQuery merges changes into the documents that match a query, in the same way as DeleteByQuery deletes them.
// changes are as for Update.
func (c *Collection) UpdateByQuery(ctx context.Context, q Query, changes any, o ...*ByQueryOptions) (*ByQueryResult, error) {
	content, err := c.store.encode(ctx, changes)
	if err != nil {
		return nil, fmt.Errorf("changes: %w", err)
	}
	if !isObject(content) {
		return nil, fmt.Errorf("%w changes: they must be an object", ErrInvalid)
	}
	return c.byQuery(ctx, q, o, verbUpdate, received{content: content})
}

// byQuery does with each document that a query finds what a verb does with an item.
func (c *Collection) byQuery(ctx context.Context, q Query, o []*ByQueryOptions, v verb,
	item received) (*ByQueryResult, error) {
	opts, err := onlyOne(o)
	if err != nil {
		return nil, err
	}
	if isNil(q) {
		return nil, fmt.Errorf("%w: there is no query: to write to all documents, pass query.All()", ErrInvalid)
	}
	if err := c.mayWrite(ctx); err != nil {
		return nil, err
	}
	w := byQueryWriter{col: c, ctx: ctx, verb: v, item: item, result: &ByQueryResult{Began: c.sequence(), Errors: []Failure{}}}
	if opts != nil {
		w.options, w.each = opts.Write, opts.Each
		if opts.Began > 0 {
			w.result.Began = opts.Began
		}
	}
	f, err := c.newFinder(ctx, q, []*FindOptions{{Timeout: -1, MaxScan: -1}})
	if err != nil {
		return w.result, err
	}
	err = f.each(func(m *match) bool { return w.take(m.doc) })
	if err == nil && w.err == nil {
		w.flush()
	}
	return w.result, errors.Join(err, w.err)
}

// isNil says whether there is no query, or a nil pointer, which is what query.Parse and its like return with an error.
func isNil(q Query) bool {
	if q == nil {
		return true
	}
	v := reflect.ValueOf(q)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// sequence returns the sequence of the newest change: in a transaction that of its own last one.
func (c *Collection) sequence() uint64 {
	if c.tx != nil && c.tx.txn != nil {
		return c.tx.txn.feed.last
	}
	return c.store.Sequence()
}

// byQueryWriter writes documents, some at a time.
type byQueryWriter struct {
	col     *Collection
	ctx     context.Context
	verb    verb
	item    received // but for what is of one document
	options *WriteOptions
	each    func(*Success)

	docs   []Document
	bytes  int
	result *ByQueryResult
	err    error
}

// take takes in a document, and says whether to go on.
func (w *byQueryWriter) take(doc Document) bool {
	if doc.Sequence > w.result.Began {
		w.result.Skipped++
		return true
	}
	w.docs, w.bytes = append(w.docs, doc), w.bytes+len(doc.Source)
	if len(w.docs) >= byQueryDocuments || w.bytes >= byQueryBytes {
		w.flush()
	}
	return w.err == nil
}

// flush writes what was taken in.
func (w *byQueryWriter) flush() {
	if len(w.docs) == 0 {
		return
	}
	docs := w.docs
	w.docs, w.bytes = nil, 0
	var options WriteOptions
	if w.options != nil {
		options = *w.options
	}
	options.Strict, options.Atomic, options.IfVersion, options.IfAbsent = false, false, 0, false
	p, err := w.col.newPlan(w.ctx, w.verb, false, len(docs), []*WriteOptions{&options})
	if err != nil {
		w.err = err
		return
	}
	for i, doc := range docs {
		r := w.item
		r.position, r.id, r.cond = i, doc.ID, condition{version: doc.Version}
		p.add(r)
	}
	r, err := p.run()
	if w.err = err; r != nil {
		w.note(r)
	}
}

// note takes in what became of a write.
func (w *byQueryWriter) note(r *Result) {
	w.result.Written += uint64(len(r.Successes))
	if w.each != nil {
		for i := range r.Successes {
			w.each(&r.Successes[i])
		}
	}
	for _, e := range r.Errors {
		if errors.Is(e.Err, ErrConflict) || errors.Is(e.Err, ErrNotFound) {
			w.result.Skipped++
			continue
		}
		if w.result.Failed++; len(w.result.Errors) < byQueryErrors {
			w.result.Errors = append(w.result.Errors, e)
		}
	}
}

// Err returns nil if all documents were written that could be, and otherwise an error that wraps those of documents.
func (r *ByQueryResult) Err() error {
	if r.Failed == 0 {
		return nil
	}
	return fmt.Errorf("%w: %d documents, the first: %w", ErrIncomplete, r.Failed, r.Errors[0].Err)
}
