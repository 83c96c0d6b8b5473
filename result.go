package kuzzlite

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Result is what became of the documents of one call: each is in one of the lists, both in request order;
// with Options.Kuzzle errors are in Kuzzle's order.
// Its JSON is Kuzzle's for the same action.
type Result struct {
	Successes []Success
	Errors    []Failure
}

// Success is a document that was written, or that already was as asked.
type Success struct {
	Position int    // in the request, from 0
	ID       string // as given, or generated
	Status   int    // 201 created, 200 otherwise
	Created  bool
	Version  uint64 // after the write
	Noop     bool   // nothing changed: nothing was written and the version stayed

	// Source is the whole document after the write; nil for deletions, and with WriteOptions.NoSource. Where one call
	// names an id several times, entries that show the same document share its bytes; and once the documents that later
	// items of the call have changed again have 16 MiB together, only the last entry of an id has a Source.
	Source json.RawMessage

	// UpdatedFields are the dotted paths of the leaves of the changes, in their order, when an existing document was
	// updated and the call was not silent. None are given where they would have more than 256 KiB; nor where they would
	// have more than four times the bytes of the changes, once such entries of the call have used up 1 MiB.
	UpdatedFields []string

	// Sequence is the position of the change in the change feed, 0 with Noop.
	Sequence uint64

	verb   verb
	stored storedAt
}

// storedAt is what is stored beside a document.
type storedAt struct {
	sequence         uint64 // of the last change
	created, updated int64  // ms since 1970
	expires          int64  // the same; 0: never
}

// document returns the document as it is after the write.
func (s *Success) document() Document {
	return Document{
		ID: s.ID, Source: s.Source, Version: s.Version, Sequence: max(s.Sequence, s.stored.sequence),
		Created: fromMillis(s.stored.created), Updated: fromMillis(s.stored.updated),
		Expires: expiryTime(s.stored.expires),
	}
}

// Failure is a document that was not written.
type Failure struct {
	Position int             // in the request, from 0
	Document json.RawMessage // the item as received, without unknown keys; with Options.Kuzzle as Kuzzle shows it
	Status   int
	Reason   string
	Err      *DocumentError

	verb  verb
	stage stage // with Options.Kuzzle: who has refused it
}

// only returns what became of the only document of a call.
func (r *Result) only() (*Success, error) {
	if len(r.Errors) > 0 {
		return nil, r.Errors[0].Err
	}
	return &r.Successes[0], nil
}

// Err returns the errors of all failed documents as one, nil if there are none. Its text has the first three.
func (r *Result) Err() error {
	if len(r.Errors) == 0 {
		return nil
	}
	errs := make(documentErrors, len(r.Errors))
	for i := range r.Errors {
		errs[i] = r.Errors[i].Err
	}
	return errs
}

// documentErrors are the errors of several documents.
type documentErrors []error

func (e documentErrors) Error() string {
	const told = 3
	var text strings.Builder
	for i, err := range e[:min(len(e), told)] {
		if i > 0 {
			text.WriteString("; ")
		}
		text.WriteString(err.Error())
	}
	if more := len(e) - told; more > 0 {
		fmt.Fprintf(&text, "; and %d more", more)
	}
	return text.String()
}

func (e documentErrors) Unwrap() []error { return e }

