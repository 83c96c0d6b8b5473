// Package search reads the body of a search in the JSON of Elasticsearch, as clients send it to _search: Parse makes a
// request of it that the Search and SearchAll of a collection take. docs/queries.md has a list of the keys.
package search
