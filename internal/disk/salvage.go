package disk

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/boltfile"
	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/segment"
)

// Reading what is left of a store that may be damaged, by plain reads and without bbolt. Three rules:
//
//   - Nothing is written, and no file is kept but the one that is locked.
//   - The log lies over the file as in a store that is open. All generations count that are later than what the file
//     says it contains, also behind a gap.
//   - What takes memory is the log. What the file has is handed on as it is read.

// Salvaged is a key with its value that [Salvage] has found. Packed keys of the file come as the blocks that they are
// stored in. The slices are valid during the call only.
type Salvaged struct {
	Bucket     string // "": nobody knows
	Key, Value []byte
	FromLog    bool
	// Outdated says that the newest transaction of the file may have replaced or deleted the key.
	Outdated bool
	// InLog is, for a key of the file, the value that the log has: the key comes once more, from the log. Nil if the log
	// does not have the key.
	InLog []byte
}

// SalvageReport is what [Salvage] found.
type SalvageReport struct {
	File boltfile.SalvageReport
	// Identified says that the file, or a log beside it, says that it is of a store.
	Identified bool
	// LogRecords is how many records of the log were read that the file does not contain.
	LogRecords uint64
	// LogComplete says that the log has everything that the file needs.
	LogComplete bool
}

// SalvageOptions are those of Salvage.
type SalvageOptions struct {
	Format      byte          // of the store; any other is refused
	LockTimeout time.Duration // negative: do not wait
}

// Salvage reads what can be read of the store in the file at path, which may be damaged, with its log, and hands it to
// fn, key by key: first what is in the file and was neither deleted nor dropped in the log, then what is in the log,
// and last the keys of the file of which nobody knows the bucket. The keys of the engine are left out.
//
// Salvage ends with the first error of fn, or when ctx ends. [ErrLocked] if another process has the store open for
// writing, [ErrNotStore] if nothing in the file is of a bbolt file, and there is no log, or what the file system says.
// Besides what [boltfile.Salvage] keeps, the memory that Salvage takes is that of the log.
func Salvage(ctx context.Context, path string, o SalvageOptions, fn func(*Salvaged) error) (SalvageReport, error) {
	s := &salvage{ctx: ctx, fn: fn}
	s.op.opts = (&Options{ReadOnly: true, LockTimeout: o.LockTimeout, Format: o.Format}).resolved()
	defer s.op.abandon()
	err := s.run(path)
	return s.report, err
}

// salvage is one run of Salvage.
type salvage struct {
	ctx    context.Context
	fn     func(*Salvaged) error
	report SalvageReport

	op      opening // as far as it goes: nothing is opened by bbolt
	size    int64   // of the file
	hasID   bool    // op.id counts
	hasLog  bool    // op.state counts
	changes map[string]*kv.Changes
	overlay *kv.Overlay
	told    bool // the log was handed out
}

func (s *salvage) run(path string) (err error) {
	if s.op.path, err = resolvePath(path); err != nil {
		return err
	}
	for _, step := range []func() error{s.op.createIfAbsent, s.lock, s.identify, s.readLog} {
		if err := step(); err != nil {
			return err
		}
	}
	s.report.File, err = boltfile.Salvage(s.ctx, s.op.file, s.size, s.fromFile)
	if errors.Is(err, boltfile.ErrNotBolt) {
		if s.report.LogRecords == 0 {
			return fmt.Errorf("%w: %w", ErrNotStore, err)
		}
		err = nil
	}
	if err != nil {
		return err
	}
	return s.fromLog()
}

// lock opens the file, and locks it where the file system has locks.
func (s *salvage) lock() error {
	s.op.deadline = time.Now().Add(s.op.opts.LockTimeout)
	err := s.op.lock()
	if err != nil {
		if errors.Is(err, ErrLocked) {
			return err
		}
		f, openErr := os.Open(s.op.path)
		if openErr != nil {
			return err
		}
		s.op.file = f
	}
	info, err := s.op.file.Stat()
	if err != nil {
		return err
	}
	s.size = info.Size()
	return nil
}

// errEnough ends a search.
var errEnough = errors.New("found")

