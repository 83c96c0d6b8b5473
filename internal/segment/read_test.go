package segment

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// contents reads a file that is in memory.
func contents(t testing.TB, file []byte) *Contents {
	t.Helper()
	return must(readContents(bytes.NewReader(file), int64(len(file))))(t)
}

// A file may end anywhere: what is whole before the cut is read, and nothing else.
func TestCuts(t *testing.T) {
	w := create(t, 1)
	all := []string{"one", string(make([]byte, 700)), "", "four"}
	ends := []int64{areaAt}
	for _, p := range all {
		w.write(p)
		ends = append(ends, areaAt+w.Size()-recordSize(len(p))+recordHead+int64(len(p)))
	}
	file := w.file()[:areaAt+w.Size()+sectorSize]
	for n := range file {
		c := contents(t, file[:n])
		want := 0
		for want < len(all) && int64(n) >= ends[want+1] {
			want++
		}
		if got := texts(c.Records); c.Whole != (n >= headerSize) || !slices.Equal(got, all[:want]) || c.Damage != nil {
			t.Fatalf("the first %d bytes: %v, %.100q, %v", n, c.Whole, got, c.Damage)
		}
	}
}

// A flipped bit is noticed, or the last record is missing, or nothing is.
func TestBitRot(t *testing.T) {
	r := seeded(t)
	w := create(t, 1)
	w.write("of an earlier generation", "another", string(make([]byte, 3000)), "a third")
	w.recycle(2)
	all := []string{"one", string(make([]byte, 1200)), "", "four", "five"}
	w.write(all...)
	file := w.file()[:areaAt+w.Size()+4*sectorSize]
	last := areaAt + int(w.Size()-recordSize(len("five")))
	seen := map[string]int{}
	for at := range file {
		old := file[at]
		file[at] ^= 1 << r.IntN(8)
		c := contents(t, file)
		file[at] = old
		got := texts(c.Records)
		switch {
		case !c.Whole:
			t.Fatalf("byte %d: no header", at)
		case c.Damage == nil && slices.Equal(got, all):
			seen["same"]++
		case c.Damage == nil && slices.Equal(got, all[:len(all)-1]) && at >= last:
			seen["last"]++
		case errors.Is(c.Damage, ErrCorrupt) && slices.Equal(got, all[:len(got)]) && at < last:
			seen["noticed"]++
		default:
			t.Fatalf("byte %d: %.100q, %v", at, got, c.Damage)
		}
	}
	if seen["last"] != recordHead+len("five") || seen["noticed"] != 4*recordHead+len("onefour")+1200 {
		t.Error(seen)
	}
}

// Whatever becomes of a record, it is missed if a later one says that it was durable.
func TestMiddleRot(t *testing.T) {
	w := create(t, 1)
	w.write("one", string(make([]byte, 2*chunkSize)), "three", "four")
	whole := w.file()
	second := areaAt + sectorSize
	for name, damage := range map[string]func(b []byte){
		"zeros":           func(b []byte) { clear(b[:sectorSize]) },
		"zeros in it":     func(b []byte) { copy(b[chunkSize:], "xyz") },
		"a larger length": func(b []byte) { b[32] = 1 },
		"the largest":     func(b []byte) { b[32] = 0xFF },
		"a smaller one":   func(b []byte) { b[33] = 0 },
		"another nonce":   func(b []byte) { b[8]++ },
		"the first again": func(b []byte) { copy(b, whole[areaAt:areaAt+sectorSize]) },
		"the third":       func(b []byte) { copy(b, whole[second+int(recordSize(2*chunkSize)):][:sectorSize]) },
		"two are missing": func(b []byte) { clear(b[:recordSize(2*chunkSize)+sectorSize]) },
	} {
		file := bytes.Clone(whole)
		damage(file[second:])
		c := contents(t, file)
		if !errors.Is(c.Damage, ErrCorrupt) || !slices.Equal(texts(c.Records), []string{"one"}) {
			t.Errorf("%s: %d records, %v", name, len(c.Records), c.Damage)
		}
	}
}

// What a record says that is not whole itself is not believed.
func TestTornWitness(t *testing.T) {
	w := create(t, 1)
	w.write("one", "two", "three")
	file := w.file()
	clear(file[areaAt+sectorSize:][:sectorSize])
	third := file[areaAt+2*sectorSize:]
	if c := contents(t, file); !errors.Is(c.Damage, ErrCorrupt) {
		t.Errorf("whole: %v", c.Damage)
	}
	third[recordHead]++
	if c := contents(t, file); c.Damage != nil || len(c.Records) != 1 {
		t.Errorf("torn: %d records, %v", len(c.Records), c.Damage)
	}
}

