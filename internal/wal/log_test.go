package wal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l := create(t, path, "base 1")
	l.append("one", "two", "")
	if got := fmt.Sprintf("%s %q", l.reopen(), l.Base()); got != `["one" "two" ""] "base 1"` {
		t.Error(got)
	}
	l.append("four")
	l.must(l.Withdraw())
	l.append("4")
	if got := fmt.Sprint(l.reopen()); got != `["one" "two" "" "4"]` {
		t.Error("withdrawn:", got)
	}
	size := l.fileSize()
	for n := range 10 {
		l.must(l.Reset(fmt.Appendf(nil, "base %d", n)))
		if l.Size() != 0 {
			t.Errorf("size %d after Reset", l.Size())
		}
		if got := fmt.Sprintf("%s %q", l.reopen(), l.Base()); got != fmt.Sprintf(`[] "base %d"`, n) {
			t.Error(got)
		}
		l.append("a", "b")
		if got := l.reopen(); got != `["a" "b"]` {
			t.Error("after Reset:", got)
		}
	}
	if got := l.fileSize(); got != size {
		t.Errorf("the file grew from %d to %d bytes", size, got)
	}
	if live, err := Live(path); !live || err != nil {
		t.Errorf("Live: %v, %v", live, err)
	}
	l.must(l.Remove())
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if live, err := Live(path); live || err != nil {
		t.Errorf("Live after Remove: %v, %v", live, err)
	}
}

// What Remove has voided stays so, should the name come back.
func TestRemovedLogComesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l := create(t, path, "base")
	l.append("one")
	again := filepath.Join(t.TempDir(), "again")
	l.must(os.Link(path, again))
	l.must(l.Remove())
	if live, err := Live(again); live || err != nil {
		t.Errorf("Live: %v, %v", live, err)
	}
	back, err := Open(again)
	l.must(err)
	if !back.Closed() || len(back.Found()) > 0 {
		t.Errorf("closed: %v, records: %q", back.Closed(), back.Found())
	}
	l.must(back.Remove())
}

func TestLimits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l := create(t, path, "base")
	largest := append(NewRecord(nil), make([]byte, Limit-recordHead)...)
	if !Fits(largest) || Fits(append(largest, 0)) {
		t.Error("the largest record is another one")
	}
	if err := l.Append(append(largest, 0)); err == nil {
		t.Error("a record that is too large was appended")
	}
	l.append("one")
	for l.Size() < Limit {
		l.must(l.Append(largest))
	}
	l.must(l.Sync())
	if n := len(l.read()); n != 2 {
		t.Errorf("%d records", n)
	}
	if _, err := Create(temporary(t), path, nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Create over a log: %v", err)
	}
	if _, err := Create(temporary(t), filepath.Join(t.TempDir(), "log"), make([]byte, MaxBase+1)); err == nil {
		t.Error("a base that is too large was taken")
	}
	l.must(l.f.Truncate(maxFile + 1))
	if _, err := Open(path); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a file of more than any log has: %v", err)
	}
}

// A power cut leaves, of what was not synced, any sectors, and of one sector a part. Whatever is left, the log has all
// records that were synced, and of the others the first ones; and after a Reset the old base with all of them, or the
// new one.
func TestPowerCuts(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	for run := range 5 {
		path := filepath.Join(dir, fmt.Sprint(run))
		p := &powered{T: t, r: r, path: path}
		p.l = create(t, path, "")
		p.sync()
		p.run()
		p.must(p.l.Close())
	}
}

// content is what a log may be found to hold.
type content struct {
	base    string
	records []string
}

// powered is a log with what of it is durable.
type powered struct {
	*testing.T
	r       *rand.Rand
	path    string
	l       *testLog
	durable []byte // the file as of the last sync
	base    string
	records []string
	synced  int
}

