package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"

	"github.com/tidwall/gjson"

	lib "github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle"
)

// Kuzzlite behind its server, which is in the process of the client: every call is a request over one WebSocket. And the
// library with the same documents, called in process.

func init() {
	kuzzlites = append(kuzzlites, servedContenders...)
}

var servedContenders = []contender{
	{
		name: "kuzzlite-server",
		settings: "package kuzzle with default options on a store with default options; document:mUpsert over one " +
			"WebSocket, the client in the same process",
		open:     func(dir string) (store, error) { return openServed(openKuzzlite(dir, lib.Options{})) },
		metadata: true,
	},
	{
		name:     "kuzzlite-server-memory",
		settings: "the same with OpenMemory",
		open:     func(string) (store, error) { return openServed(openInMemory(&lib.Options{})) },
		metadata: true,
	},
	{
		name:     "kuzzlite-kuzzle",
		settings: "default options and Kuzzle, so that documents have its metadata as the server's have; MUpsert in process",
		open:     func(dir string) (store, error) { return limited(openKuzzlite(dir, lib.Options{Kuzzle: true})) },
		metadata: true,
	},
	{
		name:     "kuzzlite-kuzzle-memory",
		settings: "the same with OpenMemory",
		open:     func(string) (store, error) { return limited(openInMemory(&lib.Options{Kuzzle: true})) },
		metadata: true,
	},
}

func openInMemory(o *lib.Options) (store, error) {
	o.AutoCreate = true
	db, err := lib.OpenMemory(o)
	if err != nil {
		return nil, err
	}
	return &kuzzliteStore{db: db, col: db.Collection(benchIndex, benchCollection)}, nil
}

// kuzzleLimit is how many documents a call may write by Kuzzle's rules.
const kuzzleLimit = 200

// limitedStore makes several calls for more documents than one may write, which happens when it is filled only.
type limitedStore struct{ *kuzzliteStore }

func limited(s store, err error) (store, error) {
	if err != nil {
		return nil, err
	}
	k := s.(*kuzzliteStore)
	k.write = &lib.WriteOptions{User: anonymous}
	return limitedStore{k}, nil
}

func (s limitedStore) upsert(items []item, report reporter) error {
	return inCalls(items, report, s.kuzzliteStore.upsert)
}

// inCalls makes as many calls as Kuzzle's limit demands.
func inCalls(items []item, report reporter, call func([]item, reporter) error) error {
	if len(items) <= kuzzleLimit {
		return call(items, report)
	}
	done := 0
	for part := range slices.Chunk(items, kuzzleLimit) {
		err := call(part, func(pos int, version uint64, doc []byte) { report(done+pos, version, doc) })
		if err != nil {
			return err
		}
		done += len(part)
	}
	return nil
}

// served is a running server on a store, with a client.
type served struct {
	*kuzzliteStore

	server *kuzzle.Server
	url    string
	ended  chan error // of Serve
	wire   *wire
}

func openServed(s store, err error) (store, error) {
	if err != nil {
		return nil, err
	}
	return serve(s.(*kuzzliteStore), nil)
}

// serve starts a server on a store and connects to it.
func serve(s *kuzzliteStore, o *kuzzle.Options) (*served, error) {
	if err := s.db.CreateCollection(context.Background(), benchIndex, benchCollection); err != nil &&
		!errors.Is(err, lib.ErrExists) {
		return nil, err
	}
	server, err := kuzzle.NewServer(s.db, o)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	v := &served{kuzzliteStore: s, server: server, url: "ws://" + listener.Addr().String(), ended: make(chan error, 1)}
	go func() { v.ended <- server.Serve(listener) }()
	v.wire, err = dial(v.url)
	return v, err
}

// request is a request to the collection without what follows on the action.
func request(controller, action string) string {
	return fmt.Sprintf(`{"controller":"%s","action":"%s","index":"%s","collection":"%s"`,
		controller, action, benchIndex, benchCollection)
}

var (
	upsertRequest = request("document", "mUpsert")
	getRequest    = request("document", "get")
)

