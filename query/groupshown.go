package query

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/query/internal/docvalues"
	"github.com/kuzzlite/kuzzlite/query/internal/highlighting"
)

// Which hits of a group are shown with its first one. Elasticsearch finds them by a search for each group: what the
// query of the search finds, and has the value of the group. Who calls this finds those of all groups at once.

// The bounds of what is shown of groups: how far from and size of one definition may reach together (Elasticsearch:
// index.max_result_window), and how many hits of groups a search may show at most, as they are all in memory.
const (
	mostOfGroup  = 10_000
	mostOfGroups = 100_000
)

// Shows says whether hits of groups are shown with their first ones, and whether some of them have scores.
func (o *Collapse) Shows() (hits, scores bool) {
	for i := range o.Inner {
		scores = scores || o.Inner[i].hasScores()
	}
	return len(o.Inner) > 0, scores
}

// hasScores says whether hits have scores.
func (h *GroupHits) hasScores() bool { return h.Sort == nil || h.Scores || h.Sort.HasScores() }

// GroupHits compiles what is shown of so many groups of what a query finds, for a store. The error is that of more than
// may be shown, or one of Order.Order, Schema.Grouping or [Compile].
func (o *Collapse) GroupHits(groups int, q filter.Query, env filter.Env) ([]filter.GroupHits, error) {
	if err := o.checkShown(groups); err != nil {
		return nil, err
	}
	words := 0
	list := make([]filter.GroupHits, len(o.Inner))
	for i := range list {
		of := &o.Inner[i]
		list[i] = filter.GroupHits{
			Name: of.Name, From: of.From, Size: of.Size, Sorted: of.Sort != nil, Scored: of.hasScores(), Source: of.Source,
		}
		if err := of.compile(&list[i], env); err != nil {
			return nil, err
		}
		var err error
		if len(of.Fields) > 0 {
			if list[i].Fetcher, err = of.Fields.FieldFetcher(env); err != nil {
				return nil, err
			}
		}
		if of.highlight == nil {
			continue
		}
		if list[i].Highlighter, err = newGroupMarks(o.Field, of.highlight, q, env, &words); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// checkShown returns the error of what would be too much.
func (o *Collapse) checkShown(groups int) error {
	most := int64(0)
	for i := range o.Inner {
		last := int64(o.Inner[i].From) + int64(o.Inner[i].Size)
		if last > mostOfGroup {
			return plainly("Result window is too large, from + size must be less than or equal to: [%d] but was [%d]. See the "+
				"scroll api for a more efficient way to request large data sets. This limit can be set by changing the "+
				"[index.max_result_window] index level setting.", mostOfGroup, last)
		}
		most += max(last, 1) // nothing to show takes some memory, too
	}
	if most*int64(groups) > mostOfGroups {
		return plainly("Too many inner hits: %d groups with up to %d each. Must be less than or equal to: [%d].",
			groups, most, mostOfGroups)
	}
	return nil
}

// bestFirst is the order of hits where there is no other.
var bestFirst = &Order{keys: []orderKey{{Key: filter.Key{Field: scoreField, Descending: true}, byScore: true}}}

// compile compiles the order of the hits, and the groups among them.
func (h *GroupHits) compile(into *filter.GroupHits, env filter.Env) (err error) {
	order := h.Sort
	if order == nil {
		order = bestFirst
	}
	if into.Order, err = order.Order(env); err != nil || h.Field == "" {
		return err
	}
	schema, _ := env.Schema.(*Schema)
	g, err := schema.Grouping(h.Field, false)
	if err != nil {
		return err
	}
	into.Groups = g
	return nil
}

// groupMarks highlights hits of groups. The value of the group is searched for, too: a keyword is highlighted.
type groupMarks struct {
	grouping *Grouping
	request  highlighting.Request
	query    *Query
	place    highlighting.Place

	group []byte // the last one
	marks filter.Highlighter
}

func newGroupMarks(
	field string, r highlighting.Request, q filter.Query, env filter.Env, words *int,
) (filter.Highlighter, error) {
	of, ok := q.(*Query)
	if q != nil && !ok {
		return nil, fmt.Errorf("%w: %T has no highlights", ErrInvalid, q)
	}
	m := &groupMarks{request: r, query: of, place: highlighting.Place{Env: env, Words: words}}
	if within, ok := of.root().(mappedNode); ok {
		m.place.Index = within.index
	}
	schema, _ := env.Schema.(*Schema)
	var err error
	if m.grouping, err = schema.Grouping(field, true); err != nil {
		return nil, err
	}
	if m.marks, err = m.bind(nil); err != nil { // what does not fit is an error whatever is found
		return nil, err
	}
	if !r.DependsOn(field, m.place) {
		return m.marks, nil
	}
	m.place.Words = nil // they were counted, and there is one highlighter at a time
	return m, nil
}

// bind compiles the request for one group, by the value of one of its documents; nil: it is not that of a text.
func (m *groupMarks) bind(value []byte) (filter.Highlighter, error) {
	q := m.query
	if value != nil {
		q = And(q, Eq(m.grouping.field.Name, string(value)))
	}
	return m.request.Bind(q, m.place)
}

// Highlight implements filter.Highlighter. Hits come group by group: the cost of each is a compilation.
func (m *groupMarks) Highlight(id string, doc []byte) (json.RawMessage, error) {
	group, err := m.grouping.AppendGroup(nil, doc)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(group, m.group) {
		if m.marks, err = m.bind(m.grouping.textOf(doc)); err != nil {
			return nil, err
		}
		m.group = group
	}
	return m.marks.Highlight(id, doc)
}

// textOf returns the value of a document that is a text, nil if there is none.
func (g *Grouping) textOf(doc []byte) []byte {
	if g.field.Class != docvalues.Keyword && g.field.Class != docvalues.Any {
		return nil
	}
	g.fields.Collect(doc, &g.values)
	for _, slot := range g.slots {
		for _, v := range g.values.Of(slot) {
			if g.field.Class == docvalues.Any && !isString(v) {
				continue
			}
			if text, ok := g.field.Text(v); ok {
				return bytes.Clone(text)
			}
		}
	}
	return nil
}
