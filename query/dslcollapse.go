package query

import (
	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query/internal/highlighting"
)

// Collapse says that of all hits with one value of a field only the first one is shown (Elasticsearch: collapse), and
// which hits of each such group are shown with it.
type Collapse struct {
	Field string
	Inner []GroupHits
}

// GroupHits says which hits of a group are shown with its first one (Elasticsearch: inner_hits of collapse).
type GroupHits struct {
	Name       string
	From, Size int
	Sort       *Order // nil: the best scores first
	Scores     bool   // they are shown with a sort, too (track_scores)
	Field      string // of which each value has one hit among these; "": all are shown
	Source     fieldpath.SourceFilter
	Fields     FieldValues

	highlight highlighting.Request // nil: none
}

// ParseElasticsearchCollapse reads the JSON of Elasticsearch, as the value of "collapse" in a search request:
// {"field":"brand","inner_hits":{"name":"cheapest","size":1,"sort":[{"price":"asc"}]}}. docs/queries.md has a list of
// the options. What depends on a mapping shows when the grouping is compiled. The error is a *[DSLError].
func ParseElasticsearchCollapse(raw []byte) (*Collapse, error) {
	compact, err := rawjson.Compact(raw, 0)
	if err != nil {
		return nil, &DSLError{Reason: err.Error()}
	}
	c := clause{}
	if !isObject(compact) {
		return nil, c.wrong("Unknown key for a %s in [collapse].", rawjson.Token(compact))
	}
	collapse := &Collapse{}
	for _, m := range members(compact) {
		if err := collapse.option(c.at(m.key), m); err != nil {
			return nil, c.at(m.key).part("collapse", m.key, err)
		}
	}
	if collapse.Field == "" {
		return nil, c.wrong("no collapse field specified")
	}
	return collapse, nil
}

// option reads one member.
func (o *Collapse) option(c clause, m member) (err error) {
	switch m.key {
	case "field":
		if !isString(m.value) {
			return c.wrongType("collapse", m.key, m.value)
		}
		if o.Field = scalarText(m.value); o.Field == "" {
			return c.illegal("field name is null or empty")
		}
	case "max_concurrent_group_searches": // all groups are searched at once
		if !isScalar(m.value) || rawjson.Token(m.value) == "VALUE_BOOLEAN" {
			return c.wrongType("collapse", m.key, m.value)
		}
		n := 0
		return readLeast("collapse", &n, 1, "maxConcurrentGroupRequests` must be positive")(c, m.value)
	case "inner_hits":
		if !isObject(m.value) && !isArray(m.value) {
			return c.wrongType("collapse", m.key, m.value)
		}
		o.Inner, err = c.groupHits(m.value)
	default:
		known := []string{"field", "inner_hits", "max_concurrent_group_searches"}
		return c.wrong("[collapse] unknown field [%s]%s", m.key, didYouMean(m.key, known))
	}
	return err
}

// groupHits reads a definition, or a list of definitions. Each has a name; of two with the same one the last counts
// (Elasticsearch).
func (c clause) groupHits(raw []byte) (list []GroupHits, err error) {
	all := [][]byte{raw}
	if isArray(raw) {
		all = elements(raw)
	}
	if len(all) > mostInnerDefinitions {
		return nil, c.wrong("a collapse has at most %d [inner_hits]", mostInnerDefinitions)
	}
	at := map[string]int{}
	for _, one := range all {
		if !isObject(one) {
			return nil, c.wrong("Invalid token in inner_hits array")
		}
		d, err := c.innerHits(one)
		if err != nil {
			return nil, err
		}
		if !d.named {
			return nil, c.illegal("inner_hits must have a [name]; set the [name] field in the inner_hits definition")
		}
		hits := GroupHits{d.name, d.from, d.size, d.sort, d.scores, d.collapse, d.source, d.fields, d.highlight}
		if i, ok := at[d.name]; ok {
			list[i] = hits
			continue
		}
		at[d.name] = len(list)
		list = append(list, hits)
	}
	return list, nil
}

// isBy says whether documents are ordered by the values of one field, and by nothing else.
func (o *Order) isBy(field string) bool {
	if o == nil || len(o.keys) != 1 {
		return false
	}
	k := &o.keys[0]
	return !k.byScore && !k.byID && k.from == nil && k.Field == field
}
