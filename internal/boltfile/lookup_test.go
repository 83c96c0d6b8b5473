package boltfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// content is what the top-level buckets of a file hold, without the buckets in them.
type content map[string]map[string]string

// contentOf has bbolt read a file.
func contentOf(t testing.TB, path string) content {
	t.Helper()
	c := content{}
	withBolt(t, path, bolt.Options{ReadOnly: true}, func(db *bolt.DB) error {
		return db.View(func(tx *bolt.Tx) error {
			return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
				c[string(name)] = map[string]string{}
				return b.ForEach(func(k, v []byte) error {
					if v != nil {
						c[string(name)][string(k)] = string(v)
					}
					return nil
				})
			})
		})
	})
	return c
}

// smallContent is what smallFile holds.
func smallContent(t testing.TB) content {
	t.Helper()
	return contentOf(t, write(t, t.TempDir(), "small", smallFile(t, true)))
}

func TestLookup(t *testing.T) {
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			path := build(t, bolt.Options{}, shape.fill...)
			f, h := readFile(t, path)
			defer f.Close()
			for bucket, keys := range contentOf(t, path) {
				for key, value := range keys {
					if v, err := Lookup(f, h, []byte(bucket), []byte(key)); err != nil || string(v) != value {
						t.Fatalf("%.20q: %d bytes, %v instead of %d bytes", key, len(v), err, len(value))
					}
				}
				for _, key := range []string{"", "\x00", "key-000000005", "key-00000000\x00", "zzz", "sub", "k00100-small"} {
					if _, ok := keys[key]; ok {
						continue
					}
					if v, err := Lookup(f, h, []byte(bucket), []byte(key)); !errors.Is(err, ErrNoKey) || v != nil {
						t.Errorf("%.20q, %q: %d bytes, %v", bucket, key, len(v), err)
					}
				}
			}
			for _, bucket := range []string{"", "\x00", "none", "zzz", "inline-00000x"} {
				if v, err := Lookup(f, h, []byte(bucket), []byte("key-00000000")); !errors.Is(err, ErrNoBucket) || v != nil {
					t.Errorf("%q: %d bytes, %v", bucket, len(v), err)
				}
			}
		})
	}
}

// Of a damaged page nothing is told but that it is damaged; of the others everything is.
func TestLookupZeroedPages(t *testing.T) {
	want := smallContent(t)
	whole := smallFile(t, true)
	noticed := 0
	for page := firstPage; page < len(whole)/1024; page++ {
		b := bytes.Clone(whole)
		clear(b[page*1024:][:1024])
		for bucket, keys := range want {
			for key, value := range keys {
				v, err := lookupBytes(b, bucket, key)
				switch {
				case errors.Is(err, ErrDamaged):
					noticed++
				case bucket == "big" && err == nil && len(v) == len(value): // nobody can tell that a value was changed
				case err != nil || string(v) != value:
					t.Fatalf("page %d, %q: %.20q, %v instead of %.20q", page, key, v, err, value)
				}
			}
		}
	}
	if noticed == 0 {
		t.Error("nobody has noticed anything")
	}
}

// lookupBytes looks a key up in a file that is in memory.
func lookupBytes(b []byte, bucket, key string) ([]byte, error) {
	r := bytes.NewReader(b)
	h, err := ReadHeader(r, int64(len(b)))
	if err != nil {
		return nil, err
	}
	return Lookup(r, h, []byte(bucket), []byte(key))
}

// A page that leads back to itself, or to one above it, does not keep anybody.
func TestLookupCycle(t *testing.T) {
	path := build(t, bolt.Options{PageSize: 1024}, put("b", 2000, 20))
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	branches := 0
	for at := 0; at < len(b); at += 1024 {
		if p := decodePageHeader(b[at:]); p.flags == flagBranch && p.id == uint64(at)/1024 {
			branches++
			for i := range int(p.count) {
				order.PutUint64(b[at+pageHeaderSize+elementSize*i+8:], p.id)
			}
		}
	}
	if branches == 0 {
		t.Fatal("no branch pages")
	}
	for n := range 2000 {
		if v, err := lookupBytes(b, "b", fmt.Sprintf("key-%08d", n)); !errors.Is(err, ErrDamaged) {
			t.Fatalf("%q, %v", v, err)
		}
	}
}

