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
// The rules are those of Lucene 9.12's StandardTokenizer: UAX #29 (Unicode text segmentation) with the properties of
// Unicode 12. What has no letter or digit is left out, but emoji are tokens, by UTS #51. Han and Hiragana are tokens
// one by one, and a run of Thai, Lao, Khmer or Burmese is one token. So
//
//	wi-fi, AT&T, C++          wi · fi, at · t, c
//	can't, a.b, 1,000.5, x_y  one token each; a, b is two, 1.a is two
//	カタカナ 東京 👍🏽 #️⃣       one token, one per character, one, one
//
// A token has at most 255 UTF-16 units. A longer one is cut there, and its rest is read like the beginning of a text.
// The simple, stop and whitespace analyzers cut behind the character with which the token reaches 255 units, which may
// be the 256th.
//
// Lower case is that of single code points, as in Java: İ becomes i, Σ always σ. Nothing is folded: ß, ﬁ and accents
// stay. What is a letter for the simple analyzer, and what its lower case is, follows Go's tables of Unicode 15. The
// Java beneath an Elasticsearch has its own version, and does not know letters that are newer than that.
//
// # Why no library
//
// uax29 v2.7.0 and uniseg v0.4.7 were tried first. On the recorded texts both split as Lucene does, but for Thai and
// for the longest tokens. They do not say whether a segment is a word, though, and they go by Unicode 17 and 15. With a
// guess from Go's tables at which segments are words, some 30,000 code points (uax29) and 25,000 (uniseg) came out
// differently in at least one of 19 places, such as between two letters: newer letters and ideographs, emoji, joiners,
// keycaps, Thai, signs that have become digits or have ceased to be letters. The classes are private in both, so most
// of that cannot be put right from outside without a table of all classes, and what is left to a library then is forty
// lines: steps, in words.go. The table here was read off Lucene 9.12.0, and with it millions of random texts of all
// classes had the same tokens, positions and offsets as in Lucene. A part of these is in testdata, and
// "make test-lucene" makes new ones. The tests compare with uax29 as well, which is the better kept of both: where the
// versions of Unicode agree it finds the same words.
//
// # Cost
//
// Nothing is allocated with a [Scratch] that was used before. Words of ASCII letters and digits between spaces and the
// like take a short way. Elsewhere each code point is looked up in a table, seldom more than once. A text takes time in
// proportion to its length, whatever stands in it.
package analysis
