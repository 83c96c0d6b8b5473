package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"time"
)

// A contender's process is this program again, told by childEnv to be one. It reads its task and then orders from
// standard input, a JSON value each, and answers each on standard output.

const childEnv = "KUZZLITE_BENCH_CHILD"

type order string

const (
	orderProve  order = "prove"  // answer: proof
	orderWarm   order = "warm"   // answer: a sample that does not count
	orderRound  order = "round"  // answer: sample
	orderSettle order = "settle" // answer: a sample with the time that giving back space took
	orderPooled order = "pooled" // answer: a sample with the latencies of all timed rounds
	orderVerify order = "verify" // answer: nothing
	orderLogs   order = "logs"   // answer: a sample with the calls that filled the log
)

// answer is what a child says to any order.
type answer struct {
	Error  string `json:"error,omitempty"`
	Sample sample `json:"sample"`
	Digest string `json:"digest,omitempty"`
}

// child is the main function of a contender's process.
func child(in io.Reader, out io.Writer) error {
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	var t task
	if err := orders.Decode(&t); err != nil {
		return err
	}
	r, err := newRunner(t)
	if err != nil {
		return answers.Encode(answer{Error: err.Error()})
	}
	defer func() { r.store.close() }() // not that of now: some rounds open the store anew
	if err := answers.Encode(answer{Sample: r.opened}); err != nil {
		return err
	}
	for {
		var o order
		if err := orders.Decode(&o); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		a, err := r.obey(o)
		if err != nil {
			a.Error = err.Error()
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}

func (r *runner) obey(o order) (a answer, err error) {
	switch o {
	case orderProve:
		r.heap.lookAway(func() { a.Digest, err = r.prove() })
	case orderWarm:
		a.Sample, err = r.warm()
	case orderRound:
		if err = r.startProfile(); err == nil {
			a.Sample, err = r.round(true)
		}
	case orderPooled:
		pprof.StopCPUProfile()
		r.latencies.fill(&a.Sample)
	case orderSettle:
		a.Sample, err = r.settle()
	case orderVerify:
		_, err = r.verify()
	case orderLogs:
		a.Sample, err = r.fillLogs()
	default:
		err = fmt.Errorf("unknown order %q", o)
	}
	return a, err
}

// settle measures how long giving back space takes.
func (r *runner) settle() (s sample, err error) {
	before, start := usage(), time.Now()
	err = r.store.settle()
	s.Seconds = time.Since(start).Seconds()
	after := usage()
	s.Workload, s.Documents, s.Calls = r.Workload, r.Documents, 1
	s.CPU, s.Written = after.cpu-before.cpu, after.written-before.written
	s.Own, s.RSS = after.own, after.rss
	return s, err
}

// startProfile begins a profile of the processor's time in the first timed round, if the task asks for one.
func (r *runner) startProfile() error {
	if r.Profile == "" {
		return nil
	}
	f, err := os.Create(filepath.Join(r.Profile, r.Workload+"-"+r.Label+".pprof"))
	if err != nil {
		return err
	}
	r.Profile = ""
	return pprof.StartCPUProfile(f)
}

// process is a contender's process, seen from the one that compares. It is paused unless it obeys an order.
type process struct {
	task    task
	opened  sample
	cmd     *exec.Cmd
	in      io.WriteCloser
	orders  *json.Encoder
	answers *json.Decoder
}

// start starts a contender's process and waits until its store is filled.
func (b *bench) start(t task) (*process, error) {
	program := b.program
	if t.program != "" {
		program = t.program
	}
	if err := os.MkdirAll(t.Dir, 0o700); err != nil {
		return nil, err
	}
	p := &process{task: t, cmd: exec.Command(program)}
	p.cmd.Env = append(os.Environ(), childEnv+"=1")
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := started.start(p.cmd); err != nil {
		return nil, err
	}
	p.in, p.orders, p.answers = in, json.NewEncoder(in), json.NewDecoder(out)
	a, err := p.tell(t)
	if err != nil {
		return nil, errors.Join(err, p.end())
	}
	p.opened = a.Sample
	return p, pause(p.cmd.Process)
}

// order has the process obey.
func (p *process) order(o order) (answer, error) {
	if err := resume(p.cmd.Process); err != nil {
		return answer{}, err
	}
	a, err := p.tell(o)
	return a, errors.Join(err, pause(p.cmd.Process))
}

func (p *process) tell(what any) (answer, error) {
	var a answer
	err := p.orders.Encode(what)
	if err == nil {
		err = p.answers.Decode(&a)
	}
	if err == nil && a.Error != "" {
		err = errors.New(a.Error)
	}
	if err != nil {
		return a, fmt.Errorf("%s, %s: %w", p.task.Workload, p.task.Label, err)
	}
	return a, nil
}

// stop has the process close its store, and waits for it.
func (p *process) stop() error {
	resume(p.cmd.Process) // an error means that it has ended
	p.in.Close()
	return started.wait(p.cmd)
}

// kill ends the process as a crash would.
func (p *process) kill() error {
	err := p.cmd.Process.Kill()
	started.wait(p.cmd) // its error is that it was killed
	return err
}

// end stops the process and removes its store.
func (p *process) end() error { return errors.Join(p.stop(), os.RemoveAll(p.task.Dir)) }
