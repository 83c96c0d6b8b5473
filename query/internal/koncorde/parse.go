package koncorde

import (
	"slices"
	"strconv"
	"strings"
)

const (
	// MaxConditions is how many conditions a filter may have: the default of Kuzzle's limits.subscriptionConditionsCount.
	// The filter of a select is counted for itself.
	MaxConditions = 100

	maxDepth = 500     // how many dots the path of a filter may have
	maxSteps = 100_000 // how many keywords are looked at, those that were rewritten included
)

// Parse returns the tree of the filter whose JSON text is raw. A filter without a keyword, such as {}, null and [], is
// [Everything].
//
// The error is ErrSyntax, a *ParseError or a *RuntimeError: what Koncorde throws when the filter is registered. Of
// several errors it is the one that Koncorde finds first, but where several are late, it can be another one of these.
func Parse(raw []byte) (Filter, error) {
	v, ok := parseValue(raw)
	if !ok {
		return nil, ErrSyntax
	}
	return parse(v)
}

// Validate says whether Koncorde finds the filter valid, as Kuzzle's realtime:validate does. It returns the errors of
// Parse but those for too many conditions and those of which Late is set.
func Validate(raw []byte) error {
	v, ok := parseValue(raw)
	if !ok {
		return ErrSyntax
	}
	_, err := new(standardizer).filter(v, "")
	return err
}

func parse(v value) (Filter, error) {
	f, err := new(standardizer).filter(v, "")
	if err != nil {
		return nil, err
	}
	return register(f)
}

// A standardizer checks filters and rewrites them. Koncorde's own rewriting looks at parts of a filter again that have
// been rewritten before; it refuses those that it does not know any more, and steps counts that work.
type standardizer struct{ steps int }

// A group is an And or an Or while a filter is rewritten.
type group struct {
	keyword string // and, or
	leaf    bool   // none of the filters is a group
	filters []Filter
}

func (*group) isFilter() {}

// step counts a keyword.
func (s *standardizer) step(path string) error {
	if s.steps++; s.steps > maxSteps || strings.Count(path, ".") > maxDepth {
		return &RuntimeError{Message: "Filter too complex: exceeds the maximum number of nested keywords"}
	}
	return nil
}

// keywords are the functions that check and rewrite a filter by its keyword. They get the value of the keyword, and the
// path with the keyword.
var keywords map[string]func(s *standardizer, v value, path string) (Filter, error)

func init() { // because the functions use the map
	keywords = map[string]func(s *standardizer, v value, path string) (Filter, error){
		"and": (*standardizer).and, "or": (*standardizer).or, "not": (*standardizer).not, "bool": (*standardizer).boolean,
		"equals": equals, "in": in, "ids": ids, "exists": exists, "missing": missing, "range": rangeFilter,
		"regexp": regexpFilter, "match": match, "select": (*standardizer).selectItem, "nothing": nothing,
		"geoBoundingBox": boundingBox, "geoDistance": distance, "geoDistanceRange": distanceRange, "geoPolygon": polygon,
	}
}

// filter checks and rewrites the filter v. The path is that of what is around it.
func (s *standardizer) filter(v value, path string) (Filter, error) {
	if err := s.step(path); err != nil {
		return nil, err
	}
	keys := keysOf(v)
	if len(keys) == 0 {
		return Everything{}, nil
	}
	if len(keys) > 1 {
		return nil, fail(strings.Join(keys, ","), path, "Invalid filter syntax. Filters must have one keyword only")
	}
	path = pathAdd(path, keys[0])
	check, ok := keywords[keys[0]]
	if !ok {
		return nil, fail(keys[0], path, "unknown keyword")
	}
	return check(s, v.members[0].value, path)
}

// keysOf returns the keys of v as Object.keys does: arrays and text have the indexes of what is in them.
func keysOf(v value) []string {
	count := len(v.items)
	if v.kind == text {
		count = utf16Length(v.text)
	}
	var keys []string
	for i := range count {
		keys = append(keys, strconv.Itoa(i))
	}
	for _, m := range v.members {
		keys = append(keys, m.key)
	}
	return keys
}

func (s *standardizer) and(v value, path string) (Filter, error) { return s.array("and", v, path) }
func (s *standardizer) or(v value, path string) (Filter, error)  { return s.array("or", v, path) }

