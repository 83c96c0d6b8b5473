package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
)

// mostRecorded is how many collections a record has.
const mostRecorded = 60

// recorded is a collection, and what Lucene answered: for each query the scores of what matches, by the numbers of the
// documents.
type recorded struct {
	Documents []json.RawMessage `json:"documents"`
	Queries   []json.RawMessage `json:"queries"`
	Scores    []map[int]float32 `json:"scores"`
}

func writeRecord(path string, list []recorded) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	zipped, _ := gzip.NewWriterLevel(f, gzip.BestCompression) // the error is about other levels
	encoder := json.NewEncoder(zipped)
	for _, r := range list {
		if err := encoder.Encode(r); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(zipped.Close(), f.Close())
}

func readRecord(path string) (list []recorded, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	for decoder := json.NewDecoder(unzipped); ; {
		var r recorded
		if err := decoder.Decode(&r); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
}
