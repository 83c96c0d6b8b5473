package segment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/osfile"
)

const fillStep = 256 << 10 // the size of a file that has had records is a multiple of this, in bytes

// Segment is a file with one generation of the log, to which records are appended.
//
// One goroutine at a time calls Reserve and Append. Another one may call Flush, StartSync and Sync meanwhile, but no two
// at once. Nothing else may run while Recycle, Close or Remove does. What only tells something may be called at any
// time.
type Segment struct {
	f    *os.File
	path string

	mu      sync.Mutex // guards what follows
	header  Header
	pending buffer
	head    [recordHead]byte // of the latest record
	end     Link             // of what was appended
	size    int64            // of the records, in bytes
	filled  int64            // the size of the file: so much has been written before, and needs no more room on the disk
	flushed Link             // the end of what was handed to the system
	synced  uint64           // how many records are durable
	dirty   bool             // the system has something that was not synced
	headed  bool             // the header is durable
	err     error            // of the first Flush, Sync or Recycle that failed
}

// Create makes a segment in a new file at path. Its header and its name are durable when Create returns. It refuses
// a name that exists with an error that wraps fs.ErrExist. After any other error there is no file of that name,
// unless the error says that the file could not be removed. prepare is called with the new file before anything is
// written; it may be nil.
func Create(path string, prepare func(*os.File), h Header) (*Segment, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if prepare != nil {
		prepare(f)
	}
	s := &Segment{f: f, path: path}
	if err := s.create(h); err != nil {
		return nil, errors.Join(err, f.Close(), osfile.Remove(path))
	}
	return s, nil
}

func (s *Segment) create(h Header) error {
	// The size grows in one step here, too: a write that is cut off leaves any size, see Reserve.
	if err := s.f.Truncate(areaAt); err != nil {
		return err
	}
	if err := s.Recycle(h); err != nil {
		return err
	}
	if err := s.f.Sync(); err != nil {
		return err
	}
	s.dirty, s.headed = false, true
	return osfile.SyncDir(filepath.Dir(s.path))
}

// Recycle begins a new generation in the same file. It writes the header, without a sync, and changes nothing else
// in the file. What was appended and not flushed is forgotten. After an error the segment has failed, and can only
// be removed.
//
// Until the next Flush a crash may leave the old header, or none, above the records of the old generation. So call
// Recycle only once nobody needs the old generation, and know from elsewhere that nobody does.
func (s *Segment) Recycle(h Header) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	if h.Nonce == 0 {
		return errors.New("segment without a nonce")
	}
	if _, err := s.f.WriteAt(h.encode(), 0); err != nil {
		s.err = err
		return err
	}
	s.header, s.end, s.size = h, h.Start(), 0
	s.filled = max(s.filled, areaAt)
	s.flushed, s.synced = s.end, 0
	s.dirty, s.headed = true, false
	s.pending.reset(areaAt)
	return nil
}