// identify reads whose file it is, and what of the log the file contains, if that can be read.
func (s *salvage) identify() error {
	keys := s.lookup()
	if len(keys) < 3 {
		_, err := boltfile.Salvage(s.ctx, s.op.file, s.size, func(f boltfile.Found) error {
			if f.Bucket == string(bucketEngine) && keys[string(f.Key)] == nil {
				keys[string(f.Key)] = bytes.Clone(f.Value)
			}
			if len(keys) == 3 {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) && !errors.Is(err, boltfile.ErrNotBolt) {
			return err
		}
	}
	if format := keys[string(keyFormat)]; len(format) == 1 && format[0] != s.op.opts.Format {
		return fmt.Errorf("%w of format %d, which is all this release reads: it has format %d", ErrNotStore,
			s.op.opts.Format, format[0])
	}
	if id := keys[string(keyID)]; len(id) == len(s.op.id) {
		copy(s.op.id[:], id)
		s.hasID = true
	}
	if state, err := decodeLogState(keys[string(keyLog)]); err == nil {
		s.op.state, s.hasLog = state, true
	}
	s.report.Identified = s.hasID || s.hasLog
	return nil
}

// lookup reads the engine's keys in a file that is sound enough.
func (s *salvage) lookup() map[string][]byte {
	keys := map[string][]byte{}
	h, err := boltfile.ReadHeader(s.op.file, s.size)
	if err != nil {
		return keys
	}
	for _, key := range [][]byte{keyFormat, keyID, keyLog} {
		if v, err := boltfile.Lookup(s.op.file, h, bucketEngine, key); err == nil {
			keys[string(key)] = v
		}
	}
	return keys
}

// readLog reads what the log has that the file does not contain.
func (s *salvage) readLog() error {
	segments, complete, err := s.readSegments()
	if err != nil {
		return err
	}
	s.overlay = kv.NewOverlay()
	for _, f := range segments {
		for _, record := range f.contents.Records {
			if s.overlay.Apply(record) != nil { // or else it is of a bucket that was made in a part that is missing
				complete = false
				continue
			}
			s.report.LogRecords++
		}
		f.contents.Records = nil
	}
	s.report.LogComplete = complete
	s.report.Identified = s.report.Identified || s.report.LogRecords > 0
	s.changes = map[string]*kv.Changes{}
	s.overlay.Version().Buckets(func(name string, c *kv.Changes) bool {
		s.changes[name] = c
		return true
	})
	return nil
}

// readSegments returns the segments that count, in the order of their generations, and says whether they are all.
func (s *salvage) readSegments() (segments []*found, complete bool, err error) {
	complete = s.hasID && s.hasLog
	for slot := range maxSegments {
		if err := s.ctx.Err(); err != nil {
			return nil, false, err
		}
		f := &found{slot: slot, path: logPath(s.op.path, slot)}
		f.contents, err = segment.Read(f.path, true)
		if err != nil {
			complete = complete && errors.Is(err, fs.ErrNotExist)
			continue
		}
		if !s.hasID && f.contents.Whole { // the log is all that says whose file it is
			s.op.id, s.hasID = f.contents.Header.Store, true
		}
		stale, err := s.op.isStale(f)
		switch {
		case err == nil && stale:
		case err != nil || s.hasLog && f.contents.Header.Generation <= s.op.state.contained.generation:
			complete = false // of another store, or of a moment before that of the file
		default:
			segments = append(segments, f)
		}
	}
	slices.SortStableFunc(segments, func(a, b *found) int {
		return cmp.Compare(a.contents.Header.Generation, b.contents.Header.Generation)
	})
	s.op.log = &recovered{}
	rest, err := s.op.link(slices.Clone(segments))
	if err != nil || len(rest) > 0 || s.op.reaches() != nil {
		complete = false
	}
	return segments, complete, nil
}

// fromFile hands out a key of the file, unless the log has deleted it.
func (s *salvage) fromFile(f boltfile.Found) error {
	if f.Bucket == string(bucketEngine) {
		return nil
	}
	k := &Salvaged{Bucket: f.Bucket, Key: f.Key, Value: f.Value, Outdated: f.Outdated}
	if f.Bucket == "" { // what has one comes before
		if err := s.fromLog(); err != nil {
			return err
		}
		return s.fn(k)
	}
	if c := s.changes[f.Bucket]; c != nil {
		logged, gone := changed(c, f.Key)
		if gone {
			return nil
		}
		k.InLog = logged
	}
	return s.fn(k)
}

// changed returns the value that a key has in the log, and whether the log has deleted the key.
func changed(c *kv.Changes, key []byte) (value []byte, gone bool) {
	known := false
	c.Each(string(key), func(k, v []byte, deleted bool) bool {
		if bytes.Equal(k, key) {
			value, gone, known = v, deleted, true
		}
		return false
	})
	if known || c.Hides {
		return value, gone || !known
	}
	return nil, slices.ContainsFunc(c.Deleted, func(r kv.Range) bool {
		return bytes.Compare(r.From, key) <= 0 && (len(r.To) == 0 || bytes.Compare(key, r.To) < 0)
	})
}

// fromLog hands out what the log has, once.
func (s *salvage) fromLog() (err error) {
	if s.told {
		return nil
	}
	s.told = true
	s.overlay.Version().Buckets(func(name string, c *kv.Changes) bool {
		c.Each("", func(key, value []byte, deleted bool) bool {
			if err = s.ctx.Err(); err == nil && !deleted {
				err = s.fn(&Salvaged{Bucket: name, Key: key, Value: value, FromLog: true})
			}
			return err == nil
		})
		return err == nil
	})
	return err
}
