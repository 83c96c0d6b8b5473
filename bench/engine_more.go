package main

import (
	"errors"
	"fmt"
	"slices"
)

// The engine's workloads that read, that watch a lone caller's time, or that open stores.

// Kuzzlite with an overlay that holds many of the documents, and without checkpoints.
const (
	fullLabel = "kuzzlite, overlay full"
	offLabel  = "kuzzlite, checkpoints off"
)

// engineReaders are those who read, with an overlay that is empty and one that is full.
func engineReaders(others ...string) []entry {
	full := entry{label: fullLabel, contender: "kuzzlite", overlay: true}
	return append([]entry{{contender: "kuzzlite"}, full, {contender: "bbolt"}, before("kuzzlite")}, entries(others...)...)
}

// readBars are the bars of those who read.
func readBars() (list []bar) {
	for _, of := range []string{"kuzzlite", fullLabel} {
		list = append(list, bar{of: of, against: []string{"bbolt"}, by: byCost, atMost: 1.2, stretch: 1.05})
	}
	return slices.Concat(list, smallInMemory(""), smallInMemory(fullLabel))
}

// fullSetup says what a full overlay is.
const fullSetup = " With its overlay full Kuzzlite has updated documents of about 14 MiB before each round, which " +
	"are not in its file yet."

func engineGetWorkload(p plan) workload {
	w := engineBase(p, "engine-get", "What does reading one document cost?",
		engineReaders(slices.Concat(byHand, oneByOne, logs)...))
	w.kind, w.target, w.bars = kindGet, p.Target, readBars()
	w.setup = fmt.Sprintf("One caller reads random documents of %d B among %d and owns the bytes it gets.",
		sizeLarge, p.Documents) + fullSetup
	return w
}

func engineScanWorkload(p plan) workload {
	w := engineBase(p, "engine-scan", "How fast are all documents listed in order?",
		engineReaders(slices.Concat(byHand, oneByOne, logs)...))
	w.kind, w.target, w.bars = kindScan, p.Target, readBars()
	w.setup = fmt.Sprintf("One caller lists all %d documents of %d B by id and owns the bytes it gets.",
		p.Documents, sizeLarge) + fullSetup
	return w
}

// pacedWorkload asks what a checkpoint does to a caller who leaves the store half of its time.
func pacedWorkload(p plan, size int) workload {
	w := engineBase(p, fmt.Sprintf("engine-paced-%d", size),
		fmt.Sprintf("How long does a caller at half the rate wait for a durable update of %d B, at worst?", size),
		[]entry{{contender: "kuzzlite"}, {label: offLabel, contender: "kuzzlite-nocheckpoint", reopen: true}})
	w.shape, w.target, w.run, w.shown = shape{Size: size, Leaves: 4}, p.Paced, (*bench).paced, byP999ms
	w.setup = fmt.Sprintf("One caller; each call updates one random document of %d B among %d. Its calls are due at half "+
		"of the rate that was measured before, without pauses; a call's time begins when it is due. With checkpoints off "+
		"the store is opened anew before each round, and writes nothing to its file in the round.", size, p.Documents)
	w.bars = append([]bar{{against: []string{offLabel}, by: byP999, atMost: 2}}, smallInMemory("")...)
	return w
}

// sustainedRounds is how many rounds tell which rate Kuzzlite keeps up.
const sustainedRounds = 3

// paced runs a workload at half the rate that its first entry keeps up without pauses.
func (b *bench) paced(w workload) (samples []sample, err error) {
	t := b.task(w, entry{label: "kuzzlite, without pauses", contender: "kuzzlite"})
	t.Target = max(b.plan.Engine, b.plan.Paced/sustainedRounds)
	rate, err := b.sustained(t)
	if err != nil {
		return nil, err
	}
	b.say("%s: the rate without pauses is %.0f calls/s", w.name, rate)
	w.pace = rate / 2
	return b.takeTurns(w)
}

// sustained returns how many calls a second a task's contender makes, checkpoints included.
func (b *bench) sustained(t task) (rate float64, err error) {
	if err := b.supply(t, false); err != nil {
		return 0, err
	}
	p, err := b.start(t)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.end()) }()
	if err := b.prepare([]*process{p}); err != nil {
		return 0, err
	}
	var rounds []sample
	for range sustainedRounds {
		a, err := p.order(orderRound)
		if err != nil {
			return 0, err
		}
		rounds = append(rounds, a.Sample)
	}
	return totalOf(rounds, func(s sample) float64 { return float64(s.Calls) }, sample.seconds), nil
}

