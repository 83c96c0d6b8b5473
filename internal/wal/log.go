package wal

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kuzzlite/kuzzlite/internal/osfile"
)

const (
	// Limit is how many bytes of records a log is for: one that has more wants a [Log.Reset]. It is also the size of the
	// largest record, of which one may go beyond.
	Limit = 16 << 20

	areaAt   = 2 * PageSize
	fillStep = 256 << 10 // bytes that are written with zeros at once
)

// Log is an open log. One goroutine at a time may use it.
type Log struct {
	f       *os.File
	path    string
	head    head
	end     int64  // of the last record, in the file
	filled  int64  // behind this the file has nothing
	records uint64 // in this generation
	synced  uint64 // of those, durable
	last    int64  // size of the last record
	found   []record
}

// Create makes an empty log of an empty file, which then gets the name path: all of it is durable when that is. There
// must be no file of that name. After [ErrUnknown] the disk does not keep what it was given, or may have a log of that
// name; after any other error it has none. It takes over f.
func Create(f *os.File, path string, base []byte) (*Log, error) {
	var salt [8]byte
	rand.Read(salt[:])
	l := &Log{
		f: f, path: path, end: areaAt, filled: areaAt,
		head: head{salt: binary.BigEndian.Uint64(salt[:]) | 1}, // never that of zeros
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, fs.ErrExist), err, f.Close(), os.Remove(f.Name()))
	}
	_, err := f.WriteAt(make([]byte, areaAt), 0) // a head must find room when the disk is full
	if err == nil {
		err = l.Reset(base)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnknown, errors.Join(err, f.Close(), os.Remove(f.Name())))
	}
	if l.f, err = osfile.RenameOpen(f, path); err != nil {
		if _, left := os.Lstat(path); !isRefusal(err) || !errors.Is(left, fs.ErrNotExist) {
			err = fmt.Errorf("%w: %w", ErrUnknown, err)
		}
		_ = os.Remove(f.Name())
		return nil, err
	}
	if err := osfile.SyncDir(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnknown, errors.Join(err, l.f.Close(), os.Remove(path)))
	}
	return l, nil
}

// isRefusal says whether the system did not even begin to do what it was asked for.
func isRefusal(err error) bool { return osfile.IsInUse(err) || errors.Is(err, fs.ErrPermission) }

// maxFile bounds what is read of a file, in bytes.
const maxFile = areaAt + 2*Limit + 2*fillStep

// Open opens the log at path and reads its records. What it reads it makes durable first: a process that was killed may
// have left it in the memory of the system only. [ErrCorrupt], or what the file system says.
//
// Damage is told apart from what a crash leaves, but in one place: a last record that was acknowledged and is damaged
// looks like one that was not written to the end.
func Open(path string) (*Log, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	l := &Log{f: f, path: path}
	if err := l.read(); err != nil {
		f.Close()
		return nil, err
	}
	return l, nil
}

// read takes in what the file has.
func (l *Log) read() error {
	if err := l.f.Sync(); err != nil {
		return err
	}
	osfile.Forget(l.f)
	var size int64
	var err error
	if l.head, l.found, size, err = readAll(l.f); err != nil {
		return err
	}
	l.end, l.filled = areaAt, max(areaAt, size)
	for _, r := range l.found {
		l.end += r.size
	}
	l.records = uint64(len(l.found))
	l.synced = l.records
	return nil
}

// readAll reads a file, and says how many bytes it has.
func readAll(f *os.File) (h head, records []record, size int64, err error) {
	all, err := io.ReadAll(io.NewSectionReader(f, 0, maxFile+1))
	if err == nil && len(all) > maxFile {
		err = fmt.Errorf("%w: it has more than %d bytes", ErrCorrupt, maxFile)
	}
	if err == nil {
		h, err = chooseHead(all)
	}
	if err == nil && len(all) > areaAt {
		records, err = h.split(all[areaAt:])
	}
	return h, records, int64(len(all)), err
}

// Verify reads the file again. [ErrCorrupt] if it is not what was written.
func (l *Log) Verify() error {
	h, records, _, err := readAll(l.f)
	if err == nil && (h.generation != l.head.generation || uint64(len(records)) != l.records) {
		err = fmt.Errorf("%w: it has %d records of generation %d, %d of generation %d were written",
			ErrCorrupt, len(records), h.generation, l.records, l.head.generation)
	}
	return err
}

// Base is what the records build on.
func (l *Log) Base() []byte { return l.head.base }

// Closed says whether Remove has voided the records, and was cut off then.
func (l *Log) Closed() bool { return l.head.state == stateClosed }

// Found returns the payloads of the records that Open has read, until the next Reset.
func (l *Log) Found() [][]byte {
	payloads := make([][]byte, len(l.found))
	for i, r := range l.found {
		payloads[i] = r.payload
	}
	return payloads
}

