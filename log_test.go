package kuzzlite

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/wal"
)

// The log in front of the file: what a crash leaves, and what becomes of it.

// crashed copies the files of a store that nobody writes to, as a killed process would leave them, and returns where.
func (f *fixture) crashed() (path string) {
	f.t.Helper()
	path = filepath.Join(f.t.TempDir(), filepath.Base(f.path))
	for _, suffix := range []string{"", "-log"} {
		b, err := os.ReadFile(f.path + suffix)
		if suffix != "" && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		f.ok(err)
		f.ok(os.WriteFile(path+suffix, b, 0o600))
	}
	return path
}

// crash goes on with what a killed process would have left.
func (f *fixture) crash() {
	f.t.Helper()
	path := f.crashed()
	f.ok(f.s.Close())
	f.path = path
	f.s = f.reopened(nil)
}

// log returns the log in front of a store on disk.
func (f *fixture) log() *ahead { return f.s.engine.Load().ahead }

// needLog skips a test where there is no log.
func needLog(t *testing.T) {
	if !locksFirst {
		t.Skip("no log on " + runtime.GOOS)
	}
}

// checkpoint makes a checkpoint now.
func (f *fixture) checkpoint() {
	f.t.Helper()
	f.ok(f.s.writer.exclusive(ctx, func() error { return f.log().checkpoint() }))
}

func (f *fixture) hasLog() bool {
	_, err := os.Stat(f.path + "-log")
	return err == nil
}

// A closed store is one file, and so is one that nobody wrote to.
func TestLogIsThereWhileNeeded(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	if !f.hasLog() {
		t.Error("no log after a write")
	}
	_, err := f.s.Compact(ctx)
	f.ok(err)
	if f.hasLog() {
		t.Error("a log after Compact")
	}
	f.put("a", `{}`)
	if !f.hasLog() {
		t.Error("no log after a write after Compact")
	}
	f.ok(f.s.Close())
	if f.hasLog() {
		t.Error("a log after Close")
	}
	f.s = f.reopened(nil)
	f.holds("a v1 {}")
	if f.hasLog() {
		t.Error("a log before a write")
	}
}

