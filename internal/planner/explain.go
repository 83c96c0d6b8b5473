package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/filter"
)

// String says in words how the plan goes.
func (p *Plan) String() string {
	switch p.Kind {
	case Scan:
		return "scan of all documents"
	case Nothing:
		return "nothing can match"
	case IDs:
		return plural(len(p.IDs), "id")
	case Index:
		s := fmt.Sprintf("field index %q, %s", p.Index.Name, plural(len(p.Spans), "range"))
		if p.Reverse {
			s += ", backwards"
		}
		return s
	}
	parts := make([]string, len(p.Parts))
	for i, part := range p.Parts {
		parts[i] = part.String()
	}
	return p.Kind.String() + " of (" + strings.Join(parts, "), (") + ")"
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Advise returns the fields of an index that would have helped, a descending one behind a "-"; nil if none is known: those
// of which one value is asked for, then those of the order, or else one of which a range is asked for.
func Advise(r *Request) (fields []string) {
	add := func(field, sign string) {
		if !slices.ContainsFunc(fields, func(f string) bool { return strings.TrimPrefix(f, "-") == field }) {
			fields = append(fields, sign+field)
		}
	}
	list := r.Condition.List
	if r.Condition.Op == filter.Values {
		list = []filter.Condition{r.Condition}
	}
	if r.Condition.Op == filter.Or {
		return nil // it needs several
	}
	var ranged string
	for _, c := range list {
		switch {
		case c.Op != filter.Values:
		case pointsOf(c.Spans) != nil:
			add(c.Field, "")
		case ranged == "":
			ranged = c.Field
		}
	}
	for _, key := range r.Order {
		sign := ""
		if key.Descending != r.Order[0].Descending {
			sign = "-"
		}
		add(key.Field, sign)
	}
	if len(r.Order) == 0 && ranged != "" {
		add(ranged, "")
	}
	return fields
}
