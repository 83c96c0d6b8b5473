// Package query says which documents match, and in which order they come: conditions on documents, made by functions
// (And, Eq, Gt and so on), from a short language for people (Parse), from the JSON of Elasticsearch's queries
// (ParseElasticsearch), or from Koncorde filters (ParseKoncorde). They all become a Query, which the Find and Count of a
// collection take, and which Compile turns into a Matcher for documents from anywhere.
//
// # Fields and values
//
// A field is named by a dotted path, which leads through objects and through arrays of objects: a.b is 1 and 2 in
// {"a":[{"b":1},{"b":2}]}, and also the value of a key "a.b". A field whose value is an array has all its elements as
// values, and a condition holds if one of the values meets it: both a = 1 and a = 2 hold for {"a":[1,2]}.
//
// Values are compared by their JSON type: the number 1 is not the string "1", and no range of numbers has a string.
// Numbers are compared exactly, whatever their size. Strings are compared by code points, case and all; only Match and
// its kin look at the words of a string.
//
// Two kinds of conditions see more than single values: Nested matches the objects of an array one by one, and Near, InBox
// and InPolygon take numbers in an array for a point. Filters of Koncorde have rules of their own: see ParseKoncorde.
package query
