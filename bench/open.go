package main

import (
	"errors"
	"fmt"
	"slices"
)

// The workload open: a process opens a store and reads a document, with nothing of the files in the system's cache.

func openWorkload(p plan) workload {
	question := fmt.Sprintf("How long does it take to open a store of %d documents and read one?", p.Open)
	w := base(p, "open", question)
	w.run = (*bench).open
	w.kind, w.shape, w.documents, w.batch = kindOpen, shape{Size: sizeSmall, Leaves: 4}, p.Open, min(200, p.Open/2)
	w.target = p.Sweep
	w.sorted, w.apart = true, true
	w.shown = byMillis
	w.unit = "opened/s"
	w.setup = fmt.Sprintf("A new process opens a store of %d documents of %d B that was closed cleanly, or was killed "+
		"while it updated, and reads one document. Before that the system is told to forget the files (posix_fadvise), "+
		"where the file system heeds it. bbolt has its default options: tuned it reads the whole file, "+
		"unless somebody writes the list of free pages for it when the file is closed, as Kuzzlite does.", p.Open, sizeSmall)
	w.entries = slices.Concat(
		entries("kuzzlite"),
		[]entry{{label: "kuzzlite, killed", contender: "kuzzlite", killed: true}},
		entries("bbolt-defaults"), entries(oneByOne...), entries(logs...),
	)
	return w
}

// opening is one contender of the workload.
type opening struct {
	entry entry
	task  task
}

func (b *bench) open(w workload) (samples []sample, err error) {
	var list []*opening
	for _, e := range w.entries {
		if b.skips(e) {
			continue
		}
		o := &opening{e, b.task(w, e)}
		if err := b.supply(o.task, false); err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	for round := range b.plan.Rounds + 1 {
		b.say("%s: round %d of %d", w.name, round, b.plan.Rounds)
		for i := range list {
			s, err := b.openOnce(list[(i+round)%len(list)])
			if err != nil {
				return nil, err
			}
			if s.Round = round; round > 0 { // the first is to warm up
				samples = append(samples, s)
			}
		}
	}
	for _, o := range list {
		if err := b.verifyOpened(o.task); err != nil {
			return nil, err
		}
	}
	return samples, nil
}

func (b *bench) openOnce(o *opening) (s sample, err error) {
	if o.entry.killed {
		if err := b.killWriter(o); err != nil {
			return s, err
		}
	}
	if err := dropCaches(o.task.Dir); err != nil {
		return s, err
	}
	p, err := b.start(o.task)
	if err != nil {
		return s, err
	}
	return p.opened, p.stop()
}

// killWriter has a process update documents and kills it.
func (b *bench) killWriter(o *opening) error {
	t, what := o.task, orderWarm
	if o.entry.writer != "" {
		t.Contender, what = o.entry.writer, orderLogs
	}
	p, err := b.start(t)
	if err != nil {
		return err
	}
	a, err := p.order(what)
	o.task.Drawn += uint64(a.Sample.Calls)
	return errors.Join(err, p.kill())
}

// verifyOpened checks that a store has all that was written before its process was killed.
func (b *bench) verifyOpened(t task) error {
	if err := fillCaches(t.Dir); err != nil {
		return err
	}
	p, err := b.start(t)
	if err != nil {
		return err
	}
	_, err = p.order(orderVerify)
	return errors.Join(err, p.end())
}
