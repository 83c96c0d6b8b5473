// Package turns has processes take turns on one store.
package turns

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// Harness has two processes open one store in turn, write to it and close it, as fast as the lock on the file lets
// them, and kills one of them now and then: another one takes its place.
//
// Who has the store last must hold it until all is done, and who has it next must find all that was acknowledged.
var Harness = harness.Harness{
	Name: "turns",
	What: "two processes take turns on one store, and are killed now and then: who holds it until when?",
	Unit: "turns",
	Full: 1_000,
	Few:  40,
	Run:  run,

	Tasks: map[string]harness.Task{"turns": takeTurns},
}

func run(ctx context.Context, tr *harness.Trial) error {
	random := rand.New(rand.NewPCG(tr.Seed, 0))
	for n := 1; tr.Done < tr.Count; n++ {
		dir, err := os.MkdirTemp(tr.Dir, "store")
		if err != nil {
			return err
		}
		m := oracle.NewModel(tr.Seed)
		tr.Note("stores", 1)
		for range 3 {
			if tr.Done >= tr.Count {
				break
			}
			s := &session{dir: dir, seed: tr.Seed, round: 1000 * tr.Figures["sessions"], random: random}
			tr.Note("sessions", 1)
			if err := s.run(ctx, tr, min(25, tr.Count-tr.Done)); err != nil {
				return fmt.Errorf("in %s: %w", dir, err)
			}
			if err := s.verify(ctx, m, tr); err != nil {
				return fmt.Errorf("in %s: %w", dir, err)
			}
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return awake(tr)
}

// awake says what a run has missed that was long enough for it.
func awake(tr *harness.Trial) error {
	for _, what := range []string{"processes killed", "recoveries", "turns after another process"} {
		if tr.Done >= 200 && tr.Figures[what] == 0 {
			return fmt.Errorf("the harness sleeps: there were no %s", what)
		}
	}
	return nil
}

// session is two places for processes on one store, until so many turns were taken.
type session struct {
	dir    string
	seed   uint64
	random *rand.Rand

	mu    sync.Mutex // guards the fields below, and random
	round int        // the newest process's
	told  map[int]*oracle.Told
	turns int
	last  int // who had the latest turn
	notes map[string]int
}

func (s *session) run(ctx context.Context, tr *harness.Trial, turns int) error {
	s.told, s.notes = map[int]*oracle.Told{}, map[string]int{}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := s.process(ctx, func() { // a turn was taken
					if s.turns >= turns {
						time.AfterFunc(20*time.Millisecond, func() { cancel(errEnough) })
					}
				}); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	tr.Done += s.turns
	for what, n := range s.notes {
		tr.Note(what, n)
	}
	if err := context.Cause(ctx); !errors.Is(err, errEnough) {
		return err
	}
	return nil
}

// errEnough ends a session.
var errEnough = errors.New("enough turns were taken")

// process runs a process until it is killed, at some moment or with ctx.
func (s *session) process(ctx context.Context, taken func()) error {
	s.mu.Lock()
	s.round++
	round, t, lines := s.round, oracle.NewTold(), 10+s.random.IntN(80)
	delay := time.Duration(s.random.IntN(4000)) * time.Microsecond
	s.told[round] = t
	s.mu.Unlock()
	cmd, err := harness.Child("turns", oracle.WorkTask{Seed: s.seed, Round: round, Dir: s.dir})
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
	kill := func() { _ = cmd.Process.Kill() }
	defer context.AfterFunc(ctx, kill)()
	watchdog := time.AfterFunc(harness.Silence, kill)
	defer watchdog.Stop()
	killed := false
	for in := bufio.NewReader(out); ; {
		line, err := in.ReadString('\n')
		if err != nil {
			break // a line in part was not told
		}
		watchdog.Reset(harness.Silence)
		if err = s.hear(round, strings.TrimSuffix(line, "\n"), taken); err != nil {
			kill()
			_ = cmd.Wait()
			return fmt.Errorf("process %d: %w", round, err)
		}
		if lines--; lines == 0 {
			killed = true
			time.AfterFunc(delay, kill)
		}
	}
	_ = cmd.Wait()
	if ctx.Err() == nil && !killed {
		return fmt.Errorf("process %d ended by itself, or said nothing for %v\n%s", round, harness.Silence, stderr.String())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if killed {
		s.notes["processes killed"]++
	}
	return nil
}

// hear takes in a line of a process.
func (s *session) hear(round int, line string, taken func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if line == "done open" {
		s.turns++
		if s.last != 0 && s.last != round {
			s.notes["turns after another process"]++
		}
		s.last = round
		taken()
	}
	return s.told[round].Hear(round, line)
}

// verify opens what was left, and compares it with what was told.
func (s *session) verify(ctx context.Context, m *oracle.Model, tr *harness.Trial) error {
	path := filepath.Join(s.dir, oracle.StoreName)
	if _, err := oracle.Look(path, tr.Dir, tr); err != nil {
		return err
	}
	oracle.Tune(s.round)
	store, err := kuzzlite.Open(path, oracle.Options(s.round))
	if err != nil {
		return err
	}
	defer store.Close()
	if err := errors.Join(oracle.NoteRecovery(ctx, store, tr), oracle.Sound(ctx, store)); err != nil {
		return err
	}
	changes, err := oracle.ReadFeed(ctx, store, m.Sequence)
	if err != nil {
		return err
	}
	calls, drops, err := m.Replay(changes)
	if err != nil {
		return err
	}
	tr.Note("changes", len(changes))
	if err := errors.Join(s.compare(calls, drops, tr), m.Compare(ctx, store), m.NoteQueries(ctx, store, tr)); err != nil {
		return err
	}
	return errors.Join(store.Close(), oracle.NoLogs(path), oracle.PlainSound(path, tr))
}

// compare compares the calls in the feed with those that returned, each with its process.
func (s *session) compare(calls []oracle.Committed, drops int, tr *harness.Trial) error {
	byRound := map[int][]oracle.Committed{}
	for _, c := range calls {
		byRound[c.Tag.Round] = append(byRound[c.Tag.Round], c)
	}
	least, most := 0, 0
	for n, t := range s.told {
		if err := t.Compare(n, byRound[n], t.Drops, tr); err != nil {
			return fmt.Errorf("process %d: %w", n, err)
		}
		tr.Note("checkpoints", t.Checkpoints)
		tr.Note("recoveries", t.Recovered)
		least += t.Drops
		most += t.Drops + oracle.Callers
		delete(byRound, n)
	}
	for n := range byRound {
		return fmt.Errorf("calls of process %d are in the feed, which had not begun", n)
	}
	if drops < least || drops > most {
		return fmt.Errorf("lost: %d collections were deleted, the feed has %d", least, drops)
	}
	return nil
}
