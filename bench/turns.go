package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// takeTurns runs a workload: every contender gets a filled store, proves that it works, and runs a round to warm up;
// then each runs its first round, each its second, and so on; then each is verified.
func (b *bench) takeTurns(w workload) (samples []sample, err error) {
	processes, err := b.startAll(w)
	defer func() {
		for _, p := range processes {
			err = errors.Join(err, p.end())
		}
	}()
	if err != nil {
		return nil, err
	}
	if err := b.prepare(processes); err != nil {
		return nil, err
	}
	for round := 1; round <= b.plan.Rounds; round++ {
		b.say("%s: round %d of %d", w.name, round, b.plan.Rounds)
		for i := range processes {
			p := processes[(i+round)%len(processes)] // each comes after each other one in turn
			a, err := p.order(orderRound)
			if err != nil {
				return nil, err
			}
			a.Sample.Round = round
			if w.kind == kindChurn {
				if a.Sample.Disk, err = diskUsage(p.task.Dir); err != nil {
					return nil, err
				}
			}
			samples = append(samples, a.Sample)
		}
	}
	for _, p := range processes {
		settled, err := b.finish(w, p)
		if err != nil {
			return nil, err
		}
		samples = append(samples, settled...)
	}
	return samples, nil
}

// finish takes the latencies of all rounds, has the contender give back space where that is asked, and verifies it.
func (b *bench) finish(w workload, p *process) (settled []sample, err error) {
	a, err := p.order(orderPooled)
	if err != nil {
		return nil, err
	}
	b.pool(w, p.task.Label, a.Sample)
	if w.kind == kindChurn {
		if a, err = p.order(orderSettle); err != nil {
			return nil, err
		}
		s := a.Sample
		s.Contender, s.Round = p.task.Label+settledLabel, 1
		if s.Disk, err = diskUsage(p.task.Dir); err != nil {
			return nil, err
		}
		settled = append(settled, s)
	}
	_, err = p.order(orderVerify)
	return settled, err
}

// settledLabel marks the sample of a contender that has given back space.
const settledLabel = ", settled"

func (b *bench) startAll(w workload) (list []*process, err error) {
	for _, e := range w.entries {
		if b.skips(e) {
			continue
		}
		t := b.task(w, e)
		if e.before && !understoodBefore(t) {
			return list, fmt.Errorf("%s: the bench program before cannot do this", w.name)
		}
		if !t.Fill && !contenderNamed(t.Contender).limit {
			if err := b.supply(t, w.apart); err != nil {
				return list, err
			}
		}
		b.say("%s: %s opens its store", w.name, t.Label)
		p, err := b.start(t)
		if err != nil {
			return list, err
		}
		list = append(list, p)
	}
	return list, nil
}

// task is what an entry of a workload is to do.
func (b *bench) task(w workload, e entry) task {
	t := task{
		Workload: w.name, Label: e.name(), Contender: e.contender, Kind: w.kind, Fill: w.heap || w.fill, Sorted: w.sorted,
		Dir:       filepath.Join(b.dir, w.name+"-"+strings.ReplaceAll(e.name(), " ", "-")),
		Documents: w.documents, Shape: w.shape, Callers: w.callers, Batch: w.batch, Skewed: w.skewed,
		Target: w.target, Heap: w.heap, Profile: b.profiles,
		Indexes: w.indexes, Page: e.page, Watch: w.watch, Pace: w.pace, Reopen: e.reopen, Overlay: e.overlay, Logs: w.logs, Halves: w.halves,
	}
	if e.before {
		t.program = b.before.program
	}
	if e.documents > 0 {
		t.Documents = e.documents
	}
	if e.kind != "" {
		t.Kind = e.kind
	}
	if e.bare {
		t.Indexes = nil
	}
	return t
}

// prepare has each contender prove itself, and compares what their stores hold.
func (b *bench) prepare(processes []*process) error {
	digests := map[int]string{} // by number of documents
	for _, p := range processes {
		b.say("%s: %s proves itself", p.task.Workload, p.task.Label)
		a, err := p.order(orderProve)
		if err != nil {
			return err
		}
		want, ok := digests[p.task.Documents]
		if ok && want != a.Digest && a.Digest != "" {
			return fmt.Errorf("%s: the documents of %s are not those of the others", p.task.Workload, p.task.Label)
		}
		if a.Digest != "" {
			digests[p.task.Documents] = a.Digest
		}
		if _, err := p.order(orderWarm); err != nil {
			return err
		}
	}
	return nil
}
