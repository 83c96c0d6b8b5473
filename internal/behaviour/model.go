package behaviour

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
)

// The model of a collection: a plain map and naive rules. Random calls are held to it.

const (
	modelRuns  = 8
	modelCalls = 30 // of a run
)

type model struct {
	kuzzle bool
	docs   map[string]modelDocument
}

// modelDocument is a document; a nil body is that of one that was deleted, whose versions go on.
type modelDocument struct {
	version uint64
	body    map[string]any
}

// holds says whether the field a is a value, or a list that has it.
func (d modelDocument) holds(value any) bool {
	list, ok := d.body["a"].([]any)
	if !ok {
		list = []any{d.body["a"]}
	}
	return slices.ContainsFunc(list, func(v any) bool { return reflect.DeepEqual(v, value) })
}

func (s *suite) model() {
	for seed := range uint64(modelRuns) {
		s.Truncate()
		m := &model{kuzzle: s.Kuzzle(), docs: map[string]modelDocument{}}
		random := rand.New(rand.NewPCG(seed, 14))
		for n := range modelCalls {
			c := randomCall(random)
			if m.kuzzle {
				c.Items = unlike(c.Items)
			}
			what := fmt.Sprintf("seed %d, call %d: %+v", seed, n, c)
			s.compare(what, m.write(c), s.Write(c))
			s.compareDocuments(what, m)
			if s.t.Failed() {
				return
			}
		}
		s.compareFound(fmt.Sprintf("seed %d", seed), m)
	}
}

// compare compares answers, documents by their values.
func (s *suite) compare(what string, want, got Answer) {
	s.t.Helper()
	s.equal(what+": refused", got.Refused, want.Refused)
	if len(want.Written) != len(got.Written) {
		s.t.Fatalf("%s: %+v, want %+v", what, got, want)
	}
	for i, w := range want.Written {
		g := got.Written[i]
		if g.ID != w.ID || g.Created != w.Created || g.Version != s.told(g, w.Version) || !sameValue(w.Source, g.Source) {
			s.t.Errorf("%s: %+v, want %+v", what, g, w)
		}
	}
}

func (s *suite) compareDocuments(what string, m *model) {
	s.t.Helper()
	found, missing := s.MGet(modelIDs...)
	there := 0
	for _, id := range modelIDs {
		want := m.docs[id]
		if want.body == nil {
			if !slices.Contains(missing, id) {
				s.t.Errorf("%s: then %s is there", what, id)
			}
			continue
		}
		if there == len(found) {
			s.t.Fatalf("%s: then there is no %s", what, id)
		}
		doc := found[there]
		there++
		if doc.ID != id || doc.Version != want.version || !sameValue(textOf(want.body), doc.Source) {
			s.t.Errorf("%s: then %+v, want %s v%d %s", what, doc, id, want.version, textOf(want.body))
		}
	}
	s.equal(what+": count", s.Count(), there)
}

func (s *suite) compareFound(what string, m *model) {
	s.t.Helper()
	for _, value := range []any{1.0, 2.0, "x"} {
		var want []string
		for _, id := range modelIDs {
			if m.docs[id].holds(value) {
				want = append(want, id)
			}
		}
		got := s.Find("a", textOf(value))
		slices.Sort(got)
		s.equal(fmt.Sprint(what, ": found by ", value), got, want)
	}
}

var (
	modelIDs    = []string{"1", "2", "3", "é/<"}
	modelValues = []any{1.0, 2.0, "x", nil, true, []any{1.0, map[string]any{"a": 1.0}}}
)

func randomCall(r *rand.Rand) Call {
	c := Call{Verb: Verbs[r.IntN(len(Verbs))], Single: r.IntN(3) == 0}
	many := 1
	if !c.Single {
		many += r.IntN(4)
	}
	for range many {
		item := Item{ID: modelIDs[r.IntN(len(modelIDs))], Body: textOf(randomObject(r, 2))}
		if c.Verb == "Upsert" && r.IntN(2) == 0 {
			item.Default = textOf(randomObject(r, 2))
		}
		if c.Verb == "DeleteFields" {
			item.Fields = []string{"a", "b.a"}[:1+r.IntN(2)]
		}
		if !c.Single && r.IntN(12) == 0 {
			item.Body = `[]`
		}
		c.Items = append(c.Items, item)
	}
	return c
}

