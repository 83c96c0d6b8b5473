package kuzzlite

import (
	"context"
	"fmt"
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Upsert is one document of [Collection.MUpsert]: changes to make if it exists, and with the default what to create if
// it does not.
type Upsert struct {
	// ID is the document's id: 1 to 512 bytes of valid UTF-8.
	ID string

	// Changes are merged into the document. Any value that marshals to a JSON object; a json.RawMessage or []byte is
	// JSON already. Required; may be {}.
	Changes any

	// Default is what a new document has besides the changes; of no effect on one that exists. Where both have a value
	// the change wins, unless WriteOptions.OnCreate says otherwise.
	// Nothing: nil, or what marshals to a value that is false in JavaScript, as null.
	Default any

	// IfVersion is the version the document must have, checked as part of the write. If it does not match the item fails
	// with ErrConflict, and is never retried. 0: any.
	IfVersion uint64

	// IfAbsent means that the document must not exist; it fails with ErrConflict if it does.
	IfAbsent bool
}

// MUpsert merges changes into documents and creates those that do not exist, all together: after a crash
// either everything the call wrote is there or nothing. Each document stands for itself; what went wrong with some
// is in the result, not in err, unless options ask for Strict or Atomic. The same id may occur several times: the
// items apply in order, one result each.
//
// A change that changes nothing (deep equality; numbers by value and kind) writes nothing: the version stays, and the
// entry has status 200 and Noop. Otherwise the version grows by one, from 1.
//
// It returns when the documents are durable, see [Durability]. A ctx that is done before it is worked out what to write
// leaves no trace; after that the call returns what happened.
//
// err is for the call. Nothing was written with [ErrClosed], [ErrReadOnly], [ErrUnknownIndex], [ErrUnknownCollection],
// ctx's error, [ErrInvalid] for options or (with AutoCreate) names, [ErrTooLarge] for all documents together,
// [ErrDiskFull], [ErrFailed], and [ErrCorrupt] for what is not a document's. [ErrIncomplete] and [ErrOutcomeUnknown]
// say themselves what was written. An entry of Result.Errors holds [ErrInvalid], [ErrTooLarge], [ErrConflict] or
// [ErrCorrupt].
func (c *Collection) MUpsert(ctx context.Context, items []Upsert, o ...*WriteOptions) (*Result, error) {
	p, err := c.newPlan(ctx, verbUpsert, false, len(items), o)
	if err != nil {
		return nil, err
	}
	for i, it := range items {
		if p.ended() {
			break
		}
		p.addUpsert(i, it)
	}
	return p.run()
}

// Upsert is MUpsert for one document; what went wrong with it is in err, a [*DocumentError]. defaults may be nil;
// see Upsert.Default.
func (c *Collection) Upsert(ctx context.Context, id string, changes, defaults any,
	o ...*WriteOptions) (*Success, error) {
	p, err := c.newPlan(ctx, verbUpsert, true, 1, o)
	if err != nil {
		return nil, err
	}
	p.addUpsert(0, Upsert{ID: id, Changes: changes, Default: defaults})
	return p.one()
}

func (p *plan) addUpsert(position int, u Upsert) {
	r := received{position: position, id: u.ID, cond: condition{u.IfVersion, u.IfAbsent}}
	r.content, r.err = p.col.store.encode(p.ctx, u.Changes)
	if r.err == nil {
		r.defaults, r.err = p.col.store.encode(p.ctx, u.Default)
	}
	p.add(r)
}

// MUpsertJSON is MUpsert for the documents array of a Kuzzle request as it is: [{"_id", "changes", "default"}, ...],
// and for the JSON of a list of Upsert, whose items may have ifVersion and ifAbsent. Other keys of an item are ignored.
// As in Kuzzle an item is refused if its changes are not an object, if it has a default that is neither an object nor
// falsy, and if its _id is not a string, the first of these deciding. An item that is nested too deeply, or has a key
// twice, is refused by itself.
//
// If documents is not a JSON array at all, nothing is written and err is [ErrInvalid] and says at which byte it breaks.
// documents is not kept.
func (c *Collection) MUpsertJSON(ctx context.Context, documents []byte, o ...*WriteOptions) (*Result, error) {
	p, err := c.newPlan(ctx, verbUpsert, false, 0, o)
	if err != nil {
		return nil, err
	}
	position := 0
	for element, err := range elements(documents, ctx.Err) {
		if p.ended() {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read documents: %w", jsonError(err))
		}
		p.add(c.store.readItem(ctx, position, element))
		position++
	}
	return p.run()
}

// readItem reads an item of Kuzzle's documents array.
func (s *Store) readItem(ctx context.Context, position int, element []byte) received {
	r := received{position: position}
	compact, err := rawjson.CompactUntil(element, s.opts.MaxDepth+1, ctx.Err)
	if err != nil {
		r.err = jsonError(err)
		id, _ := rawjson.Lookup(element, "_id") // so that its error says which item it is
		r.id, _ = rawjson.Unquote(id)
		return r
	}
	if !isObject(compact) {
		return r
	}
	r.rawID, _ = rawjson.Lookup(compact, "_id")
	r.content, _ = rawjson.Lookup(compact, "changes")
	r.defaults, _ = rawjson.Lookup(compact, "default")
	if !s.opts.Kuzzle { // which ignores them, as any key that it does not know
		r.readCondition(compact)
	}
	if r.id, err = rawjson.Unquote(r.rawID); err != nil {
		r.badID = true
		if len(r.rawID) > 0 && r.rawID[0] == '"' {
			r.err = invalid("document _id must be valid UTF-8")
		}
	}
	return r
}

// readCondition reads ifVersion and ifAbsent of an item.
func (r *received) readCondition(item []byte) {
	if version, ok := rawjson.Lookup(item, "ifVersion"); ok {
		n, err := strconv.ParseUint(string(version), 10, 64)
		if err != nil || n == 0 {
			r.err = invalid("document ifVersion must be a whole number, 1 or more")
		}
		r.cond.version = n
	}
	if absent, ok := rawjson.Lookup(item, "ifAbsent"); ok {
		r.cond.absent = string(absent) == "true"
		if !r.cond.absent && string(absent) != "false" {
			r.err = invalid("document ifAbsent must be true or false")
		}
	}
}
