package segment

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"hash/crc32"
)

const (
	pageSize   = 4096
	sectorSize = 512

	headerCopyAt = pageSize     // where the header is once more
	areaAt       = 2 * pageSize // where records begin
	headerSize   = 8 + 4 + 16 + 8 + 8 + 8 + 8 + 4
)

var magic = []byte("kuzzseg\x03")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Header says which generation of which store a segment has.
type Header struct {
	// Store is the id of the store.
	Store [16]byte
	// Generation is the number of the generation.
	Generation uint64
	// Nonce tells the generation from all others, also from those of other files with the same number. See NewNonce.
	Nonce uint64
	// Parent is where the generation ended that this one continues.
	Parent Link
}

// Link is a place in the log: the end of a generation, or its end so far.
type Link struct {
	// Nonce is that of the generation.
	Nonce uint64
	// Records is how many records of the generation lie before the place.
	Records uint64
	// Sum is the checksum of the last of these records. Without any it is a value that is derived from the nonce.
	Sum uint32
}

// NewNonce returns a random nonce. It is never 0.
func NewNonce() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.BigEndian.Uint64(b[:]) | 1
}

// Start is where the generation begins, before its first record.
func (h Header) Start() Link {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], h.Nonce)
	return Link{Nonce: h.Nonce, Sum: crc32.Checksum(b[:], castagnoli)}
}

// encode returns what lies before the records: the header, twice, a page each.
func (h Header) encode() []byte {
	b := append(make([]byte, 0, areaAt), magic...)
	b = append(b, 0, 0, 0, 0)
	b = append(b, h.Store[:]...)
	b = binary.BigEndian.AppendUint64(b, h.Generation)
	b = binary.BigEndian.AppendUint64(b, h.Nonce)
	b = binary.BigEndian.AppendUint64(b, h.Parent.Nonce)
	b = binary.BigEndian.AppendUint64(b, h.Parent.Records)
	b = binary.BigEndian.AppendUint32(b, h.Parent.Sum)
	binary.BigEndian.PutUint32(b[8:], crc32.Checksum(b[12:], castagnoli))
	area := b[:areaAt]
	copy(area[headerCopyAt:], b)
	return area
}

// decodeHeader reads what lies before the records of a file, of which there may be less. ok is false if neither copy of
// the header is whole. Where a crash has left copies of two generations the later one counts: the earlier one was no
// longer needed.
func decodeHeader(area []byte) (h Header, ok bool) {
	for at := 0; at < len(area); at += headerCopyAt {
		if c, whole := decodeHeaderCopy(area[at:]); whole && (!ok || c.Generation > h.Generation) {
			h, ok = c, true
		}
	}
	return h, ok
}

func decodeHeaderCopy(b []byte) (h Header, ok bool) {
	if len(b) < headerSize || !bytes.HasPrefix(b, magic) {
		return Header{}, false
	}
	b = b[:headerSize]
	if binary.BigEndian.Uint32(b[8:]) != crc32.Checksum(b[12:], castagnoli) {
		return Header{}, false
	}
	h.Store = [16]byte(b[12:])
	h.Generation = binary.BigEndian.Uint64(b[28:])
	h.Nonce = binary.BigEndian.Uint64(b[36:])
	h.Parent.Nonce = binary.BigEndian.Uint64(b[44:])
	h.Parent.Records = binary.BigEndian.Uint64(b[52:])
	h.Parent.Sum = binary.BigEndian.Uint32(b[60:])
	return h, h.Nonce != 0
}
