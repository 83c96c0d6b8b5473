package kuzzlite

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/boltfile"
)

// A file has pages of the size that its first machine had, and keeps them on others. Files of every size are made here:
// 1 KiB is the smallest of which bbolt finds the second meta page, 4 KiB is amd64's, 16 KiB Apple's, and 64 KiB is the
// largest that kernels of arm64 and ppc64 have.

// onPageSizes runs fn on a fresh store on disk of every page size, which has the collection i/c. None of them can go by
// the size of the machine: that is one of several.
func onPageSizes(t *testing.T, o Options, fn func(t *testing.T, f *fixture)) {
	t.Parallel()
	for _, size := range []int{1 << 10, 4 << 10, 16 << 10, 64 << 10} {
		t.Run(fmt.Sprintf("page=%d", size), func(t *testing.T) {
			t.Parallel()
			o := o
			o.pageSize = size
			f := newDiskFixture(t, &o)
			f.hasPages()
			fn(t, f)
		})
	}
}

// hasPages compares the page size of the store, and of its file, with that of the fixture.
func (f *fixture) hasPages() boltfile.Header {
	f.t.Helper()
	h := f.header()
	if st := f.stats(); st.PageSize != f.opts.pageSize || h.PageSize != f.opts.pageSize || st.FreeBytes > st.FileSize {
		f.t.Errorf("pages of %d bytes, by its header of %d, want %d; %d of %d bytes are free",
			st.PageSize, h.PageSize, f.opts.pageSize, st.FreeBytes, st.FileSize)
	}
	return h
}

// header reads the header of the file.
func (f *fixture) header() boltfile.Header {
	f.t.Helper()
	file, err := os.Open(f.path)
	f.ok(err)
	defer file.Close()
	info, err := file.Stat()
	f.ok(err)
	h, err := boltfile.ReadHeader(file, info.Size())
	f.ok(err)
	return h
}

// fileBytes returns the file as it is.
func (f *fixture) fileBytes() []byte {
	f.t.Helper()
	b, err := os.ReadFile(f.path)
	f.ok(err)
	return b
}

// some makes writes, of documents of many sizes, in some collections.
func (f *fixture) some(r *rand.Rand, writes int) {
	f.t.Helper()
	for range writes {
		f.randomWrite(r)
	}
	c := f.s.Collection("i", fmt.Sprint("c", r.IntN(9)))
	body := fmt.Sprintf(`{"v":%q}`, strings.Repeat("x", r.IntN(100_000)))
	_, err := c.CreateOrReplace(ctx, fmt.Sprint(r.IntN(5)), raw(body), nil)
	f.ok(err)
}

// contents lists the documents of all collections, and the changes that are kept.
func (f *fixture) contents() (list []string) {
	f.t.Helper()
	names, err := f.s.Collections(ctx, "i")
	f.ok(err)
	for _, name := range names {
		list = append(append(list, name), f.all(f.s.Collection("i", name))...)
	}
	for _, c := range f.changes(f.oldest()) {
		list = append(list, fmt.Sprint(c))
	}
	return list
}

// recovers opens a copy of the store whose file is image, and compares what is in it; then it goes on from there.
func (f *fixture) recovers(what string, image []byte, want []string) {
	f.t.Helper()
	g := &fixture{subject: f.subject, t: f.t, path: f.crashed(), opts: f.opts}
	f.ok(os.WriteFile(g.path, image, 0o600))
	g.s = g.reopened(nil)
	g.hasPages()
	g.equal(what, g.contents(), want)
	g.sound()
	g.put("goes on", `{}`)
	g.crash()
	g.equal(what, g.get("goes on"), "v1 {}")
	g.ok(g.s.Close())
	g.plainSound()
}

// What the system has written since the checkpoint does not matter, be it pages of the file, of the machine, or
// sectors.
func TestPageSizeCrashImages(t *testing.T) {
	needLog(t)
	onPageSizes(t, Options{AutoCreate: true, FeedMaxCount: 50}, func(t *testing.T, f *fixture) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		r := rand.New(rand.NewPCG(seed, 0))
		for _, unit := range []int{512, 4096, f.opts.pageSize} {
			f.checkpoint()
			durable := f.fileBytes()
			f.some(r, 1+r.IntN(20))
			f.recovers(fmt.Sprint("unit ", unit), mixPages(r, durable, f.fileBytes(), unit), f.contents())
		}
	})
}