// Reserve makes sure that a payload of n bytes finds room in the file, by writing zeros where the file has nothing.
// So Reserve is the step that meets a full disk, but on file systems that write in new places. After an error it has
// given back the room that it took, and nothing has changed. Append needs a Reserve for each record.
func (s *Segment) Reserve(n int) error {
	if n < 0 || n > MaxPayload {
		return fmt.Errorf("record of %d bytes, the limit is %d", n, MaxPayload)
	}
	s.mu.Lock()
	from, to, err := s.filled, roundUp(areaAt+s.size+recordSize(n), pageSize), s.err
	s.mu.Unlock()
	if err != nil || to <= from {
		return err
	}
	to = roundUp(to, fillStep)
	// The size grows in one step, or else a crash could leave any, and Read takes a file of another size for one that was
	// cut off.
	if err := s.f.Truncate(to); err != nil {
		return errors.Join(err, s.f.Truncate(from))
	}
	zeros := make([]byte, pageSize)
	for at := from; at < to; at += pageSize { // page by page, or Linux caches, and writes, many as one
		if _, err := s.f.WriteAt(zeros, at); err != nil {
			return errors.Join(err, s.f.Truncate(from)) // others need the room
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filled = to
	return nil
}

// Append adds a record to the segment's buffer and returns where the log ends then. It copies the payload and does no
// I/O. It panics if there is no room for the record in the file: see Reserve.
func (s *Segment) Append(payload []byte) Link {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := recordSize(len(payload))
	if areaAt+s.size+size > s.filled {
		panic("segment: Append without Reserve")
	}
	r := s.end.next(s.synced, payload)
	r.seal(&s.head, payload)
	s.pending.write(s.head[:])
	s.pending.write(payload)
	s.pending.pad(int(size - recordHead - int64(len(payload))))
	s.end = r.link()
	s.size += size
	return s.end
}

// Flush hands to the system what was appended. Before the first record of a generation it makes the header durable: so
// a record that has no header above it is damage, and never what a crash leaves. After an error the segment has failed:
// nobody knows what of it was written, and Flush, StartSync and Sync return that error from then on and do nothing.
func (s *Segment) Flush() error {
	_, _, err := s.flush()
	return err
}

// StartSync is Flush, and has the system begin to write to the disk what was flushed: so Sync has less to wait for, if
// there is something else to do before.
func (s *Segment) StartSync() error {
	from, to, err := s.flush()
	if err != nil || from == to {
		return err
	}
	if err := osfile.StartWriting(s.f, from, to-from); err != nil {
		return s.fail(err)
	}
	return nil
}

// fail notes that the segment has failed.
func (s *Segment) fail(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
	return err
}

// flush is Flush, and returns which part of the file it has written.
func (s *Segment) flush() (from, to int64, err error) {
	if err := s.syncHeader(); err != nil {
		return 0, 0, err
	}
	s.mu.Lock()
	if s.err != nil || s.flushed == s.end {
		defer s.mu.Unlock()
		return 0, 0, s.err
	}
	chunks, at := s.pending.take()
	end := s.end
	s.dirty = true
	s.mu.Unlock()

	from, to = at, at
	for _, c := range chunks {
		if _, err = s.f.WriteAt(c, to); err != nil {
			break
		}
		to += int64(len(c))
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending.giveBack(chunks)
	if err != nil {
		s.err = err
		return 0, 0, err
	}
	s.flushed = end
	return from, to, nil
}

// syncHeader makes the header durable if there are records to flush, unless it is.
func (s *Segment) syncHeader() error {
	s.mu.Lock()
	needless := s.err != nil || s.headed || s.flushed == s.end
	s.mu.Unlock()
	if needless {
		return nil
	}
	return s.Sync()
}

// Sync makes durable what was flushed. After an error the segment has failed, as after one of Flush: a second sync
// would succeed without having written anything.
func (s *Segment) Sync() error {
	s.mu.Lock()
	if s.err != nil || !s.dirty {
		defer s.mu.Unlock()
		return s.err
	}
	records := s.flushed.Records
	s.mu.Unlock()

	err := osfile.SyncData(s.f)

	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.err = err
		return err
	}
	s.synced, s.dirty, s.headed = records, false, true
	return nil
}

// Header returns the header of the generation.
func (s *Segment) Header() Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.header
}

// End is where the log ends with what was appended.
func (s *Segment) End() Link {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end
}

// Records is how many records were appended.
func (s *Segment) Records() uint64 { return s.End().Records }

// Synced is how many of the records are durable.
func (s *Segment) Synced() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.synced
}

// Size is how many bytes of the file the records take.
func (s *Segment) Size() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size
}

// FileSize is the size of the file in bytes. It grows in Reserve, and never shrinks.
func (s *Segment) FileSize() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.filled
}

// Verify reads the file again and compares it with what was flushed. What it returns wraps ErrCorrupt, or is what
// the file system says. Append, Flush and Sync may run meanwhile, Recycle may not.
func (s *Segment) Verify() error {
	s.mu.Lock()
	want, flushed := s.header, s.flushed
	s.mu.Unlock()
	h, ok, err := readHeader(s.f)
	if err != nil {
		return err
	}
	if !ok || h != want {
		return fmt.Errorf("%w: the header is not what was written", ErrCorrupt)
	}
	info, err := s.f.Stat()
	if err != nil {
		return err
	}
	sc := newScan(s.f, info.Size(), want.Start())
	for sc.end.Records < flushed.Records {
		if _, ok, err := sc.next(); err != nil {
			return err
		} else if !ok {
			return fmt.Errorf("%w: record %d of %d is not whole", ErrCorrupt, sc.end.Records+1, flushed.Records)
		}
	}
	if sc.end != flushed {
		return fmt.Errorf("%w: the records are not those that were written", ErrCorrupt)
	}
	return nil
}

// Path is where the file was created or opened.
func (s *Segment) Path() string { return s.path }

// Named says whether the segment's path still leads to its file, and not to nothing or to another file.
func (s *Segment) Named() (bool, error) {
	mine, err := s.f.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Lstat(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(mine, there), err
}

// Close closes the file and leaves it as it is: what was not flushed is lost.
func (s *Segment) Close() error { return s.f.Close() }

// Remove closes the file and removes it, durably. Where the path leads to another file by now, or to none, that is
// left alone. The file is closed after an error, too.
func (s *Segment) Remove() error {
	named, err := s.Named()
	if err := errors.Join(err, s.f.Close()); err != nil || !named {
		return err
	}
	return osfile.RemoveDurably(s.path)
}
