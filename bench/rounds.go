package main

import (
	"errors"
	"time"
)

// What some rounds need besides calls: a store whose overlay is empty or full, a pace, and what the engine tells.

// engineState is what a contender tells of its log and its checkpoints.
type engineState struct {
	checkpoints uint64        // that ended, since it was opened
	waited      time.Duration // of writers for checkpoints, since it was opened
	overlay     int64         // bytes in memory and not in the file, for the writes since the last checkpoint began
	frozen      int64         // and for those that a checkpoint is writing
	log         int64         // bytes that would be read after a crash
	recovery    time.Duration // how long opening took to read the log
}

// describer is a store that tells.
type describer interface{ describe() (engineState, error) }

// describe returns nothing of a store that does not tell.
func (r *runner) describe() (e engineState, err error) {
	if d, ok := r.store.(describer); ok {
		return d.describe()
	}
	return e, nil
}

// describeInto says in a round's sample what has happened since before.
func (r *runner) describeInto(s *sample, before engineState) error {
	after, err := r.describe()
	s.Checkpoints = int(after.checkpoints - before.checkpoints)
	s.Waited = (after.waited - before.waited).Seconds()
	s.Overlay, s.Log = after.overlay+after.frozen, after.log
	return err
}

// longestWarm bounds the round that does not count.
const longestWarm = time.Second

// warm runs a round that does not count.
func (r *runner) warm() (sample, error) {
	defer func(t time.Duration) { r.Target = t }(r.Target)
	r.Target = min(r.Target, longestWarm)
	return r.round(false)
}

// setUp opens the store anew where a round needs that: then everything is in its file, and no checkpoint is due because
// its time has come. All documents are read once, so that no page is touched for the first time in the round.
func (r *runner) setUp() error {
	if !r.Reopen && !r.Overlay {
		return nil
	}
	err := r.store.close()
	if err != nil {
		return err
	}
	if r.store, err = r.contender.start(r.Dir, false); err != nil {
		return err
	}
	if r.Overlay {
		if err := r.fillOverlay(); err != nil {
			return err
		}
	}
	return r.store.scan(func([]byte, uint64, []byte) error { return nil })
}

const (
	// fullOverlay is as full as an overlay can be relied on to stay, in bytes: a checkpoint begins at 16 MiB by default.
	fullOverlay = 14 << 20

	overlayBatch = 100 // documents in a call that fills it
)

// fillOverlay updates documents until the overlay is full and no checkpoint is under way.
func (r *runner) fillOverlay() error {
	u := &updater{r, r.streams[0], r.maker()}
	for calls := 0; ; {
		e, err := r.describe()
		if err != nil {
			return err
		}
		if e.overlay == 0 && e.log == 0 && calls > mostFilling {
			return errors.New("this contender has no overlay")
		}
		full := max(e.overlay, e.log-e.frozen) >= fullOverlay
		switch {
		case full && e.frozen == 0:
			return nil
		case full:
			time.Sleep(time.Millisecond) // of a checkpoint that ends soon
		default:
			u.prepare()
			if err := u.call(); err != nil {
				return err
			}
			calls++
		}
	}
}

// mostFilling is how many calls may leave no trace before it is clear that none will.
const mostFilling = 1000

// fillLogs updates documents until the log has the bytes that the task asks for.
func (r *runner) fillLogs() (s sample, err error) {
	u := &updater{r, r.streams[0], r.maker()}
	for u.stream.drawn < r.Drawn+mostLogging {
		u.prepare()
		if err := u.call(); err != nil {
			return s, err
		}
		s.Calls++
		e, err := r.describe()
		if err != nil {
			return s, err
		}
		if s.Log = e.log; s.Log >= r.Logs {
			return s, nil
		}
	}
	return s, errors.New("the log does not get full")
}

// mostLogging is how many calls may be needed to fill a log.
const mostLogging = 100_000

// paced has one caller make so many calls a second. A call's time begins when the call is due: one that has to wait for
// the call before, because that one took long, has waited as well.
func (r *runner) paced(c caller) (s sample, l latencies, err error) {
	each := time.Duration(float64(time.Second) / r.Pace)
	start := time.Now()
	for due := start; due.Sub(start) < r.Target; due = due.Add(each) {
		c.prepare()
		waitUntil(due)
		if err := c.call(); err != nil {
			return s, nil, err
		}
		l = append(l, time.Since(due))
	}
	s.Calls, s.Seconds = len(l), time.Since(start).Seconds()
	return s, l, nil
}

// waitUntil sleeps until shortly before a moment, since a sleep may take too long by that much, and then looks at the
// clock again and again.
func waitUntil(due time.Time) {
	const early = 100 * time.Microsecond
	if d := time.Until(due); d > early {
		time.Sleep(d - early)
	}
	for time.Now().Before(due) {
	}
}
