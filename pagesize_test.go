package kuzzlite

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
