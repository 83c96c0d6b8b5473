package kuzzlite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kuzzlite/kuzzlite/internal/disk"
)

// The behaviour suite: tests that call onAll run against every subject. Each store of each test is checked when the
// test ends, as are the goroutines and the files that it left behind.

// subjects are the ways of having a store.
var subjects = []subject{
	{name: "memory"},
	{name: "disk", disk: true},
	{name: "reopened", disk: true, reopens: true, durability: Relaxed},
	{name: "crashed", disk: true, reopens: true, crashes: true},
}

type subject struct {
	name       string
	disk       bool
	reopens    bool // the store is closed and opened again before each step of a test
	crashes    bool // without closing it: what a killed process would leave is opened
	durability Durability
}

// onAll runs fn on a fresh store of every subject, which has the collection i/c.
func onAll(t *testing.T, o *Options, fn func(t *testing.T, f *fixture)) {
	t.Helper()
	for _, s := range subjects {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			f := s.open(t, o)
			f.createCollection("i", "c")
			fn(t, f)
		})
	}
}

// newFixture opens a fresh store in memory, with the collection i/c.
func newFixture(t testing.TB, o *Options) *fixture {
	t.Helper()
	f := subjects[0].open(t, o)
	f.createCollection("i", "c")
	return f
}

// newDiskFixture opens a fresh store on disk, with the collection i/c.
func newDiskFixture(t testing.TB, o *Options) *fixture {
	t.Helper()
	f := subjects[1].open(t, o)
	f.createCollection("i", "c")
	return f
}

// fixture is a store under test. Its clock stands still unless the test advances it.
type fixture struct {
	subject
	t     testing.TB
	opts  Options
	path  string // "" in memory
	clock *FakeClock
	s     *Store

	damaged bool // on purpose: do not check
}

// open opens a store and sees to it that it is checked, and closed without a trace, when the test ends.
func (s subject) open(t testing.TB, o *Options) *fixture {
	t.Helper()
	f := &fixture{subject: s, t: t, clock: newClock()}
	if o != nil {
		f.opts = *o
	}
	if f.opts.Clock == nil {
		f.opts.Clock = f.clock
	}
	if f.opts.Durability == Sync {
		f.opts.Durability = s.durability
	}
	watchGoroutines(t)
	if s.disk {
		f.path = filepath.Join(t.TempDir(), "test.db")
	}
	f.s = f.reopened(nil)
	t.Cleanup(f.finish)
	return f
}

// reopened opens the store with changed options.
func (f *fixture) reopened(change func(*Options)) (s *Store) {
	f.t.Helper()
	opts, err := f.opts, error(nil)
	if change != nil {
		change(&opts)
	}
	if f.disk {
		s, err = Open(f.path, &opts)
	} else {
		s, err = OpenMemory(&opts)
	}
	f.ok(err)
	return s
}

// reopen closes the store and opens it again; in memory it does nothing.
func (f *fixture) reopen(change func(*Options)) *Store {
	f.t.Helper()
	if f.disk {
		f.ok(f.s.Close())
		f.s = f.reopened(change)
	}
	return f.s
}

// store returns the store for the next step.
func (f *fixture) store() *Store {
	f.t.Helper()
	switch {
	case f.crashes:
		f.crash()
	case f.reopens:
		f.reopen(nil)
	}
	return f.s
}

// col returns the collection for the next step.
func (f *fixture) col() *Collection {
	f.t.Helper()
	return f.store().Collection("i", "c")
}

// finish checks what the test leaves behind.
func (f *fixture) finish() {
	if f.disk && f.s.usable() != nil {
		f.s = f.reopened(func(o *Options) { o.ReadOnly = true })
	}
	if f.s.usable() == nil && !f.damaged {
		f.sound()
	}
	if err := f.s.Close(); err != nil {
		f.t.Errorf("close: %v", err)
	}
	if f.disk {
		f.noTemporaries()
	}
}

// sound fails the test unless Check finds nothing.
func (f *fixture) sound() *CheckReport {
	f.t.Helper()
	report, err := f.s.Check(ctx)
	f.ok(err)
	for _, p := range report.Problems {
		f.t.Errorf("check: %s", p)
	}
	return report
}

