package query_test

import (
	"fmt"

	"github.com/kuzzlite/kuzzlite/query"
)

func ExampleParseMapping() {
	schema, err := query.ParseMapping([]byte(`{"properties": {
		"place": {"type": "text"},
		"time":  {"type": "date"},
		"magnitude": {"properties": {"value": {"type": "float"}}}
	}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	q, err := query.ParseElasticsearch([]byte(`{"bool": {"filter": [
		{"term": {"place": "castaic"}},
		{"range": {"time": {"gte": "2018-02-07", "lt": "2018-02-07||+1d"}}},
		{"range": {"magnitude.value": {"gt": 1.5}}}
	]}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := query.Compile(q, &query.Options{Schema: schema})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Match("1", []byte(`{"place":"4km W of Castaic, CA","time":1517966773840,"magnitude":{"value":2}}`)))
	fmt.Println(m.Match("2", []byte(`{"place":"4km W of Castaic, CA","time":1518048000000,"magnitude":{"value":2}}`)))

	_, err = query.Compile(query.Gt("magnitude.value", "strong"), &query.Options{Schema: schema})
	fmt.Println(err)
	// Output:
	// true
	// false
	// failed to create query: For input string: "strong" (at magnitude.value)
}
