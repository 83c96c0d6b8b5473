package linear

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/kuzzlite/kuzzlite"
)

// Actions, made as calls of a store.

func docID(n int) string { return "d" + strconv.Itoa(n) }

func parseDocID(id string) (int, error) {
	n, err := strconv.Atoi(id[1:])
	if err == nil && n >= docIDs {
		err = fmt.Errorf("there is no document %q", id)
	}
	return n, err
}

func isDone(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// expected is the version to expect; absent: there must be no document.
func expected(want int) (version uint64, absent bool) { return uint64(max(want, 0)), want == 0 }

// call makes the call. Its error is what no call may return.
func (a *action) call(ctx context.Context, col *kuzzlite.Collection, user string) (*response, error) {
	var out *response
	var err error
	switch {
	case a.Verb.reads():
		out, err = a.read(ctx, col)
	case a.One:
		out, err = a.writeOne(ctx, col, user)
	default:
		out, err = a.writeMany(ctx, col, user)
	}
	if isDone(err) && ctx.Err() != nil {
		return &response{Cancelled: true}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%v: %w", a, err)
	}
	return out, nil
}

func (a *action) ids() (ids []string) {
	for _, t := range a.Items {
		ids = append(ids, docID(t.ID))
	}
	return ids
}

func (a *action) read(ctx context.Context, col *kuzzlite.Collection) (*response, error) {
	docs := map[string]kuzzlite.Document{}
	switch a.Verb {
	case count:
		n, err := col.Count(ctx)
		return &response{Count: int(n)}, err
	case exists:
		there, err := col.Exists(ctx, a.ids()[0])
		if there {
			docs[a.ids()[0]] = kuzzlite.Document{}
		}
		return a.found(docs, err)
	case mExists:
		f, err := col.MExists(ctx, a.ids())
		if err != nil {
			return nil, err
		}
		for _, id := range f.Successes {
			docs[id] = kuzzlite.Document{}
		}
	case get:
		d, err := col.Get(ctx, a.ids()[0])
		if errors.Is(err, kuzzlite.ErrNotFound) {
			return a.found(docs, nil)
		}
		docs[d.ID] = d
		return a.found(docs, err)
	case mGet:
		f, err := col.MGet(ctx, a.ids())
		if err != nil {
			return nil, err
		}
		for _, d := range f.Successes {
			docs[d.ID] = d
		}
	case all:
		for d, err := range col.All(ctx, nil) {
			if err != nil {
				return nil, err
			}
			docs[d.ID] = d
		}
	}
	return a.found(docs, nil)
}

// found turns what was read into a response.
func (a *action) found(docs map[string]kuzzlite.Document, err error) (*response, error) {
	out := &response{Items: make([]finding, len(a.Items))}
	for i, t := range a.Items {
		d, there := docs[docID(t.ID)]
		if !there {
			out.Items[i].What = absent
			continue
		}
		c, bad := parseContent(d.Source)
		err = errors.Join(err, bad)
		out.Items[i] = finding{What: ok, Version: int(d.Version), Content: c, Sequence: int(d.Sequence)}
	}
	return out, err
}

// parseContent reads a document; nil has none.
func parseContent(source []byte) (c content, err error) {
	if source == nil {
		return c, nil
	}
	var m map[string]int
	if err := json.Unmarshal(source, &m); err != nil {
		return c, err
	}
	for i, name := range fieldNames {
		c[i] = m[name]
		delete(m, name)
	}
	if len(m) > 0 {
		err = fmt.Errorf("unknown fields in %s", source)
	}
	return c, err
}

func (a *action) writeOne(ctx context.Context, col *kuzzlite.Collection, user string) (*response, error) {
	t := a.Items[0]
	id := docID(t.ID)
	o := &kuzzlite.WriteOptions{User: user}
	o.IfVersion, o.IfAbsent = expected(t.Want)
	var done *kuzzlite.Success
	var err error
	switch a.Verb {
	case mUpsert:
		done, err = col.Upsert(ctx, id, t.Set.json(), t.defaults(), o)
	case mCreate:
		done, err = col.Create(ctx, id, t.Set.json(), o)
	case mCreateOrReplace:
		done, err = col.CreateOrReplace(ctx, id, t.Set.json(), o)
	case mReplace:
		done, err = col.Replace(ctx, id, t.Set.json(), o)
	case mUpdate:
		done, err = col.Update(ctx, id, t.Set.json(), o)
	case mDelete:
		done, err = col.Delete(ctx, id, o)
	case mDeleteFields:
		done, err = col.DeleteFields(ctx, id, t.dropped(), o)
	}
	return answerOne(done, err)
}

// answerOne is the response of a verb for one document.
func answerOne(done *kuzzlite.Success, err error) (*response, error) {
	var f finding
	var failed *kuzzlite.DocumentError
	switch {
	case errors.As(err, &failed):
		f, err = failure(failed)
	case err == nil:
		f, err = success(done)
	}
	return &response{Items: []finding{f}}, err
}

func success(s *kuzzlite.Success) (finding, error) {
	c, err := parseContent(s.Source)
	if status := map[bool]int{true: 201, false: 200}[s.Created]; s.Status != status {
		err = errors.Join(err, fmt.Errorf("status %d of a document, created: %v", s.Status, s.Created))
	}
	return finding{
		What: ok, Version: int(s.Version), Created: s.Created, Noop: s.Noop, Content: c, Sequence: int(s.Sequence),
	}, err
}

func failure(e *kuzzlite.DocumentError) (finding, error) {
	for what, sentinel := range map[string]error{
		absent: kuzzlite.ErrNotFound, present: kuzzlite.ErrExists, conflict: kuzzlite.ErrConflict,
	} {
		if errors.Is(e, sentinel) {
			return finding{What: what, Have: int(e.Have)}, nil
		}
	}
	return finding{}, e
}

func (a *action) writeMany(ctx context.Context, col *kuzzlite.Collection, user string) (*response, error) {
	o := &kuzzlite.WriteOptions{User: user, Atomic: a.Atomic, Strict: a.Strict}
	var res *kuzzlite.Result
	var err error
	switch a.Verb {
	case mUpsert:
		res, err = col.MUpsert(ctx, a.upserts(), o)
	case mCreate:
		res, err = col.MCreate(ctx, a.writes(), o)
	case mCreateOrReplace:
		res, err = col.MCreateOrReplace(ctx, a.writes(), o)
	case mReplace:
		res, err = col.MReplace(ctx, a.writes(), o)
	case mUpdate:
		res, err = col.MUpdate(ctx, a.writes(), o)
	case mDelete:
		o.IfVersion, o.IfAbsent = expected(a.Items[0].Want)
		res, err = col.MDelete(ctx, a.ids(), o)
	case mDeleteFields:
		res, err = col.MDeleteFields(ctx, a.deletions(), o)
	}
	if err != nil && !errors.Is(err, kuzzlite.ErrIncomplete) {
		return nil, err
	}
	out := &response{Items: make([]finding, len(a.Items)), Incomplete: err != nil}
	err = nil
	for i := range res.Successes {
		f, bad := success(&res.Successes[i])
		out.Items[res.Successes[i].Position] = f
		err = errors.Join(err, bad)
	}
	for _, failed := range res.Errors {
		f, bad := failure(failed.Err)
		out.Items[failed.Position] = f
		err = errors.Join(err, bad)
	}
	return out, err
}

func (t *target) defaults() any {
	if t.Default == (content{}) {
		return nil
	}
	return t.Default.json()
}

func (t *target) dropped() (names []string) {
	for i, drop := range t.Drop {
		if drop != 0 {
			names = append(names, fieldNames[i])
		}
	}
	return names
}

func (a *action) upserts() (list []kuzzlite.Upsert) {
	for _, t := range a.Items {
		u := kuzzlite.Upsert{ID: docID(t.ID), Changes: t.Set.json(), Default: t.defaults()}
		u.IfVersion, u.IfAbsent = expected(t.Want)
		list = append(list, u)
	}
	return list
}

func (a *action) writes() (list []kuzzlite.Write) {
	for _, t := range a.Items {
		w := kuzzlite.Write{ID: docID(t.ID), Body: t.Set.json()}
		w.IfVersion, w.IfAbsent = expected(t.Want)
		list = append(list, w)
	}
	return list
}

func (a *action) deletions() (list []kuzzlite.FieldDeletion) {
	for _, t := range a.Items {
		d := kuzzlite.FieldDeletion{ID: docID(t.ID), Fields: t.dropped()}
		d.IfVersion, _ = expected(t.Want)
		list = append(list, d)
	}
	return list
}
