package boundary

import "unicode"

// sentenceClass is what the end of a sentence depends on.
type sentenceClass uint8

const (
	sOther sentenceClass = iota // may begin a sentence, such as a dash
	sLower
	sLetter // all but small ones
	sSpace
	sOpening
	sClosing
	sQuote // opens and closes
	sDigit
	sTerminator // such as ! and ?
	sPeriod
	sComma
	sDanda     // the full stop of Hindi
	sParagraph // the paragraph separator
	sIgnored   // belongs to what it follows
	sClasses
)

// sentenceState is what has been read since the sentence began.
type sentenceState uint8

const (
	sStop       sentenceState = iota // the sentence has ended before
	sBody                            // text: it may end here if nothing follows
	sTerminated                      // terminators, and what closes behind them
	sTermSpace                       // space behind them
	sDandas                          // a danda, and space behind it
	sParagraphs                      // a paragraph separator
	sBegun                           // a letter that begins another sentence: this one ended where that may begin
	sFullStop                        // periods, and brackets that close
	sFullSpace                       // one space behind them
	sFullSpaces                      // more
	sFullQuote                       // a quote behind them
	sFullOpen                        // what may begin a sentence behind them
	sFullOpened                      // the same behind a quote or several spaces
	sStates
)

// What a state says of the place behind the last character.
var (
	// sEnds: the sentence may end there.
	sEnds = [sStates]bool{sBody: true, sTerminated: true, sTermSpace: true, sDandas: true, sParagraphs: true}

	// sMarks: it may turn out that the sentence ended there.
	sMarks = [sStates]bool{sFullStop: true, sFullSpace: true, sFullSpaces: true, sFullQuote: true}
)

// sentenceSteps says which state a class leads to.
var sentenceSteps = [sStates][sClasses]sentenceState{
	sBody: {
		sBody, sBody, sBody, sBody, sBody, sBody, sBody, sBody, sTerminated, sFullStop, sBody, sDandas, sParagraphs, sBody,
	},
	sTerminated: {
		sClosing: sTerminated, sQuote: sTerminated, sTerminator: sTerminated, sPeriod: sTerminated, sSpace: sTermSpace,
		sParagraph: sParagraphs,
	},
	sTermSpace: {sSpace: sTermSpace, sParagraph: sParagraphs},
	sDandas:    {sSpace: sDandas},
	sFullStop: {
		sOther: sFullOpen, sOpening: sFullOpen, sDanda: sFullOpen, sLower: sBody, sLetter: sBody, sDigit: sBody,
		sComma: sBody, sSpace: sFullSpace, sQuote: sFullQuote, sClosing: sFullStop, sPeriod: sFullStop,
		sTerminator: sTerminated, sParagraph: sParagraphs,
	},
	sFullSpace: {
		sOther: sFullOpen, sOpening: sFullOpen, sQuote: sFullOpen, sDanda: sFullOpen, sLower: sBody, sClosing: sBody,
		sDigit: sBody, sComma: sBody, sLetter: sBegun, sSpace: sFullSpaces, sTerminator: sTerminated,
		sPeriod: sFullStop, sParagraph: sParagraphs,
	},
	sFullSpaces: {
		sOther: sFullOpened, sOpening: sFullOpened, sQuote: sFullOpened, sDanda: sFullOpened, sClosing: sBody,
		sDigit: sBody, sComma: sBody, sLower: sBegun, sLetter: sBegun, sSpace: sFullSpaces, sTerminator: sTerminated,
		sPeriod: sFullStop, sParagraph: sParagraphs,
	},
	sFullQuote: {
		sOther: sFullOpened, sOpening: sFullOpened, sDanda: sFullOpened, sLower: sBegun, sLetter: sBegun, sDigit: sBody,
		sComma: sBody, sSpace: sFullSpace, sQuote: sFullQuote, sClosing: sFullStop, sPeriod: sFullStop,
		sTerminator: sTerminated, sParagraph: sParagraphs,
	},
	sFullOpen: {
		sOther: sFullOpen, sOpening: sFullOpen, sQuote: sFullOpen, sDanda: sFullOpen, sLower: sBegun, sLetter: sBegun,
		sSpace: sBody, sClosing: sBody, sDigit: sBody, sComma: sBody, sTerminator: sTerminated, sPeriod: sFullStop,
		sParagraph: sParagraphs,
	},
	sFullOpened: {
		sOther: sFullOpen, sOpening: sFullOpen, sQuote: sFullOpen, sDanda: sFullOpen, sLower: sBegun, sLetter: sBegun,
	},
}

// Sentences returns the boundaries of sentences.
func Sentences(text []uint16) []int {
	s := sentences{text: text}
	return split(text, s.next)
}

// sentences looks for the ends of sentences. Behind a full stop it may have to read on to the end of the text to find
// that the sentence ended before; failed keeps that from being done again from the next one on: bit n says that from a
// place in state n on no end is found.
type sentences struct {
	text   []uint16
	failed []uint16
}

// shortWay is how far it may read on without noting that.
const shortWay = 64

// next returns where a sentence ends that begins at a place.
func (s *sentences) next(at int) int {
	_, size := runeAt(s.text, at)
	end, mark := at+size, 0 // Java: at least one character
	accepted := end
	for state := sBody; at < len(s.text); {
		r, size := runeAt(s.text, at)
		at += size
		if class := sentenceClassOf(r); class != sIgnored {
			state = sentenceSteps[state][class]
		}
		switch {
		case state == sBegun:
			return mark
		case state == sStop, s.failed != nil && s.failed[at-1]&(1<<state) != 0:
			s.fail(accepted, at)
			return end
		case sMarks[state]:
			mark = at
		case sEnds[state]:
			end, accepted = at, at
		}
	}
	if mark == len(s.text) {
		return mark
	}
	s.fail(accepted, len(s.text))
	return end
}

// fail notes that from one place to another no end was found behind the first.
func (s *sentences) fail(from, to int) {
	if to-from < shortWay {
		return
	}
	if s.failed == nil {
		s.failed = make([]uint16, len(s.text))
	}
	state := sBody
	for at := from; at < to; {
		r, size := runeAt(s.text, at)
		at += size
		if class := sentenceClassOf(r); class != sIgnored {
			state = sentenceSteps[state][class]
		}
		if !sEnds[state] {
			s.failed[at-1] |= 1 << state
		}
	}
}

// sentenceClassOf returns the class of a character.
func sentenceClassOf(r rune) sentenceClass {
	switch r {
	case '\t', '\r', '\f', '\n', '\u2028':
		return sSpace
	case '"', '\'':
		return sQuote
	case '!', '?', '\u3002', '\uff01', '\uff1f':
		return sTerminator
	case '.', '\uff0e':
		return sPeriod
	case ',':
		return sComma
	case '\u2029':
		return sParagraph
	case '\u0964', '\u0965':
		return sDanda
	}
	switch {
	case unicode.Is(unicode.Ll, r):
		return sLower
	case unicode.IsLetter(r):
		return sLetter
	case unicode.Is(unicode.Zs, r):
		return sSpace
	case unicode.IsNumber(r):
		return sDigit
	case unicode.In(r, unicode.Ps, unicode.Pi):
		return sOpening
	case unicode.In(r, unicode.Pe, unicode.Pf):
		return sClosing
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return sIgnored
	}
	return sOther
}
