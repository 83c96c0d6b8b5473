package kuzzlite

import (
	"context"
	"fmt"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/disk"
)

// Salvaged is a document that [Salvage] has found.
type Salvaged struct {
	// Index and Collection are "" if nobody knows where the document was: what names the collection is damaged.
	Index, Collection string

	Document Document

	// Outdated says that the document may have been replaced or deleted since: a newer state of that part of the file
	// cannot be read.
	Outdated bool
}

// SalvageReport is what [Salvage] found, and what it had to leave out. It is of the whole store.
type SalvageReport struct {
	Documents uint64 `json:"documents"` // that were handed out
	Unknown   uint64 `json:"unknown"`   // of these: nobody knows the collection
	Outdated  uint64 `json:"outdated"`  // of these: may have been replaced or deleted since

	Damaged uint64 `json:"damaged"` // records, of documents or of what cannot be told any more, that were left out
	Skipped uint64 `json:"skipped"` // pages that cannot be read, or make no sense: nobody knows what was on them

	// HeaderLost says that both copies of the file's header are destroyed. What was found may be from a moment before the
	// last one.
	HeaderLost bool `json:"headerLost"`

	LogRecords  uint64 `json:"logRecords"`  // that were read: what the log has and the file does not
	LogComplete bool   `json:"logComplete"` // nothing of the log is missing that the file needs

	// Problems are the documents that were left out although their id is known, at most 100 of them. They quote no
	// content.
	Problems []string `json:"problems"`
}

// Complete says that nothing was left out, and that nothing is in doubt: every document of the store came, as it was
// written last. The change feed and the numbers of documents may be damaged all the same: [Store.Check] looks at those.
func (r *SalvageReport) Complete() bool {
	doubts := r.Unknown + r.Outdated + r.Damaged + r.Skipped
	return doubts == 0 && !r.HeaderLost && r.LogComplete
}

// Salvage reads what can be read of a store in a file that may be damaged, also where [Open] refuses the file: with its
// header destroyed, pages that are gone or that lead back to themselves, a log that is damaged or missing. It hands the
// documents of all collections to fn, each of them as its own checksum says it was written, and leaves out what is
// damaged. Of a sound store it hands out everything. It changes nothing.
//
// A document comes once, in the newest state that is left of it: first the documents in the file, then those in the
// log, not in the order of their ids. Last come the documents of collections that are not known: those can be older
// states of documents that came before, and the same id can come several times.
//
// Salvage reads the file once, and more often if its header is damaged. It takes memory for what the log has, which is
// a few times Options.CheckpointSize, and two bits for each page of the file.
//
// Salvage ends with the first error of fn, and returns it. Other errors: [ErrLocked] if another process has the store
// open for writing, [ErrNotStore] if there is nothing that a store would have, what ctx or the file system says. That
// something is damaged is no error: the report says so.
func Salvage(ctx context.Context, path string, fn func(Salvaged) error) (*SalvageReport, error) {
	if path == "" {
		return nil, fmt.Errorf("salvage store: %w path: it is empty", ErrInvalid)
	}
	s := &salvage{fn: fn, report: SalvageReport{Problems: []string{}}}
	found, err := disk.Salvage(ctx, path, formatVersion, s.found)
	switch {
	case s.err != nil:
		return nil, s.err
	case err == nil && !found.Identified && s.report.Documents == 0:
		err = fmt.Errorf("%w: it is a bbolt file without a document", ErrNotStore)
	}
	if err != nil {
		return nil, fmt.Errorf("salvage store %s: %w", path, err)
	}
	r := &s.report
	r.Damaged += found.File.Lost
	r.Skipped = found.File.Skipped
	r.HeaderLost = found.File.Metas == 0
	r.LogRecords, r.LogComplete = found.LogRecords, found.LogComplete
	return r, nil
}

// salvage is one run of Salvage.
type salvage struct {
	fn     func(Salvaged) error
	err    error // of fn
	report SalvageReport
	newer  map[string]bool // buckets and keys of which the file has a newer record than the log
}

// found looks at a key.
func (s *salvage) found(k *disk.Salvaged) error {
	index, name, isCollection := strings.Cut(k.Bucket, "/")
	if k.Key[0] != prefixDocument || k.Bucket != "" && !isCollection {
		return nil
	}
	d := Salvaged{Index: index, Collection: name, Outdated: k.Outdated}
	d.Document.ID = string(k.Key[1:])
	r, err := decodeDocument(k.Key, k.Value)
	if !s.counts(k, &r, err) {
		return nil
	}
	if err != nil {
		s.damaged(&d, err)
		return nil
	}
	d.Document = r.document(d.Document.ID)
	s.report.Documents++
	if k.Bucket == "" {
		s.report.Unknown++
	}
	if d.Outdated {
		s.report.Outdated++
	}
	s.err = s.fn(d)
	return s.err
}

// decodeDocument is decodeRecord for a document.
func decodeDocument(key, value []byte) (record, error) {
	r, err := decodeRecord(key, value)
	if err == nil && (r.kind != kindDocument || !isObject(r.body)) {
		err = fmt.Errorf("%w: the record there is not a document", ErrCorrupt)
	}
	return r, err
}

// counts says whether a record is the one of its document that counts, if there are two: the file has one, and the log
// has another. That of the log is newer, unless the log belongs to an older state of the file.
func (s *salvage) counts(k *disk.Salvaged, r *record, err error) bool {
	where := k.Bucket + "\x00" + string(k.Key)
	switch {
	case k.FromLog:
		return !s.newer[where]
	case k.InLog == nil:
		return true
	}
	logged, logErr := decodeDocument(k.Key, k.InLog)
	switch {
	case logErr != nil:
		return err == nil // one of the two that are damaged is enough to count
	case err != nil || logged.sequence >= r.sequence:
		return false
	case s.newer == nil:
		s.newer = map[string]bool{}
	}
	s.newer[where] = true
	return true
}

// damaged counts a document that is left out.
func (s *salvage) damaged(d *Salvaged, err error) {
	s.report.Damaged++
	if len(s.report.Problems) == maxProblems {
		return
	}
	where := d.Index + "/" + d.Collection
	if d.Index == "" {
		where = "an unknown collection"
	}
	problem := fmt.Sprintf("document %q in %s: %v", d.Document.ID, where, err)
	s.report.Problems = append(s.report.Problems, problem)
}
