package kuzzlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
)

// Mappings against a model: a map of types by path, and the documents. Writes come in batches, some of them all or
// nothing, some in transactions that are given up; fields are added; queries find what a scan by the mapping finds.

// mappingModel is what a collection must have.
type mappingModel struct {
	*rand.Rand
	f       *fixture
	dynamic string
	types   map[string]string // by path; "": an object
	docs    map[string]string
}

// typedValues are the values of a field, with the type that each gives a new one.
var typedValues = []struct{ json, learned string }{
	{`1`, "long"}, {`2.5`, "float"}, {`"7"`, "text"}, {`"w"`, "text"}, {`true`, "boolean"}, {`"true"`, "text"},
	{`null`, "-"}, {`[]`, "-"}, {`[3,4]`, "long"}, {`{"o":1}`, ""}, {`[{"o":2},{"o":3}]`, ""},
}

// takes says whether a field of a type has a value.
func (m *mappingModel) takes(typ, value string) bool {
	isObject := strings.Contains(value, "{")
	switch {
	case value == "null", value == "[]":
		return true
	case typ == "" || isObject:
		return typ == "" && isObject
	case typ == "long", typ == "float":
		return !strings.ContainsAny(value, `wt`)
	case typ == "boolean":
		return strings.Trim(value, `"`) == "true"
	}
	return true
}

// admits says whether a document fits, and which fields it brings.
func (m *mappingModel) admits(members map[string]int) (fresh map[string]string, ok bool) {
	fresh = map[string]string{}
	for name, n := range members {
		v := typedValues[n]
		typ, has := m.types[name]
		switch {
		case has && !m.takes(typ, v.json):
			return nil, false
		case has && typ == "" && strings.Contains(v.json, "{"):
			if _, has := m.types[name+".o"]; !has && m.dynamic == "strict" {
				return nil, false
			} else if !has && m.dynamic == "true" {
				fresh[name+".o"] = "long"
			}
		case has:
		case m.dynamic == "strict":
			return nil, false
		case m.dynamic == "true" && v.learned != "-":
			if fresh[name] = v.learned; v.learned == "" {
				fresh[name+".o"] = "long"
			}
		}
	}
	return fresh, true
}

func (m *mappingModel) doc() (members map[string]int, text string) {
	members = map[string]int{}
	for range 1 + m.IntN(3) {
		members[string(rune('a'+m.IntN(6)))] = m.IntN(len(typedValues))
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		parts = append(parts, fmt.Sprintf("%q:%s", name, typedValues[members[name]].json))
	}
	return members, "{" + strings.Join(parts, ",") + "}"
}

// write writes a batch, of which the model knows what becomes.
func (m *mappingModel) write() {
	before, docs := maps.Clone(m.types), maps.Clone(m.docs)
	var items []Write
	refused := 0
	for range 1 + m.IntN(4) {
		id := fmt.Sprint("d", m.IntN(8))
		members, text := m.doc()
		items = append(items, Write{ID: id, Body: json.RawMessage(text)})
		fresh, ok := m.admits(members)
		if !ok {
			refused++
			continue
		}
		maps.Copy(m.types, fresh)
		m.docs[id] = text
	}
	o := &WriteOptions{Atomic: m.IntN(3) == 0}
	undone := o.Atomic && refused > 0
	write := func(c *Collection) error {
		res, err := c.MCreateOrReplace(ctx, items, o)
		if res == nil || (err != nil) != undone {
			return fmt.Errorf("the call of %s: %w", jsonOf(m.f.t, items), err)
		}
		if len(res.Errors) != refused {
			return fmt.Errorf("%d refused, want %d: %v", len(res.Errors), refused, res.Err())
		}
		return nil
	}
	if m.IntN(4) > 0 {
		m.f.ok(write(m.f.col()))
	} else {
		never := errors.New("never mind")
		err := m.f.store().Update(ctx, func(_ context.Context, tx *Tx) error {
			return errors.Join(write(tx.Collection("i", "c")), never)
		})
		m.f.is("given up", err, never)
		if text := err.Error(); text != never.Error() {
			m.f.t.Error(text)
		}
		undone = true
	}
	if undone {
		m.types, m.docs = before, docs
	}
}

// extend adds a field to the mapping.
func (m *mappingModel) extend() {
	name, typ := string(rune('a'+m.IntN(6))), []string{"long", "boolean", "text"}[m.IntN(3)]
	err := m.f.col().UpdateMapping(ctx, Mapping{Mappings: fmt.Appendf(nil, `{"properties":{%q:{"type":%q}}}`, name, typ)})
	had, has := m.types[name]
	switch {
	case has && had != typ:
		m.f.is("another type", err, ErrInvalid)
	default:
		m.f.ok(err)
		m.types[name] = typ
	}
}