// Two records are on their way. The second one arrives and the first one does not: neither counts, and nothing is
// damaged. So it is with those of the same lengths in an earlier generation, of which nobody knows which they are.
func TestStaleRecord(t *testing.T) {
	for _, damage := range []func(b []byte){
		func(b []byte) { clear(b) },
		func(b []byte) { b[recordHead]++ },
		func(b []byte) { b[4]++ },
	} {
		w := create(t, 1)
		w.write("1111", "2222", "3333")
		earlier := bytes.Clone(w.file()[areaAt:][:sectorSize])
		w.recycle(2)
		w.expect()
		w.write("aaaa")
		w.append("bbbb")
		w.append("cccc")
		check(t, w.Flush())
		file := w.file()
		second := file[areaAt+sectorSize:][:sectorSize]
		damage(second)
		for _, b := range [][]byte{second, earlier} {
			copy(second, b)
			if c := contents(t, file); c.Damage != nil || !slices.Equal(texts(c.Records), []string{"aaaa"}) {
				t.Errorf("%q, %v", c.Records, c.Damage)
			}
		}
	}
}

// A record that is whole continues the log only if it is of the same generation, has the next number, and names the
// record before.
func TestContinues(t *testing.T) {
	w := create(t, 1)
	w.write("one", "two", "three")
	whole := w.file()
	third := whole[areaAt+2*sectorSize:][:sectorSize]
	want := decodeRecord(third)
	for name, change := range map[string]func(*record){
		"nothing":             func(*record) {},
		"another generation":  func(r *record) { r.nonce++ },
		"the number after":    func(r *record) { r.number++ },
		"the number before":   func(r *record) { r.number-- },
		"another predecessor": func(r *record) { r.prev++ },
	} {
		r := want
		change(&r)
		file := bytes.Clone(whole)
		var head [recordHead]byte
		r.seal(&head, []byte("three"))
		copy(file[areaAt+2*sectorSize:], head[:])
		if n := len(contents(t, file).Records); n != 2 && r != want || n != 3 && r == want {
			t.Errorf("%s: %d records", name, n)
		}
	}
}

// What a user has stored may look like a record, also like one that says that another was durable: it has all but the
// nonce, which nobody is told.
func TestForgedRecord(t *testing.T) {
	for _, known := range []bool{true, false} {
		w := create(t, 1)
		next := header(2)
		h := next
		if !known {
			h.Nonce++
		}
		forged := record{nonce: h.Nonce, number: 4, synced: 3, length: 6}
		var head [recordHead]byte
		forged.seal(&head, []byte("forged"))
		w.append(string(make([]byte, 2*pageSize-recordHead)) + string(head[:]) + "forged")
		w.sync()
		check(t, w.Recycle(next))
		w.write("one")
		c := contents(t, w.file())
		if got := texts(c.Records); !slices.Equal(got, []string{"one"}) || (c.Damage != nil) != known {
			t.Errorf("nonce known %v: %q, %v", known, got, c.Damage)
		}
	}
}

// A power cut in the middle of Recycle leaves either header, of whichever sectors arrived, and then what is to be
// read is that of one generation.
func TestTornHeader(t *testing.T) {
	w := create(t, 1)
	w.write("one", string(make([]byte, 2*pageSize)), "two", "three")
	old, first := w.file(), w.Header()
	w.recycle(2)
	w.append("three")
	check(t, w.Flush())
	for arrived := range 4 {
		file := bytes.Clone(w.file())
		for i, at := range []int{0, headerCopyAt} {
			if arrived>>i&1 == 0 {
				copy(file[at:at+sectorSize], old[at:])
			}
		}
		want, records := w.Header(), []string{"three"}
		if arrived == 0 {
			want, records = first, nil
		}
		c := contents(t, file)
		if got := texts(c.Records); c.Header != want || !slices.Equal(got, records) || (c.Damage != nil) != (arrived == 0) {
			t.Errorf("%02b: %+v, %q, %v", arrived, c.Header, got, c.Damage)
		}
		clear(file[:areaAt])
		if c := contents(t, file); c.Whole || c.Stray != w.Header().Nonce || c.Records != nil {
			t.Errorf("%02b: without a header: %+v", arrived, c)
		}
		clear(file[areaAt:][:sectorSize])
		if c := contents(t, file); c.Whole || c.Stray != first.Nonce {
			t.Errorf("%02b: without a header and a first record: %+v", arrived, c)
		}
		clear(file[areaAt:])
		if c := contents(t, file); c.Whole || c.Stray != 0 {
			t.Errorf("%02b: without anything: %+v", arrived, c)
		}
	}
}

// What the disk cannot read is no damage, and no end.
func TestReadError(t *testing.T) {
	w := create(t, 1)
	w.write("one", string(make([]byte, chunkSize)), "three")
	file := w.file()
	for at := 0; at < len(file); at += 5 * sectorSize {
		c, err := readContents(badReader{file, int64(at)}, int64(len(file)))
		if !errors.Is(err, syscall.EIO) || errors.Is(err, ErrCorrupt) {
			t.Fatalf("sector at %d: %+v, %v", at, c, err)
		}
	}
	clear(file[areaAt+sectorSize:][:sectorSize]) // so that its end is read twice
	for at := 0; at < len(file); at += 5 * sectorSize {
		c, err := readContents(badReader{file, int64(at)}, int64(len(file)))
		if err == nil && !errors.Is(c.Damage, ErrCorrupt) || err != nil && !errors.Is(err, syscall.EIO) {
			t.Fatalf("sector at %d: %+v, %v", at, c, err)
		}
	}
}

