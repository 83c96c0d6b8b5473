package kuzzlite

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Opening what is damaged or foreign. It happens in a child: a fault in a goroutine of bbolt's cannot be recovered
// from.

// finding is what a child found in a file.
type finding struct {
	Error     string
	Sentinels []string
	Documents int
	Reads     []string // errors of reading, without repetitions
	Problems  []string // found by Check
}

func init() {
	children["open"] = func(dir string) any {
		found := map[string]finding{}
		entries, err := os.ReadDir(dir)
		if err != nil {
			panic(err)
		}
		for _, e := range entries {
			fmt.Fprintln(os.Stderr, e.Name()) // the last one is the one that killed the child
			found[e.Name()] = openAny(filepath.Join(dir, e.Name()))
		}
		return found
	}
}

// openAny opens a file, read-only and then not, and uses the store in every way.
func openAny(path string) (o finding) {
	for _, opts := range []*Options{{ReadOnly: true}, {LockTimeout: -1, FeedMaxCount: 1, TombstoneRetention: 1}} {
		s, err := Open(path, opts)
		if err != nil {
			o.refused(err)
			continue
		}
		if report, err := s.Check(ctx); err != nil {
			o.read(err)
		} else {
			o.Problems = append(o.Problems, report.Problems...)
		}
		o.use(s)
		o.read(s.Close())
	}
	return o
}

func (o *finding) refused(err error) {
	o.Error = err.Error()
	o.Sentinels = nil
	for name, sentinel := range map[string]error{
		"not a store": ErrNotStore, "corrupt": ErrCorrupt, "locked": ErrLocked, "missing": fs.ErrNotExist,
	} {
		if errors.Is(err, sentinel) {
			o.Sentinels = append(o.Sentinels, name)
		}
	}
}

func (o *finding) read(err error) {
	if err == nil {
		return
	}
	text := err.Error()
	if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrOutcomeUnknown) && !errors.Is(err, ErrUnknownIndex) &&
		!errors.Is(err, ErrUnknownCollection) {
		text = "UNEXPECTED: " + text
	}
	for _, r := range o.Reads {
		if r == text {
			return
		}
	}
	o.Reads = append(o.Reads, text)
}

// use reads everything in the store, and writes to every collection.
func (o *finding) use(s *Store) {
	o.Documents = 0
	indexes, err := s.Indexes(ctx)
	o.read(err)
	for _, index := range indexes {
		names, err := s.Collections(ctx, index)
		o.read(err)
		for _, name := range names {
			c := s.Collection(index, name)
			for doc, err := range c.All(ctx, nil) {
				o.read(err)
				if err == nil {
					o.Documents++
					_, err = c.Get(ctx, doc.ID)
					o.read(err)
				}
			}
			_, err := c.Count(ctx)
			o.read(err)
			if s.opts.ReadOnly {
				continue
			}
			_, err = c.MUpsert(ctx, []Upsert{
				{ID: "0", Changes: raw(`{"v":1}`)}, {ID: "5", Changes: raw(`{"v":1}`)}, {ID: "zz", Changes: raw(`{"v":1}`)},
			}, nil)
			o.read(err)
			_, err = c.MDelete(ctx, []string{"0", "7"}, nil)
			o.read(err)
		}
	}
	_, err = s.Stats(ctx)
	o.read(err)
	for since := uint64(0); since < s.Sequence(); since++ {
		for _, err := range s.Changes(ctx, since) {
			if !errors.Is(err, ErrSequenceGone) {
				o.read(err)
			}
			break
		}
	}
	if !s.opts.ReadOnly {
		_, err = s.Compact(ctx)
		o.read(err)
	}
}

// openAll has a child open files with the contents given.
func openAll(t *testing.T, files map[string][]byte) map[string]finding {
	t.Helper()
	dir := t.TempDir()
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found := inChild[map[string]finding](t, "open", dir)
	for name, o := range found {
		for _, r := range o.Reads {
			if strings.Contains(r, "UNEXPECTED") {
				t.Errorf("%s: %s", name, r)
			}
		}
	}
	return found
}

// smallStore is the file of a small store, written without a log. clean says whether the store was closed.
func smallStore(t testing.TB, clean bool) []byte { return smallStoreWith(t, clean, LogOff) }

