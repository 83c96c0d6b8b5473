package mapping

import (
	"bytes"
	"iter"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// JSON values, which are compact here.

func isObject(value []byte) bool { return len(value) > 0 && value[0] == '{' }
func isArray(value []byte) bool  { return len(value) > 0 && value[0] == '[' }
func isNull(value []byte) bool   { return len(value) > 0 && value[0] == 'n' }

func isNumber(value []byte) bool { return value[0] == '-' || '0' <= value[0] && value[0] <= '9' }

// values steps through the elements of an array, those of arrays within it too: Elasticsearch sees one list. Each comes
// with where it begins in the array. A value that is no array is the only one.
func values(value []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		for i := 0; i < len(value); {
			if c := value[i]; c == '[' || c == ',' || c == ']' {
				i++
				continue
			}
			end := rawjson.Skip(value, i)
			if !yield(i, value[i:end]) {
				return
			}
			i = end
		}
	}
}

// text returns what a JSON string says. It shares the memory of one without escapes.
func text(raw []byte) []byte {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	return rawjson.AppendDecoded(nil, raw)
}

// number returns a JSON number as JavaScript writes it, which has it read before Elasticsearch does.
func number(raw []byte) []byte {
	const exact = 15 // digits that a double holds
	if len(raw) <= exact && !bytes.ContainsAny(raw, "eE") {
		return raw
	}
	return []byte(javaScriptNumber(raw))
}
