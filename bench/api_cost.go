package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// The workloads api-cost-…, each with its bars: see cost.go for how they run, cost_inputs.go for what they are given.

// linear bounds what a byte costs by what it costs where there are a quarter as many: about 1 if the cost is in
// proportion, 4 if it grows with the square.
const linear = 2

var (
	byByte = measure{"time per byte", sample.Cost, false, func(l []sample) float64 {
		return totalOf(l, sample.seconds, sample.documents)
	}}
	byHeldByte = measure{"bytes held per byte of input", func(s sample) float64 {
		return float64(s.Held) / s.documents()
	}, false, nil}
	byInput = measure{"resident set per byte of input", func(s sample) float64 {
		return float64(s.RSS) / s.documents()
	}, false, nil}
)

// quarterLabel is Kuzzlite with a quarter of the input.
const quarterLabel = "kuzzlite, a quarter"

func costWorkloads(p plan) []workload {
	return []workload{
		keysWorkload(p), fieldsWorkload(p), oneIDWorkload(p), leavesWorkload(p), resultsWorkload(p), atomicWorkload(p),
	}
}

// costBase is a workload of one call with an input, and one with another.
func costBase(name, question string, shown measure, input, otherLabel, other string) workload {
	return workload{
		name: name, question: question, unit: "bytes/s", shown: shown, run: (*bench).costly,
		entries: []entry{{label: "kuzzlite", contender: input}, {label: otherLabel, contender: other}},
	}
}

// costSetup says what is the same in all of them.
const costSetup = " Each round is a new process that opens a store and makes the one call. Bytes are those of the " +
	"request and of the documents that were there."

func keysWorkload(p plan) workload {
	w := costBase("api-cost-keys", "Is the time of changes with a long key over many others in proportion to them?",
		byMillis, "keys", quarterLabel, "keys, a quarter")
	w.setup = fmt.Sprintf("Changes {\"kk…k\": {\"00000\": {}, …}} of %d B, of which the first key is half, are merged "+
		"into an empty document, durably; and a quarter of that.", p.Cost) + costSetup
	w.bars = []bar{
		{by: byMillis, atMost: 200},
		{against: []string{quarterLabel}, by: byByte, atMost: linear},
	}
	return w
}

func fieldsWorkload(p plan) workload {
	w := costBase("api-cost-fields", "Is the time of DeleteFields in proportion to document and paths?",
		byMillis, "fields", quarterLabel, "fields, a quarter")
	w.setup = fmt.Sprintf("DeleteFields with %d B of paths, each of a field at the top, on a document of %d B, of which "+
		"they are half of the fields, durably; and a quarter of both.", p.Cost/500*len("f0000000"), p.Cost) + costSetup
	w.bars = []bar{
		{against: []string{quarterLabel}, by: byByte, atMost: linear},
		{by: byMillis},
	}
	return w
}

func oneIDWorkload(p plan) workload {
	w := costBase("api-cost-one-id", "How much memory does a call take that changes one document many times?",
		byOwn, "one id", quarterLabel, "one id, a quarter")
	w.setup = fmt.Sprintf("MUpsert of %d items of one id, each of which sets a number in the document, which has %d B, "+
		"durably; and of a quarter of the items. Memory of its own is that of the call.", p.Cost/500, p.Cost) + costSetup
	w.bars = []bar{
		{by: byOwn, atMost: 128, worst: true},
		{against: []string{quarterLabel}, by: byOwn, atMost: linear},
		{by: byMillis},
	}
	return w
}

// manyLabel is Kuzzlite with the input in many documents.
const manyLabel = "kuzzlite, many documents"

func leavesWorkload(p plan) workload {
	w := costBase("api-cost-leaves", "How much memory does the result of changes with many leaves hold?",
		byHeldByte, "leaves", manyLabel, "leaves of many")
	w.setup = fmt.Sprintf("MUpsert with changes of %d B, of a key of %d bytes over leaves of %d B, to an empty document; "+
		"and with as many bytes of changes to many of them, %d leaves each. Held is what is freed when the result is "+
		"dropped, after the store was closed and the request dropped.", 10*p.Cost, longKey, leafBytes, fewLeaves) + costSetup
	for _, of := range []string{"kuzzlite", manyLabel} {
		w.bars = append(w.bars, bar{of: of, by: byHeldByte, atMost: 3, worst: true}, bar{of: of, by: byMillis})
	}
	return w
}

// wholeLabel is Kuzzlite with the documents in its results.
const wholeLabel = "kuzzlite, with the documents"

func resultsWorkload(p plan) workload {
	w := costBase("api-cost-results", "How much memory does a result without the documents hold?",
		byHeld, "results", wholeLabel, "results, whole")
	w.setup = fmt.Sprintf("MUpsert that sets one field in 500 documents of %d B, durably, with WriteOptions.NoSource; "+
		"and without. Held is what is freed when the result is dropped, after the store was closed and the request dropped.",
		p.Cost/10) + costSetup
	w.bars = []bar{{by: byHeld, atMost: 1, worst: true}, {of: wholeLabel, by: byHeld}}
	return w
}

func atomicWorkload(p plan) workload {
	w := workload{
		name: "api-cost-atomic", question: "How much memory does it take to load a file all or nothing?",
		setup: fmt.Sprintf("kuzzlite mupsert --atomic --create loads an NDJSON file of about %d B, of documents of %d B. "+
			"The resident set is the process's largest (VmHWM), mapped pages of its files included.",
			atomicFactor*p.Cost, sizeSmall),
		unit: "bytes/s", shown: byInput, run: (*bench).loadAtomically, entries: entries("kuzzlite"),
	}
	w.bars = []bar{{by: byInput, atMost: 3, worst: true}}
	return w
}

const (
	atomicFactor  = 200 // times plan.Cost is the file: the command takes 256 MiB at most
	atomicLineLen = sizeSmall + len(`{"_id":"0123456789abcdef","changes":}`+"\n")
)

// loadAtomically has the command line load a file in one batch, again and again.
func (b *bench) loadAtomically(w workload) (samples []sample, err error) {
	if b.skips(w.entries[0]) {
		return nil, nil
	}
	file, documents := filepath.Join(b.dir, "api-atomic.ndjson"), max(1, atomicFactor*b.plan.Cost/atomicLineLen)
	if err := writeItems(file, documents); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.Remove(file)) }()
	cli, err := b.commandLine()
	if err != nil {
		return nil, err
	}
	for round := 1; round <= b.plan.LoadRuns; round++ {
		b.say("%s: run %d of %d", w.name, round, b.plan.LoadRuns)
		s, err := b.loadOneBatch(cli, file, documents)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.name, err)
		}
		s.Workload, s.Contender, s.Round = w.name, w.entries[0].name(), round
		samples = append(samples, s)
	}
	return samples, nil
}

func (b *bench) loadOneBatch(cli, file string, documents int) (s sample, err error) {
	dir, err := os.MkdirTemp(b.dir, "api-atomic-")
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cmd := exec.Command(cli, "mupsert", "--db", filepath.Join(dir, kuzzliteFile), "--create", "--atomic",
		benchIndex, benchCollection, file)
	if s, _, err = timed(cmd); err != nil {
		return s, err
	}
	info, err := os.Stat(file)
	if err != nil {
		return s, err
	}
	s.Documents, s.Calls = int(info.Size()), 1
	return s, verifyLoaded(contenderNamed("kuzzlite"), dir, documents)
}
