package analysis

// state is what has been read of a word. Each word is followed by what extends it, so the states know nothing of that.
type state uint8

const (
	fail        state = iota // no word goes on like this
	begin                    // nothing yet
	underscored              // nothing but connectors such as _
	inLetters                // a letter was last
	inHebrew                 // a Hebrew letter was last
	inNumber                 // a digit was last
	inKatakana               // a Katakana was last
	connected                // a connector was last, behind a word
	closed                   // a Hebrew abbreviation was last: goes on with letters, digits, connectors
	wantLetter               // like a. : is part of the word if a letter follows
	wantDigit                // like 1, : if a digit follows
	wantHebrew               // like א" : if a Hebrew letter follows
	inSoutheast              // a run of Thai, Lao …
	alone                    // one ideograph
	states
)

// steps says which state a class leads to: rules WB5 to WB13b of UAX #29, and those for scripts without spaces. The
// rules differ from UAX #29 where Lucene's do: behind a Hebrew abbreviation (א"ב) no quote or full stop joins.
var steps = [states][classes]state{
	begin: {
		letter: inLetters, emojiLetter: inLetters, hebrew: inHebrew, numeric: inNumber, katakana: inKatakana,
		extendNumLet: underscored, southeast: inSoutheast, southeastMark: inSoutheast, ideographic: alone,
	},
	underscored: {
		letter: inLetters, emojiLetter: inLetters, hebrew: inHebrew, numeric: inNumber, katakana: inKatakana,
		extendNumLet: underscored,
	},
	inLetters: {
		letter: inLetters, emojiLetter: inLetters, hebrew: inHebrew, numeric: inNumber, extendNumLet: connected,
		midLetter: wantLetter, midNumLet: wantLetter, singleQuote: wantLetter,
	},
	inHebrew: {
		letter: inLetters, emojiLetter: inLetters, hebrew: inHebrew, numeric: inNumber, extendNumLet: connected,
		midLetter: wantLetter, midNumLet: wantLetter, singleQuote: closed, doubleQuote: wantHebrew,
	},
	inNumber: {
		letter: inLetters, emojiLetter: inLetters, hebrew: inHebrew, numeric: inNumber, extendNumLet: connected,
		midNum: wantDigit, midNumLet: wantDigit, singleQuote: wantDigit,
	},
	inKatakana: {katakana: inKatakana, extendNumLet: connected},
	connected: {
		letter: inLetters, emojiLetter: inLetters, hebrew: inHebrew, numeric: inNumber, katakana: inKatakana,
		extendNumLet: connected,
	},
	closed: {
		letter: inLetters, emojiLetter: inLetters, hebrew: inHebrew, numeric: inNumber, extendNumLet: connected,
	},
	wantLetter:  {letter: inLetters, emojiLetter: inLetters, hebrew: inLetters},
	wantDigit:   {numeric: inNumber},
	wantHebrew:  {hebrew: closed},
	inSoutheast: {southeast: inSoutheast, southeastMark: inSoutheast},
}

// complete are the states in which what was read is a word.
var complete = [states]bool{
	inLetters: true, inHebrew: true, inNumber: true, inKatakana: true, connected: true, closed: true,
	inSoutheast: true, alone: true,
}

// word returns where the longest word that begins at the cursor ends, or where it begins if there is none.
func (c *cursor) word() int {
	longest := c.at
	for s, k := begin, c.peek(); ; {
		s = steps[s][k]
		if s == fail {
			return longest
		}
		c.advance()
		k = c.skipExtends()
		if complete[s] {
			longest = c.at
		}
	}
}
