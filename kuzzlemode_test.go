package kuzzlite

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// Options.Kuzzle, as far as the recordings of vectors_test.go do not show it.

func kuzzleFixture(t *testing.T) (*fixture, *Collection) {
	f := newFixture(t, &Options{Kuzzle: true})
	return f, f.s.Collection("i", "c")
}

// The two verbs with a default, on an overlapping example.
func TestKuzzlePrecedence(t *testing.T) {
	f, c := kuzzleFixture(t)
	changes, defaults := raw(`{"state":"paid","n":{"a":1}}`), raw(`{"state":"open","n":{"b":2},"vat":20}`)
	res, err := c.MUpsert(ctx, []Upsert{{ID: "many", Changes: changes, Default: defaults}}, &WriteOptions{User: "u"})
	f.ok(err)
	f.equal("mUpsert", strings.ReplaceAll(string(res.Successes[0].Source), fmt.Sprint(f.clock.Now().UnixMilli()), "T"),
		`{"_kuzzle_info":{"author":"u","createdAt":T},"state":"open","n":{"b":2},"vat":20}`)
	one, err := c.Upsert(ctx, "one", changes, defaults, &WriteOptions{User: "u"})
	f.ok(err)
	f.equal("upsert", strings.ReplaceAll(string(one.Source), fmt.Sprint(f.clock.Now().UnixMilli()), "T"),
		`{"state":"paid","n":{"a":1},"vat":20,"_kuzzle_info":{"updatedAt":T,"updater":"u"}}`)
	rule := &WriteOptions{OnCreate: DefaultsDeep}
	res, err = c.MUpsert(ctx, []Upsert{{ID: "rule", Changes: changes, Default: defaults}}, rule)
	f.ok(err)
	f.equal("its vat", strings.Contains(string(res.Successes[0].Source), `"n":{"a":1,"b":2}`), true)
}

func TestKuzzleWriteLimit(t *testing.T) {
	f, c := kuzzleFixture(t)
	writes := func(n int) (list []Write) {
		for i := range n {
			list = append(list, Write{ID: fmt.Sprint(i), Body: raw(`{}`)})
		}
		list[0].Body = raw(`1`) // what is refused counts, too
		return list
	}
	nowhere := f.s.Collection("none", "none") // the number of documents comes first
	for what, call := range map[string]func(*Collection, []Write) error{
		"mCreate":          func(c *Collection, w []Write) error { _, err := c.MCreate(ctx, w); return err },
		"mCreateOrReplace": func(c *Collection, w []Write) error { _, err := c.MCreateOrReplace(ctx, w); return err },
		"mReplace":         func(c *Collection, w []Write) error { _, err := c.MReplace(ctx, w); return err },
		"mUpdate":          func(c *Collection, w []Write) error { _, err := c.MUpdate(ctx, w); return err },
		"mUpsert": func(c *Collection, w []Write) error {
			items := make([]Upsert, len(w))
			for i := range w {
				items[i] = Upsert{ID: w[i].ID, Changes: w[i].Body}
			}
			_, err := c.MUpsert(ctx, items)
			return err
		},
	} {
		f.ok(call(c, writes(200)))
		f.is(what+" of 200 nowhere", call(nowhere, writes(200)), ErrUnknownIndex)
		err := call(nowhere, writes(201))
		if f.is(what+" of 201", err, ErrTooLarge); err != nil {
			f.equal("its text", err.Error(), reasonWriteLimit)
		}
	}
}

// mDelete is refused for what it finds, and not for what it is asked.
func TestKuzzleDeleteLimit(t *testing.T) {
	f, c := kuzzleFixture(t)
	var ids []string
	for i := range 201 {
		id := fmt.Sprint(i)
		if i > 0 {
			_, err := c.Create(ctx, id, raw(`{}`))
			f.ok(err)
		}
		ids = append(ids, id)
	}
	res, err := c.MDelete(ctx, append(ids, ids...))
	f.ok(err)
	f.equal("deleted", len(res.Successes), 200)
	for _, id := range ids {
		_, err := c.Create(ctx, id, raw(`{}`))
		f.ok(err)
	}
	_, err = c.MDelete(ctx, ids)
	f.is("201", err, ErrTooLarge)
	n, err := c.Count(ctx)
	f.ok(err)
	f.equal("left", n, uint64(201))
}

func TestKuzzleReadLimit(t *testing.T) {
	f, c := kuzzleFixture(t)
	ids := make([]string, maxKuzzleReads+1)
	_, err := c.MGet(ctx, ids[1:])
	f.ok(err)
	_, err = f.s.Collection("none", "none").MGet(ctx, ids)
	f.is("mGet of 10,001", err, ErrTooLarge)
	_, err = c.MExists(ctx, ids)
	f.is("mExists of 10,001", err, ErrTooLarge)
}

