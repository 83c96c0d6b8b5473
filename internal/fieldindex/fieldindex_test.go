package fieldindex

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

func setOf(definitions ...Definition) *Set {
	for i := range definitions {
		definitions[i].Number = uint32(i)
		if definitions[i].Name == "" {
			definitions[i].Name = fmt.Sprint("index ", i)
		}
	}
	return NewSet(&Definitions{Next: uint32(len(definitions)), Indexes: definitions})
}

func on(fields ...string) Definition {
	var d Definition
	for _, f := range fields {
		path, descending := strings.CutPrefix(f, "-")
		d.Fields = append(d.Fields, Field{path, descending})
	}
	return d
}

// entriesOf returns the entries of a document in the only index of a set.
func entriesOf(t *testing.T, s *Set, id, doc string) Entries {
	t.Helper()
	e, err := s.Entries(id, []byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(e.List, func(a, b Entry) int { return bytes.Compare(a.Key, b.Key) }) {
		t.Errorf("the entries of %s are not sorted", doc)
	}
	return e
}

func TestEntries(t *testing.T) {
	sparse, unique := on("a", "b"), on("a", "b")
	sparse.Sparse, unique.Unique = true, true
	for _, c := range []struct {
		name       string
		d          Definition
		doc        string
		want       int
		unique     int
		isMultiple bool
	}{
		{"one", on("a"), `{"a":1}`, 1, 0, false},
		{"missing", on("a"), `{}`, 1, 0, false},
		{"null", on("a"), `{"a":null}`, 1, 0, false},
		{"object", on("a"), `{"a":{"b":1}}`, 1, 0, false},
		{"several", on("a"), `{"a":[1,2,"x"]}`, 3, 0, true},
		{"equal ones", on("a"), `{"a":[1,1.0,1e0]}`, 1, 0, false},
		{"objects in an array", on("a.b"), `{"a":[{"b":1},{"b":2},{"c":3}]}`, 2, 0, true},
		{"two fields", on("a", "-b"), `{"a":1,"b":2}`, 1, 0, false},
		{"combinations", on("a", "b"), `{"a":[1,2,3],"b":[4,5]}`, 6, 0, true},
		{"sparse, without", sparse, `{"c":1}`, 0, 0, false},
		{"sparse, with nulls", sparse, `{"a":null,"b":{}}`, 0, 0, false},
		{"sparse, with one", sparse, `{"b":1}`, 1, 0, false},
		{"unique", unique, `{"a":1,"b":2}`, 1, 1, false},
		{"unique, one missing", unique, `{"a":1}`, 1, 0, false},
		{"unique, one null", unique, `{"a":[1,null],"b":2}`, 2, 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := setOf(c.d)
			e := entriesOf(t, s, "id", c.doc)
			isUnique := 0
			for _, entry := range e.List {
				if entry.Unique {
					isUnique++
				}
				if id, ok := s.Indexes[0].AppendIDOf(nil, entry.Key, entry.Value("id")); !ok || string(id) != "id" {
					t.Errorf("the id of entry %x is %q", entry.Key, id)
				}
				if !IsEntry(entry.Key) || NumberOf(entry.Key) != 0 {
					t.Errorf("%x is no entry", entry.Key)
				}
			}
			if len(e.List) != c.want || isUnique != c.unique || e.Shapes[0].Multiple != c.isMultiple {
				t.Errorf("%d entries, %d unique, shape %+v", len(e.List), isUnique, e.Shapes[0])
			}
		})
	}
}

// A condition cannot be read without package query, which this package does not import.
func TestWhereNotLinked(t *testing.T) {
	d := on("a")
	d.Where = "a exists"
	s := NewSet(&Definitions{Indexes: []Definition{d}})
	_, err := s.Entries("id", []byte(`{}`))
	_, storedErr := s.Stored("id", []byte(`{}`))
	for _, err := range []error{s.Fault(), err, storedErr} {
		if !errors.Is(err, filter.ErrNotLinked) {
			t.Errorf("error %v", err)
		}
	}
}

func TestTooManyEntries(t *testing.T) {
	list := "[1" + strings.Repeat(",1", 200) + "]"
	for i := range 200 {
		list = strings.Replace(list, ",1,", fmt.Sprintf(",%d,", i+2), 1)
	}
	var many *TooManyError
	_, err := setOf(on("a", "b")).Entries("id", []byte(`{"a":`+list+`,"b":`+list+`}`))
	if !errors.As(err, &many) || many.Index != "index 0" {
		t.Errorf("error %v", err)
	}
}

func TestDiff(t *testing.T) {
	s := setOf(on("a"), on("-b"))
	before := entriesOf(t, s, "x", `{"a":[1,2],"b":1}`)
	after := entriesOf(t, s, "x", `{"a":[2,3],"b":1}`)
	var gone, come [][]byte
	Diff(before.List, after.List, func(e *Entry) { gone = append(gone, e.Key) }, func(e *Entry) { come = append(come, e.Key) })
	if len(gone) != 1 || !bytes.Equal(gone[0], before.List[0].Key) || len(come) != 1 || !bytes.Equal(come[0], after.List[1].Key) {
		t.Errorf("gone %x, come %x", gone, come)
	}
}

