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
// # Words
//
// Match, Phrase and their kin, ~ in the short language, and the full-text clauses of Elasticsearch (match, match_phrase,
// multi_match, query_string and so on) compare words: runs of letters and digits in lower case, as Elasticsearch's
// standard analyzer makes them of a string, or as the analyzer does that a Schema names. The words of all values of a
// field count together; between two values there is a gap that no phrase spans. A text that is searched for, and a number
// or boolean as JSON, are two things without a Schema: the clause match with 5 finds the number 5 and with "5" the word. In
// query_string and simple_query_string, where people write, 5 is both. Without a Schema the fields * and name.* are those
// of each document.
//
// # Schemas
//
// A Schema, made of an Elasticsearch mapping by ParseMapping, says which fields there are, and of which types: numbers of
// some width, dates, texts of words and so on. A store compiles queries for the mapping of their collection. Where a query
// is compiled for one (that, Options.Schema, or Mapped, which wins), values are compared as Elasticsearch compares them:
// docs/mappings.md has the types. What the type of a field does not allow is then an error of Compile.
//
// # Scores
//
// A Scorer says how well a document matches a query, by Elasticsearch's BM25 (NewScorer). A word counts the more the fewer
// documents have it, and so all documents of a collection are counted first. docs/queries.md has what each clause scores.
// The Search of a collection does all of it.
//
// # Orders
//
// An Order is made of fields (By), of a place (ByDistance), or of the JSON of Elasticsearch's sort
// (ParseElasticsearchSort). Values are ordered by their JSON type, or as a Schema says (Order.Mapped).
//
// # Places and nested objects
//
// Two kinds of conditions see more than single values: Nested matches the objects of an array one by one, and Near, InBox
// and InPolygon take numbers in an array for a point. Which objects a document matches by is what Query.InnerHits
// tells, for a query that asks for it, and Schema.Grouping which documents are shown as one (Elasticsearch: inner_hits
// and collapse). Filters of Koncorde have rules of their own: see ParseKoncorde.
package query
