package kuzzlite

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/query"
)

// Documents that are loaded are as they were given, whatever is there.
func TestMLoad(t *testing.T) {
	onAll(t, &Options{Metadata: true}, func(t *testing.T, f *fixture) {
		f.put("old", `{"a":1}`)
		at := func(minutes int) time.Time {
			return time.UnixMilli(epoch).Add(time.Duration(minutes) * time.Minute).UTC()
		}
		docs := []Document{
			{ID: "new", Source: raw(`{"n":1.10,"_kuzzle_info":{"author":"ann"}}`), Version: 7, Created: at(-9), Updated: at(-5), Expires: at(9)},
			{ID: "old", Source: raw(`{"b":2}`), Version: 3, Created: at(-8), Updated: at(-4)},
			{ID: "plain", Source: raw(`{}`)},
			{ID: "new", Source: raw(`{"n":2}`), Version: 5, Created: at(-9), Updated: at(-5)},
		}
		res, err := f.col().MLoad(ctx, docs, &WriteOptions{User: "bob"})
		f.ok(err)
		f.equal("result", jsonOf(t, res), `{"errors":[],"successes":[`+
			`{"_id":"new","_source":{"n":1.10,"_kuzzle_info":{"author":"ann"}},"_version":7,"created":true,"result":"created","status":201},`+
			`{"_id":"old","_source":{"b":2},"_version":3,"created":false,"result":"updated","status":200},`+
			`{"_id":"plain","_source":{},"_version":1,"created":true,"result":"created","status":201},`+
			`{"_id":"new","_source":{"n":2},"_version":5,"created":false,"result":"updated","status":200}]}`)
		docs[3].Sequence, docs[1].Sequence, docs[2].Sequence = res.Successes[3].Sequence, res.Successes[1].Sequence, res.Successes[2].Sequence
		docs[2].Version, docs[2].Created, docs[2].Updated = 1, at(0), at(0)
		f.equal("new", f.doc("new"), docs[3])
		f.equal("old", f.doc("old"), docs[1])
		f.equal("plain", f.doc("plain"), docs[2])
		_, err = f.col().MLoad(ctx, docs[:1])
		f.ok(err)
		docs[0].Sequence = f.s.Sequence()
		f.equal("expires", f.doc("new"), docs[0])
		f.clock.Advance(9 * time.Minute)
		f.equal("expired", f.get("new"), "none")
		s, err := f.col().Update(ctx, "old", raw(`{}`))
		f.ok(err)
		f.equal("goes on", s.Version, uint64(4))
	})
}

// What cannot be stored is refused by itself.
func TestMLoadRefuses(t *testing.T) {
	f := newFixture(t, nil)
	f.put("there", `{}`)
	res, err := f.col().MLoad(ctx, []Document{
		{ID: "", Source: raw(`{}`)}, {ID: "a", Source: raw(`[]`)}, {ID: "b"},
		{ID: "c", Source: raw(`{}`), Expires: time.Unix(-1, 0)},
		{ID: "d", Source: raw(`{}`), Expires: time.Date(12_000, 1, 1, 0, 0, 0, 0, time.UTC)}, {ID: "there", Source: raw(`{}`), Version: 9},
		{ID: "e", Source: raw(`{}`), Version: 1 << 63},
		{ID: "f", Source: raw(`{}`), Updated: time.Unix(1<<60, 0)}, {ID: "fine", Source: json.RawMessage(" { } ")},
	}, &WriteOptions{IfAbsent: true})
	f.ok(err)
	var reasons []string
	for _, e := range res.Errors {
		reasons = append(reasons, e.Reason)
	}
	f.equal("reasons", reasons, []string{
		"document _id must not be empty", "document body must be an object", "document body must be an object",
		"document has 1969-12-31T23:59:59Z as the time of its expiry: it must be after the beginning of 1970 and before the year 10000",
		"document has 12000-01-01T00:00:00Z as the time of its expiry: it must be after the beginning of 1970 and before the year 10000",
		"[there]: version conflict, document already exists (current version [1])",
		"document has version 9223372036854775808, more than 9223372036854775807",
		"document has a time that no number of milliseconds since 1970 can say",
	})
	f.holds("fine v1 {}", "there v1 {}")
}

// Documents can be from a store whose clock was before 1970, or at its very beginning: MLoad refused them once, and took
// 1970 itself for no time.
func TestMLoadBefore1970(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		far := time.Date(12_000, 1, 1, 0, 0, 0, 0, time.UTC)
		docs := []Document{
			{ID: "a", Source: raw(`{}`), Version: 1, Created: time.UnixMilli(-5).UTC(), Updated: time.UnixMilli(0).UTC()},
			{ID: "b", Source: raw(`{}`), Version: 1, Created: time.UnixMilli(0).UTC(), Updated: far},
			{ID: "c", Source: raw(`{}`), Version: 1, Created: time.Date(-44, 3, 15, 0, 0, 0, 0, time.UTC), Updated: time.UnixMilli(1).UTC()},
		}
		res, err := f.col().MLoad(ctx, docs)
		f.ok(err)
		f.ok(res.Err())
		for i := range docs {
			docs[i].Sequence = res.Successes[i].Sequence
			f.equal(docs[i].ID, f.doc(docs[i].ID), docs[i])
		}
	})
}

// A document that has expired when it is loaded kept its unique value from the other documents of the same call, and was
// refused because of one that has the value.
func TestMLoadExpiredUnique(t *testing.T) {
	past := time.UnixMilli(epoch).Add(-time.Minute)
	expired := func(id, value string) Document {
		return Document{ID: id, Source: raw(`{"u":"` + value + `"}`), Version: 1, Expires: past}
	}
	alive := func(id, value string) Document {
		return Document{ID: id, Source: raw(`{"u":"` + value + `"}`), Version: 1}
	}
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.unswept()
		f.ensure(FieldIndex{Fields: []string{"u"}, Unique: true})
		f.put("stored", `{"u":"s"}`)
		load := func(docs ...Document) *Result {
			r, err := f.col().MLoad(ctx, docs)
			f.ok(err)
			return r
		}
		f.ok(load(expired("e1", "x"), alive("a1", "x"), expired("e2", "x")).Err())
		f.ok(load(alive("a2", "y"), expired("e3", "y"), expired("e4", "s"), expired("e5", "z"), expired("e6", "z")).Err())
		f.is("two", load(alive("a3", "w"), alive("a4", "w")).Err(), ErrNotUnique)
		for value, owner := range map[string]string{"x": "a1", "y": "a2", "s": "stored", "w": "a3"} {
			f.equal(value, f.found(query.Eq("u", value), nil), []string{owner})
			r, err := f.col().MCreate(ctx, []Write{{Body: raw(`{"u":"` + value + `"}`)}})
			f.ok(err)
			f.is(value, r.Err(), ErrNotUnique)
		}
		f.sound()
		f.ok(second(f.s.sweepAll(ctx, f.s.now())))
		f.equal("all", f.found(nil, nil), []string{"a1", "a2", "a3", "stored"})
		f.put("b", `{"u":"z"}`)
		f.equal("z", f.found(query.Eq("u", "z"), nil), []string{"b"})
	})
}
