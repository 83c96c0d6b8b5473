package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
)

// mostRecorded is how many verdicts a record has at most.
const mostRecorded = 4000

// A recorded line is a pair and the verdict about it.
type recorded struct {
	pair
	verdict
}

// writeRecord writes the first pairs and their verdicts to a file, except where Koncorde threw while it matched.
func writeRecord(file string, pairs []pair, verdicts []verdict) error {
	var out bytes.Buffer
	zipped, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the error is about other levels
	for i, p := range pairs[:min(mostRecorded, len(pairs))] {
		if verdicts[i].Throws != "" {
			continue
		}
		line, err := json.Marshal(recorded{p, verdicts[i]})
		if err != nil {
			return err
		}
		zipped.Write(append(line, '\n'))
	}
	if err := zipped.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

// readRecord reads what writeRecord wrote.
func readRecord(file string) ([]recorded, error) {
	zipped, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	reader, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return nil, err
	}
	var lines []recorded
	for decoder := json.NewDecoder(reader); ; {
		var line recorded
		switch err := decoder.Decode(&line); {
		case errors.Is(err, io.EOF):
			return lines, nil
		case err != nil:
			return nil, err
		}
		lines = append(lines, line)
	}
}
