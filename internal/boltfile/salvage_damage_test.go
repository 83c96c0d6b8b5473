package boltfile

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// With the branch page of the newest transaction gone, that of the one before says which bucket the leaves are of. What
// that transaction has left elsewhere is of no interest.
func TestSalvageOlderRoot(t *testing.T) {
	path := build(t, bolt.Options{PageSize: 1024}, put("b", 300, 50), put("c", 1, 1), func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("b")).Put([]byte("key-00000000"), []byte("new"))
	})
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := everything(t, path)
	h := readerHeader(t, file)
	root, _ := rootOf(t, file, "b")
	if decodePageHeader(file[root:]).flags != flagBranch {
		t.Fatal("the bucket has no branch page")
	}
	for _, at := range []int{root, int(h.offset(h.Root))} {
		b := bytes.Clone(file)
		clear(b[at:][:1024])
		s := salvageBytes(t, b)
		s.expect(t, "", all, nil)
		s.nothingElse(t, "", all)
		if len(s.known["b"]) < 200 || len(s.unknown) == 0 || s.Outdated > 20 {
			t.Errorf("%d keys of the bucket, %d of unknown ones; %+v", len(s.known["b"]), len(s.unknown), s.SalvageReport)
		}
	}
	l := &lookup{h: h, fetch: h.fetch(bytes.NewReader(file))}
	if _, err := l.find(uint64(root/1024), []byte("key-00000150")); err != nil {
		t.Fatal(err)
	}
	leaf := int(l.p.id) * 1024
	gone, _ := onPage(file, leaf/1024)
	clear(file[leaf:][:1024])
	s := salvageBytes(t, file)
	s.expect(t, "a leaf", all, gone)
	if s.Skipped != 1 || s.Outdated > 0 || len(s.unknown) > 0 {
		t.Errorf("%+v", s.SalvageReport)
	}
}

// A page that leads back to one above it is no way on.
func TestSalvageCycle(t *testing.T) {
	file, all := small(t, true)
	cycles := 0
	for page := range len(file) / 1024 {
		p := decodePageHeader(file[page*1024:])
		if p.flags != flagBranch || p.id != uint64(page) {
			continue
		}
		for child := range int(p.count) {
			b := bytes.Clone(file)
			order.PutUint64(b[page*1024+pageHeaderSize+elementSize*child+8:], p.id)
			s := salvageBytes(t, b)
			s.expect(t, fmt.Sprintf("page %d leads to itself", page), all, nil)
			cycles += int(s.Skipped)
		}
	}
	if cycles == 0 {
		t.Error("nothing was skipped")
	}
}

// A page that leads to another bucket's page does not take it away from that one, be it a leaf or not.
func TestSalvageForeignPage(t *testing.T) {
	path := build(t, bolt.Options{PageSize: 1024}, put("a", 3000, 30), func(tx *bolt.Tx) error {
		b, err := tx.CreateBucket([]byte("b"))
		for i := 0; i < 3000 && err == nil; i++ {
			err = b.Put(fmt.Appendf(nil, "other-%08d", i), []byte("a value that is not short"))
		}
		return err
	})
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := everything(t, path)
	for _, leaf := range []bool{true, false} {
		a, b := childOf(whole, 'k', leaf), childOf(whole, 'o', leaf)
		if a == 0 || b == 0 {
			t.Fatal("no such pages")
		}
		for _, swap := range [][2]int{{a, b}, {b, a}} {
			file := bytes.Clone(whole)
			copy(file[swap[0]:][:8], whole[swap[1]:][:8])
			s := salvageBytes(t, file)
			s.expect(t, "", all, nil)
			for bucket, keys := range s.known {
				for key := range keys {
					if _, ok := all[bucket][key]; !ok {
						t.Fatalf("%q is not of %q", key, bucket)
					}
				}
			}
			if s.Skipped != 1 || len(s.unknown) == 0 {
				t.Errorf("%+v", s.SalvageReport)
			}
		}
	}
}

// childOf returns where in a file of pages of 1 KiB a branch page names its second child, which is a leaf or a branch
// page, as wanted. The keys of the branch page begin with a letter.
func childOf(file []byte, letter byte, leaf bool) int {
	for page := range len(file) / 1024 {
		b := file[page*1024:][:1024]
		p := decodePageHeader(b)
		if p.flags != flagBranch || p.id != uint64(page) || p.count < 3 {
			continue
		}
		e := decodeElement(b, false, 1)
		child := decodePageHeader(file[e.pgid*1024:])
		if b[e.start] == letter && (child.flags == flagLeaf) == leaf {
			return page*1024 + pageHeaderSize + elementSize + 8
		}
	}
	return 0
}

