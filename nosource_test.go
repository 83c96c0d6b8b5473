package kuzzlite

import (
	"context"
	"regexp"
	"testing"
)

// With NoSource all verbs write, and tell, what they do without, but for the documents.
func TestNoSource(t *testing.T) {
	calls := map[string]func(context.Context, *Collection, *WriteOptions) (*Result, error){
		"MUpsertJSON": func(ctx context.Context, c *Collection, o *WriteOptions) (*Result, error) {
			return c.MUpsertJSON(ctx, []byte(`[{"_id":"a","changes":{"n":2}},{"_id":"b","changes":{"n":1}},`+
				`{"_id":"b","changes":{}}]`), o)
		},
		"Modify": func(ctx context.Context, c *Collection, o *WriteOptions) (*Result, error) {
			return oneResult(c.Modify(ctx, "a", func(Document) (any, error) { return raw(`{"n":2}`), nil }, o))
		},
		"Modify nothing": func(ctx context.Context, c *Collection, o *WriteOptions) (*Result, error) {
			return oneResult(c.Modify(ctx, "a", func(Document) (any, error) { return nil, nil }, o))
		},
		"Mutate": func(ctx context.Context, c *Collection, o *WriteOptions) (*Result, error) {
			return oneResult(c.Mutate(ctx, "a", func(Document) (any, error) { return raw(`{"n":2}`), nil }, o))
		},
		"Mutate nothing": func(ctx context.Context, c *Collection, o *WriteOptions) (*Result, error) {
			return oneResult(c.Mutate(ctx, "a", func(Document) (any, error) { return nil, nil }, o))
		},
	}
	for _, v := range verbs {
		calls[v.name] = func(ctx context.Context, c *Collection, o *WriteOptions) (*Result, error) {
			return oneResult(v.one(ctx, c, "a", `{"n":2}`, nil, o))
		}
		calls["M"+v.name] = func(ctx context.Context, c *Collection, o *WriteOptions) (*Result, error) {
			return v.many(ctx, c, []string{"a", "b", "a", "b"}, `{"n":2}`, nil, o)
		}
	}
	source := regexp.MustCompile(`"_source":\{[^}]*\},`)
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			for _, inside := range []bool{false, true} {
				run := func(o *WriteOptions) (json string, stored []string) {
					f := newFixture(t, nil)
					f.put("a", `{"a":1,"n":1}`)
					var res *Result
					var err error
					if !inside {
						res, err = call(ctx, f.col(), o)
					} else {
						f.ok(f.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
							res, err = call(ctx, tx.Collection("i", "c"), o)
							return nil
						}))
					}
					for i := range res.Successes {
						if s := &res.Successes[i]; s.verb != verbDelete && (s.Source == nil) != o.NoSource {
							t.Errorf("source: %s", s.Source)
						}
					}
					return text(t, res, err), append(f.all(f.col()), f.history(0)...)
				}
				with, stored := run(&WriteOptions{})
				without, same := run(&WriteOptions{NoSource: true})
				f := fixture{t: t}
				f.equal("stored", same, stored)
				f.equal("JSON", without, source.ReplaceAllString(with, ""))
			}
		})
	}
}

// oneResult makes a result of what became of one document.
func oneResult(s *Success, err error) (*Result, error) {
	if err != nil {
		return &Result{}, nil
	}
	return &Result{Successes: []Success{*s}}, nil
}

// Without a source an entity has no value.
func TestNoSourceTyped(t *testing.T) {
	f := newFixture(t, nil)
	c, o := Of[thing](f.col()), &WriteOptions{NoSource: true}
	for version := range uint64(6) {
		e, err := map[uint64]func() (Entity[thing], error){
			0: func() (Entity[thing], error) { return c.Create(ctx, "a", thing{N: 1}, o) },
			1: func() (Entity[thing], error) { return c.Replace(ctx, "a", thing{N: 2}, o) },
			2: func() (Entity[thing], error) { return c.Update(ctx, "a", raw(`{"n":3}`), o) },
			3: func() (Entity[thing], error) { return c.Upsert(ctx, "a", raw(`{"n":4}`), nil, o) },
			4: func() (Entity[thing], error) {
				return c.Modify(ctx, "a", func(v *thing) error { v.N++; return nil }, o)
			},
			5: func() (Entity[thing], error) {
				return c.Mutate(ctx, "a", func(v *thing) error { v.N++; return nil }, o)
			},
		}[version]()
		f.ok(err)
		f.equal("entity", e, entity("a", version+1, thing{}), bare)
	}
	entities, _, err := c.MUpsert(ctx, []Upsert{{ID: "a", Changes: raw(`{"n":9}`)}}, o)
	f.ok(err)
	f.equal("entities", entities, []Entity[thing]{entity("a", 7, thing{})}, bare)
	f.holds(`a v7 {"n":9}`)
}

// One field of many large documents: with NoSource the call holds none of them.
func TestNoSourceHoldsNothing(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{"n":1,"m":{"x":1}}`)
	p, err := f.col().newPlan(ctx, verbUpsert, false, 2, []*WriteOptions{{NoSource: true}})
	f.ok(err)
	p.addUpsert(0, Upsert{ID: "a", Changes: raw(`{"n":2}`)})
	p.addUpsert(1, Upsert{ID: "a", Changes: raw(`{"n":3}`)})
	_, err = p.run()
	f.ok(err)
	for i := range p.staged {
		f.equal("held", p.staged[i].body == nil && p.staged[i].value == nil, true)
	}
	f.holds(`a v3 {"n":3,"m":{"x":1}}`)
}
