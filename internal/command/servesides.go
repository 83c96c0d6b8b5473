package command

import (
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/kuzzlite/kuzzlite/kuzzle"
	"github.com/kuzzlite/kuzzlite/kuzzle/faults"
	"github.com/kuzzlite/kuzzlite/kuzzle/metrics"
)

// What serve serves beside the server, on addresses of their own.

// sideServices are figures, and faults on demand.
type sideServices struct {
	figures *metrics.Metrics
	control *faults.Control
}

// wrap returns what looks at the requests of the server; nil if nobody wants to.
func (s *sideServices) wrap(f *serving) func(kuzzle.Handler) kuzzle.Handler {
	if f.metrics == "" && f.control == "" {
		return nil
	}
	return func(next kuzzle.Handler) kuzzle.Handler {
		if f.control != "" {
			next = s.control.Recorder.Wrap(s.control.Injector.Wrap(next))
		}
		if f.metrics != "" {
			next = s.figures.Wrap(next)
		}
		return next
	}
}

// serveSides serves what the flags ask for, until stop is called.
func (a *app) serveSides(f *serving, s *sideServices) (stop func(), err error) {
	figures := http.NewServeMux()
	figures.Handle("/metrics", s.figures)
	figures.HandleFunc("/debug/pprof/", pprof.Index)
	figures.HandleFunc("/debug/pprof/profile", pprof.Profile)
	figures.HandleFunc("/debug/pprof/trace", pprof.Trace)
	var open []*http.Server
	stop = func() {
		for _, server := range open {
			_ = server.Close()
		}
	}
	for _, side := range []struct {
		address, says string
		handler       http.Handler
	}{{f.metrics, "figures on http://%s/metrics\n", figures}, {f.control, "control on http://%s\n", s.control}} {
		if side.address == "" {
			continue
		}
		listener, err := net.Listen("tcp", side.address)
		if err != nil {
			stop()
			return nil, err
		}
		server := &http.Server{Handler: side.handler, ReadHeaderTimeout: 10 * time.Second}
		open = append(open, server)
		go func() { _ = server.Serve(listener) }() // until it is closed
		fmt.Fprintf(a.stderr, side.says, listener.Addr())
	}
	return stop, nil
}
