package boltfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// salvaged is what a salvage has handed out. Of a key that came twice the first value counts.
type salvaged struct {
	SalvageReport
	known   content
	unknown map[string][]string // all values that came with a key
	twice   int                 // keys of known buckets that came again
}

func salvage(t testing.TB, r io.ReaderAt, size int64) salvaged {
	t.Helper()
	s := salvaged{known: content{}, unknown: map[string][]string{}}
	var err error
	s.SalvageReport, err = Salvage(context.Background(), r, size, func(f Found) error {
		bucket, key, value := f.Bucket, f.Key, f.Value
		switch {
		case bucket == "":
			s.unknown[string(key)] = append(s.unknown[string(key)], string(value))
			return nil
		case len(s.unknown) > 0:
			t.Errorf("%q of %q comes after a key of an unknown bucket", key, bucket)
		}
		switch {
		case s.known[bucket] == nil:
			s.known[bucket] = map[string]string{string(key): string(value)}
		default:
			if _, ok := s.known[bucket][string(key)]; ok {
				s.twice++
				return nil
			}
			s.known[bucket][string(key)] = string(value)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.twice > 0 {
		t.Errorf("%d keys came twice; %+v", s.twice, s.SalvageReport)
	}
	return s
}

func salvageBytes(t testing.TB, b []byte) salvaged {
	t.Helper()
	return salvage(t, bytes.NewReader(b), int64(len(b)))
}

// has says whether a key was handed out, with its bucket or without.
func (s *salvaged) has(bucket, key, value string) bool {
	v, ok := s.known[bucket][key]
	return ok && v == value || slices.Contains(s.unknown[key], value)
}

// everything is what all buckets of a file hold, under the names that Salvage has for them.
func everything(t testing.TB, path string) content {
	t.Helper()
	c := content{}
	var add func(name string, b *bolt.Bucket) error
	add = func(name string, b *bolt.Bucket) error {
		return b.ForEach(func(k, v []byte) error {
			if v == nil {
				return add(strings.TrimPrefix(name+"\x00"+string(k), "\x00"), b.Bucket(k))
			}
			if c[name] == nil {
				c[name] = map[string]string{}
			}
			c[name][string(k)] = string(v)
			return nil
		})
	}
	withBolt(t, path, bolt.Options{ReadOnly: true}, func(db *bolt.DB) error {
		return db.View(func(tx *bolt.Tx) error { return add("", tx.Cursor().Bucket()) })
	})
	return c
}

func small(t testing.TB, synced bool) (file []byte, all content) {
	t.Helper()
	file = smallFile(t, synced)
	return file, everything(t, write(t, t.TempDir(), "small", file))
}

// Of a sound file a salvage reads what the newest transaction has left, and nothing else.
func TestSalvageSound(t *testing.T) {
	for _, shape := range shapes {
		for _, noFreelist := range []bool{false, true} {
			path := build(t, bolt.Options{NoFreelistSync: noFreelist}, shape.fill...)
			f, h := readFile(t, path)
			defer f.Close()
			s := salvage(t, f, h.Size)
			walked, err := Walk(context.Background(), f, h, nil)
			if err != nil {
				t.Fatal(err)
			}
			want := SalvageReport{PageSize: h.PageSize, Metas: 2, Read: walked.Branch + walked.Leaf, Elements: walked.Keys}
			if !reflect.DeepEqual(s.SalvageReport, want) || s.Damaged() {
				t.Errorf("%s: %+v instead of %+v", shape.name, s.SalvageReport, want)
			}
			if !sameContent(s.known, everything(t, path)) {
				t.Errorf("%s: something else was handed out", shape.name)
			}
		}
	}
}

func sameContent(a, b content) bool {
	return maps.EqualFunc(a, b, func(a, b map[string]string) bool { return maps.Equal(a, b) })
}

// Whichever page is gone, all that is not on it is found, and with the freelist nothing is found that is outdated.
func TestSalvageOnePage(t *testing.T) {
	for _, synced := range []bool{true, false} {
		file, all := small(t, synced)
		leaves, branches := 0, 0
		for page := range len(file) / 1024 {
			gone, flags := onPage(file, page)
			zeroed := bytes.Clone(file)
			clear(zeroed[page*1024:][:1024])
			for name, r := range map[string]io.ReaderAt{
				"zeroed": bytes.NewReader(zeroed), "unreadable": unreadable{file, page},
			} {
				s := salvage(t, r, int64(len(file)))
				if flags == flagLeaf && s.Skipped == 1 {
					leaves++
				} else if flags == flagBranch && s.Skipped == 1 {
					branches++
				}
				s.expect(t, fmt.Sprintf("page %d %s, freelist %v", page, name, synced), all, gone)
				if synced && page >= firstPage {
					s.nothingElse(t, fmt.Sprintf("page %d %s", page, name), all)
				}
			}
		}
		if leaves < 20 || branches < 4 {
			t.Errorf("%d leaves and %d branches were missed", leaves, branches)
		}
	}
}

// onPage returns the keys of a leaf page.
func onPage(file []byte, page int) (keys map[string]bool, flags uint16) {
	b := file[page*1024:]
	p := decodePageHeader(b)
	keys = map[string]bool{}
	if p.id != uint64(page) || p.flags != flagLeaf {
		return keys, p.flags
	}
	for i := range int(p.count) {
		e := decodeElement(b, true, i)
		keys[string(b[e.start:e.value()])] = true
	}
	return keys, p.flags
}

// expect fails unless all was found that is not on a page that is gone. Nobody can tell whether a value that fills
// pages of its own, or a bucket in a value, was zeroed.
func (s *salvaged) expect(t *testing.T, what string, all content, gone map[string]bool) {
	t.Helper()
	for bucket, keys := range all {
		top, _, _ := strings.Cut(bucket, "\x00")
		for key, value := range keys {
			if gone[key] || gone[top] || bucket == "big" || s.has(bucket, key, value) {
				continue
			}
			t.Fatalf("%s: %q of bucket %q is missing; %+v", what, key, bucket, s.SalvageReport)
		}
	}
}

// nothingElse fails if something was found that is not in the file, but for what the report says is outdated.
func (s *salvaged) nothingElse(t *testing.T, what string, all content) {
	t.Helper()
	outdated := s.Outdated
	for bucket, keys := range s.known {
		for key, value := range keys {
			if all[bucket][key] == value || bucket == "big" {
				continue
			}
			if outdated == 0 {
				t.Fatalf("%s: %q of %q is outdated or was made up", what, key, bucket)
			}
			outdated--
		}
	}
	for key, values := range s.unknown {
		for _, value := range values {
			if !slices.ContainsFunc(slices.Collect(maps.Values(all)), func(m map[string]string) bool {
				return m[key] == value || len(value) == 3000
			}) {
				t.Fatalf("%s: %q of an unknown bucket is outdated or was made up", what, key)
			}
		}
	}
}

// Without meta pages the root is found, if all that it leads to is sound; and if not, what is on the leaves is.
func TestSalvageWithoutMetas(t *testing.T) {
	for _, pageSize := range []int{1024, 4096, 16384} {
		for _, shape := range shapes {
			path := build(t, bolt.Options{PageSize: pageSize}, shape.fill...)
			file, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			all := everything(t, path)
			clear(file[:2*pageSize])
			s := salvageBytes(t, file)
			if s.PageSize != pageSize || s.Metas != 0 || !s.Damaged() || !s.Guessed && len(all) > 0 {
				t.Fatalf("%s, pages of %d bytes: %+v", shape.name, pageSize, s.SalvageReport)
			}
			for bucket, keys := range all {
				for key, value := range keys {
					if s.known[bucket][key] != value {
						t.Fatalf("%s, pages of %d bytes: %.20q is missing; %+v", shape.name, pageSize, key, s.SalvageReport)
					}
				}
			}
		}
	}
	file, all := small(t, true)
	root := readerHeader(t, file).Root
	gone, _ := onPage(file, int(root))
	clear(file[:2*1024])
	clear(file[root*1024:][:1024])
	s := salvageBytes(t, file)
	s.expect(t, "without metas and root", all, gone)
}

// One meta page is enough.
func TestSalvageOneMeta(t *testing.T) {
	whole, all := small(t, true)
	h := readerHeader(t, whole)
	file := bytes.Clone(whole)
	clear(file[1024-h.metaAt:][:1024]) // the older one
	if s := salvageBytes(t, file); s.Metas != 1 || s.Damaged() || !sameContent(s.known, all) {
		t.Errorf("%+v", s.SalvageReport)
	}
	file = bytes.Clone(whole)
	clear(file[h.metaAt:][:1024])
	want := everything(t, write(t, t.TempDir(), "older", file))
	if s := salvageBytes(t, file); s.Metas != 1 || s.Damaged() || !sameContent(s.known, want) {
		t.Errorf("%+v", s.SalvageReport)
	}
}

// A salvage ends when it is told to.
func TestSalvageEnds(t *testing.T) {
	file, _ := small(t, true)
	r := bytes.NewReader(file)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	never := func(Found) error { t.Error("something was handed out"); return nil }
	if _, err := Salvage(ctx, r, r.Size(), never); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	clear(file[:2048])
	if _, err := Salvage(ctx, bytes.NewReader(file), r.Size(), never); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled, without metas: %v", err)
	}
	full, calls := errors.New("full"), 0
	_, err := Salvage(context.Background(), bytes.NewReader(file), r.Size(), func(Found) error {
		calls++
		return full
	})
	if !errors.Is(err, full) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
	f, err := os.Open(write(t, t.TempDir(), "closed", file))
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if _, err := Salvage(context.Background(), f, r.Size(), never); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	for _, b := range [][]byte{nil, []byte("text"), make([]byte, 100_000)} {
		if _, err := Salvage(context.Background(), bytes.NewReader(b), int64(len(b)), never); !errors.Is(err, ErrNotBolt) {
			t.Errorf("%d bytes of something else: %v", len(b), err)
		}
	}
}

// FuzzSalvage changes some bytes of a sound file, as FuzzWalk does, or takes any bytes. Salvage must end, without a
// panic and without reading the file again and again.
func FuzzSalvage(f *testing.F) {
	files := [][]byte{smallFile(f, true), smallFile(f, false)}
	f.Add(uint8(0), []byte{3, 0, 8, 0x10})
	f.Add(uint8(1), []byte{5, 0, 12, 1, 6, 0, 20, 9})
	f.Add(uint8(2), []byte{5, 0, 12, 1, 6, 0, 20, 9})
	f.Add(uint8(3), files[0][4096:9000])
	f.Fuzz(func(t *testing.T, kind uint8, changes []byte) {
		b := changes
		if kind%4 < 3 {
			b = change(files[kind%2], changes)
			if kind%4 == 2 {
				clear(b[:2048])
			}
		}
		r := &countingReader{b: b}
		elements, unknown := uint64(0), uint64(0)
		report, err := Salvage(context.Background(), r, int64(len(b)), func(f Found) error {
			if elements++; f.Bucket == "" {
				unknown++
			}
			if len(f.Key) == 0 || len(f.Key)+len(f.Value) > len(b) {
				t.Fatalf("a key of %d bytes, a value of %d", len(f.Key), len(f.Value))
			}
			return nil
		})
		if err != nil && !errors.Is(err, ErrNotBolt) {
			t.Fatal(err)
		}
		if report.Elements != elements || report.Unknown != unknown {
			t.Fatalf("%+v for %d elements, %d unknown", report, elements, unknown)
		}
		if max := (20 + maxGuesses) * (len(b) + 1<<20); r.n > max {
			t.Fatalf("%d bytes read of %d", r.n, len(b))
		}
	})
}

func TestMissing(t *testing.T) {
	var m missing
	m.add("b", nil, []byte("c"))
	m.add("b", []byte("f"), []byte("h"))
	m.add("b", []byte("f"), []byte("h"))
	m.add("b", []byte("x"), nil)
	m.add("all", []byte("c"), []byte("d"))
	m.add("all", nil, nil)
	m.add("all", []byte("f"), nil)
	m.add("", []byte("top"), []byte("tor"))
	got := ""
	for _, key := range strings.Fields("b/a b/c b/d b/f b/g b/h b/w b/x b/z all/a all/e " +
		"/tom /top /tops /tor topic/x none/x tor/a b\x00s/x b\x00g/x") {
		bucket, key, _ := strings.Cut(key, "/")
		got += map[bool]string{true: "+", false: "-"}[m.has(bucket, []byte(key))]
	}
	if want := "+--++--++++-++-+---+"; got != want {
		t.Errorf("%s instead of %s", got, want)
	}
	for n := range maxMissing {
		m.add("many", fmt.Appendf(nil, "%06d", n), fmt.Appendf(nil, "%06d", n))
	}
	if !m.has("b", []byte("f")) || m.has("many", fmt.Appendf(nil, "%06d", maxMissing-1)) || m.n > maxMissing {
		t.Errorf("%d ranges", m.n)
	}
	var l keyList
	l.add([]byte("f"))
	l.add([]byte("tor"))
	noted := m.note("b", &l) && m.note("", &l)
	if !noted || m.has("b", []byte("f")) || !m.has("b", []byte("g")) || m.has("tor", []byte("a")) {
		t.Error("what was handed out is missing")
	}
	m.find("top")
	m.find("all")
	if m.has("top", []byte("s")) || !m.has("all", []byte("s")) {
		t.Error("a bucket was found, and not all of it is missing")
	}
	l.add(make([]byte, maxHanded))
	if m.note("b", &l) {
		t.Error("keys without end are kept")
	}
}
