package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	lib "github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle"
	"github.com/kuzzlite/kuzzlite/outbox"
	"github.com/kuzzlite/kuzzlite/upstream"
)

// outboxTask is what a process of the workloads outbox-drain and outbox-owed is to do.
type outboxTask struct {
	Workload, Contender, Dir string
	Documents, Changes       int
}

// do does the task, and writes its sample.
func (t outboxTask) do(stdout io.Writer) (err error) {
	s, err := openKuzzlite(t.Dir, lib.Options{})
	if err != nil {
		return err
	}
	k := s.(*kuzzliteStore)
	defer func() { err = errors.Join(err, k.close()) }()
	if err := t.owe(k); err != nil {
		return err
	}
	var result sample
	switch {
	case t.Workload == "outbox-owed":
		result, err = t.waitAway(k)
	default:
		result, err = t.drain(k)
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(result)
}

// owe makes an outbox, and then what it owes: the documents are created, and then updated in turn.
func (t outboxTask) owe(k *kuzzliteStore) error {
	box, err := outbox.Open(k.db, &outbox.Options{Upstream: awayServer{}, Collections: owedCollections, MaxOwed: 1 << 40})
	if err != nil {
		return err
	}
	if err := box.Close(); err != nil {
		return err
	}
	made := newMaker(false, shape{Size: sizeSmall, Leaves: 4})
	for n := 0; n < t.Changes; {
		made.reset()
		for range min(loadBatch, t.Changes-n) {
			if n < t.Documents {
				made.creation(n, 0)
			} else {
				made.update(n%t.Documents, uint64(n))
			}
			n++
		}
		if err := k.upsert(made.items(), ignore); err != nil {
			return err
		}
	}
	return nil
}

// drain sends what is owed to a server, or all documents without an outbox.
func (t outboxTask) drain(k *kuzzliteStore) (s sample, err error) {
	ctx := context.Background()
	there, err := lib.OpenMemory(nil)
	if err != nil {
		return s, err
	}
	defer there.Close()
	if err := there.CreateCollection(ctx, benchIndex, benchCollection); err != nil {
		return s, err
	}
	server, err := kuzzle.NewServer(there, nil)
	if err != nil {
		return s, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return s, err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	defer func() {
		server.Shutdown(ctx)
		<-ended
	}()
	address, send := "http://"+listener.Addr().String(), t.sendOwed
	if t.Contender == plainUpsert {
		send = t.sendPlain
	}
	start, cpu := time.Now(), usage().cpu
	if err := send(ctx, k, address); err != nil {
		return s, err
	}
	s.Seconds, s.CPU, s.Documents, s.Calls = time.Since(start).Seconds(), usage().cpu-cpu, t.Documents, 1
	return s, t.compare(ctx, k.col, there.Collection(benchIndex, benchCollection))
}

func (t outboxTask) sendOwed(ctx context.Context, k *kuzzliteStore, address string) error {
	server, err := upstream.Dial(address, nil)
	if err != nil {
		return err
	}
	defer server.Close()
	box, err := outbox.Open(k.db, &outbox.Options{Upstream: server, Collections: owedCollections, MaxOwed: 1 << 40})
	if err != nil {
		return err
	}
	return errors.Join(box.Flush(ctx), box.Close())
}

func (t outboxTask) sendPlain(ctx context.Context, k *kuzzliteStore, address string) error {
	var items []item
	send := func() error {
		body := append(appendUpsert(nil, items), '}')
		items = items[:0]
		answer, err := http.Post(address+"/_query", "application/json", bytes.NewReader(body))
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err == nil && (answer.StatusCode != http.StatusOK || gjson.GetBytes(text, "result.errors.#").Int() != 0) {
			err = fmt.Errorf("an mUpsert fails: %.500s", text)
		}
		return err
	}
	for d, err := range k.col.All(ctx) {
		if err != nil {
			return err
		}
		if items = append(items, item{id: d.ID, changes: d.Source}); len(items) == kuzzleLimit {
			if err := send(); err != nil {
				return err
			}
		}
	}
	if len(items) == 0 {
		return nil
	}
	return send()
}

// compare says whether two collections have the same documents, but for the metadata of those that a server has.
func (t outboxTask) compare(ctx context.Context, here, there *lib.Collection) error {
	n := 0
	for d, err := range there.All(ctx) {
		if err != nil {
			return err
		}
		n++
		mine, err := here.Get(ctx, d.ID)
		if err != nil {
			return err
		}
		if d.Source, err = sjson.DeleteBytes(d.Source, "_kuzzle_info"); err != nil {
			return err
		}
		if !bytes.Equal(mine.Source, d.Source) {
			return fmt.Errorf("document %s is %s, and %s upstream", d.ID, mine.Source, d.Source)
		}
	}
	if n != t.Documents {
		return fmt.Errorf("%d documents are upstream, must be %d", n, t.Documents)
	}
	return nil
}

// waitAway opens the outbox while its server is away, and says how soon it asked, and how much of the heap is alive.
func (t outboxTask) waitAway(k *kuzzliteStore) (s sample, err error) {
	server := awayServer{asked: make(chan struct{}, 1)}
	runtime.GC()
	start := time.Now()
	box, err := outbox.Open(k.db, &outbox.Options{Upstream: server, Collections: owedCollections, MaxOwed: 1 << 40})
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	select {
	case <-server.asked:
	case <-time.After(time.Minute):
		return s, errors.New("nothing is sent")
	}
	s.P50 = time.Since(start)
	s.Seconds, s.Documents, s.Calls = s.P50.Seconds(), t.Changes, 1
	for range 20 {
		time.Sleep(500 * time.Millisecond)
		s.HeapLive = max(s.HeapLive, liveHeap())
	}
	st, err := box.Status(context.Background())
	if err == nil && st.Behind < uint64(t.Changes) {
		err = fmt.Errorf("%d changes are owed, must be %d", st.Behind, t.Changes)
	}
	return s, err
}
