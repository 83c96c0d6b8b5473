// Package automaton matches strings by the patterns of Lucene: regular expressions, wildcards, prefixes and fuzzy
// terms. Lucene is the search library below Elasticsearch. Patterns are anchored: they have to match the whole
// string.
//
// [Regexp] and [Wildcard] compile a pattern to an [Automaton], a deterministic finite automaton over code points.
// [Prefix] makes an Automaton, too. [Fuzzy] makes a [Levenshtein] of a term, and [ParseFuzziness] says how many edits
// it may allow. Whatever has been made is immutable, and safe for concurrent use.
//
// # Rules
//
// The rules are those of Lucene 9.12.0 and Elasticsearch 8.17.1, as they answer. Answers of both are in testdata and
// in the tables of the tests. Errors have the texts of Elasticsearch; the prefix "failed to create query: " is the
// caller's.
//
// What surprises most: "." matches a line break, "@" any string, "#" no string at all, and a star after what matches
// no string matches no string either. Operators that are in no place to be one are characters ("*a", "|a", "a||b").
// Case is ignored for single ASCII letters only, neither in ranges such as [a-z] nor outside ASCII; and where case is
// ignored, () matches nothing.
//
// Little is different: digits of other scripts in intervals such as <1-٣> are an error, intervals such as <5-100>
// count for less against [Options.MaxStates] than they do in Lucene, and turning code points into bytes does not
// count. The latter two show only with a MaxStates of a few states.
//
// # Text
//
// Strings are UTF-8. A byte that is part of no valid code point counts as U+FFFD, in patterns and in what is matched.
// Only Prefix compares bytes as they are, as Lucene does.
//
// # Cost
//
// Match takes time that is linear in the length of the string, and allocates nothing. Compiling a pattern is bounded by
// Lucene's own limit of effort (see Options.MaxStates), and besides by the limits in limits.go, which bound time and
// memory for patterns that Lucene's limit does not stop. Beyond a limit there is an error.
//
// # Fuzzy terms without an automaton
//
// Lucene compiles a fuzzy term to an automaton, because it walks a sorted dictionary of terms. Here one token is
// compared at a time. A Levenshtein keeps the few cells of the matrix of distances that can be within two edits: five
// per code point of the token, in arrays on the stack. That needs no table per term, no library, and no limit on the
// length.
package automaton
