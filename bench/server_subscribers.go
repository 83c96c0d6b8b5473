package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	lib "github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle"
)

// Kuzzlite's server, subscribed to: each call writes a document, and waits until every subscriber who is to be told has
// been.

func init() { kuzzlites = append(kuzzlites, subscribedContenders...) }

var subscribedContenders = []contender{
	{
		name: "kuzzlite-subscribed",
		settings: "each call writes one document over a WebSocket, and waits for the answer and until each of the other " +
			"WebSockets, all subscribed to the whole collection, has its notification; OpenMemory",
		open:  func(string) (store, error) { return openSubscribed(everybody, nil) },
		limit: true,
	},
	{
		name: "kuzzlite-filtered",
		settings: "each call writes the document of the next customer in turn over a WebSocket, and waits for the answer and " +
			"until another WebSocket, subscribed to a filter of each customer, has the one notification; OpenMemory",
		open:  func(string) (store, error) { return openSubscribed(byFilter, nil) },
		limit: true,
	},
	{
		name:     "kuzzlite-unsubscribed",
		settings: "the same writes, and nobody is subscribed",
		open:     func(string) (store, error) { return openSubscribed(nobody, nil) },
		limit:    true,
	},
}

// audience is who subscribes: to what, and who of them is told of a write.
type audience int

const (
	nobody    audience = iota
	everybody          // many sockets to everything, of which each is told of each write
	byFilter           // one socket to many filters, each of a customer, of which one is told of a write
)

// subscribed is a server with subscribers. Like counters it is asked by calls of upsert, and verifies itself: a call that
// has returned has told each of its subscribers once, in order.
type subscribed struct {
	*served

	audience  audience
	size      int // sockets, or customers
	calls     int
	listeners []*listener
	listening sync.WaitGroup
	left      atomic.Int64 // notifications of the call under way that are still to come
	told      chan error   // nil: all have come
}

// listener is a subscriber.
type listener struct {
	conn     *websocket.Conn
	channels []string // of the filters
	calls    int      // of which it was told

	frame        bytes.Buffer // that was read last
	source, room []byte       // what must be in it
}

// openSubscribed starts a server with some options, nil: the default.
func openSubscribed(a audience, o *kuzzle.Options) (*subscribed, error) {
	s, err := openInMemory(&lib.Options{})
	if err != nil {
		return nil, err
	}
	v, err := serve(s.(*kuzzliteStore), o)
	return &subscribed{served: v, audience: a, told: make(chan error, 1)}, err
}

// prepareFor subscribes so many.
func (s *subscribed) prepareFor(size, _ int) error {
	s.size = size
	sockets, filters := 0, []string{"{}"}
	switch s.audience {
	case everybody:
		sockets = size
	case byFilter:
		sockets, filters = 1, customerFilters(size)
	}
	for range sockets {
		l, err := listen(s.url, filters)
		if err != nil {
			return err
		}
		s.listeners = append(s.listeners, l)
		s.listening.Go(func() { s.read(l) })
	}
	return nil
}

// customerFilters are filters of all kinds, each of which the document of one customer matches.
func customerFilters(customers int) []string {
	list := make([]string, customers)
	for n := range list {
		name := customerName(n)
		switch n % 4 {
		case 0:
			list[n] = fmt.Sprintf(`{"equals":{"customer":"%s"}}`, name)
		case 1:
			list[n] = fmt.Sprintf(`{"in":{"customer":["%s","nobody-%d"]}}`, name, n)
		case 2:
			list[n] = fmt.Sprintf(`{"and":[{"equals":{"customer":"%s"}},{"exists":"n"}]}`, name)
		case 3:
			list[n] = fmt.Sprintf(`{"range":{"number":{"gte":%d,"lt":%d}}}`, n, n+1)
		}
	}
	return list
}

// listen connects a subscriber.
func listen(url string, filters []string) (*listener, error) {
	conn, _, err := websocket.Dial(context.Background(), url, nil)
	if err != nil {
		return nil, err
	}
	l := &listener{conn: conn}
	for _, filter := range filters {
		text := request("realtime", "subscribe") + `,"body":` + filter + "}"
		if err := conn.Write(context.Background(), websocket.MessageText, []byte(text)); err != nil {
			return nil, err
		}
		_, answer, err := conn.Read(context.Background())
		if err != nil {
			return nil, err
		}
		var a struct{ Result struct{ Channel string } }
		if err := json.Unmarshal(answer, &a); err != nil || a.Result.Channel == "" {
			return nil, fmt.Errorf("subscribe: %.500s", answer)
		}
		l.channels = append(l.channels, a.Result.Channel)
	}
	return l, nil
}

