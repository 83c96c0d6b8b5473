package main

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	lib "github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle"
)

// servedRunner returns a runner of a server with some options.
func servedRunner(t *testing.T, o *kuzzle.Options) *runner {
	t.Helper()
	s, err := openInMemory(&lib.Options{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := serve(s.(*kuzzliteStore), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.close(); err != nil {
			t.Error(err)
		}
	})
	r := &runner{
		task: task{
			Kind: kindUpdate, Documents: 500, Shape: shape{Size: sizeSmall, Leaves: 4}, Callers: 2, Batch: 3, Target: time.Millisecond,
		},
		contender: contender{metadata: true}, store: v,
	}
	r.hire()
	return r
}

// A server that does not do what it says is found out before it is measured, or at the latest afterwards.
func TestServedFindsFaults(t *testing.T) {
	replacing := func(from, to string, stored bool) func(*kuzzle.Request, *kuzzle.Response) {
		return func(_ *kuzzle.Request, response *kuzzle.Response) {
			response.Result = bytes.ReplaceAll(response.Result, []byte(to), []byte(from))
			if !stored {
				response.Result = bytes.ReplaceAll(response.Result, []byte(from), []byte(to))
			}
		}
	}
	for name, tt := range map[string]struct {
		before           func(*kuzzle.Request)
		after            func(*kuzzle.Request, *kuzzle.Response)
		proves, verifies bool
		works            bool
	}{
		"none":                       {proves: true, works: true, verifies: true},
		"another document is stored": {before: another, after: replacing(`"ci-`, `"cx-`, true)},
		"another one is answered": {
			after: replacing(`"ci-`, `"cx-`, false), works: true, verifies: true,
		},
		"another version is answered": {after: replacing(`"_version":`, `"_version":1`, false), works: true, verifies: true},
		"another id is answered":      {after: replacing(`"_id":"`, `"_id":"x`, false), verifies: true},
		"one success is missing": {
			after: func(_ *kuzzle.Request, response *kuzzle.Response) {
				at := bytes.LastIndex(response.Result, []byte(`,{"_id":`))
				response.Result = append(response.Result[:at:at], `]}`...)
			},
			verifies: true,
		},
		"an error": {
			after: func(_ *kuzzle.Request, response *kuzzle.Response) {
				response.Err = &kuzzle.Error{Status: 500, Message: "on purpose"}
			},
			verifies: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			faulty := false
			r := servedRunner(t, &kuzzle.Options{Wrap: func(next kuzzle.Handler) kuzzle.Handler {
				return func(ctx context.Context, q *kuzzle.Request) *kuzzle.Response {
					spoils := faulty && q.Action == "mUpsert"
					if spoils && tt.before != nil {
						tt.before(q)
					}
					response := next(ctx, q)
					if spoils && tt.after != nil {
						tt.after(q, response)
					}
					return response
				}
			}})
			if err := r.load(); err != nil {
				t.Fatal(err)
			}
			faulty = true
			_, err := r.prove()
			if (err == nil) != tt.proves {
				t.Errorf("prove: %v", err)
			}
			_, err = r.round(true)
			if works := tt.works || tt.before != nil; (err == nil) != works {
				t.Errorf("a round: %v", err)
			}
			if _, err = r.verify(); !tt.verifies && err == nil {
				t.Error("nobody notices")
			}
		})
	}
}

// another has the server store something else.
func another(q *kuzzle.Request) { q.Body = bytes.ReplaceAll(q.Body, []byte(`"ci-`), []byte(`"cx-`)) }

// Metadata is taken off if it is as it must be.
func TestWithoutMetadata(t *testing.T) {
	for doc, want := range map[string]string{
		`{"_kuzzle_info":{"author":"-1","createdAt":1},"a":{"b":1}}`: `{"a":{"b":1}}`,
		`{"_kuzzle_info":{"author":"me","createdAt":1},"a":1}`:       "",
		`{"a":1}`:                         "",
		`{"_kuzzle_info":{"author":"-1"}`: "",
	} {
		got, err := withoutMetadata([]byte(doc))
		if (err == nil) != (want != "") || string(got) != want {
			t.Errorf("%s: %s, %v", doc, got, err)
		}
	}
}