// rootOf returns where the root page of a bucket begins, and where the file names that page.
func rootOf(t *testing.T, file []byte, bucket string) (at, named int) {
	t.Helper()
	h := readerHeader(t, file)
	l := &lookup{h: h, fetch: h.fetch(bytes.NewReader(file))}
	e, err := l.find(h.Root, []byte(bucket))
	if err != nil {
		t.Fatal(err)
	}
	named = int(h.offset(l.p.id)) + int(e.value())
	root, _, err := l.bucket(*e)
	if err != nil || root == 0 {
		t.Fatal(root, err)
	}
	return int(h.offset(root)), named
}

// Of two buckets with one root page only the first one has it.
func TestSalvageSharedRoot(t *testing.T) {
	path := build(t, bolt.Options{}, put("a", 50, 100), put("b", 50, 100))
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, a := rootOf(t, file, "a")
	_, b := rootOf(t, file, "b")
	copy(file[a:][:8], file[b:][:8])
	s := salvageBytes(t, file)
	if s.Skipped != 1 || len(s.known["a"])+len(s.known["b"])+len(s.unknown) < 100 {
		t.Errorf("%d, %d and %d keys, %+v", len(s.known["a"]), len(s.known["b"]), len(s.unknown), s.SalvageReport)
	}
}

// Where the branch page is gone that leads to all buckets, the leaves with their names are found by themselves. Without
// the freelist they could be outdated, and are not believed.
func TestSalvageStrayBuckets(t *testing.T) {
	many := func(tx *bolt.Tx) error {
		for n := range 60 {
			if err := put(fmt.Sprintf("bucket-%04d-%040d", n, n), 20, 40)(tx); err != nil {
				return err
			}
		}
		return nil
	}
	last := func(tx *bolt.Tx) error {
		b := tx.Bucket(fmt.Appendf(nil, "bucket-%04d-%040d", 7, 7))
		return b.Put([]byte("key-00000000"), []byte("new"))
	}
	for _, noFreelist := range []bool{false, true} {
		path := build(t, bolt.Options{PageSize: 1024, NoFreelistSync: noFreelist}, many, last)
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all := everything(t, path)
		h := readerHeader(t, file)
		if decodePageHeader(file[h.offset(h.Root):]).flags != flagBranch {
			t.Fatal("the root is no branch page")
		}
		clear(file[h.offset(h.Root):][:1024])
		s := salvageBytes(t, file)
		s.expect(t, "", all, nil)
		if !noFreelist && !sameContent(s.known, all) {
			t.Errorf("something outdated came first; %+v", s.SalvageReport)
		}
		clear(file[1024-h.metaAt:][:1024]) // the older root
		s = salvageBytes(t, file)
		s.expect(t, "", all, nil)
		if sameContent(s.known, all) == noFreelist || (len(s.unknown) > 0) != noFreelist {
			t.Errorf("no freelist: %v, %d buckets, %d keys of unknown ones", noFreelist, len(s.known), len(s.unknown))
		}
	}
}

// Without a freelist nobody knows which of the leaves with small buckets are older states of what was read elsewhere.
func TestSalvageInlinedStrays(t *testing.T) {
	small := func(value string) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("small"))
			if err == nil {
				err = b.Put([]byte("k"), []byte(value))
			}
			return err
		}
	}
	// The leaf with the first value lies behind what is freed then, and so is not used again.
	fill := []func(*bolt.Tx) error{put("b", 300, 50), put("freed", 300, 50), small("1"), func(tx *bolt.Tx) error {
		return tx.DeleteBucket([]byte("freed"))
	}, small("2"), small("3"), small("4"), small("5")}
	path := build(t, bolt.Options{PageSize: 1024, NoFreelistSync: true}, fill...)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := rootOf(t, file, "b")
	clear(file[b:][:1024])
	s := salvageBytes(t, file)
	if s.known["small"]["k"] != "5" || len(s.unknown["k"]) == 0 || s.Outdated < s.Unknown {
		t.Errorf("%q, and of unknown buckets %q; %+v", s.known["small"]["k"], s.unknown["k"], s.SalvageReport)
	}
}

