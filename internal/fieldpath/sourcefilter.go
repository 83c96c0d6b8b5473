package fieldpath

import (
	"errors"
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// SourceFilter says what of documents, or of nested objects in them, is shown (Elasticsearch: _source). The zero filter
// shows all. It does not change; any number of goroutines may use it.
type SourceFilter struct {
	Nothing    bool        // not even an empty object is shown
	projection *Projection // nil: all of it is shown
}

// maxStars is how many patterns with a star a filter may have. Each field of each document is compared with all of
// them.
const maxStars = 256

// NewSourceFilter returns the filter that keeps and leaves out what paths say, as those of NewProjection do.
func NewSourceFilter(keep, leaveOut []string) (f SourceFilter, err error) {
	n := 0
	for _, list := range [][]string{keep, leaveOut} {
		for _, path := range list {
			if hasStar(path) {
				n++
			}
		}
	}
	if n > maxStars {
		return f, fmt.Errorf("[_source] has %d patterns with a star, and may have %d", n, maxStars)
	}
	if len(keep)+len(leaveOut) > 0 {
		f.projection, err = NewProjection(keep, leaveOut)
	}
	return f, err
}

// ParseSourceFilter reads a filter as Elasticsearch has it: true or false, a path, a list of paths, or an object of
// includes and excludes. Its errors have Elasticsearch's text where it has one.
func ParseSourceFilter(raw []byte) (SourceFilter, error) { return ParseSourceFilterOver(raw, nil, nil) }

// ParseSourceFilterOver is ParseSourceFilter, with paths that count where raw says nothing of their kind.
func ParseSourceFilterOver(raw []byte, keep, leaveOut []string) (f SourceFilter, err error) {
	switch raw[0] {
	case 'f':
		return SourceFilter{Nothing: true}, nil
	case 't', 'n':
	case '"', '[':
		keep = Patterns(raw)
	case '{':
		for key, list := range rawjson.Members(raw) {
			switch name := string(rawjson.AppendDecoded(nil, key)); name {
			case "includes", "include":
				keep = Patterns(list)
			case "excludes", "exclude":
				leaveOut = Patterns(list)
			default:
				return f, unknownKey(list, name)
			}
		}
	default:
		return f, unknownKey(raw, "_source")
	}
	return NewSourceFilter(keep, leaveOut)
}

// Patterns returns a text, or the texts of a list.
func Patterns(raw []byte) (list []string) {
	text := func(raw []byte) string {
		if raw[0] == '"' {
			return string(rawjson.AppendDecoded(nil, raw))
		}
		return string(raw)
	}
	if raw[0] != '[' {
		return []string{text(raw)}
	}
	for e := range rawjson.Elements(raw, rawjson.MaxDepth) {
		list = append(list, text(e))
	}
	return list
}

func unknownKey(value []byte, name string) error {
	//lint:ignore ST1005 Elasticsearch's text
	return errors.New("Unknown key for a " + rawjson.Token(value) + " in [" + name + "].")
}

// Append appends what is shown of a document.
func (f *SourceFilter) Append(dst, doc []byte) []byte {
	if f.projection == nil {
		return append(dst, doc...)
	}
	return f.projection.Append(dst, doc)
}

// AppendNested appends what is shown of a nested object, which the filter knows by its whole path: that of keys which
// lead to it, of which each but the last has objects. Of an object of which nothing is shown, {} is.
func (f *SourceFilter) AppendNested(dst []byte, keys []string, object []byte) []byte {
	if f.projection == nil {
		return append(dst, object...)
	}
	var around []byte
	for _, key := range keys {
		around = append(rawjson.AppendString(append(around, '{'), key), ':')
	}
	around = append(around, object...)
	for range keys {
		around = append(around, '}')
	}
	shown := f.projection.Append(nil, around)
	for _, key := range keys {
		inner, ok := rawjson.Lookup(shown, key)
		if !ok {
			return append(dst, "{}"...)
		}
		shown = inner
	}
	return append(dst, shown...)
}