// smallStoreWith is the file of a store with documents, tombstones, two indexes and three collections.
func smallStoreWith(t testing.TB, clean bool, log LogMode) []byte {
	t.Helper()
	f := &fixture{subject: subjects[1], t: t, path: filepath.Join(t.TempDir(), "small.db"), opts: Options{AutoCreate: true, Log: log}}
	f.s = f.reopened(nil)
	defer func() { f.ok(f.s.Close()) }()
	for _, col := range []*Collection{
		f.s.Collection("i", "c"), f.s.Collection("i", "small"), f.s.Collection("other", "c"),
	} {
		var items []Write
		for n := range 24 {
			items = append(items, Write{ID: fmt.Sprint(n), Body: raw(fmt.Sprintf(`{"v":%d,"pad":"%0300d"}`, n, n))})
		}
		if col.Name() == "small" {
			items = items[:1]
		}
		for range 2 {
			_, err := col.MCreateOrReplace(ctx, items, nil)
			f.ok(err)
		}
		_, err := col.Delete(ctx, "0", nil)
		f.ok(err)
	}
	if clean {
		f.ok(f.s.Close())
	}
	b, err := os.ReadFile(f.path)
	f.ok(err)
	return b
}

const smallStoreDocuments = 23 + 0 + 23

// foreignBolt is a bbolt file that is no store; fill puts something into it.
func foreignBolt(t testing.TB, fill func(tx *bolt.Tx) error) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bolt")
	db, err := bolt.Open(path, 0o600, nil)
	if err == nil {
		err = errors.Join(db.Update(fill), db.Close())
	}
	b, readErr := os.ReadFile(path)
	if err := errors.Join(err, readErr); err != nil {
		t.Fatal(err)
	}
	return b
}

// withFormat fills in what a store begins with: the bucket in which the number of its format is.
func withFormat(bucket string, format []byte) func(tx *bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		b, err := tx.CreateBucket([]byte(bucket))
		if err != nil {
			return err
		}
		return b.Put([]byte("format"), format)
	}
}

func TestOpenForeignFiles(t *testing.T) {
	t.Parallel()
	page := os.Getpagesize()
	whole := smallStore(t, true)
	bothMetas := bytes.Clone(whole)
	clear(bothMetas[16:80])
	clear(bothMetas[page+16 : page+80])
	torn := bytes.Clone(whole)
	torn[16+20]++
	torn[page+16+20]++
	tests := map[string]struct {
		content  []byte
		sentinel string
		message  string
	}{
		"empty":       {nil, "not a store", "empty"},
		"one byte":    {[]byte("x"), "not a store", "text"},
		"text":        {[]byte(strings.Repeat("hello world\n", 1000)), "not a store", "a text file"},
		"json":        {[]byte(`[{"_id":"a","changes":{}}]`), "not a store", "a text file"},
		"sqlite":      {append([]byte("SQLite format 3\x00"), make([]byte, 8192)...), "not a store", "SQLite"},
		"gzip":        {append([]byte{0x1f, 0x8b}, make([]byte, 8192)...), "not a store", "gzip"},
		"zip":         {append([]byte("PK\x03\x04"), make([]byte, 8192)...), "not a store", "zip"},
		"zeros":       {make([]byte, 64<<10), "not a store", "zeros"},
		"empty bolt":  {foreignBolt(t, func(*bolt.Tx) error { return nil }), "not a store", "other program"},
		"other bolt":  {foreignBolt(t, func(tx *bolt.Tx) error { _, err := tx.CreateBucket([]byte("x")); return err }), "not a store", "other program"},
		"next format": {foreignBolt(t, withFormat("#engine", []byte{formatVersion + 1})), "not a store", "use a newer release"},
		"last format": {foreignBolt(t, withFormat("#store", []byte{1})), "not a store", "it has format 1"},
		"no format":   {foreignBolt(t, withFormat("#engine", nil)), "corrupt", "format number"},
		"no id":       {foreignBolt(t, withFormat("#engine", []byte{formatVersion})), "corrupt", "id of the store"},
		"key called store": {foreignBolt(t, func(tx *bolt.Tx) error {
			b, err := tx.CreateBucket([]byte("#changes"))
			return errors.Join(err, b.Put([]byte("#engine"), []byte("x")))
		}), "not a store", "other program"},
		"no metas":   {bothMetas, "corrupt", "both meta pages are damaged"},
		"torn metas": {torn, "corrupt", "both meta pages are damaged"},
	}
	files := map[string][]byte{}
	for name, tt := range tests {
		files[name] = tt.content
	}
	for name, o := range openAll(t, files) {
		tt := tests[name]
		if len(o.Sentinels) != 1 || o.Sentinels[0] != tt.sentinel || !strings.Contains(o.Error, tt.message) {
			t.Errorf("%s: %v %s\nwant %s, and a message with %q", name, o.Sentinels, o.Error, tt.sentinel, tt.message)
		}
	}
}

