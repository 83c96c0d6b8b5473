package kuzzlite

import (
	"encoding/binary"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

// The change feed on disk. Every change gets the next sequence number of the store, and is written in the same
// transaction as what it changes. Changes of one call are kept in blocks of about 2 KiB, each under the sequence of
// its first change:
//
//	sequence (8 bytes, big endian) → CRC-32C (4 bytes, big endian) of the key and of all that follows, format (1
//	byte), time (varint, ms since 1970), flags (1 byte), index, collection, user, number of changes,
//	then for each: op (1 byte), version, id, number of paths, paths
//
// Numbers are uvarints unless said otherwise, strings a length and their bytes. The newest sequence is the bucket's own
// sequence. There is no gap: each block begins where the one before it ended.

// Op is the kind of a change.
type Op uint8

// The kinds of changes. The last five are not of a document and have no ID and no version.
const (
	OpCreate  Op = iota + 1 // a document was created
	OpUpdate                // changes were merged into a document, or fields were deleted
	OpReplace               // a document's content was replaced
	OpDelete                // a document was deleted; the version is the deletion's
	OpTruncate
	OpCreateCollection
	OpDeleteCollection
	OpCreateIndex
	OpDeleteIndex
)

var opNames = [...]string{
	OpCreate: "create", OpUpdate: "update", OpReplace: "replace", OpDelete: "delete", OpTruncate: "truncate",
	OpCreateCollection: "createCollection", OpDeleteCollection: "deleteCollection",
	OpCreateIndex: "createIndex", OpDeleteIndex: "deleteIndex",
}

// String returns the name of o, as it is in JSON.
func (o Op) String() string {
	if o == 0 || int(o) >= len(opNames) {
		return fmt.Sprintf("op(%d)", uint8(o))
	}
	return opNames[o]
}

// MarshalText returns the name of o.
func (o Op) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads the name of an Op.
func (o *Op) UnmarshalText(text []byte) error {
	for i, name := range opNames {
		if i > 0 && name == string(text) {
			*o = Op(i)
			return nil
		}
	}
	return fmt.Errorf("%w: unknown kind of change", ErrInvalid)
}

// Change is one committed change.
type Change struct {
	Sequence   uint64    `json:"sequence"` // in the store, from 1, without gaps
	Time       time.Time `json:"time"`     // of the call, by Options.Clock
	Op         Op        `json:"op"`
	Index      string    `json:"index"`
	Collection string    `json:"collection,omitempty"`
	ID         string    `json:"_id,omitempty"`
	Version    uint64    `json:"_version,omitempty"`

	// Paths are, for OpUpdate, the dotted paths of the leaves of the changes, or of the fields deleted.
	Paths  []string `json:"paths,omitempty"`
	User   string   `json:"user,omitempty"`   // WriteOptions.User
	Silent bool     `json:"silent,omitempty"` // WriteOptions.Silent
}

const (
	blockFormat = 1
	blockTarget = 2 << 10 // bytes; a block that has reached it is closed

	flagSilent = 1
)

// blockHead is what the changes of a block have in common.
type blockHead struct {
	time              int64 // ms since 1970
	silent            bool
	index, collection string
	user              string
}

// feedWriter writes the changes of one call into the feed.
type feedWriter struct {
	t       *txn
	head    blockHead
	first   uint64 // sequence of the first change in the open block
	n       int    // changes in it
	entries []byte
	err     error
}

// add gives a change the next sequence and writes it into the open block.
func (w *feedWriter) add(op Op, id string, version uint64, paths []string) {
	w.t.sequence++
	if w.n == 0 {
		w.first = w.t.sequence
	}
	w.n++
	e := append(w.entries, byte(op))
	e = binary.AppendUvarint(e, version)
	e = appendString(e, id)
	e = binary.AppendUvarint(e, uint64(len(paths)))
	for _, p := range paths {
		e = appendString(e, p)
	}
	w.entries = e
	if len(e) >= blockTarget {
		w.closeBlock()
	}
}

// flush writes what is open.
func (w *feedWriter) flush() error {
	w.closeBlock()
	return w.t.fails(w.err)
}

func (w *feedWriter) closeBlock() {
	if w.n == 0 || w.err != nil {
		return
	}
	key := sequenceKey(w.first)
	b := appendBlockHead(make([]byte, 0, len(w.entries)+128), &w.head, w.n)
	b = append(b, w.entries...)
	seal(key, b)
	w.n, w.entries = 0, w.entries[:0]

	bucket := w.t.tx.Bucket(bucketChanges)
	bucket.FillPercent = 1 // keys only ever go at the end
	if w.err = bucket.Put(key, b); w.err == nil {
		w.err = bucket.SetSequence(w.t.sequence)
	}
}

func appendBlockHead(b []byte, h *blockHead, n int) []byte {
	b = append(b, 0, 0, 0, 0, blockFormat)
	b = binary.AppendVarint(b, h.time)
	var flags byte
	if h.silent {
		flags |= flagSilent
	}
	b = append(b, flags)
	b = appendString(b, h.index)
	b = appendString(b, h.collection)
	b = appendString(b, h.user)
	return binary.AppendUvarint(b, uint64(n))
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func sequenceKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// decodeBlock appends the changes of a block to dst, those up to since left out. Every error wraps ErrCorrupt.
func decodeBlock(dst []Change, key, b []byte, since uint64) ([]Change, error) {
	if len(key) != 8 {
		return dst, fmt.Errorf("%w: block of changes under a key of %d bytes", ErrCorrupt, len(key))
	}
	if !sealed(key, b) {
		return dst, fmt.Errorf("%w: checksum of a block of changes does not match", ErrCorrupt)
	}
	d := decoder{b: b[checksumSize:]}
	if format := d.byte(); format != blockFormat {
		return dst, fmt.Errorf("%w: block of changes of unknown format %d", ErrCorrupt, format)
	}
	at := fromMillis(d.varint())
	silent := d.byte()&flagSilent != 0
	index, collection, user := d.string(), d.string(), d.string()
	n := d.uvarint()
	seq := binary.BigEndian.Uint64(key)
	for ; n > 0 && !d.bad; n-- {
		c := Change{
			Sequence: seq, Time: at, Index: index, Collection: collection, User: user, Silent: silent,
			Op: Op(d.byte()), Version: d.uvarint(), ID: d.string(), Paths: d.strings(),
		}
		if seq > since && !d.bad {
			dst = append(dst, c)
		}
		seq++
	}
	if d.bad || len(d.b) > 0 {
		return dst, fmt.Errorf("%w: block of changes does not end where it should", ErrCorrupt)
	}
	return dst, nil
}

// strings reads a list of strings.
func (d *decoder) strings() []string {
	n := d.uvarint()
	if n == 0 || n > uint64(len(d.b)) {
		d.bad = d.bad || n > 0
		return nil
	}
	list := make([]string, 0, n)
	for ; n > 0 && !d.bad; n-- {
		list = append(list, d.string())
	}
	return list
}

// readChanges returns the changes after since, one block's, and at most those up to the newest in the transaction;
// none if since is the newest.
func readChanges(tx *bolt.Tx, since uint64) ([]Change, error) {
	b := tx.Bucket(bucketChanges)
	if b == nil {
		return nil, fmt.Errorf("%w: there is no change feed", ErrCorrupt)
	}
	last := b.Sequence()
	if since == last {
		return nil, nil
	}
	if since > last {
		return nil, fmt.Errorf("%w: asked for those after %d, but the newest is %d: was the store restored from a backup?",
			ErrSequenceGone, since, last)
	}
	c := b.Cursor()
	want := sequenceKey(since + 1)
	k, v := c.Seek(want)
	if k == nil || string(k) != string(want) { // in the middle of the block before
		if k == nil {
			k, v = c.Last()
		} else {
			k, v = c.Prev()
		}
	}
	if k == nil {
		first, _ := c.First()
		return nil, gone(since, first, last)
	}
	changes, err := decodeBlock(nil, k, v, since)
	if err != nil {
		return nil, err
	}
	if len(changes) == 0 || changes[0].Sequence != since+1 {
		return nil, fmt.Errorf("%w: the change feed has a gap after sequence %d", ErrCorrupt, since)
	}
	return changes, nil
}

func gone(since uint64, first []byte, last uint64) error {
	oldest := last + 1
	if first != nil {
		oldest = binary.BigEndian.Uint64(first)
	}
	return fmt.Errorf("%w: asked for those after %d, the oldest kept is %d: read all documents again and go on from %d",
		ErrSequenceGone, since, oldest, last)
}
