package segment

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	w := create(t, 1)
	w.write("one", "", "three")
	w.expect("one", "", "three")

	big := bytes.Repeat([]byte("0123456789abcdef"), (3*chunkSize+5000)/16) // of several chunks
	w.write("four", string(big), "six")
	w.expect("one", "", "three", "four", string(big), "six")

	var all []string
	w.recycle(2)
	w.expect()
	for n := range 60 { // sizes around those of sectors, pages and what lies between
		for _, size := range []int{n * 97, sectorSize - recordHead - 1 + n%3, pageSize - recordHead - 1 + n%3} {
			all = append(all, string(bytes.Repeat([]byte{byte(n)}, size)))
			w.append(all[len(all)-1])
		}
		w.sync()
		w.expect(all...)
	}
	if err := w.Verify(); err != nil {
		t.Error(err)
	}
}

// Records are appended in groups of any size, flushed and synced at any time, in a file that is used again and again.
func TestRandomGroups(t *testing.T) {
	r := seeded(t)
	w := create(t, 1)
	for generation := range uint64(20) {
		var all []string
		for range r.IntN(30) {
			for range r.IntN(4) {
				all = append(all, payload(r, len(all), r.IntN(5)*r.IntN(3000)))
				w.append(all[len(all)-1])
			}
			if r.IntN(2) == 0 {
				w.sync()
				w.expect(all...)
			}
		}
		w.sync()
		w.expect(all...)
		w.recycle(generation + 2)
	}
}

func TestHeader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "segment")
	if _, _, err := ReadHeader(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	h := header(7)
	h.Parent = Link{Nonce: 3, Records: 4, Sum: 5}
	s := must(Create(path, nil, h))(t)
	got, ok, err := ReadHeader(path)
	if got != h || !ok || err != nil {
		t.Errorf("%+v, %v, %v instead of %+v", got, ok, err, h)
	}
	if s.Header() != h || s.End() != h.Start() || s.Path() != path {
		t.Errorf("%+v, %+v, %q", s.Header(), s.End(), s.Path())
	}
	if err := s.Recycle(Header{Generation: 8}); err == nil {
		t.Error("a header without a nonce was taken")
	}
	check(t, s.Close())

	if c := must(Read(path, false))(t); !c.Whole || c.Header != h || c.End != h.Start() || c.Damage != nil {
		t.Errorf("%+v", c)
	}
	for _, size := range []int64{0, 5, headerSize - 1} {
		check(t, os.Truncate(path, size))
		if _, ok, err := ReadHeader(path); ok || err != nil {
			t.Errorf("%d bytes: %v, %v", size, ok, err)
		}
		if c, err := Read(path, false); err != nil || c.Whole || c.Stray != 0 {
			t.Errorf("%d bytes: %+v, %v", size, c, err)
		}
	}
}

func TestNewNonce(t *testing.T) {
	seen := map[uint64]bool{0: true}
	for range 1000 {
		n := NewNonce()
		if seen[n] {
			t.Fatalf("nonce %d comes again", n)
		}
		seen[n] = true
	}
}

// Between records, and behind the last one up to the next page, there are zeros: nothing that memory has held before.
func TestPadding(t *testing.T) {
	w := create(t, 1)
	dirt := string(bytes.Repeat([]byte{0xFF}, 3*pageSize))
	w.write(dirt, dirt) // the chunks are used again
	w.recycle(2)
	w.append("one")
	w.append("two")
	check(t, w.Flush())
	page := w.file()[areaAt:][:pageSize]
	clear(page[:recordHead+3])
	clear(page[sectorSize:][:recordHead+3])
	if !bytes.Equal(page, make([]byte, pageSize)) {
		t.Errorf("%x", page)
	}
	if rest := w.file()[areaAt+pageSize:][:pageSize]; rest[0] != 0xFF {
		t.Error("more than a page was written")
	}
}

// A file that exists is refused and left alone; a new one gets what prepare does.
func TestCreate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "segment")
	check(t, os.WriteFile(path, []byte("mine"), 0o600))
	if _, err := Create(path, nil, header(1)); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Create over a file: %v", err)
	}
	if b, err := os.ReadFile(path); string(b) != "mine" {
		t.Errorf("%q, %v", b, err)
	}
	check(t, os.Remove(path))
	if _, err := Create(path, func(f *os.File) { f.Close() }, header(1)); err == nil {
		t.Error("no error of a file that is closed")
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Create has failed and left: %v", err)
	}
	if _, err := Create(path, nil, Header{}); err == nil {
		t.Error("a header without a nonce was taken")
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Create has failed and left: %v", err)
	}
	s := must(Create(path, func(f *os.File) { _ = f.Chmod(0o640) }, header(1)))(t)
	info, err := os.Stat(path)
	check(t, err)
	if mode := info.Mode().Perm(); mode&0o600 != 0o600 || filepath.Separator == '/' && mode != 0o640 {
		t.Errorf("mode %v", mode)
	}
	check(t, s.Close())
}