// A store whose change feed is lost, or that has no record of where it ends, can be read, but not written.
func TestOpenWithoutFeed(t *testing.T) {
	for name, lose := range map[string]func(*kv.Batch){
		"blocks": func(b *kv.Batch) { b.DropBucket(bucketChanges) },
		"bounds": func(b *kv.Batch) { b.Delete(bucketStore, keyFeed) },
	} {
		f := newDiskFixture(t, nil)
		f.put("a", `{}`)
		f.damage(func(d *damager) { d.change(lose) })
		f.reopen(nil)
		f.holds("a v1 {}")
		_, err := f.s.Collection("i", "c").Create(ctx, "b", raw(`{}`), nil)
		f.is(name, err, ErrCorrupt)
		report, err := f.s.Check(ctx)
		f.ok(err)
		f.is(name, report.Err(), ErrCorrupt)
		f.holds("a v1 {}")
	}
}

// With one meta page damaged the store is as it was one commit before, or as it was.
func TestOpenOneMetaPage(t *testing.T) {
	t.Parallel()
	for _, clean := range []bool{true, false} {
		whole := smallStore(t, clean)
		files := map[string][]byte{}
		for meta := range 2 {
			for _, at := range []int{0, 16, 20, 32, 48, 56, 72} { // within the page
				b := bytes.Clone(whole)
				b[meta*os.Getpagesize()+at] ^= 0xff
				files[fmt.Sprintf("meta %d, byte %d", meta, at)] = b
			}
			// A sector of garbage, as a disk leaves it that lost its power while it wrote. The page's number and kind
			// are garbage too then, and the store was refused for that.
			b := bytes.Clone(whole)
			copy(b[meta*os.Getpagesize():], bytes.Repeat([]byte{0xa5}, 512))
			files[fmt.Sprintf("meta %d, garbage", meta)] = b
		}
		for name, o := range openAll(t, files) {
			if strings.HasSuffix(name, " 0") { // the number of a page that is valid, which is damage
				continue
			}
			if o.Error != "" || len(o.Problems) > 0 || o.Documents < smallStoreDocuments-1 {
				t.Errorf("clean %v, %s: %+v", clean, name, o)
			}
		}
	}
}

// A file that is cut off anywhere is refused, or has lost nothing but unused pages.
func TestOpenTruncated(t *testing.T) {
	t.Parallel()
	for _, clean := range []bool{true, false} {
		b := smallStore(t, clean)
		page := os.Getpagesize()
		used := usedBytes(b)
		files := map[string][]byte{}
		for n := page; n <= used+2*page && n < len(b); n += page {
			for _, at := range []int{n - page/2, n - 1, n, n + 1} {
				files[fmt.Sprint(at)] = b[:at]
			}
		}
		for n := 1; n < page; n *= 2 {
			files[fmt.Sprint(n)] = b[:n]
		}
		whole, refused := 0, 0
		for n, o := range openAll(t, files) {
			switch {
			case o.Error == "" && o.Documents >= smallStoreDocuments-1 && len(o.Problems)+len(o.Reads) == 0:
				whole++
			case len(o.Sentinels) == 1 && (o.Sentinels[0] == "corrupt" || o.Sentinels[0] == "not a store" && len(n) < 3):
				refused++
			default:
				t.Errorf("clean %v, %s of %d bytes, %d used: %+v", clean, n, len(b), used, o)
			}
		}
		if whole == 0 || whole > 16 || refused == 0 {
			t.Errorf("clean %v: %d opened, %d refused", clean, whole, refused)
		}
	}
}

// usedBytes is how much of a store file was ever used, by the meta page that says more.
func usedBytes(file []byte) int {
	page := os.Getpagesize()
	return page * int(max(binary.NativeEndian.Uint64(file[16+40:]), binary.NativeEndian.Uint64(file[page+16+40:])))
}