func TestKuzzleReservedNames(t *testing.T) {
	f := newFixture(t, &Options{Kuzzle: true, AutoCreate: true})
	f.is("index", f.s.CreateIndex(ctx, "kuzzle"), ErrExists)
	f.is("collection of it", f.s.CreateCollection(ctx, "kuzzle", "c"), ErrExists)
	f.is("collection", f.s.CreateCollection(ctx, "i", "_kuzzle_keep"), ErrInvalid)
	f.is("invalid index before it", f.s.CreateCollection(ctx, "I", "_kuzzle_keep"), ErrInvalid)
	_, err := f.s.Collection("kuzzle", "c").Create(ctx, "a", raw(`{}`))
	f.is("write", err, ErrUnknownIndex)
	_, err = f.s.Collection("kuzzle", "c").Get(ctx, "a")
	f.is("read", err, ErrUnknownIndex)
	_, err = f.s.Collection("i", "_kuzzle_keep").MUpsert(ctx, []Upsert{{ID: "a", Changes: raw(`{}`)}})
	f.is("write", err, ErrUnknownCollection)
	f.ok(errors.Join(f.s.CreateCollection(ctx, "kuzzle_", "kuzzle"), f.s.CreateIndex(ctx, "_kuzzle_keep")))
	f.is("deletion", f.s.DeleteIndex(ctx, "kuzzle"), ErrUnknownIndex)
}

// Elasticsearch refuses the whole request for some ids, and numbers them.
func TestKuzzleIDs(t *testing.T) {
	f, c := kuzzleFixture(t)
	long := strings.Repeat("x", 513)
	_, err := c.MUpsert(ctx, []Upsert{
		{ID: "fine", Changes: raw(`{}`)}, {ID: "", Changes: raw(`{}`)}, {ID: "shape", Changes: 1},
		{ID: long, Changes: raw(`{}`)},
	})
	if f.is("mUpsert", err, ErrInvalid); err != nil {
		f.equal("its text", err.Error(), "Validation Failed: 1: id is missing;2: id ["+long+
			"] is too long, must be no longer than 512 bytes but was: 513;")
	}
	_, err = f.s.Collection("i", "none").MUpsert(ctx, []Upsert{{ID: long, Changes: raw(`{}`)}})
	f.is("no collection", err, ErrUnknownCollection)
	n, err := c.Count(ctx)
	f.ok(err)
	f.equal("written", n, uint64(0))
	for what, call := range map[string]func() error{
		"get":     func() error { _, err := c.Get(ctx, long); return err },
		"update":  func() error { _, err := c.Update(ctx, long, raw(`{}`)); return err },
		"replace": func() error { _, err := c.Replace(ctx, long, raw(`{}`)); return err },
		"delete":  func() error { _, err := c.Delete(ctx, long); return err },
		"fields":  func() error { _, err := c.DeleteFields(ctx, long, []string{"a"}); return err },
	} {
		f.is(what, call(), ErrNotFound)
	}
	res, err := c.MReplace(ctx, []Write{{ID: long, Body: raw(`{}`)}, {ID: "", Body: raw(`{}`)}})
	f.ok(err)
	f.equal("mReplace", jsonOf(t, res), `{"errors":[{"document":{"_id":"`+long+`","body":{}},"reason":"document not found",`+
		`"status":404},{"document":{"body":{}},"reason":"document not found","status":404}],"successes":[]}`)
	res, err = c.MDelete(ctx, []string{"", long})
	f.ok(err)
	f.equal("mDelete", jsonOf(t, res), `{"errors":[{"_id":"","reason":"document not found","status":404},{"_id":"`+long+
		`","reason":"document not found","status":404}],"successes":[]}`)
}

