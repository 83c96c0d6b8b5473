package main

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Random texts of all that writing is made of.

// texts makes them. The same seed gives the same texts, for one version of Java.
type texts struct {
	*rand.Rand
	left map[rune]bool // code points that are not used
}

// scripts are the tables of code points that runs are made of: scripts and categories.
var scripts = func() (list []*unicode.RangeTable) {
	for _, tables := range []map[string]*unicode.RangeTable{unicode.Scripts, unicode.Categories} {
		for _, name := range slices.Sorted(maps.Keys(tables)) {
			if name != "Cs" && name != "C" && name != "Cn" && name != "LC" {
				list = append(list, tables[name])
			}
		}
	}
	return list
}()

// pieces are what words, numbers and emoji are made of, and what stands between them.
var pieces = strings.Split("a|b|Z|é|É|e\u0301|ß|ﬁ|İ|ı|Σ|ς|1|23|4,5|6.7|x_y|don't|O’Neil|wi-fi|U.S.A.|a.b|a:b|1:2|"+
	"http://a.b/c?d=1&e=2.5|j.d@e.co|C++|#tag|@user|50%|$5|-|–|—|.|,|;|:|'|’|\"|״|׳|״א|א\"ב|א'|·|_|‿|/|"+
	"\\|\u00ad|\u200b|\u200c|\u200d|\u2060|\ufeff|\u00a0|\u202f|\u3000|\u0085|\u2028|\t|\n|\r\n|\u0000|"+
	"\u001c|東京|ひら|カタカナ|ｶﾅ|ー|한국어|각|ไทย|ກ|ខ្មែរ|မြန်|हिन्दी|العربية|שָׁלוֹם|٣٫٤|१२|👍|👍🏽|👩‍👩‍👧‍👦|🏳️‍🌈|🇫🇷|"+
	"🇫🇷🇩|🇩🇪🇫🇷|#️⃣|1️⃣|*⃣|🏴\U000e0067\U000e0062\U000e007f|☝🏿|©|©️|ℹ|™️|❤|❤️|🀄|𝐀|𠀀|\ufe0f|\ufe0e|\u20e3|🏽|"+
	"\U000e0101|\u0300|\u0e31|\u0903|\U0001d165", "|")

// join is what stands between pieces.
var join = []string{"", "", "", " ", " ", "-", ".", ",", "'", "_", "\u200d", "\n"}

// text returns a text.
func (g *texts) text() string {
	var s strings.Builder
	for range g.IntN(9) {
		part := g.part()
		if g.IntN(60) == 0 {
			part = strings.Repeat(part, 1+g.IntN(270/max(len(part), 1)+1))
		}
		s.WriteString(part)
		s.WriteString(join[g.IntN(len(join))])
	}
	return s.String()
}

func (g *texts) part() string {
	switch g.IntN(8) {
	case 0, 1, 2:
		return pieces[g.IntN(len(pieces))]
	case 3, 4:
		return g.run(scripts[g.IntN(len(scripts))])
	case 5:
		return string(g.rune(func() rune { return rune(g.IntN(unicode.MaxRune + 1)) }))
	case 6:
		return g.nearLongest()
	}
	letters := make([]byte, 1+g.IntN(10))
	for i := range letters {
		letters[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[g.IntN(62)]
	}
	return string(letters)
}

// nearLongest returns a word of about the length at which Lucene cuts, with something at its end.
func (g *texts) nearLongest() string {
	if g.IntN(10) > 0 {
		return ""
	}
	return strings.Repeat("x", 245+g.IntN(14)) + pieces[g.IntN(len(pieces))] + pieces[g.IntN(len(pieces))]
}

// run returns some code points of a table.
func (g *texts) run(table *unicode.RangeTable) string {
	var s strings.Builder
	for range 1 + g.IntN(6) {
		s.WriteRune(g.rune(func() rune { return g.of(table) }))
	}
	return s.String()
}

// of returns a code point of a table: each of its ranges is as likely as any other.
func (g *texts) of(table *unicode.RangeTable) rune {
	n := g.IntN(len(table.R16) + len(table.R32))
	if n < len(table.R16) {
		r := table.R16[n]
		return rune(r.Lo) + rune(r.Stride)*rune(g.IntN(int(r.Hi-r.Lo)/int(r.Stride)+1))
	}
	r := table.R32[n-len(table.R16)]
	return rune(r.Lo) + rune(r.Stride)*rune(g.IntN(int(r.Hi-r.Lo)/int(r.Stride)+1))
}

// rune returns a code point that can be used.
func (g *texts) rune(next func() rune) rune {
	for range 100 {
		if r := next(); utf8.ValidRune(r) && !g.left[r] {
			return r
		}
	}
	return 'x' // a table that is all too new
}