// noTemporaries fails the test if there are temporary files beside the store, as every operation that makes one would
// leave it.
func (f *fixture) noTemporaries() {
	f.t.Helper()
	entries, err := os.ReadDir(filepath.Dir(f.path))
	f.ok(err)
	for _, e := range entries {
		if isTemporary(e.Name()) {
			f.t.Errorf("left behind: %s", e.Name())
		}
	}
}

// isTemporary says whether a file is one that the engine removes.
func isTemporary(name string) bool {
	return strings.HasPrefix(name, ".kuzzlite-") && strings.HasSuffix(name, ".tmp")
}

// crashed copies the files of the store, as a process that is killed now would leave them, and returns where.
func (f *fixture) crashed() (path string) {
	f.t.Helper()
	path = filepath.Join(f.t.TempDir(), filepath.Base(f.path))
	crashCopy(f.t, f.s, f.path, path)
	return path
}

// crashCopy copies the files of a store, all as they are at one moment: a checkpoint may be under way.
func crashCopy(t testing.TB, s *Store, from, to string) {
	t.Helper()
	resume := s.engine.(*disk.Engine).Pause()
	defer resume()
	for suffix := range filesOf(t, from) {
		copyOf(t, from+suffix, to+suffix)
	}
}

// filesOf are fingerprints of the files of a store, by what is behind the store's name in theirs.
func filesOf(t testing.TB, path string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Error(err)
	}
	ofStore := regexp.MustCompile(`^` + regexp.QuoteMeta(filepath.Base(path)) + `(|-log[0-9]*)$`)
	files := map[string]string{}
	for _, e := range entries {
		if m := ofStore.FindStringSubmatch(e.Name()); m != nil {
			files[m[1]] = fingerprint(path + m[1])
		}
	}
	return files
}

// fingerprint is all that shows that a file was changed, "" if it is gone.
func fingerprint(path string) string {
	b, err := os.ReadFile(path)
	info, statErr := os.Stat(path)
	if err != nil || statErr != nil {
		return ""
	}
	return fmt.Sprintf("%x %v %v", sha256.Sum256(b), info.ModTime(), info.Mode())
}

// crash goes on with what a killed process would have left.
func (f *fixture) crash() {
	f.t.Helper()
	path := f.crashed()
	f.ok(f.s.Close())
	f.path = path
	f.s = f.reopened(nil)
}

// ctx is the context of calls to which it does not matter.
var ctx = context.Background()

// ok ends the test if there is an error.
func (f *fixture) ok(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) createCollection(index, name string) {
	f.t.Helper()
	f.ok(f.s.CreateCollection(ctx, index, name))
}

// put stores a document as it is.
func (f *fixture) put(id, body string) *Success {
	f.t.Helper()
	s, err := f.col().CreateOrReplace(ctx, id, raw(body), nil)
	f.ok(err)
	return s
}

// doc returns a document that is there.
func (f *fixture) doc(id string) Document {
	f.t.Helper()
	doc, err := f.col().Get(ctx, id)
	f.ok(err)
	return doc
}

// get returns version and source of a document as one text, "none" if there is none.
func (f *fixture) get(id string) string {
	f.t.Helper()
	doc, err := f.col().Get(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return "none"
	}
	f.ok(err)
	return versioned(doc.Version, doc.Source)
}

func versioned(version uint64, source []byte) string {
	return "v" + strconv.FormatUint(version, 10) + " " + string(source)
}

// holds compares all documents of the collection with the wanted ones, each an id and what get returns for it.
func (f *fixture) holds(want ...string) {
	f.t.Helper()
	f.equal("documents", f.all(f.col()), want)
}

// all lists the documents of a collection as holds has them.
func (f *fixture) all(c *Collection) (list []string) {
	f.t.Helper()
	for doc, err := range c.All(ctx, nil) {
		f.ok(err)
		list = append(list, doc.ID+" "+versioned(doc.Version, doc.Source))
	}
	return list
}

