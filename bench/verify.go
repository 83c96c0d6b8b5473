package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// What a store must hold follows from the calls that were made, and those follow from what each caller has drawn.

// expectation is what each document must be after the calls so far.
type expectation struct {
	seeds    []uint64
	versions []uint32 // 0: whatever the contender says
	counts   []uint64 // how often mutate has added one
}

func (r *runner) expect() expectation {
	n := r.Documents + r.created
	e := expectation{make([]uint64, n), make([]uint32, n), make([]uint64, hotDocuments)}
	for i := range e.versions {
		e.versions[i] = 1
	}
	for _, s := range r.streams {
		again := s.anew()
		for again.drawn < s.drawn {
			deletes := r.Kind == kindChurn && again.drawn%churnDraws == 0
			again.next(func(_, doc int, seed uint64) {
				switch {
				case deletes: // and creates again
					e.versions[doc] = 0
				case e.versions[doc] > 0:
					e.versions[doc]++
				}
				e.seeds[doc] = seed
			})
		}
	}
	for _, m := range r.mutators {
		for doc, n := range m.counts {
			e.counts[doc] += n
			e.versions[doc] += uint32(n)
		}
	}
	return e
}

// verify compares every document, and its version where there is one, with what the calls so far must have made of it,
// and returns a digest of them all.
func (r *runner) verify() (digest string, err error) {
	if r.contender.limit {
		return "", nil
	}
	want := r.expect()
	h := sha256.New()
	var last []byte
	var seen int
	err = r.store.scan(func(id []byte, version uint64, doc []byte) error {
		i, err := documentOf(id)
		if err != nil || i < 0 || i >= len(want.seeds) || bytes.Compare(last, id) >= 0 {
			return fmt.Errorf("document %q is not one that follows on %q", id, last)
		}
		last = append(last[:0], id...)
		if doc, err = r.comparable(doc); err != nil {
			return fmt.Errorf("document %d: %w", i, err)
		}
		seen++
		h.Write(doc)
		return r.check(want, i, version, doc)
	})
	if err == nil && seen != len(want.seeds) {
		err = fmt.Errorf("%d documents, must be %d", seen, len(want.seeds))
	}
	if err = errors.Join(err, r.checkGets(want), r.checkQueries(), r.checkGroups()); err != nil {
		return "", fmt.Errorf("verify: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// checkGets reads some documents one by one, since scan may see what get does not.
func (r *runner) checkGets(want expectation) error {
	for n := range min(1000, len(want.seeds)) {
		i := int(mix(uint64(n)) % uint64(len(want.seeds)))
		doc, version, err := r.store.get(string(appendID(nil, i)))
		if err == nil {
			doc, err = r.comparable(doc)
		}
		if err != nil {
			return fmt.Errorf("document %d: %w", i, err)
		}
		if err := r.check(want, i, version, doc); err != nil {
			return err
		}
	}
	return nil
}

// comparable returns a document as it was made, if it is the right one.
func (r *runner) comparable(doc []byte) ([]byte, error) {
	switch {
	case r.contender.reorders:
		return inOrder(doc)
	case r.contender.metadata:
		return withoutMetadata(doc)
	}
	return doc, nil
}

func (r *runner) check(want expectation, i int, version uint64, doc []byte) error {
	right := r.Shape.appendDocument(make([]byte, 0, r.Shape.Size), i, want.seeds[i])
	if i < hotDocuments && want.counts[i] > 0 {
		right = withCount(right, want.counts[i])
	}
	if !bytes.Equal(doc, right) {
		return fmt.Errorf("document %d is\n%s\nand must be\n%s", i, doc, right)
	}
	if v := uint64(want.versions[i]); !r.contender.raw && v > 0 && version != v {
		return fmt.Errorf("document %d has version %d, must be %d", i, version, v)
	}
	return nil
}

// withCount returns document doc as it is after n times adding one to its number.
func withCount(doc []byte, n uint64) []byte {
	return bytes.Replace(doc, appendSeed([]byte(`"total":1`), 0), appendSeed([]byte(`"total":1`), n), 1)
}
