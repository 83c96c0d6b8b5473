// Package metrics tells Prometheus of a server: how many requests of which actions came to which status and how long
// they took, what is connected, and how the store is.
//
//	m := metrics.New()
//	server, err := kuzzle.NewServer(store, &kuzzle.Options{Wrap: m.Wrap})
//	m.Watch(server, store)
//	http.Handle("/metrics", m)
package metrics

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics has the figures of one server. It is an http.Handler that answers with them.
type Metrics struct {
	http.Handler
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	known    func(controller, action string) bool
}

// New returns metrics without figures.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kuzzlite_requests_total", Help: "Requests that were answered, by action and status.",
		}, []string{"controller", "action", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "kuzzlite_request_seconds", Help: "How long requests took, by action.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 4, 9), // 100 µs to 6.5 s
		}, []string{"controller", "action"}),
		known: func(string, string) bool { return false },
	}
	m.registry.MustRegister(m.requests, m.seconds)
	m.Handler = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
	return m
}

// Wrap is for kuzzle.Options.Wrap: it counts requests. Actions that the server does not have are counted together, as
// unknown: clients make their names up.
func (m *Metrics) Wrap(next kuzzle.Handler) kuzzle.Handler {
	return func(ctx context.Context, r *kuzzle.Request) *kuzzle.Response {
		begin := time.Now()
		response := next(ctx, r)
		controller, action := r.Controller, r.Action
		if !m.known(controller, action) {
			controller, action = "unknown", "unknown"
		}
		status := 200
		if response.Err != nil {
			status = response.Err.Status
		}
		m.requests.WithLabelValues(controller, action, strconv.Itoa(status)).Inc()
		m.seconds.WithLabelValues(controller, action).Observe(time.Since(begin).Seconds())
		return response
	}
}

// Watch adds the figures of a server and its store. It is called once, before the server is used.
func (m *Metrics) Watch(server *kuzzle.Server, store *kuzzlite.Store) {
	m.known = server.HasAction
	m.registry.MustRegister(&state{server, store})
}

// state are the figures that are asked for when they are wanted.
type state struct {
	server *kuzzle.Server
	store  *kuzzlite.Store
}

func describe(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("kuzzlite_"+name, help, nil, nil)
}

var (
	connections   = describe("connections", "WebSockets that are open.")
	rooms         = describe("rooms", "Filters that clients have subscribed to.")
	subscriptions = describe("subscriptions", "Connections in rooms.")
	documents     = describe("documents", "Documents in all collections, the server's own ones included.")
	fileBytes     = describe("file_bytes", "Size of the store's file.")
	logBytes      = describe("log_bytes", "Bytes of the log that would be read after a crash.")
	syncs         = describe("syncs_total", "Syncs of the log since the store was opened.")
	changes       = describe("changes_total", "Changes of documents since the store was opened.")
	failed        = describe("failed", "1 if the store takes no more writes.")
)

// Describe describes the figures.
func (s *state) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		connections, rooms, subscriptions, documents, fileBytes, logBytes, syncs, changes, failed,
	} {
		to <- d
	}
}

// Collect asks for the figures. Those of a store that cannot be read are left out.
func (s *state) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
	}
	counter := func(d *prometheus.Desc, value uint64) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value))
	}
	nRooms, nSubscriptions := s.server.Rooms()
	gauge(connections, float64(s.server.Connections()))
	gauge(rooms, float64(nRooms))
	gauge(subscriptions, float64(nSubscriptions))
	stats, err := s.store.Stats(context.Background())
	if err != nil {
		return
	}
	gauge(documents, float64(stats.Documents))
	gauge(fileBytes, float64(stats.FileSize))
	gauge(logBytes, float64(stats.LogBytes))
	counter(syncs, stats.Syncs)
	counter(changes, stats.Changes)
	down := 0.0
	if stats.Failure != "" {
		down = 1
	}
	gauge(failed, down)
}
