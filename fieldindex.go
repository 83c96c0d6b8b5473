package kuzzlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Field indexes: the secondary indexes of a collection, by the values of fields. They are not called indexes alone,
// which is Kuzzle's word for a set of collections.

// FieldIndex is a secondary index of a collection, which makes queries on its fields fast.
type FieldIndex struct {
	// Name names the index in its collection, in 1 to 128 bytes of UTF-8. Default: the fields, joined by commas.
	Name string `json:"name"`

	// Fields are the dotted paths of 1 to 8 fields. A path behind a "-" is descending: that matters only for sorting by
	// several fields. A field that is an array, or in objects of one, has an entry for each of its values.
	Fields []string `json:"fields"`

	// Kind is what the index has entries of. Default: the values of fields.
	Kind FieldIndexKind `json:"kind,omitempty"`

	// Analyzer splits the texts of a [FieldIndexText] into words: standard, simple, stop, whitespace or keyword, as in
	// Elasticsearch. Only queries use the index whose words are made by the same analyzer: without a mapping, standard.
	// Default: standard.
	Analyzer string `json:"analyzer,omitempty"`

	// Unique refuses a document with the same values of all fields as another one has, with [ErrNotUnique]. A document
	// that lacks one of the fields, or has null there, is refused nowhere (SQL has it so). Of an array each value counts.
	Unique bool `json:"unique"`

	// Sparse leaves out documents that have none of the fields, or only null and objects there. The index is smaller, and
	// of no use for finding such documents, or for sorting all documents.
	Sparse bool `json:"sparse"`

	// Where leaves out documents that do not match a condition, in the short language of package query: the index is
	// smaller, and Unique holds among the others only. Queries use such an index if the condition is one of theirs, as it
	// is or joined to others by And. Whoever writes to the collection, or checks the store, must import package query, or the
	// call fails.
	// Default: all documents.
	Where string `json:"where,omitempty"`
}

// FieldIndexKind is what a field index has entries of. Those of words and points have one field, which cannot be
// descending, and neither Unique nor Sparse: a document without words, or points, has no entry. Whoever writes to a collection that has one, or checks
// the store, must import package query, or the call fails.
type FieldIndexKind string

// The kinds of field indexes.
const (
	// FieldIndexValues has the values of fields, in their order: for equality, ranges, and sorting.
	FieldIndexValues FieldIndexKind = ""

	// FieldIndexText has the words of a field, and where they are: for Match, Phrase and their kin. A document with more
	// than 100,000 different words in the field is refused with [ErrTooLarge].
	FieldIndexText FieldIndexKind = "text"

	// FieldIndexGeo has the points of a field, in all notations that Near and Koncorde's conditions on places read: for
	// these, InBox, InPolygon and their kin. A document with points in more than 10,000 places is refused with
	// [ErrTooLarge].
	FieldIndexGeo FieldIndexKind = "geo"
)

// FieldIndexState is a field index of a collection.
type FieldIndexState struct {
	FieldIndex

	// Building says that the index is not complete: queries do not use it. [Collection.EnsureFieldIndex] goes on.
	Building bool `json:"building"`
}

// FieldIndexOptions says how EnsureFieldIndex behaves. Every zero field means the default.
type FieldIndexOptions struct {
	// Progress is told how many documents of how many have been read. Default: nobody is told. It is called between two
	// turns to write, on the goroutine of the caller.
	Progress func(done, total uint64)
}

// maxFieldIndexName bounds the name of a field index, in bytes.
const maxFieldIndexName = 128