// What a page says that makes no sense is found out, and what is no bucket is none.
func TestLookupDamage(t *testing.T) {
	path := build(t, bolt.Options{PageSize: 1024}, put("b", 200, 20), put("inlined", 2, 5))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	root, named := rootOf(t, whole, "b")
	h := readerHeader(t, whole)
	l := &lookup{h: h, fetch: h.fetch(bytes.NewReader(whole))}
	e, err := l.find(h.Root, []byte("inlined"))
	if err != nil {
		t.Fatal(err)
	}
	top := int(h.offset(l.p.id))
	inlined := top + int(e.value()) + bucketHeaderSize
	for name, tt := range map[string]struct {
		at     int
		value  uint16
		bucket string
		want   error
	}{
		"the root page is not in the file":   {named + 6, 1, "b", ErrDamaged},
		"the root page is a meta page":       {named, 1, "b", ErrDamaged},
		"a child is not in the file":         {root + pageHeaderSize + 14, 1, "b", ErrDamaged},
		"keys begin elsewhere":               {root + pageHeaderSize, 3, "b", ErrDamaged},
		"a key is longer":                    {root + pageHeaderSize + 4, 999, "b", ErrDamaged},
		"there are more elements":            {root + 10, 999, "b", ErrDamaged},
		"there are none":                     {root + 10, 0, "b", ErrDamaged},
		"overflow pages beyond the end":      {root + 12, 999, "b", ErrDamaged},
		"the inlined page is a branch page":  {inlined + 8, flagBranch, "inlined", ErrDamaged},
		"it has more elements":               {inlined + 10, 999, "inlined", ErrDamaged},
		"its keys begin elsewhere":           {inlined + pageHeaderSize + 4, 999, "inlined", ErrDamaged},
		"the bucket is short of its header":  {top + pageHeaderSize + elementSize + 12, 5, "inlined", ErrDamaged},
		"what has the bucket's name is none": {top + pageHeaderSize + elementSize, 0, "inlined", ErrNoBucket},
	} {
		b := bytes.Clone(whole)
		order.PutUint16(b[tt.at:], tt.value)
		if v, err := lookupBytes(b, tt.bucket, "key-00000000"); !errors.Is(err, tt.want) {
			t.Errorf("%s: %q, %v", name, v, err)
		}
	}
	for _, bucket := range []string{"b", "inlined"} {
		if _, err := lookupBytes(whole, bucket, "key-00000000"); err != nil {
			t.Errorf("undamaged: %v", err)
		}
	}
}

// What the disk cannot read is not taken for damage.
func TestLookupReadError(t *testing.T) {
	b := smallFile(t, true)
	h := readerHeader(t, b)
	failed := 0
	for page := firstPage; page < len(b)/1024; page++ {
		_, err := Lookup(unreadable{b, page}, h, []byte("gone"), []byte("key-00000075"))
		if err != nil && (!errors.Is(err, syscall.EIO) || errors.Is(err, ErrDamaged)) {
			t.Errorf("page %d: %v", page, err)
		}
		if err != nil {
			failed++
		}
	}
	if failed < 2 || failed > 4 {
		t.Errorf("%d pages are read", failed)
	}
}

// unreadable is a file of pages of 1 KiB, of which one cannot be read.
type unreadable struct {
	b    []byte
	page int
}

func (r unreadable) ReadAt(b []byte, at int64) (int, error) {
	if at < int64(r.page+1)*1024 && at+int64(len(b)) > int64(r.page)*1024 {
		return 0, syscall.EIO
	}
	return bytes.NewReader(r.b).ReadAt(b, at)
}

// FuzzLookup changes some bytes of a sound file, as FuzzWalk does. Lookup must end, without a panic.
func FuzzLookup(f *testing.F) {
	small := smallFile(f, true)
	f.Add([]byte{3, 0, 8, 0x10}, "b", "key-00000001")
	f.Add([]byte{5, 0, 12, 1, 6, 0, 20, 9}, "inline-00003", "\x01")
	f.Add([]byte{}, "big", "key-00000001")
	f.Fuzz(func(t *testing.T, changes []byte, bucket, key string) {
		b := change(small, changes)
		v, err := lookupBytes(b, bucket, key)
		if err == nil && len(v) > len(b) {
			t.Fatalf("%d bytes of %d", len(v), len(b))
		}
	})
}

// change returns a copy of a file of pages of 1 KiB with some bytes changed, each of them as (page, offset, new byte).
func change(file, changes []byte) []byte {
	b := bytes.Clone(file)
	for ; len(changes) >= 4; changes = changes[4:] {
		page := int(changes[0]) % (len(b) >> 10)
		b[page<<10|int(changes[1])&3<<8|int(changes[2])] = changes[3]
	}
	seal(b, 1024)
	return b
}