// unlike returns the first item of each id: Kuzzle looks at what is there before it writes any of a call.
func unlike(items []Item) (list []Item) {
	for _, item := range items {
		if !slices.ContainsFunc(list, func(other Item) bool { return other.ID == item.ID }) {
			list = append(list, item)
		}
	}
	return list
}

func randomObject(r *rand.Rand, depth int) map[string]any {
	object := map[string]any{}
	for range r.IntN(4) {
		key := string(rune('a' + r.IntN(3)))
		if depth > 0 && r.IntN(3) == 0 {
			object[key] = randomObject(r, depth-1)
		} else {
			object[key] = modelValues[r.IntN(len(modelValues))]
		}
	}
	return object
}

// write makes a call. Documents that are no objects are refused before any is written.
func (m *model) write(c Call) (a Answer) {
	hasBody := c.Verb != "Delete" && c.Verb != "DeleteFields"
	var sound []Item
	for _, item := range c.Items {
		if hasBody && item.Body == `[]` {
			a.Refused = append(a.Refused, Refused{item.ID, Invalid})
		} else {
			sound = append(sound, item)
		}
	}
	if !m.kuzzle { // the order of the request
		a.Refused, sound = nil, c.Items
	}
	for _, item := range sound {
		if hasBody && item.Body == `[]` {
			a.Refused = append(a.Refused, Refused{item.ID, Invalid})
			continue
		}
		w, why := m.item(&c, item)
		if why != "" {
			a.Refused = append(a.Refused, Refused{item.ID, why})
		} else {
			a.Written = append(a.Written, w)
		}
	}
	return a
}

func (m *model) item(c *Call, item Item) (Written, Reason) {
	old := m.docs[item.ID]
	exists := old.body != nil
	switch {
	case exists && c.Verb == "Create":
		return Written{}, Exists
	case !exists && !slices.Contains([]string{"Create", "CreateOrReplace", "Upsert"}, c.Verb):
		return Written{}, NotFound
	}
	doc := modelDocument{version: old.version + 1}
	switch c.Verb {
	case "Create", "CreateOrReplace", "Replace":
		doc.body = objectOf(item.Body)
	case "DeleteFields":
		doc.body = withoutFields(old.body, item.Fields)
	case "Update", "Upsert":
		if !exists {
			doc.body = m.created(c, item)
			break
		}
		doc.body = merged(old.body, objectOf(item.Body))
		if !m.kuzzle && reflect.DeepEqual(doc.body, old.body) {
			doc.version--
		}
	}
	m.docs[item.ID] = doc
	w := Written{ID: item.ID, Created: !exists, Version: doc.version}
	if doc.body != nil {
		w.Source = textOf(doc.body)
	}
	return w, ""
}

// created returns what an upsert creates.
func (m *model) created(c *Call, item Item) map[string]any {
	changes := objectOf(item.Body)
	if item.Default == "" {
		return changes
	}
	defaults := objectOf(item.Default)
	under, over := defaults, changes
	if m.kuzzle && !c.Single {
		under, over = changes, defaults
	}
	if m.kuzzle {
		maps.Copy(under, over)
		return under
	}
	return merged(under, over)
}

// merged returns an object with changes: objects are merged, all else is replaced.
func merged(object, changes map[string]any) map[string]any {
	out := maps.Clone(object)
	for key, change := range changes {
		inner, isObject := change.(map[string]any)
		there, isThere := out[key].(map[string]any)
		if isObject && isThere {
			change = merged(there, inner)
		}
		out[key] = change
	}
	return out
}

// withoutFields returns an object without the fields a and b.a, as far as they are named.
func withoutFields(object map[string]any, fields []string) map[string]any {
	out := maps.Clone(object)
	for _, field := range fields {
		inner, _ := out["b"].(map[string]any)
		switch {
		case field == "a":
			delete(out, "a")
		case inner != nil:
			inner = maps.Clone(inner)
			delete(inner, "a")
			out["b"] = inner
		}
	}
	return out
}

func objectOf(text string) (object map[string]any) {
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		panic(err)
	}
	return object
}

func textOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// sameValue compares JSON by values, and takes "" for no document.
func sameValue(want, got string) bool {
	var x, y any
	if want == "" || got == "" {
		return want == got
	}
	return json.Unmarshal([]byte(want), &x) == nil && json.Unmarshal([]byte(got), &y) == nil && reflect.DeepEqual(x, y)
}
