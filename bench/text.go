package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// The workloads that say what searches for words must reach: their names begin with text. Each round of a contender is
// a process of its own, which writes or asks, and ends.

// textEnv holds the textTask of a process that is to write or to ask.
const textEnv = "KUZZLITE_BENCH_TEXT"

// textTask is what such a process does.
type textTask struct {
	Contender string
	Dir       string
	Texts     int
	Asks      int // questions that count; 0: it writes the texts
}

// textAnswer is what a process that has asked says.
type textAnswer struct {
	Sample sample
	Proof  []textHits // the answers to the first questions
}

// textContender is who writes texts and finds them.
type textContender struct {
	name string
	open func(dir string) (textStore, error)
}

// textContenders are the contenders that this build has.
func textContenders() []textContender {
	list := []textContender{
		{"kuzzlite", openKuzzliteTexts},
		{"bleve", openBleve},
		{"modernc", openTexts("modernc", moderncDriver)},
		{"ncruces", openNcrucesTexts},
	}
	if mattnFTS5() {
		list = append(list, textContender{"mattn", openTexts("mattn", mattnDriver)})
	}
	return list
}

// openTextStore opens the store of a contender.
func openTextStore(contender, dir string) (textStore, error) {
	for _, c := range textContenders() {
		if c.name == contender {
			return c.open(dir)
		}
	}
	return nil, fmt.Errorf("no contender %q", contender)
}

// textStore is a contender.
type textStore interface {
	// write writes texts, durably, and so that a search finds their words.
	write(first int, texts []string) error

	// search returns the best documents of those that have one of two words.
	search(words [2]string) (textHits, error)

	close() error
}

// textHits are the numbers of documents, the best one first.
type textHits []int

const (
	textBest  = 10   // documents that a search is for
	textBatch = 1000 // texts that are written in one call
	textAsks  = 50   // questions in a round, the same ones for all
)

func textWorkloads(p plan) []workload {
	list := append(entries("kuzzlite", "bleve", "modernc", "ncruces"), entry{contender: "mattn", fts5: true})
	setup := fmt.Sprintf("%d texts of 6 to 14 words of a vocabulary of %d, in which the n-th word is as frequent as 1/n. "+
		"SQLite has a table of FTS5 with the ids beside the texts. bleve scores by BM25, keeps the texts, and no term "+
		"vectors. ", p.Large, textVocabulary)
	index := workload{
		name: "text-index", question: "How long does it take to write texts, and to make their words known?",
		setup: setup + fmt.Sprintf("A process writes all of them into an empty store with a text index, %d in a durable "+
			"call; wall time of the whole process.", textBatch),
		unit: "documents/s", shown: byRate, run: (*bench).indexTexts, entries: list, documents: p.Large,
		bars: []bar{
			{against: []string{"bleve"}, by: byRate, atLeast: 2},
			{against: oneByOne, by: byRate, atLeast: 0.5},
			{against: oneByOne, by: byDisk, atMost: 1.5},
			{by: byOwn, atMost: textMemory},
		},
	}
	match := workload{
		name: "text-match", question: "How long does it take to find the ten best texts for two words?",
		setup: setup + fmt.Sprintf("A process opens the store, asks %d questions that do not count, and then %d, the same "+
			"for all, one after the other. A question is for the %d best of those that have one of two words, which 0.02 %% "+
			"to 4 %% of the texts have each.", textProofs, textAsks, textBest),
		unit: "searches/s", shown: byP50ms, run: (*bench).matchTexts, entries: list, documents: p.Large,
		bars: []bar{
			{against: oneByOne, by: byP50, atMost: 1},
			{against: []string{"bleve"}, by: byP50, atMost: 0.5},
			{by: byOwn, atMost: textMemory},
		},
	}
	return []workload{index, match}
}

// textMemory is how much memory of its own Kuzzlite may take, in MiB.
const textMemory = 128

var byDisk = measure{"bytes of the files", func(s sample) float64 { return float64(s.Disk) }, false, nil}

// indexTexts has each contender write the texts, in turn. What they write last stays, for matchTexts.
func (b *bench) indexTexts(w workload) (samples []sample, err error) {
	for round := 1; round <= b.plan.TextRuns; round++ {
		err := b.eachText(w, round, func(contender string) error {
			if err := os.RemoveAll(b.textDir(contender)); err != nil {
				return err
			}
			s, err := b.writeTexts(contender, w.documents)
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

// textDir is where a contender's texts are.
func (b *bench) textDir(contender string) string { return filepath.Join(b.dir, "text-"+contender) }

// eachText calls fn for each contender that takes part, each time beginning with another one.
func (b *bench) eachText(w workload, round int, fn func(contender string) error) error {
	for i := range w.entries {
		e := w.entries[(i+round)%len(w.entries)]
		if b.skips(e) {
			continue
		}
		b.say("%s: round %d, %s", w.name, round, e.name())
		if err := fn(e.contender); err != nil {
			return fmt.Errorf("%s, %s: %w", w.name, e.name(), err)
		}
	}
	return nil
}

// writeTexts has a process write the texts into an empty directory.
func (b *bench) writeTexts(contender string, texts int) (s sample, err error) {
	dir := b.textDir(contender)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return s, err
	}
	s, _, err = b.textProcess(textTask{Contender: contender, Dir: dir, Texts: texts})
	if err != nil {
		return s, err
	}
	s.Documents, s.Calls = texts, (texts+textBatch-1)/textBatch
	s.Disk, err = diskUsage(dir)
	return s, err
}

func (b *bench) textProcess(t textTask) (sample, []byte, error) {
	text, err := json.Marshal(t)
	if err != nil {
		return sample{}, nil, err
	}
	cmd := exec.Command(b.program)
	cmd.Env = append(os.Environ(), textEnv+"="+string(text))
	return timed(cmd)
}

// matchTexts has each contender search, in turn. What they find first is checked.
func (b *bench) matchTexts(w workload) (samples []sample, err error) {
	defer func() {
		for _, e := range w.entries {
			err = errors.Join(err, os.RemoveAll(b.textDir(e.contender)))
		}
	}()
	naive := newNaiveTexts(w.documents)
	for round := 1; round <= b.plan.Rounds; round++ {
		err := b.eachText(w, round, func(contender string) error {
			dir := b.textDir(contender)
			if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) { // text-index did not run
				if _, err := b.writeTexts(contender, w.documents); err != nil {
					return err
				}
			}
			s, err := b.askTexts(naive, textTask{contender, dir, w.documents, textAsks}, round == 1)
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

// askTexts has a process search.
func (b *bench) askTexts(naive *naiveTexts, t textTask, verify bool) (s sample, err error) {
	whole, out, err := b.textProcess(t)
	if err != nil {
		return s, err
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	var a textAnswer
	if err := json.Unmarshal(lines[len(lines)-1], &a); err != nil {
		return s, fmt.Errorf("%w: %s", err, out)
	}
	a.Sample.CPU, a.Sample.Own, a.Sample.OwnPeak, a.Sample.RSS = whole.CPU, whole.Own, whole.OwnPeak, whole.RSS
	if verify {
		err = naive.check(a.Proof, t.Contender)
	}
	return a.Sample, err
}
