package boundary

import "unicode"

// wordClass is what the end of a word depends on.
type wordClass uint8

const (
	wOther   wordClass = iota // stands alone, with the marks behind it
	wControl                  // stands alone
	wLetter
	wDigit
	wMidWord    // may be within a word
	wSoftHyphen // the same, without marks
	wMidBoth    // within a word or a number
	wPeriod     // the same, and may begin a number
	wMidNumber
	wBeforeNumber // such as $
	wBehindNumber // such as %
	wSpace
	wReturn
	wLineEnd
	wKatakana
	wHiragana
	wKana // marks of both
	wKanji
	wMark
	wKanaMark // a mark of both that is a mark as well
	wDanda
	wIgnored // belongs to what it follows
	wClasses
)

// wordState is what has been read since the word began.
type wordState uint8

const (
	wStop   wordState = iota // the word has ended before
	wBegin                   // nothing
	wWord                    // letters
	wInWord                  // what may be within a word, behind letters
	wWordDanda
	wNumber   // digits
	wInNumber // what may be within a number, behind digits
	wAlone    // a character, and marks behind it
	wSign     // a character that may begin a number
	wSpaces
	wReturned
	wDone // nothing can follow
	wOneKatakana
	wOneHiragana
	wOneKanji
	wOneKana
	wKatakanas
	wHiraganas
	wKanas
	wKanjis
	wStates
)

// wGoesOn are the states in which a word cannot end.
var wGoesOn = [wStates]bool{wBegin: true, wInWord: true, wInNumber: true}

// wordSteps says which state a class leads to.
var wordSteps = [wStates][wClasses]wordState{
	wBegin: {
		wOther: wAlone, wControl: wDone, wLetter: wWord, wDigit: wNumber, wMidWord: wAlone, wMidBoth: wAlone, wPeriod: wSign,
		wMidNumber: wAlone, wBeforeNumber: wSign, wBehindNumber: wAlone, wSpace: wSpaces, wReturn: wReturned,
		wLineEnd: wDone, wKatakana: wOneKatakana, wHiragana: wOneHiragana, wKana: wOneKana, wKanji: wOneKanji, wMark: wDone,
		wDanda: wAlone, wKanaMark: wKanas, wSoftHyphen: wDone,
	},
	wWord: {
		wLetter: wWord, wMark: wWord, wKanaMark: wWord, wDigit: wNumber, wMidWord: wInWord, wSoftHyphen: wInWord,
		wMidBoth: wInWord, wPeriod: wInWord, wDanda: wWordDanda,
	},
	wInWord:    {wLetter: wWord},
	wWordDanda: {wDigit: wNumber},
	wNumber: {
		wLetter: wWord, wDigit: wNumber, wMark: wNumber, wKanaMark: wNumber, wMidBoth: wInNumber, wPeriod: wInNumber,
		wMidNumber: wInNumber, wBehindNumber: wDone,
	},
	wInNumber:    {wDigit: wNumber},
	wAlone:       {wKanaMark: wAlone, wMark: wAlone},
	wSign:        {wKanaMark: wAlone, wDigit: wNumber, wMark: wAlone},
	wSpaces:      {wKanaMark: wSpaces, wSpace: wSpaces, wMark: wSpaces, wReturn: wReturned, wLineEnd: wDone},
	wReturned:    {wLineEnd: wDone},
	wOneKatakana: {wKanaMark: wOneKatakana, wKatakana: wKatakanas, wKana: wKatakanas, wMark: wAlone},
	wOneHiragana: {wKanaMark: wOneHiragana, wHiragana: wHiraganas, wKana: wHiraganas, wMark: wAlone},
	wOneKana:     {wKanaMark: wOneKana, wKatakana: wKatakanas, wHiragana: wHiraganas, wKana: wKanas, wMark: wAlone},
	wOneKanji:    {wKanaMark: wAlone, wKanji: wKanjis, wMark: wAlone},
	wKatakanas:   {wKanaMark: wKatakanas, wKatakana: wKatakanas, wKana: wKatakanas},
	wHiraganas:   {wKanaMark: wHiraganas, wHiragana: wHiraganas, wKana: wHiraganas},
	wKanas:       {wKanaMark: wKanas, wKatakana: wKatakanas, wHiragana: wHiraganas, wKana: wKanas},
	wKanjis:      {wKanji: wKanjis},
}

// Words returns the boundaries of words, and of what stands between them.
func Words(text []uint16) []int {
	return split(text, func(at int) int { return nextWord(text, at) })
}

// nextWord returns where a word ends that begins at a place.
func nextWord(text []uint16, at int) int {
	_, size := runeAt(text, at)
	end := at + size // Java: at least one character
	for state := wBegin; at < len(text); {
		r, size := runeAt(text, at)
		at += size
		if class := wordClassOf(r); class != wIgnored {
			state = wordSteps[state][class]
		}
		if state == wStop {
			break
		}
		if !wGoesOn[state] {
			end = at
		}
	}
	return end
}

// wordSingles are characters with rules of their own.
var wordSingles = map[rune]wordClass{
	'"': wMidBoth, '\'': wMidBoth, '.': wPeriod, ',': wMidNumber, '\u066b': wMidNumber, '\u2027': wMidWord,
	'\u00ad': wSoftHyphen,
	'#':      wBeforeNumber, '%': wBehindNumber, '&': wBehindNumber, '\u00a2': wBehindNumber, '\u066a': wBehindNumber,
	'\u2030': wBehindNumber, '\u2031': wBehindNumber, '\t': wSpace, '\r': wReturn, '\n': wLineEnd, '\f': wLineEnd,
	'\u2028': wLineEnd, '\u2029': wLineEnd, '\u0964': wDanda, '\u0965': wDanda, '\u3005': wKanji,
	'\u30fd': wKatakana, '\u30fe': wKatakana, '\u309d': wHiragana, '\u309e': wHiragana,
}

// wordClassOf returns the class of a character.
func wordClassOf(r rune) wordClass {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
		return wLetter
	case r == ' ':
		return wSpace
	}
	if class, ok := wordSingles[r]; ok {
		return class
	}
	switch {
	case 0x4e00 <= r && r <= 0x9fa5, 0xf900 <= r && r <= 0xfa2d:
		return wKanji
	case 0x30a1 <= r && r <= 0x30fa:
		return wKatakana
	case 0x3041 <= r && r <= 0x3094:
		return wHiragana
	case r == 0x3099, r == 0x309a:
		return wKanaMark
	case r == 0x309b, r == 0x309c, r == 0x30fb, r == 0x30fc:
		return wKana
	case unicode.In(r, unicode.L, unicode.Mc):
		return wLetter
	case unicode.IsNumber(r):
		return wDigit
	case unicode.In(r, unicode.Pd, unicode.Pc):
		return wMidWord
	case unicode.Is(unicode.Sc, r):
		return wBeforeNumber
	case unicode.Is(unicode.Zs, r):
		return wSpace
	case unicode.In(r, unicode.Mn, unicode.Me):
		return wMark
	case unicode.Is(unicode.Cf, r):
		return wIgnored
	case unicode.Is(unicode.Cc, r):
		return wControl
	}
	return wOther
}
