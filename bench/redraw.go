package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// drawCharts draws the charts of the results in dir anew: a chart can be mended without measuring again.
func drawCharts(dir string) error {
	s, err := readSummary(dir)
	if err != nil {
		return err
	}
	samples, err := readSamples(filepath.Join(dir, "samples.jsonl"))
	if err != nil {
		return err
	}
	r := &report{bench: &bench{plan: s.Plan}}
	for _, w := range workloads(s.Plan) {
		if len(samples[w.name]) > 0 {
			r.add(w, samples[w.name], 0)
		}
	}
	if len(r.sections) == 0 {
		return fmt.Errorf("%s has no samples of a workload that is known", dir)
	}
	return r.plot(dir)
}

// readSamples reads the raw results, by workload.
func readSamples(file string) (map[string][]sample, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list := map[string][]sample{}
	for lines := json.NewDecoder(f); ; {
		var s sample
		switch err := lines.Decode(&s); {
		case errors.Is(err, io.EOF):
			return list, nil
		case err != nil:
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		list[s.Workload] = append(list[s.Workload], s)
	}
}
