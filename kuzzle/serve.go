package kuzzle

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// The limits of connections, against clients that take their time.
const (
	headerTimeout = 10 * time.Second // for the headers of a request
	bodyTimeout   = time.Minute      // for a whole request
	idleTimeout   = 2 * time.Minute  // between two requests of a connection
	maxHeader     = 64 << 10         // bytes
)

// Serve answers the requests of a listener, which it closes, until Shutdown or Close is called. Then it returns
// http.ErrServerClosed at once, while requests may still be under way.
func (s *Server) Serve(listener net.Listener) error {
	server := s.httpServer()
	if !s.listeners.add(server) {
		return errors.Join(http.ErrServerClosed, listener.Close())
	}
	return server.Serve(listener)
}

func (s *Server) httpServer() *http.Server {
	return &http.Server{
		Handler: s, ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(s.opts.Logger.Handler(), slog.LevelWarn),
	}
}

// Shutdown ends the server: no connection is accepted any more, requests under way are answered, sockets are told to
// come back later (close code 1001). It returns once all is done, or with ctx's error, after which connections are cut.
// The store stays open.
func (s *Server) Shutdown(ctx context.Context) error {
	defer s.services.Store.Close()
	s.leave()
	var all sync.WaitGroup
	failed := make(chan error, 1)
	for _, server := range s.listeners.close() {
		all.Go(func() {
			if err := server.Shutdown(ctx); err != nil {
				_ = server.Close()
				select {
				case failed <- err:
				default:
				}
			}
		})
	}
	s.sockets.close()
	all.Wait()
	left := make(chan struct{})
	go func() {
		s.sockets.left.Wait()
		close(left)
	}()
	select {
	case <-left:
	case <-ctx.Done():
		s.sockets.cut()
		<-left
	}
	select {
	case err := <-failed:
		return err
	default:
		return ctx.Err()
	}
}

// listeners are the HTTP servers of a Server.
type listeners struct {
	mu     sync.Mutex
	list   []*http.Server
	closed bool
}

func (l *listeners) add(s *http.Server) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.list = append(l.list, s)
	}
	return !l.closed
}

func (l *listeners) close() []*http.Server {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	return l.list
}
