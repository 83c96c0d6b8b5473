package kuzzlite

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Result is what became of the documents of one call: each is in one of the lists, both in request order.
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
	Version  uint64          // after the write
	Source   json.RawMessage // the whole document after the write; nil for deletions
	Noop     bool            // nothing changed: nothing was written and the version stayed

	// UpdatedFields are the dotted paths of the leaves of the changes, in their order, when an existing document was
	// updated and the call was not silent. None are given where they would have more than 256 KiB.
	UpdatedFields []string

	// Sequence is the position of the change in the change feed, 0 with Noop.
	Sequence uint64

	verb verb
}

// Failure is a document that was not written.
type Failure struct {
	Position int             // in the request, from 0
	Document json.RawMessage // the item as received, without unknown keys
	Status   int
	Reason   string
	Err      *DocumentError

	verb verb
}

// Err returns the errors of all failed documents as one, nil if there are none.
func (r *Result) Err() error {
	if len(r.Errors) == 0 {
		return nil
	}
	errs := make([]error, len(r.Errors))
	for i := range r.Errors {
		errs[i] = r.Errors[i].Err
	}
	return errors.Join(errs...)
}

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
	dst = append(dst, `,"_source":`...)
	dst = appendSource(dst, s.Source)
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
	dst = append(dst, f.Document...)
	dst = append(dst, `,"reason":`...)
	dst = rawjson.AppendString(dst, f.Reason)
	dst = append(dst, `,"status":`...)
	dst = strconv.AppendInt(dst, int64(f.Status), 10)
	return append(dst, '}')
}

// MarshalJSON returns Kuzzle's JSON of the entry.
func (f Failure) MarshalJSON() ([]byte, error) { return f.AppendJSON(nil), nil }
