package kuzzlite

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/boltfile"
)

// The promise of the format on disk: a store made by each released format can be read for ever. testdata/format/v3.db
// is one of format 3, made by makeFormat; v3.txt is what is in it. Formats 1 and 2 were never released.

var writeFormat = flag.Bool("writeformat", false, "make the sample of the current format anew; never once it is released")

const formatSample = "testdata/format/v3"

// makeFormat makes a store with something of everything that the format knows.
func makeFormat(t *testing.T, path string) {
	clock := newClock()
	f := &fixture{subject: subjects[1], t: t, path: path, opts: Options{AutoCreate: true, Clock: clock, FeedMaxCount: -1}}
	f.s = f.reopened(nil)
	call := func(res *Result, err error) {
		f.ok(err)
		f.ok(res.Err())
		clock.Advance(time.Second)
	}
	carts, small := f.s.Collection("shop", "carts"), f.s.Collection("shop", "small")
	var many []Upsert
	for n := range 24 { // on several pages
		many = append(many, Upsert{ID: fmt.Sprintf("cart-%02d", n), Changes: raw(fmt.Sprintf(`{"n":%d,"pad":"%0120d"}`, n, n))})
	}
	call(carts.MUpsert(ctx, many, &WriteOptions{User: "ann"}))
	call(carts.MUpsert(ctx, []Upsert{
		{ID: "cart-00", Changes: raw(`{"n":1.10,"deep":{"é":[null,true,12345678901234567890]}}`)},
		{ID: "é\u0000\n", Changes: raw(`{"":{"\u0000":"\ud83d\ude00"},"d":1}`)},
		{ID: strings.Repeat("x", maxIDLength), Changes: raw(`{}`)},
	}, &WriteOptions{Silent: true}))
	call(carts.MCreateOrReplace(ctx, []Write{{ID: "large", Body: raw(`{"pad":"` + strings.Repeat("l", 4500) + `"}`)}}, nil))
	call(carts.MDelete(ctx, []string{"cart-01", "cart-02"}, &WriteOptions{User: "bob"}))
	call(carts.MCreate(ctx, []Write{{ID: "cart-02", Body: raw(`{"again":true}`)}}, nil))
	call(carts.MDeleteFields(ctx, []FieldDeletion{{ID: "cart-03", Fields: []string{"pad", "none.such"}}}, nil))
	call(small.MCreate(ctx, []Write{{ID: "only", Body: raw(`{}`)}}, nil))
	f.createCollection("shop", "empty")
	f.createCollection("other", "gone")
	f.ok(f.s.DeleteCollection(ctx, "other", "gone"))
	f.ok(f.s.CreateIndex(ctx, "gone"))
	f.ok(f.s.DeleteIndex(ctx, "gone"))
	f.createCollection("other", "emptied")
	call(f.s.Collection("other", "emptied").MCreate(ctx, []Write{{ID: "a", Body: raw(`{}`)}}, nil))
	for _, index := range []FieldIndex{
		{Fields: []string{"n"}}, {Fields: []string{"pad"}, Kind: FieldIndexText}, {Name: "only", Fields: []string{"-d", "n"}, Unique: true, Sparse: true},
	} {
		f.ok(carts.EnsureFieldIndex(ctx, index))
	}
	_, err := f.s.Compact(ctx) // so that the sample is small
	f.ok(err)
	f.ok(f.s.Collection("other", "emptied").Truncate(ctx, &WriteOptions{User: "ann"}))
	f.ok(f.s.Close())
	trim(t, path)
}

// trim cuts off the pages at the end of a file that were never used.
func trim(t *testing.T, path string) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	h, err := boltfile.ReadHeader(file, info.Size())
	if err := errors.Join(err, file.Truncate(int64(h.Pages)*int64(h.PageSize)), file.Close()); err != nil {
		t.Fatal(err)
	}
}

// describe is all that can be read from a store.
func (f *fixture) describe() string {
	var b strings.Builder
	indexes, err := f.s.Indexes(ctx)
	f.ok(err)
	for _, index := range indexes {
		fmt.Fprintf(&b, "index %s\n", index)
		names, err := f.s.Collections(ctx, index)
		f.ok(err)
		for _, name := range names {
			c := f.s.Collection(index, name)
			n, err := c.Count(ctx)
			f.ok(err)
			fmt.Fprintf(&b, "collection %s/%s of %d\n", index, name, n)
			list, err := c.FieldIndexes(ctx)
			f.ok(err)
			for _, index := range list {
				fmt.Fprintf(&b, "field index %+v\n", index)
			}
			for d, err := range c.All(ctx, nil) {
				f.ok(err)
				fmt.Fprintf(&b, "%q v%d s%d %d %d %s\n", d.ID, d.Version, d.Sequence, d.Created.UnixMilli(), d.Updated.UnixMilli(), d.Source)
			}
		}
	}
	for _, c := range f.changes(0) {
		fmt.Fprintf(&b, "change %d %d %v %s/%s %q v%d %q %q %v\n", c.Sequence, c.Time.UnixMilli(), c.Op, c.Index, c.Collection,
			c.ID, c.Version, c.Paths, c.User, c.Silent)
	}
	return b.String()
}

func TestFormat(t *testing.T) {
	if *writeFormat {
		if err := os.MkdirAll(filepath.Dir(formatSample), 0o755); err != nil {
			t.Fatal(err)
		}
		_ = os.Remove(formatSample + ".db")
		makeFormat(t, formatSample+".db")
		f := &fixture{subject: subjects[1], t: t, path: formatSample + ".db", opts: Options{ReadOnly: true}}
		f.s = f.reopened(nil)
		f.ok(os.WriteFile(formatSample+".txt", []byte(f.describe()), 0o644))
		f.ok(f.s.Close())
	}
	want, err := os.ReadFile(formatSample + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{subject: subjects[1], t: t, path: filepath.Join(t.TempDir(), "v3.db"), opts: Options{FeedMaxCount: -1, TombstoneRetention: 1 << 60}}
	copyOf(t, formatSample+".db", f.path)
	for _, readOnly := range []bool{true, false} {
		f.s = f.reopened(func(o *Options) { o.ReadOnly = readOnly })
		report := f.sound()
		f.equal("tombstones", report.Tombstones, uint64(1))
		f.equal("content", f.describe(), string(want))
		if readOnly {
			f.ok(f.s.Close())
		}
	}
	// It is a store to go on with: tombstones count, and the feed continues.
	last := f.s.Sequence()
	s, err := f.s.Collection("shop", "carts").Create(ctx, "cart-01", raw(`{}`), nil)
	f.ok(err)
	if s.Version != 3 || s.Sequence != last+1 {
		t.Errorf("version %d and sequence %d, want 3 and %d", s.Version, s.Sequence, last+1)
	}
	_, err = f.s.Compact(ctx)
	f.ok(err)
	f.opens()
	f.ok(f.s.Close())
}

// A sample that the current code makes is the same as the stored one, so that what is described there is what is
// written.
func TestFormatIsCurrent(t *testing.T) {
	f := &fixture{subject: subjects[1], t: t, path: filepath.Join(t.TempDir(), "new.db"), opts: Options{ReadOnly: true}}
	makeFormat(t, f.path)
	f.s = f.reopened(nil)
	defer f.s.Close()
	want, err := os.ReadFile(formatSample + ".txt")
	f.ok(err)
	f.equal("content", f.describe(), string(want))
}
