package analysis

import "unicode/utf8"

// asciiKind is what the way for ASCII has to know of a byte.
type asciiKind uint8

const (
	asciiNothing  asciiKind = iota // begins no token, and ends the one before it
	asciiWord                      // a letter or a digit
	asciiJoins                     // begins no token, but may be within one
	asciiConnects                  // may begin a token, and be within one
	asciiKeycap                    // may begin a token, and ends the one before it
)

var asciiKinds = func() (kinds [utf8.RuneSelf]asciiKind) {
	for c := range kinds {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' {
			kinds[c] = asciiWord
		}
	}
	for _, c := range `.:,;'` {
		kinds[c] = asciiJoins
	}
	kinds['_'], kinds['#'], kinds['*'] = asciiConnects, asciiKeycap, asciiKeycap
	return kinds
}()

// tokenizer is the standard tokenizer on its way through a text.
type tokenizer struct {
	text []byte
	// No token begins with a connector before here. So connectors behind which no word follows, which the rules read up
	// to the longest token, are not read once for each of them.
	barren int
}

// next returns where the next token begins, at or behind at, and where it ends. Both are the length of the text if
// there is none.
func (t *tokenizer) next(at int) (from, to int) {
	text := t.text
	for at < len(text) {
		b := text[at]
		if b < utf8.RuneSelf {
			switch asciiKinds[b] {
			case asciiNothing, asciiJoins:
				at++
				continue
			case asciiWord:
				if to := plainWord(text, at); to > at {
					return at, to
				}
			}
		}
		to, next := t.longest(at)
		if to > at {
			return at, to
		}
		at = next
	}
	return len(text), len(text)
}

// plainWord returns the end of a word of ASCII letters and digits, if nothing behind it can be part of it, and else at.
func plainWord(text []byte, at int) int {
	to, limit := at+1, min(at+maxToken, len(text))
	for to < limit && text[to] < utf8.RuneSelf && asciiKinds[text[to]] == asciiWord {
		to++
	}
	if to == limit {
		return to
	}
	if b := text[to]; b < utf8.RuneSelf && (asciiKinds[b] == asciiNothing || asciiKinds[b] == asciiKeycap) {
		return to
	}
	return at
}

// longest returns where the longest token that begins at at ends. If there is none it returns at, and next is where one
// may begin.
func (t *tokenizer) longest(at int) (to, next int) {
	c := cursor{table: table(), text: t.text, at: at, room: maxToken}
	first := c.peek()
	next = at + c.size
	switch first {
	case letter, hebrew, numeric, katakana, ideographic, southeast, southeastMark:
		return c.word(), next
	case extendNumLet:
		if at < t.barren {
			return at, next
		}
		if to = c.word(); to == at {
			t.barren = c.farthest(at, func(k class) bool { return k == extendNumLet || extends[k] })
		}
		return to, next
	case joiner:
		if to = c.emoji(); to == at {
			next = max(next, c.farthest(at, func(k class) bool { return k == joiner }))
		}
		return to, next
	case emojiLetter:
		start := c
		return max(c.word(), start.emoji()), next
	case emoji, modifier, keycapBase, regional:
		return c.emoji(), next
	}
	return at, next
}

// farthest says up to where no token begins, after none was found at from: the cursor has read code points of some
// classes alone, and what follows them decides. If the cursor got there, what follows is wrong for all places before it.
// If the cursor was cut, the same happens at all places from which the longest token does not get there either.
func (c *cursor) farthest(from int, in func(class) bool) int {
	if !c.cut {
		return c.at
	}
	c.room = len(c.text) // enough for any text
	for in(c.peek()) {
		c.advance()
	}
	at := c.at
	for units := 0; at > from; {
		r, size := utf8.DecodeLastRune(c.text[:at])
		if units++; r > 0xffff {
			units++
		}
		if units >= maxToken {
			break
		}
		at -= size
	}
	return at
}
