package disk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/boltfile"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Damaged files.

// specimen is a store that was killed in the midst of a checkpoint, and the states that it had, the oldest first. What
// is in the file as a whole is the first one.
type specimen struct {
	image
	states []string
}

func newSpecimen(t testing.TB) *specimen {
	t.Helper()
	tune(t, Tuning{SliceBytes: 200})
	e := open(t, filepath.Join(inMemory(t), "test.db"))
	m, s := newModel(), &specimen{}
	rng := rand.New(rand.NewPCG(4, 4))
	write := func(n int) {
		m.write(t, e, func(b *edit) { b.random(rng, n, fmt.Sprint(len(s.states))) })
		s.states = append(s.states, m.String())
	}
	write(200)
	ok(t, e.checkpointNow())
	for range 4 {
		write(20)
	}
	slice := stallAt(t, &betweenSlices)
	ok(t, e.freezeNow())
	slice.wait(t)
	for range 4 {
		write(20)
	}
	s.image = imageOf(t, e.Path())
	slice.end()
	ok(t, e.Close())
	return s
}

// damage is a change of some bytes of one of the files.
type damage struct {
	suffix string
	at     int
	bytes  []byte // that take the place of those that are there; nil: the file ends there
}

// damages reads damages from bytes that a fuzzer makes: 8 bytes each.
func (s *specimen) damages(data []byte) (list []damage) {
	names := []string{"", "-log0", "-log1"}
	for ; len(data) >= 8 && len(list) < 8; data = data[8:] {
		d := damage{suffix: names[int(data[0]>>4)%len(names)]}
		file := s.image[d.suffix]
		used := len(strings.TrimRight(string(file), "\x00")) + 600
		d.at = int(binary.BigEndian.Uint32(data[1:])) % min(used, len(file))
		switch data[0] & 15 {
		case 0:
			d.bytes = nil
		case 1: // a sector that was never written
			d.at &^= 511
			d.bytes = make([]byte, min(512, len(file)-d.at))
		case 2: // a sector of another place
			d.at &^= 511
			from := int(binary.BigEndian.Uint16(data[5:])) * 512 % (len(file) - 511)
			d.bytes = file[from : from+min(512, len(file)-d.at)]
		default:
			d.bytes = []byte{file[d.at] ^ (data[5] | 1)}
		}
		list = append(list, d)
	}
	return list
}

// damaged is the image with damages.
func (s *specimen) damaged(list []damage) image {
	m := image{}
	for suffix, b := range s.image {
		m[suffix] = slices.Clone(b)
	}
	for _, d := range list {
		b := m[d.suffix]
		switch {
		case d.at > len(b):
		case d.bytes == nil:
			m[d.suffix] = b[:d.at]
		default:
			copy(b[d.at:], d.bytes)
		}
	}
	return m
}

// opens opens the damaged store. Whatever the damage is nothing panics or hangs. A store that is refused is not
// changed. One of which only the log is damaged opens with a state that it had, or not at all; what a damaged file
// shows cannot be judged here, because values have no checksums of their own at this level.
func (s *specimen) opens(t testing.TB, path string, list []damage) (opened bool) {
	m := s.damaged(list)
	m.writeTo(t, path)
	var e *Engine
	var err error
	within(t, fmt.Sprint("Open with ", list), func() { e, err = Open(path, options()) })
	if err != nil {
		if !errors.Is(err, kv.ErrCorrupt) && !errors.Is(err, ErrNotStore) {
			t.Errorf("%v: %v", list, err)
		}
		m.unchanged(t, path)
		return false
	}
	within(t, fmt.Sprint("use with ", list), func() {
		defer e.Close()
		got, err := tryView(e)
		logOnly := !slices.ContainsFunc(list, func(d damage) bool { return d.suffix == "" })
		if logOnly && (err != nil || !slices.Contains(s.states, got)) {
			t.Errorf("%v: it shows what it never had: %v", list, err)
		}
		if err == nil || errors.Is(err, kv.ErrCorrupt) {
			err = tryPut(e, "goes on", "1")
		}
		if err != nil && !errors.Is(err, kv.ErrCorrupt) && !errors.Is(err, kv.ErrNoBucket) && !errors.Is(err, ErrFailed) &&
			!errors.Is(err, kv.ErrOutcomeUnknown) {
			t.Errorf("%v: %v", list, err)
		}
	})
	return true
}

// tryView looks at everything, in all ways, and then has it verified.
func tryView(e *Engine) (state string, err error) {
	v, err := e.ReadLong(ctx)
	if err != nil {
		return "", err
	}
	defer v.Release()
	if state, err = tryDump(v); err != nil {
		return state, err
	}
	_, err = e.Verify(ctx, v, func(string, ...any) {}, nil)
	return state, err
}

