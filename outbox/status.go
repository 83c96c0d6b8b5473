package outbox

import (
	"context"
	"time"

	"github.com/kuzzlite/kuzzlite/query"
)

// Status is how an outbox is doing.
type Status struct {
	Name    string `json:"name"`
	Running bool   `json:"running"`
	Away    bool   `json:"away"` // the server is not reached
	Exact   bool   `json:"exact"`

	// Behind is how many changes of the store the outbox has not confirmed, those of other collections included, and
	// Documents how many documents these are, as far as they were looked through. InFlight are sent, without an answer yet.
	Behind    uint64 `json:"behind"`
	Documents int    `json:"documents"`
	InFlight  int    `json:"inFlight"`

	// Waiting are letters that are sent again, Parked those that wait for somebody.
	Waiting uint64 `json:"waiting"`
	Parked  uint64 `json:"parked"`

	Oldest time.Time `json:"oldest,omitzero"` // when the oldest change was made that is owed; zero: nothing is

	// Sent, Confirmed, Refused and Dropped are documents since Open; what was sent twice counts twice.
	Sent      uint64 `json:"sent"`
	Confirmed uint64 `json:"confirmed"`
	Refused   uint64 `json:"refused"`
	Dropped   uint64 `json:"dropped"` // changes, since the feed did not keep them: see Options.MaxOwed

	LastConfirmed time.Time `json:"lastConfirmed,omitzero"`
	LastError     string    `json:"lastError,omitempty"` // of the last request, "" if it was answered
}

// Status returns how the outbox is doing.
func (o *Outbox) Status(ctx context.Context) (Status, error) {
	o.mu.Lock()
	st := o.status
	o.mu.Unlock()
	place, err := o.consumer.State(ctx)
	if err != nil {
		return st, err
	}
	st.Behind = o.store.Sequence() - place.Sequence
	if st.Behind > 0 && st.Documents+st.InFlight > 0 {
		for c, err := range o.store.Changes(ctx, place.Sequence) {
			if err == nil {
				st.Oldest = c.Time
			}
			break
		}
	}
	for parked, into := range map[string]*uint64{"parked = true": &st.Parked, "parked = false": &st.Waiting} {
		q, err := query.Parse(parked)
		if err != nil {
			return st, err
		}
		if *into, err = o.letters().Count(ctx, q); err != nil {
			return st, err
		}
	}
	return st, nil
}

// note changes the status.
func (o *Outbox) note(fn func(*Status)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	fn(&o.status)
}
