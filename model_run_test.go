package kuzzlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Random calls on a store and on the model, which must agree in every result and, after every call, in all documents,
// counts and changes.
func TestModel(t *testing.T) {
	watchGoroutines(t)
	dir := t.TempDir()
	run, outer := 0, t
	rapid.Check(t, func(t *rapid.T) {
		run++
		r := newModelRun(t, filepath.Join(dir, fmt.Sprint(run)))
		r.outer = outer
		defer r.close()
		t.Repeat(map[string]func(*rapid.T){
			"":                 r.compare,
			"write":            r.write,
			"write again":      r.write, // more often than the rest
			"write once more":  r.write,
			"createIndex":      r.createIndex,
			"createCollection": r.createCollection,
			"delete":           r.delete,
			"truncate":         r.truncate,
			"mutate":           r.mutate,
			"transaction":      r.transaction,
			"read":             r.read,
			"field index":      r.fieldIndex,
			"find":             r.find,
			"pass time":        r.passTime,
			"reopen":           r.reopen,
			"crash":            r.crash,
			"compact":          r.compact,
		})
	})
}

// modelRun is a store and its model.
type modelRun struct {
	*rapid.T
	outer *testing.T
	path  string // "" in memory
	opts  Options
	clock *FakeClock
	s     *Store
	m     *model
	at    place // where the steps are made: s, or a transaction
	seen  int   // changes compared so far
}

// place is where calls are made.
type place interface {
	Collection(index, collection string) *Collection
	CreateIndex(ctx context.Context, index string) error
	DeleteIndex(ctx context.Context, index string, o ...*WriteOptions) error
	CreateCollection(ctx context.Context, index, collection string) error
	DeleteCollection(ctx context.Context, index, collection string, o ...*WriteOptions) error
	Indexes(ctx context.Context) ([]string, error)
	Collections(ctx context.Context, index string) ([]string, error)
}

func newModelRun(t *rapid.T, path string) *modelRun {
	r := &modelRun{T: t, clock: newClock()}
	if rapid.IntRange(0, 3).Draw(t, "on disk") == 0 {
		r.path = path
	}
	r.opts = Options{
		AutoCreate: rapid.Bool().Draw(t, "autoCreate"), Durability: Relaxed, SyncInterval: time.Hour, Clock: r.clock,
		TombstoneRetention: rapid.SampledFrom([]time.Duration{time.Minute, -1}).Draw(t, "retention"), FeedMaxCount: -1,
	}
	r.m = &model{
		now: epoch, retention: r.opts.TombstoneRetention.Milliseconds(), autoCreates: r.opts.AutoCreate,
		indexes: map[string]map[string]*modelCollection{}, unswept: rapid.Bool().Draw(t, "unswept"),
	}
	if r.opts.TombstoneRetention < 0 {
		r.m.retention = math.MinInt64
	}
	if rapid.Bool().Draw(t, "pauses") {
		r.opts.Clock, r.m.pause = handClock{r.clock}, sweepPause
	}
	r.open()
	return r
}

func (r *modelRun) open() {
	var err error
	if r.path == "" {
		r.s, err = OpenMemory(&r.opts)
	} else {
		r.s, err = Open(r.path, &r.opts)
	}
	r.same("open", err, nil)
	if r.at = r.s; r.m.unswept {
		r.s.sweeps.end()
	}
}

func (r *modelRun) close() {
	report, err := r.s.Check(ctx)
	if err == nil {
		err = report.Err()
	}
	err = errors.Join(err, r.s.Close())
	if r.path != "" { // or a long run fills the disk
		err = errors.Join(err, os.Remove(r.path))
	}
	if err != nil {
		r.Errorf("close: %v", err)
	}
}

// same checks an error against a sentinel.
func (r *modelRun) same(what string, got, want error) {
	if !errors.Is(got, want) {
		r.Fatalf("%s: %v, the model says %v", what, got, want)
	}
}

func (r *modelRun) equal(what string, got, want any) {
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(modelEntry{}, modelDoc{}), cmp.Comparer(func(a, b error) bool {
		return errors.Is(a, b) || errors.Is(b, a)
	})); diff != "" {
		r.Fatalf("%s (-model +store):\n%s", what, diff)
	}
}