// badReader fails to read one sector.
type badReader struct {
	b  []byte
	at int64
}

func (r badReader) ReadAt(b []byte, at int64) (int, error) {
	if at <= r.at && r.at < at+int64(len(b)) {
		n := copy(b, r.b[at:r.at])
		return n, syscall.EIO
	}
	return bytes.NewReader(r.b).ReadAt(b, at)
}

// What is no segment at all takes no time, though each of its sectors says that the next million are its record.
func TestManyFalseRecords(t *testing.T) {
	const size = 16 << 20
	h := header(1)
	file := append(make([]byte, 0, size), h.encode()...)
	file = file[:size]
	for at := areaAt; at < size; at += sectorSize {
		r := record{nonce: h.Nonce, number: 9, synced: 8, length: uint32(size - at - recordHead)}
		var head [recordHead]byte
		r.seal(&head, nil) // of another payload
		copy(file[at:], head[:])
	}
	read := &countingReader{r: bytes.NewReader(file)}
	c, err := readContents(read, size)
	if err != nil || !errors.Is(c.Damage, ErrCorrupt) || len(c.Records) > 0 {
		t.Errorf("%+v, %v", c, err)
	}
	if read.n > 10*size {
		t.Errorf("%d bytes read", read.n)
	}
}

type countingReader struct {
	r io.ReaderAt
	n int64
}

func (r *countingReader) ReadAt(b []byte, at int64) (int, error) {
	n, err := r.r.ReadAt(b, at)
	r.n += int64(n)
	return n, err
}

func TestNotRegular(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	s := must(Create(file, nil, header(1)))(t)
	check(t, s.Close())
	refused := []string{dir}
	if err := os.Symlink(file, link); err == nil {
		refused = append(refused, link)
	}
	for _, path := range refused {
		opensNot(t, path)
	}
}

// opensNot fails unless all that reads a path says that there is no file.
func opensNot(t *testing.T, path string) {
	t.Helper()
	_, err := Read(path, false)
	_, readErr := Read(path, true)
	_, _, headerErr := ReadHeader(path)
	for _, err := range []error{err, readErr, headerErr} {
		if !errors.Is(err, ErrNotRegular) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// Any bytes are read, and the next generation in the same file is read too.
func FuzzRead(f *testing.F) {
	w := create(f, 1)
	w.write("one", "two", string(make([]byte, 1000)))
	whole := w.file()[:areaAt+w.Size()+sectorSize]
	f.Add(whole, []byte{0, 0, 0}, false)
	f.Add(whole, []byte{8, 36, 1, 9, 4, 255}, true)
	f.Add(whole[:headerSize], []byte{}, false)
	f.Add([]byte{}, []byte{}, true)
	f.Fuzz(func(t *testing.T, file, flips []byte, sealed bool) {
		for file = bytes.Clone(file); len(flips) >= 3; flips = flips[3:] {
			if at := int(flips[0])*sectorSize + int(flips[1]); at < len(file) {
				file[at] ^= flips[2]
			}
		}
		if sealed {
			seal(file)
		}
		c := contents(t, file)
		if uint64(len(c.Records)) != c.End.Records || c.Damage != nil && !errors.Is(c.Damage, ErrCorrupt) {
			t.Fatalf("%+v", c)
		}
		s := &Segment{header: header(2), filled: 1 << 20} // in memory: a file would take most of the time
		s.end = s.header.Start()
		s.pending.reset(areaAt)
		s.Append([]byte("more"))
		s.Append([]byte("and more"))
		chunks, _ := s.pending.take()
		file = append(file, make([]byte, max(0, areaAt-len(file)))...)
		again := append(append(s.header.encode(), chunks[0]...), file[min(len(file), areaAt+len(chunks[0])):]...)
		if got := texts(contents(t, again).Records); !slices.Equal(got, []string{"more", "and more"}) {
			t.Fatalf("%q in a file that was used again", got)
		}
	})
}

// seal makes the checksums right of all that could be headers and records.
func seal(file []byte) {
	for _, at := range []int{0, headerCopyAt} {
		if b := file[min(at, len(file)):]; len(b) >= headerSize {
			binary.BigEndian.PutUint32(b[8:], crc32.Checksum(b[12:headerSize], castagnoli))
		}
	}
	for at := areaAt; at+recordHead <= len(file); at += sectorSize {
		b := file[at:]
		if n := int64(decodeRecord(b).length); n <= int64(len(b)-recordHead) {
			binary.BigEndian.PutUint32(b, crc32.Checksum(b[4:recordHead+n], castagnoli))
		}
	}
}
