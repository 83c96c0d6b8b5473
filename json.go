package kuzzlite

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// JSON on its way in: Go values are encoded, and everything is validated and freed of white space, once.

// readJSON validates JSON and drops the white space between its tokens. Nothing is repaired.
func (s *Store) readJSON(b []byte) ([]byte, error) {
	out, err := rawjson.Compact(b, s.opts.MaxDepth)
	if err == nil {
		return out, nil
	}
	return nil, jsonError(err)
}

// jsonError gives an error of rawjson its sentinel.
func jsonError(err error) error {
	var e *rawjson.Error
	if errors.As(err, &e) && e.Kind == rawjson.Depth {
		return &withReason{e.Error(), ErrTooLarge}
	}
	return &withReason{err.Error(), ErrInvalid}
}

// encode returns the JSON of a Go value; of json.RawMessage and []byte, which are JSON, the value itself. It returns
// nil for nil, and for JSON of no bytes.
func (s *Store) encode(v any) ([]byte, error) {
	raw, isJSON := v.(json.RawMessage)
	if b, ok := v.([]byte); ok {
		raw, isJSON = b, true
	}
	switch {
	case v == nil || isJSON && len(raw) == 0:
		return nil, nil
	case isJSON:
		return s.readJSON(raw)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, &withReason{fmt.Sprintf("document cannot be encoded as JSON: %v", err), ErrInvalid}
	}
	if wasRepaired(buf.Bytes()) {
		return nil, invalid("document has a string that is not valid UTF-8")
	}
	return s.readJSON(buf.Bytes())
}

// wasRepaired says whether encoding/json has replaced bytes that are not UTF-8: it writes \ufffd for them, and for a
// U+FFFD that was there the character itself.
func wasRepaired(encoded []byte) bool {
	for rest := encoded; ; {
		i := bytes.Index(rest, []byte(`\ufffd`))
		if i < 0 {
			return false
		}
		before := rest[:i]
		if backslashes := len(before) - len(bytes.TrimRight(before, `\`)); backslashes%2 == 0 {
			return true
		}
		rest = rest[i+1:]
	}
}

// isObject says whether compact JSON is an object.
func isObject(compact []byte) bool { return len(compact) > 0 && compact[0] == '{' }

// isFalsy says whether JavaScript takes a value for false.
func isFalsy(value []byte) bool {
	switch string(value) {
	case "null", "false", `""`:
		return true
	}
	return len(value) > 0 && isZero(value)
}

// isZero says whether a value is the number 0, however written.
func isZero(value []byte) bool {
	return rawjson.Equal(value, []byte("0")) || rawjson.Equal(value, []byte("0.0"))
}

// appendMember appends a member to an object that is open.
func appendMember(out, key, value []byte) []byte {
	if out[len(out)-1] != '{' {
		out = append(out, ',')
	}
	out = append(out, key...)
	out = append(out, ':')
	return append(out, value...)
}

// appendSource appends a document, null if there is none.
func appendSource(dst, source []byte) []byte {
	if source == nil {
		return append(dst, "null"...)
	}
	return append(dst, source...)
}
