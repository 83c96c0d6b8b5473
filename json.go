package kuzzlite

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"unicode/utf8"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// JSON text, as far as the store looks into it. What comes in passes encode.go first.

// jsonError gives an error of rawjson its sentinel.
func jsonError(err error) error {
	var e *rawjson.Error
	if errors.As(err, &e) && e.Kind == rawjson.Depth {
		return &withReason{e.Error(), ErrTooLarge}
	}
	return &withReason{err.Error(), ErrInvalid}
}

// elements steps through an array as rawjson.Elements does, but yields elements that are nested too deeply for that
// like all others.
func elements(src []byte, stop func() error) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		n := 0
		for element, err := range rawjson.ElementsUntil(src, hardMaxDepth+1, stop) {
			var e *rawjson.Error
			if errors.As(err, &e) && e.Kind == rawjson.Depth {
				deepElements(src, n, stop, yield)
				return
			}
			if !yield(element, err) {
				return
			}
			n++
		}
	}
}

// deepElements goes on behind the first n elements of an array, of any depth.
func deepElements(src []byte, n int, stop func() error, yield func([]byte, error) bool) {
	if err := validDeep(src, stop); err != nil {
		yield(nil, err)
		return
	}
	next := func(i int) int { // where the next element begins, or the array ends
		return i + bytes.IndexFunc(src[i:], func(r rune) bool { return r > ' ' && r != ',' })
	}
	for i := next(bytes.IndexByte(src, '[') + 1); src[i] != ']'; n-- {
		end := rawjson.Skip(src, i)
		if n <= 0 && !yield(src[i:end:end], nil) {
			return
		}
		i = next(end)
	}
}

// validDeep checks an array as rawjson.Elements does, whatever its depth, and takes longer for it.
func validDeep(src []byte, stop func() error) error {
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && n == 1 {
			return &rawjson.Error{Offset: i, Kind: rawjson.UTF8, Msg: "invalid UTF-8 in string"}
		}
		i += n
	}
	dec := json.NewDecoder(bytes.NewReader(src))
	dec.UseNumber()
	_, err := dec.Token()
	for depth, n := 1, 0; err == nil && depth > 0; n++ {
		if n%1024 == 0 && stop != nil {
			if err := stop(); err != nil {
				return err
			}
		}
		var token json.Token
		switch token, err = dec.Token(); token {
		case json.Delim('['), json.Delim('{'):
			depth++
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
	}
	if err == nil {
		if _, err = dec.Token(); err == io.EOF {
			return nil
		}
	}
	return &rawjson.Error{Offset: int(dec.InputOffset()), Kind: rawjson.Syntax, Msg: "unexpected text, or end of it"}
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