// array checks an array of filters.
func (s *standardizer) array(keyword string, v value, path string) (Filter, error) {
	if err := isArray(v, keyword, path, "nonEmpty"); err != nil {
		return nil, err
	}
	for _, item := range v.items {
		if item.kind != object || len(item.members) == 0 {
			return nil, fail(keyword, path, "can only contain non-empty objects")
		}
	}
	var filters []Filter
	for _, item := range v.items {
		f, err := s.filter(item, path)
		if err != nil {
			return nil, err
		}
		filters = append(filters, f)
	}
	return s.combine(keyword, filters, path)
}

// combine returns the group of filters. Groups of the same keyword inside of it become part of it. If there are other
// groups, the leaves become a group of their own, behind them.
func (s *standardizer) combine(keyword string, filters []Filter, path string) (Filter, error) {
	result := &group{keyword: keyword, leaf: true}
	var leaves []Filter
	for _, f := range filters {
		switch g, ok := f.(*group); {
		case !ok:
			leaves = append(leaves, f)
		case g.keyword == keyword:
			leaves = append(leaves, g.filters...)
			result.leaf = result.leaf && g.leaf
		default:
			result.filters = append(result.filters, g)
			result.leaf = false
		}
	}
	if !result.leaf && len(leaves) > 1 {
		sub, err := s.again(&group{keyword: keyword, filters: leaves}, path)
		if err != nil {
			return nil, err
		}
		result.filters = append(result.filters, sub)
		return result, nil
	}
	result.filters = append(result.filters, leaves...)
	if len(result.filters) == 1 {
		return result.filters[0], nil
	}
	return result, nil
}

// not checks a negated filter.
func (s *standardizer) not(v value, path string) (Filter, error) {
	if err := isObject(v, "not", path, rules{properties: 1}); err != nil {
		return nil, err
	}
	f, err := s.filter(v, path)
	if err != nil {
		return nil, err
	}
	return s.negate(f)
}

// negate moves a negation inward, to the leaves of f.
func (s *standardizer) negate(f Filter) (Filter, error) {
	switch f := f.(type) {
	case Not:
		return f.Leaf, nil
	case *group:
		result := &group{keyword: "and", leaf: true}
		if f.keyword == "and" {
			result.keyword = "or"
		}
		for _, sub := range f.filters {
			negated, err := s.negateAgain(sub, "")
			if err != nil {
				return nil, err
			}
			if _, ok := negated.(*group); ok {
				result.leaf = false
			}
			result.filters = append(result.filters, negated)
		}
		return result, nil
	}
	return Not{f}, nil
}

// boolean checks a bool, which becomes an and.
func (s *standardizer) boolean(v value, path string) (Filter, error) {
	rules := rules{allowed: []string{"must", "must_not", "should", "should_not"}, nonEmpty: true}
	if err := isObject(v, "bool", path, rules); err != nil {
		return nil, err
	}
	one := func(keyword string, v value) value {
		return value{kind: object, members: []member{{keyword, v}}}
	}
	and := value{kind: array}
	if must, _ := v.get("must"); must.kind == array {
		and.items = slices.Clone(must.items)
	} else if truthy(must) {
		and.items = []value{must}
	}
	if mustNot, _ := v.get("must_not"); truthy(mustNot) {
		and.items = append(and.items, one("not", one("or", mustNot)))
	}
	if should, _ := v.get("should"); truthy(should) {
		and.items = append(and.items, one("or", should))
	}
	if shouldNot, _ := v.get("should_not"); truthy(shouldNot) {
		and.items = append(and.items, one("not", one("and", shouldNot)))
	}
	return s.filter(one("and", and), path)
}

// again checks and rewrites a filter that has been rewritten already. The path is that of what is around it.
func (s *standardizer) again(f Filter, path string) (Filter, error) {
	if err := s.step(path); err != nil {
		return nil, err
	}
	switch f := f.(type) {
	case *group:
		path = pathAdd(path, f.keyword)
		var filters []Filter
		for _, sub := range f.filters {
			sub, err := s.again(sub, path)
			if err != nil {
				return nil, err
			}
			filters = append(filters, sub)
		}
		return s.combine(f.keyword, filters, path)
	case Not:
		return s.negateAgain(f.Leaf, path)
	case Box, Distance, DistanceRange, Polygon:
		return nil, fail("geospatial", pathAdd(path, "geospatial"), "unknown keyword")
	}
	return f, nil
}

// negateAgain checks and rewrites the negation of a filter that has been rewritten already.
func (s *standardizer) negateAgain(f Filter, path string) (Filter, error) {
	if err := s.step(path); err != nil {
		return nil, err
	}
	f, err := s.again(f, pathAdd(path, "not"))
	if err != nil {
		return nil, err
	}
	return s.negate(f)
}