// usedPages returns the pages of a file that are neither free nor meta pages.
func usedPages(t *testing.T, file []byte) (ids []int) {
	path := filepath.Join(t.TempDir(), "pages")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(path, 0, &bolt.Options{ReadOnly: true, PreLoadFreelist: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.View(func(tx *bolt.Tx) error {
		for id := 2; ; id++ {
			info, err := tx.Page(id)
			if info == nil || err != nil {
				return err
			}
			if info.Type != "free" {
				ids = append(ids, id)
				id += info.OverflowCount
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	return ids
}

// Damage in pages of a file, of all kinds that bbolt is known to die of.
func TestOpenDamagedPages(t *testing.T) {
	t.Parallel()
	for _, clean := range []bool{true, false} {
		b := smallStore(t, clean)
		page := os.Getpagesize()
		files := map[string][]byte{}
		damage := func(name string, id int, change func(p []byte)) {
			d := bytes.Clone(b)
			change(d[id*page : (id+1)*page])
			files[fmt.Sprintf("%s in page %d", name, id)] = d
		}
		for _, id := range usedPages(t, b) {
			p := b[id*page:]
			flags, count := binary.NativeEndian.Uint16(p[8:]), binary.NativeEndian.Uint16(p[10:])
			damage("zeros", id, func(p []byte) { clear(p) })
			damage("other page", id, func(p []byte) { binary.NativeEndian.PutUint64(p, 1<<40) })
			damage("other kind", id, func(p []byte) { binary.NativeEndian.PutUint16(p[8:], flags^3) })
			damage("count", id, func(p []byte) { binary.NativeEndian.PutUint16(p[10:], 0xfffe) })
			damage("overflow", id, func(p []byte) { binary.NativeEndian.PutUint32(p[12:], 1<<30) })
			for i := range int(min(count, 3)) {
				at := 16 + 16*i
				damage(fmt.Sprintf("position %d", i), id, func(p []byte) { binary.NativeEndian.PutUint32(p[at+4:], 1<<31-1) })
				damage(fmt.Sprintf("size %d", i), id, func(p []byte) { binary.NativeEndian.PutUint32(p[at+8:], 1<<31-1) })
				damage(fmt.Sprintf("end %d", i), id, func(p []byte) { binary.NativeEndian.PutUint32(p[at+12:], 1<<31-1) })
				for _, child := range []uint64{0, 1, uint64(id), uint64(id) + 1, 1 << 20, 1 << 60} { // of a branch, or in the freelist
					damage(fmt.Sprintf("child %d is %d", i, child), id, func(p []byte) {
						binary.NativeEndian.PutUint64(p[at+8:], child)
					})
				}
			}
		}
		silent := 0
		for _, o := range openAll(t, files) {
			if o.Error == "" && len(o.Problems)+len(o.Reads) == 0 {
				silent++ // in what bbolt does not need
			}
		}
		t.Logf("clean %v: %d files, %d of them without a sign of damage", clean, len(files), silent)
	}
}

// metaSum makes a meta page valid again after it was changed.
func metaSum(page []byte) {
	sum := fnv.New64a()
	sum.Write(page[16:72])
	binary.NativeEndian.PutUint64(page[72:], sum.Sum64())
}

// Meta pages that are valid, but speak of what cannot be.
func TestOpenLyingMetaPages(t *testing.T) {
	t.Parallel()
	for _, clean := range []bool{true, false} {
		whole := smallStore(t, clean)
		files := map[string][]byte{}
		for _, field := range []int{8, 16, 24, 32, 40, 48} { // page size, root, sequence, freelist, pages, txid
			for _, value := range []uint64{0, 1, 2, 3, 1 << 12, 1 << 20, 1 << 40, 1<<63 - 1, 1<<64 - 1} {
				b := bytes.Clone(whole)
				for id := range 2 {
					meta := b[id*os.Getpagesize():]
					if field == 8 {
						binary.NativeEndian.PutUint32(meta[16+field:], uint32(value))
					} else {
						binary.NativeEndian.PutUint64(meta[16+field:], value)
					}
					metaSum(meta)
				}
				files[fmt.Sprintf("field %d is %d", field, value)] = b
			}
		}
		for name, o := range openAll(t, files) {
			if o.Error == "" && len(o.Problems)+len(o.Reads) > 0 {
				t.Logf("%s: %+v", name, o)
			}
		}
	}
}
