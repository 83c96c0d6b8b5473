package kuzzlite

import (
	"errors"
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/mapping"
)

// What Check finds out about mappings: that they can be read, and which documents do not fit. Those are no damage: they
// were there before a field was mapped, or were loaded.

// readMapping reads the mapping of the collection. What is damaged is reported, and then nothing is known of documents.
func (l *looked) readMapping() error {
	stored, err := l.v.Get(l.bucket, keyMapping)
	if errors.Is(err, kv.ErrNoBucket) {
		return nil
	}
	if stored == nil || err != nil {
		return err
	}
	m, err := decodeMapping(l.bucket, stored)
	if err != nil {
		l.problem("%s/%s: %v", l.index, l.name, err)
		return nil
	}
	l.mapped = m
	return nil
}

// fits counts a document that does not fit the mapping of its collection.
func (l *looked) fits(where, id string, body []byte) {
	if l.mapped == nil || l.mapped.Fits(body) {
		return
	}
	_, found := l.mapped.Check(mapping.Sent(body), id)
	if found == nil {
		return
	}
	l.report.Unfit++
	if len(l.report.UnfitDocuments) == maxProblems {
		return
	}
	text := where + " does not fit the mapping"
	if field := found.Field(); field != "" {
		text += fmt.Sprintf(": %s", field)
	}
	l.report.UnfitDocuments = append(l.report.UnfitDocuments, text)
}
