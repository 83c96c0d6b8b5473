package remote_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/remote"
)

// counting counts the connections that a listener accepts.
type counting struct {
	net.Listener
	n atomic.Int64
}

func (c *counting) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.n.Add(1)
	}
	return conn, err
}

// TestReuse makes many calls one after another, which go over one connection: those of a long load would use up the
// ports of the machine.
func TestReuse(t *testing.T) {
	leakless(t)
	p := newPlace(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	c := &counting{Listener: l}
	served := make(chan error, 1)
	go func() { served <- p.server.Serve(c) }()
	s, err := remote.Dial(t.Context(), "http://"+l.Addr().String(), &remote.Options{Token: p.token})
	ok(t, err)
	fill(t, p.store, 10)
	col := s.Collection("i", "c")
	for range 20 {
		_, err := s.Stats(t.Context())
		ok(t, err)
		_, err = col.Get(t.Context(), "nope")
		if err == nil {
			t.Error("there is such a document")
		}
		_, err = col.Upsert(t.Context(), "a", []byte(`{"n":1}`), nil)
		ok(t, err)
		if got := collect(0, col.All(t.Context())); got.Err != nil {
			t.Error(got.Err)
		}
	}
	ok(t, s.Close())
	ok(t, p.server.Shutdown(context.WithoutCancel(t.Context())))
	<-served
	if n := c.n.Load(); n != 1 {
		t.Errorf("there were %d connections", n)
	}
}
