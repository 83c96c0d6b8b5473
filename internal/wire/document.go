package wire

import (
	"fmt"

	"github.com/kuzzlite/kuzzlite"
)

// Document is a kuzzlite.Document but for its source, which is a value behind the head.
type Document struct {
	ID       Text   `json:"id"`
	Version  uint64 `json:"version,omitempty"`
	Sequence uint64 `json:"sequence,omitempty"`
	Created  Time   `json:"created,omitzero"`
	Updated  Time   `json:"updated,omitzero"`
	Expires  Time   `json:"expires,omitzero"`
}

// DocumentOf returns a document as it travels.
func DocumentOf(d *kuzzlite.Document) Document {
	return Document{Text(d.ID), d.Version, d.Sequence, Time{d.Created}, Time{d.Updated}, Time{d.Expires}}
}

// Library returns the document with its source.
func (d *Document) Library(source []byte) kuzzlite.Document {
	return kuzzlite.Document{
		ID: string(d.ID), Source: source, Version: d.Version, Sequence: d.Sequence,
		Created: d.Created.Time, Updated: d.Updated.Time, Expires: d.Expires.Time,
	}
}

// DocumentsOf returns documents as they travel, and their sources.
func DocumentsOf(docs []kuzzlite.Document) (heads []Document, sources [][]byte) {
	heads, sources = make([]Document, len(docs)), make([][]byte, len(docs))
	for i := range docs {
		heads[i], sources[i] = DocumentOf(&docs[i]), docs[i].Source
	}
	return heads, sources
}

// Documents is the inverse of DocumentsOf.
func Documents(heads []Document, sources [][]byte) ([]kuzzlite.Document, error) {
	if len(heads) != len(sources) {
		return nil, fmt.Errorf("%w: %d documents have %d sources", ErrMessage, len(heads), len(sources))
	}
	docs := make([]kuzzlite.Document, len(heads))
	for i := range heads {
		docs[i] = heads[i].Library(sources[i])
	}
	return docs, nil
}

// Change is a kuzzlite.Change. The source of its document, if it has one, is a value behind the head.
type Change struct {
	kuzzlite.Change
	Document *Document `json:"document,omitempty"`
}

// ChangeOf returns a change as it travels, and the source of its document.
func ChangeOf(c *kuzzlite.Change) (*Change, [][]byte) {
	if c.Document == nil {
		return &Change{Change: *c}, nil
	}
	d := DocumentOf(c.Document)
	return &Change{*c, &d}, [][]byte{c.Document.Source}
}

// Library is the inverse of ChangeOf.
func (c *Change) Library(sources [][]byte) (kuzzlite.Change, error) {
	r := c.Change
	r.Document = nil
	if c.Document == nil {
		return r, nil
	}
	if len(sources) != 1 {
		return r, fmt.Errorf("%w: the document of a change has %d sources", ErrMessage, len(sources))
	}
	d := c.Document.Library(sources[0])
	r.Document = &d
	return r, nil
}

// Page is a kuzzlite.Page but for the sources of its documents.
type Page struct {
	Documents []Document `json:"documents"`
	Next      string     `json:"next,omitempty"`
}

// Found is a kuzzlite.Found: of ids, or of documents but for their sources.
type Found[T any] struct {
	Errors    []Text `json:"errors"`
	Successes []T    `json:"successes"`
}
