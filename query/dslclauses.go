package query

// clauseNames are those of all clauses.
var clauseNames = []string{
	"bool", "boosting", "constant_score", "dis_max", "exists", "function_score", "fuzzy", "geo_bounding_box", "geo_distance",
	"geo_polygon", "ids", "match", "match_all", "match_bool_prefix", "match_none", "match_phrase", "match_phrase_prefix", "multi_match",
	"nested", "prefix", "query_string", "range", "regexp", "simple_query_string", "term", "terms", "wildcard",
}

// clauseOf returns what reads the body of a clause, which is an object; nil for a name that is none.
func clauseOf(name string) func(clause, []byte) (node, error) {
	switch name {
	case "bool":
		return clause.bool
	case "boosting":
		return clause.boosting
	case "constant_score":
		return clause.constantScore
	case "dis_max":
		return clause.disMax
	case "exists":
		return clause.exists
	case "function_score":
		return clause.functionScore
	case "fuzzy":
		return clause.fuzzy
	case "geo_bounding_box":
		return clause.geoBoundingBox
	case "geo_distance":
		return clause.geoDistance
	case "geo_polygon":
		return clause.geoPolygon
	case "ids":
		return clause.ids
	case "match":
		return clause.match
	case "match_all":
		return clause.matchAll
	case "match_bool_prefix":
		return clause.matchBoolPrefix
	case "match_none":
		return clause.matchNone
	case "match_phrase":
		return clause.matchPhrase
	case "match_phrase_prefix":
		return clause.matchPhrasePrefix
	case "multi_match":
		return clause.multiMatch
	case "nested":
		return clause.nested
	case "prefix":
		return clause.prefix
	case "query_string":
		return clause.queryString
	case "range":
		return clause.rangeOf
	case "regexp":
		return clause.regexp
	case "simple_query_string":
		return clause.simpleQueryString
	case "term":
		return clause.term
	case "terms":
		return clause.terms
	case "wildcard":
		return clause.wildcard
	}
	return nil
}
