package rot

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/boltfile"
)

// Where the live bytes of a store file are: those of pages that the meta page in force leads to, as far as something
// is read from them. Not live are free pages, what is behind the last value of a page, the other meta page, the page
// headers of the meta pages, the sequences of buckets, which the store does not use, and the store's id, which only a
// log is compared with. The layout is bbolt's: see internal/boltfile/layout.go.

// The fields of which a flip may do no harm.
const (
	metaField      = "meta page"  // then the other one is in force, as after a commit that was torn
	branchKeyField = "branch key" // it may still separate the pages beside it
	freelistField  = "freelist"   // pages may be lost, which costs their space
)

// harmless are those, and the header of a log.
var harmless = []string{metaField, branchKeyField, freelistField, headField}

// field is a run of live bytes.
type field struct {
	name  string
	at, n int64  // in the file
	file  string // what the name of the file has behind that of the store's
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
		a.fields = append(a.fields, field{name: name, at: int64(at), n: int64(n)})
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
		a.add(k, start, keySize)
		if v != "" {
			a.add(v, value, valueSize)
		}
	}
}

func (a *anatomist) bucket(key string, start, value int) {
	name := "index name"
	switch {
	case key[0] == '#':
		name = "name of a bucket of the store's own"
	case strings.Contains(key, "/"):
		name = "collection name"
	}
	a.add(name, start, len(key))
	a.add("bucket root", value, 8)
	if root := order.Uint64(a.b[value:]); root != 0 {
		a.page(root, key)
		return
	}
	a.add("header of an inlined page", value+16, 16)
	a.leaf(value+16, key)
}

// entryNames says what a key and its value are; "" if nothing reads the value.
func entryNames(bucket, key string) (k, v string) {
	switch {
	case bucket == "#engine" && key == "id":
		return "key id", ""
	case bucket == "#store", bucket == "#engine":
		return "key " + key, "value of " + key
	case bucket == "#changes":
		return "key of a block", "block of changes"
	case key == "i":
		return "key of the field indexes", "field indexes"
	case key[0] == 'f':
		return "bound of a block of entries", "block of entries"
	case key == "c":
		return "key of a count", "count"
	case key[0] == 'd':
		return "key of a document", "document"
	case key[0] == 't':
		return "key of a tombstone", "tombstone"
	}
	return "key of an expiry", "value of an expiry"
}

// The fields of a log.
const (
	headField       = "header of the log" // which is there twice, so that one of them may be damaged
	recordField     = "record of the log"
	lastRecordField = "last record of the log" // then it looks like one that was not written to the end
)

// logFields lists the live bytes of a file of the log of a name: both copies of its header, and its records. The
// layout is in internal/segment/doc.go. There are none in a file of which the store's file contains everything.
func logFields(file string, b []byte, contained uint64) (fields []field) {
	const headSize, copyAt, area, recordHead, sector = 64, 4096, 8192, 36, 512
	generation, nonce := binary.BigEndian.Uint64(b[28:]), b[36:44]
	if generation <= contained {
		return nil
	}
	for _, at := range []int64{0, copyAt} {
		fields = append(fields, field{headField, at, headSize, file})
	}
	for at, number := area, uint64(1); at+recordHead < len(b); number++ {
		if !bytes.Equal(b[at+8:at+16], nonce) || binary.BigEndian.Uint64(b[at+16:]) != number {
			break
		}
		n := recordHead + int(binary.BigEndian.Uint32(b[at+32:]))
		fields = append(fields, field{recordField, int64(at), int64(n), file})
		at += (n + sector - 1) / sector * sector
	}
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

func (f field) String() string {
	return fmt.Sprintf("%s, bytes %d to %d%s", f.name, f.at, f.at+f.n-1, f.file)
}
