package kuzzlite

import (
	"encoding/binary"
	"fmt"
	"time"
)

// Changes, and the blocks in which they are kept. Every change gets the next sequence number of the store, and is
// written in the same batch as what it changes. The changes of one call are kept together, in blocks of about 900
// bytes, of which four fit on a page of 4 KiB. A block is:
//
//	CRC-32C (4 bytes, big endian) of its key and of all that follows, format (1 byte), time (varint, ms since 1970),
//	flags (1 byte), index, collection, user, origin if the flags say so, number of changes, then for each: op (1 byte),
//	version, id, number of paths, paths
//
// Numbers are uvarints unless said otherwise, strings a length and their bytes. Its key is the sequence of its first
// change (8 bytes, big endian). feed.go says where blocks are.

// Op is the kind of a change.
type Op uint8

// The kinds of changes. Those from OpTruncate to OpDeleteIndex are not of a document and have no ID and no version.
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
	OpExpire // a document has expired, and was removed; the version is that of the removal
)

var opNames = [...]string{
	OpCreate: "create", OpUpdate: "update", OpReplace: "replace", OpDelete: "delete", OpTruncate: "truncate",
	OpCreateCollection: "createCollection", OpDeleteCollection: "deleteCollection",
	OpCreateIndex: "createIndex", OpDeleteIndex: "deleteIndex", OpExpire: "expire",
}

// ofDocument says whether o is of one document.
func (o Op) ofDocument() bool { return o <= OpDelete || o == OpExpire }

// empties says whether all documents of the collection are gone after the change.
func (o Op) empties() bool { return o == OpTruncate || o == OpDeleteCollection || o == OpDeleteIndex }

// removes says whether o removes a document.
func (o Op) removes() bool { return o == OpDelete || o == OpExpire }

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

// Scope says what a change has to do with the documents that a query matches (Kuzzle).
type Scope string

// The scopes of changes.
const (
	ScopeIn  Scope = "in"  // the document matches
	ScopeOut Scope = "out" // the document has matched, and does not any more
)

// Change is one committed change.
type Change struct {
	Sequence   uint64    `json:"sequence"` // in the store, from 1, without gaps
	Time       time.Time `json:"time"`     // of the call, by Options.Clock
	Op         Op        `json:"op"`
	Index      string    `json:"index"`
	Collection string    `json:"collection,omitempty"`
	ID         string    `json:"_id,omitempty"`
	Version    uint64    `json:"_version,omitempty"`

	// Paths are, for OpUpdate, the dotted paths of the leaves of the changes, or of the fields deleted. None are kept
	// where they have more than 16 KiB, where Success.UpdatedFields has none for their size, and where no path leads to
	// something in the changes, as to an empty object, or leads elsewhere too, as with a dot in a key: then any field may
	// have changed.
	Paths  []string `json:"paths,omitempty"`
	User   string   `json:"user,omitempty"`   // WriteOptions.User
	Silent bool     `json:"silent,omitempty"` // WriteOptions.Silent

	LocalOnly bool   `json:"localOnly,omitempty"` // WriteOptions.LocalOnly
	Origin    string `json:"origin,omitempty"`    // WriteOptions.Origin

	// Served says that a client of a Kuzzle server has made the change (package kuzzle), which has told its subscribers.
	Served bool `json:"served,omitempty"`

	// Scope is, with WatchOptions.Query, what the change has to do with the documents that match.
	Scope Scope `json:"scope,omitempty"`

	// Document is, with WatchOptions.Documents, the document as it is when the change is read: the document may be newer
	// than the change, as its Sequence tells, and nil if it was deleted since.
	Document *Document `json:"document,omitempty"`
}

const (
	blockFormat = 1
	blockTarget = 800      // bytes of entries; a block that has reached it is closed
	maxPaths    = 16 << 10 // bytes of one change's paths

	flagSilent    = 1
	flagServed    = 2
	flagLocalOnly = 4
	flagOrigin    = 8 // there is one
)

// blockHead is what the changes of a block have in common.
type blockHead struct {
	time              int64 // ms since 1970
	silent, served    bool
	localOnly         bool
	index, collection string
	user, origin      string
}

// block is a block of changes, complete.
type block struct {
	first uint64 // sequence of its first change
	bytes []byte
}

func (b *block) key() []byte { return sequenceKey(b.first) }

func appendBlockHead(b []byte, h *blockHead, n int) []byte {
	b = append(b, 0, 0, 0, 0, blockFormat)
	b = binary.AppendVarint(b, h.time)
	var flags byte
	if h.silent {
		flags |= flagSilent
	}
	if h.served {
		flags |= flagServed
	}
	if h.localOnly {
		flags |= flagLocalOnly
	}
	if h.origin != "" {
		flags |= flagOrigin
	}
	b = append(b, flags)
	b = appendString(b, h.index)
	b = appendString(b, h.collection)
	b = appendString(b, h.user)
	if h.origin != "" {
		b = appendString(b, h.origin)
	}
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
	flags := d.byte()
	index, collection, user := d.string(), d.string(), d.string()
	origin := ""
	if flags&flagOrigin != 0 {
		origin = d.string()
	}
	n := d.uvarint()
	seq := binary.BigEndian.Uint64(key)
	for ; n > 0 && !d.bad; n-- {
		c := Change{
			Sequence: seq, Time: at, Index: index, Collection: collection, User: user,
			Silent: flags&flagSilent != 0, Served: flags&flagServed != 0,
			LocalOnly: flags&flagLocalOnly != 0, Origin: origin,
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