// Kuzzle lists what it refuses itself before what the storage has refused.
func TestKuzzleErrorOrder(t *testing.T) {
	f, c := kuzzleFixture(t)
	res, err := c.MUpdate(ctx, []Write{
		{ID: "none", Body: raw(`{}`)}, {ID: "", Body: raw(`{}`)}, {ID: "a", Body: 1}, {ID: "nor", Body: raw(`{}`)},
		{ID: "b", Body: 2},
	})
	f.ok(err)
	f.equal("mUpdate", fmt.Sprint(positions(res.Errors)), "[2 4 1 0 3]")
	_, err = c.Create(ctx, "a", raw(`{}`))
	f.ok(err)
	res, err = c.MCreate(ctx, []Write{
		{ID: "x", Body: raw(`{"":1}`)}, {ID: "a", Body: raw(`{}`)}, {ID: "y", Body: 1}, {ID: "a", Body: raw(`{"":1}`)},
	})
	f.ok(err)
	f.equal("mCreate", fmt.Sprint(positions(res.Errors)), "[2 1 3 0]")
	res, err = c.MUpsert(ctx, []Upsert{
		{ID: "x", Changes: raw(`{"":1}`)}, {ID: "a", Changes: raw(`{}`)}, {ID: "y", Changes: 1},
	})
	f.ok(err)
	f.equal("mUpsert", fmt.Sprint(positions(res.Errors)), "[2 0]")
}

// A generated id is not in what Kuzzle hands over, and so not in the error.
func TestKuzzleRefusedWithoutID(t *testing.T) {
	f, c := kuzzleFixture(t)
	res, err := c.MCreate(ctx, []Write{{Body: raw(`{" ":1}`)}}, &WriteOptions{User: "u"})
	f.ok(err)
	now := fmt.Sprint(f.clock.Now().UnixMilli())
	f.equal("mCreate", strings.ReplaceAll(jsonOf(t, res), now, "T"), `{"errors":[{"document":{"_source":{"_kuzzle_info":`+
		`{"author":"u","createdAt":T,"updatedAt":null,"updater":null}," ":1}},"reason":"[1:90] Field name cannot contain `+
		`only whitespace: [ ]","status":400}],"successes":[]}`)
}

// What a strict call has written before it fails is told nobody.
func TestKuzzleStrictIsSilent(t *testing.T) {
	f, c := kuzzleFixture(t)
	since := f.s.Sequence()
	items := []Upsert{{ID: "a", Changes: raw(`{}`)}, {ID: "b", Changes: raw(`{"":1}`)}}
	res, err := c.MUpsert(ctx, items, &WriteOptions{Strict: true})
	f.is("strict", err, ErrIncomplete)
	f.equal("written", len(res.Successes), 1)
	_, err = c.MUpsert(ctx, items[:1], &WriteOptions{Strict: true})
	f.ok(err)
	var silent []bool
	for _, change := range f.changes(since) {
		silent = append(silent, change.Silent)
	}
	f.equal("silent", fmt.Sprint(silent), "[true false]")
}

// Without the option none of this holds.
func TestWithoutKuzzle(t *testing.T) {
	f := newFixture(t, nil)
	f.ok(errors.Join(f.s.CreateIndex(ctx, "kuzzle"), f.s.CreateCollection(ctx, "i", "_kuzzle_keep")))
	c := f.s.Collection("i", "_kuzzle_keep")
	items := make([]Upsert, 201)
	for i := range items {
		items[i] = Upsert{ID: fmt.Sprint(i), Changes: raw(`{"":1,"_id":2,"..":3}`)}
	}
	res, err := c.MUpsert(ctx, items)
	f.ok(err)
	f.equal("errors", len(res.Errors), 0)
	_, err = c.MGet(ctx, make([]string, maxKuzzleReads+1))
	f.ok(err)
}

// A store may be opened with the option and without: documents that Elasticsearch would refuse stay readable, and an
// update of them is refused, since it is the whole document that is looked at.
func TestKuzzleLater(t *testing.T) {
	f := newFixture(t, nil)
	c := f.s.Collection("i", "c")
	_, err := c.Create(ctx, "a", raw(`{"x":1,"":2}`))
	f.ok(err)
	f.s.opts.Kuzzle, f.s.opts.Metadata = true, true
	_, err = c.Get(ctx, "a")
	f.ok(err)
	_, err = c.Update(ctx, "a", raw(`{"x":"\ud83d\ude00"}`))
	f.is("update", err, ErrInvalid)
	if e := new(DocumentError); errors.As(err, &e) {
		f.equal("its reason", e.Reason, "[1:21] failed to parse: field name cannot be an empty string")
	}
	_, err = c.Replace(ctx, "a", raw(`{"x":1}`))
	f.ok(err)
}

func TestKuzzleOptions(t *testing.T) {
	o, err := (&Options{Kuzzle: true}).resolved()
	if err != nil || !o.Metadata || o.MaxDepth != 1000 {
		t.Errorf("%+v, %v", o, err)
	}
	if o, err = (&Options{Kuzzle: true, MaxDepth: 5}).resolved(); err != nil || o.MaxDepth != 5 {
		t.Errorf("%+v, %v", o, err)
	}
}
