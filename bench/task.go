package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"
)

// kind is what the calls of a workload do.
type kind string

const (
	kindUpdate    kind = "update"
	kindGet       kind = "get"
	kindReadWrite kind = "readwrite" // some read, one writes
	kindMixed     kind = "mixed"     // each reads and writes
	kindCreate    kind = "create"
	kindMutate    kind = "mutate"
	kindScan      kind = "scan"
	kindChurn     kind = "churn"
	kindOpen      kind = "open" // what is measured is that the store is opened, and one document read

	kindEqual  kind = "equal" // these four ask questions: see question
	kindRange  kind = "range"
	kindFilter kind = "filter"
	kindPage   kind = "page"
	kindIndex  kind = "index" // builds an index

	kindTerms kind = "terms" // these two aggregate: see aggregator
	kindDays  kind = "days"
)

// task is what one contender is to do in one workload. Each task runs in a process of its own, so that no contender
// carries another's caches, collector or compactions; the processes take turns.
type task struct {
	Workload  string        `json:"workload"`
	Label     string        `json:"label"` // of the contender in this workload
	Contender string        `json:"contender"`
	Dir       string        `json:"dir"`
	Kind      kind          `json:"kind"`
	Fill      bool          `json:"fill"`   // the store is empty: fill it first
	Sorted    bool          `json:"sorted"` // fill it in the order of the ids
	Documents int           `json:"documents"`
	Shape     shape         `json:"shape"`
	Callers   int           `json:"callers"`
	Batch     int           `json:"batch"`  // documents a call
	Skewed    bool          `json:"skewed"` // see stream
	Drawn     uint64        `json:"drawn"`  // batches that a process before this one has written
	Target    time.Duration `json:"target"` // of a round
	Heap      bool          `json:"heap"`   // watch the heap all the time
	Profile   string        `json:"profile"`

	// A program of an older commit knows none of these, and ignores them: see understoodBefore.
	Watch   bool    `json:"watch,omitempty"`   // watch the memory during rounds
	Pace    float64 `json:"pace,omitempty"`    // calls a second of a lone caller; 0: one after the other
	Reopen  bool    `json:"reopen,omitempty"`  // open the store anew before each round: nothing is in the log then
	Overlay bool    `json:"overlay,omitempty"` // the same, and fill the overlay up to a little below a checkpoint
	Logs    int64   `json:"logs,omitempty"`    // bytes that the order "logs" writes to the log
	Halves  bool    `json:"halves,omitempty"`  // see stream

	Indexes []string `json:"indexes,omitempty"` // fields on which the store gets an index once it is open
	Page    int      `json:"page,omitempty"`    // that is asked for, the first is 1

	program string // that runs it; "": that of this build
}

// The documents of a call while a store is filled: as many as a program would take, many where they come in the order
// of their ids, and no more than 8 MiB. Where the heap is watched it is the workload's: what a call needs grows with
// its documents.
const (
	loadBatch   = 1000
	sortedBatch = 10_000
	loadBytes   = 8 << 20
)

func (t task) loadBatch() int {
	n := loadBatch
	if t.Sorted {
		n = sortedBatch
	}
	if t.Heap {
		n = t.Batch
	}
	return max(1, min(n, loadBytes/t.Shape.Size))
}

// runner does the rounds of a task.
type runner struct {
	task
	contender contender
	store     store
	opened    sample     // what opening took
	empty     resources  // of the process before it opened the store
	streams   []*stream  // one for each caller that updates
	created   int        // documents, after those that were there
	mutators  []*mutator // one for each caller of mutate
	ids       []string   // to be read
	pageAfter string     // kindPage: the cursor of the page that is asked for; "": not known yet
	latencies histogram  // of all timed rounds
	heap      *heapWatch // nil: nobody watches
	warmHeap  int64      // bytes that were alive after the round to warm up, where memory is watched
}

func newRunner(t task) (*runner, error) {
	r := &runner{task: t, contender: contenderNamed(t.Contender), empty: usage()}
	if t.Heap {
		r.heap = watchHeap()
	}
	r.hire()
	if err := r.openStore(); err != nil {
		return r, err
	}
	return r, r.makeIndexes()
}

// hire makes what the callers need to know what to do next.
func (r *runner) hire() {
	writers, batch := r.Callers, r.Batch
	switch r.Kind {
	case kindGet, kindScan, kindCreate, kindEqual, kindRange, kindFilter, kindPage, kindIndex, kindTerms, kindDays:
		writers = 0
		if r.Overlay {
			writers, batch = 1, min(overlayBatch, r.Documents)
		}
	case kindMutate:
		writers = 0
		for n := range r.Callers {
			r.mutators = append(r.mutators, newMutator(r, n))
		}
	case kindReadWrite, kindChurn, kindOpen:
		writers = 1
	}
	for n := range writers {
		s := newStream(r.Documents, writers, n, batch, r.Skewed)
		s.drawn, s.halves = r.Drawn, r.Halves
		r.streams = append(r.streams, s)
	}
}