// Remove takes its own file only.
func TestRemove(t *testing.T) {
	w := create(t, 1)
	if named, err := w.Named(); !named || err != nil {
		t.Errorf("%v, %v", named, err)
	}
	check(t, w.Remove())
	if _, err := os.Lstat(w.path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	w = create(t, 1)
	if err := os.Rename(w.path, w.path+"-moved"); err != nil {
		t.Skip(err) // Windows
	}
	if named, err := w.Named(); named || err != nil {
		t.Errorf("%v, %v", named, err)
	}
	check(t, os.WriteFile(w.path, []byte("another"), 0o600))
	if named, err := w.Named(); named || err != nil {
		t.Errorf("%v, %v", named, err)
	}
	check(t, w.Remove())
	if _, err := os.Lstat(w.path); err != nil {
		t.Error(err)
	}
}

func TestReserve(t *testing.T) {
	w := create(t, 1)
	for _, n := range []int{-1, MaxPayload + 1} {
		if err := w.Reserve(n); err == nil {
			t.Errorf("room for %d bytes", n)
		}
	}
	check(t, w.Reserve(1))
	if n := w.fileSize(); n != fillStep || w.FileSize() != n {
		t.Errorf("%d bytes, FileSize says %d", n, w.FileSize())
	}
	fits := fillStep - areaAt - recordHead
	check(t, w.Reserve(fits))
	if n := w.fileSize(); n != fillStep {
		t.Errorf("%d bytes", n)
	}
	if message := panics(func() { w.Append(make([]byte, fits+1)) }); message == "" {
		t.Error("a record without room was appended")
	}
	w.Append(make([]byte, fits))
	w.sync()
	check(t, w.Reserve(0))
	if n := w.fileSize(); n != 2*fillStep {
		t.Errorf("%d bytes", n)
	}
}

// The header is durable before the first record of its generation is handed to the system: a crash never leaves a
// record without a header above.
func TestHeaderFirst(t *testing.T) {
	w := create(t, 1)
	if !w.headed {
		t.Error("Create has not made the header durable")
	}
	w.write("one")
	w.recycle(2)
	if w.headed {
		t.Error("Recycle takes the header for durable")
	}
	check(t, w.Flush())
	if w.headed {
		t.Error("a Flush of nothing syncs")
	}
	w.append("two")
	check(t, w.Flush())
	if !w.headed || w.Synced() != 0 {
		t.Errorf("after a Flush: header durable %v, %d records durable", w.headed, w.Synced())
	}
	check(t, w.Sync())
	w.expect("two")
}

// A file that was cut off is noticed unless the cut is where the file once ended: its size is durable before its
// records.
func TestCutOffFile(t *testing.T) {
	w := create(t, 1)
	if c := must(Read(w.path, true))(t); c.Damage != nil {
		t.Errorf("without records: %v", c.Damage)
	}
	w.write("one", string(make([]byte, fillStep)), "three")
	if n := w.fileSize(); n != 2*fillStep {
		t.Errorf("%d bytes", n)
	}
	for _, size := range []int64{2*fillStep - 1, fillStep + sectorSize, fillStep - 1, areaAt + 1, areaAt - 1, headerSize} {
		check(t, os.Truncate(w.path, size))
		c := must(Read(w.path, true))(t)
		if !c.Whole || !errors.Is(c.Damage, ErrCorrupt) {
			t.Errorf("%d bytes: %v, %v", size, c.Whole, c.Damage)
		}
	}
}

// After an error nothing is tried again, though it might succeed.
func TestFailed(t *testing.T) {
	for name, fail := range map[string]func(*Segment) error{
		"flush":   (*Segment).Flush,
		"start":   (*Segment).StartSync,
		"sync":    func(s *Segment) error { s.dirty = true; return s.Sync() },
		"recycle": func(s *Segment) error { return s.Recycle(header(2)) },
	} {
		w := create(t, 1)
		w.append("one")
		good := w.f
		bad := must(os.Open(w.path))(t)
		if name == "sync" { // a file that was opened for reading can be synced
			check(t, bad.Close())
		}
		w.f = bad
		err := fail(w.Segment)
		if err == nil {
			t.Fatalf("%s: no error", name)
		}
		before := w.file()
		w.f = good
		for name, again := range map[string]func() error{
			"Flush": w.Flush, "StartSync": w.StartSync, "Sync": w.Sync,
			"Reserve": func() error { return w.Reserve(fillStep) },
			"Recycle": func() error { return w.Recycle(header(3)) },
		} {
			if got := again(); got != err {
				t.Errorf("%s: %v instead of %v", name, got, err)
			}
		}
		if !bytes.Equal(before, w.file()) {
			t.Errorf("%s: something was written", name)
		}
		bad.Close()
	}
}

func TestVerify(t *testing.T) {
	w := create(t, 1)
	w.write("one", "two")
	w.append("not flushed")
	check(t, w.Verify())
	whole := w.file()
	for name, at := range map[string]int64{"record": areaAt + sectorSize + 20, "payload": areaAt + recordHead} {
		w.patch(at, whole[at]^1)
		if err := w.Verify(); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
		w.patch(at, whole[at])
	}
	w.patch(20, whole[20]^1)
	check(t, w.Verify()) // there are two
	w.patch(headerCopyAt+20, whole[20]^1)
	if err := w.Verify(); !errors.Is(err, ErrCorrupt) {
		t.Errorf("header: %v", err)
	}
}

// One goroutine appends, while another one flushes and syncs and others look on. The race detector does the rest.
func TestPipeline(t *testing.T) {
	w := create(t, 1)
	r := seeded(t)
	var all []string
	work := make(chan struct{}, 1)
	var others sync.WaitGroup
	others.Go(func() {
		for range work {
			if err := errors.Join(w.StartSync(), w.Flush(), w.Sync()); err != nil {
				t.Error(err)
			}
		}
	})
	stop := make(chan struct{})
	others.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := w.Verify(); err != nil {
				t.Error(err)
			}
			if n := w.Synced(); n > w.Records() {
				t.Errorf("%d records are durable", n)
			}
			_, _, _ = w.End(), w.Size(), w.FileSize()
		}
	})
	for n := range 500 {
		all = append(all, payload(r, n, r.IntN(3000)))
		w.append(all[n])
		select {
		case work <- struct{}{}:
		default:
		}
	}
	close(work)
	close(stop)
	others.Wait()
	w.sync()
	w.expect(all...)
}

