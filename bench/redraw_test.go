package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// All charts can be drawn from files alone, and name every contender in words that a browser can find.
func TestCharts(t *testing.T) {
	dir := t.TempDir()
	writeSamples(t, dir, func(s *sample) {})
	if err := run([]string{"-charts", dir}, t.Output(), t.Output()); err != nil {
		t.Fatal(err)
	}
	for _, w := range workloads(tinyPlan) {
		words := wordsOf(t, filepath.Join(dir, w.name+".svg"))
		if want := w.name + ": " + w.question; !slices.Contains(words, want) {
			t.Errorf("%s: no title %q", w.name, want)
		}
		for _, e := range entriesOf(w) {
			name := e.name()
			if w.grows() {
				name = e.contender
			}
			if limit, ok := limits[name]; ok {
				name = limit + ": 20k"
			}
			if !slices.Contains(words, name) {
				t.Errorf("%s: no %q in %q", w.name, name, words)
			}
		}
	}
	words := wordsOf(t, filepath.Join(dir, "overview.svg"))
	for _, want := range slices.Concat(overviewWorkloads, overviewNames) {
		if !slices.Contains(words, want) {
			t.Errorf("overview: no %q", want)
		}
	}
}

// A logarithmic axis has no place for nothing: what cannot be shown is left out, and spoils no chart.
func TestChartsOfNothing(t *testing.T) {
	dir := t.TempDir()
	writeSamples(t, dir, func(s *sample) {
		if s.Contender != "kuzzlite" {
			s.Documents, s.Disk = 0, 0
		}
		if s.Contender == "bbolt" {
			s.Documents, s.Seconds = 1, 0
		}
	})
	if err := run([]string{"-charts", dir}, t.Output(), t.Output()); err != nil {
		t.Fatal(err)
	}
	for _, word := range wordsOf(t, filepath.Join(dir, "batch200.svg")) {
		if strings.Contains(word, "NaN") || strings.Contains(word, "Inf") {
			t.Errorf("%q", word)
		}
	}
}

func TestChartsWithoutResults(t *testing.T) {
	if err := run([]string{"-charts", t.TempDir()}, t.Output(), t.Output()); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// entriesOf are a workload's entries, or some for one that has its own way to run.
func entriesOf(w workload) []entry {
	if len(w.entries) > 0 {
		return w.entries
	}
	return entries("kuzzlite", "bbolt", "memory")
}

// writeSamples writes two rounds of every contender of every workload, after change, as a run would.
func writeSamples(t *testing.T, dir string, change func(*sample)) {
	t.Helper()
	var lines strings.Builder
	for _, w := range workloads(tinyPlan) {
		for _, e := range entriesOf(w) {
			for round := range 2 {
				s := sample{
					Workload: w.name, Contender: e.name(), Round: round + 1, Documents: 10_000 * (round + 1), Calls: 50, Seconds: 1,
					P50: time.Millisecond, HeapPeak: 1 << 25, Disk: 1 << 20,
				}
				if limits[e.name()] != "" {
					s.Documents = 20_000
				}
				change(&s)
				b, err := json.Marshal(s)
				if err != nil {
					t.Fatal(err)
				}
				lines.Write(append(b, '\n'))
			}
		}
	}
	b, err := json.Marshal(summary{Plan: tinyPlan})
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		replaceFile(filepath.Join(dir, "samples.jsonl"), []byte(lines.String())),
		replaceFile(filepath.Join(dir, "summary.json"), b),
	)
	if err != nil {
		t.Fatal(err)
	}
}

// wordsOf returns the texts of an SVG, which must be XML.
func wordsOf(t *testing.T, file string) (words []string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for d := xml.NewDecoder(f); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return words
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if text, ok := token.(xml.CharData); ok && strings.TrimSpace(string(text)) != "" {
			words = append(words, string(text))
		}
	}
}
