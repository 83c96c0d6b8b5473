package kuzzle

import (
	"fmt"
	"strings"
	"testing"
)

// The values of a clause may stand in a document of another collection.
func TestTermsLookup(t *testing.T) {
	terms := func(index, id string) string {
		return `{"controller":"document","action":"search","collection":"a","body":{"_source":false,"sort":["n"],` +
			`"query":{"terms":{"b":{"index":"` +
			index + `","id":"` + id + `","path":"v.k"}}}}}`
	}
	hits := func(ids ...string) string {
		list := []string{}
		for _, id := range ids {
			list = append(list, hitOf(id, `"_score":null`))
		}
		return fmt.Sprintf(`{"hits":[%s],"total":%d}`, strings.Join(list, ","), len(ids))
	}
	const notFound = "services.storage.unexpected_not_found"
	turns := append(shopOf(t, "a", `{"b":"x","n":1}`, `{"b":"y","n":2}`, `{"b":"z","n":3}`), shopOf(t, "b",
		`{"v":[{"k":["x"]},{"k":"z"}]}`)...)
	turns = append(turns, []turn{
		{ask: terms("&i.b", "b1"), want: hits("a1", "a3")},
		{ask: terms("@&i.b", "b1"), want: hits("a1", "a3")},
		{ask: terms("&i.b", "gone"), want: hits()},
		{ask: terms("&i.b", ""), want: hits()},
		{ask: terms("&i.nope", "b1"), status: 404, want: notFound, text: "no such index [&i.nope]"},
		{ask: terms("i.b", "b1"), status: 404, want: notFound, text: "no such index [i.b]"},
		{ask: terms("%kuzzle.users", "u"), status: 404, want: notFound, text: "no such index [%kuzzle.users]"},
		{ask: terms("&%kuzzle.users", "u"), status: 404, want: notFound, text: "no such index [&%kuzzle.users]"},
		{ask: `{"controller":"document","action":"count","collection":"a","body":{"query":{"terms":{"b":{"index":"&i.b",` +
			`"id":"b1","path":"v.k"}}}}}`,
			want: `{"count":2}`},
		{ask: `{"controller":"document","action":"search","collection":"a","body":{"_source":false,"sort":["n"],
			"post_filter":{"terms":{"b":{"index":"&i.b","id":"b1","path":"v.k"}}}}}`, want: hits("a1", "a3")},
		{ask: `{"controller":"document","action":"search","collection":"a",` +
			`"body":{"aggs":{"f":{"filter":{"terms":{"b":{"index":"&i.b","id":"b1","path":"v.k"}}}}}}}`,
			status: 400, want: "services.storage.unexpected_bad_request",
			text: "[terms] lookup of terms in another document is not supported here"},
		{ask: `{"controller":"document","action":"deleteByQuery","collection":"a",` +
			`"body":{"query":{"terms":{"b":{"index":"&i.b","id":"b1","path":"v.k"}}}}}`},
		{ask: `{"controller":"document","action":"count","collection":"a","body":{}}`, want: `{"count":1}`},
	}...)
	newDialog(t).converse(t, turns)
}

// The field _index has the name of the collection, in each of several.
func TestIndexField(t *testing.T) {
	search := func(query, more string) string {
		return `{"controller":"document","action":"search","index":null,"collection":null,"targets":[{"index":"i",` +
			`"collections":["a","b","c"]}],
			"body":{"query":` + query + `,"_source":false` + more + `}}`
	}
	turns := append(shopOf(t, "a", `{"n":1}`, `{"n":2}`), shopOf(t, "b", `{"n":3}`)...)
	newDialog(t).converse(t, append(turns, []turn{
		{ask: `{"controller":"document","action":"create","_id":"c1","body":{"n":4}}`},
		{ask: search(`{"term":{"_index":"&i.b"}}`, ``), want: hitsJSON(1, "b1 1")},
		{ask: search(`{"terms":{"_index":["&i.c","@&i.b"]}}`, ``), want: hitsJSON(2, "b1 1", "c1 1")},
		{ask: search(`{"bool":{"must_not":{"prefix":{"_index":"&i.a"}}}}`, ``), want: hitsJSON(2, "b1 0", "c1 0")},
		{ask: search(`{"wildcard":{"_index":"*.a"}}`, `,"post_filter":{"range":{"n":{"gt":1}}}`), want: hitsJSON(1, "a2 1")},
		{ask: `{"controller":"document","action":"search","collection":"a","size":0,` +
			`"body":{"aggs":{"f":{"filter":{"term":{"_index":"&i.a"}}}}}}`,
			want: `{"aggregations":{"f":{"doc_count":2}},"hits":[],"total":2}`},
		{ask: `{"controller":"document","action":"count","collection":"a","body":{"query":{"term":{"_index":"&i.b"}}}}`,
			want: `{"count":0}`},
	}...))
}

// Who may search one collection cannot find out what is in another.
func TestTermsLookupRights(t *testing.T) {
	p := newPeople(t, &Options{})
	admin := p.admin()
	for _, collection := range []string{"open", "closed"} {
		p.must(admin, "index", "create", `{"index":"`+collection+`"}`)
		p.must(admin, "collection", "create", `{"index":"`+collection+`","collection":"c",`+
			`"body":{"mappings":{"properties":{"b":{"type":"keyword"}}}}}`)
		p.must(admin, "document", "create", `{"index":"`+collection+`","collection":"c","_id":"d","body":{"b":"x"}}`)
	}
	p.must(admin, "security", "createRole", `{"_id":"r","body":{"controllers":{"document":{"actions":{"search":true,`+
		`"get":true}}}}}`)
	p.must(admin, "security", "createRole", `{"_id":"s","body":{"controllers":{"document":{"actions":{"search":true}}}}}`)
	p.must(admin, "security", "createProfile", `{"_id":"p","body":{"policies":[{"roleId":"r",`+
		`"restrictedTo":[{"index":"open"}]},{"roleId":"s"}]}}`)
	user := p.user(admin, "u", "p")
	search := func(index string) string {
		return `{"index":"open","collection":"c","body":{"query":{"terms":{"b":{"index":"&` + index + `.c","id":"d",` +
			`"path":"b"}}}}}`
	}
	if got := p.must(user, "document", "search", search("open")).(map[string]any)["total"]; got != 1.0 {
		t.Errorf("%v hits", got)
	}
	for _, index := range []string{"closed", "nope"} {
		p.refused(user, "document", "search", search(index), "security.rights.forbidden")
		p.refused("", "document", "search", search(index), "security.rights.unauthorized")
	}
	if got := p.must(admin, "document", "search", search("closed")).(map[string]any)["total"]; got != 1.0 {
		t.Errorf("%v hits", got)
	}
	p.refused(admin, "document", "search", search("nope"), "services.storage.unexpected_not_found")
}