// What may be told of a record says how many records were durable when the record was appended.
func TestSynced(t *testing.T) {
	w := create(t, 1)
	w.append("one")
	check(t, w.Flush())
	w.append("two") // one is not durable yet
	check(t, w.Sync())
	w.append("three")
	check(t, w.StartSync()) // which makes nothing durable
	w.append("four")
	w.sync()
	w.append("five")
	w.sync()
	var got []uint64
	file := w.file()
	for at := areaAt; at < areaAt+5*sectorSize; at += sectorSize {
		got = append(got, decodeRecord(file[at:]).synced)
	}
	if want := []uint64{0, 0, 1, 1, 4}; !slices.Equal(got, want) {
		t.Errorf("%d instead of %d", got, want)
	}
}

// writer is a segment under test.
type writer struct {
	*Segment
	t testing.TB
}

func header(generation uint64) Header {
	return Header{Store: [16]byte{1, 2, 3}, Generation: generation, Nonce: NewNonce()}
}

func create(t testing.TB, generation uint64) *writer {
	t.Helper()
	path := filepath.Join(t.TempDir(), "segment")
	s := must(Create(path, nil, header(generation)))(t)
	t.Cleanup(func() { s.Close() })
	return &writer{s, t}
}

func (w *writer) append(payload string) {
	w.t.Helper()
	check(w.t, w.Reserve(len(payload)))
	before := w.Records()
	if end := w.Append([]byte(payload)); end != w.End() || end.Records != before+1 {
		w.t.Fatalf("%+v, %+v after %d records", end, w.End(), before)
	}
}

func (w *writer) sync() {
	w.t.Helper()
	check(w.t, w.Flush())
	check(w.t, w.Sync())
	if w.Synced() != w.Records() {
		w.t.Fatalf("%d of %d records are durable", w.Synced(), w.Records())
	}
}

// write appends records, durably, one after the other.
func (w *writer) write(payloads ...string) {
	w.t.Helper()
	for _, p := range payloads {
		w.append(p)
		w.sync()
	}
}

func (w *writer) recycle(generation uint64) {
	w.t.Helper()
	h := header(generation)
	h.Parent = w.End()
	check(w.t, w.Recycle(h))
}

// expect reads the file and compares.
func (w *writer) expect(payloads ...string) {
	w.t.Helper()
	c := must(Read(w.path, false))(w.t)
	if got := texts(c.Records); !c.Whole || !slices.Equal(got, payloads) {
		w.t.Fatalf("%d records %.200q instead of %d %.200q", len(got), got, len(payloads), payloads)
	}
	if c.Damage != nil || c.Header != w.Header() || c.End != w.End() || c.Size != w.Size() {
		w.t.Fatalf("%+v, %+v, %d, %v instead of %+v, %+v, %d", c.Header, c.End, c.Size, c.Damage,
			w.Header(), w.End(), w.Size())
	}
}

func (w *writer) file() []byte {
	w.t.Helper()
	return must(os.ReadFile(w.path))(w.t)
}

func (w *writer) fileSize() int64 { return int64(len(w.file())) }

func (w *writer) patch(at int64, b byte) {
	w.t.Helper()
	_, err := w.f.WriteAt([]byte{b}, at)
	check(w.t, err)
}

func payload(r *rand.Rand, n, size int) string {
	return fmt.Sprintf("%d:%s", n, bytes.Repeat([]byte{byte(r.IntN(256))}, size))
}

func texts(records [][]byte) (s []string) {
	for _, r := range records {
		s = append(s, string(r))
	}
	return s
}

func panics(fn func()) (message string) {
	defer func() {
		if p := recover(); p != nil {
			message = fmt.Sprint(p)
		}
	}()
	fn()
	return ""
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		check(t, err)
		return v
	}
}

func seeded(t testing.TB) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}