// read takes the notifications of a subscriber, and says when those of a call have all come.
func (s *subscribed) read(l *listener) {
	for {
		if err := readInto(&l.frame, l.conn); err != nil {
			return // closed, or a call waits in vain
		}
		if err := s.check(l, l.frame.Bytes()); err != nil {
			s.tell(err)
			return
		}
		if s.left.Add(-1) == 0 {
			s.tell(nil)
		}
	}
}

// tell ends the wait of a call, of which the first word counts.
func (s *subscribed) tell(err error) {
	select {
	case s.told <- err:
	default:
	}
}

// check says what is wrong with the next notification of a subscriber. Of one socket all calls are told of, in order.
func (s *subscribed) check(l *listener, frame []byte) error {
	channel := l.channels[0]
	if s.audience == byFilter {
		channel = l.channels[l.calls%s.size]
	}
	l.source = appendFields(l.source[:0], s.size, l.calls)
	l.room = append(append(append(l.room[:0], `"room":"`...), channel...), `"}`...)
	l.calls++
	if !bytes.Contains(frame, l.source[1:]) || !bytes.HasSuffix(frame, l.room) {
		return fmt.Errorf("a subscriber is told in call %d: %.500s", l.calls, frame)
	}
	return nil
}

// appendFields appends what a call writes.
func appendFields(dst []byte, customers, call int) []byte {
	customer := call % customers
	dst = append(appendCustomer(append(dst, `{"customer":"`...), customer), `","number":`...)
	dst = append(strconv.AppendInt(dst, int64(customer), 10), `,"n":`...)
	return append(strconv.AppendInt(dst, int64(call), 10), '}')
}

// patience is how long a call waits for notifications that do not come.
const patience = 10 * time.Second

func (s *subscribed) upsert([]item, reporter) error {
	switch s.audience {
	case everybody:
		s.left.Store(int64(s.size))
	case byFilter:
		s.left.Store(1)
	}
	written := []item{{id: customerName(s.calls % s.size), changes: appendFields(nil, s.size, s.calls)}}
	if err := s.served.upsert(written, ignore); err != nil {
		return err
	}
	s.calls++
	if s.audience == nobody {
		return nil
	}
	return s.wait(patience)
}

// wait waits for the notifications of a call.
func (s *subscribed) wait(longest time.Duration) error {
	timer := time.NewTimer(longest)
	defer timer.Stop()
	select {
	case err := <-s.told:
		return err
	case <-timer.C:
		return fmt.Errorf("%d notifications of call %d do not come", s.left.Load(), s.calls)
	}
}

// close verifies that the documents are what was written, and that nobody was told of more than that. A harness may
// ignore the error of close: so what is wrong ends the process.
func (s *subscribed) close() error {
	err := s.verify()
	for _, l := range s.listeners {
		err = errors.Join(err, l.conn.Close(websocket.StatusNormalClosure, ""))
	}
	s.listening.Wait()
	for n, l := range s.listeners {
		if l.calls != s.calls {
			err = errors.Join(err, fmt.Errorf("subscriber %d was told of %d of %d writes", n, l.calls, s.calls))
		}
	}
	if err = errors.Join(err, s.served.close()); err != nil {
		panic(fmt.Errorf("verify the subscribers: %w", err))
	}
	return nil
}

// verify compares the document of each customer with the last write.
func (s *subscribed) verify() error {
	for call := max(0, s.calls-s.size); call < s.calls; call++ {
		doc, version, err := s.get(customerName(call % s.size))
		if err == nil {
			doc, err = withoutMetadata(doc)
		}
		if err != nil {
			return err
		}
		if string(doc) != string(appendFields(nil, s.size, call)) || version != uint64(call/s.size+1) {
			return fmt.Errorf("after %d calls a document is %s at version %d", s.calls, doc, version)
		}
	}
	return nil
}
