package kuzzlite

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// What Check verifies of field indexes: each entry that a document must have is there, and there are no others.

// lookedIndexes is what was seen of the field indexes of a collection.
type lookedIndexes struct {
	set     *fieldindex.Set
	present []uint64            // of each index, the entries that documents have
	stored  map[uint32]uint64   // of each number, the entries that there are
	corpora []fieldindex.Corpus // of each index, what its documents have
}

// fieldIndexes reads the definitions. What is damaged is reported, and then nothing is known of entries.
func (l *looked) fieldIndexes() error {
	stored, err := l.v.Get(l.bucket, keyFieldIndexes)
	if errors.Is(err, kv.ErrNoBucket) {
		return nil
	}
	if err != nil {
		return err
	}
	if stored == nil { // so no entry is of any
		l.indexes.stored = map[uint32]uint64{}
		return nil
	}
	sets := fieldIndexSets{}
	set, err := sets.decode(l.bucket, stored)
	if err != nil {
		l.problem("%s/%s: %v", l.index, l.name, err)
		return nil
	}
	if err := set.Fault(); err != nil { // nothing can be said of the entries, which may be sound
		return fmt.Errorf("%s/%s: %w", l.index, l.name, err)
	}
	l.indexes = lookedIndexes{set: set, present: make([]uint64, len(set.Indexes)), stored: map[uint32]uint64{},
		corpora: make([]fieldindex.Corpus, len(set.Indexes))}
	return nil
}

// entries verifies the entries of a document.
func (l *looked) entries(where, id string, r *record) {
	set := l.indexes.set
	if set == nil {
		return
	}
	entries, err := set.Stored(id, r.body)
	if err != nil {
		l.problem("%s: %v", where, err)
		return
	}
	at := map[uint32]int{}
	for i := range set.Indexes {
		at[set.Indexes[i].Number] = i
		have, need := set.Indexes[i].Shape, entries.Shapes[i]
		if r.expires != 0 {
			continue // the index may have been built when the document had expired: see buildPart.document
		}
		if !set.Indexes[i].Noted {
			need.Inexact, need.Respelled = false, false
		}
		if have.And(need) != have && l.covers(i, id) {
			l.problem("%s: field index %q does not know of its shape", where, set.Indexes[i].Name)
		}
	}
	for i := range entries.Corpora {
		if l.covers(i, id) {
			l.indexes.corpora[i].Add(entries.Corpora[i])
		}
	}
	for i := range entries.List {
		l.entry(where, id, r, at[fieldindex.NumberOf(entries.List[i].Key)], &entries.List[i])
	}
}

// covers says whether the entries of a document must be in an index: not if it is being built, and has not come to
// the document.
func (l *looked) covers(i int, id string) bool {
	return l.indexes.set.Indexes[i].Covers(id)
}

// entry verifies one entry of a document in an index.
func (l *looked) entry(where, id string, r *record, i int, e *fieldindex.Entry) {
	value, err := l.v.Get(l.bucket, e.Key)
	switch {
	case err == nil && value != nil && bytes.Equal(value, e.Value(id)):
		l.indexes.present[i]++
	case r.expires != 0: // until the document is removed, another may have its unique entry
	case l.covers(i, id):
		what := "is missing"
		if value != nil {
			what = "has another value"
		}
		l.problem("%s: an entry in field index %q %s", where, l.indexes.set.Indexes[i].Name, what)
	}
}

// entryKey counts an entry.
func (l *looked) entryKey(key []byte) {
	if l.indexes.stored != nil {
		l.indexes.stored[fieldindex.NumberOf(key)]++
	}
}

// entriesCounted reports entries that no document has.
func (l *looked) entriesCounted() {
	for i, present := range l.indexes.present {
		d := &l.indexes.set.Indexes[i]
		if n := l.indexes.stored[d.Number]; n != present {
			l.problem("%s/%s: field index %q has %d entries, the documents have %d", l.index, l.name, d.Name, n, present)
		}
		delete(l.indexes.stored, d.Number)
		l.corpus(d, l.indexes.corpora[i])
	}
	for number, n := range l.indexes.stored {
		l.problem("%s/%s: %d entries are of the field index number %d, which there is not", l.index, l.name, n, number)
	}
}

// corpus reports that an index of words says something else of all its documents than these have.
func (l *looked) corpus(d *fieldindex.Definition, have fieldindex.Corpus) {
	said, kept, err := readCorpus(l.v, l.bucket, d)
	switch {
	case err != nil:
		l.problem("%s/%s: %v", l.index, l.name, err)
	case kept && said != have:
		l.problem("%s/%s: field index %q says that %d documents have %d words, and %d have scalars; it is %d, %d and %d",
			l.index, l.name, d.Name, said.Documents, said.Words, said.Scalars, have.Documents, have.Words, have.Scalars)
	}
}

// corpusKey checks that a key of a corpus is of an index of words.
func (l *looked) corpusKey(key []byte) {
	if l.indexes.stored == nil { // the definitions are damaged
		return
	}
	if set := l.indexes.set; set != nil {
		for i := range set.Indexes {
			if set.Indexes[i].Kind == fieldindex.Text && bytes.Equal(set.Indexes[i].CorpusKey(), key) {
				return
			}
		}
	}
	l.problem("%s/%s: the words of the field index number %d are counted, which there is not", l.index, l.name,
		fieldindex.NumberOf(key))
}
