package wal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// PageSize is the unit of the file, in bytes. It is not that of the machine: disks write as much at once, or divisors of
// it.
const PageSize = 4096

// MaxBase is the largest base, in bytes.
const MaxBase = PageSize - headSize

var magic = []byte("kuzzlog\x01")

const headSize = 8 + 4 + 4 + 8 + 8 + 1

// state says what a log is for.
type state byte

const (
	stateOpen   state = 1 // what its records describe may not be safe elsewhere
	stateClosed state = 2 // it is; the file is about to be removed
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// head is the head of one generation.
type head struct {
	generation uint64
	salt       uint64
	state      state
	base       []byte
}

// encode returns the page of h.
func (h *head) encode() []byte {
	b := make([]byte, headSize, PageSize)
	copy(b, magic)
	binary.BigEndian.PutUint32(b[12:], uint32(len(h.base)))
	binary.BigEndian.PutUint64(b[16:], h.generation)
	binary.BigEndian.PutUint64(b[24:], h.salt)
	b[32] = byte(h.state)
	b = append(b, h.base...)
	binary.BigEndian.PutUint32(b[8:], crc32.Checksum(b[12:], castagnoli))
	return b[:PageSize]
}

// decodeHead reads a page. ok is false if there is no whole head in it.
func decodeHead(page []byte) (h head, ok bool) {
	if len(page) < headSize || !bytes.HasPrefix(page, magic) {
		return head{}, false
	}
	n := uint64(binary.BigEndian.Uint32(page[12:]))
	if headSize+n > uint64(len(page)) {
		return head{}, false
	}
	page = page[:headSize+n]
	if binary.BigEndian.Uint32(page[8:]) != crc32.Checksum(page[12:], castagnoli) {
		return head{}, false
	}
	return head{
		generation: binary.BigEndian.Uint64(page[16:]),
		salt:       binary.BigEndian.Uint64(page[24:]),
		state:      state(page[32]),
		base:       bytes.Clone(page[headSize:]),
	}, true
}

// slot is the page of a generation's head.
func (h *head) slot() int64 { return int64(h.generation%2) * PageSize }

// chooseHead returns the head in force of a file.
func chooseHead(file []byte) (head, error) {
	var found []head
	for at := 0; at < min(areaAt, len(file)); at += PageSize {
		if h, ok := decodeHead(file[at:min(at+PageSize, len(file))]); ok {
			found = append(found, h)
		}
	}
	switch {
	case len(found) == 0:
		return head{}, fmt.Errorf("%w: neither of its heads is whole", ErrCorrupt)
	case len(found) == 2 && found[0].salt != found[1].salt:
		return head{}, fmt.Errorf("%w: its heads are of two logs", ErrCorrupt)
	case len(found) == 2 && found[1].generation > found[0].generation:
		return found[1], nil
	}
	return found[0], nil
}

// What can go wrong.
var (
	// ErrCorrupt is returned for a file that was damaged, or never was a log.
	ErrCorrupt = errors.New("log is damaged")
	// ErrUnknown is returned where what was to be written may be in the file or not. The log is of no use until it is
	// opened again.
	ErrUnknown = errors.New("log may or may not have it")
)
