package command

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// How bench measures: in rounds, in each of which all workloads have their turn on both contenders, one right after the
// other. Whatever else the machine does meanwhile meets both, or spoils one round of several, which no median shows.

// A workload is what is measured in one turn.
type workload struct {
	name      string
	verb      string // in JSON
	documents int    // of a call
	callers   int    // at the same time
	share     int    // of the time
}

const (
	verbUpdate, verbGet, verbList = "upsert", "get", "list"

	benchCallers     = 64
	largestBenchCall = 1000
)

// Writes have more of the time than reads, since what Kuzzlite does behind its calls has to come round in a turn.
var workloads = []workload{
	{"upsert 1", verbUpdate, 1, 1, 3},
	{"upsert 20", verbUpdate, 20, 1, 3},
	{"upsert 200", verbUpdate, 200, 1, 3},
	{"upsert 1,000", verbUpdate, largestBenchCall, 1, 3},
	{"64 x upsert 1", verbUpdate, 1, benchCallers, 3},
	{"get", verbGet, 1, 1, 1},
	{"list 1,000", verbList, 1000, 1, 1},
}

// diskShare is that of the disk alone.
const diskShare = 1

// calls returns what makes the calls of one caller.
func (w *workload) calls(c contender, documents int, own *walk) func() benchCall {
	switch w.verb {
	case verbGet:
		return func() benchCall { return c.get(own.next(1)[0]) }
	case verbList:
		return func() benchCall { return c.list(own.next(1)[0]%(documents-w.documents+1), w.documents) }
	}
	return func() benchCall { return c.update(own.next(w.documents), w.callers > 1) }
}

// A sample is what one turn gave.
type sample struct {
	rate  float64 // calls in a second
	calls latencies
}

// measured is what all turns of one workload on one contender gave.
type measured struct {
	rates []float64 // calls in a second, by round
	calls latencies
}

func (m *measured) add(s *sample) {
	m.rates = append(m.rates, s.rate)
	m.calls.merge(&s.calls)
}

// A measurement is one run of bench, in a directory of its own.
type measurement struct {
	dir    string
	data   *benchData
	rounds int
	time   time.Duration // about how long all of it takes
	told   func(step string)

	makers     []func(dir string, data *benchData) (contender, error)
	contenders []contender // Kuzzlite, then what it is compared with
	disk       *benchDisk

	onDisk measured
	on     [][]*measured // by workload, then by contender
	next   [][][]func() benchCall
}

// newMeasurement compares Kuzzlite with bbolt. Longer ones have more rounds.
func newMeasurement(dir string, data *benchData, d time.Duration) *measurement {
	const most = 12 * time.Second // of a round
	return &measurement{
		dir: dir, data: data, rounds: max(5, int(d/most)), time: d, told: func(string) {},
		makers: []func(string, *benchData) (contender, error){newBenchKuzzlite, newBenchBolt},
	}
}

// run measures. It closes all files, but leaves them.
func (m *measurement) run(ctx context.Context) (err error) {
	begun := time.Now()
	defer func() {
		if closeErr := m.close(); err == nil {
			err = closeErr
		}
	}()
	if err := m.open(); err != nil {
		return err
	}
	if err := m.fill(ctx); err != nil {
		return err
	}
	end := begun.Add(max(m.time, time.Since(begun)+m.time/2))
	for r := range m.rounds {
		if err := m.round(ctx, r, time.Until(end)/time.Duration(m.rounds-r)); err != nil {
			return err
		}
	}
	for _, c := range m.contenders {
		m.told("verify " + c.name())
		if err := c.verify(ctx); err != nil {
			return fmt.Errorf("verify %s: %w", c.name(), err)
		}
	}
	return nil
}