func TestDefinitionsAgain(t *testing.T) {
	d := &Definitions{Next: 3, Indexes: []Definition{on("a", "-b"), on("c")}}
	d.Indexes[0].Name, d.Indexes[0].Unique, d.Indexes[1].Number = "one", true, 2
	d.Indexes[1].Build = &Build{"x"}
	b, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Decode(b)
	if err != nil || !reflect.DeepEqual(again, d) || !reflect.DeepEqual(d.Clone(), d) {
		t.Errorf("%+v, error %v", again, err)
	}
	wider := d.Widen([]Shape{{Multiple: true}, {}})
	if wider == nil || !wider.Indexes[0].Shape.Multiple || d.Indexes[0].Shape.Multiple || wider.Widen([]Shape{{Multiple: true}, {}}) != nil {
		t.Errorf("%+v became %+v", d, wider)
	}
	for _, bad := range []string{`{`, `{"next":1,"indexes":[{"number":1,"fields":[{"path":"a"}]}]}`, `{"next":1,"indexes":[{"number":0}]}`} {
		if _, err := Decode([]byte(bad)); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
}

func randomScalar(r *rand.Rand) string {
	return []string{"null", "true", "0", "1", "-1", "1.5", "1e70", "-1e70", `""`, `"a"`, `"a\u0000"`, `"ab"`, `"\u0000"`, `"é"`}[r.IntN(14)]
}

// A document that meets a condition on the values of the fields has an entry in the span of the condition, and nothing
// else has, if the condition is about strings.
func TestSpan(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	found := 0
	for range 100000 {
		name := func(path string) string { return []string{"", "-"}[r.IntN(2)] + path }
		s := setOf(on(name("a"), name("b"), name("c")))
		values := []string{randomScalar(r), randomScalar(r), randomScalar(r)}
		e := entriesOf(t, s, "id", fmt.Sprintf(`{"a":%s,"b":%s,"c":%s}`, values[0], values[1], values[2]))
		equal, met := [][]byte{}, true
		for i := range r.IntN(3) {
			v := values[i]
			if r.IntN(4) == 0 {
				v = randomScalar(r)
			}
			key, _ := sortkey.Append(nil, []byte(v))
			mine, _ := sortkey.Append(nil, []byte(values[i]))
			equal, met = append(equal, key), met && bytes.Equal(key, mine)
		}
		var next *sortkey.Span
		if r.IntN(3) > 0 {
			span := sortkey.Between(sortkey.Bound{Value: []byte(randomScalar(r)), Excluded: r.IntN(2) == 0}, sortkey.Bound{}, sortkey.Whole)
			if r.IntN(2) == 0 {
				span = sortkey.Between(sortkey.Bound{}, sortkey.Bound{Value: []byte(randomScalar(r)), Excluded: r.IntN(2) == 0}, sortkey.Whole)
			}
			key, _ := sortkey.Append(nil, []byte(values[len(equal)]))
			next, met = &span, met && span.Contains(key)
		}
		span := s.Indexes[0].Span(equal, next)
		if got := span.Contains(e.List[0].Key); got != met {
			t.Fatalf("%s: equal %x, next %+v: %t, want %t", values, equal, next, got, met)
		}
		if met {
			found++
		}
	}
	if found < 10000 {
		t.Errorf("only %d were in the span", found)
	}
}

// Entries lie in the order of the values.
func TestEntryOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	for range 20000 {
		s := setOf(on("a", "-b"))
		key := func(a, b string) []byte {
			return entriesOf(t, s, "id", fmt.Sprintf(`{"a":%s,"b":%s}`, a, b)).List[0].Key
		}
		a1, b1, a2, b2 := randomScalar(r), randomScalar(r), randomScalar(r), randomScalar(r)
		want := bytes.Compare(scalarKey(a1), scalarKey(a2))
		if want == 0 {
			x, y := scalarKey(b1), scalarKey(b2)
			sortkey.Descend(x)
			sortkey.Descend(y)
			want = bytes.Compare(x, y)
		}
		if got := bytes.Compare(key(a1, b1), key(a2, b2)); got != want {
			t.Fatalf("%s %s and %s %s: %d, want %d", a1, b1, a2, b2, got, want)
		}
	}
}

// Entries of equal values lie in the order of ids, in the direction of the last field.
func TestEntryOrderOfIDs(t *testing.T) {
	ids := []string{"a", "a\x00", "a\x00b", "a\x01", "ab", "b"}
	for _, c := range []struct {
		d    Definition
		sign int
	}{{on("-a", "b"), 1}, {on("a", "-b"), -1}} {
		s := setOf(c.d)
		for i, a := range ids {
			for j, b := range ids {
				x, y := entriesOf(t, s, a, `{"a":1}`).List[0].Key, entriesOf(t, s, b, `{"a":1}`).List[0].Key
				if got := bytes.Compare(x, y); got != c.sign*cmp.Compare(i, j) {
					t.Errorf("%q and %q: %d", a, b, got)
				}
				if id, ok := s.Indexes[0].AppendIDOf(nil, x, nil); !ok || string(id) != a {
					t.Errorf("the id of %x is %q", x, id)
				}
			}
		}
	}
}

