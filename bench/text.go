package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The workloads that say what searches for words must reach: their names begin with text. Each round of a contender is a
// process of its own, which writes or asks, and ends.

// textEnv holds the textTask of a process that is to write or to ask.
const textEnv = "KUZZLITE_BENCH_TEXT"

// textTask is what such a process does.
type textTask struct {
	Contender string
	Dir       string
	Texts     int
	Asks      float64 // seconds of questions; 0: it writes the texts
}

// textAnswer is what a process that has asked says.
type textAnswer struct {
	Sample sample
	Proof  []textHits // the answers to the first questions
}

// textStores are the contenders of this build, by their names.
var textStores = []struct {
	name string
	open func(dir string) (textStore, error)
}{
	{"kuzzlite", openKuzzliteTexts},
	{"modernc", openTexts("modernc", moderncDriver)},
	{"ncruces", openNcrucesTexts},
	{"bleve", openBleve},
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
)

// textFTS are the contenders that are SQLite. That of mattn is among them where it is built with FTS5.
func textFTS() (list []string) {
	for _, c := range textStores {
		if c.name != "kuzzlite" && c.name != "bleve" {
			list = append(list, c.name)
		}
	}
	return list
}

func textWorkloads(p plan) []workload {
	names := append([]string{"kuzzlite", "bleve"}, textFTS()...)
	setup := fmt.Sprintf("%d texts of 6 to 14 words of a vocabulary of %d, in which the n-th word is as frequent as 1/n. "+
		"SQLite has a table of FTS5 with the ids beside the texts; mattn's takes part where it is built with the tag "+
		"sqlite_fts5. bleve scores by BM25, keeps the texts, and no term vectors. ", p.Large, textVocabulary)
	index := workload{
		name: "text-index", question: "How long does it take to write texts, and to make their words known?",
		setup: setup + fmt.Sprintf("A process writes all of them into an empty store with a text index, %d in a durable call; "+
			"wall time of the whole process.", textBatch),
		unit: "documents/s", shown: byRate, run: (*bench).indexTexts, entries: entries(names...), documents: p.Large,
		bars: []bar{
			{against: []string{"bleve"}, by: byRate, atLeast: 2},
			{against: textFTS(), by: byRate, atLeast: 0.5},
			{against: textFTS(), by: byDisk, atMost: 1.5},
			{by: byOwn, atMost: textMemory},
		},
	}
	match := workload{
		name: "text-match", question: "How long does it take to find the ten best texts for two words?",
		setup: setup + "A process opens the store, asks some questions that do not count, and then one after the other. A " +
			"question is for the ten best of those that have one of two words, which 0.01 % to 2 % of the texts have each.",
		unit: "searches/s", shown: byP50ms, run: (*bench).matchTexts, entries: entries(names...), documents: p.Large,
		target: p.Target,
		bars: []bar{
			{against: textFTS(), by: byP50, atMost: 1},
			{against: []string{"bleve"}, by: byP50, atMost: 0.5},
			{by: byOwn, atMost: textMemory},
		},
	}
	return []workload{index, match}
}

// textMemory is how much memory of its own Kuzzlite may take, in MiB.
const textMemory = 128

var byDisk = measure{"bytes of the files", func(s sample) float64 { return float64(s.Disk) }, false, nil}

// indexTexts has each contender write the texts, in turn.
func (b *bench) indexTexts(w workload) (samples []sample, err error) {
	for round := 1; round <= b.plan.LoadRuns; round++ {
		err := b.eachText(w, round, func(contender string) error {
			dir := filepath.Join(b.dir, "text-index-"+contender)
			defer os.RemoveAll(dir)
			s, err := b.writeTexts(contender, dir, w.documents)
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
func (b *bench) writeTexts(contender, dir string, texts int) (s sample, err error) {
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
	dir := func(contender string) string { return filepath.Join(b.dir, "text-match-"+contender) }
	defer func() {
		for _, e := range w.entries {
			err = errors.Join(err, os.RemoveAll(dir(e.contender)))
		}
	}()
	naive := newNaiveTexts(w.documents)
	for round := 0; round <= b.plan.Rounds; round++ {
		err := b.eachText(w, round, func(contender string) error {
			if round == 0 { // is to write the texts
				_, err := b.writeTexts(contender, dir(contender), w.documents)
				return err
			}
			s, err := b.askTexts(naive, textTask{contender, dir(contender), w.documents, w.target.Seconds()}, round == 1)
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

// askTexts has a process search for some time.
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
		err = naive.check(a.Proof, t.Contender == "kuzzlite" || t.Contender == "bleve")
	}
	return a.Sample, err
}

// openTextStore opens the store of a contender.
func openTextStore(contender, dir string) (textStore, error) {
	for _, c := range textStores {
		if c.name == contender {
			return c.open(dir)
		}
	}
	return nil, errors.New("no contender " + strings.TrimSpace(contender))
}
