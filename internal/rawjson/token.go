package rawjson

// Token returns the name that Elasticsearch's errors have for the token that a JSON value begins with: START_OBJECT,
// START_ARRAY, VALUE_STRING, VALUE_NUMBER, VALUE_BOOLEAN or VALUE_NULL.
func Token(value []byte) string {
	switch value[0] {
	case '{':
		return "START_OBJECT"
	case '[':
		return "START_ARRAY"
	case '"':
		return "VALUE_STRING"
	case 't', 'f':
		return "VALUE_BOOLEAN"
	case 'n':
		return "VALUE_NULL"
	}
	return "VALUE_NUMBER"
}
