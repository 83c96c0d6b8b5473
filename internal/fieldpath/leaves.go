package fieldpath

import "github.com/kuzzlite/kuzzlite/internal/rawjson"

// Leaves calls fn with all scalars of a document, null included, in the order of the document, and with the dotted path
// of each: keys with dots stay as they are, and the elements of an array have the path of the array. Both slices are good
// until fn returns, value longer: it is part of the document. What is nested deeper than rawjson.MaxDepth is left out.
func Leaves(doc []byte, fn func(path, value []byte)) {
	if len(doc) > 0 && doc[0] == '{' {
		w := leafWalk{doc: doc, fn: fn}
		w.object(0, 0)
	}
}

// leafWalk is one pass over a document.
type leafWalk struct {
	doc  []byte
	path []byte
	fn   func(path, value []byte)
}

// value takes the value that begins at i, and returns the index behind it.
func (w *leafWalk) value(i, depth int) (end int) {
	b := w.doc
	switch {
	case i >= len(b):
		return len(b)
	case depth >= rawjson.MaxDepth:
		return rawjson.Skip(b, i)
	case b[i] == '{':
		return w.object(i, depth)
	case b[i] == '[':
		return w.array(i, depth)
	}
	if end = rawjson.Skip(b, i); end > i {
		w.fn(w.path, b[i:end])
	}
	return end
}

func (w *leafWalk) object(i, depth int) int {
	b, before := w.doc, len(w.path)
	for i++; i < len(b) && b[i] == '"'; {
		begin := i
		end, _ := rawjson.SkipString(b, i)
		if end >= len(b) || b[end] != ':' {
			return len(b)
		}
		if depth > 0 {
			w.path = append(w.path, '.')
		}
		w.path = rawjson.AppendDecoded(w.path, b[begin:end])
		i = w.value(end+1, depth+1)
		w.path = w.path[:before]
		if i >= len(b) || b[i] != ',' {
			break
		}
		i++
	}
	return min(i+1, len(b))
}

func (w *leafWalk) array(i, depth int) int {
	b := w.doc
	for i++; i < len(b) && b[i] != ']'; {
		before := i
		i = w.value(i, depth+1)
		if i < len(b) && b[i] == ',' {
			i++
		}
		if i == before {
			return len(b) // no JSON
		}
	}
	return min(i+1, len(b))
}
