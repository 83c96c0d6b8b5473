package main

import (
	"encoding/json"
	"errors"
	"io"
	"time"
)

// The process of a textTask.

// do writes the texts, or asks, and writes a textAnswer.
func (t textTask) do(out io.Writer) (err error) {
	s, err := openTextStore(t.Contender, t.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if t.Asks == 0 {
		return t.write(s)
	}
	a, err := t.ask(s)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(a)
}

func (t textTask) write(s textStore) error {
	texts := make([]string, 0, textBatch)
	for first := 0; first < t.Texts; first += textBatch {
		texts = texts[:0]
		for i := first; i < min(first+textBatch, t.Texts); i++ {
			texts = append(texts, textOf(i))
		}
		if err := s.write(first, texts); err != nil {
			return err
		}
	}
	return nil
}

// ask asks the questions that are checked, and then those that count.
func (t textTask) ask(s textStore) (a textAnswer, err error) {
	search := func(n int) (textHits, error) {
		ranks := askedRanks(n)
		return s.search([2]string{textWord(ranks[0]), textWord(ranks[1])})
	}
	for n := range textProofs {
		hits, err := search(n)
		if err != nil {
			return a, err
		}
		a.Proof = append(a.Proof, hits)
	}
	var l latencies
	for n := range t.Asks {
		start := time.Now()
		if _, err := search(textProofs + n); err != nil {
			return a, err
		}
		took := time.Since(start)
		l = append(l, took)
		a.Sample.Seconds += took.Seconds()
	}
	a.Sample.Calls, a.Sample.Documents = len(l), len(l)
	l.fill(&a.Sample)
	return a, nil
}
