package kuzzlite

import (
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Kuzzle's metadata: which _kuzzle_info each verb writes, with Options.Metadata. What callers pass under that key in
// what they write is dropped. Where the key stands can be seen in exports, so it stands where Kuzzle puts it: first for
// the verbs on many documents and for mUpsert, last for those on one.

const metadataKey = "_kuzzle_info"

// stamp is who writes, and when, for all documents of a call.
type stamp struct {
	on     bool // Options.Metadata
	user   string
	now    int64 // ms since 1970
	single bool  // the verb for one document, where Kuzzle differs
}

// quotedUser returns the user as JSON, null if there is none.
func (s *stamp) quotedUser() string {
	if s.user == "" {
		return "null"
	}
	return string(rawjson.AppendString(nil, s.user))
}

func (s *stamp) millis() string { return strconv.FormatInt(s.now, 10) }

// updated is merged into a document that an update or an upsert changes.
func (s *stamp) updated() string {
	return `{"updatedAt":` + s.millis() + `,"updater":` + s.quotedUser() + `}`
}

// authored is in a document that mUpsert creates.
func (s *stamp) authored() string {
	return `{"author":` + s.quotedUser() + `,"createdAt":` + s.millis() + `}`
}

// created is in a document that create, createOrReplace or replace writes, whatever was there before.
func (s *stamp) created(v verb) string {
	rest := `,"updatedAt":null,"updater":null}`
	if s.single && v != verbCreate {
		rest = `,"updatedAt":` + s.millis() + `,"updater":` + s.quotedUser() + `}`
	}
	return `{"author":` + s.quotedUser() + `,"createdAt":` + s.millis() + rest
}

// body returns the whole document that create, createOrReplace or replace stores for the one given.
func (s *stamp) body(v verb, doc []byte) []byte {
	if !s.on {
		return doc
	}
	doc = without(doc, metadataKey)
	if s.single {
		return withLast(doc, metadataKey, s.created(v))
	}
	return withFirst(doc, metadataKey, s.created(v))
}

// changes returns what is merged into an existing document for the changes given. With MergePatch that is without the
// metadata, of which nulls are to stay: touch merges them.
func (s *stamp) changes(changes []byte, mode MergeMode) []byte {
	if !s.on {
		return changes
	}
	changes = without(changes, metadataKey)
	if mode == MergePatch {
		return changes
	}
	if s.single {
		return withLast(changes, metadataKey, s.updated())
	}
	return withFirst(changes, metadataKey, s.updated())
}

// touch appends doc to dst, with the metadata of a document that is changed, and says whether the metadata was another.
func (s *stamp) touch(dst, doc []byte) (touched []byte, changed bool) {
	metadata := rawjson.Compile([]byte(`{"` + metadataKey + `":` + s.updated() + `}`))
	return mergeInto(dst, doc, metadata, MergeElasticsearch)
}

// newDocument appends to dst the document that an upsert creates from the changes and the default given; defaults may
// be nil.
//
// Kuzzle's mUpsert (DefaultsShallow) lets the default's _kuzzle_info stand; its upsert (ChangesShallow) writes only
// updatedAt and updater.
func (s *stamp) newDocument(dst, changes, defaults []byte, rule CreateRule, removeNull bool) []byte {
	if !s.on {
		return combineNew(dst, changes, defaults, rule, removeNull)
	}
	changes = without(changes, metadataKey)
	switch rule {
	case ChangesShallow:
		if defaults == nil {
			defaults = []byte("{}")
		}
		defaults = withLast(without(defaults, metadataKey), metadataKey, s.updated())
	case ChangesDeep:
		if defaults == nil {
			defaults = []byte("{}")
		}
		defaults = withFirst(without(defaults, metadataKey), metadataKey, s.authored())
	case DefaultsShallow:
		changes = withFirst(changes, metadataKey, s.authored())
	case DefaultsDeep:
		changes = withFirst(changes, metadataKey, s.authored())
		if defaults != nil {
			defaults = without(defaults, metadataKey)
		}
	}
	return combineNew(dst, changes, defaults, rule, removeNull)
}

// without returns obj without a key at its top level; obj itself if it has none.
func without(obj []byte, key string) []byte {
	if _, ok := rawjson.Lookup(obj, key); !ok {
		return obj
	}
	out := append(make([]byte, 0, len(obj)), '{')
	for k, v := range rawjson.Members(obj) {
		if !rawjson.KeyIs(k, key) {
			out = appendMember(out, k, v)
		}
	}
	return append(out, '}')
}

// withFirst returns obj, which has no such key, with the key before all others.
func withFirst(obj []byte, key, value string) []byte {
	out := make([]byte, 0, len(obj)+len(key)+len(value)+4)
	out = append(out, `{"`+key+`":`+value...)
	if len(obj) > len("{}") {
		out = append(out, ',')
	}
	return append(out, obj[1:]...)
}

// withLast returns obj, which has no such key, with the key after all others.
func withLast(obj []byte, key, value string) []byte {
	out := make([]byte, 0, len(obj)+len(key)+len(value)+4)
	out = append(out, obj[:len(obj)-1]...)
	if len(obj) > len("{}") {
		out = append(out, ',')
	}
	out = append(out, `"`+key+`":`+value...)
	return append(out, '}')
}