func (r *runner) openStore() (err error) {
	shared := r.Kind == kindReadWrite || r.Kind == kindMixed
	start := time.Now()
	if r.store, err = r.contender.start(r.Dir, shared); err != nil {
		return fmt.Errorf("open: %w", err)
	}
	if r.Kind == kindOpen {
		if err := r.readFirst(); err != nil {
			return err
		}
	}
	r.opened.Workload, r.opened.Contender, r.opened.Documents, r.opened.Calls = r.Workload, r.Label, 1, 1
	r.opened.Seconds = time.Since(start).Seconds()
	u := usage()
	r.opened.CPU, r.opened.Own, r.opened.RSS = u.cpu, u.own, u.rss
	r.opened.Space = u.space - r.empty.space
	if r.Watch {
		r.opened.OwnPeak = max(0, u.own-r.empty.own)
		r.opened.HeapLive = liveHeap()
		e, err := r.describe()
		if err != nil {
			return err
		}
		r.opened.Recovery, r.opened.Overlay, r.opened.Log = e.recovery.Seconds(), e.overlay+e.frozen, e.log
	}
	if s, ok := r.store.(sized); ok {
		return s.prepareFor(r.Documents, r.Shape.Size)
	}
	if r.Fill {
		return r.load()
	}
	return nil
}

// readFirst reads a document that no update has changed since the store was filled: an opened store must answer.
func (r *runner) readFirst() error {
	const last = 1
	doc, _, err := r.store.get(string(appendID(nil, r.Documents-last)))
	if err == nil && len(doc) != r.Shape.Size && !r.contender.limit {
		err = errors.New("the first document is not what it was")
	}
	return err
}

// load fills the store with all documents as they are before the first update.
func (r *runner) load() error {
	if r.contender.limit {
		return nil
	}
	made := newMaker(r.contender.raw, r.Shape.filled())
	numbers := r.numbers()
	for batch := range slices.Chunk(numbers, r.loadBatch()) {
		made.reset()
		for _, i := range batch {
			made.creation(i, 0)
		}
		if err := r.store.upsert(made.items(), ignore); err != nil {
			return fmt.Errorf("load: %w", err)
		}
	}
	return nil
}

// numbers are the documents in the order in which they are to come.
func (r *runner) numbers() []int {
	list := make([]int, r.Documents)
	for i := range list {
		list[i] = i
	}
	if r.Sorted {
		slices.SortFunc(list, func(a, b int) int { return cmp.Compare(mix(uint64(a)), mix(uint64(b))) })
	}
	return list
}

func ignore(int, uint64, []byte) {}

// prove does some calls whose every answer is checked, and returns a digest of all documents afterwards. It must be the
// same for all contenders.
func (r *runner) prove() (digest string, err error) {
	if r.contender.limit {
		return "", nil
	}
	for range 3 {
		if err := r.proveCalls(); err != nil {
			return "", err
		}
	}
	digest, err = r.verify()
	debug.FreeOSMemory() // what the checks took is not the contender's
	forgetPeak()
	return digest, err
}

// proveCalls has each caller make a call, or as many as belong together.
func (r *runner) proveCalls() (err error) {
	switch r.Kind {
	case kindGet, kindScan: // those who only read hold what they were filled with
	case kindEqual, kindRange, kindFilter, kindPage, kindTerms, kindDays: // verify asks them
	case kindIndex:
		_, _, err = r.sole(&indexer{r: r}, 1, 0)
	case kindChurn:
		_, _, err = r.sole(&churner{r: r, made: r.maker()}, churnSteps, 0)
	case kindCreate:
		_, _, err = r.sole(&creator{r, r.maker()}, 1, 0)
	case kindMutate:
		for _, m := range r.mutators {
			if _, _, err := r.sole(m, 1, 0); err != nil {
				return err
			}
		}
	default:
		for _, s := range r.streams {
			if err := r.proveCall(s); err != nil {
				return err
			}
		}
	}
	return err
}

func (r *runner) proveCall(s *stream) error {
	type answer struct {
		version uint64
		doc     []byte
	}
	made := r.maker()
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
	if err != nil || r.contender.raw {
		return err
	}
	for pos, doc := range docs {
		a, ok := answers[pos]
		if a.doc, err = r.comparable(a.doc); err != nil {
			return fmt.Errorf("answer %d of %d: %w", pos, len(docs), err)
		}
		if !ok || a.version != before[doc]+1 || !bytes.Equal(a.doc, r.Shape.appendDocument(nil, doc, seeds[pos])) {
			return fmt.Errorf("answer %d of %d is wrong: version %d after %d", pos, len(docs), a.version, before[doc])
		}
	}
	return nil
}

func (r *runner) maker() *maker { return newMaker(r.contender.raw, r.Shape) }
