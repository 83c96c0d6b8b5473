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

// nextStandard returns where the next token of the standard tokenizer begins, at or behind at, and where it ends. Both
// are the length of the text if there is none.
func nextStandard(text []byte, at int) (from, to int) {
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
		to, next := longestToken(text, at)
		if to > at {
			return at, to
		}
		at = next
	}
	return len(text), len(text)
}

// plainWord returns the end of a word of ASCII letters and digits, if nothing behind it can be part of it, and else at.
func plainWord(text []byte, at int) int {
	to := at + 1
	for to < len(text) && text[to] < utf8.RuneSelf && asciiKinds[text[to]] == asciiWord {
		to++
	}
	if to-at > maxToken {
		return at + maxToken
	}
	if to == len(text) {
		return to
	}
	if b := text[to]; b < utf8.RuneSelf && (asciiKinds[b] == asciiNothing || asciiKinds[b] == asciiKeycap) {
		return to
	}
	return at
}

// longestToken returns where the longest token that begins at at ends. If there is none that is at, and next is where
// one may begin.
func longestToken(text []byte, at int) (to, next int) {
	c := cursor{table: table(), text: text, at: at, room: maxToken}
	first := c.peek()
	next = at + c.size
	switch first {
	case letter, hebrew, numeric, katakana, ideographic, southeast, southeastMark:
		return c.word(), next
	case extendNumLet:
		if to = c.word(); to == at {
			next = afterConnectors(text, at, next, c.cut)
		}
		return to, next
	case emojiLetter:
		start := c
		return max(c.word(), start.emoji()), next
	case emoji, modifier, joiner, keycapBase, regional:
		return c.emoji(), next
	}
	return at, next
}

// afterConnectors returns where a token may begin behind an _ at which none begins, although more of them follow: so a
// line of them is not read once for each. cut says that the longest token would have ended before a word was found.
func afterConnectors(text []byte, at, next int, cut bool) int {
	to := at
	for to < len(text) && text[to] == '_' {
		to++
	}
	if cut {
		to -= maxToken - 1
	}
	return max(next, to)
}
