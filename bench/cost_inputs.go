package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	lib "github.com/kuzzlite/kuzzlite"
)

// The inputs of the workloads api-cost-…

// costInputs are the calls, by name. The size is that of a plan, 1,000,000 in full: the numbers below are those then.
var costInputs = map[string]func(size int) costCall{
	"keys":              func(size int) costCall { return keysCost(size) },
	"keys, a quarter":   func(size int) costCall { return keysCost(size / 4) },
	"fields":            func(size int) costCall { return fieldsCost(size) },
	"fields, a quarter": func(size int) costCall { return fieldsCost(size / 4) },
	"one id":            func(size int) costCall { return oneIDCost(size, size/500) },
	"one id, a quarter": func(size int) costCall { return oneIDCost(size, size/2000) },
	"leaves":            func(size int) costCall { return leavesCost(1, 10*size/leafBytes) },
	"leaves of many":    func(size int) costCall { return leavesCost(10*size/(longKey+fewLeaves*leafBytes), fewLeaves) },
	"results":           func(size int) costCall { return resultsCost(size/10, &lib.WriteOptions{NoSource: true}) },
	"results, whole":    func(size int) costCall { return resultsCost(size/10, nil) },
}

const (
	longKey   = 1000               // bytes
	leafBytes = len(`"000000":1,`) // that a leaf takes
	fewLeaves = 100
)

// keysCost merges {"kk…k": {"00000": {}, …}}, 1 MB of which half is the first key, into an empty document: the path of
// each of the 45,454 leaves is half a megabyte long.
func keysCost(size int) costCall {
	changes := func() json.RawMessage {
		return raw(`{"`, strings.Repeat("k", size/2), `":{`, members("", 5, size/2/len(`"00000":{},`), "{}"), `}}`)
	}
	return upserts{n: 1, before: empty, changes: changes, after: changes}.cost()
}

// leavesCost merges {"kk…k": {"000000": 1, …}} into documents, with a first key of 1,000 bytes.
func leavesCost(documents, leaves int) costCall {
	changes := func() json.RawMessage {
		return raw(`{"`, strings.Repeat("k", longKey), `":{`, members("", 6, leaves, "1"), `}}`)
	}
	return upserts{n: documents, before: empty, changes: changes, after: changes}.cost()
}

// resultsCost changes a number in each of 500 documents of 100 KB.
func resultsCost(size int, o *lib.WriteOptions) costCall {
	document := func(n string) json.RawMessage {
		const others = len(`{"v":"","n":0}`)
		return raw(`{"v":"`, strings.Repeat("v", size-others), `","n":`, n, `}`)
	}
	return upserts{
		n:       500,
		before:  func() json.RawMessage { return document("0") },
		changes: func() json.RawMessage { return raw(`{"n":1}`) },
		after:   func() json.RawMessage { return document("1") },
		options: o,
	}.cost()
}

// upserts are changes to n documents, all alike, in one call of MUpsert. The functions make new bytes each time, so
// that only the request has those of the request.
type upserts struct {
	n                      int
	before, changes, after func() json.RawMessage
	options                *lib.WriteOptions
}

func (u upserts) cost() (c costCall) {
	request := u.items(u.changes)
	c.call = func(ctx context.Context, col *lib.Collection) (*lib.Result, error) {
		return col.MUpsert(ctx, request, u.options)
	}
	c.documents = func() []lib.Upsert { return u.items(u.before) }
	c.answer = u.answer
	c.stored = func() (list []lib.Document) {
		after := u.after()
		for n := range u.n {
			list = append(list, lib.Document{ID: upsertID(n), Source: after, Version: 2})
		}
		return list
	}
	c.bytes = u.n * (len(upsertID(0)) + len(u.changes()) + len(u.before()))
	return c
}

func upsertID(n int) string { return fmt.Sprintf("document-%06d", n) }

func (u upserts) items(content func() json.RawMessage) (list []lib.Upsert) {
	for n := range u.n {
		list = append(list, lib.Upsert{ID: upsertID(n), Changes: content()})
	}
	return list
}

