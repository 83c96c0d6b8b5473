package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"time"

	jsonpatch "github.com/evanphx/json-patch/v5"
)

// mergeFunc is Kuzzlite's merge: it appends target, changed by changes, to dst. While it is nil, Kuzzlite is left out
// of the workload merge.
var mergeFunc func(dst, target, changes []byte) ([]byte, error)

// merger is a way to apply a partial update to JSON.
type merger struct {
	name  string
	merge func(dst, target, changes []byte) ([]byte, error)
}

func mergers() []merger {
	list := []merger{
		{"decode-merge-encode", mergeMaps}, {"json-patch", mergePatch}, {"sjson", mergeLeaves},
		{"memory", newMemoryCopy().copyNext},
	}
	if mergeFunc != nil {
		list = append([]merger{{"kuzzlite", mergeFunc}}, list...)
	}
	return list
}

// mergeMaps is what most programs do.
func mergeMaps(_, target, changes []byte) ([]byte, error) {
	var doc, over map[string]any
	if err := json.Unmarshal(target, &doc); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(changes, &over); err != nil {
		return nil, err
	}
	mergeMap(doc, over)
	return json.Marshal(doc)
}

func mergeMap(doc, over map[string]any) {
	for key, value := range over {
		inner, isObject := value.(map[string]any)
		if old, ok := doc[key].(map[string]any); ok && isObject {
			mergeMap(old, inner)
			continue
		}
		doc[key] = value
	}
}

func mergePatch(_, target, changes []byte) ([]byte, error) {
	return jsonpatch.MergePatch(target, changes)
}

func mergeLeaves(dst, target, changes []byte) ([]byte, error) {
	return setLeaves(append(dst, target...), changes)
}

func mergeWorkload() workload {
	w := workload{
		name:     "merge",
		question: "What does merging four leaves into a document cost?",
		setup: fmt.Sprintf("In memory, one goroutine; documents of %d B, 4 leaves (one of them nested). "+
			"The sjson variant sets in place, for these leaves keep their length. memory is no merge: it copies as many "+
			"bytes out of 256 MiB.", sizeLarge),
		unit:  "merges/s",
		shown: byRate,
		run:   (*bench).merge,
	}
	if mergeFunc != nil {
		w.bars = []bar{
			{against: []string{"decode-merge-encode"}, by: bySpeed, atLeast: 10},
			{against: []string{"json-patch"}, by: bySpeed, atLeast: 10},
			{against: []string{"sjson"}, by: bySpeed},
			{by: byAllocs, atMost: 2},
		}
	}
	return w
}

// merge runs the mergers in turn.
func (b *bench) merge(w workload) (samples []sample, err error) {
	in := newMergeInput()
	list := mergers()
	for _, m := range list {
		if m.name == "memory" {
			continue
		}
		if err := in.prove(m); err != nil {
			return nil, err
		}
	}
	for round := 0; round <= b.plan.Rounds; round++ {
		for _, m := range list {
			s, err := in.round(m, b.plan.Target/2)
			if err != nil {
				return nil, err
			}
			s.Workload, s.Round = w.name, round
			if round > 0 { // the first is to warm up
				samples = append(samples, s)
			}
		}
	}
	return samples, nil
}

// memoryCopy is the limit of any merge that must fetch its document first: a copy, out of more bytes than a cache has.
type memoryCopy struct {
	bytes []byte
	next  int
}

func newMemoryCopy() *memoryCopy {
	m := &memoryCopy{bytes: make([]byte, 256<<20)}
	for i := range m.bytes { // or the system has one page of zeros for all
		m.bytes[i] = byte(i)
	}
	return m
}

func (m *memoryCopy) copyNext(dst, target, _ []byte) ([]byte, error) {
	m.next = (m.next + len(target)) % (len(m.bytes) - len(target))
	return append(dst, m.bytes[m.next:m.next+len(target)]...), nil
}

// mergeInput is some documents and changes, more than a branch predictor learns.
type mergeInput struct{ targets, changes [][]byte }

func newMergeInput() (in mergeInput) {
	for i := range 64 {
		in.targets = append(in.targets, appendDocument(nil, i, sizeLarge, uint64(i)))
		in.changes = append(in.changes, appendChanges(nil, uint64(1000+i)))
	}
	return in
}

func (in mergeInput) prove(m merger) error {
	for i := range in.targets {
		out, err := m.merge(nil, in.targets[i], in.changes[i])
		if err != nil {
			return fmt.Errorf("merge, %s: %w", m.name, err)
		}
		var got, want any
		if err := json.Unmarshal(out, &got); err != nil {
			return fmt.Errorf("merge, %s: %w", m.name, err)
		}
		if err := json.Unmarshal(appendDocument(nil, i, sizeLarge, uint64(1000+i)), &want); err != nil {
			return err
		}
		if !reflect.DeepEqual(got, want) {
			return fmt.Errorf("merge, %s: wrong result %s", m.name, out)
		}
	}
	return nil
}

func (in mergeInput) round(m merger, target time.Duration) (s sample, err error) {
	runtime.GC()
	before, start := usage(), time.Now()
	dst := make([]byte, 0, 2*sizeLarge)
	for time.Since(start) < target {
		for i := range in.targets {
			if _, err := m.merge(dst[:0], in.targets[i], in.changes[i]); err != nil {
				return s, err
			}
		}
		s.Documents += len(in.targets)
	}
	s.Seconds = time.Since(start).Seconds()
	after := usage()
	s.Contender, s.Calls = m.name, s.Documents
	s.CPU = after.cpu - before.cpu
	s.Allocs = float64(after.mallocs-before.mallocs) / float64(s.Documents)
	return s, nil
}
