package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary be a contender's process.
func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" || os.Getenv(loaderEnv) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

var tinyPlan = plan{
	Rounds: 1, Target: 5 * time.Millisecond, Documents: 1500, Small: 400, Large: 1500, Load: 1500, LoadRuns: 1,
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
	}
	if err := c.run(&stdout, io.Discard); err != nil {
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
			if !leftOut(e.contender) && !strings.Contains(section, "\n| "+e.name()+" | ") {
				t.Errorf("%s: no result of %s", w.name, e.name())
			}
		}
		for _, b := range w.bars {
			if row := fmt.Sprintf("| %s | %s", w.name, kuzzlite.name); b.of == "" && !strings.Contains(text, row) {
				t.Errorf("%s: no verdict", w.name)
			}
		}
	}
	for _, file := range []string{"report.md", "samples.jsonl", "summary.json"} {
		if info, err := os.Stat(filepath.Join(out, file)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// A contender that lies, forgets or mixes up is found out before it is measured, or at the latest afterwards.
func TestVerificationFindsFaults(t *testing.T) {
	tests := map[string]struct {
		fault            fakeStore
		proves, verifies bool
	}{
		"none":                {fakeStore{}, true, true},
		"lost write":          {fakeStore{lose: true}, false, false},
		"stale answer":        {fakeStore{stale: true}, false, true},
		"version stays":       {fakeStore{still: true}, false, false},
		"answer is missing":   {fakeStore{mute: true}, false, true},
		"another document":    {fakeStore{shift: true}, false, false},
		"leaf is not changed": {fakeStore{partial: true}, false, false},
	}
	for name, tt := range tests {
		for _, reorders := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, reorders %v", name, reorders), func(t *testing.T) {
				s := tt.fault
				s.docs, s.reorders = map[string]fakeDocument{}, reorders
				r := &runner{
					task:     task{Documents: 500, Size: sizeLarge, Callers: 2, Batch: 3, Target: time.Millisecond},
					store:    &s,
					reorders: reorders,
				}
				for caller := range r.Callers {
					r.streams = append(r.streams, newStream(r.Documents, r.Callers, caller, r.Batch))
				}
				if err := r.load(); err != nil {
					t.Fatal(err)
				}
				s.faulty = true
				if _, err := r.prove(); (err == nil) != tt.proves {
					t.Errorf("prove: %v", err)
				}
				if err := r.verify(); (err == nil) != tt.verifies {
					t.Errorf("verify: %v", err)
				}
			})
		}
	}
}

// fakeStore is a store in a map, with one fault.
type fakeStore struct {
	lose, stale, still, mute, shift, partial bool

	reorders bool // sorts the fields of a document

	faulty bool // from now on
	docs   map[string]fakeDocument
}

type fakeDocument struct {
	version uint64
	doc     []byte
}

func (s *fakeStore) upsert(items []item, report reporter) error {
	for pos, it := range items {
		next := nextValue
		if s.reorders {
			next = nextMapValue
		}
		old := s.docs[it.id]
		value, err := next(nil, nil, it.changes)
		if old.doc != nil {
			value, err = next(nil, append(make([]byte, versionLength), old.doc...), it.changes)
		}
		if err != nil {
			return err
		}
		d := fakeDocument{old.version + 1, value[versionLength:]}
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
	d, ok := s.docs[id]
	if !ok {
		return nil, 0, errMissing
	}
	return d.doc, d.version, nil
}

func (s *fakeStore) close() error { return nil }