func (m *measurement) open() (err error) {
	if m.disk, err = newBenchDisk(m.dir); err != nil {
		return err
	}
	for _, open := range m.makers {
		c, err := open(m.dir, m.data)
		if err != nil {
			return err
		}
		m.contenders = append(m.contenders, c)
	}
	for i := range workloads {
		w := &workloads[i]
		on, next := []*measured{}, [][]func() benchCall{}
		for _, c := range m.contenders {
			var callers []func() benchCall
			for _, own := range m.data.walks(w.callers) {
				callers = append(callers, w.calls(c, m.data.documents, own))
			}
			on, next = append(on, &measured{}), append(next, callers)
		}
		m.on, m.next = append(m.on, on), append(m.next, next)
	}
	return nil
}

func (m *measurement) close() error {
	var errs []error
	for _, c := range m.contenders {
		errs = append(errs, c.close())
	}
	if m.disk != nil {
		errs = append(errs, m.disk.close())
	}
	return errors.Join(errs...)
}

// fill creates the documents.
func (m *measurement) fill(ctx context.Context) error {
	for _, c := range m.contenders {
		for first := 0; first < m.data.documents; first += largestBenchCall {
			m.told("fill " + c.name())
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := c.fill(ctx, first, min(first+largestBenchCall, m.data.documents)); err != nil {
				return fmt.Errorf("fill %s: %w", c.name(), err)
			}
		}
		if err := c.settle(ctx); err != nil {
			return fmt.Errorf("fill %s: %w", c.name(), err)
		}
	}
	return nil
}

// round measures everything once, in about d. In every other round the contenders are in the opposite order.
func (m *measurement) round(ctx context.Context, r int, d time.Duration) error {
	parts := diskShare
	for _, w := range workloads {
		parts += w.share * len(m.contenders)
	}
	part := d / time.Duration(parts)
	name := fmt.Sprintf("round %d of %d, ", r+1, m.rounds)
	m.told(name + "disk")
	nothing := func(context.Context) error { return nil }
	s, err := turn(ctx, []func() benchCall{func() benchCall { return m.disk.overwrite }}, diskShare*part, nothing)
	if err != nil {
		return fmt.Errorf("the disk alone: %w", err)
	}
	m.onDisk.add(s)
	for i, w := range workloads {
		for n := range m.contenders {
			if r%2 == 1 {
				n = len(m.contenders) - 1 - n
			}
			c := m.contenders[n]
			m.told(name + c.name() + ", " + w.name)
			s, err := turn(ctx, m.next[i][n], time.Duration(w.share)*part, c.settle)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", c.name(), w.name, err)
			}
			m.on[i][n].add(s)
		}
	}
	return nil
}

// turn has each caller make calls for so long, one call at least. With one caller the time between calls, in which the
// next one is prepared, does not count; with several it does. What the contender has to do behind the calls counts.
func turn(
	ctx context.Context, callers []func() benchCall, d time.Duration, settle func(context.Context) error,
) (*sample, error) {
	runtime.GC() // or one contender would clean up after the other
	all := make([]benchCaller, len(callers))
	begun := time.Now()
	var wg sync.WaitGroup
	for i, next := range callers {
		wg.Go(func() { all[i].run(ctx, next, begun.Add(d)) })
	}
	wg.Wait()
	took := time.Since(begun)
	s := &sample{}
	for i := range all {
		if err := all[i].err; err != nil {
			return nil, err
		}
		s.calls.merge(&all[i].calls)
	}
	if len(all) == 1 {
		took = s.calls.sum
	}
	begun = time.Now()
	if err := settle(ctx); err != nil {
		return nil, err
	}
	took += time.Since(begun)
	s.rate = float64(s.calls.n) / max(took, 1).Seconds()
	return s, nil
}

// A benchCaller makes one call after the other.
type benchCaller struct {
	calls latencies
	err   error
}

func (c *benchCaller) run(ctx context.Context, next func() benchCall, until time.Time) {
	for now := time.Now(); c.calls.n == 0 || now.Before(until); {
		if c.err = ctx.Err(); c.err != nil {
			return
		}
		call := next()
		begun := time.Now()
		if c.err = call(ctx); c.err != nil {
			return
		}
		now = time.Now()
		c.calls.add(now.Sub(begun))
	}
}
