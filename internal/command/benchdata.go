package command

import (
	"bytes"
	"fmt"
	"math/rand/v2"
)

// The documents that bench measures with. What a document looks like follows from its number and its revision, which is
// how often it has been written, from 1. So what a store must have after any number of calls is known without it.

// benchData makes the documents.
type benchData struct {
	documents int
	size      int    // bytes of a document
	order     []int  // the numbers of the documents, scattered
	text      []byte // of which each document has a piece
}

// The bounds of benchData: as many documents as the largest call changes, and ids of the same length. A document of the
// least size has its fields, and little text.
const (
	leastBenchDocuments, mostBenchDocuments = largestBenchCall, 10_000_000
	leastBenchSize, mostBenchSize           = 256, 64 << 10
)

func newBenchData(documents, size int) *benchData {
	random := rand.New(rand.NewPCG(1, 2)) // the same each time
	text := make([]byte, 2*size)
	for i := range text {
		text[i] = byte('a' + random.IntN(26))
	}
	return &benchData{documents, size, random.Perm(documents), text}
}

// id returns the id of a document. Ids are in the order of the numbers.
func (d *benchData) id(number int) string { return fmt.Sprintf("order-%08d", number) }

// document returns the JSON of a document.
func (d *benchData) document(number int, revision uint32) []byte {
	doc := make([]byte, 0, d.size)
	doc = fmt.Appendf(doc, `{"status":"state-%010[1]d","total":1%010[1]d.25,"updater":"user-%010[1]d",`, revision)
	doc = fmt.Appendf(doc, `"customer":{"number":"%08d","city":"city-%010d"},"note":"`, number, revision)
	length := d.size - len(doc) - len(`"}`)
	piece := d.text[number%d.size:]
	return append(append(doc, piece[:length]...), `"}`...)
}

// changes returns the JSON of the changes that give any document a revision: four fields.
func (d *benchData) changes(revision uint32) []byte {
	return fmt.Appendf(nil, `{"status":"state-%010[1]d","total":1%010[1]d.25,"updater":"user-%010[1]d",`+
		`"customer":{"city":"city-%010[1]d"}}`, revision)
}

// check compares a document of a store with what it must be.
func (d *benchData) check(number int, revision uint32, doc []byte) error {
	if !bytes.Equal(doc, d.document(number, revision)) {
		return fmt.Errorf("%w: document %q is not what write number %d made of it", errBenchWrong, d.id(number), revision)
	}
	return nil
}

// A walk draws the documents of one caller: all equally often, scattered over the store.
type walk struct {
	order []int
	at    int
}

// walks returns a walk for each caller. No two of them draw the same document.
func (d *benchData) walks(callers int) []*walk {
	walks := make([]*walk, callers)
	for i := range walks {
		walks[i] = &walk{order: d.order[i*d.documents/callers : (i+1)*d.documents/callers]}
	}
	return walks
}

// next returns the numbers of n documents, none of them twice. The walk must have as many.
func (w *walk) next(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = w.order[w.at]
		w.at = (w.at + 1) % len(w.order)
	}
	return numbers
}
