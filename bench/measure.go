package main

import (
	"errors"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// The rounds that are measured. The next call's data is made between calls. With one caller that time does not count:
// the round's seconds are those spent in calls. With several callers it does, as all of it overlaps: it is
// under a microsecond a document.

// round runs one round; only timed ones are kept.
func (r *runner) round(keep bool) (sample, error) {
	if err := r.setUp(); err != nil {
		return sample{}, err
	}
	r.makeIDs()
	runtime.GC()
	engine, err := r.describe()
	if err != nil {
		return sample{}, err
	}
	before, watch := usage(), r.watchRound()
	s, l, err := r.measure()
	if err != nil {
		return s, err
	}
	after := usage()
	watch.fill(&s, r.empty)
	r.grown(&s, keep)
	if err := r.describeInto(&s, engine); err != nil {
		return s, err
	}
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
		r.latencies.add(l)
	}
	return s, nil
}

// grown says by how much more is alive than after the round to warm up, if memory is watched.
func (r *runner) grown(s *sample, keep bool) {
	if !r.Watch {
		return
	}
	live := liveHeap()
	if !keep {
		r.warmHeap = live
	}
	s.Grown = live - r.warmHeap
}

// ownAllocs is how often the harness allocates for each document: the id of an update.
func (r *runner) ownAllocs() float64 {
	if r.Kind == kindUpdate || r.Kind == kindCreate {
		return 1
	}
	return 0
}

// measure has the workload's callers make their calls.
func (r *runner) measure() (s sample, l latencies, err error) {
	switch r.Kind {
	case kindGet:
		return r.getRound()
	case kindScan:
		s, l, err = r.sole(scanner{r}, 1, r.Target)
		s.Documents = s.Calls * r.Documents
		return s, l, err
	case kindEqual, kindRange, kindFilter, kindPage, kindIndex:
		return r.queryRound()
	case kindTerms, kindDays:
		s, l, err = r.sole(grouper{r}, 1, r.Target)
		s.Documents = s.Calls * r.Documents
		return s, l, err
	case kindCreate:
		s, l, err = r.sole(&creator{r, r.maker()}, 1, r.Target)
	case kindChurn:
		s, l, err = r.sole(&churner{r: r, made: r.maker()}, churnSteps*churnRepeats, 0)
	case kindReadWrite:
		return r.readWriteRound()
	default:
		list := r.callers()
		if len(list) > 1 {
			return r.crowd(list)
		}
		if r.Pace > 0 {
			s, l, err = r.paced(list[0])
		} else {
			s, l, err = r.sole(list[0], 1, r.Target)
		}
	}
	s.Documents = s.Calls * r.Batch
	return s, l, err
}

// churnRepeats is how often the steps of churn are gone through in a round: a round is an amount of work there, and not
// a time, since the size of the files afterwards is compared.
const churnRepeats = 5

// callers are those who update, mix or mutate.
func (r *runner) callers() (list []caller) {
	for n, s := range r.streams {
		if r.contender.limit && !r.contender.fed {
			items := make([]item, r.Batch)
			items[0].id = strconv.Itoa(n) // for those to whom it matters whose call it is
			list = append(list, syncer{r.store, items})
			continue
		}
		u := updater{r, s, r.maker()}
		if r.Kind == kindMixed {
			list = append(list, &mixer{reader: reader{r, n * 1000}, updater: u, drawn: s.drawn})
		} else {
			list = append(list, &u)
		}
	}
	for _, m := range r.mutators {
		list = append(list, m)
	}
	return list
}

// sole has one caller make one call after the other, until there are enough and the time is over.
func (r *runner) sole(c caller, least int, target time.Duration) (s sample, l latencies, err error) {
	var spent time.Duration
	for len(l) < least || spent < target {
		c.prepare()
		start := time.Now()
		err := c.call()
		took := time.Since(start)
		if err != nil {
			return s, nil, err
		}
		spent += took
		l = append(l, took)
	}
	s.Calls, s.Seconds = len(l), spent.Seconds()
	return s, l, nil
}

// crowd has all callers make calls until the time is over.
func (r *runner) crowd(list []caller) (s sample, l latencies, err error) {
	all := make([]latencies, len(list))
	errs := make([]error, len(list))
	var callers sync.WaitGroup
	start := time.Now()
	for n, c := range list {
		callers.Go(func() { all[n], errs[n] = r.callUntil(c, start.Add(r.Target)) })
	}
	callers.Wait()
	s.Seconds = time.Since(start).Seconds()
	for _, each := range all {
		l = append(l, each...)
	}
	s.Calls, s.Documents = len(l), len(l)*r.Batch
	return s, l, errors.Join(errs...)
}

// callUntil makes at least one call.
func (r *runner) callUntil(c caller, end time.Time) (l latencies, err error) {
	for now := (time.Time{}); err == nil && now.Before(end); {
		c.prepare()
		start := time.Now()
		err = c.call()
		now = time.Now()
		l = append(l, now.Sub(start))
	}
	return l, err
}

// readWriteRound has callers read while one writes. Latencies and documents are those of reads.
func (r *runner) readWriteRound() (s sample, l latencies, err error) {
	var list []caller
	for n := range r.Callers {
		list = append(list, &reader{r, n * 1000})
	}
	var written latencies
	var writeErr error
	var writer sync.WaitGroup
	end := time.Now().Add(r.Target)
	writer.Go(func() { written, writeErr = r.callUntil(&updater{r, r.streams[0], r.maker()}, end) })
	s, l, err = r.crowd(list)
	writer.Wait()
	s.Documents, s.Writes = s.Calls, len(written)*r.Batch
	return s, l, errors.Join(err, writeErr)
}

// getRound gets documents one after the other. The latencies come from calls after these: a call takes so little that
// reading the clock twice would show in the mean.
func (r *runner) getRound() (s sample, l latencies, err error) {
	c := &reader{r: r}
	start := time.Now()
	for s.Seconds < r.Target.Seconds() {
		for range 256 {
			c.prepare()
			if err := c.call(); err != nil {
				return s, nil, err
			}
			s.Calls++
		}
		s.Seconds = time.Since(start).Seconds()
	}
	s.Documents = s.Calls
	_, l, err = r.sole(c, timedGets, 0)
	return s, l, err
}

// timedGets is how many gets of a round are timed one by one.
const timedGets = 10_000

// makeIDs makes random ids to be read, the same ones in each round.
func (r *runner) makeIDs() {
	switch r.Kind {
	case kindGet, kindReadWrite, kindMixed:
		for n := uint64(len(r.ids)); n < 1<<16; n++ {
			r.ids = append(r.ids, string(appendID(nil, int(mix(n)%uint64(r.Documents)))))
		}
	}
}
