// Package rawjson reads and edits JSON text without decoding it into Go values.
//
// Text from outside goes through [Compact] (or [Elements], then Compact) once.
// Everything else works on what Compact has accepted and does not look for errors
// again: it only promises that no input, however broken, makes it panic or hang.
//
// Strings are compared by what they decode to, one UTF-16 code unit at a time, as
// JavaScript does. A lone surrogate such as "\ud800" has no UTF-8 form; where a
// decoded string is needed it is held as WTF-8 (https://simonsapin.github.io/wtf-8/),
// so that "\ud800" and "\ud801" stay two different keys.
//
// Nothing here does I/O or keeps state between calls, and no error quotes a document.
package rawjson

import "fmt"

const (
	// DefaultDepth is the nesting that Compact and Elements accept when they are given no limit.
	DefaultDepth = 128

	// MaxDepth is the nesting that they accept at most: a document of 1,000 levels, inside an item of a request.
	// Functions that recurse stop here, so that a hostile document cannot exhaust the stack.
	MaxDepth = 1001
)

// Kind says which rule a text broke.
type Kind uint8

const (
	Syntax    Kind = iota // not JSON by RFC 8259
	UTF8                  // not UTF-8
	Duplicate             // the same key twice in one object
	Depth                 // nested too deeply
)

// Error is what [Compact] and [Elements] find wrong. It holds no text of the document.
type Error struct {
	Offset int // in bytes, from the start of the text
	Kind   Kind
	Msg    string
}

// Error returns a text like "invalid JSON at byte 17: raw control character in string".
func (e *Error) Error() string {
	return fmt.Sprintf("invalid JSON at byte %d: %s", e.Offset, e.Msg)
}