// write makes one call, in one of its forms.
func (r *modelRun) write(t *rapid.T) {
	r.T = t
	call := drawCall(t)
	single := len(call.items) == 1 && rapid.Bool().Draw(t, "single")
	asJSON := !single && call.verb == "Upsert" && rapid.Bool().Draw(t, "as JSON")
	if asJSON {
		for i := range call.items {
			call.items[i].want = nil
		}
	}
	if single {
		call.o.Atomic, call.o.Strict = false, false
	}
	want, wantErr := r.m.write(call)
	c := r.at.Collection(call.index, call.collection)
	if single {
		s, err := call.one(c)
		if wantErr == nil {
			wantErr = want[0].err
		}
		r.same(call.verb, err, wantErr)
		if err == nil {
			r.equal(call.verb, entryOf(s), want[0])
		}
		return
	}
	res, err := call.many(c, asJSON)
	r.same("M"+call.verb, err, wantErr)
	if err == nil || wantErr == ErrIncomplete {
		r.equal("M"+call.verb, entriesOf(res), want)
	}
}

func (r *modelRun) createIndex(t *rapid.T) {
	index := modelIndexes.Draw(t, "index")
	r.same("createIndex", r.at.CreateIndex(ctx, index), r.m.createIndex(index))
}

func (r *modelRun) createCollection(t *rapid.T) {
	index, name := modelIndexes.Draw(t, "index"), modelCollections.Draw(t, "collection")
	r.same("createCollection", r.at.CreateCollection(ctx, index, name), r.m.createCollection(index, name))
}

func (r *modelRun) delete(t *rapid.T) {
	index, name, o := modelIndexes.Draw(t, "index"), modelCollections.Draw(t, "collection"), drawOptions(t)
	if rapid.IntRange(0, 3).Draw(t, "whole index") == 0 {
		r.same("deleteIndex", r.at.DeleteIndex(ctx, index, &o), r.m.deleteIndex(index, o))
	} else {
		r.same("deleteCollection", r.at.DeleteCollection(ctx, index, name, &o), r.m.deleteCollection(index, name, o))
	}
}

func (r *modelRun) truncate(t *rapid.T) {
	index, name, o := modelIndexes.Draw(t, "index"), modelCollections.Draw(t, "collection"), drawOptions(t)
	r.same("truncate", r.at.Collection(index, name).Truncate(ctx, &o), r.m.truncate(index, name, o))
}

// mutate is an upsert of what was read.
func (r *modelRun) mutate(t *rapid.T) {
	call := drawCall(t)
	call.verb, call.o.Atomic, call.o.Strict = "Upsert", false, false
	call.items = []modelItem{{id: "a", content: modelContent(t, "changes")}}
	want, wantErr := r.m.write(call)
	if wantErr == nil {
		wantErr = want[0].err
	}
	c := r.at.Collection(call.index, call.collection)
	verb := rapid.SampledFrom([]func(context.Context, string, func(Document) (any, error), ...*WriteOptions) (*Success, error){
		c.Mutate, c.Modify,
	}).Draw(t, "verb")
	s, err := verb(ctx, "a", func(Document) (any, error) { return call.items[0].content, nil }, &call.o)
	r.same("mutate", err, wantErr)
	if err == nil {
		r.equal("mutate", entryOf(s), want[0])
	}
}

// transaction makes some steps in one transaction, which may be undone in the end.
func (r *modelRun) transaction(t *rapid.T) {
	var failure error
	if rapid.IntRange(0, 2).Draw(t, "fails") == 0 {
		failure = errors.New("of the function")
	}
	before := r.m.clone()
	err := r.s.Update(ctx, func(_ context.Context, tx *Tx) error {
		r.at = tx
		defer func() { r.at = r.s }()
		for range rapid.IntRange(0, 5).Draw(t, "steps") {
			rapid.SampledFrom([]func(*rapid.T){
				r.write, r.write, r.write, r.write, r.createIndex, r.createCollection, r.delete, r.truncate, r.mutate, r.read,
				r.find,
			}).Draw(t, "step")(t)
			r.compareContent()
		}
		return failure
	})
	r.same("transaction", err, failure)
	if failure != nil {
		r.m = before
	}
}

func (r *modelRun) passTime(t *rapid.T) {
	ms := rapid.SampledFrom([]int{1, 500, 2000, 20_000, 60_000, 60_001}).Draw(t, "ms")
	r.clock.Advance(time.Duration(ms) * time.Millisecond)
	r.m.advance(time.Duration(ms) * time.Millisecond)
}

func (r *modelRun) reopen(t *rapid.T) {
	if r.path == "" {
		t.Skip("in memory")
	}
	r.same("close", r.s.Close(), nil)
	r.open()
	r.m.reopened()
}

// crash goes on with what a killed process would have left: nobody writes meanwhile.
func (r *modelRun) crash(t *rapid.T) {
	if r.path == "" {
		t.Skip("in memory")
	}
	left := r.path + ".crashed"
	crashCopy(r.outer, r.s, r.path, left)
	r.same("close", r.s.Close(), nil)
	for suffix := range filesOf(r.outer, left) {
		r.same("rename", os.Rename(left+suffix, r.path+suffix), nil)
	}
	r.open()
	r.m.reopened()
}

