package kuzzlite

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/query"
)

// Field indexes of words.

// text makes an index of the words of t in i/c.
func (f *fixture) text() {
	f.t.Helper()
	f.ensure(FieldIndex{Fields: []string{"t"}, Kind: FieldIndexText})
}

func TestTextIndex(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"t":"South of Alaska"}`)
		f.put("b", `{"t":["Alaska",7,"the south"]}`)
		f.put("none", `{"t":{"x":"south"}}`)
		f.text()
		list, err := f.col().FieldIndexes(ctx)
		f.ok(err)
		f.equal("list", list, []FieldIndexState{
			{FieldIndex: FieldIndex{Name: "t", Fields: []string{"t"}, Kind: FieldIndexText, Analyzer: "standard"}},
		})
		f.equal("entries", f.entryCount("t"), 7)
		f.ensure(FieldIndex{Fields: []string{"t"}, Kind: FieldIndexText, Analyzer: "standard"}) // it is there
		f.is("another", f.col().EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"t"}}), ErrExists)
		f.put("a", `{"t":"south Alaska of"}`) // the same words at other places: Check compares them
		f.equal("entries", f.entryCount("t"), 7)
		f.equal("phrase", f.found(query.Phrase("t", "south alaska"), nil), []string{"a"})
		f.put("a", `{"t":"south"}`)
		f.ok(second(f.col().Delete(ctx, "b")))
		f.equal("entries", f.entryCount("t"), 1)
		f.ok(f.col().Truncate(ctx))
		f.equal("entries", f.entryCount("t"), 0)
		f.put("c", `{"t":"nome"}`)
		f.ok(f.col().DropFieldIndex(ctx, "t"))
	})
}

func TestTextIndexErrors(t *testing.T) {
	f := newFixture(t, nil)
	for want, fi := range map[string]FieldIndex{
		`"klingon": it is one of keyword, simple, standard, stop, whitespace`: {Fields: []string{"t"}, Analyzer: "klingon"},
		`"default": it is one of`: {Fields: []string{"t"}, Analyzer: "default"},
		`must have one`:           {Fields: []string{"t", "u"}},
		`descending field`:        {Fields: []string{"-t"}},
		`cannot be unique`:        {Fields: []string{"t"}, Unique: true},
		`sparse`:                  {Fields: []string{"t"}, Sparse: true},
		`is of the kind "fruit"`:  {Fields: []string{"t"}, Kind: "fruit"},
		`has the analyzer "stop"`: {Fields: []string{"t"}, Kind: "values", Analyzer: "stop"},
	} {
		switch fi.Kind {
		case FieldIndexValues:
			fi.Kind = FieldIndexText
		case "values":
			fi.Kind = FieldIndexValues
		}
		err := f.col().EnsureFieldIndex(ctx, fi)
		f.is(want, err, ErrInvalid)
		if err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// Without package query a store with an index of words is read, and its index dropped, but nothing is written that the
// index would lack.
func TestTextIndexNotLinked(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.text()
	f.put("a", `{"t":"south"}`)
	f.reopen(nil)
	defer filter.Register(filter.Register(nil))
	f.is("check", second(f.s.Check(ctx)), filter.ErrNotLinked)
	f.is("write", second(f.col().CreateOrReplace(ctx, "b", raw(`{"t":"x"}`))), filter.ErrNotLinked)
	f.is("ensure", f.col().EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"u"}, Kind: FieldIndexText}), filter.ErrNotLinked)
	f.equal("find", f.found(nil, nil), []string{"a"})
	f.ok(f.col().DropFieldIndex(ctx, "t"))
	f.put("b", `{"t":"x"}`)
}

// A document of any number of words is fine, but not one of too many different ones; nor is an index built over it.
func TestTooManyWords(t *testing.T) {
	f := newFixture(t, nil)
	var words strings.Builder
	for i := range 100_001 {
		fmt.Fprintf(&words, "%x ", i)
	}
	f.put("many", fmt.Sprintf(`{"t":%q}`, words.String()))
	f.is("ensure", f.col().EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"t"}, Kind: FieldIndexText}), ErrTooLarge)
	f.ok(second(f.col().Delete(ctx, "many")))
	f.text()
	_, err := f.col().Create(ctx, "many", raw(fmt.Sprintf(`{"t":%q}`, words.String())))
	f.is("create", err, ErrTooLarge)
	f.put("often", fmt.Sprintf(`{"t":%q}`, strings.Repeat("south alaska ", 200_000)))
	f.equal("phrase", f.found(query.Phrase("t", "alaska south"), nil), []string{"often"})
	f.equal("entries", f.entryCount("t"), 2)
}

// manyTexts are texts of which each has the word all, one in 2 the word some, and one in 100 the word few.
func manyTexts(t *testing.T) *fixture {
	f := newFixture(t, nil)
	var docs []Write
	for n := range 2000 {
		text := "all"
		if n%2 == 0 {
			text += " some"
		}
		if n%100 == 0 {
			text += " few"
		}
		docs = append(docs, Write{ID: fmt.Sprintf("%04d", n*379%2000), Body: raw(fmt.Sprintf(`{"t":%q,"m":%d}`, text, n%7))})
	}
	f.ok(second(f.col().MCreate(ctx, docs, &WriteOptions{Strict: true})))
	return f
}

func TestExplainText(t *testing.T) {
	f := manyTexts(t)
	every := query.MatchEvery("t", "all few")
	e, err := f.col().Explain(ctx, every)
	f.ok(err)
	f.equal("advice", *e.Advice, FieldIndex{Name: "t", Fields: []string{"t"}, Kind: FieldIndexText, Analyzer: "standard"})
	f.ensure(*e.Advice)
	for want, q := range map[string]*query.Query{
		`text index "t", word few`:                                          query.Match("t", "few"),
		`text index "t", word fewest`:                                       query.MatchEvery("t", "Few fewest"),
		`text index "t", any of the words few, fewest`:                      query.Match("t", "fewest few"),
		`text index "t", any of the words fe*`:                              query.MatchPrefix("t", "all fe"),
		`text index "t", words few, some`:                                   query.And(query.Match("t", "some"), query.Match("t", "few")),
		`text index "t", words few, some, all, at the places of 1 phrase`:   query.Phrase("t", "all some few"),
		`union of (text index "t", word few), (field index "m,t", 1 range)`: query.Or(query.Match("t", "few"), query.And(query.Eq("m", 3), query.Gt("t", "all t"))),
	} {
		if strings.Contains(want, "m,t") {
			f.ensure(FieldIndex{Fields: []string{"m", "t"}})
		}
		e, err := f.col().Explain(ctx, q)
		f.ok(err)
		f.equal("plan", e.Plan, want)
		if e.Advice != nil || e.Examined > 200 || e.Sorted {
			t.Errorf("%s: %+v", want, e)
		}
	}
	e, err = f.col().Explain(ctx, query.Phrase("t", "some all"))
	f.ok(err)
	f.equal("found", e.Found, uint64(0))
}

// A phrase is looked for in the entries: no document is read that does not have it. Pages read no more than they need.
func TestWordsLookAtLittle(t *testing.T) {
	f := manyTexts(t)
	f.text()
	for name, tt := range map[string]struct {
		q     *query.Query
		found int
		most  int
	}{
		"one word":            {query.Match("t", "few"), 20, 41},
		"a rare one of two":   {query.MatchEvery("t", "few some"), 20, 400},
		"a phrase that is":    {query.Phrase("t", "some few"), 20, 400},
		"a phrase that isn't": {query.Phrase("t", "few some"), 0, 400},
	} {
		f.equal(name, len(f.found(tt.q, &FindOptions{MaxScan: tt.most})), tt.found)
	}
	o := &FindOptions{Limit: 5, MaxScan: 60}
	var ids []string
	for range 5 {
		page, err := f.col().FindPage(ctx, query.MatchEvery("t", "few some"), o)
		f.ok(err)
		for _, d := range page.Documents {
			ids = append(ids, d.ID)
		}
		if o.After = page.Next; o.After == "" {
			break
		}
	}
	f.equal("pages", ids, f.found(query.Match("t", "few"), nil))
}

// Two long lists of words without a document in common are gone through in chunks, and bounded by MaxScan.
func TestWordsInChunks(t *testing.T) {
	f := newFixture(t, nil)
	var docs []Write
	for n := range 12_000 {
		docs = append(docs, Write{ID: fmt.Sprintf("%05d", n), Body: raw([]string{`{"t":"odd"}`, `{"t":"even"}`}[n%2])})
	}
	docs = append(docs, Write{ID: "99999", Body: raw(`{"t":"odd even"}`)})
	f.ok(second(f.col().MCreate(ctx, docs, &WriteOptions{Strict: true})))
	f.text()
	q, o := query.And(query.Match("t", "odd"), query.Match("t", "even")), &FindOptions{Limit: 3}
	e, err := f.col().Explain(ctx, q, o)
	f.ok(err)
	f.equal("plan", []any{e.Plan, e.Found}, []any{`text index "t", words odd, even`, uint64(1)})
	f.equal("all", f.found(query.Or(q, query.Match("t", "none")), nil), []string{"99999"})
	for _, err := range f.col().Find(ctx, q, &FindOptions{Limit: 3, MaxScan: 9000}) {
		f.is("too much", err, ErrTooLarge)
	}
}

// A chunk ends early if its documents are long: then the next one goes on behind the last that was taken.
func TestWordsOfLongDocuments(t *testing.T) {
	f := newFixture(t, nil)
	f.text()
	f.writeMany(1000)
	var want []string
	for n := range 40 {
		id := fmt.Sprintf("%02d", n)
		f.put(id, fmt.Sprintf(`{"t":"south coast","pad":%q}`, strings.Repeat("x", 200_000)))
		want = append(want, id)
	}
	e, err := f.col().Explain(ctx, query.Phrase("t", "south coast"))
	f.ok(err)
	f.equal("plan", e.Plan, `text index "t", words south, coast, at the places of 1 phrase`)
	f.equal("found", f.found(query.Phrase("t", "south coast"), nil), want)
}
