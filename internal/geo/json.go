package geo

import (
	"errors"
	"iter"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// elements steps through the elements of a JSON array, and yields each as written. It yields nothing for anything else.
func elements(raw []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if len(raw) == 0 || raw[0] != '[' {
			return
		}
		for i := 1; i < len(raw); i++ {
			switch raw[i] {
			case ' ', '\t', '\n', '\r', ',':
				continue
			case ']':
				return
			}
			end := rawjson.Skip(raw, i)
			if end <= i || end > len(raw) || !yield(raw[i:end]) {
				return
			}
			i = end - 1
		}
	}
}

// errNotNumeric is the error of a JSON value that is neither a number nor a string.
func errNotNumeric(raw []byte) error {
	name := token(raw)
	if name == "VALUE_BOOLEAN" { // this error is Jackson's, which has other names
		name = "VALUE_" + strings.ToUpper(string(raw))
	}
	return refuse("Current token (%s) not numeric, can not use numeric value accessors", name)
}

// number returns the value of a JSON number. One that is too large is infinite.
func number(raw []byte) (float64, bool) {
	if len(raw) == 0 || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	return v, err == nil || errors.Is(err, strconv.ErrRange)
}

// numeric returns the value of a number, or of a string that Java takes for a number. What is neither of a JSON kind
// that may be a number has kind false.
func numeric(raw []byte) (v float64, text []byte, kind, ok bool) {
	if len(raw) > 0 && raw[0] == '"' {
		text, err := unquote(raw)
		if err != nil {
			return 0, raw, true, false
		}
		v, ok := parseDouble(text)
		return v, text, true, ok
	}
	v, ok = number(raw)
	return v, raw, ok, ok
}

// token names a JSON value as Elasticsearch does, and the end of an array where there is none.
func token(raw []byte) string {
	if len(raw) == 0 {
		return "END_ARRAY"
	}
	return rawjson.Token(raw)
}