// equal compares anything.
func (f *fixture) equal(what string, got, want any, opts ...cmp.Option) {
	f.t.Helper()
	if diff := cmp.Diff(want, got, opts...); diff != "" {
		f.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// allFields lets cmp see fields that are not exported.
var allFields = cmp.AllowUnexported(Success{}, Failure{}, storedAt{})

// is checks the sentinel of an error.
func (f *fixture) is(what string, err, want error) {
	f.t.Helper()
	if !errors.Is(err, want) {
		f.t.Errorf("%s: error %v, want %v", what, err, want)
	}
}

// changes reads the change feed after since up to its end.
func (f *fixture) changes(since uint64) (list []Change) {
	f.t.Helper()
	s := f.store()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for c, err := range s.Changes(ctx, since) {
		f.ok(err)
		list = append(list, c)
	}
	return list
}

// seed stores some documents, so that what follows has free pages to use and pages to free.
func (f *fixture) seed() {
	f.t.Helper()
	for range 3 {
		f.ok(f.writeBatch(0, "old"))
	}
	_, err := f.s.Collection("i", "c").CreateOrReplace(ctx, "acknowledged", raw(`{}`), nil)
	f.ok(err)
}

// writeBatch makes a call that changes 20 documents.
func (f *fixture) writeBatch(from int, value string) error {
	var items []Upsert
	for n := from; n < from+20; n++ {
		items = append(items, Upsert{ID: fmt.Sprint(n), Changes: raw(fmt.Sprintf(`{"v":%q,"pad":"%0400d"}`, value, n))})
	}
	_, err := f.s.Collection("i", "c").MUpsert(ctx, items, nil)
	return err
}

// state lists all documents.
func (f *fixture) state() []string { return f.all(f.s.Collection("i", "c")) }

// version returns a pointer to what a document must be at; 0 means that it must not exist.
func version(v uint64) *uint64 { return &v }

// at is IfVersion of such a pointer, and absent is IfAbsent. Nil: any.
func at(want *uint64) uint64 {
	if want == nil {
		return 0
	}
	return *want
}

func absent(want *uint64) bool { return want != nil && *want == 0 }

// raw is JSON as a document.
func raw(s string) json.RawMessage { return json.RawMessage(s) }

// text returns the JSON of what a call returned, for calls that must not fail.
func text(t testing.TB, v interface{ AppendJSON([]byte) []byte }, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return string(v.AppendJSON(nil))
}

// jsonOf returns the JSON of any value, with <, > and & as they are.
func jsonOf(t testing.TB, v any) string {
	t.Helper()
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// epoch is when the clock of a test begins.
const epoch int64 = 1_700_000_000_000

func newClock() *FakeClock { return NewFakeClock(time.UnixMilli(epoch)) }

// clockFunc is a clock that asks a function for the time.
type clockFunc func() time.Time

func (f clockFunc) Now() time.Time { return f() }

func (clockFunc) AfterFunc(d time.Duration, fn func()) Timer { return time.AfterFunc(d, fn) }

// watchGoroutines fails the test if a goroutine that it started, or that one of those started, is there when it
// ends. They are known by a profiler label, which goroutines inherit, so that tests can run in parallel.
func watchGoroutines(t testing.TB) {
	label := strconv.FormatInt(nextLabel.Add(1), 10)
	pprof.SetGoroutineLabels(pprof.WithLabels(ctx, pprof.Labels("store", label)))
	t.Cleanup(func() {
		pprof.SetGoroutineLabels(ctx)
		left := ""
		for range 1000 { // one that has said it is done may still have to leave
			if left = goroutinesOf(label); left == "" {
				return
			}
			runtime.Gosched()
		}
		t.Errorf("goroutines left behind:\n%s", left)
	})
}

var nextLabel atomic.Int64

func goroutinesOf(label string) string {
	var b bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
		return err.Error()
	}
	for stack := range strings.SplitSeq(b.String(), "\n\n") {
		if strings.Contains(stack, `"store":"`+label+`"`) {
			return stack
		}
	}
	return ""
}