// tornMeta are ways in which a meta page is found that was being written when the power went. Only its first sector has
// something in it, but a page may be many sectors.
var tornMeta = []func(page []byte){
	func(p []byte) { copy(p, bytes.Repeat([]byte{0xa5}, len(p))) }, // garbage
	func(p []byte) { clear(p[48:512]) },                            // half a sector
}

// The log restores the meta page of its checkpoint, in either place, whatever is left of both.
func TestPageSizeRestoresMetaPage(t *testing.T) {
	needLog(t)
	onPageSizes(t, Options{AutoCreate: true}, func(t *testing.T, f *fixture) {
		page := f.opts.pageSize
		for n := uint64(0); n < 2; {
			f.put("a", fmt.Sprintf(`{"n":%d}`, n))
			f.checkpoint()
			if f.hasPages().Txid%2 != n {
				continue
			}
			f.put("b", fmt.Sprintf(`{"n":%d}`, n))
			image := f.fileBytes()
			tornMeta[n](image[:page])
			tornMeta[1-n](image[page : 2*page])
			f.recovers(fmt.Sprint("checkpoint in page ", n), image, f.contents())
			n++
		}
	})
}

// Without the log bbolt syncs its pages, and then its meta page. Cut off at any moment the store is as it was before
// the call, or after it.
func TestPageSizeLogOff(t *testing.T) {
	onPageSizes(t, Options{AutoCreate: true, Log: LogOff}, func(t *testing.T, f *fixture) {
		r := rand.New(rand.NewPCG(5, 6))
		page := f.opts.pageSize
		f.some(r, 3)
		for _, tear := range tornMeta { // and the meta page has two places
			before, was := f.fileBytes(), f.contents()
			f.put("a", fmt.Sprintf(`{"n":%d}`, r.Uint64()))
			after, is := f.fileBytes(), f.contents()
			newest := int(f.hasPages().Txid%2) * page
			other := page - newest

			image := append(bytes.Clone(before[:2*page]), mixPages(r, before[2*page:], after[2*page:], 512)...)
			f.recovers("before the meta page", image, was)
			image = bytes.Clone(after)
			tear(image[newest : newest+page])
			f.recovers("the meta page is torn", image, was)
			image = bytes.Clone(after)
			tear(image[other : other+page])
			f.recovers("the other one is torn", image, is)
		}
	})
}

// What is done with whole files leaves the page size alone: it is that of the file, not that of the machine.
func TestPageSizeStays(t *testing.T) {
	onPageSizes(t, Options{AutoCreate: true}, func(t *testing.T, f *fixture) {
		r := rand.New(rand.NewPCG(7, 8))
		f.some(r, 10)
		want := f.contents()
		same := func(what string) {
			t.Helper()
			f.hasPages()
			f.equal(what, f.contents(), want)
			f.sound()
		}
		size := f.opts.pageSize
		f.opts.pageSize = 0 // it is the file that says so from here on
		reopen := func(change func(*Options)) {
			f.opts.pageSize = 0
			f.reopen(change)
			f.opts.pageSize = size
		}
		reopen(nil)
		same("reopened")
		reopen(func(o *Options) { o.ReadOnly = true })
		same("read-only")
		reopen(func(o *Options) { o.Log = LogOff })
		f.some(r, 1)
		want = f.contents()
		same("without a log")
		reopen(nil)
		f.some(r, 1)
		want = f.contents()

		backup := filepath.Join(t.TempDir(), "backup")
		_, err := f.s.BackupFile(ctx, backup)
		f.ok(err)
		compaction, err := f.s.Compact(ctx)
		f.ok(err)
		same("compacted")
		if st := f.stats(); compaction.After > compaction.Before || st.FileSize%int64(size) != 0 {
			t.Errorf("%+v, the file has %d bytes", compaction, st.FileSize)
		}
		f.put("later", `{}`)
		f.ok(f.s.Close())
		f.plainSound()
		copyOf(t, backup, f.path)
		f.s = f.reopened(nil)
		same("restored")
	})
}

