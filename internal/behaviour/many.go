package behaviour

import (
	"fmt"
	"slices"
	"sync"
)

// versionsOf lists what was written, as texts.
func versionsOf(a Answer) (list []string) {
	for _, w := range a.Written {
		list = append(list, fmt.Sprintf("%s v%d %s %v", w.ID, w.Version, w.Source, w.Created))
	}
	return list
}

// The same id several times in one call: in order, one result each.
func (s *suite) sameID() {
	a := s.Write(Call{Verb: "Upsert", Items: []Item{
		{ID: "a", Body: `{"n":1}`}, {ID: "b", Body: `{"n":1}`},
		{ID: "a", Body: `{"n":2,"o":{"x":1}}`, Default: `{"ignored":1}`}, {ID: "a", Body: `7`},
		{ID: "a", Body: `{"o":{"y":null}}`},
	}})
	s.equal("upsert", versionsOf(a), []string{
		`a v1 {"n":1} true`, `b v1 {"n":1} true`, `a v2 {"n":2,"o":{"x":1}} false`,
		`a v3 {"n":2,"o":{"x":1,"y":null}} false`,
	})
	s.equal("refused", a.Refused, []Refused{{"a", Invalid}})

	d := s.Write(Call{Verb: "Delete", Items: []Item{{ID: "a"}, {ID: "c"}, {ID: "a"}, {ID: "b"}}})
	s.equal("deleted", []any{len(d.Written), d.Refused}, []any{2, []Refused{{"c", NotFound}, {"a", NotFound}}})
	s.equal("left", s.Count(), 0)

	for _, c := range []struct {
		verb string
		want []string
	}{
		{"CreateOrReplace", []string{`a v5 {"n":1} true`, `a v6 {"n":2} false`}},
		{"Replace", []string{`a v7 {"n":1} false`, `a v8 {"n":2} false`}},
		{"DeleteFields", []string{`a v9 {} false`, `a v10 {} false`}},
	} {
		a := s.Write(Call{Verb: c.verb, Items: []Item{
			{ID: "a", Body: `{"n":1}`, Fields: []string{"n"}}, {ID: "a", Body: `{"n":2}`, Fields: []string{"n"}},
		}})
		s.equal(c.verb, versionsOf(a), c.want)
	}
	s.equal("in the end", s.Count(), 1)
}

// What is refused leaves the others as they are, and what is there.
func (s *suite) refusedItems() {
	s.put("there", `{"n":1}`)
	for _, verb := range []string{"Upsert", "Create", "CreateOrReplace", "Replace", "Update"} {
		for _, body := range []string{`[]`, `"text"`, `1`, `true`} {
			id := "there"
			if verb == "Create" {
				id = "new"
			}
			a := s.Write(Call{Verb: verb, Items: []Item{{ID: id, Body: body}}})
			s.equal(verb+" of "+body, a, Answer{Refused: []Refused{{id, Invalid}}})
		}
	}
	a := s.Write(Call{Verb: "Upsert", Items: []Item{{ID: "new", Body: `{}`, Default: `[1]`}, {ID: "b", Body: `{"n":1}`}}})
	s.equal("a default that is a list", a.Refused, []Refused{{"new", Invalid}})
	s.equal("beside it", versionsOf(a), []string{`b v1 {"n":1} true`})
	s.holds("there", "there", 1, `{"n":1}`)
	s.equal("count", s.Count(), 2)
}

// A strict call writes what it can, and then fails with what it could not.
func (s *suite) strict() {
	s.put("there", `{"a":1}`)
	for n, c := range []struct {
		verb  string
		items []Item
		want  []Refused
		after string
	}{
		{"Update", []Item{{ID: "none", Body: `{"a":2}`}, {ID: "there", Body: `{"a":2}`}}, []Refused{{"none", NotFound}},
			`{"a":2}`},
		{"Upsert", []Item{{ID: "there", Body: `{"b":3}`}, {ID: "new", Body: `"x"`}}, []Refused{{"new", Invalid}},
			`{"a":2,"b":3}`},
		{"Replace", []Item{{ID: "there", Body: `{"c":4}`}, {ID: "none", Body: `{}`}}, []Refused{{"none", NotFound}},
			`{"c":4}`},
		{"CreateOrReplace", []Item{{ID: "there", Body: `{"d":5}`}}, nil, `{"d":5}`},
		{"Create", []Item{{ID: "there", Body: `{}`}}, []Refused{{"there", Exists}}, ""},
		{"Delete", []Item{{ID: "none"}, {ID: "there"}}, []Refused{{"none", NotFound}}, ""},
	} {
		refused := s.Strict(Call{Verb: c.verb, Items: c.items})
		s.equal(c.verb+": refused", refused, c.want)
		if c.after != "" {
			s.holds(c.verb, "there", uint64(2+n), c.after)
		}
	}
	s.equal("left", s.Count(), 0)
}

