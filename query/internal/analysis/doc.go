// Package analysis makes tokens of text, as the built-in analyzers of Elasticsearch 8.17 do: what a text field is
// searched by.
//
// An [Analyzer], found by [Lookup], is used with [Analyzer.Each] for a text, or [Analyzer.EachValue] for one of several
// values of a field. [Terms] collects the terms of a field for an index.
//
//	standard, default  words, in lower case
//	simple             runs of letters, in lower case
//	stop               as simple, without English stop words, whose positions stay free
//	whitespace         what stands between white space, as it is
//	keyword            the whole text as it is: one token, even if it is empty
//
// # What a word is
//
// The rules are those of Lucene 9.12's StandardTokenizer, which are UAX #29 (Unicode text segmentation) with the
// properties of Unicode 12, and more: emoji are tokens by UTS #51, Han and Hiragana are tokens one by one, and a run
// of Thai, Lao, Khmer or Burmese is one token. All else that is no letter or digit is left out. So
//
//	wi-fi, AT&T, C++          wi · fi, at · t, c
//	can't, a.b, 1,000.5, x_y  one token each; a, b is two, 1.a is two
//	カタカナ 東京 👍🏽 #️⃣       one token, one per character, one, one
//
// A token has at most 255 UTF-16 units. A longer one is cut there, and goes on as the next. The simple, stop and
// whitespace analyzers cut behind the character with which the token reaches 255.
//
// Lower case is that of single code points, as Java has it: see [Analyzer.Normalize]. Letters and case are those of Go's
// Unicode 15, which differs from the Java beneath Elasticsearch in letters that are newer than either.
//
// # Why no library
//
// uax29 v2.7 and uniseg v0.4.7 were tried. Both split correctly, by Unicode 17 and 15, and say nothing of what a segment
// is. With the best guess from Go's own tables, tokens of 29,829 (uax29) and 24,519 (uniseg) code points differed from
// Lucene's in at least one of 19 surroundings, such as between letters. The classes of code points are private in both,
// so what is newer, what became a digit or stopped being a letter since 12, and how joiners, Thai and emoji are
// treated, cannot be put right from outside. What would be left of them is a table and thirty rules. The table here was
// read off Lucene 9.12.0, for every code point, and the rules gave the same tokens as Lucene in millions of random texts
// of all classes. uax29, the one of both that is being worked on, is what the tests compare with: where the Unicode
// versions agree it must find the same words.
//
// # Cost
//
// Tokens cost nothing but time: nothing is allocated with a [Scratch] that was used before. Words of ASCII letters and
// digits between spaces and the like take a short way. Elsewhere each code point is looked up in a table, rarely twice.
// The worst that a hostile text can do is to have each of its code points looked at 255 times.
package analysis
