package rot

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/boltfile"
)

// Where the live bytes of a store file are: those of pages that the meta page in force leads to, as far as something is
// read from them. Not live are free pages, what is behind the last value of a page, the other meta page, the page
// headers of the meta pages, the sequences of buckets that have none (docs/format.md), and the store's id, which
// nothing reads. The layout is bbolt's: see internal/boltfile/layout.go.

// The fields of which a flip may do no harm.
const (
	metaField      = "meta page"  // then the other one is in force, as after a commit that was torn
	branchKeyField = "branch key" // it may still separate the pages beside it
	freelistField  = "freelist"   // pages may be lost, which costs their space
)

// field is a run of live bytes.
type field struct {
	name  string
	at, n int64 // in the file
}

// anatomist walks a file.
type anatomist struct {
	b      []byte
	size   int // of a page
	fields []field
}

var order = binary.NativeEndian

// liveFields lists the live bytes of a sound file. named says that the names of collections count: the checksums of
// records do not cover them, so only the change feed, if it is whole, can tell what a collection was called.
func liveFields(b []byte, named bool) ([]field, error) {
	h, err := boltfile.ReadHeader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	a := &anatomist{b: b, size: h.PageSize}
	const header, meta = 16, 64
	a.add(metaField, int(h.Txid%2)*h.PageSize+header, meta)
	if h.FreelistSynced {
		at := int(h.Freelist) * h.PageSize
		a.add("page header", at, 10)
		a.add(freelistField, at+10, 2) // how many there are
		a.add("page header", at+12, 4)
		a.add(freelistField, at+16, 8*int(order.Uint16(b[at+10:]))) // fewer than 0xFFFF
	}
	a.page(h.Root, "")
	if !named {
		kept := a.fields[:0]
		for _, f := range a.fields {
			if f.name != "collection name" {
				kept = append(kept, f)
			}
		}
		a.fields = kept
	}
	return a.fields, nil
}

func (a *anatomist) add(name string, at, n int) {
	if n > 0 {
		a.fields = append(a.fields, field{name, int64(at), int64(n)})
	}
}

func (a *anatomist) page(id uint64, bucket string) {
	at := int(id) * a.size
	a.add("page header", at, 16)
	if order.Uint16(a.b[at+8:]) == 2 {
		a.leaf(at, bucket)
		return
	}
	for i := range int(order.Uint16(a.b[at+10:])) {
		e := at + 16 + 16*i
		a.add("branch element", e, 16)
		a.add(branchKeyField, e+int(order.Uint32(a.b[e:])), int(order.Uint32(a.b[e+4:])))
		a.page(order.Uint64(a.b[e+8:]), bucket)
	}
}

// leaf takes apart the elements of a leaf page, which may be inside a value.
func (a *anatomist) leaf(at int, bucket string) {
	for i := range int(order.Uint16(a.b[at+10:])) {
		e := at + 16 + 16*i
		a.add("leaf element", e, 16)
		start := e + int(order.Uint32(a.b[e+4:]))
		keySize, valueSize := int(order.Uint32(a.b[e+8:])), int(order.Uint32(a.b[e+12:]))
		key := string(a.b[start : start+keySize])
		value := start + keySize
		if order.Uint32(a.b[e:])&1 != 0 {
			a.bucket(key, start, value)
			continue
		}
		k, v := entryNames(bucket, key)
		if v == "" {
			continue
		}
		a.add(k, start, keySize)
		a.add(v, value, valueSize)
	}
}

func (a *anatomist) bucket(key string, start, value int) {
	name, counts := "index name", false
	switch {
	case key[0] == '#':
		name, counts = "name of #store or #changes", key == "#changes"
	case strings.Contains(key, "/"):
		name, counts = "collection name", true
	}
	a.add(name, start, len(key))
	a.add("bucket root", value, 8)
	if counts {
		a.add("bucket sequence", value+8, 8)
	}
	if root := order.Uint64(a.b[value:]); root != 0 {
		a.page(root, key)
		return
	}
	a.add("header of an inlined page", value+16, 16)
	a.leaf(value+16, key)
}

// entryNames says what a key and its value are; "" if nothing reads them.
func entryNames(bucket, key string) (k, v string) {
	switch {
	case bucket == "#store" && key == "id":
		return "", ""
	case bucket == "#store":
		return "key " + key, "value of " + key
	case bucket == "#changes":
		return "key of a block", "block of changes"
	case key[0] == 'd':
		return "key of a document", "document"
	case key[0] == 't':
		return "key of a tombstone", "tombstone"
	}
	return "key of an expiry", "value of an expiry"
}

// The fields of a log.
const (
	headField       = "head of the log"
	recordField     = "record of the log"
	lastRecordField = "last record of the log" // then it looks like one that was not written to the end
)

// logFields lists the live bytes of a log: its head in force, and its records. The layout is in internal/wal/doc.go.
func logFields(b []byte) (fields []field) {
	const page, headSize, recordHead = 4096, 33, 40
	number := func(at int) int { return int(binary.BigEndian.Uint64(b[at:])) }
	size := func(at int) int { return int(binary.BigEndian.Uint32(b[at:])) }
	head := 0
	if number(page+16) > number(16) { // the generation
		head = page
	}
	fields = append(fields, field{headField, int64(head), int64(headSize + size(head+12))})
	for at := 2 * page; at+recordHead < len(b) && bytes.Equal(b[at:at+8], b[head+24:head+32]) && number(at+16) == number(head+16); {
		n := recordHead + size(at+12)
		fields = append(fields, field{recordField, int64(at), int64(n)})
		at += (n + page - 1) / page * page
	}
	fields[len(fields)-1].name = lastRecordField
	return fields
}

// kinds sorts fields by what they are, so that flips can be sent to the rare ones.
func kinds(fields []field) (byKind map[string][]field) {
	byKind = map[string][]field{}
	for _, f := range fields {
		byKind[f.name] = append(byKind[f.name], f)
	}
	return byKind
}

func (f field) String() string { return fmt.Sprintf("%s, bytes %d to %d", f.name, f.at, f.at+f.n-1) }
