package metrics

import (
	"context"
	"time"

	"github.com/kuzzlite/kuzzlite/outbox"
	"github.com/prometheus/client_golang/prometheus"
)

// Figures of outboxes.

// WatchOutbox adds the figures of an outbox, by its name.
func (m *Metrics) WatchOutbox(o *outbox.Outbox) { m.registry.MustRegister(outboxState{o}) }

// outboxState are the figures of an outbox that are asked for when they are wanted.
type outboxState struct{ *outbox.Outbox }

func describeOutbox(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("kuzzlite_outbox_"+name, help, append([]string{"outbox"}, labels...), nil)
}

var (
	outboxBehind    = describeOutbox("behind", "Changes of the store that are not confirmed, those of other collections included.")
	outboxDocuments = describeOutbox("documents", "Documents that are owed, as far as changes were looked through.")
	outboxInFlight  = describeOutbox("in_flight", "Documents that were sent, without an answer yet.")
	outboxLetters   = describeOutbox("letters", "Letters of what the server has refused, by state: waiting or parked.", "state")
	outboxAge       = describeOutbox("oldest_seconds", "Age of the oldest change that is owed.")
	outboxSent      = describeOutbox("sent_total", "Documents that were sent since the outbox was opened.")
	outboxConfirmed = describeOutbox("confirmed_total", "Documents that were confirmed since the outbox was opened.")
	outboxRefused   = describeOutbox("refused_total", "Documents that were refused since the outbox was opened.")
	outboxDropped   = describeOutbox("dropped_total", "Changes that the feed did not keep, since the outbox was opened.")
	outboxAway      = describeOutbox("away", "1 if the server is not reached.")
	outboxExact     = describeOutbox("exact", "1 if a batch whose answer is lost is done once.")
	outboxRunning   = describeOutbox("running", "1 unless the outbox has ended.")
)

// Describe says nothing: several outboxes have the same figures, each under its name.
func (s outboxState) Describe(chan<- *prometheus.Desc) {}

// Collect asks for the figures. Those of an outbox that cannot be read are left out.
func (s outboxState) Collect(to chan<- prometheus.Metric) {
	st, err := s.Status(context.Background())
	if err != nil {
		return
	}
	add := func(kind prometheus.ValueType, d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, value, append([]string{st.Name}, labels...)...)
	}
	age := 0.0
	if !st.Oldest.IsZero() {
		age = time.Since(st.Oldest).Seconds()
	}
	add(prometheus.GaugeValue, outboxBehind, float64(st.Behind))
	add(prometheus.GaugeValue, outboxDocuments, float64(st.Documents))
	add(prometheus.GaugeValue, outboxInFlight, float64(st.InFlight))
	add(prometheus.GaugeValue, outboxLetters, float64(st.Waiting), "waiting")
	add(prometheus.GaugeValue, outboxLetters, float64(st.Parked), "parked")
	add(prometheus.GaugeValue, outboxAge, age)
	add(prometheus.CounterValue, outboxSent, float64(st.Sent))
	add(prometheus.CounterValue, outboxConfirmed, float64(st.Confirmed))
	add(prometheus.CounterValue, outboxRefused, float64(st.Refused))
	add(prometheus.CounterValue, outboxDropped, float64(st.Dropped))
	add(prometheus.GaugeValue, outboxAway, oneIf(st.Away))
	add(prometheus.GaugeValue, outboxExact, oneIf(st.Exact))
	add(prometheus.GaugeValue, outboxRunning, oneIf(st.Running))
}

func oneIf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
