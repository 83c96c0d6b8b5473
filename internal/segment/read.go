package segment

import (
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"runtime"
	"syscall"

	"github.com/kuzzlite/kuzzlite/internal/osfile"
)

// The errors of reading.
var (
	// ErrCorrupt means that records which were durable are damaged.
	ErrCorrupt = errors.New("log is damaged")
	// ErrNotRegular means that a path leads to a directory, a symbolic link, a pipe or a device.
	ErrNotRegular = errors.New("not a regular file")
)

// Contents is what a file was found to have.
type Contents struct {
	// Whole says that the file has a header. Where it is false there are no Header, no Records, no End and no
	// Damage: a crash in Create or after Recycle leaves such a file, and so does damage to the header.
	Whole   bool
	Header  Header
	Records [][]byte // the payloads, in order
	End     Link     // where the log ends with the last of the records
	Size    int64    // how many bytes of the file the records take

	// Damage wraps ErrCorrupt if the record that would follow was durable, and is no longer whole, or if the file was
	// cut off. It is nil where the log just ends. It means nothing for a generation that nobody needs.
	Damage error

	// Stray is, for a file without a header, the nonce of the first whole record in the file; 0: there is none. A header
	// is durable before the first record of its generation is written. So a crash in Create leaves no record, and one in
	// Recycle those of generations before: a record of a generation that is still needed means that the header was
	// damaged later.
	Stray uint64
}

// Read reads what is in a segment. What it reads it makes durable first: a process that was killed may have left it in
// the memory of the system only. With readOnly it opens the file for reading, and does without where the system syncs
// no such file. It returns ErrNotRegular for what cannot be a segment, or what the file system says.
func Read(path string, readOnly bool) (*Contents, error) {
	flags := os.O_RDWR // Windows syncs no file that was opened for reading
	if readOnly {
		flags = os.O_RDONLY
	}
	f, err := openRegular(path, flags)
	if err != nil {
		return nil, err
	}
	c, err := read(f, readOnly)
	return c, errors.Join(err, f.Close())
}

// ReadHeader reads the header of a segment. ok is false if there is none that is whole. It changes nothing, not even
// what the system has in memory.
func ReadHeader(path string) (h Header, ok bool, err error) {
	f, err := openRegular(path, os.O_RDONLY)
	if err != nil {
		return Header{}, false, err
	}
	h, ok, err = readHeader(f)
	return h, ok, errors.Join(err, f.Close())
}

// openRegular opens a file. It does not wait for whoever is to open the other end of a pipe.
func openRegular(path string, flags int) (*os.File, error) {
	there, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !there.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w", path, ErrNotRegular)
	}
	f, err := os.OpenFile(path, flags|openFlags, 0)
	if err != nil {
		return nil, err
	}
	mine, err := f.Stat()
	if err == nil && !os.SameFile(mine, there) {
		err = fmt.Errorf("%s: another file took its name just now", path)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// read reads all of a file.
func read(f *os.File, readOnly bool) (*Contents, error) {
	if err := f.Sync(); err != nil && !(readOnly && osfile.CannotSync(err)) {
		return nil, err
	}
	osfile.Forget(f)
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	c, err := readContents(f, info.Size())
	if err == nil && c.Whole && c.Damage == nil {
		c.Damage = cutOff(info.Size())
	}
	return c, err
}

func readHeader(r io.ReaderAt) (Header, bool, error) {
	area := make([]byte, areaAt)
	n, err := r.ReadAt(area, 0)
	if err != nil && err != io.EOF {
		return Header{}, false, err
	}
	h, ok := decodeHeader(area[:n])
	return h, ok, nil
}

// readContents reads a file of size bytes.
func readContents(r io.ReaderAt, size int64) (*Contents, error) {
	c := &Contents{}
	var err error
	if c.Header, c.Whole, err = readHeader(r); err != nil {
		return nil, err
	}
	if !c.Whole {
		c.Stray, err = readStray(r, size)
		return c, err
	}
	s := newScan(r, size, c.Header.Start())
	for {
		payload, ok, err := s.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		c.Records = append(c.Records, payload)
	}
	c.End, c.Size = s.end, s.at-areaAt
	c.Damage, err = findDamage(r, s.at, size, s.end)
	return c, err
}

// readStray returns the nonce of the first whole record behind the header; 0 if there is none.
func readStray(r io.ReaderAt, size int64) (nonce uint64, err error) {
	at := int64(areaAt)
	sectors := buffered(r, at, size)
	for budget := 4 * size; at+recordHead <= size; at += sectorSize {
		head, err := sectors.Peek(recordHead)
		if err != nil {
			return 0, ignoreEnd(err)
		}
		rec := decodeRecord(head)
		if rec.nonce != 0 && rec.length <= MaxPayload && at+recordHead+int64(rec.length) <= size {
			whole, err := isWhole(r, rec, headSum(head), at)
			if err != nil {
				return 0, err
			}
			if budget -= recordHead + int64(rec.length); whole || budget < 0 { // see findDamage
				return rec.nonce, nil
			}
		}
		if _, err := sectors.Discard(sectorSize); err != nil {
			return 0, ignoreEnd(err)
		}
	}
	return 0, nil
}

// scan reads the records of a generation, one after the other.
type scan struct {
	r    *bufio.Reader
	at   int64 // of the next record, in the file
	size int64 // of the file
	end  Link  // of the records that were read
}

func newScan(r io.ReaderAt, size int64, start Link) *scan {
	return &scan{r: buffered(r, areaAt, size), at: areaAt, size: size, end: start}
}

// buffered reads a file of size bytes from an offset on. The head of a record can be peeked at.
func buffered(r io.ReaderAt, at, size int64) *bufio.Reader {
	left := max(recordHead, size-at)
	return bufio.NewReaderSize(io.NewSectionReader(r, at, left), int(min(left, chunkSize)))
}

// next returns the payload of the next record. ok is false at the end of the log: nothing can be read then any more.
func (s *scan) next() (payload []byte, ok bool, err error) {
	head, err := s.r.Peek(recordHead)
	if err != nil {
		return nil, false, ignoreEnd(err)
	}
	r := decodeRecord(head)
	if !r.continues(s.end) || r.length > MaxPayload || s.at+recordHead+int64(r.length) > s.size {
		return nil, false, nil
	}
	sum := headSum(head)
	if _, err := s.r.Discard(recordHead); err != nil {
		return nil, false, err
	}
	payload = make([]byte, r.length)
	if _, err := io.ReadFull(s.r, payload); err != nil {
		return nil, false, err
	}
	if crc32.Update(sum, castagnoli, payload) != r.sum {
		return nil, false, nil
	}
	size := recordSize(len(payload))
	if _, err := s.r.Discard(int(size - recordHead - int64(r.length))); ignoreEnd(err) != nil {
		return nil, false, err
	}
	s.at += size
	s.end = r.link()
	return payload, true, nil
}

// ignoreEnd returns nil for the end of the file.
func ignoreEnd(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// openFlags keep the opening of a pipe from waiting. Windows has no pipes among its files.
var openFlags = func() int {
	if runtime.GOOS == "windows" {
		return 0
	}
	return syscall.O_NONBLOCK
}()
