package kuzzlite

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kuzzlite/kuzzlite/internal/behaviour"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query"
)

// The suite that the server passes over the wire, too.
func TestBehaviour(t *testing.T) {
	for _, s := range subjects {
		t.Run(s.name, func(t *testing.T) { s.behaves(t, &Options{}) })
	}
	t.Run("kuzzle", func(t *testing.T) { subjects[0].behaves(t, &Options{Kuzzle: true}) })
}

func (s subject) behaves(t *testing.T, o *Options) {
	t.Parallel()
	behaviour.Run(t, func(t *testing.T) behaviour.Subject {
		f := s.open(t, o)
		f.createCollection("i", "c")
		return &underTest{f}
	})
}

// underTest is the collection of a fixture. Each call that writes is held to what it says of itself: its entries and
// the change feed. After it, a subject that is reopened or crashes does so.
type underTest struct{ *fixture }

func (u *underTest) Kuzzle() bool { return u.opts.Kuzzle }

func (u *underTest) Write(c behaviour.Call) (a behaviour.Answer) {
	u.t.Helper()
	u.clock.Advance(time.Millisecond)
	sequence := u.s.Sequence()
	r, err := u.call(u.c(), c)
	u.ok(err)
	var changes []Change
	for i := range r.Successes {
		w := &r.Successes[i]
		if !w.Noop {
			sequence++
			changes = append(changes, u.change(c, w, sequence))
		}
		a.Written = append(a.Written, u.written(c.Verb, w, sequence))
	}
	for i := range r.Errors {
		a.Refused = append(a.Refused, u.refused(c, &r.Errors[i]))
	}
	// TestDeleteFields has the paths of that, and Kuzzle's entries have those of the last item with the same id.
	unlike := u.Kuzzle() || c.Verb == "DeleteFields"
	opts := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Paths" && unlike }, cmp.Ignore())
	u.equal(c.Verb+": changes", u.changes(sequence-uint64(len(changes))), changes, opts, cmpopts.EquateEmpty())
	return a
}

// change is what the feed must have of a success.
func (u *underTest) change(c behaviour.Call, s *Success, sequence uint64) Change {
	u.t.Helper()
	op := map[string]Op{
		"Replace": OpReplace, "CreateOrReplace": OpReplace, "Update": OpUpdate, "Upsert": OpUpdate,
		"DeleteFields": OpUpdate, "Delete": OpDelete,
	}[c.Verb]
	if s.Created {
		op = OpCreate
	}
	change := Change{
		Sequence: sequence, Time: u.clock.Now().UTC(), Op: op, Index: "i", Collection: "c", ID: s.ID, Version: s.Version,
	}
	if c.Verb == "Update" || c.Verb == "Upsert" {
		var changes map[string]any
		u.ok(json.Unmarshal([]byte(c.Items[s.Position].Body), &changes))
		if _, covered := modelPaths("", changes); covered {
			change.Paths = s.UpdatedFields
		}
	}
	return change
}

// written checks all of a success that is not in the suite, which gets the rest.
func (u *underTest) written(verb string, s *Success, sequence uint64) behaviour.Written {
	u.t.Helper()
	want := *s
	want.Status = 200
	if s.Created {
		want.Status = 201
	}
	want.Sequence = sequence
	if s.Noop {
		want.Sequence = 0
	}
	u.equal(verb+": entry", *s, want, allFields)
	if (s.Source == nil) != (verb == "Delete") {
		u.t.Errorf("%s: its source is %s", verb, s.Source)
	}
	return behaviour.Written{
		ID: s.ID, Created: s.Created, Version: s.Version, Source: u.asSent(s.Source), UpdatedFields: s.UpdatedFields,
	}
}

// refused checks what an error says.
func (u *underTest) refused(c behaviour.Call, e *Failure) behaviour.Refused {
	u.t.Helper()
	status, reason, why := 400, e.Reason, behaviour.Invalid
	switch {
	case errors.Is(e.Err, ErrNotFound):
		status, reason, why = 404, "document not found", behaviour.NotFound
	case errors.Is(e.Err, ErrExists):
		reason, why = "document already exists", behaviour.Exists
	case !errors.Is(e.Err, ErrInvalid):
		u.t.Errorf("%s: %v", c.Verb, e.Err)
	}
	id := c.Items[e.Position].ID
	u.equal(c.Verb+": error", []any{e.Status, e.Reason, e.Err.Index, e.Err.Collection, e.Err.ID, e.Err.Position,
		e.Err.Status, e.Err.Reason}, []any{status, reason, "i", "c", id, e.Position, status, reason})
	return behaviour.Refused{ID: id, Why: why}
}

func (u *underTest) Strict(c behaviour.Call) (refused []behaviour.Refused) {
	u.t.Helper()
	u.clock.Advance(time.Millisecond)
	r, err := u.many(u.c(), c, &WriteOptions{Strict: true})
	u.equal(c.Verb+": incomplete", errors.Is(err, ErrIncomplete), len(r.Errors) > 0)
	u.equal(c.Verb+": documents", len(r.Errors)+len(r.Successes), len(c.Items))
	for i := range r.Errors {
		refused = append(refused, u.refused(c, &r.Errors[i]))
	}
	u.store()
	return refused
}

func (u *underTest) c() *Collection { return u.s.Collection("i", "c") }

