package mapping

import (
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// How Java prints values, in the previews that objections have.

// javaText returns how Java prints a value.
func javaText(value []byte) string {
	var b strings.Builder
	writeJavaText(&b, value)
	return b.String()
}

func writeJavaText(b *strings.Builder, value []byte) {
	switch c := value[0]; {
	case c == '"':
		b.WriteString(unquoted(value))
	case c == '{':
		writeJavaObject(b, value)
	case c == '[':
		writeJavaArray(b, value)
	case c == '-' || '0' <= c && c <= '9':
		b.WriteString(java.number(value))
	default:
		b.Write(value)
	}
}

// writeJavaArray writes an array with those within it in one walk.
func writeJavaArray(b *strings.Builder, array []byte) {
	for i := 0; i < len(array); {
		switch array[i] {
		case '[', ']':
			b.WriteByte(array[i])
			i++
		case ',':
			b.WriteString(", ")
			i++
		default:
			end := rawjson.Skip(array, i)
			writeJavaText(b, array[i:end])
			i = end
		}
	}
}

// writeJavaObject writes an object, which Java has read into a hash map.
func writeJavaObject(b *strings.Builder, obj []byte) {
	b.WriteByte('{')
	for i, m := range hashOrder(prepared(obj)) {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(unquoted(m.key))
		b.WriteByte('=')
		writeJavaText(b, m.value)
	}
	b.WriteByte('}')
}
