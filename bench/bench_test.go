package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMain lets the test binary be a contender's process.
func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" || os.Getenv(loaderEnv) != "" || os.Getenv(costEnv) != "" ||
		os.Getenv(textEnv) != "" || os.Getenv(outboxEnv) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

var tinyPlan = plan{
	Rounds: 1, Target: 5 * time.Millisecond, Sweep: 2 * time.Millisecond, Documents: 600, Small: 400, Large: 800,
	Huge: 1000, Load: 1200, LoadRuns: 1, TextRuns: 1, Open: 600, Engine: 5 * time.Millisecond, Paced: 20 * time.Millisecond,
	Recovery: 600, Logs: 1 << 20, Cost: 4000, Watchers: 20, Sockets: 10, Fakes: 3, Changes: 3000, Owed: 5000,
}

// Every workload runs, every contender proves itself and is verified, and the results are written.
func TestAllWorkloads(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	var stdout bytes.Buffer
	c := command{
		plan: tinyPlan, workload: regexp.MustCompile(""), partial: true, dir: t.TempDir(), out: out, program: program,
		older: &older{program: program, added: true},
	}
	if err := c.run(&stdout, t.Output()); err != nil {
		t.Fatal(err)
	}
	text := stdout.String()
	for _, w := range workloads(tinyPlan) {
		if _, err := os.Stat(filepath.Join(out, w.name+".svg")); err != nil {
			t.Error(err)
		}
		_, section, _ := strings.Cut(text, "\n## "+w.name+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		for _, e := range w.entries {
			lacks := leftOut(e.contender) || e.fts5 && !mattnFTS5()
			if !lacks && !strings.Contains(section, "\n| "+e.name()+" | ") {
				t.Errorf("%s: no result of %s", w.name, e.name())
			}
		}
		for _, b := range w.bars {
			if row := fmt.Sprintf("| %s | %s", w.name, "kuzzlite"); b.of == "" && !strings.Contains(text, row) {
				t.Errorf("%s: no verdict", w.name)
			}
		}
	}
	checkEngineSamples(t, out)
	for _, file := range []string{"report.md", "samples.jsonl", "summary.json"} {
		if info, err := os.Stat(filepath.Join(out, file)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// A contender that lies, forgets or mixes up is found out before it is measured, or at the latest afterwards.
func TestVerificationFindsFaults(t *testing.T) {
	tests := map[string]struct {
		fault            faults
		kind             kind
		proves, verifies bool
	}{
		"none":                    {faults{}, kindUpdate, true, true},
		"lost write":              {faults{lose: true}, kindUpdate, false, false},
		"stale answer":            {faults{stale: true}, kindUpdate, false, true},
		"version stays":           {faults{still: true}, kindUpdate, false, false},
		"answer is missing":       {faults{mute: true}, kindUpdate, false, true},
		"another document":        {faults{shift: true}, kindUpdate, false, false},
		"leaf is not changed":     {faults{partial: true}, kindUpdate, false, false},
		"reads and writes":        {faults{}, kindReadWrite, true, true},
		"lost write beside reads": {faults{lose: true}, kindReadWrite, false, false},
		"mixed":                   {faults{}, kindMixed, true, true},
		"creations":               {faults{}, kindCreate, true, true},
		"lost creation":           {faults{lose: true}, kindCreate, false, false},
		"increments":              {faults{}, kindMutate, true, true},
		"lost increment":          {faults{lose: true}, kindMutate, false, false},
		"racing increments":       {faults{race: true}, kindMutate, true, false},
		"churn":                   {faults{}, kindChurn, true, true},
		"lost write of churn":     {faults{lose: true}, kindChurn, false, false},
		"list":                    {faults{}, kindScan, true, true},
		"list out of order":       {faults{jumble: true}, kindGet, false, false},
		"list without the last":   {faults{short: true}, kindGet, false, false},
	}
	for name, tt := range tests {
		for _, reorders := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, reorders %v", name, reorders), func(t *testing.T) {
				s := &fakeStore{faults: tt.fault, docs: map[string]fakeDocument{}, reorders: reorders}
				r := &runner{
					task: task{
						Kind: tt.kind, Documents: 500, Shape: shape{Size: sizeLarge, Leaves: 4}, Callers: 2, Batch: 3, Target: time.Millisecond,
					},
					contender: contender{reorders: reorders},
					store:     s,
				}
				r.hire()
				if err := r.load(); err != nil {
					t.Fatal(err)
				}
				s.faulty = true
				if _, err := r.prove(); (err == nil) != tt.proves {
					t.Errorf("prove: %v", err)
				}
				if _, err := r.round(true); err != nil {
					t.Fatal(err)
				}
				if _, err := r.verify(); (err == nil) != tt.verifies {
					t.Errorf("verify: %v", err)
				}
			})
		}
	}
}

// fakeStore is a store in a map, with one fault.
type fakeStore struct {
	faults

	reorders bool // sorts the fields of a document

	faulty bool       // from now on
	mu     sync.Mutex // guards all below
	docs   map[string]fakeDocument
	calls  int
}

type faults struct{ lose, stale, still, mute, shift, partial, race, jumble, short bool }

type fakeDocument struct {
	version uint64
	doc     []byte
}

func (s *fakeStore) upsert(items []item, report reporter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for pos, it := range items {
		old := s.docs[it.id]
		d, err := old.next(it.changes, s.reorders)
		if err != nil {
			return err
		}
		if s.faulty {
			d = s.spoil(old, d)
		}
		answer := d.doc
		if s.faulty && s.stale {
			answer = old.doc
		}
		if !s.faulty || !s.mute || pos != 1 {
			report(pos, d.version, answer)
		}
		if s.faulty && s.lose && pos == 1 {
			continue
		}
		if s.faulty && s.shift {
			it.id = items[(pos+1)%len(items)].id
		}
		s.docs[it.id] = d
	}
	return nil
}

func (d fakeDocument) next(changes []byte, reorders bool) (fakeDocument, error) {
	next := nextValue
	if reorders {
		next = nextMapValue
	}
	value, err := next(nil, nil, changes)
	if d.doc != nil {
		value, err = next(nil, append(make([]byte, versionLength), d.doc...), changes)
	}
	if err != nil {
		return d, err
	}
	return fakeDocument{d.version + 1, value[versionLength:]}, nil
}

func (s *fakeStore) mutate(id string, _ []byte, fn mutation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	old := s.docs[id]
	changes, err := fn(old.doc)
	if err != nil {
		return err
	}
	d, err := old.next(changes, s.reorders)
	switch {
	case err != nil:
		return err
	case s.lose && s.calls%5 == 3:
		return nil
	case s.race && s.calls > 6: // those that prove; then another's increment is overwritten
		d = fakeDocument{old.version + 1, bytes.Clone(old.doc)}
	}
	s.docs[id] = d
	return nil
}

func (s *fakeStore) scan(fn func(id []byte, version uint64, doc []byte) error) error {
	ids := slices.Sorted(maps.Keys(s.docs))
	if s.faulty && s.jumble {
		ids[7], ids[8] = ids[8], ids[7]
	}
	if s.faulty && s.short {
		ids = ids[:len(ids)-1]
	}
	for _, id := range ids {
		if err := fn([]byte(id), s.docs[id].version, s.docs[id].doc); err != nil {
			return err
		}
	}
	return nil
}

func (s *fakeStore) remove(ids []string) error {
	for pos, id := range ids {
		if !s.lose || pos != 1 {
			delete(s.docs, id)
		}
	}
	return nil
}

func (s *fakeStore) settle() error { return nil }

func (s *fakeStore) spoil(old, d fakeDocument) fakeDocument {
	if s.still {
		d.version = old.version
	}
	if s.partial {
		city := regexp.MustCompile(`"city":"[^"]*"`)
		d.doc = city.ReplaceAll(d.doc, city.Find(old.doc))
	}
	return d
}

func (s *fakeStore) get(id string) ([]byte, uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.docs[id]
	if !ok {
		return nil, 0, errMissing
	}
	return d.doc, d.version, nil
}

func (s *fakeStore) close() error { return nil }