// A backup in the place of the file is not taken for it, and not changed; one of the very checkpoint serves as well as
// the file would.
func TestPageSizeOfRestoredBackup(t *testing.T) {
	needLog(t)
	onPageSizes(t, Options{AutoCreate: true}, func(t *testing.T, f *fixture) {
		backup := func() []byte {
			var b bytes.Buffer
			_, err := f.s.Backup(ctx, &b)
			f.ok(err)
			return b.Bytes()
		}
		for n := range 2 { // for the meta page has two places
			f.put("a", fmt.Sprintf(`{"n":%d}`, n))
			f.checkpoint()
			atCheckpoint := backup()
			for range 1 + n {
				f.put("b", `{}`)
			}
			later := backup()
			f.recovers("of the checkpoint", atCheckpoint, f.contents())
			path := f.crashed()
			f.ok(os.WriteFile(path, later, 0o600))
			_, err := Open(path, nil)
			f.is("Open", err, ErrCorrupt)
			got, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(got, later) {
				t.Errorf("the backup was changed, %v", err)
			}
		}
	})
}

// Check walks the pages of a state whose meta page is gone already, and Open finds a damaged one.
func TestPageSizeCheck(t *testing.T) {
	onPageSizes(t, Options{AutoCreate: true}, func(t *testing.T, f *fixture) {
		f.some(rand.New(rand.NewPCG(9, 10)), 10)
		f.ok(f.s.viewEngine(ctx, func(tx *bolt.Tx, e *engine) error {
			for n := range 3 {
				f.put("a", fmt.Sprintf(`{"n":%d}`, n))
			}
			c := &checker{ctx: ctx, tx: tx}
			f.ok(c.pages(e.file))
			f.equal("problems", c.report.Err(), nil)
			f.equal("bytes", int64(c.report.Pages)*int64(f.opts.pageSize), tx.Size())
			return nil
		}))
		path := f.crashed()
		b := f.fileBytes()
		b[int(f.header().Root)*f.opts.pageSize+10]++ // the number of its elements
		f.ok(os.WriteFile(path, b, 0o600))
		f.ok(os.RemoveAll(path + "-log"))
		_, err := Open(path, nil)
		f.is("Open", err, ErrCorrupt)
	})
}

// With large pages a file grows fast as long as a checkpoint is pinned: what bounds that is bytes, not pages.
func TestPageSizeGrowth(t *testing.T) {
	needLog(t)
	t.Parallel()
	f := newDiskFixture(t, &Options{pageSize: 64 << 10})
	before := f.log().checkpoints.Load()
	for n := range 120 {
		f.put(fmt.Sprint(n%40), fmt.Sprintf(`{"n":"%020000d"}`, n))
		if grown := f.log().grown; grown > checkpointGrowth+1<<20 {
			t.Fatalf("the file has grown by %d bytes since the checkpoint", grown)
		}
	}
	if f.log().checkpoints.Load() == before {
		t.Error("no checkpoint")
	}
	f.recovers("grown", f.fileBytes(), f.contents())
}

// Large pages outgrow the mapping too, which waits for the pin.
func TestPageSizeOutgrowsMapping(t *testing.T) {
	needLog(t)
	t.Parallel()
	f := newDiskFixture(t, &Options{pageSize: 64 << 10, mapped: 1})
	within(t, "the writes", func() {
		for n := range 5 {
			f.put(fmt.Sprint(n), fmt.Sprintf(`{"v":"%0*d"}`, 64<<10<<n, n))
		}
	})
	f.recovers("grown", f.fileBytes(), f.contents())
}

// Where pages are so large that a collection is a single one, Compact met damage that looked like the key of a caller,
// and said "key required".
func TestPageSizeCompactOfDamage(t *testing.T) {
	f := newDiskFixture(t, &Options{pageSize: 64 << 10})
	f.fill()
	at := int64(0)
	f.ok(f.s.view(ctx, func(tx *bolt.Tx) error {
		b, err := collectionBucket(tx, "i", "c")
		at = int64(b.Root())*int64(f.opts.pageSize) + 16 + 8 // the length of the first key
		return err
	}))
	file, err := os.OpenFile(f.path, os.O_RDWR, 0)
	f.ok(err)
	defer file.Close()
	length := make([]byte, 4)
	_, err = file.ReadAt(length, at)
	f.ok(err)
	_, err = file.WriteAt(make([]byte, 4), at)
	f.ok(err)
	_, err = f.s.Compact(ctx)
	f.is("Compact", err, ErrCorrupt)
	_, err = file.WriteAt(length, at)
	f.ok(err)
}