func (r *modelRun) compact(*rapid.T) {
	_, err := r.s.Compact(ctx)
	r.same("compact", err, nil)
	if r.path != "" { // in memory there is nothing to give back
		r.m.sweep()
	}
}

// read asks for some documents, by id and as a list.
func (r *modelRun) read(t *rapid.T) {
	index, name := modelIndexes.Draw(t, "index"), modelCollections.Draw(t, "collection")
	ids := rapid.SliceOfN(modelIDs, 0, 6).Draw(t, "ids")
	after, limit := modelIDs.Draw(t, "after"), rapid.IntRange(0, 3).Draw(t, "limit")
	mc, wantErr := r.m.collection(index, name)
	if wantErr != nil && r.m.autoCreates {
		mc, wantErr = newModelCollection(), nil
	}
	c := r.at.Collection(index, name)
	found, err := c.MGet(ctx, ids)
	if len(ids) == 0 {
		r.same("mGet of nothing", err, nil)
	} else {
		r.same("mGet", err, wantErr)
	}
	if wantErr != nil {
		return
	}
	docs := r.m.live(mc)
	missing, there := []string{}, []string{}
	for _, id := range ids {
		if _, ok := docs[id]; ok {
			there = append(there, id)
		} else {
			missing = append(missing, id)
		}
	}
	exist, err := c.MExists(ctx, ids)
	r.same("mExists", err, nil)
	r.equal("mExists", exist, &Found[string]{missing, there})
	got := []string{}
	for _, d := range found.Successes {
		got = append(got, d.ID)
		r.equal("mGet", modelDoc{d.Version, decoded(d.Source), expiryMillis(d.Expires)}, docs[d.ID])
	}
	r.equal("mGet", [][]string{found.Errors, got}, [][]string{missing, there})
	want := slices.DeleteFunc(slices.Sorted(maps.Keys(docs)), func(id string) bool { return id <= after })
	if limit > 0 {
		want = want[:min(limit, len(want))]
	}
	var listed []string
	for d, err := range c.All(ctx, &ListOptions{After: after, Limit: limit}) {
		r.same("all", err, nil)
		listed = append(listed, d.ID)
	}
	r.equal("all", listed, append([]string(nil), want...))
}

// compare compares everything.
func (r *modelRun) compare(t *rapid.T) {
	r.T = t
	documents := r.compareContent()
	st, err := r.s.Stats(ctx)
	r.same("stats", err, nil)
	r.equal("documents", st.Documents, documents)
	r.equal("sequence", r.s.Sequence(), uint64(len(r.m.changes)))
	r.compareChanges()
}

// compareContent compares all documents, and returns how many there are.
func (r *modelRun) compareContent() uint64 {
	var want, got []string
	documents := uint64(0)
	for _, index := range slices.Sorted(maps.Keys(r.m.indexes)) {
		want = append(want, index)
		for _, name := range slices.Sorted(maps.Keys(r.m.indexes[index])) {
			docs := r.m.live(r.m.indexes[index][name])
			want = append(want, fmt.Sprintf("%s/%s %d", index, name, len(docs)))
			documents += uint64(len(docs))
			for _, id := range slices.Sorted(maps.Keys(docs)) {
				want = append(want, fmt.Sprintf("%s v%d %s", id, docs[id].version, encode(docs[id].body)))
			}
		}
	}
	indexes, err := r.at.Indexes(ctx)
	r.same("indexes", err, nil)
	for _, index := range indexes {
		got = append(got, index)
		names, err := r.at.Collections(ctx, index)
		r.same("collections", err, nil)
		for _, name := range names {
			c := r.at.Collection(index, name)
			n, err := c.Count(ctx)
			r.same("count", err, nil)
			got = append(got, fmt.Sprintf("%s/%s %d", index, name, n))
			for d, err := range c.All(ctx, nil) {
				r.same("all", err, nil)
				got = append(got, fmt.Sprintf("%s v%d %s", d.ID, d.Version, encode(decoded(json.RawMessage(d.Source)))))
			}
		}
	}
	if !slices.Equal(got, want) { // what cmp takes long to see
		r.equal("content", got, want)
	}
	return documents
}

// compareChanges compares the changes that are new.
func (r *modelRun) compareChanges() {
	fresh := r.m.changes[r.seen:]
	if len(fresh) == 0 {
		return
	}
	var got []Change
	for c, err := range r.s.Changes(ctx, uint64(r.seen)) {
		r.same("changes", err, nil)
		got = append(got, c)
	}
	r.equal("changes", got, fresh)
	r.seen = len(r.m.changes)
}
