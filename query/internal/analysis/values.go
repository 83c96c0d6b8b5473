package analysis

const (
	// PositionGap is how many positions are free between two values of a field, so that no phrase spans them. A mapping
	// may name another number (position_increment_gap).
	PositionGap = 100
	// OffsetGap is how many bytes lie between two values of a field, for offsets that count through all of them.
	OffsetGap = 1
)

// A Place is where the next value of a field begins. The zero value is the beginning of a field.
type Place struct {
	Position, Offset int
}

// EachValue is [Analyzer.Each] for one of several values of a field. Positions and offsets begin at the place. Then the
// place moves behind the value, gap positions and [OffsetGap] further, also if the value has no tokens. The gap is
// [PositionGap] as a rule. A null in an array is no value and is to be left out. If fn returns false the place stays.
func (a *Analyzer) EachValue(text []byte, at *Place, gap int, scratch *Scratch, fn func(Token) bool) bool {
	position := at.Position
	if a.split == whole {
		// The text as it is, be it empty.
		if !fn(Token{Term: text, Position: position, Start: at.Offset, End: at.Offset + len(text)}) {
			return false
		}
		position++
	} else {
		t := tokenizer{text: text}
		for from, to := a.next(&t, 0); from < to; from, to = a.next(&t, to) {
			term := a.term(text[from:to], scratch)
			if !a.stopping || !isStopWord(term) {
				token := Token{Term: term, Position: position, Start: at.Offset + from, End: at.Offset + to}
				if !fn(token) {
					return false
				}
			}
			position++
		}
	}
	at.Position = position + gap
	at.Offset += len(text) + OffsetGap
	return true
}

// next returns where the next token begins, at or behind at, and where it ends. If both are the same there is none.
func (a *Analyzer) next(t *tokenizer, at int) (from, to int) {
	switch a.split {
	case byLetters:
		return nextRun(t.text, at, letters)
	case bySpace:
		return nextRun(t.text, at, dark)
	}
	return t.next(at)
}
