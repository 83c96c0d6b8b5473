package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	lib "github.com/kuzzlite/kuzzlite"
)

// A call that succeeds and has not counted, or has counted something else, is found out when the store is closed, in
// whatever harness.
func TestCountersFindFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		add   adder
		right bool
	}{
		"Mutate":                {(*counters).mutateFirst, true},
		"Modify":                {(*counters).modifyFirst, true},
		"Modify of own":         {(*counters).modifyOwn, true},
		"Update of own":         {(*counters).updateOwn, true},
		"a call that is lost":   {func(*counters, []item) (int, error) { return 0, nil }, false},
		"the wrong document":    {func(c *counters, _ []item) (int, error) { return 1, c.set(0, 1) }, false},
		"a number that is none": {func(c *counters, _ []item) (int, error) { return 0, c.set(0, 100) }, false},
		"a number that was another": {func(c *counters, items []item) (int, error) {
			if err := errors.Join(c.set(1, 5), c.set(1, 0)); err != nil {
				return 0, err
			}
			return c.modifyFirst(items)
		}, false},
		"a call that counts twice": {func(c *counters, items []item) (int, error) {
			c.modifyFirst(items)
			return c.modifyFirst(items)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := openCounters(t.TempDir(), tt.add)
			if err != nil {
				t.Fatal(err)
			}
			r := &runner{
				task:      task{Kind: kindUpdate, Callers: counterDocuments, Documents: 100, Batch: 1, Target: 1},
				contender: contender{limit: true}, store: s,
			}
			r.hire()
			if _, err := r.round(true); err != nil {
				t.Fatal(err)
			}
			defer func() {
				if wrong := recover(); (wrong == nil) != tt.right {
					t.Errorf("close: %v", wrong)
				}
			}()
			s.close()
		})
	}
}

// set writes a number.
func (c *counters) set(doc int, n uint64) error {
	_, err := c.col.Update(context.Background(), counterID(doc), counted(n))
	return err
}

// A call with halves has as many documents with an even as with an odd number, and draws from all.
func TestStreamHalves(t *testing.T) {
	const docs, batch = 600, 20
	s, seen := newStream(docs, 1, 0, batch, false), map[int]bool{}
	s.halves = true
	for range 300 {
		var odd int
		call := map[int]bool{}
		s.next(func(_, doc int, _ uint64) {
			odd += doc % 2
			call[doc], seen[doc] = true, true
			if doc < 0 || doc >= docs {
				t.Fatalf("document %d", doc)
			}
		})
		if odd != batch/2 || len(call) != batch {
			t.Fatalf("%d of %d are odd", odd, len(call))
		}
	}
	if len(seen) != docs {
		t.Errorf("%d documents were drawn", len(seen))
	}
	again := s.anew()
	if again.drawn != 0 || !again.halves {
		t.Errorf("%+v", again)
	}
}

