package wal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

const recordHead = 8 + 4 + 4 + 8 + 8 + 8

// record is one record as read.
type record struct {
	generation uint64
	number     uint64
	synced     uint64
	payload    []byte
	size       int64 // in the file
}

// recordSize is the size of a record in the file, in bytes.
func recordSize(payload int) int64 {
	return (recordHead + int64(payload) + PageSize - 1) / PageSize * PageSize
}

// sealRecord fills in the head of a record, for which b has room in front of its payload.
func sealRecord(b []byte, salt, generation, number, synced uint64) {
	binary.BigEndian.PutUint64(b, salt)
	binary.BigEndian.PutUint32(b[12:], uint32(len(b)-recordHead))
	binary.BigEndian.PutUint64(b[16:], generation)
	binary.BigEndian.PutUint64(b[24:], number)
	binary.BigEndian.PutUint64(b[32:], synced)
	binary.BigEndian.PutUint32(b[8:], crc32.Checksum(b[12:], castagnoli))
}

// decodeRecord reads the record at the beginning of b. ok is false if there is none, or not all of it.
func decodeRecord(b []byte, salt uint64) (r record, ok bool) {
	if len(b) < recordHead || binary.BigEndian.Uint64(b) != salt {
		return record{}, false
	}
	n := uint64(binary.BigEndian.Uint32(b[12:]))
	if recordHead+n > uint64(len(b)) {
		return record{}, false
	}
	if binary.BigEndian.Uint32(b[8:]) != crc32.Checksum(b[12:recordHead+n], castagnoli) {
		return record{}, false
	}
	return record{
		generation: binary.BigEndian.Uint64(b[16:]),
		number:     binary.BigEndian.Uint64(b[24:]),
		synced:     binary.BigEndian.Uint64(b[32:]),
		payload:    b[recordHead : recordHead+n],
		size:       recordSize(int(n)),
	}, true
}

// split takes the records of h's generation out of what is behind the heads.
func (h *head) split(area []byte) (records []record, err error) {
	rest := area
	for {
		r, ok := decodeRecord(rest, h.salt)
		if !ok || r.generation != h.generation || r.number != uint64(len(records))+1 {
			break
		}
		records = append(records, r)
		rest = rest[min(r.size, int64(len(rest))):]
	}
	return records, h.checkRest(rest, uint64(len(records)))
}

// checkRest looks for records behind the last whole one which show that there was another, durable, or another
// generation.
func (h *head) checkRest(rest []byte, whole uint64) error {
	for ; len(rest) > 0; rest = rest[min(PageSize, len(rest)):] {
		r, ok := decodeRecord(rest, h.salt)
		switch {
		case ok && r.generation > h.generation:
			return fmt.Errorf("%w: it has records of generation %d, but no head", ErrCorrupt, r.generation)
		case ok && r.generation == h.generation && r.synced > whole:
			return fmt.Errorf("%w: record %d is not whole, and was once", ErrCorrupt, whole+1)
		}
	}
	return nil
}