// An echo must be what was sent.
func TestEchoIsChecked(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func([]byte) []byte
		right  bool
	}{
		"as it is":  {func(frame []byte) []byte { return frame }, true},
		"longer":    {func(frame []byte) []byte { return append([]byte(" "), frame...) }, false},
		"different": {func(frame []byte) []byte { return bytes.Replace(frame, []byte("mUpsert"), []byte("mupsert"), 1) }, false},
		"no number": {func(frame []byte) []byte { return frame[:len(frame)-1] }, false},
	} {
		e, err := openEcho(tt.answer)
		if err != nil {
			t.Fatal(err)
		}
		items := []item{{id: "a", changes: []byte(`{"n":1}`)}}
		for range 3 {
			if err = e.upsert(items, ignore); !tt.right {
				break
			}
		}
		if (err == nil) != tt.right {
			t.Errorf("%s: %v", name, err)
		}
		if err := e.close(); tt.right && err != nil {
			t.Errorf("%s: close: %v", name, err)
		}
	}
}

// A subscriber who is told of something else, or not at all, or once too often, is noticed.
func TestSubscribersFindFaults(t *testing.T) {
	right := `{"result":{"_source":{"_kuzzle_info":{},"customer":"c1","number":1,"n":1}},"room":"b"}`
	s := &subscribed{audience: byFilter, size: 2}
	for frame, ok := range map[string]bool{
		right: true,
		strings.Replace(right, `"n":1`, `"n":2`, 1):              false,
		strings.Replace(right, `"room":"b"`, `"room":"a"`, 1):    false,
		strings.Replace(right, `"number":1`, `"number":11`, 1):   false,
		strings.Replace(right, `"customer":"c1"`, `"n":null`, 1): false,
	} {
		l := &listener{channels: []string{"a", "b"}, calls: 1}
		if err := s.check(l, []byte(frame)); (err == nil) != ok {
			t.Errorf("%s: %v", frame, err)
		}
	}
	s, err := openSubscribed(everybody, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.prepareFor(3, 0); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := s.upsert(nil, ignore); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.wait(time.Millisecond); err == nil {
		t.Error("notifications that do not come are not missed")
	}
	if err := s.verify(); err != nil {
		t.Error(err)
	}
	s.calls++ // as if a write had been lost
	defer func() {
		if wrong := fmt.Sprint(recover()); !strings.Contains(wrong, "subscriber 2 was told of 5 of 6") {
			t.Errorf("close: %v", wrong)
		}
	}()
	s.close()
}

// A fake is gone at the end of its test.
func TestFakesEnd(t *testing.T) {
	test, err := startFake()
	if err != nil {
		t.Fatal(err)
	}
	var order []int
	test.Cleanup(func() { order = append(order, 1) })
	test.Cleanup(func() { order = append(order, 2) })
	test.end()
	if fmt.Sprint(order) != "[2 1]" {
		t.Errorf("cleanups ran in the order %v", order)
	}
	defer func() {
		if recover() == nil {
			t.Error("a fake that cannot start is not noticed")
		}
	}()
	test.Fatalf("on purpose")
}

// A heap that grows is told.
func TestHeapGrown(t *testing.T) {
	const much = 4 << 20
	r := &runner{task: task{Watch: true}}
	var s sample
	r.grown(&s, false)
	if s.Grown != 0 {
		t.Errorf("%d bytes in the round to warm up", s.Grown)
	}
	kept := make([]byte, much)
	r.grown(&s, true)
	if s.Grown < much*3/4 {
		t.Errorf("%d bytes of %d", s.Grown, len(kept))
	}
	runtime.KeepAlive(kept)
}