// Documents that are created without an id get one each.
func (s *suite) generatedIDs() {
	ids := map[string]bool{}
	for _, verb := range []string{"Create", "CreateOrReplace"} {
		for _, w := range s.Write(Call{Verb: verb, Items: []Item{{Body: `{"n":1}`}, {Body: `{"n":1}`}}}).Written {
			ids[w.ID] = true
			s.holds(verb, w.ID, 1, `{"n":1}`)
		}
	}
	ids[s.one(Call{Verb: "Create", Single: true, Items: []Item{{Body: `{"n":1}`}}}).ID] = true
	if len(ids) != 5 || ids[""] {
		s.t.Errorf("the ids are %v", ids)
	}
}

func (s *suite) reads() {
	s.put("a", `{"n":1,"l":[{"x":"y"}]}`)
	s.put("b", `{"n":2}`)
	s.put("b", `{"n":3}`)
	found, missing := s.MGet("b", "x", "a", "b")
	a, b := Document{"a", 1, `{"n":1,"l":[{"x":"y"}]}`}, Document{"b", 2, `{"n":3}`}
	s.equal("mGet", found, []Document{b, a, b})
	s.equal("missing", missing, []string{"x"})
	there, missing := s.MExists("b", "x", "a")
	s.equal("mExists", there, []string{"b", "a"})
	s.equal("missing", missing, []string{"x"})
	for id, want := range map[string]bool{"a": true, "b": true, "x": false, "A": false, "a ": false} {
		_, found := s.Get(id)
		s.equal("get "+id, found, want)
		s.equal("exists "+id, s.Exists(id), want)
	}
}

func (s *suite) count() {
	var items []Item
	for n := range 20 {
		items = append(items, Item{ID: fmt.Sprint(n), Body: `{"a":1}`, Fields: []string{"a"}})
	}
	for _, verb := range Verbs {
		want := s.Count()
		for _, w := range s.Write(Call{Verb: verb, Items: items}).Written {
			if w.Created {
				want++
			} else if verb == "Delete" {
				want--
			}
		}
		s.equal("after "+verb, s.Count(), want)
	}
	s.put("a", `{}`)
	s.Truncate()
	s.equal("after a truncation", s.Count(), 0)
}

// What a query finds is written, and nothing else.
func (s *suite) byQuery() {
	var items []Item
	for n := range 50 {
		items = append(items, Item{ID: fmt.Sprintf("%02d", n), Body: fmt.Sprintf(`{"n":%d,"even":%t}`, n, n%2 == 0)})
	}
	s.Write(Call{Verb: "Create", Items: items})
	s.equal("found", len(s.Find("even", "true")), 25)
	s.equal("of a number", s.Find("n", "7"), []string{"07"})
	s.equal("of a text", len(s.Find("n", `"7"`)), 0)
	s.equal("updated", s.UpdateByQuery("even", "true", `{"even":false,"was":true}`), 25)
	s.equal("found then", len(s.Find("even", "true")), 0)
	s.holds("updated", "08", 2, `{"n":8,"even":false,"was":true}`)
	s.holds("not updated", "07", 1, `{"n":7,"even":false}`)
	s.equal("deleted", s.DeleteByQuery("was", "true"), 25)
	s.equal("left", s.Count(), 25)
	s.holds("deleted", "08", 0, "")
	ids := s.Find("even", "false")
	slices.Sort(ids)
	s.equal("the first of those left", ids[0], "01")
}

// What many write into one document at the same time is all in it, at as many versions.
func (s *suite) together() {
	const writers, rounds = 8, 10
	s.put("a", `{}`)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for n := range rounds {
				item := Item{ID: "a", Body: fmt.Sprintf(`{"w%d":{"n%d":%d}}`, w, n, n)}
				s.Together(Call{Verb: []string{"Upsert", "Update"}[n%2], Single: w%2 == 0, Items: []Item{item}})
			}
		})
	}
	all.Wait()
	doc, _ := s.Get("a")
	s.equal("version", doc.Version, uint64(1+writers*rounds))
	for w := range writers {
		for n := range rounds {
			if value, ok := lookup(doc.Source, fmt.Sprint("w", w), fmt.Sprint("n", n)); !ok || value != float64(n) {
				s.t.Errorf("what writer %d has written in round %d is lost: %v", w, n, value)
			}
		}
	}
}