func scalarKey(v string) []byte {
	key, _ := sortkey.Append(nil, []byte(v))
	return key
}

func FuzzEntries(f *testing.F) {
	f.Add("id", []byte(`{"a":["x",null,1e400],"b":{"c":[[true]]}}`), []byte("fxxxxabc"))
	f.Fuzz(func(t *testing.T, id string, doc, key []byte) {
		if !json.Valid(doc) { // which no document is
			doc = nil
		}
		u := on("-a", "b.c")
		u.Unique = true
		s := setOf(u, on("b"))
		if e, err := s.Entries(id, doc); err == nil && id != "" && len(doc) > 0 {
			for _, entry := range e.List {
				if got, ok := s.Indexes[NumberOf(entry.Key)].AppendIDOf(nil, entry.Key, entry.Value(id)); !ok || string(got) != id {
					t.Errorf("%x has the id %q, want %q", entry.Key, got, id)
				}
			}
		}
		s.Indexes[0].AppendIDOf(nil, key, nil)
	})
}

// Whatever is stored of definitions is refused, or is the same once it was stored again, and makes entries.
func FuzzDecode(f *testing.F) {
	d := &Definitions{Next: 9, Indexes: []Definition{on("a", "-b"), on("b.c"), on("-a")}}
	d.Indexes[0].Build, d.Indexes[1].Unique, d.Indexes[1].Number, d.Indexes[2].Number = &Build{After: "x"}, true, 3, 8
	d.Indexes[2].Sparse, d.Indexes[2].Shape = true, Shape{Multiple: true, Cut: true}
	stored, err := d.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(stored, []byte(`{"a":[1,"x"],"b":{"c":[2,3]}}`))
	f.Add([]byte(`{"next":1,"indexes":[{"number":1,"fields":[{"path":"a"}]}]}`), []byte(`{}`))
	f.Fuzz(func(t *testing.T, stored, doc []byte) {
		d, err := Decode(stored)
		if err != nil {
			return
		}
		again, err := d.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if d2, err := Decode(again); err != nil || !reflect.DeepEqual(d, d2) {
			t.Fatalf("%s became %+v, error %v", stored, d2, err)
		}
		s := NewSet(d)
		if doc, err = rawjson.Compact(doc, 0); err != nil || len(doc) == 0 || doc[0] != '{' {
			return
		}
		e, err := s.Entries("id", doc)
		if err != nil {
			return
		}
		for _, entry := range e.List {
			i := slices.IndexFunc(s.Indexes, func(d Definition) bool { return d.Number == NumberOf(entry.Key) })
			if id, ok := s.Indexes[i].AppendIDOf(nil, entry.Key, entry.Value("id")); !ok || string(id) != "id" {
				t.Errorf("entry %x of %s, with %s, has the id %q", entry.Key, doc, stored, id)
			}
		}
	})
}

// An index tells the values of its documents as long as nothing is known that its entries lack, and all is known.
func TestTells(t *testing.T) {
	for _, c := range []struct {
		name          string
		d             Definition
		tells, spells bool // the values, and how numbers are written
	}{
		{"noted", Definition{Noted: true}, true, true},
		{"of before there were notes", Definition{}, false, false},
		{"of words", Definition{Noted: true, Kind: Text}, false, false},
		{"multiple", Definition{Noted: true, Shape: Shape{Multiple: true}}, false, false},
		{"cut", Definition{Noted: true, Shape: Shape{Cut: true}}, false, false},
		{"inexact", Definition{Noted: true, Shape: Shape{Inexact: true}}, false, false},
		{"respelled", Definition{Noted: true, Shape: Shape{Respelled: true}}, true, false},
	} {
		if tells, spells := c.d.Tells(false), c.d.Tells(true); tells != c.tells || spells != c.spells {
			t.Errorf("%s: it tells values %v, and how they are written %v", c.name, tells, spells)
		}
	}
}

// What entries have shown stays, whichever of two shapes has it, and definitions take in each part of it.
func TestShapesJoin(t *testing.T) {
	for i := range reflect.TypeFor[Shape]().NumField() {
		var shows Shape
		reflect.ValueOf(&shows).Elem().Field(i).SetBool(true)
		name := reflect.TypeFor[Shape]().Field(i).Name
		if got := shows.And(Shape{}); got != shows {
			t.Errorf("%s and nothing: %+v", name, got)
		}
		if got := (Shape{}).And(shows); got != shows {
			t.Errorf("nothing and %s: %+v", name, got)
		}
		d := &Definitions{Indexes: make([]Definition, 1)}
		if wider := d.Widen([]Shape{shows}); wider == nil || wider.Indexes[0].Shape != shows {
			t.Errorf("%s is not taken in: %+v", name, wider)
		}
	}
}
