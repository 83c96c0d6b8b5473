package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// task is what one contender is to do in one workload. Each task runs in a process of its own, so that no contender
// carries another's caches, collector or compactions; the processes take turns.
type task struct {
	Workload  string        `json:"workload"`
	Label     string        `json:"label"` // of the contender in this workload
	Contender string        `json:"contender"`
	Dir       string        `json:"dir"`
	Reads     bool          `json:"reads"` // gets, not upserts
	Documents int           `json:"documents"`
	Size      int           `json:"size"` // of a document, bytes
	Callers   int           `json:"callers"`
	Batch     int           `json:"batch"`  // documents a call
	Target    time.Duration `json:"target"` // of a round
	Heap      bool          `json:"heap"`   // watch the heap all the time
	Profile   string        `json:"profile"`
}

// loadBatch is how many documents a call writes while a store is filled, unless the heap is watched: what a call needs
// grows with its documents.
const loadBatch = 1000

// runner does the rounds of a task.
type runner struct {
	task
	raw       bool
	reorders  bool
	store     store
	streams   []*stream // one for each caller
	ids       []string  // to be read
	latencies latencies // of all timed rounds
	heap      *heapWatch
}

func newRunner(t task) (*runner, error) {
	c := contenderNamed(t.Contender)
	r := &runner{task: t, raw: c.raw, reorders: c.reorders}
	if t.Heap {
		r.heap = watchHeap()
	}
	for caller := range t.Callers {
		r.streams = append(r.streams, newStream(t.Documents, t.Callers, caller, t.Batch))
	}
	var err error
	if r.store, err = c.open(t.Dir); err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	return r, r.load()
}

// load fills the store with all documents as they are before the first update.
func (r *runner) load() error {
	made := newMaker(r.raw, r.Size)
	batch := loadBatch
	if r.Heap {
		batch = r.Batch
	}
	for first := 0; first < r.Documents; first += batch {
		made.reset()
		for i := first; i < min(first+batch, r.Documents); i++ {
			made.creation(i)
		}
		if err := r.store.upsert(made.items(), ignore); err != nil {
			return fmt.Errorf("load: %w", err)
		}
	}
	return nil
}

func ignore(int, uint64, []byte) {}

// prove does some calls whose every answer is checked, and returns a digest of all documents afterwards. It must be the
// same for all contenders.
func (r *runner) prove() (digest string, err error) {
	if !r.Reads {
		for range 3 {
			for _, s := range r.streams {
				if err := r.proveCall(s); err != nil {
					return "", err
				}
			}
		}
	}
	if err := r.verify(); err != nil {
		return "", err
	}
	h := sha256.New()
	for i := range r.Documents {
		doc, _, err := r.get(i)
		if err != nil {
			return "", err
		}
		h.Write(doc)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (r *runner) proveCall(s *stream) error {
	type answer struct {
		version uint64
		doc     []byte
	}
	made := newMaker(r.raw, r.Size)
	var docs []int
	var seeds []uint64
	before := map[int]uint64{}
	s.next(func(_, doc int, seed uint64) {
		made.update(doc, seed)
		docs, seeds = append(docs, doc), append(seeds, seed)
		_, before[doc], _ = r.store.get(string(appendID(nil, doc)))
	})
	answers := map[int]answer{}
	err := r.store.upsert(made.items(), func(pos int, version uint64, doc []byte) {
		answers[pos] = answer{version, bytes.Clone(doc)}
	})
	if err != nil || r.raw {
		return err
	}
	for pos, doc := range docs {
		a, ok := answers[pos]
		if a.doc, err = r.comparable(a.doc); err != nil {
			return fmt.Errorf("answer %d of %d: %w", pos, len(docs), err)
		}
		if !ok || a.version != before[doc]+1 || !bytes.Equal(a.doc, appendDocument(nil, doc, r.Size, seeds[pos])) {
			return fmt.Errorf("answer %d of %d is wrong: version %d after %d", pos, len(docs), a.version, before[doc])
		}
	}
	return nil
}

// get returns document number i, ready to be compared.
func (r *runner) get(i int) (doc []byte, version uint64, err error) {
	if doc, version, err = r.store.get(string(appendID(nil, i))); err != nil {
		return nil, 0, err
	}
	doc, err = r.comparable(doc)
	return doc, version, err
}

// comparable returns a document as it was made, if it is the right one.
func (r *runner) comparable(doc []byte) ([]byte, error) {
	if r.reorders {
		return inOrder(doc)
	}
	return doc, nil
}

// verify compares every document, and its version where there is one, with what the calls so far must have made of it.
func (r *runner) verify() error {
	seeds, versions := make([]uint64, r.Documents), make([]uint32, r.Documents)
	for _, s := range r.streams {
		again := newStream(s.docs, s.callers, s.caller, s.batch)
		for again.drawn < s.drawn {
			again.next(func(_, doc int, seed uint64) {
				seeds[doc] = seed
				versions[doc]++
			})
		}
	}
	var want []byte
	for i := range r.Documents {
		doc, version, err := r.get(i)
		if err != nil {
			return fmt.Errorf("verify document %d: %w", i, err)
		}
		want = appendDocument(want[:0], i, r.Size, seeds[i])
		if !bytes.Equal(doc, want) {
			return fmt.Errorf("verify document %d: it is\n%s\nand must be\n%s", i, doc, want)
		}
		if !r.raw && version != uint64(versions[i])+1 {
			return fmt.Errorf("verify document %d: version %d, must be %d", i, version, versions[i]+1)
		}
	}
	return nil
}
