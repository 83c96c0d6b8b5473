package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// takeTurns runs a workload: every contender fills its store, proves that it works, and runs a round to warm up; then
// each runs its first round, each its second, and so on; then each is verified.
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
			samples = append(samples, a.Sample)
		}
	}
	for _, p := range processes {
		a, err := p.order(orderPooled)
		if err != nil {
			return nil, err
		}
		b.pool(w, p.task.Label, a.Sample)
		if _, err := p.order(orderVerify); err != nil {
			return nil, err
		}
	}
	return samples, nil
}

func (b *bench) startAll(w workload) (list []*process, err error) {
	for _, e := range w.entries {
		if leftOut(e.contender) {
			continue
		}
		t := task{
			Workload: w.name, Label: e.name(), Contender: e.contender,
			Dir:   filepath.Join(b.dir, w.name+"-"+strings.ReplaceAll(e.name(), " ", "-")),
			Reads: w.reads, Documents: e.documents, Size: sizeLarge, Callers: w.callers, Batch: w.batch,
			Target: b.plan.Target, Heap: w.heap, Profile: b.profiles,
		}
		if t.Documents == 0 {
			t.Documents = b.plan.Documents
		}
		b.say("%s: %s fills its store", w.name, t.Label)
		p, err := start(b.program, t)
		if err != nil {
			return list, err
		}
		list = append(list, p)
	}
	return list, nil
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
		if ok && want != a.Digest {
			return fmt.Errorf("%s: the documents of %s are not those of the others", p.task.Workload, p.task.Label)
		}
		digests[p.task.Documents] = a.Digest
		if _, err := p.order(orderWarm); err != nil {
			return err
		}
	}
	return nil
}
