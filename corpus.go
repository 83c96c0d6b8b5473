package kuzzlite

import (
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// What indexes of words know of all their documents, see fieldindex.Corpus: in the bucket of the collection, as CRC-32C
// (4 bytes, big endian) of the key and of what follows, and the corpus. An index that an earlier build has made has none,
// and then nobody keeps one: it would be of the documents that were written since.

// readCorpus reads the corpus of an index; kept is false if it has none.
func readCorpus(v kv.View, bucket []byte, d *fieldindex.Definition) (c fieldindex.Corpus, kept bool, err error) {
	if d.Kind != fieldindex.Text {
		return c, false, nil
	}
	key := d.CorpusKey()
	stored, err := v.Get(bucket, key)
	if stored == nil || err != nil {
		return c, false, err
	}
	if sealed(key, stored) {
		c, err = fieldindex.DecodeCorpus(stored[checksumSize:])
	}
	if err != nil || !sealed(key, stored) {
		return c, false, fmt.Errorf("%w: what the field index %q says of its words", ErrCorrupt, d.Name)
	}
	return c, true, nil
}

// beginCorpus writes the corpus of an index of words that has no documents yet.
func (t *txn) beginCorpus(bucket []byte, d *fieldindex.Definition) error {
	if d.Kind != fieldindex.Text {
		return nil
	}
	return t.putCorpus(bucket, d, fieldindex.Corpus{})
}

func (t *txn) putCorpus(bucket []byte, d *fieldindex.Definition, c fieldindex.Corpus) error {
	key := d.CorpusKey()
	stored, err := c.Append(make([]byte, checksumSize, 32))
	if err != nil {
		return fmt.Errorf("%w: field index %q: %w", ErrCorrupt, d.Name, err)
	}
	seal(key, stored)
	t.batch.Put(bucket, key, stored)
	if t.corpora == nil {
		t.corpora = map[string]fieldindex.Corpus{}
	}
	t.corpora[string(bucket)+string(key)] = c
	return nil
}

// changeCorpora has the corpora of indexes grow, each by its own change. After an error nothing is in the batch.
func (t *txn) changeCorpora(bucket []byte, indexes []fieldindex.Definition, changes []fieldindex.Corpus) error {
	after, kept := make([]fieldindex.Corpus, len(indexes)), make([]bool, len(indexes))
	for i := range indexes {
		if changes[i] == (fieldindex.Corpus{}) {
			continue
		}
		var err error
		if after[i], kept[i], err = t.corpus(bucket, &indexes[i]); err != nil {
			return err
		}
		after[i].Add(changes[i])
		if _, err := after[i].Append(nil); kept[i] && err != nil {
			return fmt.Errorf("%w: field index %q: %w", ErrCorrupt, indexes[i].Name, err)
		}
	}
	for i := range indexes {
		if !kept[i] {
			continue
		}
		if err := t.putCorpus(bucket, &indexes[i], after[i]); err != nil {
			return err
		}
	}
	return nil
}

// corpus returns the corpus of an index as the step under way has left it.
func (t *txn) corpus(bucket []byte, d *fieldindex.Definition) (c fieldindex.Corpus, kept bool, err error) {
	if c, ok := t.corpora[string(bucket)+string(d.CorpusKey())]; ok {
		return c, true, nil
	}
	return readCorpus(t.view, bucket, d)
}

// grown adds to changes of corpora that of a document, which has had some before and has others after; each may be nil.
// A document that an index does not cover yet is counted by whoever builds the index.
func grown(changes []fieldindex.Corpus, set *fieldindex.Set, id string, before, after []fieldindex.Corpus) []fieldindex.Corpus {
	if before == nil && after == nil {
		return changes
	}
	if changes == nil {
		changes = make([]fieldindex.Corpus, len(set.Indexes))
	}
	for i := range changes {
		if !set.Indexes[i].Covers(id) {
			continue
		}
		if before != nil {
			changes[i].Subtract(before[i])
		}
		if after != nil {
			changes[i].Add(after[i])
		}
	}
	return changes
}
