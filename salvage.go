package kuzzlite

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/disk"
)

// Salvaged is a document that [Salvage] has found.
type Salvaged struct {
	// Index and Collection are "" if nobody knows where the document was: what names the collection is damaged, and the
	// change feed does not tell either.
	Index, Collection string

	Document Document

	// Outdated says that the document may have been replaced or deleted since: a newer state of that part of the file
	// cannot be read.
	Outdated bool
}

// SalvageOptions says how Salvage goes about it. Every zero field means the default.
type SalvageOptions struct {
	// Logger is told when Salvage begins and ends, with what it found in numbers (info), what of the store is damaged,
	// missing or left out (warn), which is pages by collection and documents, at most 100 of each, and why Salvage failed
	// (error). It is called by the goroutine that calls Salvage. Default: nobody is told.
	Logger *slog.Logger

	// LockTimeout bounds how long Salvage waits for a store that is open for writing. Default 1 s; negative: do not wait.
	LockTimeout time.Duration
}

// SalvageReport is what [Salvage] found, and what it had to leave out. It is of the whole store.
type SalvageReport struct {
	Documents uint64 `json:"documents"` // that were handed out
	Unknown   uint64 `json:"unknown"`   // of these: nobody knows the collection
	Named     uint64 `json:"named"`     // of these: only the change feed tells the collection
	Outdated  uint64 `json:"outdated"`  // of these: may have been replaced or deleted since

	Damaged uint64 `json:"damaged"` // records, of documents or of what cannot be told any more, that were left out
	Skipped uint64 `json:"skipped"` // pages that cannot be read, or make no sense: nobody knows what was on them

	// Missing counts pages that the file has lost at its end: its header speaks of so many more than there are. Nobody
	// knows what was on them; some may have been free. If the header is destroyed, too, nobody knows how many they are.
	Missing uint64 `json:"missing"`

	// HeaderLost says that both copies of the file's header are destroyed. What was found may be from a moment before the
	// last one.
	HeaderLost bool `json:"headerLost"`

	// Names are, where the names of collections are lost, those that are still found on pages which nobody uses any more,
	// as "index/collection": collections that the store has or had, of which no document came. They are sorted, at most
	// 1,000, and do not say where documents of unknown collections belong.
	Names []string `json:"names,omitempty"`

	// Mappings are those of the collections that have one, by "index/collection", also where no document came. What
	// nobody knows the collection of is not among them.
	Mappings map[string]*Mapping `json:"mappings,omitempty"`

	LogRecords  uint64 `json:"logRecords"`  // that were read: what the log has and the file does not
	LogComplete bool   `json:"logComplete"` // nothing of the log is missing that the file needs

	// Problems are the documents that were left out although their id is known, and damaged mappings, at most 100 of them.
	// They quote no content.
	Problems []string `json:"problems"`
}

// Complete says that nothing was left out, and that nothing is in doubt: every document of the store came, as it was
// written last. The change feed and the numbers of documents may be damaged all the same: [Store.Check] looks at those.
func (r *SalvageReport) Complete() bool {
	doubts := r.Unknown + r.Outdated + r.Damaged + r.Skipped + r.Missing
	return doubts == 0 && !r.HeaderLost && r.LogComplete
}

// Salvage reads what can be read of a store in a file that may be damaged, also where [Open] refuses the file: with its
// header destroyed, pages that are gone or that lead back to themselves, a log that is damaged or missing. It hands the
// documents of all collections to fn, each of them as its own checksum says it was written, and leaves out what is
// damaged. Of a sound store it hands out everything. It changes nothing.
//
// A document comes once, in the newest state that is left of it: first the documents in the file, then those in the
// log, not in the order of their ids. Last come the documents on pages that nothing leads to any more, as where the end
// of the file is cut off, which often has the names of the collections. A document there has its collection if the
// change feed says so, and nothing else is left of that collection in the file: its newest change has the sequence of
// the document. The others are of collections that are not known: those can be older states of documents that came
// before, and the same id can come several times.
//
// Salvage reads the file once, and more often if its header is damaged, or if there are documents of which only the
// change feed may know the collection. It takes memory for what the log has, which is a few times
// Options.CheckpointSize, and two bits for each page of the file. To ask the change feed takes some 300 bytes for each
// change in it; a feed with more than 262,144 changes is not asked.
//
// Salvage ends with the first error of fn, and returns it. Other errors: [ErrLocked] if another process has the store
// open for writing, [ErrNotStore] if a whole file has nothing that a store would have, what ctx or the file system says.
// That something is damaged is no error: the report says so.
func Salvage(
	ctx context.Context, path string, fn func(Salvaged) error, o ...*SalvageOptions,
) (*SalvageReport, error) {
	one, err := onlyOne(o)
	if err != nil {
		return nil, fmt.Errorf("salvage store: %w", err)
	}
	if path == "" {
		return nil, fmt.Errorf("salvage store: %w path: it is empty", ErrInvalid)
	}
	s := &salvage{
		ctx: ctx, path: path, fn: fn, report: SalvageReport{Problems: []string{}},
		left: map[string]bool{}, came: map[string]bool{},
	}
	if one != nil {
		s.opts = *one
	}
	s.opts.LockTimeout = orDefault(s.opts.LockTimeout, defaultLockTimeout)
	begun := time.Now()
	s.logBegin()
	if err := s.run(); err != nil {
		s.logFailed(err)
		return nil, err
	}
	s.logEnd(time.Since(begun))
	return &s.report, nil
}

// salvage is one run of Salvage.
type salvage struct {
	ctx    context.Context
	path   string
	opts   SalvageOptions
	fn     func(Salvaged) error
	err    error // of fn
	report SalvageReport
	newer  map[string]bool // buckets and keys of which the file has a newer record than the log

	left  map[string]bool // buckets of collections of which the file has a document in its place
	came  map[string]bool // buckets of collections of which a document was handed out
	names *feedNames      // once a document of an unknown collection came
}

func (s *salvage) run() error {
	found, err := disk.Salvage(s.ctx, s.path, s.diskOptions(), s.found)
	switch {
	case s.err != nil:
		return s.err
	case err == nil && !found.Identified && s.report.Documents == 0 && found.File.Missing == 0:
		err = fmt.Errorf("%w: it is a bbolt file without a document", ErrNotStore)
	}
	if err != nil {
		return fmt.Errorf("salvage store %s: %w", s.path, err)
	}
	r := &s.report
	r.Damaged += found.File.Lost
	r.Skipped = found.File.Skipped - found.File.Beyond
	r.Missing = found.File.Missing
	r.HeaderLost = found.File.Metas == 0
	r.LogRecords, r.LogComplete = found.LogRecords, found.LogComplete
	s.oldNames(found.File.OldNames)
	s.logDamage(found.File.SkippedIn)
	return nil
}

func (s *salvage) diskOptions() disk.SalvageOptions {
	return disk.SalvageOptions{Format: formatVersion, LockTimeout: s.opts.LockTimeout}
}

// found looks at a key.
func (s *salvage) found(k *disk.Salvaged) error {
	index, name, isCollection := strings.Cut(k.Bucket, "/")
	if isCollection && string(k.Key) == string(keyMapping) {
		s.foundMapping(k)
		return nil
	}
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
	if err := s.place(&d, k); err != nil {
		return err
	}
	s.report.Documents++
	if d.Index == "" {
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
	where := d.Index + "/" + d.Collection
	if d.Index == "" {
		where = "an unknown collection"
	}
	s.problem("damaged document was left out", fmt.Sprintf("document %q in %s: %v", d.Document.ID, where, err))
}
