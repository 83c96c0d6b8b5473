package kuzzlite

import (
	"fmt"
	"log/slog"

	"github.com/kuzzlite/kuzzlite/internal/disk"
)

// Salvaging mappings. Only what still has the name of its collection is of use: a mapping tells nothing of where it
// belongs.

// foundMapping takes in a mapping: that of the log, which is newer, before that of the file.
func (s *salvage) foundMapping(k *disk.Salvaged) {
	value := k.Value
	if k.InLog != nil {
		value = k.InLog
	}
	m, err := decodeMapping([]byte(k.Bucket), value)
	if err != nil && k.InLog != nil {
		m, err = decodeMapping([]byte(k.Bucket), k.Value)
	}
	switch {
	case err == nil:
		if s.report.Mappings == nil {
			s.report.Mappings = map[string]*Mapping{}
		}
		s.report.Mappings[k.Bucket] = m.kept.clone()
	case !k.FromLog: // what the log has is looked at with what the file has
		s.problem("damaged mapping was left out", fmt.Sprintf("mapping of %s: %v", k.Bucket, err))
	}
}

// problem counts what is left out, and says what it was.
func (s *salvage) problem(what, text string) {
	s.report.Damaged++
	if len(s.report.Problems) == maxProblems {
		return
	}
	s.report.Problems = append(s.report.Problems, text)
	s.log(slog.LevelWarn, what, "problem", text)
}
