package query_test

import (
	"fmt"
	"log"

	"github.com/kuzzlite/kuzzlite/query"
)

// The objects of an array are matched one by one: this asks for one variant that is red and large.
func ExampleNested() {
	one := query.Nested("variants", query.And(query.Eq("variants.color", "red"), query.Eq("variants.size", "L")))
	several := query.And(query.Eq("variants.color", "red"), query.Eq("variants.size", "L"))
	doc := []byte(`{"variants":[{"color":"red","size":"S"},{"color":"blue","size":"L"}]}`)
	for _, q := range []*query.Query{one, several} {
		m, err := query.Compile(q, nil)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(m.Match("1", doc))
	}
	// Output:
	// false
	// true
}

// Points are written as in Elasticsearch; distances have a unit.
func ExampleNear() {
	m, err := query.Compile(query.Near("location", 61.2, -149.9, "100km"), nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Match("1", []byte(`{"location":{"lat":61.0,"lon":-150.5}}`)))
	fmt.Println(m.Match("2", []byte(`{"location":[-118,34]}`)))
	// Output:
	// true
	// false
}

// A filter of a subscription matches as Kuzzle's realtime engine does: the number 1 is not the text "1".
func ExampleParseKoncorde() {
	q, err := query.ParseKoncorde([]byte(`{"and":[{"equals":{"n":1}},{"exists":"tags[\"new\"]"}]}`))
	if err != nil {
		log.Fatal(err)
	}
	m, err := query.Compile(q, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Match("1", []byte(`{"n":1,"tags":["new"]}`)))
	fmt.Println(m.Match("2", []byte(`{"n":"1","tags":["new"]}`)))
	_, err = query.ParseKoncorde([]byte(`{"and":[{"equal":{"n":1}}]}`))
	fmt.Println(err)
	// Output:
	// true
	// false
	// "and.equal": unknown keyword
}
