package main

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// What the engine tells is in the samples: without it nobody would see that a round was without a checkpoint, or that
// an overlay was not full.
func checkEngineSamples(t *testing.T, dir string) {
	t.Helper()
	all, err := readSamples(filepath.Join(dir, "samples.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range workloads(tinyPlan) {
		for _, s := range all[w.name] {
			if w.watch && strings.HasPrefix(s.Contender, "kuzzlite") && s.HeapLive == 0 {
				t.Errorf("%s, %s: no heap", w.name, s.Contender)
			}
			switch {
			case s.Contender == fullLabel && (s.Overlay < fullOverlay/2 || s.Checkpoints > 0):
				t.Errorf("%s, %s: %d bytes in the overlay, %d checkpoints", w.name, s.Contender, s.Overlay, s.Checkpoints)
			case s.Contender == offLabel && s.Checkpoints > 0:
				t.Errorf("%s, %s: %d checkpoints", w.name, s.Contender, s.Checkpoints)
			case s.Contender == logsLabel && s.Recovery == 0:
				t.Errorf("%s, %s: nothing was recovered", w.name, s.Contender)
			}
		}
	}
}

// A program of an older commit does not complain about what it does not know: it measures something else.
func TestOlderProgramsUnderstand(t *testing.T) {
	b := &bench{before: &older{added: true}}
	var found int
	for _, w := range workloads(fullPlan) {
		for _, e := range w.entries {
			if !e.before || w.kind == "" { // engine-load runs a command line, not a bench program
				continue
			}
			found++
			if !understoodBefore(b.task(w, e)) {
				t.Errorf("%s: it is not understood by an older program", w.name)
			}
		}
	}
	if found < len(engineRows) {
		t.Errorf("%d entries before", found)
	}
	for _, task := range []task{{Kind: "new"}, {Kind: kindUpdate, Pace: 1}, {Kind: kindGet, Overlay: true}, {Kind: kindUpdate, Halves: true}} {
		if understoodBefore(task) {
			t.Errorf("%+v is said to be understood", task)
		}
	}
}

// What the run lacks is left out, and nothing else.
func TestSkips(t *testing.T) {
	memory := before("kuzzlite-memory")
	for name, tt := range map[string]struct {
		bench bench
		entry entry
		skips bool
	}{
		"all":                   {bench{}, entry{contender: "bbolt"}, false},
		"no older program":      {bench{}, before("kuzzlite"), true},
		"an older program":      {bench{before: &older{}}, before("kuzzlite"), false},
		"one without memory":    {bench{before: &older{}}, memory, true},
		"one with memory":       {bench{before: &older{added: true}}, memory, false},
		"one that cannot count": {bench{before: &older{}}, before("kuzzlite-mutate"), true},
		"one that can":          {bench{before: &older{added: true}}, before("kuzzlite-mutate"), false},
		"asked for":             {bench{only: regexp.MustCompile("^bb")}, entry{contender: "bbolt"}, false},
		"not asked for":         {bench{only: regexp.MustCompile("^bb")}, entry{contender: "pebble"}, true},
		"its label is not":      {bench{only: regexp.MustCompile("full")}, entry{contender: "kuzzlite"}, true},
		"its label is":          {bench{only: regexp.MustCompile("full")}, entry{label: fullLabel}, false},
		"the older by its own":  {bench{before: &older{}, only: regexp.MustCompile("kuzz")}, before("kuzzlite"), true},
	} {
		if got := tt.bench.skips(tt.entry); got != tt.skips {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestBars(t *testing.T) {
	rounds := func(name string, documents ...int) (list []sample) {
		for i, n := range documents {
			list = append(list, sample{Contender: name, Round: i + 1, Documents: n, Seconds: 1, OwnPeak: int64(n) << 20})
		}
		return list
	}
	samples := slices.Concat(rounds("kuzzlite", 100, 200, 900), rounds("slow", 10, 20, 30), rounds("fast", 50, 100, 100))
	for name, tt := range map[string]struct {
		bar                     bar
		median, total           float64
		bound, stretch, against string
		met, reached            bool
	}{
		"met": {
			bar: bar{against: []string{"slow"}, by: byRate, atLeast: 10, stretch: 11}, median: 10, total: 20,
			bound: "≥ 10", stretch: "≥ 11", met: true, against: "slow",
		},
		"the best counts": {
			bar: bar{against: []string{"slow", "fast", "none"}, by: byRate, atLeast: 2.1}, median: 2, total: 4.8,
			bound: "≥ 2.1", against: "fast",
		},
		"stretch": {
			bar: bar{against: []string{"fast"}, by: byRate, atLeast: 1, stretch: 2}, median: 2, total: 4.8,
			bound: "≥ 1", stretch: "≥ 2", met: true, reached: true, against: "fast",
		},
		"a cost":      {bar: bar{by: byOwn, atMost: 300}, median: 200, bound: "≤ 300", met: true},
		"its worst":   {bar: bar{by: byOwn, atMost: 300, worst: true}, median: 200, bound: "≤ 300"},
		"it is shown": {bar: bar{by: byOwn}, median: 200, met: true},
		"cost, stretch": {
			bar: bar{by: byOwn, atMost: 300, stretch: 150}, median: 200, bound: "≤ 300", stretch: "≤ 150", met: true,
		},
	} {
		v, ok := tt.bar.judge(workload{name: "w"}, samples)
		if !ok {
			t.Errorf("%s: no verdict", name)
			continue
		}
		if diff := v.Total - tt.total; v.Ratio.Median != tt.median || diff > 1e-9 || diff < -1e-9 {
			t.Errorf("%s: median %v, total %v", name, v.Ratio.Median, v.Total)
		}
		if v.Bound != tt.bound || v.Stretch != tt.stretch || v.Against != tt.against ||
			v.Met != tt.met || v.Reached != tt.reached {
			t.Errorf("%s: %+v", name, v)
		}
	}
	for _, b := range []bar{{of: "none", by: byRate}, {against: []string{"none"}, by: byRate}} {
		if v, ok := b.judge(workload{}, samples); ok {
			t.Errorf("a verdict without samples: %+v", v)
		}
	}
}

// The pooled percentiles are as good as those of a list.
func TestHistogram(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var all latencies
	for range 100_000 {
		all = append(all, time.Duration(random.ExpFloat64()*float64(300*time.Microsecond)))
	}
	all = append(all, 0, 1, 255, 256, 257, time.Hour)
	var h histogram
	h.add(all[:1000])
	h.add(all[1000:])
	slices.Sort(all)
	for _, p := range []float64{0, 0.001, 0.5, 0.99, 0.999, 1} {
		got, want := h.percentile(p).Seconds(), percentile(all, p).Seconds()
		if got < want*0.99-1e-9 || got > want*1.01+1e-9 {
			t.Errorf("%g: %v, must be %v", p, got, want)
		}
	}
	var s sample
	if h.fill(&s); s.Calls != len(all) {
		t.Errorf("%d calls", s.Calls)
	}
	var none histogram
	if none.fill(&s); s.P50 != 0 || s.Calls != 0 {
		t.Errorf("of nothing: %+v", s)
	}
}

// A paced caller who comes too late for a call has waited for it.
func TestPacedCallsWait(t *testing.T) {
	r := &runner{task: task{Pace: 1e9, Target: 500}} // a call is due each nanosecond
	c := &countingCaller{}
	s, l, err := r.paced(c)
	if err != nil || s.Calls != 500 || c.calls != 500 || c.prepared != 500 {
		t.Fatalf("%d calls of %d: %v", c.calls, s.Calls, err)
	}
	if !slices.IsSorted(l) { // each waits for all that came before
		t.Errorf("waited %v …", l[:20])
	}
	c.err = errMissing
	if _, _, err := r.paced(c); !errors.Is(err, errMissing) {
		t.Error(err)
	}
}

type countingCaller struct {
	prepared, calls int
	err             error
}

func (c *countingCaller) prepare()    { c.prepared++ }
func (c *countingCaller) call() error { c.calls++; return c.err }

// The limits write what they say, and stay in their files.
func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		name  string
		bytes int64
	}{{"disk", 4096}, {"append", appendSpace}, {"random4k", 600 * sizeSmall * 3 / 2 / 4096 * 4096}} {
		dir := t.TempDir()
		s, err := contenderNamed(tt.name).open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if sized, ok := s.(sized); ok {
			if err := sized.prepareFor(600, sizeSmall); err != nil {
				t.Fatal(err)
			}
		}
		if a, ok := s.(*appender); ok {
			a.at = appendSpace - 3*1024 // or it would take as many calls as the file has room for
		}
		for range 7 {
			if err := s.upsert(make([]item, 200), ignore); err != nil {
				t.Fatal(err)
			}
		}
		info, err := os.Stat(filepath.Join(dir, "disk"))
		if err != nil || info.Size() != tt.bytes {
			t.Errorf("%s: %d bytes, must be %d: %v", tt.name, info.Size(), tt.bytes, err)
		}
		if r, ok := s.(*scatterer); ok && (r.drawn != 1400 || r.pending >= syncEvery) {
			t.Errorf("%d pages, %d of them not synced", r.drawn, r.pending)
		}
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}
}

func TestLiveTraced(t *testing.T) {
	const trace = "gc 1 @0.010s 1%: 0.01+1.2+0.003 ms clock, 0.03+0.4/0.5/0+0.007 ms cpu, 4->5->2 MB, 5 MB goal\n" +
		"42 documents -> 99->98->97 MB\n" +
		"gc 2 @0.020s 2%: 0.01+1.2+0.003 ms clock, 0.03+0.4/0.5/0+0.007 ms cpu, 30->31->17 MB, 40 MB goal, 0 MB stacks\n" +
		"gc 3 @0.030s 2%: 0.01+1.2+0.003 ms clock, 0.03+0.4/0.5/0+0.007 ms cpu, 30->31->3 MB, 40 MB goal, 2 P\n"
	if got := liveTraced([]byte(trace)); got != 17<<20 {
		t.Errorf("%d bytes", got)
	}
}

// A round's memory is what the store takes, not what the process had before.
func TestRoundWatch(t *testing.T) {
	r := &runner{task: task{Watch: true}, empty: usage()}
	w := r.watchRound()
	held := make([]byte, 64<<20)
	for i := range held {
		held[i] = byte(i)
	}
	var s sample
	w.fill(&s, r.empty)
	if s.HeapLive < 64<<20 {
		t.Errorf("%d bytes alive", s.HeapLive)
	}
	if r.empty.own > 0 && (s.OwnPeak < 32<<20 || s.OwnPeak > 256<<20) {
		t.Errorf("%d bytes of its own", s.OwnPeak)
	}
	if held[1] != 1 {
		t.Error("it is not held")
	}
	r.Watch = false
	if w := r.watchRound(); w != nil {
		t.Error("it watches unasked")
	}
}
