package linear

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// Crash is Harness over histories in which the process of all clients is killed, and another one goes on.
//
// A call under way at the kill may have been done or not. The feed says which: that is no leniency, as a call is then
// held to it, and must have been done before the next process began.
var Crash = harness.Harness{
	Name: "linearcrash",
	What: "the same, while kill -9 ends the process of the clients now and then, and another one goes on",
	Unit: "histories",
	Full: 200,
	Few:  20,
	Run:  runCrash,

	Tasks: map[string]harness.Task{"linear": live},
}

func runCrash(ctx context.Context, tr *harness.Trial) error {
	for n := 1; tr.Done < tr.Count && ctx.Err() == nil; n++ {
		dir := filepath.Join(tr.Dir, fmt.Sprint(n))
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		h := &crashHistory{dir: dir, number: n, seed: tr.Seed, random: rand.New(rand.NewPCG(tr.Seed, uint64(n)))}
		if err := h.run(ctx, tr); err != nil {
			return fmt.Errorf("history %d, in %s: %w", n, dir, err)
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		tr.Done++
	}
	awake := checkAwake(tr, overlaps, cancelled, lostCalls, "half applied files", "logs of 2 files")
	return errors.Join(ctx.Err(), decided(tr), awake)
}

// crashHistory is a history of several processes.
type crashHistory struct {
	recording
	dir    string
	number int
	seed   uint64
	random *rand.Rand
}

// lifeTask is what one of the processes is to do.
type lifeTask struct {
	Seed          uint64
	History, Life int
	Dir           string
}

func (t lifeTask) open() (*kuzzlite.Store, error) {
	tune(t.Seed, t.History<<8|t.Life)
	durability := kuzzlite.Sync
	if t.History%3 == 0 {
		durability = kuzzlite.Relaxed
	}
	return kuzzlite.Open(filepath.Join(t.Dir, oracle.StoreName), options(durability))
}

func (h *crashHistory) task(life int) lifeTask { return lifeTask{h.seed, h.number, life, h.dir} }

func (h *crashHistory) run(ctx context.Context, tr *harness.Trial) error {
	lives := 2 + h.random.IntN(3)
	for life := range lives {
		if err := h.life(ctx, h.task(life)); err != nil {
			return errors.Join(err, h.save(filepath.Join(h.dir, "history.json")))
		}
		tr.Note("kills", 1)
		if h.random.IntN(3) == 0 && life < lives-1 {
			if err := h.look(life, tr, nil); err != nil {
				return err
			}
		}
	}
	return h.look(lives, tr, func(s *kuzzlite.Store) error { return h.judge(ctx, s, h.dir, tr) })
}

// look opens the store that a killed process has left, reads everything, and does what else there is to do.
func (h *crashHistory) look(life int, tr *harness.Trial, then func(*kuzzlite.Store) error) error {
	path := filepath.Join(h.dir, oracle.StoreName)
	if _, err := os.Stat(path); err == nil {
		if _, err := oracle.Look(path, h.dir, tr); err != nil {
			return err
		}
	}
	s, err := h.task(life).open()
	if err != nil {
		return err
	}
	err = errors.Join(lastLook(s, &h.recording, life), oracle.Sound(context.Background(), s))
	if err == nil && then != nil {
		err = then(s)
	}
	return errors.Join(err, s.Close())
}

// life lets a process live, and kills it.
func (h *crashHistory) life(ctx context.Context, t lifeTask) error {
	cmd, err := harness.Child("linear", t)
	if err != nil {
		return err
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = h.hear(ctx, cmd, out)
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	if err != nil {
		return fmt.Errorf("life %d: %w\n%s", t.Life, err, stderr.String())
	}
	h.bury()
	return ctx.Err()
}

// bury ends what was under way.
func (h *crashHistory) bury() {
	h.clock++
	for _, e := range h.events {
		if e.Answer == nil && e.Return == 0 {
			e.Return = h.clock
		}
	}
}

// hear takes in what the process tells, to the last byte, and kills it at a random moment.
func (h *crashHistory) hear(ctx context.Context, cmd *exec.Cmd, out io.Reader) error {
	kill := func() { _ = cmd.Process.Kill() }
	defer context.AfterFunc(ctx, kill)()
	watchdog := time.AfterFunc(harness.Silence, kill)
	defer watchdog.Stop()
	lines, delay := 1+h.random.IntN(40), time.Duration(h.random.IntN(1000))*time.Microsecond
	if h.random.IntN(6) == 0 { // maybe while it opens the store
		lines, delay = 0, time.Duration(h.random.IntN(10_000))*time.Microsecond
		time.AfterFunc(delay, kill)
	}
	numbers := map[int]int{} // here, of what the process has numbered
	heard := 0
	for in := bufio.NewReader(out); ; {
		line, err := in.ReadString('\n')
		if err != nil { // a line in part was not told
			if heard < lines {
				return fmt.Errorf("it ended by itself after %d lines, or said nothing for %v", heard, harness.Silence)
			}
			return nil
		}
		if err := h.take(strings.TrimSuffix(line, "\n"), numbers); err != nil {
			return err
		}
		if heard++; heard == lines {
			time.AfterFunc(delay, kill)
		}
	}
}

// tellsCall and tellsReturn are what the process tells.
type (
	tellsCall struct {
		Number, Client int
		User           string
		Action         *action
	}
	tellsReturn struct {
		Number int
		Answer *response
	}
)

// take takes in a line.
func (h *crashHistory) take(line string, numbers map[int]int) error {
	what, rest, _ := strings.Cut(line, " ")
	switch what {
	case "call":
		var c tellsCall
		if err := json.Unmarshal([]byte(rest), &c); err != nil {
			return err
		}
		numbers[c.Number] = h.begin(c.Client, c.User, c.Action)
	case "return":
		var r tellsReturn
		if err := json.Unmarshal([]byte(rest), &r); err != nil {
			return err
		}
		h.end(numbers[r.Number], r.Answer)
	default:
		return errors.New(line)
	}
	return nil
}

// teller is the recorder of a process that will be killed: it tells on standard output, before a call, and after it.
type teller struct {
	mu     sync.Mutex // guards calls, and keeps lines whole
	calls  int
	output io.Writer
}

func (t *teller) begin(client int, user string, a *action) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls++
	t.tell("call", tellsCall{t.calls, client, user, a})
	return t.calls
}

func (t *teller) end(number int, out *response) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tell("return", tellsReturn{number, out})
}