// AppendJSON appends Kuzzle's JSON of the result to dst, documents byte for byte. (json.Marshal gives the same value,
// but escapes <, > and & unless told not to.)
func (r *Result) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"errors":[`...)
	for i := range r.Errors {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = r.Errors[i].AppendJSON(dst)
	}
	dst = append(dst, `],"successes":[`...)
	for i := range r.Successes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = r.Successes[i].AppendJSON(dst)
	}
	return append(dst, "]}"...)
}

// MarshalJSON returns Kuzzle's JSON of the result.
func (r Result) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil), nil }

// AppendJSON appends Kuzzle's JSON of the entry to dst.
func (s *Success) AppendJSON(dst []byte) []byte {
	if s.verb == verbDelete {
		return rawjson.AppendString(dst, s.ID)
	}
	dst = append(dst, `{"_id":`...)
	dst = rawjson.AppendString(dst, s.ID)
	if s.Source != nil {
		dst = append(append(dst, `,"_source":`...), s.Source...)
	}
	dst = append(dst, `,"_version":`...)
	dst = strconv.AppendUint(dst, s.Version, 10)
	dst = s.verb.appendOutcome(dst, s.Created)
	dst = append(dst, `,"status":`...)
	dst = strconv.AppendInt(dst, int64(s.Status), 10)
	if s.UpdatedFields != nil {
		dst = append(dst, `,"_updatedFields":[`...)
		for i, f := range s.UpdatedFields {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = rawjson.AppendString(dst, f)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// MarshalJSON returns Kuzzle's JSON of the entry.
func (s Success) MarshalJSON() ([]byte, error) { return s.AppendJSON(nil), nil }

// AppendJSON appends Kuzzle's JSON of the entry to dst.
func (f *Failure) AppendJSON(dst []byte) []byte {
	if f.verb == verbDelete {
		dst = append(dst, `{"_id":`...)
	} else {
		dst = append(dst, `{"document":`...)
	}
	dst = appendSource(dst, f.Document)
	dst = append(dst, `,"reason":`...)
	dst = rawjson.AppendString(dst, f.Reason)
	dst = append(dst, `,"status":`...)
	dst = strconv.AppendInt(dst, int64(f.Status), 10)
	return append(dst, '}')
}

// MarshalJSON returns Kuzzle's JSON of the entry.
func (f Failure) MarshalJSON() ([]byte, error) { return f.AppendJSON(nil), nil }

// The JSON of results says which verb a result is of only as far as the verbs differ, so what is read is taken for one
// of those that write the same.

// UnmarshalJSON reads Kuzzle's JSON of the result. What Kuzzle has no names for, Position, Sequence and Noop, is 0.
func (r *Result) UnmarshalJSON(text []byte) error {
	var w struct {
		Successes []Success `json:"successes"`
		Errors    []Failure `json:"errors"`
	}
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	r.Successes, r.Errors = w.Successes, w.Errors
	return nil
}

// UnmarshalJSON reads Kuzzle's JSON of the entry.
func (s *Success) UnmarshalJSON(text []byte) error {
	*s = Success{}
	if len(text) > 0 && text[0] == '"' {
		s.Status, s.verb = statusOK, verbDelete
		return json.Unmarshal(text, &s.ID)
	}
	var w struct {
		ID      string          `json:"_id"`
		Source  json.RawMessage `json:"_source"`
		Version uint64          `json:"_version"`
		Created *bool           `json:"created"`
		Result  *string         `json:"result"`
		Status  int             `json:"status"`
		Updated []string        `json:"_updatedFields"`
	}
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	s.ID, s.Source, s.Version, s.Status, s.UpdatedFields = w.ID, sourceOf(w.Source), w.Version, w.Status, w.Updated
	switch {
	case w.Created == nil:
		s.verb = verbUpdate
	case w.Result != nil:
		s.verb = verbCreateOrReplace
	default:
		s.verb = verbUpsert
	}
	s.Created = w.Created != nil && *w.Created
	return nil
}

// UnmarshalJSON reads Kuzzle's JSON of the entry. Err is made of the status and the reason.
func (f *Failure) UnmarshalJSON(text []byte) error {
	var w struct {
		ID       json.RawMessage `json:"_id"`
		Document json.RawMessage `json:"document"`
		Status   int             `json:"status"`
		Reason   string          `json:"reason"`
	}
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	*f = Failure{Document: w.Document, Status: w.Status, Reason: w.Reason, verb: verbUpsert}
	id := w.ID
	if w.Document == nil {
		f.Document, f.verb = w.ID, verbDelete
	} else if isObject(w.Document) {
		id, _ = rawjson.Lookup(w.Document, "_id")
	}
	f.Err = &DocumentError{Status: w.Status, Reason: w.Reason, Err: errorOf(w.Status, w.Reason)}
	f.Err.ID, _ = rawjson.Unquote(id)
	return nil
}
