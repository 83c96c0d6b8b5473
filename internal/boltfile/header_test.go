package boltfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
)

func readHeaderOf(b []byte) (Header, error) { return ReadHeader(bytes.NewReader(b), int64(len(b))) }

func TestReadHeaderRefuses(t *testing.T) {
	small := smallFile(t, true)
	change := func(f func(b []byte)) []byte {
		b := bytes.Clone(small)
		f(b)
		return b
	}
	// both changes a word in both meta pages and makes their checksums right again.
	both := func(at int, v uint64) []byte {
		return change(func(b []byte) {
			order.PutUint64(b[16+at:], v)
			order.PutUint64(b[1024+16+at:], v)
			seal(b, 1024)
		})
	}
	h := readerHeader(t, small)
	tests := []struct {
		name string
		file []byte
		err  error
		want string
	}{
		{"zero length", nil, ErrEmpty, "file is empty"},
		{"one byte", []byte("x"), ErrNotBolt, "a text file"},
		{"zeros", make([]byte, 9000), ErrNotBolt, "not a bbolt file: it begins like nothing but zeros"},
		{"text", []byte(strings.Repeat("Dear store,\n", 1000)), ErrNotBolt, "like a text file"},
		{"sqlite", append([]byte("SQLite format 3\x00"), make([]byte, 8000)...), ErrNotBolt, "like an SQLite database"},
		{"gzip", append([]byte("\x1f\x8b\x08"), make([]byte, 100)...), ErrNotBolt, "like a gzip file"},
		{"zip", append([]byte("PK\x03\x04"), make([]byte, 100)...), ErrNotBolt, "like a zip file"},
		{"random", bytes.Repeat([]byte{0x93, 0, 0xee, 1}, 5000), ErrNotBolt, "like something else"},
		{"other byte order", change(func(b []byte) {
			for _, at := range []int{0, 1024} {
				clear(b[at : at+16])
				copy(b[at+16:], []byte{b[at+19], b[at+18], b[at+17], b[at+16]})
			}
		}), ErrNotBolt, "of the other byte order"},
		{"both torn", change(func(b []byte) { b[16+20]++; b[1024+16+20]++ }), ErrTorn, "both meta pages"},
		{"first torn, second zeroed", change(func(b []byte) { b[16+20]++; clear(b[1024:2048]) }), ErrTorn, ""},
		{"first zeroed, second torn", change(func(b []byte) { clear(b[:1024]); b[1024+16+20]++ }), ErrTorn, ""},
		{"magic gone", change(func(b []byte) { b[16]++; b[1024+16]++ }), ErrTorn, ""},
		{"version", both(0, magic|3<<32), ErrVersion, "version 3 instead of 2"},
		{"page size 0", both(8, 0), ErrDamaged, "pages of 0 bytes"},
		{"page size odd", both(8, 1001), ErrDamaged, "pages of 1001 bytes"},
		{"page size huge", both(8, 1<<31), ErrDamaged, "pages of 2147483648 bytes"},
		{"page sizes differ", change(func(b []byte) { order.PutUint32(b[1024+16+8:], 2048); seal(b, 1024) }),
			ErrDamaged, "of 1024 and of 2048 bytes|of 2048 and of 1024 bytes"},
		{"root is meta", both(16, 1), ErrDamaged, "its root is page 1 of"},
		{"root beyond", both(16, h.Pages), ErrDamaged, "its root is page"},
		{"root elsewhere", both(16, h.Freelist), ErrDamaged, "is neither branch nor leaf"},
		{"freelist is meta", both(32, 0), ErrDamaged, "its freelist is page 0 of"},
		{"freelist beyond", both(32, h.Pages), ErrDamaged, "its freelist is page"},
		{"freelist elsewhere", both(32, h.Root), ErrDamaged, "is not a freelist page"},
		{"pages", both(40, h.Pages+1), ErrTruncated, ": 1024 missing"},
		{"pages overflow", both(40, 1<<60), ErrDamaged, "speaks of 1152921504606846976 pages"},
		{"no pages", both(40, 0), ErrDamaged, "its root is page"},
		{"root header", change(func(b []byte) { b[h.offset(h.Root)]++ }), ErrDamaged, "calls itself page"},
		{"freelist length", change(func(b []byte) { put16(b[h.offset(h.Freelist)+10:], 50_000) }), ErrDamaged, "has room for"},
		{"freelist length word", change(func(b []byte) {
			put16(b[h.offset(h.Freelist)+10:], 0xFFFF)
			put64(b[h.offset(h.Freelist)+16:], ^uint64(0))
		}), ErrDamaged, "has room for 125"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readHeaderOf(tt.file)
			if !errors.Is(err, tt.err) || !matched(tt.want, fmt.Sprint(err)) {
				t.Errorf("got %+v, %v; want %v, %q", got, err, tt.err, tt.want)
			}
		})
	}
}

// One damaged meta page is what a crash leaves behind; bbolt takes the other, and so does ReadHeader.
func TestReadHeaderOneMeta(t *testing.T) {
	for _, pageSize := range []int{1 << 10, 4 << 10, 64 << 10} {
		for damaged := range 2 {
			path := build(t, bolt.Options{PageSize: pageSize}, put("b", 100, 10), put("c", 100, 10), put("d", 3, 3))
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			whole := readerHeader(t, b)
			b[damaged*pageSize+pageHeaderSize+16]++
			write(t, filepath.Dir(path), "store", b)
			h := readerHeader(t, b)
			want := whole.Txid
			if int(want%2) == damaged {
				want--
			}
			if whole.OneMeta || !h.OneMeta || h.PageSize != pageSize || h.Txid != want {
				t.Errorf("page size %d, meta %d damaged: %+v", pageSize, damaged, h)
			}
			checkHealthy(t, path)
		}
	}
}

// Tx.WriteTo writes meta pages of its own and not a byte more than there are pages.
func TestReadHeaderCopy(t *testing.T) {
	db, err := bolt.Open(build(t, bolt.Options{}, put("b", 1000, 100)), 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	path := filepath.Join(t.TempDir(), "copy")
	if err := db.View(func(tx *bolt.Tx) error { return tx.CopyFile(path, 0o600) }); err != nil {
		t.Fatal(err)
	}
	if h, _ := walkFile(t, path); h.Size != int64(h.Pages)*int64(h.PageSize) {
		t.Errorf("copy has slack: %+v", h)
	}
	checkHealthy(t, path)
}

// The errors of the reader come through, and a reader that ends early is not believed.
func TestReadHeaderReadError(t *testing.T) {
	b := smallFile(t, true)
	if _, err := ReadHeader(bytes.NewReader(b[:1500]), int64(len(b))); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("short reader: %v", err)
	}
	if _, err := ReadHeader(eofReader(b), int64(len(b))); err != nil {
		t.Errorf("io.EOF with all that was asked for: %v", err)
	}
	f, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := ReadHeader(f, 4096); err == nil || errors.Is(err, ErrNotBolt) {
		t.Errorf("directory: %v", err)
	}
}

// eofReader returns io.EOF with every read, as a ReaderAt may with the last.
type eofReader []byte

func (r eofReader) ReadAt(b []byte, off int64) (int, error) {
	n, _ := bytes.NewReader(r).ReadAt(b, off)
	return n, io.EOF
}