// What a user has stored may look like a page, in the very place where that page would be.
func TestSalvageFalsePage(t *testing.T) {
	path := build(t, bolt.Options{PageSize: 1024}, put("a", 100, 50), put("big", 1, 10_000))
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	big, _ := rootOf(t, file, "big")
	id := uint64(big/1024 + 3)
	fake := append(make([]byte, pageHeaderSize+elementSize), "fakefake"...)
	order.PutUint64(fake, id)
	order.PutUint16(fake[8:], flagLeaf)
	order.PutUint16(fake[10:], 1)
	order.PutUint32(fake[pageHeaderSize+4:], elementSize)
	order.PutUint32(fake[pageHeaderSize+8:], 4)
	order.PutUint32(fake[pageHeaderSize+12:], 4)
	copy(file[id*1024:], fake)
	a, _ := rootOf(t, file, "a")
	clear(file[a:][:1024])
	s := salvageBytes(t, file)
	if s.unknown["fake"] != nil || len(s.unknown) == 0 || len(s.known["big"]) != 1 {
		t.Errorf("%q, %+v", s.unknown["fake"], s.SalvageReport)
	}
	if b := file[id*1024:][:1024]; len(b) > 0 { // and it does look like one
		var p page
		h := readerHeader(t, file)
		if err := p.load(h, id, h.fetch(bytes.NewReader(file))); err != nil {
			t.Error(err)
		}
	}
}

// A damaged element costs itself and its neighbours at most; and those may be found in the transaction before.
func TestSalvageElements(t *testing.T) {
	path := build(t, bolt.Options{}, put("b", 30, 20))
	older := func(tx *bolt.Tx) error { return tx.Bucket([]byte("b")).Put([]byte("key-00000029"), []byte("new")) }
	want := everything(t, path)["b"]
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	updated := write(t, t.TempDir(), "updated", whole)
	withBolt(t, updated, bolt.Options{}, func(db *bolt.DB) error { return db.Update(older) })
	newer, err := os.ReadFile(updated)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range [][]byte{whole, newer} {
		at, _ := rootOf(t, file, "b")
		for _, element := range []int{10, 29} {
			for i := range elementSize {
				b := bytes.Clone(file)
				b[at+pageHeaderSize+elementSize*element+i] ^= 0x14
				s := salvageBytes(t, b)
				found := len(s.known["b"])
				if i >= 8 && element == 29 { // nobody knows where the last key and the last value end
					continue
				}
				if s.Lost < 1 || s.Lost > 3 || !s.Damaged() {
					t.Errorf("byte %d: %+v", i, s.SalvageReport)
				}
				if isNewer := &file[0] == &newer[0]; isNewer && found != 30 || !isNewer && found != 30-int(s.Lost) {
					t.Errorf("byte %d of element %d: %d keys, %+v", i, element, found, s.SalvageReport)
				}
				for key, value := range s.known["b"] {
					if want[key] != value && value != "new" {
						t.Errorf("byte %d: %q was made up", i, key)
					}
				}
			}
		}
	}
}

// Of a file that is cut off the pages are counted that it lacks, and what leads there, by bucket.
func TestSalvageCutOff(t *testing.T) {
	file, _ := small(t, true)
	h, err := ReadHeader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	beyond := false
	for missing := uint64(0); missing < h.Pages-firstPage; missing++ {
		cut := file[:(h.Pages-missing)*uint64(h.PageSize)]
		if missing > 0 {
			cut = file[:len(cut)+h.PageSize-1] // all but a byte of a page
		}
		s := salvageBytes(t, cut)
		sum := uint64(0)
		for _, n := range s.SkippedIn {
			sum += n
		}
		if s.Missing != missing || sum != s.Skipped || s.Beyond > s.Skipped || missing == 0 && s.Skipped > 0 {
			t.Errorf("%d pages cut off: %+v", missing, s.SalvageReport)
		}
		beyond = beyond || s.Beyond > 0
	}
	if !beyond {
		t.Error("nothing has led beyond the end")
	}
}

// Where the page with the names of buckets is damaged, older copies of that page have names, also where they are free.
func TestSalvageOldNames(t *testing.T) {
	path := build(t, bolt.Options{}, func(tx *bolt.Tx) error {
		b, err := tx.CreateBucket([]byte("first"))
		if err != nil {
			return err
		}
		return b.Put([]byte("k"), []byte("v"))
	}, func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("second"))
		return err
	}, func(tx *bolt.Tx) error { return tx.Bucket([]byte("first")).Put([]byte("l"), []byte("w")) })
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if s := salvageBytes(t, file); s.OldNames != nil {
		t.Errorf("of a sound file: %+v", s.SalvageReport)
	}
	h, err := ReadHeader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for _, meta := range []int{0, h.PageSize} { // of the one before only the pages are left
		if meta != int(h.metaAt) {
			clear(file[meta:][:h.PageSize])
		}
	}
	clear(file[h.offset(h.Root):][:h.PageSize])
	if s := salvageBytes(t, file); !s.OldNames["first"] || !s.OldNames["second"] {
		t.Errorf("the root is gone: %+v", s.SalvageReport)
	}
}