// Size is the size of all records since the base, in bytes.
func (l *Log) Size() int64 { return l.end - areaAt }

// Fits says whether a record is small enough to be appended.
func Fits(record []byte) bool { return recordSize(len(record)-recordHead) <= Limit }

// NewRecord returns a buffer with room for the head of a record, to append the payload to. It reuses buf.
func NewRecord(buf []byte) []byte {
	return append(buf[:0], make([]byte, recordHead)...)
}

// Append writes a record, made with NewRecord. It is durable after [Log.Sync]. If it fails nothing was appended and the
// log can go on, unless the error is [ErrUnknown].
func (l *Log) Append(rec []byte) error {
	if !Fits(rec) {
		return fmt.Errorf("record of %d bytes, the limit is %d", len(rec), Limit)
	}
	size := recordSize(len(rec) - recordHead)
	if err := l.fill(l.end + size); err != nil {
		return err
	}
	sealRecord(rec, l.head.salt, l.head.generation, l.records+1, l.synced)
	rec = append(rec, make([]byte, size-int64(len(rec)))...) // whole pages need not be read to be written
	if _, err := l.f.WriteAt(rec, l.end); err != nil {
		return errors.Join(err, l.blank(l.end)) // it may be there
	}
	l.end += size
	l.last = size
	l.records++
	return nil
}

// fill writes zeros up to an offset, and some more, so that the next syncs have no new size to write.
func (l *Log) fill(to int64) error {
	if to <= l.filled {
		return nil
	}
	to = (to + fillStep - 1) / fillStep * fillStep
	zeros := make([]byte, PageSize)
	for at := l.filled; at < to; at += PageSize { // page by page, or Linux caches, and writes, many as one
		if _, err := l.f.WriteAt(zeros, at); err != nil {
			return errors.Join(err, l.f.Truncate(l.filled)) // the disk is full: others need the room
		}
	}
	l.filled = to
	return nil
}

// blank makes a record unreadable, durably.
func (l *Log) blank(at int64) error {
	if _, err := l.f.WriteAt(make([]byte, PageSize), at); err != nil {
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	if err := osfile.SyncData(l.f); err != nil {
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	return nil
}

// Sync makes all records durable. An error is [ErrUnknown]: nobody knows which of them are.
func (l *Log) Sync() error {
	if l.synced == l.records {
		return nil
	}
	if err := osfile.SyncData(l.f); err != nil {
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	l.synced = l.records
	return nil
}

// Withdraw takes the last record back, durably, once for each Append; what is before it is durable then too. An error is
// [ErrUnknown].
func (l *Log) Withdraw() error {
	at := l.end - l.last
	if err := l.blank(at); err != nil {
		return err
	}
	l.end, l.last = at, 0
	l.records--
	l.synced = l.records
	return nil
}

// Reset gives the log a new base and voids all records, in one step that is durable when it returns. After [ErrUnknown]
// either may be in force.
func (l *Log) Reset(base []byte) error { return l.writeHead(base, stateOpen) }

func (l *Log) writeHead(base []byte, s state) error {
	if len(base) > MaxBase {
		return fmt.Errorf("base of %d bytes, the limit is %d", len(base), MaxBase)
	}
	next := head{generation: l.head.generation + 1, salt: l.head.salt, state: s, base: base}
	if _, err := l.f.WriteAt(next.encode(), next.slot()); err != nil {
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	if err := osfile.SyncData(l.f); err != nil {
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	l.head = next
	l.end, l.last = areaAt, 0
	l.records, l.synced = 0, 0
	l.found = nil
	return nil
}

// Remove closes the log and removes its file, durably, if its name still leads to it and the process may. First it says in
// it that its records are void: that is what Open finds where the name stays, or outlives a crash. After an error the log
// is closed all the same.
func (l *Log) Remove() error {
	err := l.writeHead(l.head.base, stateClosed)
	mine, statErr := l.f.Stat()
	if err := errors.Join(err, statErr, l.f.Close()); err != nil {
		return err
	}
	there, err := os.Lstat(l.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(mine, there) {
		return nil // somebody has moved it
	}
	if err == nil {
		err = osfile.RemoveDurably(l.path)
	}
	if isRefusal(err) {
		return nil
	}
	return err
}

// Close closes the file and leaves it as it is.
func (l *Log) Close() error { return l.f.Close() }

// Live says whether there is a log at path with records that count. It changes nothing.
func Live(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	pages, err := io.ReadAll(io.NewSectionReader(f, 0, areaAt))
	if err != nil {
		return false, err
	}
	h, err := chooseHead(pages)
	return err == nil && h.state == stateOpen, err
}
