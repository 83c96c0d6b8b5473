package command

import (
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/kuzzlite/kuzzlite/kuzzle/metrics"
)

// serveMetrics serves figures for Prometheus, and Go's profiles, on an address of their own until stop is called.
func serveMetrics(address string, m *metrics.Metrics) (at net.Addr, stop func(), err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", m)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // until it is closed
	return listener.Addr(), func() { _ = server.Close() }, nil
}
