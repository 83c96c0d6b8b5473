package main

import (
	"errors"
	"runtime"
	"sync"
	"time"
)

// The rounds that are measured. The next call's data is made between calls. With one caller that time does not count:
// the round's seconds are those spent in calls. With several callers it does, as all of it overlaps: it is
// under a microsecond a document.

// round runs one round; only timed ones are kept.
func (r *runner) round(keep bool) (sample, error) {
	if r.Reads {
		r.readIDs()
	}
	runtime.GC()
	before := usage()
	var s sample
	var l latencies
	var err error
	switch {
	case r.Reads:
		s, l, err = r.readRound()
	case r.Callers == 1:
		s, l, err = r.soleRound()
	default:
		s, l, err = r.crowdRound()
	}
	if err != nil {
		return s, err
	}
	after := usage()
	s.Workload, s.Contender = r.Workload, r.Label
	s.CPU = after.cpu - before.cpu
	s.Written = after.written - before.written
	s.Allocs = max(0, float64(after.mallocs-before.mallocs)/float64(s.Documents)-r.ownAllocs())
	s.Own, s.RSS = after.own, after.rss
	if r.heap != nil {
		s.HeapPeak, s.HeapLive = r.heap.peaks()
	}
	l.fill(&s)
	if keep {
		r.latencies = append(r.latencies, l...)
	}
	return s, nil
}

// ownAllocs is how often the harness allocates for each document: the id of an update.
func (r *runner) ownAllocs() float64 {
	if r.Reads {
		return 0
	}
	return 1
}

// soleRound has one caller make one call after the other.
func (r *runner) soleRound() (s sample, l latencies, err error) {
	made := newMaker(r.raw, r.Size)
	var spent time.Duration
	for spent < r.Target {
		made.reset()
		r.streams[0].next(func(_, doc int, seed uint64) { made.update(doc, seed) })
		start := time.Now()
		err := r.store.upsert(made.items(), ignore)
		took := time.Since(start)
		if err != nil {
			return s, nil, err
		}
		spent += took
		l = append(l, took)
	}
	s.Calls, s.Documents, s.Seconds = len(l), len(l)*r.Batch, spent.Seconds()
	return s, l, nil
}

// crowdRound has all callers make calls until the time is over.
func (r *runner) crowdRound() (s sample, l latencies, err error) {
	all := make([]latencies, len(r.streams))
	errs := make([]error, len(r.streams))
	var callers sync.WaitGroup
	start := time.Now()
	for n, stream := range r.streams {
		callers.Go(func() {
			made := newMaker(r.raw, r.Size)
			for time.Since(start) < r.Target && errs[n] == nil {
				made.reset()
				stream.next(func(_, doc int, seed uint64) { made.update(doc, seed) })
				call := time.Now()
				errs[n] = r.store.upsert(made.items(), ignore)
				all[n] = append(all[n], time.Since(call))
			}
		})
	}
	callers.Wait()
	s.Seconds = time.Since(start).Seconds()
	for _, each := range all {
		l = append(l, each...)
	}
	s.Calls, s.Documents = len(l), len(l)*r.Batch
	return s, l, errors.Join(errs...)
}

// readRound gets documents one after the other. The latencies come from calls after these: a call takes so little that
// reading the clock twice would show in the mean.
func (r *runner) readRound() (s sample, l latencies, err error) {
	ids := r.readIDs()
	start := time.Now()
	for s.Seconds < r.Target.Seconds() {
		for range 256 {
			if _, _, err := r.store.get(ids[s.Calls%len(ids)]); err != nil {
				return s, nil, err
			}
			s.Calls++
		}
		s.Seconds = time.Since(start).Seconds()
	}
	s.Documents = s.Calls
	for n := range timedGets {
		start := time.Now()
		if _, _, err := r.store.get(ids[(s.Calls+n)%len(ids)]); err != nil {
			return s, nil, err
		}
		l = append(l, time.Since(start))
	}
	return s, l, nil
}

// timedGets is how many gets of a round are timed one by one.
const timedGets = 10_000

// readIDs returns random ids, the same ones in each round.
func (r *runner) readIDs() []string {
	for n := uint64(len(r.ids)); n < 1<<16; n++ {
		r.ids = append(r.ids, string(appendID(nil, int(mix(n)%uint64(r.Documents)))))
	}
	return r.ids
}