// answer says what is wrong with the result.
func (u upserts) answer(res *lib.Result) error {
	want := u.after()
	if u.options != nil && u.options.NoSource {
		want = nil
	}
	if len(res.Successes) != u.n {
		return fmt.Errorf("%d documents were changed, must be %d", len(res.Successes), u.n)
	}
	for n, ok := range res.Successes {
		if ok.ID != upsertID(n) || ok.Version != 2 || !bytes.Equal(ok.Source, want) {
			return fmt.Errorf("answer %d is wrong: document %q of %d bytes, version %d", n, ok.ID, len(ok.Source), ok.Version)
		}
	}
	return nil
}

// fieldsCost deletes 2,000 fields, whose paths have 16 KB together, of a document of 1 MB that has 4,000.
func fieldsCost(size int) costCall {
	paths := size / 500
	value := func(c string) string { return `"` + strings.Repeat(c, size/paths/2-len(`"f0000000":"",`)) + `"` }
	kept := members("k", 7, paths, value("k"))
	before := func() json.RawMessage { return raw(`{`, members("f", 7, paths, value("f")), `,`, kept, `}`) }
	after := func() json.RawMessage { return raw(`{`, kept, `}`) }
	var fields []string
	for n := range paths {
		fields = append(fields, fmt.Sprintf("f%07d", n))
	}
	return costCall{
		documents: func() []lib.Upsert { return []lib.Upsert{{ID: "a", Changes: before()}} },
		call: func(ctx context.Context, col *lib.Collection) (*lib.Result, error) {
			done, err := col.DeleteFields(ctx, "a", fields)
			if err != nil {
				return nil, err
			}
			return &lib.Result{Successes: []lib.Success{*done}}, nil
		},
		answer: func(res *lib.Result) error { return answersLast(res, 1, after()) },
		stored: func() []lib.Document { return []lib.Document{{ID: "a", Source: after(), Version: 2}} },
		bytes:  len(before()) + paths*len(fields[0]),
	}
}

// oneIDCost changes a number in one document of 1 MB so many times in one call.
func oneIDCost(size, times int) costCall {
	document := func(n int) json.RawMessage { return raw(`{"v":"`, strings.Repeat("v", size), `",`, count(n), `}`) }
	request, bytes := []lib.Upsert{}, len(document(0))
	for n := range times {
		changes := raw(`{`, count(n+1), `}`)
		request = append(request, lib.Upsert{ID: "a", Changes: changes})
		bytes += len("a") + len(changes)
	}
	return costCall{
		documents: func() []lib.Upsert { return []lib.Upsert{{ID: "a", Changes: document(0)}} },
		call: func(ctx context.Context, col *lib.Collection) (*lib.Result, error) {
			return col.MUpsert(ctx, request)
		},
		answer: func(res *lib.Result) error { return answersLast(res, times, document(times)) },
		stored: func() []lib.Document {
			return []lib.Document{{ID: "a", Source: document(times), Version: uint64(times) + 1}}
		},
		bytes: bytes,
	}
}

// count is the member that says how often the document was changed.
func count(n int) string { return fmt.Sprintf(`"n":%d`, n) }

// answersLast says what is wrong with the result of a call that changes one document so many times: each entry must
// have its version, and the last one the document.
func answersLast(res *lib.Result, times int, want json.RawMessage) error {
	if len(res.Successes) != times {
		return fmt.Errorf("the document was changed %d times, must be %d", len(res.Successes), times)
	}
	for n, ok := range res.Successes {
		if ok.ID != "a" || ok.Version != uint64(n)+2 {
			return fmt.Errorf("answer %d is wrong: version %d of %q", n, ok.Version, ok.ID)
		}
	}
	if !bytes.Equal(res.Successes[times-1].Source, want) {
		return errors.New("the last answer is not the document")
	}
	return nil
}

// raw is JSON, made of parts.
func raw(parts ...string) json.RawMessage { return json.RawMessage(strings.Join(parts, "")) }

func empty() json.RawMessage { return raw(`{}`) }

// members are n members of an object, with commas between them: "prefix000000":value.
func members(prefix string, digits, n int, value string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"%s%0*d":%s`, prefix, digits, i, value)
	}
	return b.String()
}
