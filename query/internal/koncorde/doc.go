// Package koncorde reads filters of Koncorde, the filter language of Kuzzle's realtime subscriptions.
//
// [Parse] checks a filter as Koncorde 4.7.0 does, with its messages, and rewrites the filter as Koncorde does: in and
// ids become an or of equals, missing becomes a negated exists, bool becomes and, or and not, and negations move inward
// until only leaves are negated. What comes out is a small tree of Go types, see [Filter]. [Canonical] gives equal
// filters equal bytes. [Matches] evaluates a tree by the simplest means and serves as the oracle of faster matchers.
//
// The rules come from running Koncorde 4.7.0. The directory compare does that again, with "make test-koncorde", and
// compare/testdata/verdicts.jsonl.gz holds what one such run answered.
//
// # What the tree means
//
// A tree is evaluated by plain logic, with these rules for leaves; [Not] says how a negated leaf differs:
//
//   - A document is flattened: {"a":{"b":1}} has the fields a and a.b. Arrays are not entered. A literal key "a.b" and
//     a nested one are the same field, and the later one wins.
//   - A field that is missing satisfies no leaf, and so every negated leaf but Select.
//   - Numbers are 64-bit floating-point numbers, as in JavaScript.
//
// Koncorde keeps a filter as a list of conjunctions, and drops each conjunction that it takes for impossible. It is
// wrong about some: a conjunction of "tags is an array with x" and "tags is no array with y" never matches. Parse does
// the same to the tree, so that plain evaluation of the tree gives Koncorde's answer.
//
// # What is not copied
//
// Where Koncorde's answer depends on other subscriptions or on accidents of JavaScript, this package does the sane
// thing:
//
//   - An unparsable point ends Koncorde's test of all geo conditions of all subscriptions, and a point inside of a
//     shape that belongs to another field throws. Here, each condition is tested for itself.
//   - Two regexps in one conjunction that are the same but for flags without effect never match in Koncorde.
//   - Names such as constructor, toString and __proto__ find what every JavaScript object inherits. Here, they are
//     names like others.
//   - The flag g, which makes every second test of a regexp fail, is without effect. The flag y anchors at the start.
//   - \C in a regexp, which is a byte, is refused. So are a few regexps that only the C++ engine takes.
//   - Some filters with impossible distances or places end Koncorde's process. Here they are filters like others.
//   - Distances with numbers in words ("twenty5 km") have no value and match nothing.
//
// # Limits
//
// A filter has at most [MaxConditions] conditions and [maxDepth] levels, and rewriting takes at most [maxSteps] steps.
// A filter that consists of more than [maxTerms] conjunctions keeps those that Koncorde would drop.
// Parsing costs time and memory in proportion to the filter's length and those limits.
package koncorde
