package command

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
)

// What tells a dump that is damaged from a whole one: the last line says how many lines come before it, and what their
// SHA-256 is.

// dumpTrailer is the last line of a dump.
type dumpTrailer struct {
	dumpCounts
	Lines  uint64 `json:"lines"`  // that come before
	SHA256 string `json:"sha256"` // of these lines, in hexadecimal digits
}

// read reads the value of the last line, which must be as it was written: what damage has made of it is not guessed.
func (t *dumpTrailer) read(value []byte) error {
	err := json.Unmarshal(value, t)
	if err != nil || !bytes.Equal(value, appendJSON(nil, t)) || len(t.SHA256) != hex.EncodedLen(sha256.Size) {
		return errors.New("end must have the numbers of indexes, collections, documents and lines, and the sha256 of these")
	}
	return nil
}

// dumpSum sums up lines. Each counts with a line feed at its end, whatever ends it in the file: so the checksum of a
// dump is that of the bytes before its last line, and outlives a change to the line ends of another system.
type dumpSum struct {
	lines uint64
	hash  hash.Hash // nil before the first line
}

// add takes in a line without its end.
func (s *dumpSum) add(line []byte) {
	if s.hash == nil {
		s.hash = sha256.New()
	}
	s.lines++
	s.hash.Write(line)
	s.hash.Write([]byte{'\n'})
}

// text returns the checksum of the lines so far, in hexadecimal digits.
func (s *dumpSum) text() string {
	if s.hash == nil {
		return ""
	}
	return hex.EncodeToString(s.hash.Sum(nil))
}
