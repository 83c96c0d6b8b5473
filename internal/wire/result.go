package wire

import (
	"encoding/json"
	"fmt"

	"github.com/kuzzlite/kuzzlite"
)

// Result is a kuzzlite.Result but for sources and documents, which are values behind the head: those of the successes
// first.
type Result struct {
	Successes []Success `json:"successes"`
	Errors    []Failure `json:"errors"`
}

// Success is a kuzzlite.Success but for its source.
type Success struct {
	// Shape is the library's JSON of the success, without source and fields: only that says which verb the result is of.
	Shape         json.RawMessage `json:"shape"`
	Position      int             `json:"position"`
	ID            Text            `json:"id"`
	Status        int             `json:"status"`
	Created       bool            `json:"created,omitempty"`
	Version       uint64          `json:"version,omitempty"`
	Noop          bool            `json:"noop,omitempty"`
	UpdatedFields []Text          `json:"updatedFields,omitzero"`
	Sequence      uint64          `json:"sequence,omitempty"`
}

// Failure is a kuzzlite.Failure but for its document.
type Failure struct {
	Shape    json.RawMessage `json:"shape"` // as that of a success
	Position int             `json:"position"`
	Status   int             `json:"status"`
	Reason   Text            `json:"reason"`
	Err      *DocumentError  `json:"err,omitempty"`
}

// ResultOf returns a result as it travels, and its values. Nil is nil.
func ResultOf(r *kuzzlite.Result) (*Result, [][]byte) {
	if r == nil {
		return nil, nil
	}
	w := &Result{like[Success](r.Successes), like[Failure](r.Errors)}
	values := make([][]byte, 0, len(r.Successes)+len(r.Errors))
	for i := range r.Successes {
		w.Successes[i] = SuccessOf(&r.Successes[i])
		values = append(values, r.Successes[i].Source)
	}
	for i := range r.Errors {
		w.Errors[i] = FailureOf(&r.Errors[i])
		values = append(values, r.Errors[i].Document)
	}
	return w, values
}

// Library is the inverse of ResultOf.
func (r *Result) Library(values [][]byte) (*kuzzlite.Result, error) {
	if r == nil {
		return nil, nil
	}
	if len(values) != len(r.Successes)+len(r.Errors) {
		return nil, fmt.Errorf("%w: a result with %d values", ErrMessage, len(values))
	}
	l := &kuzzlite.Result{Successes: like[kuzzlite.Success](r.Successes), Errors: like[kuzzlite.Failure](r.Errors)}
	for i := range r.Successes {
		s, err := r.Successes[i].Library(values[i])
		if err != nil {
			return nil, err
		}
		l.Successes[i] = *s
	}
	for i := range r.Errors {
		f, err := r.Errors[i].Library(values[len(r.Successes)+i])
		if err != nil {
			return nil, err
		}
		l.Errors[i] = *f
	}
	return l, nil
}

// like returns a list as long as another one, nil for nil.
func like[T, U any](list []U) []T {
	if list == nil {
		return nil
	}
	return make([]T, len(list))
}

// SuccessOf returns a success as it travels.
func SuccessOf(s *kuzzlite.Success) Success {
	shape := *s
	shape.ID, shape.Source, shape.UpdatedFields = "", nil, nil
	return Success{
		shape.AppendJSON(nil), s.Position, Text(s.ID), s.Status, s.Created, s.Version, s.Noop, Texts(s.UpdatedFields),
		s.Sequence,
	}
}

// Library returns the success with its source.
func (s *Success) Library(source []byte) (*kuzzlite.Success, error) {
	var l kuzzlite.Success
	if err := l.UnmarshalJSON(s.Shape); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	l.Position, l.ID, l.Status, l.Created, l.Version = s.Position, string(s.ID), s.Status, s.Created, s.Version
	l.Noop, l.Source, l.UpdatedFields, l.Sequence = s.Noop, source, Strings(s.UpdatedFields), s.Sequence
	return &l, nil
}

// FailureOf returns a failure as it travels.
func FailureOf(f *kuzzlite.Failure) Failure {
	shape := *f
	shape.Document, shape.Reason = nil, ""
	return Failure{shape.AppendJSON(nil), f.Position, f.Status, Text(f.Reason), documentErrorOf(f.Err)}
}

// Library returns the failure with its document.
func (f *Failure) Library(document []byte) (*kuzzlite.Failure, error) {
	var l kuzzlite.Failure
	if err := l.UnmarshalJSON(f.Shape); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	l.Position, l.Document, l.Status, l.Reason, l.Err = f.Position, document, f.Status, string(f.Reason), f.Err.err()
	return &l, nil
}

// ByQueryResult is a kuzzlite.ByQueryResult but for the documents of its errors, which are values behind the head.
type ByQueryResult struct {
	kuzzlite.ByQueryResult
	Errors []Failure `json:"errors"`
}

// ByQueryResultOf returns a result as it travels, and its values. Nil is nil.
func ByQueryResultOf(r *kuzzlite.ByQueryResult) (*ByQueryResult, [][]byte) {
	if r == nil {
		return nil, nil
	}
	w, values := &ByQueryResult{*r, make([]Failure, len(r.Errors))}, make([][]byte, len(r.Errors))
	for i := range r.Errors {
		w.Errors[i], values[i] = FailureOf(&r.Errors[i]), r.Errors[i].Document
	}
	return w, values
}

// Library is the inverse of ByQueryResultOf.
func (r *ByQueryResult) Library(values [][]byte) (*kuzzlite.ByQueryResult, error) {
	if r == nil {
		return nil, nil
	}
	if len(values) != len(r.Errors) {
		return nil, fmt.Errorf("%w: a result with %d values", ErrMessage, len(values))
	}
	l := r.ByQueryResult
	l.Errors = make([]kuzzlite.Failure, len(r.Errors))
	for i := range r.Errors {
		f, err := r.Errors[i].Library(values[i])
		if err != nil {
			return nil, err
		}
		l.Errors[i] = *f
	}
	return &l, nil
}
