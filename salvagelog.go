package kuzzlite

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"
)

// What SalvageOptions.Logger is told.

func (s *salvage) log(level slog.Level, message string, args ...any) {
	if s.opts.Logger != nil {
		s.opts.Logger.Log(context.Background(), level, message, append([]any{"path", s.path}, args...)...)
	}
}

func (s *salvage) logBegin() { s.log(slog.LevelInfo, "salvage begins") }

func (s *salvage) logFailed(err error) { s.log(slog.LevelError, "salvage failed", "error", err) }

// logDamage tells what is damaged, but for single documents. skipped has how many pages cannot be read, by the bucket
// that they are of.
func (s *salvage) logDamage(skipped map[string]uint64) {
	r := &s.report
	if r.HeaderLost {
		s.log(slog.LevelWarn, "the header is destroyed: the last writes may be missing")
	}
	if r.Missing > 0 {
		s.log(slog.LevelWarn, "pages are missing at the end of the file", "pages", r.Missing)
	}
	buckets := slices.Sorted(maps.Keys(skipped))
	for _, bucket := range buckets[:min(len(buckets), maxProblems)] {
		if bucket == "" {
			s.log(slog.LevelWarn, "pages with the names of collections cannot be read", "pages", skipped[bucket])
			continue
		}
		s.log(slog.LevelWarn, "pages cannot be read", "of", bucket, "pages", skipped[bucket])
	}
	if !r.LogComplete {
		s.log(slog.LevelWarn, "the log is damaged or missing: the newest writes may be missing", "records", r.LogRecords)
	}
}

// logEnd tells what was found, in numbers.
func (s *salvage) logEnd(took time.Duration) {
	r := &s.report
	s.log(slog.LevelInfo, "salvage ended", "complete", r.Complete(), "documents", r.Documents, "unknown", r.Unknown,
		"named", r.Named, "outdated", r.Outdated, "damaged", r.Damaged, "skipped", r.Skipped, "missing", r.Missing,
		"log records", r.LogRecords, "took", took)
}
