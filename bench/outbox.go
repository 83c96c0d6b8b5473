package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
)

// The workloads that say what an outbox must reach, each with its bars: all of them have names that begin with outbox, so
// that -workload '^outbox' runs them alone.

func outboxWorkloads(p plan) []workload {
	return []workload{outboxWriteWorkload(p), outboxDrainWorkload(p), outboxOwedWorkload(p)}
}

// outboxEnv holds the outboxTask of a process.
const outboxEnv = "KUZZLITE_BENCH_OUTBOX"

const (
	outboxDisk   = "with an outbox, on disk"
	outboxMemory = "with an outbox, in memory"
	aloneDisk    = "without, on disk"
	aloneMemory  = "without, in memory"
	plainUpsert  = "plain mUpsert"
)

func outboxWriteWorkload(p plan) workload {
	w := base(p, "outbox-write", "What does an outbox take of local writes while the server upstream is away?")
	w.batch, w.target = min(200, p.Documents/2), p.Engine
	w.entries = []entry{
		{label: outboxDisk, contender: "kuzzlite-outbox"}, {label: aloneDisk, contender: "kuzzlite"},
		{label: outboxMemory, contender: "kuzzlite-outbox-memory"}, {label: aloneMemory, contender: "kuzzlite-memory"},
	}
	w.fill = true
	w.setup = fmt.Sprintf("One caller; each call updates %d random documents of %d B among %d, 4 leaves each. The outbox "+
		"was opened before the store was filled, so that all documents are owed; no server answers.",
		w.batch, sizeLarge, p.Documents)
	w.bars = []bar{
		{of: outboxDisk, against: []string{aloneDisk}, by: byRate, atLeast: 0.9},
		{of: outboxMemory, against: []string{aloneMemory}, by: byRate, atLeast: 0.9},
	}
	return w
}

func outboxDrainWorkload(p plan) workload {
	return workload{
		name:     "outbox-drain",
		question: fmt.Sprintf("How long does it take to send what %d changes of %d documents owe?", p.Changes, p.Documents),
		setup: fmt.Sprintf("A store on disk, whose outbox was opened before %d documents of %d B were created and updated, "+
			"with %d changes in all. Its process starts a Kuzzlite server on a store in memory, and then the time begins: of "+
			"opening the outbox, to upstream.Dial, until Flush returns; and against that, of reading all documents and sending "+
			"them by document:mUpsert over HTTP, %d at a time, in the same store. What the server has then is compared.",
			p.Documents, sizeSmall, p.Changes, kuzzleLimit),
		unit: "documents/s", shown: byTime, run: (*bench).outboxes, documents: p.Documents,
		entries: []entry{{contender: "kuzzlite"}, {contender: plainUpsert}},
		bars:    []bar{{against: []string{plainUpsert}, by: byTime, atMost: 1.2}},
	}
}

var byFirst = measure{"first request, ms", func(s sample) float64 { return s.P50.Seconds() * 1000 }, false, nil}

func outboxOwedWorkload(p plan) workload {
	return workload{
		name:     "outbox-owed",
		question: fmt.Sprintf("What do %d changes that are owed take in memory, and how soon is something sent?", p.Owed),
		setup: fmt.Sprintf("A store on disk, with %d changes of %d documents of %d B, all owed. Its outbox is opened, with a "+
			"server that takes note of the first request and is away. Time is that from Open to the first request; the Go heap "+
			"is that after a collection, with the store, the largest of 20 in 10 s.", p.Owed, p.Large, sizeSmall),
		unit: "changes", shown: byLive, run: (*bench).outboxes, documents: p.Large,
		entries: []entry{{contender: "kuzzlite"}},
		bars:    []bar{{by: byLive, atMost: 64, worst: true}, {by: byFirst, atMost: 100, worst: true}},
	}
}

// outboxes has a process of its own do each round of each contender.
func (b *bench) outboxes(w workload) (samples []sample, err error) {
	changes, rounds := b.plan.Changes, b.plan.LoadRuns
	if w.name == "outbox-owed" {
		changes, rounds = b.plan.Owed, b.plan.TextRuns
	}
	for round := 1; round <= rounds; round++ {
		err := b.eachText(w, round, func(contender string) error {
			s, err := b.outboxProcess(outboxTask{Workload: w.name, Contender: contender, Documents: w.documents, Changes: changes})
			s.Workload, s.Contender, s.Round = w.name, contender, round
			samples = append(samples, s)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return samples, nil
}

func (b *bench) outboxProcess(t outboxTask) (s sample, err error) {
	if t.Dir, err = os.MkdirTemp(b.dir, "outbox-"); err != nil {
		return s, err
	}
	defer os.RemoveAll(t.Dir)
	text, err := json.Marshal(t)
	if err != nil {
		return s, err
	}
	cmd := exec.Command(b.program)
	cmd.Env = append(os.Environ(), outboxEnv+"="+string(text))
	whole, out, err := timed(cmd)
	if err != nil {
		return s, err
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if err := json.Unmarshal(lines[len(lines)-1], &s); err != nil {
		return s, fmt.Errorf("%w: %s", err, out)
	}
	s.Own, s.OwnPeak, s.RSS = whole.Own, whole.OwnPeak, whole.RSS
	return s, nil
}