// Whatever the system had written of the bbolt file since the checkpoint, and in whatever order, the store is as it was
// when the last call returned.
func TestCrashImages(t *testing.T) {
	needLog(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	f := newDiskFixture(t, &Options{FeedMaxCount: 50})
	pageSize := os.Getpagesize()
	rounds := 0
	for range 30 {
		f.checkpoint()
		began := f.log().checkpoints.Load()
		durable, err := os.ReadFile(f.path)
		f.ok(err)
		for range r.IntN(40) {
			f.randomWrite(r)
		}
		if f.log().checkpoints.Load() != began {
			continue // a commit took longer than maxPinned: what was read is older than the checkpoint
		}
		rounds++
		now, err := os.ReadFile(f.path)
		f.ok(err)
		want, feed := f.state(), f.changes(f.oldest())
		for range 5 {
			image := mixPages(r, durable, now, pageSize)
			path := f.crashed()
			f.ok(os.WriteFile(path, image, 0o600))
			g := &fixture{subject: f.subject, t: t, path: path, opts: f.opts}
			g.s = g.reopened(nil)
			g.sound()
			g.equal("documents", g.state(), want)
			g.equal("changes", g.changes(g.oldest()), feed)
			g.put("goes on", `{}`)
			if r.IntN(3) == 0 { // and once more
				g.crash()
				g.equal("goes on", g.get("goes on"), "v1 {}")
			}
			g.ok(g.s.Close())
			g.plainSound()
		}
	}
	if rounds == 0 {
		t.Error("no round without a checkpoint in the middle of it")
	}
}

// oldest is the sequence before the oldest change that is kept.
func (f *fixture) oldest() uint64 {
	f.t.Helper()
	st, err := f.s.Stats(ctx)
	f.ok(err)
	return st.FirstSequence - 1
}

func (f *fixture) randomWrite(r *rand.Rand) {
	f.t.Helper()
	c := f.s.Collection("i", "c")
	switch r.IntN(20) {
	case 0:
		f.ok(c.Truncate(ctx, nil))
	case 1, 2, 3, 4:
		_, err := c.MDelete(ctx, []string{fmt.Sprint(r.IntN(100)), fmt.Sprint(r.IntN(100))}, nil)
		f.ok(err)
	default:
		f.ok(f.group(f.batch(r.IntN(80), fmt.Sprint(r.Uint64())))[0])
	}
}

// mixPages returns a file with any of the pages that were written since it was durable, and one of them in part.
func mixPages(r *rand.Rand, durable, now []byte, pageSize int) []byte {
	image := bytes.Clone(durable)
	if r.IntN(2) == 0 && len(now) > len(image) {
		image = append(image, make([]byte, len(now)-len(image))...)
	}
	share := r.IntN(101)
	for at := 0; at < len(image); at += pageSize {
		if r.IntN(100) >= share {
			continue
		}
		end := min(at+pageSize, len(image))
		if r.IntN(20) == 0 {
			end = at + r.IntN(end-at)/512*512
		}
		copy(image[at:end], now[at:])
	}
	return image
}

// plainSound looks at the file of a closed store with bbolt's own check.
func (f *fixture) plainSound() {
	f.t.Helper()
	db, err := bolt.Open(f.path, 0o600, &bolt.Options{Timeout: time.Second})
	f.ok(err)
	f.ok(db.View(func(tx *bolt.Tx) (err error) {
		for problem := range tx.Check() {
			err = errors.Join(err, problem)
		}
		return err
	}))
	f.ok(db.Close())
}

// The pin is what all of that rests on: as long as there is a read transaction, bbolt writes no page of its state. A
// version of bbolt that does has to be found out here.
func TestPin(t *testing.T) {
	for _, pinned := range []bool{true, false} {
		path := filepath.Join(t.TempDir(), "bolt")
		db, err := bolt.Open(path, 0o600, &bolt.Options{
			NoSync: true, NoGrowSync: true, NoFreelistSync: true, FreelistType: bolt.FreelistMapType,
			InitialMmapSize: 1 << 30, // it must not wait for the pin
		})
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, 2))
		write := func() {
			if err := db.Update(func(tx *bolt.Tx) error {
				b, err := tx.CreateBucketIfNotExists([]byte("b"))
				for range 20 {
					key := fmt.Appendf(nil, "%d", r.IntN(3000))
					if r.IntN(3) == 0 {
						err = errors.Join(err, b.Delete(key))
					} else {
						err = errors.Join(err, b.Put(key, make([]byte, r.IntN(2000))))
					}
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		for range 300 {
			write()
		}
		pin, err := db.Begin(false)
		if err != nil {
			t.Fatal(err)
		}
		before := reachable(t, pin)
		if !pinned {
			pin.Rollback()
		}
		for range 1000 {
			write()
		}
		now, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := 0
		for at, page := range before {
			if !bytes.Equal(now[at:at+len(page)], page) {
				changed++
			}
		}
		if pinned {
			pin.Rollback()
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if pinned && changed > 0 || !pinned && changed == 0 {
			t.Errorf("pinned %v: %d of %d pages were written", pinned, changed, len(before))
		}
	}
}

// reachable returns the pages of a transaction by their place in the file.
func reachable(t *testing.T, tx *bolt.Tx) map[int][]byte {
	file, err := os.ReadFile(tx.DB().Path())
	if err != nil {
		t.Fatal(err)
	}
	size := tx.DB().Info().PageSize
	pages := map[int][]byte{}
	for id := 2; id < int(tx.Size())/size; {
		p, err := tx.Page(id)
		if err != nil || p == nil {
			t.Fatalf("page %d: %v", id, err)
		}
		n := (p.OverflowCount + 1) * size
		if p.Type != "free" {
			pages[id*size] = bytes.Clone(file[id*size : id*size+n])
		}
		id += n / size
	}
	return pages
}

// A store that outgrows its mapping waits for its own pin for a moment, not for ever.
func TestOutgrowsMapping(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, &Options{mapped: 1})
	within(t, "the writes", func() {
		for n := range 40 {
			f.put(fmt.Sprint(n), fmt.Sprintf(`{"v":"%0*d"}`, 5000*n, n))
		}
	})
	want := f.state()
	f.crash()
	f.equal("documents", f.state(), want)
}

// What does not fit into a record is as durable as a checkpoint makes it.
func TestCommitLargerThanTheLog(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	f.put("before", `{}`)
	var items []Upsert
	pad := strings.Repeat("x", 1<<20)
	for n := range 20 {
		items = append(items, Upsert{ID: fmt.Sprint(n), Changes: raw(fmt.Sprintf(`{"v":%q}`, pad))})
	}
	before := f.log().checkpoints.Load()
	_, err := f.s.Collection("i", "c").MUpsert(ctx, items, nil)
	f.ok(err)
	if n := f.log().checkpoints.Load() - before; n != 1 {
		t.Errorf("%d checkpoints", n)
	}
	f.put("after", `{}`)
	f.crash()
	if n, err := f.s.Collection("i", "c").Count(ctx); n != 22 || err != nil {
		t.Errorf("%d documents, %v", n, err)
	}
}

// Checkpoints come by themselves, by the size of the log and by the number of commits.
func TestCheckpoints(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	for n := range 2*checkpointCommits + 10 {
		f.put("a", fmt.Sprintf(`{"v":%d}`, n))
	}
	if n := f.log().checkpoints.Load(); n != 3 {
		t.Errorf("%d checkpoints by number, want 3", n)
	}
	before := f.log().checkpoints.Load()
	for n := range 3 * wal.Limit >> 20 {
		f.put("a", fmt.Sprintf(`{"v":"%d%s"}`, n, strings.Repeat("x", 1<<20)))
	}
	if n := f.log().checkpoints.Load() - before; n < 2 || n > 3 {
		t.Errorf("%d checkpoints by size, want 2 or 3", n)
	}
	if n := f.log().size.Load(); n > 2*wal.Limit {
		t.Errorf("the log has %d bytes", n)
	}
	want := f.state()
	f.crash()
	f.equal("documents", f.state(), want)
}

// Stores written with a log are opened without one, and the other way round.
func TestLogSwitchedOff(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	path := f.crashed()
	f.ok(f.s.Close())
	f.path = path
	f.s = f.reopened(func(o *Options) { o.Log = LogOff })
	if f.hasLog() {
		t.Error("the log is still there")
	}
	f.put("b", `{}`)
	if f.hasLog() {
		t.Error("there is a log")
	}
	f.crash()
	f.holds("a v1 {}", "b v1 {}")
}

func TestReadOnlyNeedsRecovery(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	path := f.crashed()
	before := fingerprintOf(t, path) + fingerprintOf(t, path+"-log")
	_, err := Open(path, &Options{ReadOnly: true})
	f.is("Open", err, ErrNeedsRecovery)
	if got := fingerprintOf(t, path) + fingerprintOf(t, path+"-log"); got != before {
		t.Error("the files have changed")
	}
	f.ok(f.s.Close())
	f.path = path
	f.s = f.reopened(nil)
	f.ok(f.s.Close())
	f.s = f.reopened(func(o *Options) { o.ReadOnly = true })
	f.holds("a v1 {}")
}

// A log is not applied to a file that it was not written for.
func TestLogOfAnotherFile(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	f.put("a", `{"v":1}`)
	f.checkpoint()
	f.put("a", `{"v":2}`)
	backup := filepath.Join(t.TempDir(), "backup")
	_, err := f.s.BackupFile(ctx, backup)
	f.ok(err)
	f.put("a", `{"v":3}`)
	copyOf(t, f.path, f.path+".closed")
	for name, other := range map[string]func(path string){
		"a backup": func(path string) { copyOf(t, backup, path) },
		"another store": func(path string) {
			s, err := Open(path+".new", nil)
			f.ok(err)
			f.ok(s.Close())
			f.ok(os.Rename(path+".new", path))
		},
		"one shorter": func(path string) { f.ok(os.Truncate(path, 8<<10)) },
		"none":        func(path string) { f.ok(os.Remove(path)) },
	} {
		path := f.crashed()
		other(path)
		before := "none"
		if name != "none" {
			before = fingerprintOf(t, path)
		}
		_, err := Open(path, nil)
		f.is(name, err, ErrCorrupt)
		if err != nil && !strings.Contains(err.Error(), path+"-log") {
			t.Errorf("%s: %v: does not name the log", name, err)
		}
		if name != "none" && fingerprintOf(t, path) != before {
			t.Errorf("%s: the file was changed", name)
		}
	}
	path := f.crashed()
	copyOf(t, backup, path)
	f.ok(os.Remove(path + "-log")) // as the error says
	s, err := Open(path, nil)
	f.ok(err)
	doc, err := s.Collection("i", "c").Get(ctx, "a")
	f.ok(err)
	f.equal("restored", versioned(doc.Version, doc.Source), `v2 {"v":2}`)
	f.ok(s.Close())
}

// What is under the name of a log and is none is not touched.
func TestForeignLog(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	f.ok(f.s.Close())
	for _, content := range []string{"", "notes of somebody\n", strings.Repeat("x", 8192), strings.Repeat("x", 20_000)} {
		f.ok(os.WriteFile(f.path+"-log", []byte(content), 0o600))
		_, err := Open(f.path, nil)
		f.is("Open", err, ErrCorrupt)
		if got, err := os.ReadFile(f.path + "-log"); err != nil || string(got) != content {
			t.Errorf("the file was changed, %v", err)
		}
	}
	f.ok(os.Remove(f.path + "-log"))
}

// A log belongs to the file under whose name it was made: it is not made for one that was moved, and not removed where
// another one has its name.
func TestLogOfMovedStore(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	moved := f.path + ".moved"
	f.ok(os.Rename(f.path, moved))
	f.ok(os.Rename(f.path+"-log", moved+"-log"))
	other, err := Open(f.path, &Options{AutoCreate: true})
	f.ok(err)
	_, err = other.Collection("i", "c").CreateOrReplace(ctx, "b", raw(`{}`), nil)
	f.ok(err)
	f.ok(f.s.Close())
	if !f.hasLog() {
		t.Error("the log of another store was removed")
	}
	f.ok(other.Close())

	f.path = moved
	f.s = f.reopened(nil)
	f.holds("a v1 {}")
	f.ok(os.Rename(moved, moved+" again"))
	_, err = f.s.Collection("i", "c").CreateOrReplace(ctx, "c", raw(`{}`), nil)
	if err == nil || !strings.Contains(err.Error(), "another file has taken the place of") {
		t.Errorf("a write to a store that was moved: %v", err)
	}
	f.ok(os.Rename(moved+" again", moved))
	f.put("c", `{}`)
}

// A backup that is as old as the log is not taken for the file of the log.
func TestBackupAsOldAsTheLog(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	f.ok(f.s.Close())
	copied, backup := filepath.Join(t.TempDir(), "copied"), filepath.Join(t.TempDir(), "backup")
	copyOf(t, f.path, copied)
	f.s = f.reopened(nil)
	_, err := f.s.BackupFile(ctx, backup)
	f.ok(err)
	f.put("b", `{}`)
	for _, old := range []string{copied, backup} {
		path := f.crashed()
		copyOf(t, old, path)
		_, err := Open(path, nil)
		f.is(old, err, ErrCorrupt)
	}
	f.crash()
	f.holds("a v1 {}", "b v1 {}")
}

// A log that somebody has removed is not missed.
func TestLogRemoved(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	for _, end := range []func() error{
		func() error { _, err := f.s.Compact(ctx); return err },
		func() error { return f.s.Close() },
	} {
		f.put("a", `{}`)
		f.ok(os.Remove(f.path + "-log"))
		f.ok(end())
	}
	f.s = f.reopened(nil)
}

func (f *fixture) stats() *Stats {
	f.t.Helper()
	st, err := f.s.Stats(ctx)
	f.ok(err)
	return st
}

func TestStatsOfLog(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	f.checkpoint()
	f.put("a", `{}`)
	st := f.stats()
	if st.Checkpoints != 2 || st.LastCheckpoint.IsZero() || st.LogSize != wal.PageSize || st.Recovery != 0 {
		t.Errorf("%+v", st)
	}
	_, err := f.s.Compact(ctx)
	f.ok(err)
	if now := f.stats(); now.Checkpoints != 2 || !now.LastCheckpoint.Equal(st.LastCheckpoint) || now.LogSize != 0 {
		t.Errorf("after Compact: %+v", now)
	}
	f.put("b", `{}`)
	f.crash()
	if st := f.stats(); st.Recovery <= 0 || st.Checkpoints != 1 {
		t.Errorf("after a crash: %+v", st)
	}
}

// A damaged log is an error, not a store without its newest writes.
func TestDamagedLog(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	for n := range 5 {
		f.put(fmt.Sprint(n), `{}`)
	}
	path := f.crashed()
	b, err := os.ReadFile(path + "-log")
	f.ok(err)
	b[2*4096+100] ^= 1
	f.ok(os.WriteFile(path+"-log", b, 0o600))
	for _, o := range []*Options{nil, {Log: LogOff}} {
		_, err = Open(path, o)
		f.is("Open", err, ErrCorrupt)
	}
}

// With Relaxed a crash of the system loses the newest writes only.
func TestRelaxedLosesTheNewest(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, &Options{Durability: Relaxed, SyncInterval: time.Hour})
	f.put("a", `{}`)
	f.ok(f.s.Sync())
	durable, err := os.ReadFile(f.path + "-log")
	f.ok(err)
	states := [][]string{f.state()}
	for n := range 20 {
		f.put(fmt.Sprint(n), `{}`)
		states = append(states, f.state())
	}
	now, err := os.ReadFile(f.path + "-log")
	f.ok(err)
	r := rand.New(rand.NewPCG(3, 4))
	seen := map[int]bool{}
	for range 100 {
		path := f.crashed()
		f.ok(os.WriteFile(path+"-log", mixPages(r, durable, now, 512), 0o600))
		g := &fixture{subject: f.subject, t: t, path: path, opts: f.opts}
		g.s = g.reopened(nil)
		g.sound()
		state := g.state()
		i := slices.IndexFunc(states, func(s []string) bool { return slices.Equal(s, state) })
		if i < 0 {
			t.Fatalf("the store was never like that: %q", state)
		}
		seen[i] = true
		g.ok(g.s.Close())
	}
	if len(seen) < 3 {
		t.Errorf("only %d states were seen", len(seen))
	}
}

// Every kind of operation is done again as it was done.
func TestReplay(t *testing.T) {
	open := func(name string) *bolt.DB {
		db, err := bolt.Open(filepath.Join(t.TempDir(), name), 0o600, &bolt.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db
	}
	one, two := open("one"), open("two")
	r := newRedo(nil)
	f := &fixture{t: t}
	f.ok(one.Update(func(tx *bolt.Tx) error {
		w := &txn{tx: tx, redo: r}
		f.ok(w.createBucket([]byte("a")))
		f.ok(w.createBucket([]byte("b")))
		f.ok(w.bucket([]byte("a")).Put([]byte("k"), []byte("in a")))
		f.ok(w.bucket([]byte("b")).Put([]byte("k"), []byte("in b")))
		f.ok(w.bucket([]byte("b")).Put([]byte("empty"), nil))
		f.ok(w.bucket([]byte("b")).Put([]byte("gone"), []byte("x")))
		f.ok(w.bucket([]byte("b")).Delete([]byte("gone")))
		f.ok(w.bucket([]byte("b")).SetSequence(300))
		f.ok(w.dropBucket([]byte("a")))
		f.ok(w.createBucket([]byte("a")))
		f.ok(w.bucket([]byte("a")).Put([]byte("again"), []byte("y")))
		return nil
	}))
	payload := r.record[len(wal.NewRecord(nil)):]
	f.ok(two.Update(func(tx *bolt.Tx) error { return replay(tx, payload) }))
	if got, want := dump(two), dump(one); got != want || !strings.Contains(got, "again") {
		t.Errorf("replayed: %s\nwant: %s", got, want)
	}
	for n := range payload {
		_ = two.Update(func(tx *bolt.Tx) error {
			if err := replay(tx, payload[:n]); err != nil {
				f.is("cut short", err, ErrCorrupt)
			}
			return errors.New("give up")
		})
	}
}

func dump(db *bolt.DB) string {
	var b strings.Builder
	_ = db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, bucket *bolt.Bucket) error {
			fmt.Fprintf(&b, "%s %d:", name, bucket.Sequence())
			return bucket.ForEach(func(k, v []byte) error {
				fmt.Fprintf(&b, " %q=%q", k, v)
				return nil
			})
		})
	})
	return b.String()
}
