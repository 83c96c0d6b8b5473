package main

import "testing"

// What Koncorde 4.7.0 said about some thousand pairs of a filter and a document.
func TestRecordedVerdicts(t *testing.T) {
	lines, err := readRecord("testdata/verdicts.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	accepted, matching, uncompared, differences := 0, 0, 0, 0
	for _, line := range lines {
		if line.Error == "" {
			accepted++
		}
		if line.Matches {
			matching++
		}
		difference, close := check(line.pair, line.verdict)
		if close {
			uncompared++
		}
		if difference == "" {
			continue
		}
		if differences++; differences <= 10 {
			t.Errorf("%s\n%s\n%s", line.Filter, line.Document, difference)
		}
	}
	if differences > 0 {
		t.Errorf("%d of %d verdicts differ", differences, len(lines))
	}
	if len(lines) < 3900 || accepted < 1500 || matching < 400 || uncompared > 40 {
		t.Errorf("of %d verdicts, %d are about accepted filters and %d about matching ones, and %d are not compared",
			len(lines), accepted, matching, uncompared)
	}
}

// The generator makes the same pairs each time, or differences could not be looked for.
func TestGeneratorRepeats(t *testing.T) {
	a, b := newGenerator(7), newGenerator(7)
	for range 200 {
		if p, q := a.pair(), b.pair(); p != q {
			t.Fatalf("got\n%v\nand\n%v", p, q)
		}
	}
}
