package kuzzlite

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Documents on their way in: Go values are encoded, and everything is validated and freed of white space, once.

// readJSON validates JSON and drops the white space between its tokens. Nothing is repaired.
func (s *Store) readJSON(ctx context.Context, b []byte) ([]byte, error) {
	out, err := rawjson.CompactUntil(b, s.opts.MaxDepth, ctx.Err)
	switch ended := ctx.Err(); {
	case err == nil:
		return out, nil
	case ended != nil:
		return nil, ended
	}
	return nil, jsonError(err)
}

// encode returns the JSON of a Go value; of json.RawMessage and []byte, which are JSON, the value itself. It returns
// nil for nil, and for JSON of no bytes.
func (s *Store) encode(ctx context.Context, v any) ([]byte, error) {
	text, err := textOf(v)
	if text == nil || err != nil {
		return nil, err
	}
	return s.readJSON(ctx, text)
}

// textOf is encode for text that nobody has looked at yet.
func textOf(v any) ([]byte, error) {
	if c, ok := v.(Changes); ok {
		return c.MarshalJSON()
	}
	raw, isJSON := v.(json.RawMessage)
	if b, ok := v.([]byte); ok {
		raw, isJSON = b, true
	}
	switch {
	case v == nil || isJSON && len(raw) == 0:
		return nil, nil
	case isJSON:
		return raw, nil
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, &withReason{fmt.Sprintf("document cannot be encoded as JSON: %v", err), ErrInvalid}
	}
	if wasRepaired(v, buf.Bytes()) {
		return nil, invalid("document has a string that is not valid UTF-8")
	}
	return buf.Bytes(), nil
}