func (u *underTest) Together(c behaviour.Call) {
	r, err := u.call(u.c(), c)
	if err == nil {
		err = r.Err()
	}
	if err != nil {
		u.t.Error(err)
	}
}

// call makes a call. That for one document has its error among those of the result.
func (u *underTest) call(c *Collection, call behaviour.Call) (*Result, error) {
	if !call.Single {
		return u.many(c, call, nil)
	}
	var (
		it  = call.Items[0]
		s   *Success
		err error
	)
	switch call.Verb {
	case "Upsert":
		s, err = c.Upsert(ctx, it.ID, raw(it.Body), raw(it.Default))
	case "Create":
		s, err = c.Create(ctx, it.ID, raw(it.Body))
	case "CreateOrReplace":
		s, err = c.CreateOrReplace(ctx, it.ID, raw(it.Body))
	case "Replace":
		s, err = c.Replace(ctx, it.ID, raw(it.Body))
	case "Update":
		s, err = c.Update(ctx, it.ID, raw(it.Body))
	case "Delete":
		s, err = c.Delete(ctx, it.ID)
	case "DeleteFields":
		s, err = c.DeleteFields(ctx, it.ID, it.Fields)
	}
	var e *DocumentError
	switch {
	case errors.As(err, &e):
		return &Result{Errors: []Failure{{Status: e.Status, Reason: e.Reason, Err: e}}}, nil
	case err != nil:
		return nil, err
	}
	return &Result{Successes: []Success{*s}}, nil
}

func (u *underTest) many(c *Collection, call behaviour.Call, o *WriteOptions) (r *Result, err error) {
	var (
		upserts   []Upsert
		writes    []Write
		deletions []FieldDeletion
		ids       []string
	)
	for _, it := range call.Items {
		upserts = append(upserts, Upsert{ID: it.ID, Changes: raw(it.Body), Default: raw(it.Default)})
		writes = append(writes, Write{ID: it.ID, Body: raw(it.Body)})
		deletions = append(deletions, FieldDeletion{ID: it.ID, Fields: it.Fields})
		ids = append(ids, it.ID)
	}
	switch call.Verb {
	case "Upsert":
		r, err = c.MUpsert(ctx, upserts, o)
	case "Create":
		r, err = c.MCreate(ctx, writes, o)
	case "CreateOrReplace":
		r, err = c.MCreateOrReplace(ctx, writes, o)
	case "Replace":
		r, err = c.MReplace(ctx, writes, o)
	case "Update":
		r, err = c.MUpdate(ctx, writes, o)
	case "Delete":
		r, err = c.MDelete(ctx, ids, o)
	case "DeleteFields":
		r, err = c.MDeleteFields(ctx, deletions, o)
	}
	return r, err
}

func (u *underTest) UpdateByQuery(field, value, changes string) int {
	u.t.Helper()
	u.clock.Advance(time.Millisecond)
	r, err := u.c().UpdateByQuery(ctx, equals(field, value), raw(changes))
	u.ok(errors.Join(err, r.Err()))
	u.store()
	return int(r.Written)
}

func (u *underTest) DeleteByQuery(field, value string) int {
	u.t.Helper()
	r, err := u.c().DeleteByQuery(ctx, equals(field, value))
	u.ok(errors.Join(err, r.Err()))
	u.store()
	return int(r.Written)
}

// equals is the query for a scalar.
func equals(field, value string) Query {
	var v any
	if err := json.Unmarshal([]byte(value), &v); err != nil {
		panic(err)
	}
	return query.Eq(field, v)
}

func (u *underTest) Truncate() {
	u.t.Helper()
	u.ok(u.c().Truncate(ctx))
	u.store()
}

func (u *underTest) Get(id string) (behaviour.Document, bool) {
	u.t.Helper()
	doc, err := u.c().Get(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return behaviour.Document{}, false
	}
	u.ok(err)
	return u.plain(&doc), true
}

func (u *underTest) MGet(ids ...string) (found []behaviour.Document, missing []string) {
	u.t.Helper()
	docs, err := u.c().MGet(ctx, ids)
	u.ok(err)
	for i := range docs.Successes {
		found = append(found, u.plain(&docs.Successes[i]))
	}
	return found, docs.Errors
}

func (u *underTest) Exists(id string) bool {
	u.t.Helper()
	ok, err := u.c().Exists(ctx, id)
	u.ok(err)
	return ok
}

func (u *underTest) MExists(ids ...string) (there, missing []string) {
	u.t.Helper()
	r, err := u.c().MExists(ctx, ids)
	u.ok(err)
	return r.Successes, r.Errors
}

func (u *underTest) Count() int {
	u.t.Helper()
	n, err := u.c().Count(ctx)
	u.ok(err)
	return int(n)
}

func (u *underTest) Find(field, value string) (ids []string) {
	u.t.Helper()
	for doc, err := range u.c().Find(ctx, equals(field, value)) {
		u.ok(err)
		ids = append(ids, doc.ID)
	}
	return ids
}

func (u *underTest) plain(doc *Document) behaviour.Document {
	return behaviour.Document{ID: doc.ID, Version: doc.Version, Source: u.asSent(doc.Source)}
}

// asSent returns a document as it was sent.
func (u *underTest) asSent(source []byte) string {
	if u.Kuzzle() {
		source, _, _ = rawjson.DeletePaths(source, []string{metadataKey})
	}
	return string(source)
}