// compare compares all that there is.
func (m *mappingModel) compare() {
	found, err := m.f.col().Mapping(ctx)
	m.f.ok(err)
	types := map[string]string{}
	flatten("", found.Mappings, types)
	m.f.equal("types", types, m.types)
	docs := map[string]string{}
	for doc, err := range m.f.s.Collection("i", "c").All(ctx) {
		m.f.ok(err)
		docs[doc.ID] = string(doc.Source)
	}
	m.f.equal("documents", docs, m.docs)
	schema, err := query.ParseMapping(found.Mappings)
	m.f.ok(err)
	for _, text := range []string{`a = 7`, `b = true`, `c exists`, `not d > 1`, `e = "w" or f in (1, 2)`, `a.o = 1`} {
		q, err := query.Parse(text)
		m.f.ok(err)
		matcher, err := query.Compile(q, &query.Options{Schema: schema})
		var want []string
		for _, id := range slices.Sorted(maps.Keys(docs)) {
			if err == nil && matcher.Match(id, []byte(docs[id])) {
				want = append(want, id)
			}
		}
		if err == nil {
			m.f.equal(text, m.f.found(q, nil), want)
			continue
		}
		_, failed := m.f.s.Collection("i", "c").Count(ctx, q)
		m.f.is(text, failed, ErrInvalid)
	}
}

// flatten lists the types of the fields of an object.
func flatten(path string, object []byte, types map[string]string) {
	var o struct {
		Type       string
		Properties map[string]json.RawMessage
	}
	if err := json.Unmarshal(object, &o); err != nil {
		panic(err)
	}
	if path != "" {
		types[strings.TrimSuffix(path, ".")] = strings.TrimPrefix(o.Type, "object")
	}
	for name, field := range o.Properties {
		flatten(path+name+".", field, types)
	}
}

func TestMappingModel(t *testing.T) {
	for _, dynamic := range []string{"true", "false", "strict"} {
		t.Run(dynamic, func(t *testing.T) {
			onAll(t, nil, func(t *testing.T, f *fixture) {
				rounds := 40
				if f.reopens || f.crashes {
					rounds = 12
				}
				for range 3 {
					seed := rand.Uint64()
					t.Logf("seed %d", seed)
					m := mappingModel{rand.New(rand.NewPCG(seed, 0)), f, dynamic, map[string]string{}, map[string]string{}}
					f.maps(`{"dynamic":"` + dynamic + `"}`)
					for range rounds {
						if m.IntN(5) == 0 {
							m.extend()
						} else {
							m.write()
						}
					}
					m.compare()
					if t.Failed() {
						return
					}
					if n := f.sound().Unfit; n > 0 && dynamic == "strict" {
						t.Errorf("%d do not fit, of a mapping that nothing was there before", n)
					}
					f.ok(f.s.DeleteCollection(ctx, "i", "c"))
					f.ok(f.s.CreateCollection(ctx, "i", "c"))
				}
			})
		})
	}
}

// Wherever the log ends after a crash, no document is there whose fields the mapping lacks: both are of one batch.
func TestMappingTorn(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.maps(`{"dynamic":"true"}`)
	const n = 12
	for i := range n {
		f.put(fmt.Sprint("d", i), fmt.Sprintf(`{"f%d":%d}`, i, i))
	}
	path := f.crashed()
	log, err := os.ReadFile(path + "-log0")
	f.ok(err)
	seen := map[int]bool{}
	const sector, header = 512, 8192
	end := len(log)
	for end > header && log[end-1] == 0 {
		end--
	}
	for cut := header + sector; cut < end+sector; cut += sector {
		at := filepath.Join(t.TempDir(), "cut.db")
		for suffix := range filesOf(t, path) {
			copyOf(t, path+suffix, at+suffix)
		}
		torn := slices.Clone(log)
		clear(torn[min(cut, len(torn)):])
		f.ok(os.WriteFile(at+"-log0", torn, 0o600))
		s, err := Open(at, nil)
		if errors.Is(err, ErrCorrupt) { // it ends before what it says was durable
			continue
		}
		f.ok(err)
		has, err := s.HasCollection(ctx, "i", "c")
		f.ok(err)
		var m *Mapping
		if has {
			m, err = s.Collection("i", "c").Mapping(ctx)
			f.ok(err)
		}
		types := map[string]string{}
		if m != nil {
			flatten("", m.Mappings, types)
		}
		count := 0
		for i := range n {
			if !has {
				break
			}
			there, err := s.Collection("i", "c").Exists(ctx, fmt.Sprint("d", i))
			f.ok(err)
			if there {
				count++
			}
			if _, mapped := types[fmt.Sprint("f", i)]; mapped != there {
				t.Errorf("cut at %d: document %d is there: %v, its field is: %v", cut, i, there, mapped)
			}
		}
		seen[count] = true
		f.ok(s.Close())
	}
	if len(seen) < n {
		t.Errorf("it ended at %v documents only", slices.Sorted(maps.Keys(seen)))
	}
}
