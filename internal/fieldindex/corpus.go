package fieldindex

import (
	"encoding/binary"
	"errors"
)

// What an index of words knows of all its documents together, which the scores of documents need. It is kept with the
// index, under a key of its own, and changes in the batch that changes entries. While the index is being built it is of
// the documents that the index covers.

// Corpus is how much text an index of words has.
type Corpus struct {
	Documents int64 // that have a word
	Words     int64 // that these have, each as often as it is there
	Scalars   int64 // of the documents, those with a number or a boolean in the field, which not every query takes for a text
}

// Add adds what a document has, or several have.
func (c *Corpus) Add(other Corpus) {
	c.Documents += other.Documents
	c.Words += other.Words
	c.Scalars += other.Scalars
}

// Subtract is the inverse of Add.
func (c *Corpus) Subtract(other Corpus) {
	c.Documents -= other.Documents
	c.Words -= other.Words
	c.Scalars -= other.Scalars
}

// isPossible says whether some documents may have as much.
func (c *Corpus) isPossible() bool {
	return c.Scalars >= 0 && c.Documents >= c.Scalars && c.Words >= c.Documents && (c.Documents > 0 || c.Words == 0)
}

// corpusPrefix begins the keys of corpora in the bucket of a collection.
const corpusPrefix = 'w'

// CorpusKey returns the key of what the index knows of all its documents.
func (d *Definition) CorpusKey() []byte {
	return binary.BigEndian.AppendUint32([]byte{corpusPrefix}, d.Number)
}

// IsCorpus says whether a key of the bucket of a collection is one of a corpus.
func IsCorpus(key []byte) bool { return len(key) == 5 && key[0] == corpusPrefix }

// Append appends the corpus as it is stored, without a checksum: its numbers as uvarints. The error is that of more being
// taken away than was there.
func (c *Corpus) Append(dst []byte) ([]byte, error) {
	if !c.isPossible() {
		return dst, errCorpus
	}
	dst = binary.AppendUvarint(dst, uint64(c.Documents))
	dst = binary.AppendUvarint(dst, uint64(c.Words))
	return binary.AppendUvarint(dst, uint64(c.Scalars)), nil
}

var errCorpus = errors.New("no documents have the numbers of words that an index says they have")

// DecodeCorpus reads what Append wrote.
func DecodeCorpus(b []byte) (c Corpus, err error) {
	for _, into := range []*int64{&c.Documents, &c.Words, &c.Scalars} {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > mostPlaces {
			return Corpus{}, errCorpus
		}
		*into, b = int64(n), b[size:]
	}
	if len(b) > 0 || !c.isPossible() {
		return Corpus{}, errCorpus
	}
	return c, nil
}