func memoryWorkload(p plan) workload {
	w := engineBase(p, "engine-memory", "How fast are 200 documents updated in a store in memory?",
		[]entry{{label: "kuzzlite", contender: "kuzzlite-memory"}, before("kuzzlite-memory")})
	w.fill, w.batch, w.target, w.watch = true, min(200, p.Documents/2), p.Target, false
	w.setup = fmt.Sprintf("One caller; each call updates 200 random documents of %d B among %d. Nothing is durable.",
		sizeLarge, p.Documents)
	w.bars = []bar{{against: []string{beforeLabel}, by: byRate, atLeast: 2}}
	return w
}

func memoryOpenWorkload(p plan) workload {
	w := engineBase(p, "engine-memory-open", "How long does a new store in memory take to give its first answer?",
		[]entry{{label: "kuzzlite", contender: "kuzzlite-memory-open"}, before("kuzzlite-memory-open")})
	w.target, w.unit, w.shown, w.watch = p.Sweep, "stores/s", byP50ms, false
	w.setup = fmt.Sprintf("Each call opens a store in memory, creates a document of %d B and reads it; the stores are "+
		"closed beside that.", sizeSmall)
	w.bars = []bar{{by: byP50ms, atMost: 0.3}, {against: []string{beforeLabel}, by: byP50}}
	return w
}

// spaceDocuments are in the store of the workload engine-space.
const spaceDocuments = 20

func spaceWorkload() workload {
	w := base(fullPlan, "engine-space", "How many addresses does a small open store take?", "kuzzlite")
	w.run = func(b *bench, w workload) ([]sample, error) {
		pure, err := b.withoutCgo()
		if err != nil {
			return nil, err
		}
		return pure.open(w)
	}
	w.kind, w.shape, w.documents, w.batch = kindOpen, shape{Size: sizeSmall, Leaves: 4}, spaceDocuments, 1
	w.sorted, w.apart, w.watch = true, true, true
	w.unit, w.shown = "opened/s", bySpace
	w.setup = fmt.Sprintf("A new process opens a store of %d documents of %d B and reads one. What counts is by how much "+
		"the process's addresses (VmSize) grow with that. The program is one without cgo, whose threads take addresses "+
		"themselves.", spaceDocuments, sizeSmall)
	w.bars = []bar{{by: bySpace, atMost: 64, worst: true}}
	return w
}

// withoutCgo is the same run with a program that has no cgo.
func (b *bench) withoutCgo() (*bench, error) {
	if b.pure == "" {
		var err error
		if b.pure, err = buildPure(b.dir); err != nil {
			return nil, err
		}
	}
	pure := *b
	pure.program = b.pure
	return &pure, nil
}

// Kuzzlite after a crash, with as much in its log as there can be, and with what happened to be there.
const (
	logsLabel   = "kuzzlite, full logs"
	killedLabel = "kuzzlite, killed"
)

func recoveryWorkload(p plan) workload {
	w := engineBase(p, "engine-recovery", "How long does it take to open a store after a crash?", []entry{
		{label: logsLabel, contender: "kuzzlite", killed: true, writer: "kuzzlite-nocheckpoint"},
		{label: killedLabel, contender: "kuzzlite", killed: true},
		{label: "kuzzlite, closed", contender: "kuzzlite"},
	})
	w.run = (*bench).open
	w.kind, w.documents, w.batch = kindOpen, p.Recovery, min(200, p.Recovery/2)
	w.sorted, w.logs = true, p.Logs
	w.unit, w.shown = "opened/s", byMillis
	w.setup = fmt.Sprintf("A new process opens a store of %d documents of %d B and reads one, with nothing of its files "+
		"in the system's cache. Its writer was killed: in the middle of its calls, or after it had written %d MiB to the log "+
		"since the last checkpoint. That is as much as default options allow, a checkpoint under way and half as much again.",
		p.Recovery, sizeLarge, p.Logs>>20)
	w.bars = append([]bar{
		{of: logsLabel, by: byMillis, atMost: 300},
		{of: killedLabel, by: byMillis, atMost: 300},
	}, smallInMemory(logsLabel)...)
	return w
}