// The transactions write both collections, and nothing is taken for right that is in the wrong one.
func TestTransactionStore(t *testing.T) {
	dir, c := t.TempDir(), transactionContender
	s, err := c.open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	r := &runner{
		task: task{
			Kind: kindUpdate, Documents: 500, Shape: shape{Size: sizeLarge, Leaves: 4}, Callers: 1, Batch: 20, Target: 1, Halves: true,
		},
		contender: c, store: s,
	}
	r.hire()
	if err := r.load(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.prove(); err != nil {
		t.Fatal(err)
	}
	ctx, halves := context.Background(), s.(*transactionStore)
	for n, half := range []*kuzzliteStore{halves.kuzzliteStore, halves.second} {
		if count, err := half.col.Count(ctx); count != 250 {
			t.Errorf("collection %d: %d documents, %v", n, count, err)
		}
	}
	id := string(appendID(nil, 1))
	d, err := halves.second.col.Get(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := halves.second.col.Delete(ctx, id); err != nil {
		t.Fatal(err)
	}
	if _, err := halves.col.Create(ctx, id, d.Source); err != nil {
		t.Fatal(err)
	}
	if _, err := r.verify(); err == nil || !strings.Contains(err.Error(), "wrong collection") {
		t.Errorf("a document is in the wrong collection: %v", err)
	}
}

// The program that loads with the library writes every line, and stops at one that is wrong.
func TestUpsertLines(t *testing.T) {
	for name, tt := range map[string]struct {
		lines int
		last  string
		right bool
	}{
		"none":             {0, "", true},
		"some":             {3, "\n", true},
		"a batch":          {loadBatch, "\n", true},
		"one more":         {loadBatch + 1, "\n", true},
		"no newline":       {loadBatch + 1, "", true},
		"a document fails": {5, "\n" + `{"_id":"x","changes":1}`, false},
		"no JSON":          {5, "\n{", false},
	} {
		t.Run(name, func(t *testing.T) {
			db, err := lib.OpenMemory(&lib.Options{AutoCreate: true})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			var lines []string
			for n := range tt.lines {
				lines = append(lines, string(appendID([]byte(`{"changes":{},"_id":"`), n))+`"}`)
			}
			col := db.Collection(benchIndex, benchCollection)
			err = upsertLines(col, strings.NewReader(strings.Join(lines, "\n")+tt.last))
			if (err == nil) != tt.right {
				t.Fatal(err)
			}
			if n, _ := col.Count(context.Background()); tt.right && int(n) != tt.lines {
				t.Errorf("%d documents of %d lines", n, tt.lines)
			}
		})
	}
}

type call = func(context.Context, *lib.Collection) (*lib.Result, error)

// answering is a call whose answer is falsified.
func answering(falsify func(*lib.Result)) func(call) call {
	return func(do call) call {
		return func(ctx context.Context, col *lib.Collection) (*lib.Result, error) {
			res, err := do(ctx, col)
			if err == nil {
				falsify(res)
			}
			return res, err
		}
	}
}

func last(res *lib.Result) *lib.Success { return &res.Successes[len(res.Successes)-1] }

// Every input is verified: what its call answers, and what is stored afterwards.
func TestCostInputs(t *testing.T) {
	faults := map[string]func(call) call{
		"nothing is done": func(call) call {
			return func(context.Context, *lib.Collection) (*lib.Result, error) { return &lib.Result{}, nil }
		},
		"an answer is missing":           answering(func(res *lib.Result) { res.Successes = res.Successes[1:] }),
		"an answer has another version":  answering(func(res *lib.Result) { res.Successes[0].Version++ }),
		"an answer is for another":       answering(func(res *lib.Result) { res.Successes[0].ID = "another" }),
		"an answer has another document": answering(func(res *lib.Result) { last(res).Source = empty() }),
		"another document is stored": func(do call) call {
			return func(ctx context.Context, col *lib.Collection) (*lib.Result, error) {
				if _, err := col.Create(ctx, "another", raw(`{}`)); err != nil {
					return nil, err
				}
				return do(ctx, col)
			}
		},
		"a document is written again": func(do call) call {
			return func(ctx context.Context, col *lib.Collection) (*lib.Result, error) {
				res, err := do(ctx, col)
				if err != nil {
					return nil, err
				}
				d, err := col.Get(ctx, res.Successes[0].ID)
				if err == nil {
					_, err = col.Replace(ctx, d.ID, d.Source)
				}
				return res, err
			}
		},
		"a document is changed afterwards": func(do call) call {
			return func(ctx context.Context, col *lib.Collection) (*lib.Result, error) {
				res, err := do(ctx, col)
				if err == nil {
					_, err = col.Update(ctx, res.Successes[0].ID, raw(`{"another":1}`))
				}
				return res, err
			}
		},
	}
	for name, input := range costInputs {
		c := input(tinyPlan.Cost)
		s, err := c.measure(t.TempDir())
		if err != nil || s.Seconds <= 0 || s.Documents <= 0 || s.Held <= 0 || s.OwnPeak <= 0 {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
		for what, fault := range faults {
			c := input(tinyPlan.Cost)
			c.call = fault(c.call)
			if _, err := c.measure(t.TempDir()); err == nil {
				t.Errorf("%s: %s, and nobody notices", name, what)
			}
		}
	}
}

// A store is right if each of its documents is.
func TestVerifyStored(t *testing.T) {
	dir := t.TempDir()
	c := costCall{documents: func() []lib.Upsert {
		return []lib.Upsert{{ID: "a", Changes: raw(`{"n":1}`)}, {ID: "b", Changes: empty()}}
	}}
	if err := c.fill(dir); err != nil {
		t.Fatal(err)
	}
	a, b := lib.Document{ID: "a", Source: raw(`{"n":1}`), Version: 1}, lib.Document{ID: "b", Source: empty(), Version: 1}
	for name, tt := range map[string]struct {
		want  []lib.Document
		right bool
	}{
		"right":           {[]lib.Document{a, b}, true},
		"one too many":    {[]lib.Document{a}, false},
		"one is missing":  {[]lib.Document{a, b, {ID: "c", Source: empty(), Version: 1}}, false},
		"another source":  {[]lib.Document{{ID: "a", Source: raw(`{"n":2}`), Version: 1}, b}, false},
		"another version": {[]lib.Document{{ID: "a", Source: a.Source, Version: 2}, b}, false},
	} {
		if err := verifyStored(dir, tt.want); (err == nil) != tt.right {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a result holds is told.
func TestCostHeld(t *testing.T) {
	const much = 8 << 20
	c := costInputs["keys"](tinyPlan.Cost)
	do := c.call
	c.call = func(ctx context.Context, col *lib.Collection) (*lib.Result, error) {
		res, err := do(ctx, col)
		if err == nil {
			res.Successes[0].UpdatedFields = []string{strings.Repeat("u", much)}
		}
		return res, err
	}
	s, err := c.measure(t.TempDir())
	if err != nil || s.Held < much || s.Held > 2*much {
		t.Errorf("%d bytes are held, of %d: %v", s.Held, much, err)
	}
	if s.OwnPeak < much/2 {
		t.Errorf("the call took %d bytes", s.OwnPeak)
	}
}
