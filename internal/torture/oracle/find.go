package oracle

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/query"
)

// Queries, compared with a scan of the model's documents. So what a field index lacks, has too much, or has in another
// order is noticed by what it answers, besides by Check.

// queriesPerLook is how many queries are asked of each collection.
const queriesPerLook = 8

// ask asks a collection some queries.
func (m *Model) ask(ctx context.Context, col *kuzzlite.Collection) error {
	r := rand.New(rand.NewPCG(m.Seed, m.Sequence))
	for range queriesPerLook {
		q, sort := newQuery(r), newSort(r)
		if err := m.askOne(ctx, col, q, sort); err != nil {
			return fmt.Errorf("%s: find: %w", col.Name(), err)
		}
		m.Asked++
	}
	return nil
}

// question is a query as text, for messages, and compiled.
type question struct {
	text string
	q    *query.Query
}

func newQuery(r *rand.Rand) question {
	field, v, w := "k"+strconv.Itoa(r.IntN(5)), r.IntN(200), r.IntN(200)
	switch r.IntN(12) {
	case 0:
		return question{fmt.Sprintf("%s = %d", field, v), query.Eq(field, v)}
	case 1:
		return question{fmt.Sprintf("%s in %d, %d", field, v, w), query.In(field, v, w)}
	case 2:
		return question{fmt.Sprintf("%s > %d", field, v), query.Gt(field, v)}
	case 3:
		return question{fmt.Sprintf("%s <= %d", field, v), query.Lte(field, v)}
	case 4:
		return question{fmt.Sprintf("%s missing", field), query.Missing(field)}
	case 5:
		return question{"pad begins with yy", query.Prefix("pad", "yy")}
	case 6:
		return question{fmt.Sprintf("k1 = %d and k2 <= %d", v, w), query.And(query.Eq("k1", v), query.Lte("k2", w))}
	}
	if r.IntN(3) > 0 {
		return newTextQuery(r)
	}
	return question{fmt.Sprintf("k0 >= %d or k3 < %d", v, w), query.Or(query.Gte("k0", v), query.Lt("k3", w))}
}

// newTextQuery asks for words, or for a place.
func newTextQuery(r *rand.Rand) question {
	words := texts[r.IntN(len(texts))] + " " + texts[r.IntN(len(texts))]
	switch r.IntN(4) {
	case 0:
		return question{"any of " + words, query.Match("text", words)}
	case 1:
		return question{"each of " + words, query.MatchEvery("text", words)}
	case 2:
		return question{"near 34, -118", query.Near("at", 34, -118, "100km")}
	}
	return question{"the phrase " + words, query.Phrase("text", words)}
}

// newSort draws the fields of an order; none is that by ids.
func newSort(r *rand.Rand) []string {
	return [][]string{nil, nil, {"k0"}, {"-k0"}, {"-k3"}, {"k1", "-k2"}, {"-k1", "k2"}}[r.IntN(7)]
}

// askOne compares what a query finds with the model. What expires meanwhile may be found or not.
func (m *Model) askOne(ctx context.Context, col *kuzzlite.Collection, ask question, sort []string) error {
	match, err := query.Compile(ask.q, nil)
	if err != nil {
		return err
	}
	o := &kuzzlite.FindOptions{}
	if sort != nil {
		o.Sort = query.By(sort...)
	}
	began, found := time.Now(), []string{}
	for d, err := range col.Find(ctx, ask.q, o) {
		if err != nil {
			return fmt.Errorf("%s: %w", ask.text, err)
		}
		found = append(found, d.ID)
	}
	ended := time.Now()
	want, perhaps := []string{}, map[string]bool{}
	for id, s := range m.collections[col.Name()] {
		if s.body == nil || s.due(began) || !match.Match(id, s.body.JSON()) {
			continue
		}
		if want = append(want, id); s.due(ended) {
			perhaps[id] = true
		}
	}
	if err := m.order(col.Name(), want, o.Sort); err != nil {
		return err
	}
	want = slices.DeleteFunc(want, func(id string) bool { return perhaps[id] && !slices.Contains(found, id) })
	if !slices.Equal(found, want) {
		return fmt.Errorf("%s, sorted by %q: found %q, the documents say %q", ask.text, sort, found, want)
	}
	return nil
}

// order sorts ids of a collection's documents.
func (m *Model) order(collection string, ids []string, by kuzzlite.Order) error {
	slices.Sort(ids)
	if by == nil {
		return nil
	}
	order, err := by.Order(filter.Env{})
	if err != nil {
		return err
	}
	if order.Descending {
		slices.Reverse(ids)
	}
	key := func(id string) []byte { return order.AppendKey(nil, id, m.collections[collection][id].body.JSON()) }
	slices.SortStableFunc(ids, func(a, b string) int { return bytes.Compare(key(a), key(b)) })
	return nil
}

// NoteQueries counts the field indexes of a store, and whether one of them answers a query.
func (m *Model) NoteQueries(ctx context.Context, s *kuzzlite.Store, tr *harness.Trial) error {
	tr.Note("queries compared with a scan", m.Asked)
	m.Asked = 0
	for name := range m.collections {
		col := s.Collection(Index, name)
		list, err := col.FieldIndexes(ctx)
		if err != nil {
			return err
		}
		for _, index := range list {
			what := "complete field indexes"
			if index.Building {
				what = "field indexes whose building was cut off"
			}
			tr.Note(what, 1)
		}
		for what, q := range map[string]*query.Query{
			"field index": query.Eq("k0", 7), "text index": query.Phrase("text", "south coast"),
			"geo index": query.Near("at", 34, -118, "100km"),
		} {
			e, err := col.Explain(ctx, q)
			if err != nil {
				return err
			}
			if strings.Contains(e.Plan, what) {
				tr.Note("plans that go by a "+what, 1)
			}
		}
	}
	return nil
}