func (p *powered) run() {
	for n := range 60 {
		choice := p.r.IntN(12)
		if choice < 2 {
			p.must(p.l.Sync())
			p.sync()
		}
		switch choice {
		case 0:
			old := content{p.base, slices.Clone(p.records)}
			base := fmt.Sprint("base ", n)
			p.during(func() { p.must(p.l.Reset([]byte(base))) }, old)
			p.base, p.records, p.synced = base, nil, 0
		case 1:
			if len(p.records) > 0 && p.l.last > 0 {
				old := content{p.base, slices.Clone(p.records)}
				p.during(func() { p.must(p.l.Withdraw()) }, old)
				p.records = p.records[:len(p.records)-1]
				p.synced = len(p.records)
			}
		case 2, 3, 4, 5, 6, 7:
			p.must(p.l.Append(append(NewRecord(nil), p.payload(n)...)))
			p.records = append(p.records, p.payload(n))
			p.cut(nil)
			p.must(p.l.Sync())
			p.sync()
		default: // not synced: any of those may be missing, and all that follow it
			p.must(p.l.Append(append(NewRecord(nil), p.payload(n)...)))
			p.records = append(p.records, p.payload(n))
			p.cut(nil)
		}
		if p.synced == len(p.records) {
			p.cut(nil)
		}
	}
}

func (p *powered) payload(n int) string { return fmt.Sprintf("%0*d", 1+n*n*7%1500, n) }

func (p *powered) sync() {
	p.durable = p.file()
	p.synced = len(p.records)
}

// during cuts the power in the middle of fn, which may leave what was before it, and syncs at its end.
func (p *powered) during(fn func(), before content) {
	p.Helper()
	fn()
	p.cut(&before)
	p.sync()
}

func (p *powered) file() []byte {
	b, err := os.ReadFile(p.path)
	p.must(err)
	return b
}

// cut looks at some of what a power cut may leave now.
func (p *powered) cut(before *content) {
	p.Helper()
	now := p.file()
	for range 4 {
		image := p.mix(now)
		path := p.path + ".cut"
		p.must(os.WriteFile(path, image, 0o600))
		found, err := Open(path)
		if err != nil {
			p.Fatalf("%v; %d records, %d of them synced", err, len(p.records), p.synced)
		}
		var records []string
		for _, r := range found.Found() {
			records = append(records, string(r))
		}
		base := string(found.Base())
		p.must(found.Close())
		if before != nil {
			if base == before.base && slices.Equal(records, before.records) {
				continue
			}
			if len(records) > 0 && !slices.Equal(records, before.records[:len(before.records)-1]) {
				p.Fatalf("base %q and %q in the middle of a change", base, records)
			}
			continue
		}
		if base != p.base || len(records) < p.synced || !slices.Equal(records, p.records[:len(records)]) {
			p.Fatalf("base %q and %d records %.200q, want %q and at least %d of %.200q",
				base, len(records), records, p.base, p.synced, p.records)
		}
	}
}

// mix returns the durable file with any of what was written since.
func (p *powered) mix(now []byte) []byte {
	const sector = 512
	image := bytes.Clone(p.durable)
	switch length := p.r.IntN(len(now) + 1); {
	case p.r.IntN(2) == 0:
		length = len(now)
		fallthrough
	case length > len(image):
		image = append(image, make([]byte, max(0, length-len(image)))...)
	}
	share := p.r.IntN(101)
	for at := 0; at < len(image); at += sector {
		end := min(at+sector, len(image), len(now))
		if p.r.IntN(100) >= share || at < len(p.durable) && bytes.Equal(now[at:end], p.durable[at:min(end, len(p.durable))]) {
			continue
		}
		switch p.r.IntN(20) {
		case 0:
			end = at + p.r.IntN(end-at)
		case 1: // it was in the middle of it, and what came of that can be anything
			for i := range image[at:end] {
				image[at+i] = byte(p.r.Uint32())
			}
			continue
		}
		copy(image[at:end], now[at:])
	}
	return image
}

