// Package kvtest is the suite that every engine of package kv passes. A naive model, maps of strings, says what is
// right.
package kvtest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Options say what else the suite may do with an engine. The zero Options are good for every engine.
type Options struct {
	// Reopen closes an engine and opens it again with the same content. The suite has released all views and stages. Nil:
	// the engine cannot do that.
	Reopen func(t *testing.T, e kv.Engine) kv.Engine

	// Disturb makes the engine do what it otherwise does at moments of its own choice, such as a checkpoint. It is
	// called at random moments, while views are open but no stage is, on the goroutine that holds these views: so what
	// waits for views must not be waited for. Nil: nothing.
	Disturb func(e kv.Engine)

	// Steps is how long each random run is. 0 means 300.
	Steps int

	// Views is how many views a random run keeps open. 0 means 3.
	Views int
}

// Run runs the suite. open returns a new engine without content, which the suite closes.
func Run(t *testing.T, open func(t *testing.T) kv.Engine, o Options) {
	if o.Steps == 0 {
		o.Steps = 300
	}
	if o.Views == 0 {
		o.Views = 3
	}
	for _, test := range []struct {
		name string
		run  func(s *subject)
	}{
		{"Random", testRandom},
		{"Values", testValues},
		{"Scan", testScan},
		{"GetMany", testGetMany},
		{"NoBucket", testNoBucket},
		{"DropAndCreate", testDropAndCreate},
		{"DeleteRange", testDeleteRange},
		{"LongRange", testLongRange},
		{"Queue", testQueue},
		{"Stage", testStage},
		{"Rest", testRest},
		{"EmptyBatch", testEmptyBatch},
		{"Misuse", testMisuse},
		{"BeginContext", testBeginContext},
		{"Counters", testCounters},
		{"Readers", testReaders},
		{"Closed", testClosed},
		{"CloseWaits", testCloseWaits},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(&subject{T: t, open: open, Options: o}) })
	}
}

// subject is an engine under test, with short forms of what the tests do to it. Every error ends the test.
type subject struct {
	*testing.T
	Options
	open   func(t *testing.T) kv.Engine
	engine kv.Engine
}

// start opens the engine, which is closed when the test ends.
func (s *subject) start() {
	s.Helper()
	s.engine = s.open(s.T)
	s.Cleanup(func() {
		if err := s.engine.Close(); err != nil {
			s.Errorf("Close: %v", err)
		}
	})
}

// read returns a view, which is released at the latest when the test ends.
func (s *subject) read() kv.View {
	s.Helper()
	v, err := s.engine.Read(context.Background())
	s.must(err)
	open := &openView{View: v}
	s.Cleanup(open.Release)
	return open
}

// begin returns a stage, which ends at the latest when the test does.
func (s *subject) begin() kv.Stage {
	s.Helper()
	stage, err := s.engine.Begin(context.Background())
	s.must(err)
	open := &openStage{openView{View: stage}, stage}
	s.Cleanup(open.Release)
	return open
}

// openView sees to it that a view is released once, so that Close does not wait for the view of a test that failed.
type openView struct {
	kv.View
	ended bool
}

func (v *openView) Release() {
	if !v.ended {
		v.ended = true
		v.View.Release()
	}
}

type openStage struct {
	openView
	stage kv.Stage
}

func (s *openStage) Rest() { s.stage.Rest() }

func (s *openStage) Append(b *kv.Batch) (kv.Pending, error) {
	s.ended = true
	return s.stage.Append(b)
}

// write appends a batch and waits for it.
func (s *subject) write(b *kv.Batch) {
	s.Helper()
	pending, err := s.begin().Append(b)
	s.must(err)
	s.must(pending.Wait())
}

func (s *subject) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// disturbance is what may be done between two steps of a test.
type disturbance struct {
	name string
	do   func(s *subject)
}

// disturbances returns nothing, and whatever the options offer.
func (s *subject) disturbances() []disturbance {
	all := []disturbance{{"nothing", func(*subject) {}}}
	if s.Disturb != nil {
		all = append(all, disturbance{"disturb", func(s *subject) { s.Disturb(s.engine) }})
	}
	if s.Reopen != nil {
		all = append(all, disturbance{"reopen", func(s *subject) { s.engine = s.Reopen(s.T, s.engine) }})
	}
	return all
}

// everyWay runs a test once for each way to put a disturbance into each of its gaps, on a new engine each time. The
// test calls its argument in the gaps. The name of a subtest says what happens there.
func (s *subject) everyWay(gaps int, test func(s *subject, gap func())) {
	all := s.disturbances()
	ways := [][]disturbance{nil}
	for range gaps {
		var longer [][]disturbance
		for _, way := range ways {
			for _, d := range all {
				longer = append(longer, append(slices.Clone(way), d))
			}
		}
		ways = longer
	}
	for _, way := range ways {
		var names []string
		for _, d := range way {
			names = append(names, d.name)
		}
		s.Run(strings.Join(names, "-"), func(t *testing.T) {
			sub := &subject{T: t, open: s.open, Options: s.Options}
			sub.start()
			test(sub, func() {
				way[0].do(sub)
				way = way[1:]
			})
		})
	}
}
