package rot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/query"
)

// Everything that a store answers, in a form that can be compared.

// answers are what a store says, by the question. A corrupt one says that it noticed damage instead.
type answers map[string]answer

type answer struct {
	text    string
	corrupt bool
}

// questions are what to ask of a store beside what it lists itself.
type questions struct {
	index, collection string
	ids               []string
}

func answerOf(value any, err error) answer {
	if err != nil {
		return answer{err.Error(), noticed(err)}
	}
	return answer{text: fmt.Sprint(value)}
}

// noticed says whether an error tells of damage.
func noticed(err error) bool {
	return errors.Is(err, kuzzlite.ErrCorrupt) || errors.Is(err, kuzzlite.ErrNotStore)
}

func documentText(d kuzzlite.Document) string {
	return fmt.Sprint(d.ID, d.Version, d.Sequence, d.Created.UnixMilli(), d.Updated.UnixMilli(), string(d.Source))
}

// ask asks a store everything but Check.
func ask(ctx context.Context, s *kuzzlite.Store, list []questions) answers {
	a := answers{}
	indexes, err := s.Indexes(ctx)
	a["indexes"] = answerOf(indexes, err)
	for _, index := range indexes {
		names, err := s.Collections(ctx, index)
		a["collections of "+index] = answerOf(names, err)
	}
	for _, q := range list {
		a.collection(ctx, s, q)
	}
	a["feed"] = feedAnswer(ctx, s)
	return a
}

func (a answers) collection(ctx context.Context, s *kuzzlite.Store, q questions) {
	c := s.Collection(q.index, q.collection)
	where := q.index + "/" + q.collection
	n, err := c.Count(ctx)
	a["count of "+where] = answerOf(n, err)
	for _, id := range q.ids {
		d, err := c.Get(ctx, id)
		a["get "+where+" "+id] = answerOf(documentText(d), err)
	}
	found, err := c.MGet(ctx, q.ids)
	text := ""
	if err == nil {
		for _, d := range found.Successes {
			text += documentText(d) + "\n"
		}
		text += fmt.Sprint(found.Errors)
	}
	a["mGet "+where] = answerOf(text, err)
	text, err = "", nil
	for d, e := range c.All(ctx, nil) {
		if err = e; e == nil {
			text += documentText(d) + "\n"
		}
	}
	a["all of "+where] = answerOf(text, err)
	for n, o := range queryOrders {
		a[fmt.Sprintf("query %d of %s", n, where)] = findAnswer(ctx, c, query.Gte("k0", 0), o)
		a[fmt.Sprintf("query %d of all of %s", n, where)] = findAnswer(ctx, c, query.All(), o)
	}
	a["words of "+where] = findAnswer(ctx, c, query.MatchEvery("text", "south coast"), nil)
	a["phrase of "+where] = findAnswer(ctx, c, query.Phrase("text", "the coast"), nil)
	a["places of "+where] = findAnswer(ctx, c, query.Near("at", 34, -118, "100km"), nil)
	list, err := c.FieldIndexes(ctx)
	a["field indexes of "+where] = answerOf(list, err)
}

// queryOrders are the orders of queries: those of field indexes, and that by ids.
var queryOrders = []*kuzzlite.FindOptions{
	nil, {Sort: query.By("k0")}, {Sort: query.By("-k1", "k2")}, {Sort: query.By("-k3")},
}

// findAnswer asks a query.
func findAnswer(ctx context.Context, c *kuzzlite.Collection, q *query.Query, o *kuzzlite.FindOptions) answer {
	text := ""
	for d, err := range c.Find(ctx, q, o) {
		if err != nil {
			return answerOf("", err)
		}
		text += documentText(d) + "\n"
	}
	return answerOf(text, nil)
}

// feedAnswer reads the change feed, which must not leave its reader waiting for what should be there.
func feedAnswer(ctx context.Context, s *kuzzlite.Store) answer {
	st, err := s.Stats(ctx)
	if err != nil {
		return answerOf("", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	text := fmt.Sprintf("from %d to %d\n", st.FirstSequence, s.Sequence())
	last := st.FirstSequence - 1
	for c, err := range s.Changes(ctx, last) {
		if err != nil {
			return answerOf("", err)
		}
		text += fmt.Sprintln(c)
		last = c.Sequence
	}
	if last < s.Sequence() {
		text += "and no more"
	}
	return answer{text: text}
}

// compare says whether some answer is that of damage noticed, and which other is not as it was, "" if none.
func (a answers) compare(want answers) (corrupt bool, wrong string) {
	for q, w := range want {
		got, asked := a[q]
		corrupt = corrupt || got.corrupt
		switch {
		case !asked:
			wrong = q + ": was not answered"
		case !got.corrupt && got != w:
			wrong = q + ": the answer is another one"
		}
	}
	return corrupt, wrong
}
