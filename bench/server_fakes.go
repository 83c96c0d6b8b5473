package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/kuzzlite/kuzzlite/kuzzle/client"
	"github.com/kuzzlite/kuzzlite/kuzzletest"
)

// Package kuzzletest: each call starts fakes, and asks each for what it stores.

func init() { kuzzlites = append(kuzzlites, fakeContender, fakesContender) }

var fakeContender = contender{
	name: "kuzzletest",
	settings: "each call starts a fake by kuzzletest.New, connects to it by a WebSocket, and has its first answer; another " +
		"goroutine ends it",
	open:  func(string) (store, error) { return newFaker(), nil },
	limit: true,
}

var fakesContender = contender{
	name: "kuzzletest-many",
	settings: "each call starts as many fakes as there are documents, with a client each that has its first answer, and " +
		"then ends them all",
	open:  func(string) (store, error) { return &manyFakes{}, nil },
	limit: true,
}

// oneTest stands for the test in which a fake is.
type oneTest struct {
	testing.TB // nil: a fake needs nothing else of a test

	cleanups []func()
}

func (t *oneTest) Helper()                           {}
func (t *oneTest) Cleanup(fn func())                 { t.cleanups = append(t.cleanups, fn) }
func (t *oneTest) Fatalf(format string, args ...any) { panic(fmt.Errorf(format, args...)) }

// end does what is done at the end of a test.
func (t *oneTest) end() {
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}

// startFake starts a fake and has its first answer. The test is to be ended, even after an error.
func startFake() (t *oneTest, err error) {
	t = &oneTest{}
	fake := kuzzletest.New(t)
	c, err := client.Dial(context.Background(), fake.WebSocketURL)
	if err != nil {
		return t, err
	}
	t.Cleanup(func() { c.Close() })
	list, err := c.Query(context.Background(), &client.Request{Controller: "index", Action: "list"})
	if err == nil && string(list) != `{"indexes":[]}` {
		err = fmt.Errorf("the first answer is %s", list)
	}
	return t, err
}

// faker is no store: each of its calls starts a fake.
type faker struct {
	diskStore // has what a limit has, and is not used

	started chan *oneTest
	ended   chan struct{}
}

func newFaker() *faker {
	f := &faker{started: make(chan *oneTest, 64), ended: make(chan struct{})}
	go func() {
		defer close(f.ended)
		for t := range f.started {
			t.end()
		}
	}()
	return f
}

func (f *faker) upsert([]item, reporter) error {
	t, err := startFake()
	f.started <- t
	return err
}

func (f *faker) close() error {
	close(f.started)
	<-f.ended
	return nil
}

// manyFakes is no store: each of its calls starts many fakes, which are there at the same time.
type manyFakes struct {
	diskStore // has what a limit has, and is not used

	fakes int
}

func (m *manyFakes) prepareFor(fakes, _ int) error {
	m.fakes = fakes
	return nil
}

func (m *manyFakes) upsert([]item, reporter) (err error) {
	var tests []*oneTest
	for len(tests) < m.fakes && err == nil {
		var t *oneTest
		t, err = startFake()
		tests = append(tests, t)
	}
	for _, t := range tests {
		t.end()
	}
	return err
}

func (m *manyFakes) close() error { return nil }