func (t *teller) tell(what string, v any) {
	raw, err := json.Marshal(v)
	if err == nil {
		_, err = fmt.Fprintf(t.output, "%s %s\n", what, raw)
	}
	if err != nil {
		os.Exit(1) // the parent is gone
	}
}

// maxLifeCalls bounds a history if the kill comes late.
const maxLifeCalls = 25

// live is the task of such a process. It never ends by itself.
func live(arg json.RawMessage) error {
	var t lifeTask
	if err := json.Unmarshal(arg, &t); err != nil {
		return err
	}
	s, err := t.open()
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(t.Seed, uint64(t.History<<8|t.Life)))
	record := &teller{output: os.Stdout}
	errs := make(chan error)
	for i := range 3 + r.IntN(4) {
		c := newClient(record, s, t.Life, i, rand.New(rand.NewPCG(r.Uint64(), 0)))
		go func() {
			for range maxLifeCalls {
				if err := c.next(); err != nil {
					errs <- err
				}
			}
		}()
	}
	if r.IntN(2) == 0 {
		n := r.IntN(3)
		go func() {
			if err := tendFieldIndex(context.Background(), s, n); err != nil {
				errs <- err
			}
		}()
	}
	if r.IntN(3) == 0 {
		go func() {
			for range 3 {
				if _, err := s.Compact(context.Background()); err != nil {
					errs <- err
				}
			}
		}()
	}
	return <-errs
}