// A flipped bit is found, but in the last record, which looks as if it had not been written to the end then.
func TestBitRot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l := create(t, path, "base 0")
	l.append("a record of the first generation", "another", "a third")
	l.must(l.Reset([]byte("base 1")))
	l.append("one", "two", "three")
	l.must(l.Close())
	whole, err := os.ReadFile(path)
	l.must(err)
	end := int(areaAt + l.Size())
	last := end - int(recordSize(len("three")))
	skipped := func(at int) bool { // the rest of a page: nobody reads it
		return at%PageSize >= 120
	}
	seen := map[string]int{}
	for at := 0; at < end; at++ {
		if skipped(at) {
			continue
		}
		b := bytes.Clone(whole)
		b[at] ^= 1 << rand.IntN(8)
		l.must(os.WriteFile(path, b, 0o600))
		found, err := Open(path)
		if err != nil {
			seen["error"]++
			if !errors.Is(err, ErrCorrupt) {
				t.Fatalf("byte %d: %v", at, err)
			}
			continue
		}
		got := fmt.Sprintf("%s %q", found.Found(), found.Base())
		l.must(found.Close())
		switch {
		case got == `[one two three] "base 1"`:
			seen["same"]++
		case got == `[one two] "base 1"` && at >= last:
			seen["last"]++
		default:
			t.Fatalf("byte %d: %02x for %02x: %s", at, b[at], whole[at], got)
		}
	}
	if seen["error"] == 0 || seen["last"] == 0 {
		t.Error(seen)
	}
}

// What somebody has stored can look like a record of this generation, and lie where the next one would be: it has all but
// the salt, which nobody is told.
func TestForgedRecord(t *testing.T) {
	for name, forged := range map[string]record{
		"the next record":           {generation: 2, number: 2},
		"one of a later generation": {generation: 3, number: 1},
		"one that tells of a gap":   {generation: 2, number: 4, synced: 3},
	} {
		l := create(t, filepath.Join(t.TempDir(), "log"), "base 1")
		for _, salt := range []uint64{l.head.salt ^ 1<<40, 0, l.head.salt} {
			rec := append(NewRecord(nil), "forged"...)
			sealRecord(rec, salt, forged.generation+l.head.generation-1, forged.number, forged.synced)
			l.append(string(make([]byte, PageSize-recordHead)) + string(rec)) // it begins a page
			l.must(l.Reset([]byte("base 2")))
			l.append("one")
			l.must(l.Close())
			found, err := Open(l.path)
			if salt == l.head.salt { // or the forgeries are none
				if err == nil && len(found.Found()) != 2 {
					t.Errorf("%s, with the salt: was not taken for a record", name)
				}
				continue
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got := fmt.Sprintf("%s %q", found.Found(), found.Base()); got != `[one] "base 2"` {
				t.Errorf("%s: %s", name, got)
			}
			l.Log = found
			l.must(l.Reset([]byte("base 3")))
		}
	}
}

// Any bytes are a log, or an error.
func FuzzOpen(f *testing.F) {
	path := filepath.Join(f.TempDir(), "log")
	l := create(f, path, "base")
	l.append("one", "two")
	l.must(l.Close())
	b, err := os.ReadFile(path)
	l.must(err)
	f.Add(b[:areaAt+PageSize+200])
	f.Add(b[:PageSize+100])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		found, err := Open(path)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		before := len(found.Found())
		l := &testLog{TB: t, Log: found, path: path}
		l.append("more")
		if n := len(l.read()); n != before+1 {
			t.Fatalf("%d records and one more are %d", before, n)
		}
		l.must(l.Close())
	})
}

// testLog is a log under test.
type testLog struct {
	testing.TB
	*Log
	path string
}

func create(t testing.TB, path, base string) *testLog {
	t.Helper()
	l, err := Create(temporary(t), path, []byte(base))
	if err != nil {
		t.Fatal(err)
	}
	return &testLog{t, l, path}
}

func temporary(t testing.TB) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (l *testLog) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

func (p *powered) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// append appends records, durably.
func (l *testLog) append(payloads ...string) {
	l.Helper()
	for _, p := range payloads {
		l.must(l.Append(append(NewRecord(nil), p...)))
		l.must(l.Sync())
	}
}

// read opens the log again and returns its records.
func (l *testLog) read() [][]byte {
	l.Helper()
	l.must(l.Close())
	var err error
	l.Log, err = Open(l.path)
	l.must(err)
	return l.Found()
}

func (l *testLog) reopen() string {
	l.Helper()
	return fmt.Sprintf("%q", l.read())
}

func (l *testLog) fileSize() int64 {
	l.Helper()
	info, err := os.Stat(l.path)
	l.must(err)
	return info.Size()
}
