package mapping

import (
	"strconv"
	"strings"
)

// Objection is what Elasticsearch finds wrong with a document.
type Objection struct {
	reason string // what a call for many documents says
	cause  string // what a call for one document says, if that is another text
}

// Text returns the reason as Elasticsearch gives it: for a call for a single document that is the cause, if it has one.
func (o *Objection) Text(single bool) string {
	if single && o.cause != "" {
		return o.cause
	}
	return o.reason
}

// at returns an objection to what stands in a column of the document, counted in bytes from 1.
func at(column int, reason string) *Objection { return &Objection{reason: positioned(column, reason)} }

// plainly returns an objection to a document as a whole.
func plainly(reason string) *Objection { return &Objection{reason: reason} }

// because returns the objection with the text that a call for one document shows.
func (o *Objection) because(cause string) *Objection {
	o.cause = cause
	return o
}

func positioned(column int, reason string) string {
	return "[1:" + strconv.Itoa(column) + "] " + reason
}

// Field returns the reason as far as it quotes only the mapping, "" if it does not: which field fails.
func (o *Objection) Field() string {
	field, _, ok := strings.Cut(o.reason, " in document with id '")
	if !ok {
		return ""
	}
	return field
}
