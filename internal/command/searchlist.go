package command

import (
	"encoding/json"
	"strconv"
	"strings"

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
	l.list.emphasized = hit.Highlight != nil && l.list.table != nil
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
	cells := own.cells()
	if r.hit.Fields != nil && r.fields == nil {
		cells[len(cells)-1] = string(r.hit.Fields[:min(len(r.hit.Fields), 4<<10)]) // in the place of the document
	}
	if fragments := fragmentsOf(r.hit.Highlight); fragments != "" {
		cells[len(cells)-1] = fragments
	}
	if !r.hit.Scored {
		return cells
	}
	return withScore(cells, strconv.FormatFloat(float64(r.hit.Score), 'f', 3, 32))
}

// fragmentsOf returns the fragments of a hit, which a table shows in the place of the document.
func fragmentsOf(highlight json.RawMessage) string {
	var all []string
	for _, list := range inOrder(highlight) {
		var fragments []string
		if json.Unmarshal(list, &fragments) == nil {
			all = append(all, fragments...)
		}
	}
	return strings.Join(all, " … ")
}

// inBold shows what stands in <em> in bold. A text that was cut may end within, or in a tag.
func inBold(text string) string {
	const open, shut, bold, plain = "<em>", "</em>", "\x1b[1m", "\x1b[0m"
	if i := strings.LastIndexByte(text, '<'); i >= 0 && strings.HasSuffix(text, "…") {
		tag := strings.TrimSuffix(text[i:], "…")
		if strings.HasPrefix(open, tag) || strings.HasPrefix(shut, tag) {
			text = text[:i] + "…"
		}
	}
	opened := strings.Count(text, open) > strings.Count(text, shut)
	text = strings.ReplaceAll(strings.ReplaceAll(text, open, bold), shut, plain)
	if opened {
		text += plain
	}
	return text
}