// definition returns the index as it is stored.
func (f *FieldIndex) definition() (*fieldindex.Definition, error) {
	d := &fieldindex.Definition{
		Kind: fieldindex.Kind(f.Kind), Analyzer: f.Analyzer, Name: cmp.Or(f.Name, strings.Join(f.Fields, ",")),
		Unique: f.Unique, Sparse: f.Sparse, Where: f.Where,
	}
	if d.Kind == fieldindex.Text {
		d.Analyzer = cmp.Or(d.Analyzer, "standard")
	}
	if n := len(f.Fields); n == 0 || n > fieldindex.MaxFields {
		return nil, fmt.Errorf("%w field index %q: it has %d fields, and must have 1 to %d", ErrInvalid, d.Name, n,
			fieldindex.MaxFields)
	}
	for _, field := range f.Fields {
		path, descending := strings.CutPrefix(field, "-")
		if path == "" || !utf8.ValidString(path) {
			return nil, fmt.Errorf("%w field index %q: %q is no path of a field", ErrInvalid, d.Name, field)
		}
		if slices.ContainsFunc(d.Fields, func(f fieldindex.Field) bool { return f.Path == path }) {
			return nil, fmt.Errorf("%w field index %q: it has the field %q twice", ErrInvalid, d.Name, path)
		}
		d.Fields = append(d.Fields, fieldindex.Field{Path: path, Descending: descending})
	}
	if n := len(d.Name); n > maxFieldIndexName || !utf8.ValidString(d.Name) {
		return nil, fmt.Errorf("%w name of a field index %q: it must be 1 to %d bytes of valid UTF-8", ErrInvalid, d.Name,
			maxFieldIndexName)
	}
	if err := d.Check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if err := fieldindex.NewSet(&fieldindex.Definitions{Indexes: []fieldindex.Definition{*d}}).Fault(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return d, nil
}

// stateOf is the inverse of definition.
func stateOf(d *fieldindex.Definition) FieldIndexState {
	s := FieldIndexState{FieldIndex{
		Kind: FieldIndexKind(d.Kind), Analyzer: d.Analyzer, Name: d.Name, Unique: d.Unique, Sparse: d.Sparse, Where: d.Where,
	}, d.Build != nil}
	for _, f := range d.Fields {
		path := f.Path
		if f.Descending {
			path = "-" + path
		}
		s.Fields = append(s.Fields, path)
	}
	return s
}

// EnsureFieldIndex creates a field index, and its collection if that is missing, and returns once the index is complete.
// If there is such an index already, complete or not, it goes on from there. [ErrExists] if the collection has another
// index of that name; [ErrNotUnique] if documents are not unique: then the index is gone again; [ErrInvalid] for what
// cannot be an index, and for more than 32 in a collection.
//
// The index is built in turns of some thousand documents each, between which others write. If ctx ends, or the process,
// what is built stays, and the next EnsureFieldIndex goes on. Inside a transaction it fails with [ErrInTransaction].
//
// Each index makes writes slower, by about the work of writing one more small document for each entry that changes.
func (c *Collection) EnsureFieldIndex(ctx context.Context, index FieldIndex, o ...*FieldIndexOptions) error {
	opts, err := onlyOne(o)
	if err != nil {
		return err
	}
	if c.tx != nil {
		return fmt.Errorf("%w: a field index is built in several turns", ErrInTransaction)
	}
	d, err := index.definition()
	if err != nil {
		return err
	}
	b := builder{col: c, name: d.Name}
	if opts != nil {
		b.progress = opts.Progress
	}
	if err := c.store.write(ctx, func(t *txn) error { return b.begin(t, d) }); err != nil {
		return err
	}
	return b.run(ctx)
}

// FieldIndexes lists the field indexes in the order of their names.
func (c *Collection) FieldIndexes(ctx context.Context) (list []FieldIndexState, err error) {
	list = []FieldIndexState{}
	err = c.read(ctx, func(v kv.View, bucket []byte) error {
		set, err := c.store.fieldIndexes(v, bucket)
		if set == nil || err != nil {
			return err
		}
		for i := range set.Indexes {
			list = append(list, stateOf(&set.Indexes[i]))
		}
		return nil
	})
	slices.SortFunc(list, func(a, b FieldIndexState) int { return cmp.Compare(a.Name, b.Name) })
	return list, err
}

// DropFieldIndex deletes a field index. [ErrNotFound] if there is none of that name.
func (c *Collection) DropFieldIndex(ctx context.Context, name string) error {
	return c.turn(ctx, func(t *txn) error {
		bucket := c.key
		set, err := t.store.fieldIndexes(t.view, bucket)
		if errors.Is(err, kv.ErrNoBucket) {
			return unknown(t.view, c.index, c.name)
		}
		if err != nil {
			return err
		}
		if set == nil || set.Find(name) == nil {
			return &withReason{fmt.Sprintf("field index %q of %s/%s does not exist", name, c.index, c.name), ErrNotFound}
		}
		return t.dropFieldIndex(bucket, set, name)
	})
}

// dropFieldIndex deletes a field index of a set.
func (t *txn) dropFieldIndex(bucket []byte, set *fieldindex.Set, name string) error {
	d := set.Clone()
	at := slices.IndexFunc(d.Indexes, func(d fieldindex.Definition) bool { return d.Name == name })
	from, to := d.Indexes[at].Range()
	t.batch.DeleteRange(bucket, from, to)
	if d.Indexes[at].Kind == fieldindex.Text {
		t.batch.Delete(bucket, d.Indexes[at].CorpusKey())
	}
	d.Indexes = slices.Delete(d.Indexes, at, at+1)
	return t.putFieldIndexes(bucket, d)
}
