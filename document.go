package kuzzlite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/tidwall/gjson"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Document is a stored document. Its JSON is Kuzzle's: _id, _source, _version.
type Document struct {
	ID       string
	Source   json.RawMessage // without white space between tokens; belongs to the caller
	Version  uint64          // from 1
	Sequence uint64          // of its last change, in the change feed
	Created  time.Time       // to the millisecond, as Updated and Expires
	Updated  time.Time
	Expires  time.Time // the document is absent from that moment on; zero: never
}

// clone returns the document with bytes of its own, for code that may change them.
func (d Document) clone() Document {
	d.Source = bytes.Clone(d.Source)
	return d
}

// Get returns the value at a gjson path of the document, such as "location.lat" or "notes.#".
func (d Document) Get(path string) gjson.Result { return gjson.GetBytes(d.Source, path) }

// AppendJSON appends the JSON of the document to dst, the source byte for byte.
func (d Document) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"_id":`...)
	dst = rawjson.AppendString(dst, d.ID)
	dst = append(dst, `,"_source":`...)
	dst = appendSource(dst, d.Source)
	dst = append(dst, `,"_version":`...)
	return append(strconv.AppendUint(dst, d.Version, 10), '}')
}

// MarshalJSON returns the JSON of the document.
func (d Document) MarshalJSON() ([]byte, error) { return d.AppendJSON(nil), nil }

// UnmarshalJSON reads the JSON of a document: _id, which must be there, _source and _version. The other fields, for
// which Kuzzle has no names, stay as they are.
func (d *Document) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	var w struct {
		ID      *string         `json:"_id"`
		Source  json.RawMessage `json:"_source"`
		Version uint64          `json:"_version"`
	}
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	if w.ID == nil {
		return fmt.Errorf("%w document: it has no _id", ErrInvalid)
	}
	d.ID, d.Source, d.Version = *w.ID, sourceOf(w.Source), w.Version
	return nil
}

// sourceOf is the inverse of appendSource.
func sourceOf(text json.RawMessage) json.RawMessage {
	if string(text) == "null" {
		return nil
	}
	if compact, err := rawjson.Compact(text, hardMaxDepth); err == nil {
		return compact
	}
	return text // deeper than a document may be
}

// Decode reads the document into a Go value, by encoding/json. [ErrDecode] if that fails.
func (d Document) Decode(v any) error {
	if d.Source == nil {
		return fmt.Errorf("document %q: %w: it has no source, as in a list of keys only", d.ID, ErrDecode)
	}
	if err := json.Unmarshal(d.Source, v); err != nil {
		return fmt.Errorf("document %q as %T: %w: %w", d.ID, v, ErrDecode, err)
	}
	return nil
}
