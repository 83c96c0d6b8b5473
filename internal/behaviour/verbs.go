package behaviour

import "fmt"

// state is what a verb is to do with a document in some state.
type state struct {
	why     Reason // "": it is written
	created bool
	version uint64 // of the document afterwards, or of its deletion
	source  string // the same; "": none is there
}

const (
	stored   = `{"a":1,"b":{"c":2}}`       // the document where it is present, at version 1, and deleted, at version 2
	sent     = `{"a":2,"b":{"d":3}}`       // the body
	combined = `{"a":2,"b":{"c":2,"d":3}}` // both
)

// verbRules say what each verb does with a document that is absent, present, or was deleted.
var verbRules = []struct {
	verb                     string
	updated                  []string // fields, where it is present
	absent, present, deleted state
}{
	{"Upsert", []string{"a", "b.d"},
		state{"", true, 1, sent}, state{"", false, 2, combined}, state{"", true, 3, sent}},
	{"Create", nil,
		state{"", true, 1, sent}, state{Exists, false, 1, stored}, state{"", true, 3, sent}},
	{"CreateOrReplace", nil,
		state{"", true, 1, sent}, state{"", false, 2, sent}, state{"", true, 3, sent}},
	{"Replace", nil,
		state{why: NotFound}, state{"", false, 2, sent}, state{why: NotFound}},
	{"Update", []string{"a", "b.d"},
		state{why: NotFound}, state{"", false, 2, combined}, state{why: NotFound}},
	{"Delete", nil,
		state{why: NotFound}, state{"", false, 2, ""}, state{why: NotFound}},
	{"DeleteFields", nil,
		state{why: NotFound}, state{"", false, 2, `{"b":{"c":2}}`}, state{why: NotFound}},
}

func (s *suite) verbs() {
	for _, rule := range verbRules {
		for _, single := range []bool{true, false} {
			call := func(id string) Call {
				return Call{rule.verb, single, []Item{{ID: id, Body: sent, Fields: []string{"a"}}}}
			}
			prefix := fmt.Sprintf("%s, single=%t, ", rule.verb, single)
			s.verb(call(prefix+"absent"), rule.absent, nil)
			s.put(prefix+"present", stored)
			s.verb(call(prefix+"present"), rule.present, rule.updated)
			s.put(prefix+"deleted", stored)
			s.one(Call{"Delete", true, []Item{{ID: prefix + "deleted"}}})
			s.verb(call(prefix+"deleted"), rule.deleted, nil)
		}
	}
}

// verb makes a call for one document and checks all that is to be seen of it.
func (s *suite) verb(c Call, want state, updated []string) {
	s.t.Helper()
	id, count := c.Items[0].ID, s.Count()
	existed := s.Exists(id)
	a := s.Write(c)
	switch {
	case want.why != "":
		s.equal(id, a, Answer{Refused: []Refused{{id, want.why}}})
	case len(a.Written) != 1:
		s.t.Fatalf("%s: %+v", id, a)
	default:
		w := a.Written[0]
		if !s.same(want.source, w.Source) && want.source != w.Source {
			s.t.Errorf("%s: its source is %s, want %s", id, w.Source, want.source)
		}
		s.equal(id, w, Written{id, want.created, s.told(w, want.version), w.Source, updated})
	}
	exists := want.source != ""
	if exists {
		s.holds(id, id, want.version, want.source)
	} else {
		s.holds(id, id, 0, "")
	}
	s.equal(id+": exists", s.Exists(id), exists)
	if exists && !existed {
		count++
	} else if existed && !exists {
		count--
	}
	s.equal(id+": count", s.Count(), count)
}

// Each write makes a version, a deletion too. A change that changes nothing makes none, but in Kuzzle, where the
// metadata tell of it.
func (s *suite) versions() {
	more := uint64(0)
	for _, step := range []struct {
		verb, body string
		version    uint64
		source     string
	}{
		{"Create", `{"a":1}`, 1, `{"a":1}`},
		{"Upsert", `{"b":1}`, 2, `{"a":1,"b":1}`},
		{noop, `{"b":1}`, 2, `{"a":1,"b":1}`},
		{"Update", `{"b":2}`, 3, `{"a":1,"b":2}`},
		{"DeleteFields", ``, 4, `{"b":2}`},
		{"Replace", `{"c":1}`, 5, `{"c":1}`},
		{"Replace", `{"c":1}`, 6, `{"c":1}`},
		{"CreateOrReplace", `{"d":1}`, 7, `{"d":1}`},
		{"Delete", ``, 8, ``},
		{"Upsert", `{"e":1}`, 9, `{"e":1}`},
		{"Delete", ``, 10, ``},
		{"Create", `{"f":1}`, 11, `{"f":1}`},
		{"Delete", ``, 12, ``},
		{"CreateOrReplace", `{"g":1}`, 13, `{"g":1}`},
	} {
		verb := step.verb
		if verb == noop {
			verb = "Upsert"
			if s.Kuzzle() {
				more = 1
			}
		}
		w := s.one(Call{verb, true, []Item{{ID: "a", Body: step.body, Fields: []string{"a"}}}})
		s.equal("after "+verb, w.Version, s.told(w, step.version+more))
		if step.source == "" {
			s.holds("after "+verb, "a", 0, "")
		} else {
			s.holds("after "+verb, "a", step.version+more, step.source)
		}
	}
	s.Truncate()
	s.put("a", `{}`)
	s.holds("after a truncation", "a", 1, `{}`)
}

// told returns the version that is to be told: subjects may keep that of a deletion to themselves.
func (*suite) told(w Written, version uint64) uint64 {
	if w.Version == 0 && w.Source == "" {
		return 0
	}
	return version
}

// noop is an upsert that changes nothing.
const noop = "noop"
