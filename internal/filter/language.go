package filter

import "errors"

// Language is what package query does for the store, where a field index needs it.
type Language interface {
	// Parse reads the text of a condition.
	Parse(text string) (Query, error)

	// Split returns what splits texts with an analyzer. The error lists the analyzers that there are.
	Split(analyzer string) (Splitter, error)

	// AppendCells appends the cells of the points that a value of a field may stand for, in any language; none, if it is
	// no point. The value is JSON, and may be an array. A point off the earth has the cell OffEarth.
	AppendCells(dst []uint64, value []byte) []uint64

	// ReadMapping reads a mapping as Elasticsearch has it, and returns what queries make of it, for Env. The error of one
	// that Elasticsearch refuses has its reason as its text.
	ReadMapping(text []byte) (schema any, err error)
}

// OffEarth is the cell of all points of which a coordinate is out of range. It is no other cell.
const OffEarth = 0

// Splitter collects the words of one field of a document. One goroutine at a time may use it. The values of a field that
// have words are strings, and numbers, true and false as they are written.
type Splitter interface {
	// Reset begins with another document.
	Reset()

	// Add adds the text of the next value of the field. Its first word is PositionGap positions further than one that
	// follows the value before without a gap.
	Add(text []byte)

	// Tokens returns how many words the field has, each as often as it is there.
	Tokens() int

	// Len returns how many different words the field has.
	Len() int

	// At returns a word by its number, from 0 to Len()-1, in the order of bytes, and its positions, ascending from 0. Both
	// are good until the next Add or Reset.
	At(i int) (word []byte, positions []int)
}

// PositionGap is how many positions are free between two values of a field.
const PositionGap = 100

// language is nil if package query is not linked.
var language Language

// Register tells the store of package query, which calls it when it is linked, and returns what was registered before.
func Register(l Language) (before Language) {
	before, language = language, l
	return before
}

// ErrNotLinked is the error of what only package query can do.
var ErrNotLinked = errors.New("the program lacks package query: it must import github.com/kuzzlite/kuzzlite/query")

// Parse reads the text of a condition.
func Parse(text string) (Query, error) {
	if language == nil {
		return nil, ErrNotLinked
	}
	return language.Parse(text)
}

// Split returns what splits texts with an analyzer.
func Split(analyzer string) (Splitter, error) {
	if language == nil {
		return nil, ErrNotLinked
	}
	return language.Split(analyzer)
}

// AppendCells appends the cells of the points that a value may stand for.
func AppendCells(dst []uint64, value []byte) ([]uint64, error) {
	if language == nil {
		return dst, ErrNotLinked
	}
	return language.AppendCells(dst, value), nil
}

// ReadMapping reads a mapping, see Language.
func ReadMapping(text []byte) (schema any, err error) {
	if language == nil {
		return nil, ErrNotLinked
	}
	return language.ReadMapping(text)
}
