package command

import (
	"encoding/json"
	"strconv"

	"github.com/kuzzlite/kuzzlite"
)

// What search lists.

// hitList lists hits. The first one says whether there are scores.
type hitList struct {
	*searcher
	list *list
}

func (l *hitList) add(hit *kuzzlite.Hit) error {
	l.begin(hit.Scored)
	if l.ids {
		return l.list.add(idRow(hit.Document.ID))
	}
	return l.list.add(&hitRow{hit, l.fields})
}

// begin begins the list, unless that is done.
func (l *hitList) begin(scored bool) {
	if l.list != nil {
		return
	}
	headings := l.headings()
	if scored && !l.ids {
		headings = withScore(headings, "SCORE")
	}
	l.list = l.app.out.list(headings...)
}

func (l *hitList) end() error {
	l.begin(true)
	return l.list.end()
}

// withScore puts the score into the place of the version.
func withScore(cells []string, score string) []string {
	return append([]string{cells[0], score}, cells[2:]...)
}

// hitRow is a hit in a list.
type hitRow struct {
	hit    *kuzzlite.Hit
	fields *fields // nil: the whole document
}

func (r *hitRow) appendJSON(dst []byte) []byte {
	if r.fields == nil {
		return r.hit.AppendJSON(dst)
	}
	hit, ok := *r.hit, false
	if hit.Document.Source, ok = r.fields.tree.pick(nil, hit.Document.Source); !ok {
		hit.Document.Source = json.RawMessage("{}")
	}
	return hit.AppendJSON(dst)
}

func (r *hitRow) cells() []string {
	var own row = documentRow{r.hit.Document}
	if r.fields != nil {
		own = fieldRow{r.fields, r.hit.Document}
	}
	if !r.hit.Scored {
		return own.cells()
	}
	return withScore(own.cells(), strconv.FormatFloat(float64(r.hit.Score), 'f', 3, 32))
}
