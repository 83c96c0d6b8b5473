package wire

import (
	"encoding/json"
	"fmt"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/query"
)

// Language is a language of queries.
type Language string

// The languages.
const (
	Short         Language = "short"         // see query.Parse
	Elasticsearch Language = "elasticsearch" // see query.ParseElasticsearch
	Koncorde      Language = "koncorde"      // see query.ParseKoncorde
)

// Query is a query that knows its text, so that it can travel. It is a kuzzlite.Query: the store in the process
// takes it, too.
type Query struct {
	language Language
	text     string
	query    *query.Query
}

// Compile compiles the query for whoever has the documents already; schema is that of their collection, nil if it has
// none.
func (q *Query) Compile(schema *query.Schema) (*query.Matcher, error) {
	return query.Compile(q.query, &query.Options{Schema: schema})
}

// ParseQuery reads a query. The error is that of the language.
func ParseQuery(language Language, text string) (*Query, error) {
	var q *query.Query
	var err error
	switch language {
	case Short:
		q, err = query.Parse(text)
	case Elasticsearch:
		q, err = query.ParseElasticsearch([]byte(text))
	case Koncorde:
		q, err = query.ParseKoncorde([]byte(text))
	default:
		err = fmt.Errorf("%w: unknown language %q", query.ErrInvalid, language)
	}
	if err != nil {
		return nil, err
	}
	return &Query{language, text, q}, nil
}

// Filter is for the store.
func (q *Query) Filter(env filter.Env) (*filter.Filter, error) { return q.query.Filter(env) }

type queryJSON struct {
	Language Language `json:"language"`
	Text     Text     `json:"text"`
}

// MarshalJSON returns the language and the text.
func (q *Query) MarshalJSON() ([]byte, error) {
	return json.Marshal(queryJSON{q.language, Text(q.text)})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (q *Query) UnmarshalJSON(text []byte) error {
	var j queryJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	read, err := ParseQuery(j.Language, string(j.Text))
	if err == nil {
		*q = *read
	}
	return err
}

// QueryOf returns a query that can travel, nil for none. ErrInvalid for one that does not know its text.
func QueryOf(q kuzzlite.Query) (*Query, error) {
	switch q := q.(type) {
	case nil:
		return nil, nil
	case *Query:
		return q, nil
	}
	return nil, fmt.Errorf("%w: a query made in Go cannot travel to the server: it must be read from a text",
		kuzzlite.ErrInvalid)
}

// Library returns the query for the library, nil for nil.
func (q *Query) Library() kuzzlite.Query {
	if q == nil {
		return nil
	}
	return q
}

// Order is an order that can travel. It is a kuzzlite.Order.
type Order struct {
	json  orderJSON
	order *query.Order
}

type orderJSON struct {
	Fields       []Text `json:"fields,omitempty"`
	MissingFirst bool   `json:"missingFirst,omitempty"`
	Sort         Text   `json:"sort,omitempty"`
}

// OrderBy is the order of query.By, with missingFirst that of MissingFirst.
func OrderBy(missingFirst bool, fields ...string) *Order {
	order := query.By(fields...)
	if missingFirst {
		order = order.MissingFirst()
	}
	return &Order{orderJSON{Fields: Texts(fields), MissingFirst: missingFirst}, order}
}

// ParseOrder reads an order as query.ParseElasticsearchSort does.
func ParseOrder(sort string) (*Order, error) {
	order, err := query.ParseElasticsearchSort([]byte(sort))
	if err != nil {
		return nil, err
	}
	return &Order{orderJSON{Sort: Text(sort)}, order}, nil
}

// Order is for the store.
func (o *Order) Order(env filter.Env) (*filter.Order, error) { return o.order.Order(env) }

// MarshalJSON returns what the order was made of.
func (o *Order) MarshalJSON() ([]byte, error) { return json.Marshal(o.json) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (o *Order) UnmarshalJSON(text []byte) error {
	var j orderJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	if j.Sort == "" {
		*o = *OrderBy(j.MissingFirst, Strings(j.Fields)...)
		return nil
	}
	read, err := ParseOrder(string(j.Sort))
	if err == nil {
		*o = *read
	}
	return err
}

// orderOf returns an order that can travel, nil for none.
func orderOf(o kuzzlite.Order) (*Order, error) {
	switch o := o.(type) {
	case nil:
		return nil, nil
	case *Order:
		return o, nil
	}
	return nil, fmt.Errorf("%w: an order made in Go cannot travel: it must be of fields, or read from a text",
		kuzzlite.ErrInvalid)
}
