package behaviour

import (
	"encoding/json"
	"fmt"
)

// refusedByKuzzle are Merges of which a field has a name that Elasticsearch does not take.
var refusedByKuzzle = map[string]bool{"keys that other libraries read as paths": true}

// merging merges each change of Merges into its target, with both verbs that do so and in both of their forms.
func (s *suite) merging() {
	var list []Merge
	var targets, changes []Item
	var ids []string
	for n, m := range Merges {
		if s.Kuzzle() && refusedByKuzzle[m.Name] {
			s.refusedTarget(m)
		} else if m.Target != "" {
			list = append(list, m)
			ids = append(ids, fmt.Sprint(n))
			targets = append(targets, Item{ID: fmt.Sprint(n), Body: m.Target})
			changes = append(changes, Item{ID: fmt.Sprint(n), Body: m.Change, Default: `{"ignored":1}`})
		}
	}
	for _, verb := range []string{"Update", "Upsert"} {
		for _, single := range []bool{false, true} {
			s.Truncate()
			s.Write(Call{Verb: "Create", Items: targets})
			answers := s.writeAll(verb, single, changes)
			found, _ := s.MGet(ids...)
			for n, m := range list {
				s.merged(fmt.Sprintf("%s: %s, single=%t", m.Name, verb, single), m, answers[n], found[n])
			}
		}
	}
}

// writeAll writes documents that must be written, in one call, or each in a call of its own.
func (s *suite) writeAll(verb string, single bool, items []Item) (list []Written) {
	s.t.Helper()
	if !single {
		list = s.Write(Call{Verb: verb, Items: items}).Written
	} else {
		for _, item := range items {
			list = append(list, s.one(Call{verb, true, []Item{item}}))
		}
	}
	if len(list) != len(items) {
		s.t.Fatalf("%s: %d documents of %d are written", verb, len(list), len(items))
	}
	return list
}

// merged checks the answer to a change, and the document then.
func (s *suite) merged(what string, m Merge, w Written, doc Document) {
	s.t.Helper()
	want, version := m.Elasticsearch, uint64(2)
	if want == Same {
		want = m.Target
		if !s.Kuzzle() {
			version = 1
		}
	}
	if w.Version != version || w.Created || !s.same(want, w.Source) {
		s.t.Errorf("%s: v%d %s, want v%d %s", what, w.Version, w.Source, version, want)
	}
	if doc.ID != w.ID || doc.Version != version || !s.same(want, doc.Source) {
		s.t.Errorf("%s: stored is v%d %s, want v%d %s", what, doc.Version, doc.Source, version, want)
	}
}

// refusedTarget checks that Kuzzle refuses what a Merge needs.
func (s *suite) refusedTarget(m Merge) {
	a := s.Write(Call{Verb: "CreateOrReplace", Items: []Item{{ID: "refused", Body: m.Target}}})
	s.equal(m.Name, a, Answer{Refused: []Refused{{"refused", Invalid}}})
}

// creating creates what Creations have, by the rules of the verb and its form: without Kuzzle the changes win, deep
// down.
func (s *suite) creating() {
	var items []Item
	for n, c := range Creations {
		items = append(items, Item{ID: fmt.Sprint(n), Body: c.Changes, Default: c.Default})
	}
	for _, single := range []bool{false, true} {
		s.Truncate()
		for n, w := range s.writeAll("Upsert", single, items) {
			c := Creations[n]
			want := c.ChangesDeep
			if s.Kuzzle() && single {
				want = withoutMetadata(c.ChangesShallow)
			} else if s.Kuzzle() {
				want = withoutMetadata(c.DefaultsShallow)
			}
			if !w.Created || w.Version != 1 || !s.same(want, w.Source) {
				s.t.Errorf("%s, single=%t: v%d %s, want %s", c.Name, single, w.Version, w.Source, want)
			}
			s.holds(c.Name, w.ID, 1, want)
		}
	}
}

// fields deletes fields, by paths.
func (s *suite) fields() {
	const body = `{"a":1,"o":{"x":{"y":[10,{"z":1}]},"w":3},"l":[1,2]}`
	cases := []struct {
		fields []string
		want   string
	}{
		{[]string{"none", "o.none", "l.5", "a.b"}, body},
		{[]string{"a"}, `{"o":{"x":{"y":[10,{"z":1}]},"w":3},"l":[1,2]}`},
		{[]string{"o.w", "l"}, `{"a":1,"o":{"x":{"y":[10,{"z":1}]}}}`},
		{[]string{"o.x.y[1].z", "o.x.y[0]"}, `{"a":1,"o":{"x":{"y":[null,{}]},"w":3},"l":[1,2]}`},
		{[]string{"o", "o.x", "a", "a"}, `{"l":[1,2]}`},
	}
	var items []Item
	for n, c := range cases {
		items = append(items, Item{ID: fmt.Sprint(n), Body: body, Fields: c.fields})
	}
	for _, single := range []bool{false, true} {
		s.Truncate()
		s.Write(Call{Verb: "Create", Items: items})
		for n, w := range s.writeAll("DeleteFields", single, items) {
			c := cases[n]
			if w.Version != 2 || !s.same(c.want, w.Source) {
				s.t.Errorf("%q: v%d %s, want %s", c.fields, w.Version, w.Source, c.want)
			}
			s.holds(fmt.Sprint(c.fields), w.ID, 2, c.want)
		}
	}
}

// withoutMetadata returns a document without what Kuzzle does not let clients write.
func withoutMetadata(source string) string {
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(source), &object) != nil {
		return source
	}
	delete(object, "_kuzzle_info")
	text, err := json.Marshal(object)
	if err != nil {
		return source
	}
	return string(text)
}

// lookup returns a value of a document.
func lookup(source string, keys ...string) (value any, ok bool) {
	if json.Unmarshal([]byte(source), &value) != nil {
		return nil, false
	}
	for _, key := range keys {
		object, _ := value.(map[string]any)
		if value, ok = object[key]; !ok {
			return nil, false
		}
	}
	return value, true
}
