package kuzzlite

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"time"
)

// The bytes of documents and tombstones. docs/format.md is the specification; in short, in the bucket of a collection:
//
//	'c'               → the number of documents, see buckets.go
//	'd' id            → record of kind document, with the document's JSON as its body
//	't' id            → record of kind tombstone, without a body: the version the deleted document had reached
//	'x' time id       → nothing; tombstones by the time of deletion (8 bytes, big endian, ms), for their removal
//	'e' time id       → nothing; documents that expire by the time of that, the same
//
// A record is: CRC-32C (4 bytes, big endian) of its key and of all that follows, kind (1 byte), version and sequence
// (uvarint), time of creation and of the last change (varint, ms since 1970; the second as difference to the first), of
// a document that expires the time of that (varint, as difference to the last change), body. The key is part of the
// checksum so that a record that turns up under another one is found out.

const (
	prefixCount     = 'c' // a key of this byte alone
	prefixDocument  = 'd'
	prefixExpiry    = 'e'
	prefixTombstone = 't'
	prefixRemoval   = 'x'
)

// maxIDLength is Elasticsearch's limit, in bytes.
const maxIDLength = 512

type recordKind byte

const (
	kindDocument  recordKind = 1
	kindTombstone recordKind = 2

	// kindExpiring is how a document that expires is stored; decoded it is a kindDocument.
	kindExpiring recordKind = 3
)

const checksumSize = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// record is a stored document, or its tombstone.
type record struct {
	kind     recordKind
	version  uint64
	sequence uint64
	created  int64 // ms since 1970
	updated  int64 // ms since 1970
	expires  int64 // ms since 1970; 0: never
	body     []byte
}

// maxRecordHeader is how long a record's header can be, in bytes.
const maxRecordHeader = checksumSize + 1 + 5*binary.MaxVarintLen64

// frame writes r's header in front of its body and returns the record's bytes, the checksum left open for seal. The
// body is in buf already, after maxRecordHeader bytes of room: it can be worked out before the header is known.
func frame(buf []byte, r *record) []byte {
	header := appendRecordHeader(make([]byte, 0, maxRecordHeader), r)
	value := buf[maxRecordHeader-len(header):]
	copy(value, header)
	return value
}

// appendRecordHeader appends all of r but its body, the checksum left open for seal.
func appendRecordHeader(dst []byte, r *record) []byte {
	kind := r.kind
	if r.expires != 0 {
		kind = kindExpiring
	}
	dst = append(dst, 0, 0, 0, 0, byte(kind))
	dst = binary.AppendUvarint(dst, r.version)
	dst = binary.AppendUvarint(dst, r.sequence)
	dst = binary.AppendVarint(dst, r.created)
	dst = binary.AppendVarint(dst, r.updated-r.created)
	if r.expires != 0 {
		dst = binary.AppendVarint(dst, r.expires-r.updated)
	}
	return dst
}

// seal writes the checksum into a value that is complete: a record, or a block of changes.
func seal(key, value []byte) {
	binary.BigEndian.PutUint32(value, checksum(key, value))
}

// sealed says whether the checksum of a value matches.
func sealed(key, value []byte) bool {
	return len(value) >= checksumSize && binary.BigEndian.Uint32(value) == checksum(key, value)
}

func checksum(key, value []byte) uint32 {
	return crc32.Update(crc32.Update(0, castagnoli, key), castagnoli, value[checksumSize:])
}

// decodeRecord reads the record stored under key. Its body aliases b. Every error wraps ErrCorrupt.
func decodeRecord(key, b []byte) (record, error) {
	if !sealed(key, b) {
		return record{}, fmt.Errorf("%w: checksum of a record does not match", ErrCorrupt)
	}
	d := decoder{b: b[checksumSize:]}
	r := record{kind: recordKind(d.byte())}
	if r.kind < kindDocument || r.kind > kindExpiring {
		return record{}, fmt.Errorf("%w: record of unknown kind %d", ErrCorrupt, r.kind)
	}
	r.version = d.uvarint()
	r.sequence = d.uvarint()
	r.created = d.varint()
	r.updated = r.created + d.varint()
	if r.kind == kindExpiring {
		r.kind, r.expires = kindDocument, r.updated+d.varint()
		d.bad = d.bad || r.expires <= 0
	}
	if d.bad {
		return record{}, fmt.Errorf("%w: record header is cut short", ErrCorrupt)
	}
	r.body = d.b
	return r, nil
}

// decoder reads the integers and strings of stored bytes; bad is set once something does not fit.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	d.advance(n)
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	d.advance(n)
	return v
}

func (d *decoder) advance(n int) {
	if n <= 0 {
		d.bad, d.b = true, nil
		return
	}
	d.b = d.b[n:]
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.bad = true
		return 0
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v
}

func (d *decoder) string() string { return string(d.bytes()) }

// bytes is string without a copy.
func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.bad, d.b = true, nil
		return nil
	}
	b := d.b[:n:n]
	d.b = d.b[n:]
	return b
}

func documentKey(id string) []byte  { return prefixed(prefixDocument, id) }
func tombstoneKey(id string) []byte { return prefixed(prefixTombstone, id) }

func prefixed(prefix byte, id string) []byte {
	key := make([]byte, 1+len(id))
	key[0] = prefix
	copy(key[1:], id)
	return key
}

// removalKey orders tombstones by the time of deletion.
func removalKey(deleted int64, id string) []byte { return timeKey(prefixRemoval, deleted, id) }

// expiryKey orders documents by the time at which they expire.
func expiryKey(at int64, id string) []byte { return timeKey(prefixExpiry, at, id) }

// timeKey orders ids by a time, in ms since 1970.
func timeKey(prefix byte, at int64, id string) []byte {
	key := make([]byte, 9, 9+len(id))
	key[0] = prefix
	binary.BigEndian.PutUint64(key[1:], uint64(at))
	return append(key, id...)
}

// splitTimeKey is the inverse of timeKey.
func splitTimeKey(prefix byte, key []byte) (at int64, id string, ok bool) {
	if len(key) < 9 || key[0] != prefix {
		return 0, "", false
	}
	return int64(binary.BigEndian.Uint64(key[1:])), string(key[9:]), true
}

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// storableTimes says in words what storable does.
const storableTimes = "after the beginning of 1970 and before the year 10000"

// storable says whether a time can be stored, in ms since 1970, and is not taken for none.
func storable(t time.Time) bool { return t.UnixMilli() > 0 && t.UTC().Year() <= 9999 }

// expiryTime is fromMillis for when a document expires.
func expiryTime(ms int64) (at time.Time) {
	if ms != 0 {
		at = fromMillis(ms)
	}
	return at
}

// expiryMillis is the inverse of expiryTime.
func expiryMillis(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMilli()
}

// decodeKind is decodeRecord for a record that must be of a kind.
func decodeKind(kind recordKind, key, b []byte) (record, error) {
	r, err := decodeRecord(key, b)
	if err == nil && r.kind != kind {
		return record{}, fmt.Errorf("%w: record of the wrong kind", ErrCorrupt)
	}
	return r, err
}