func appendUpsert(dst []byte, items []item) []byte {
	dst = append(append(dst, upsertRequest...), `,"body":{"documents":[`...)
	for i, it := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, `{"_id":"`...), it.id...), `","changes":`...)
		dst = append(append(dst, it.changes...), '}')
	}
	return append(dst, "]}"...)
}

func (s *served) upsert(items []item, report reporter) error {
	return inCalls(items, report, s.request)
}

// request makes one request for all items.
func (s *served) request(items []item, report reporter) error {
	return s.wire.ask(
		func(dst []byte) []byte { return appendUpsert(dst, items) },
		func(_, answer []byte) error { return readUpserted(answer, items, report) },
	)
}

// What the answer to an mUpsert has around its successes, and between the two its number.
var (
	upsertedBegin = fmt.Sprintf(`{"action":"mUpsert","collection":"%s","controller":"document","error":null,"headers":{},`+
		`"index":"%s","requestId":"`, benchCollection, benchIndex)
	upsertedMiddle = `","result":{"errors":[],"successes":`
	upsertedEnd    = `},"status":200,"volatile":null,"room":"`
)

// readUpserted reads the answer to an mUpsert: there must be no error, and a success for each item, in order.
func readUpserted(answer []byte, items []item, report reporter) error {
	begin, end := len(upsertedBegin)+idDigits+len(upsertedMiddle), len(answer)-len(upsertedEnd)-idDigits-len(idEnd)
	if end < begin || !bytes.HasPrefix(answer, []byte(upsertedBegin)) ||
		!bytes.HasSuffix(answer[:begin], []byte(upsertedMiddle)) || !bytes.HasPrefix(answer[end:], []byte(upsertedEnd)) {
		return fmt.Errorf("an mUpsert fails: %.500s", answer)
	}
	pos := 0
	gjson.ParseBytes(answer[begin:end]).ForEach(func(_, success gjson.Result) bool {
		s := successOf(success)
		if pos >= len(items) || s.id != items[pos].id {
			pos = -1
			return false
		}
		report(pos, s.version, s.source)
		pos++
		return true
	})
	if pos != len(items) {
		return fmt.Errorf("the answer to an mUpsert of %d documents has not one success for each", len(items))
	}
	return nil
}

// success is what an answer says of a document.
type success struct {
	id      string
	version uint64
	source  []byte
}

// successOf reads it in one pass.
func successOf(value gjson.Result) (s success) {
	value.ForEach(func(key, value gjson.Result) bool {
		switch key.Str {
		case "_id":
			s.id = value.Str
		case "_version":
			s.version = value.Uint()
		case "_source":
			s.source = []byte(value.Raw)
		}
		return true
	})
	return s
}

// get asks the server for a document, so that the checks are of what clients see.
func (s *served) get(id string) (doc []byte, version uint64, err error) {
	err = s.wire.ask(
		func(dst []byte) []byte {
			return append(append(append(append(dst, getRequest...), `,"_id":"`...), id...), '"')
		},
		func(_, answer []byte) error {
			got := successOf(gjson.GetBytes(answer, "result"))
			if got.id != id {
				return fmt.Errorf("a get fails: %.500s", answer)
			}
			doc, version = got.source, got.version
			return nil
		})
	return doc, version, err
}

func (s *served) close() error {
	err := s.wire.close()
	err = errors.Join(err, s.server.Shutdown(context.Background()))
	if ended := <-s.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return errors.Join(err, s.kuzzliteStore.close())
}

// The metadata that Kuzzle's mUpsert puts in front of a document's fields.
const metadataBegin = `{"_kuzzle_info":`

// withoutMetadata returns a document without its metadata, in which the author must be who asks without a token.
func withoutMetadata(doc []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(doc, []byte(metadataBegin))
	end := bytes.IndexByte(rest, '}')
	if !ok || end < 0 || end+2 > len(rest) {
		return nil, fmt.Errorf("a document without metadata: %.200s", doc)
	}
	var info struct{ Author string }
	if err := json.Unmarshal(rest[:end+1], &info); err != nil || info.Author != anonymous {
		return nil, fmt.Errorf("the metadata is %s, %w", rest[:end+1], err)
	}
	return append([]byte{'{'}, rest[end+2:]...), nil
}

// anonymous is who asks without a token.
const anonymous = "-1"
