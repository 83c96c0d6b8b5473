package analysis

import (
	"sync"
	"unicode/utf8"
)

// class is what the rules of the standard tokenizer know of a code point. Names without a comment are those of the
// property Word_Break of UAX #29. A code point has one class: the rules say what else some of them stand for.
type class uint8

const (
	other class = iota // part of no token
	letter
	hebrew
	numeric
	katakana
	ideographic   // Han and Hiragana: each is a token
	southeast     // Thai, Lao, Khmer, Burmese …: a run of them is a token
	southeastMark // marks of these scripts: southeast as well as extend
	extend        // Extend and Format: belongs to what it follows
	joiner        // the zero width joiner: extend, and joins emoji
	textForm      // variation selector 15: extend, but ends an emoji
	emojiForm     // variation selector 16: extend, and the last of an emoji
	keycap        // the combining enclosing keycap: extend
	tag           // the tags of subdivision flags: extend
	tagEnd        // the last of them: extend
	modifier      // skin tones: extend, or an emoji where nothing is before them
	emoji
	emojiLetter // emoji that are letters, such as the enclosed M of the metro
	keycapBase  // # and *: part of a token only below a keycap, as digits are
	regional    // regional indicators: two are a flag
	extendNumLet
	midLetter
	midNum
	midNumLet
	singleQuote
	doubleQuote
	end // no code point: the text ends, or the longest token
	classes
)

// singles are the code points with rules of their own.
var singles = map[rune]class{
	'"': doubleQuote, '\'': singleQuote, '#': keycapBase, '*': keycapBase,
	0x200d: joiner, 0x20e3: keycap, 0xfe0e: textForm, 0xfe0f: emojiForm, 0xe007f: tagEnd,
}

const firstTag, lastTag = 0xe0020, 0xe007e

// extends are the classes that belong to whatever they follow.
var extends = [classes]bool{
	southeastMark: true, extend: true, joiner: true, textForm: true, emojiForm: true, keycap: true,
	tag: true, tagEnd: true, modifier: true,
}

// classTable finds the class of a code point by its block of 256, of which equal ones are kept once.
type classTable struct {
	block [(utf8.MaxRune + 1) / 256]uint8
	of    [][256]class
	ascii [utf8.RuneSelf]class // once more
}

// table returns the table, which the first text that is not ASCII has made: in less than a millisecond, 40 KiB.
var table = sync.OnceValue(newClassTable)

func newClassTable() *classTable {
	blocks := map[int]*[256]class{}
	set := func(r rune, c class) {
		b := blocks[int(r>>8)]
		if b == nil {
			b = new([256]class)
			blocks[int(r>>8)] = b
		}
		b[r&0xff] = c
	}
	for c, ranges := range classRanges {
		for i := 0; i < len(ranges); i += 2 {
			for r := ranges[i]; r <= ranges[i+1]; r++ {
				set(r, class(c))
			}
		}
	}
	for r := rune(firstTag); r <= lastTag; r++ {
		set(r, tag)
	}
	for r, c := range singles {
		set(r, c)
	}
	t := &classTable{of: make([][256]class, 1)}
	known := map[[256]class]uint8{t.of[0]: 0}
	for n, b := range blocks {
		at, ok := known[*b]
		if !ok {
			at = uint8(len(t.of))
			known[*b] = at
			t.of = append(t.of, *b)
		}
		t.block[n] = at
	}
	for r := range t.ascii {
		t.ascii[r] = t.class(rune(r))
	}
	return t
}

func (t *classTable) class(r rune) class {
	return t.of[t.block[r>>8]][r&0xff]
}
