package wire_test

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
)

// FuzzCall reads requests as the server does. What is read writes the same again.
func FuzzCall(f *testing.F) {
	full := &wire.Call{
		Index: "i", Collection: "c\xff", IDs: []wire.Text{"a", "\xfe"}, Query: parsed(f, "a = 1"),
		Search: &wire.Search{Body: `{"size":1}`, Query: parsed(f, "b = 2"), MaxScan: 3},
		Items:  []wire.Item{{ID: "a", IfVersion: 1}}, Write: wire.WriteOptionsOf(&kuzzlite.WriteOptions{User: "ada"}),
	}
	f.Add(pack(f, full, []byte(`{"n":1e400}`), nil, []byte{}))
	f.Add([]byte("{}\n"))
	f.Add([]byte("{\"query\":{\"language\":\"koncorde\",\"text\":\"{}\"}}\n\x00\x02a"))
	f.Add([]byte("{\"id\":{\"base64\":\"/w==\"}}\n"))
	f.Fuzz(func(t *testing.T, message []byte) {
		c, values, err := wire.UnpackCall(message)
		if err != nil {
			return
		}
		again, err := wire.Pack(c, values...)
		if err != nil {
			t.Skip(err) // a time that JSON reads and does not write
		}
		c2, values2, err := wire.UnpackCall(again)
		if err != nil {
			t.Fatalf("%q was read, and %q cannot be: %v", message, again, err)
		}
		if third := pack(t, c2, values2...); !bytes.Equal(again, third) || !reflect.DeepEqual(values, values2) {
			t.Fatalf("%q became %q", again, third)
		}
	})
}

// FuzzAnswer reads answers as the client does.
func FuzzAnswer(f *testing.F) {
	result, values := wire.ResultOf(&kuzzlite.Result{
		Successes: []kuzzlite.Success{{ID: "a", Status: 200}},
		Errors:    []kuzzlite.Failure{{Reason: "r", Err: &kuzzlite.DocumentError{ID: "\xff", Err: kuzzlite.ErrInvalid}}},
	})
	outcome := pack(f, wire.Reply{Value: result, Error: wire.ErrorOf(kuzzlite.ErrIncomplete)}, values...)
	item := pack(f, wire.Document{ID: "a"}, []byte(`{}`))
	answer := append(wire.AppendFrame(nil, wire.FrameItem, len(item)), item...)
	f.Add(append(wire.AppendFrame(answer, wire.FrameOutcome, len(outcome)), outcome...))
	f.Add([]byte("p\x02{}"))
	f.Add([]byte("o\x03{}\n"))
	head, values := wire.SearchResultOf(&kuzzlite.SearchResult{Total: 1, Hits: []kuzzlite.Hit{{Score: 1, Scored: true}}})
	outcome = pack(f, wire.Reply{Value: head}, values...)
	f.Add(append(wire.AppendFrame(nil, wire.FrameOutcome, len(outcome)), outcome...))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, size := wire.NewReader(bytes.NewReader(text)), 0
		for {
			kind, payload, err := r.Next()
			if err != nil {
				return
			}
			if size += len(payload) + 2; size > len(text) {
				t.Fatalf("%d bytes were read of %d", size, len(text))
			}
			if kind == wire.FrameOutcome {
				readOutcome(payload)
				continue
			}
			var doc wire.Document
			if values, err := wire.Unpack(payload, &doc); err == nil {
				_, _ = wire.Documents([]wire.Document{doc}, values)
			}
			var change wire.Change
			if values, err := wire.Unpack(payload, &change); err == nil {
				_, _ = change.Library(values)
			}
		}
	})
}

func readOutcome(payload []byte) {
	var result *wire.Result
	reply := wire.Reply{Value: &result}
	if values, err := wire.Unpack(payload, &reply); err == nil {
		if res, err := result.Library(values); err == nil && res != nil {
			_ = res.AppendJSON(nil)
		}
	}
	if err := reply.Error.Err(); err != nil {
		_ = err.Error()
	}
	var found *wire.SearchResult
	if values, err := wire.Unpack(payload, &wire.Reply{Value: &found}); err == nil && found != nil {
		if r, err := found.Library(values); err == nil {
			_ = r.AppendJSON(nil)
		}
	}
	var byQuery *wire.ByQueryResult
	if values, err := wire.Unpack(payload, &wire.Reply{Value: &byQuery}); err == nil {
		_, _ = byQuery.Library(values)
	}
}
