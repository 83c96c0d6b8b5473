package query

import "slices"

func (c clause) nested(raw []byte) (node, error) {
	var n nested
	err := c.options("nested", raw, map[string]func(clause, []byte) error{
		"path": func(c clause, raw []byte) error {
			if isObject(raw) || isArray(raw) || isNull(raw) {
				return c.wrong("[nested] query does not support [path]")
			}
			n.path = scalarText(raw)
			return nil
		},
		"query":           func(c clause, raw []byte) (err error) { n.node, err = c.query(raw); return err },
		"ignore_unmapped": func(c clause, raw []byte) (err error) { n.ignoreUnmapped, err = c.flag(raw); return err },
		"score_mode":      readScoreMode(&n.mode),
		"inner_hits":      clause.innerHits,
	})
	switch {
	case err != nil:
	case n.path == "":
		err = c.wrong("[nested] requires 'path' field")
	case n.node == nil:
		err = c.wrong("[nested] requires 'query' field")
	}
	return n, err
}

// innerHitOptions are what inner_hits may have.
var innerHitOptions = []string{
	"_source", "collapse", "docvalue_fields", "explain", "fields", "from", "highlight", "ignore_unmapped", "name",
	"script_fields", "seq_no_primary_term", "size", "sort", "stored_fields", "track_scores", "version",
}

// mostInnerHits is how many inner hits Elasticsearch gives of a document.
const mostInnerHits = 100

// innerHits refuses inner_hits: a query says which documents match, and inner hits are part of a search's answer, which
// comes with the search issue.
func (c clause) innerHits(raw []byte) error {
	if !isObject(raw) {
		return c.wrong("[inner_hits] must be an object")
	}
	name, window := "null", map[string]int{"size": 3}
	for _, m := range members(raw) {
		if !slices.Contains(innerHitOptions, m.key) {
			return c.at(m.key).wrong("[inner_hits] unknown field [%s]", m.key)
		}
		switch m.key {
		case "name":
			name = scalarText(m.value)
		case "from", "size":
			n, err := c.at(m.key).integer("inner_hits", m.value)
			if err != nil {
				return err
			}
			window[m.key] = n
		}
	}
	if n := window["from"] + window["size"]; n > mostInnerHits {
		return c.wrong("Inner result window is too large, the inner hit definition's [%s]'s from + size must be less than or "+
			"equal to: [%d] but was [%d]. This limit can be set by changing the [index.max_inner_result_window] index level "+
			"setting.", name, mostInnerHits, n)
	}
	return c.wrong("[nested] query does not support [inner_hits] yet: leave them out to find the documents")
}
