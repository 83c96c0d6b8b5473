package outbox

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/query"
)

// Status is how an outbox is doing.
type Status struct {
	Name    string `json:"name"`
	Running bool   `json:"running"`
	Away    bool   `json:"away"`  // the server is not reached, or does not let the outbox in
	Exact   bool   `json:"exact"` // upstream.Server.Exact

	// LoginRefused says that the server is reached and does not accept the credentials, as the reason of Away.
	LoginRefused bool `json:"loginRefused,omitempty"`

	// Behind is how many changes of the store the outbox has not confirmed, those of other collections included, and
	// Documents how many documents these are, as far as they were looked through. InFlight are sent, without an answer yet.
	Behind    uint64 `json:"behind"`
	Documents int    `json:"documents"`
	InFlight  int    `json:"inFlight"`

	// Waiting are letters that are sent again, Parked those that wait for somebody.
	Waiting uint64 `json:"waiting"`
	Parked  uint64 `json:"parked"`

	// Oldest is when the oldest change was made that is owed, as far as changes were looked through; zero: none is.
	Oldest time.Time `json:"oldest,omitzero"`

	// Rate is how many documents are confirmed a second, on an average in which what is a minute old counts a third.
	Rate float64 `json:"rate"`

	// Sent, Confirmed, Refused and Dropped are documents since Open; what was sent twice counts twice.
	Sent      uint64 `json:"sent"`
	Confirmed uint64 `json:"confirmed"`
	Refused   uint64 `json:"refused"`
	Dropped   uint64 `json:"dropped"` // changes, since the feed did not keep them: see Options.MaxOwed

	LastConfirmed time.Time `json:"lastConfirmed,omitzero"`
	LastError     string    `json:"lastError,omitempty"` // of the last request, "" if it was answered

	oldest uint64    // sequence of the oldest change that is owed, 0: none is
	rated  time.Time // when Rate was right
}

// rateWindow is the time in which what was confirmed comes to count a third.
const rateWindow = time.Minute

// confirm counts documents that were confirmed.
func (s *Status) confirm(n uint64, now time.Time) {
	s.Rate = s.rateAt(now) + float64(n)/rateWindow.Seconds()
	s.Confirmed, s.LastConfirmed, s.rated = s.Confirmed+n, now, now
}

func (s *Status) rateAt(now time.Time) float64 {
	return s.Rate * math.Exp(-now.Sub(s.rated).Seconds()/rateWindow.Seconds())
}

// Status returns how the outbox is doing.
func (o *Outbox) Status(ctx context.Context) (Status, error) {
	o.mu.Lock()
	st := o.status
	o.mu.Unlock()
	st.Rate = st.rateAt(time.Now())
	place, err := o.consumer.State(ctx)
	if err != nil {
		return st, err
	}
	st.Behind = o.store.Sequence() - place.Sequence
	if st.oldest > 0 {
		for c, err := range o.store.Changes(ctx, st.oldest-1, &kuzzlite.ChangesOptions{Until: st.oldest}) {
			if err != nil && !errors.Is(err, kuzzlite.ErrSequenceGone) { // it was confirmed meanwhile
				return st, err
			}
			st.Oldest = c.Time
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