// Some hundred random damages.
func TestDamages(t *testing.T) {
	s := newSpecimen(t)
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	opened, n := 0, 300
	dir := inMemory(t)
	for i := range n {
		data := make([]byte, 8*(1+rng.IntN(2)))
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		if i%3 > 0 {
			data[0] = byte(1+rng.IntN(2))<<4 | data[0]&15 // of the log
		}
		sub := filepath.Join(dir, fmt.Sprint(i))
		ok(t, os.Mkdir(sub, 0o700))
		if s.opens(t, filepath.Join(sub, "test.db"), s.damages(data)) {
			opened++
		}
		ok(t, os.RemoveAll(sub))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d of %d open", opened, n)
	if opened < n/20 || opened > n*19/20 {
		t.Errorf("%d of %d open", opened, n)
	}
}

// Damage of records that were durable is refused, unless it is of the last record, which looks as if it had never been
// written to its end.
func TestDamagedRecords(t *testing.T) {
	s := newSpecimen(t)
	refused, shorter := 0, 0
	for _, suffix := range []string{"-log0", "-log1"} {
		used := len(strings.TrimRight(string(s.image[suffix]), "\x00"))
		for at := 4096; at < used; at += 100 {
			path := filepath.Join(inMemory(t), "test.db")
			list := []damage{{suffix, at, []byte{s.image[suffix][at] ^ 0x40}}}
			s.damaged(list).writeTo(t, path)
			e, err := Open(path, options())
			if err != nil {
				refused++
				continue
			}
			switch got := state(t, e); got {
			case s.states[len(s.states)-1]: // what lies between two records
			case s.states[len(s.states)-2]:
				shorter++
			default:
				t.Errorf("%v: it shows an older state", list)
			}
			ok(t, e.Close())
		}
	}
	if refused < 10 || shorter < 2 {
		t.Errorf("%d are refused, %d lack the last record", refused, shorter)
	}
}

// A page of the file is a copy of another one: of itself as it was earlier, of one that leads to it, or of anything.
// bbolt would follow pages in circles, in goroutines of its own.
func TestMisplacedPages(t *testing.T) {
	s := newSpecimen(t)
	file := bytes.NewReader(s.image[""])
	header, err := boltfile.ReadHeader(file, file.Size())
	ok(t, err)
	size, dir := header.PageSize, inMemory(t)
	pages := len(strings.TrimRight(string(s.image[""]), "\x00"))/size + 1
	for i := 2; i < pages; i++ {
		for j := 2; j < pages; j += 1 + pages/10 {
			if i == j {
				continue
			}
			page := slices.Clone(s.image[""][j*size : (j+1)*size])
			binary.NativeEndian.PutUint64(page, uint64(i)) // it says that it is the one
			sub := filepath.Join(dir, fmt.Sprint(i, " ", j))
			ok(t, os.Mkdir(sub, 0o700))
			s.opens(t, filepath.Join(sub, "test.db"), []damage{{"", i * size, page}})
			ok(t, os.RemoveAll(sub))
		}
	}
}

// What the file says of the log has a checksum: no byte of that can change without notice.
func TestDamagedState(t *testing.T) {
	s := newSpecimen(t)
	value := lookup(s.image[""], keyLog)
	for i := 0; i < len(value); i += 6 {
		changed := slices.Clone(value)
		changed[i] ^= 0x10
		m := s.damaged(nil)
		m[""] = bytes.ReplaceAll(m[""], value, changed)
		m.refused(t, "the state of the log in the store's file has a wrong checksum")
	}
}

// Pages that are damaged while the store is open end writing, and reading them, and nothing else: whichever kind of
// change a checkpoint meets them with.
func TestDamageWhileOpen(t *testing.T) {
	for name, change := range map[string]func(b *edit){
		"put":    func(b *edit) { b.put("b", "k500", "v") },
		"delete": func(b *edit) { b.delete("b", "k500") },
		"range":  func(b *edit) { b.deleteRange("b", "k200", "k800") },
		"drop":   func(b *edit) { b.drop("b") },
	} {
		t.Run(name, func(t *testing.T) {
			e := open(t, newPath(t))
			m := newModel()
			m.write(t, e, func(b *edit) {
				for k := range 1000 {
					b.put("b", fmt.Sprintf("k%03d", k), strings.Repeat("v", 100))
				}
			})
			ok(t, e.checkpointNow())
			overwrite(t, e)
			b := &edit{m: m}
			change(b)
			ok(t, writeBatch(e, &b.Batch))
			within(t, "a checkpoint", func() {
				if err := e.checkpointNow(); !errors.Is(err, ErrFailed) || !errors.Is(err, kv.ErrCorrupt) {
					t.Errorf("a checkpoint over damaged pages: %v", err)
				}
			})
			hidden := name == "range" || name == "drop" // what was deleted is not looked at
			if _, err := tryView(e); !hidden && !errors.Is(err, kv.ErrCorrupt) {
				t.Errorf("reads: %v", err)
			}
			within(t, "Close", func() {
				if err := e.Close(); err == nil {
					t.Error("Close says nothing")
				}
			})
		})
	}
}

// overwrite damages the heads of the leaf pages with the key k500, where the system shows that in what is mapped. The
// size of a page is left as it is: bbolt believes in that, whatever it is.
func overwrite(t *testing.T, e *Engine) {
	t.Helper()
	if runtime.GOOS == "windows" || runtime.GOOS == "openbsd" {
		t.Skip("a mapped file does not show what is written")
	}
	f, err := os.OpenFile(e.Path(), os.O_RDWR, 0)
	ok(t, err)
	defer f.Close()
	st := e.Describe()
	page := make([]byte, st.PageSize)
	for at := int64(2 * st.PageSize); at < st.FileSize; at += int64(st.PageSize) {
		_, err := f.ReadAt(page, at)
		ok(t, err)
		const leaf = 2 // the flags follow the number of the page, in the byte order of the machine
		if flags := binary.NativeEndian.Uint16(page[8:]); flags == leaf && bytes.Contains(page, []byte("k500")) {
			_, err := f.WriteAt(bytes.Repeat([]byte{0xa5}, 8), at)
			ok(t, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	s := newSpecimen(f)
	for i := range byte(48) {
		f.Add([]byte{i, 0, 0, i, 7 * i, i, 0, 0})
	}
	dir := inMemory(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		sub, err := os.MkdirTemp(dir, "")
		ok(t, err)
		defer os.RemoveAll(sub)
		s.opens(t, filepath.Join(sub, "test.db"), s.damages(data))
	})
}

// twoGenerations is a store whose log has two segments: one that is being written into the file, and the next one with
// so many records.
func twoGenerations(t *testing.T, records int) (m image, want string) {
	t.Helper()
	tune(t, Tuning{SliceBytes: 10})
	e := open(t, newPath(t))
	for _, key := range []string{"a", "b", "c"} {
		put(t, e, key, "1")
	}
	slice := stallAt(t, &betweenSlices)
	ok(t, e.freezeNow())
	slice.wait(t)
	for i := range records {
		put(t, e, fmt.Sprintf("n%02d", i), "acknowledged")
	}
	m, want = imageOf(t, e.Path()), state(t, e)
	slice.end()
	ok(t, e.Close())
	return m, want
}

// A segment loses its beginning. One of its two headers may be lost, even with all that is in 4 KiB; without both the
// store is refused, whatever lies behind them, as long as there is a record left.
func TestDamagedHead(t *testing.T) {
	for _, c := range []struct{ records, from, to int }{
		{1, 0, 4096}, {1, 4096, 8192}, {50, 0, 4096}, {50, 4096, 8192},
	} {
		m, want := twoGenerations(t, c.records)
		clear(m["-log1"][c.from:c.to])
		m.opens(t, want)
	}
	for _, c := range []struct{ records, to int }{{1, 8192}, {50, 8192}, {50, 8192 + 512}, {50, 8192 + 4096}} {
		m, _ := twoGenerations(t, c.records)
		clear(m["-log1"][:c.to])
		m.refused(t, "header of the log")
	}
}

// A power cut while a segment is recycled leaves any header above the records of a generation that the file contains.
// Nothing of the next generation is there yet, whoever is waiting.
func TestTornRecycling(t *testing.T) {
	e := open(t, newPath(t))
	m := newModel()
	next := func(key string) *stall {
		m.write(t, e, func(b *edit) { b.put("b", key, "1") })
		eventually(t, "the frozen overlay is not dropped", func() bool { return !e.isFrozen() })
		slice := stallAt(t, &beforeCommit)
		ok(t, e.freezeNow())
		slice.wait(t)
		m.write(t, e, func(b *edit) { b.put("b", key, "2") })
		return slice
	}
	next("a").end()
	eventually(t, "there is no spare segment", func() bool { return !e.isFrozen() && e.segments.spare != nil })
	suffix := strings.TrimPrefix(e.segments.spare.Path(), e.Path())
	before := imageOf(t, e.Path())[suffix]
	slice := stallAt(t, &beforeCommit)
	want := m.String()
	ok(t, e.freezeNow())
	slice.wait(t)
	var pending []kv.Pending
	for i := range 3 {
		p, err := stagePut(e, fmt.Sprint("late", i), "v")
		ok(t, err)
		pending = append(pending, p)
	}
	now := imageOf(t, e.Path())
	if string(now[suffix][8192:]) != string(before[8192:]) {
		t.Error("records are there before they are flushed")
	}
	for i := range 16 { // each sector of the header
		for at := range 512 {
			now[suffix][512*i+at] = 0xa5
		}
		now.opens(t, want)
	}
	slice.end()
	for _, p := range pending {
		ok(t, p.Wait())
	}
}
