package segment

import (
	"encoding/binary"
	"hash/crc32"
)

// MaxPayload is the size of the largest payload, in bytes.
const MaxPayload = 1 << 30

const recordHead = 4 + 4 + 8 + 8 + 8 + 4

// record is a record without its payload.
type record struct {
	sum    uint32
	prev   uint32
	nonce  uint64
	number uint64
	synced uint64
	length uint32
}

// recordSize is how many bytes of the file a record takes.
func recordSize(payload int) int64 { return roundUp(recordHead+int64(payload), sectorSize) }

// roundUp returns the next multiple of unit, a power of two.
func roundUp(n, unit int64) int64 { return (n + unit - 1) &^ (unit - 1) }

// next begins the record that follows a link.
func (l Link) next(synced uint64, payload []byte) record {
	return record{prev: l.Sum, nonce: l.Nonce, number: l.Records + 1, synced: synced, length: uint32(len(payload))}
}

// link is where the log ends with r.
func (r *record) link() Link { return Link{Nonce: r.nonce, Records: r.number, Sum: r.sum} }

// continues says whether r is the next record after a link.
func (r *record) continues(l Link) bool {
	return r.nonce == l.Nonce && r.number == l.Records+1 && r.prev == l.Sum
}

// seal writes the head of the record, with its checksum, to b.
func (r *record) seal(b *[recordHead]byte, payload []byte) {
	binary.BigEndian.PutUint32(b[4:], r.prev)
	binary.BigEndian.PutUint64(b[8:], r.nonce)
	binary.BigEndian.PutUint64(b[16:], r.number)
	binary.BigEndian.PutUint64(b[24:], r.synced)
	binary.BigEndian.PutUint32(b[32:], r.length)
	r.sum = crc32.Update(headSum(b[:]), castagnoli, payload)
	binary.BigEndian.PutUint32(b[:], r.sum)
}

// decodeRecord reads the head of a record. Its checksum is not looked at.
func decodeRecord(b []byte) record {
	return record{
		sum:    binary.BigEndian.Uint32(b),
		prev:   binary.BigEndian.Uint32(b[4:]),
		nonce:  binary.BigEndian.Uint64(b[8:]),
		number: binary.BigEndian.Uint64(b[16:]),
		synced: binary.BigEndian.Uint64(b[24:]),
		length: binary.BigEndian.Uint32(b[32:]),
	}
}

// headSum is the checksum of a record's head, to be continued with that of the payload.
func headSum(head []byte) uint32 { return crc32.Checksum(head[4:recordHead], castagnoli) }
