package kuzzlite

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/query"
)

// What unique field indexes refuse, in the model of queries: a look at all documents.

// uniqueModel is a unique field index.
type uniqueModel struct {
	fields []string
	where  *query.Matcher // nil: of all documents
}

// keys returns the combinations of values that a document must have alone.
func (u *uniqueModel) keys(id, doc string) (keys []string) {
	if u.where != nil && !u.where.Match(id, []byte(doc)) {
		return nil
	}
	var members map[string]any
	d := json.NewDecoder(strings.NewReader(doc))
	d.UseNumber()
	if err := d.Decode(&members); err != nil {
		panic(err)
	}
	keys = []string{""}
	for _, field := range u.fields {
		values, isArray := members[strings.TrimPrefix(field, "-")].([]any)
		if !isArray {
			values = []any{members[strings.TrimPrefix(field, "-")]}
		}
		var longer []string
		for _, v := range values {
			if text := uniqueText(v); text != "" {
				for _, key := range keys {
					longer = append(longer, key+text+"|")
				}
			}
		}
		keys = longer
	}
	return keys
}

// uniqueText returns a value as text, "" for what is no value of a unique index. Of long numbers the first digits count.
func uniqueText(v any) string {
	switch v := v.(type) {
	case json.Number:
		if len(v) > 512 {
			return fmt.Sprint(v[:512], len(v))
		}
		return string(v)
	case string:
		return fmt.Sprintf("%q", v)
	case bool:
		return fmt.Sprint(v)
	}
	return ""
}

// conflicts says whether a document has a combination of values that another one has.
func (r *findings) conflicts(id, doc string) bool {
	for i := range r.uniques {
		for _, key := range r.uniques[i].keys(id, doc) {
			for other, body := range r.docs {
				if other != id && slices.Contains(r.uniques[i].keys(other, body), key) {
					return true
				}
			}
		}
	}
	return false
}

// unique makes a random unique field index, or sees that it cannot be made.
func (r *findings) unique() {
	var fields []string
	for _, n := range r.Perm(3)[:1+r.IntN(3)] {
		fields = append(fields, r.pick("", "-")+[]string{"a", "b", "c"}[n])
	}
	fi, u := FieldIndex{Name: "unique", Fields: fields, Unique: true, Sparse: r.IntN(3) == 0}, uniqueModel{fields: fields}
	if r.IntN(2) == 0 {
		fi.Where = where
		q, err := query.Parse(where)
		r.f.ok(err)
		u.where, err = query.Compile(q, nil)
		r.f.ok(err)
	}
	r.uniques = append(r.uniques, u)
	possible := true
	for id, doc := range r.docs {
		possible = possible && !r.conflicts(id, doc)
	}
	err := r.f.col().EnsureFieldIndex(ctx, fi)
	if possible {
		r.f.ok(err)
		r.indexes = append(r.indexes, fields)
		r.kinds["unique"]++
		return
	}
	r.f.is("unique index", err, ErrNotUnique)
	r.uniques = r.uniques[:len(r.uniques)-1]
}

// put writes a document, unless that is refused, as it must be. It says whether the document was written.
func (r *findings) put(c *Collection, id, doc string, o *WriteOptions) bool {
	_, err := c.CreateOrReplace(ctx, id, raw(doc), o)
	refused := r.conflicts(id, doc)
	if refused != errors.Is(err, ErrNotUnique) {
		r.f.t.Fatalf("seed %d: %s as %s: %v, and the unique indexes are %+v", r.seed, doc, id, err, r.uniques)
	}
	if refused {
		r.kinds["refused"]++
		return false
	}
	r.f.ok(err)
	return true
}
