// Package highlight shows where a query has found something: fragments of the fields of a document, with tags around
// the words that match (Elasticsearch: highlight). docs/highlights.md says which options there are.
//
// [Parse] reads a request. [Request.Compile] binds it to a query and a mapping, and the [Highlighter] then takes one
// hit after the other.
package highlight
