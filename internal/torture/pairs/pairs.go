// Package pairs puts files of stores beside logs that do not belong to them.
package pairs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/disk"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// Harness opens the file of a store with files of logs that are of another moment of the same store, of a copy of that
// store that went its own way, or of another store. Each pair must be refused, and no byte of it changed; or it must be
// the store as it was at a moment, to the last change of a call.
var Harness = harness.Harness{
	Name: "pairs",
	What: "open files and logs of different moments, copies and stores: each is refused, or a state that was acknowledged",
	Unit: "pairs",
	Full: 3_000,
	Few:  150,
	Run:  run,
}

// perFamily is how many pairs are made of a family of stores.
const perFamily = 150

func run(ctx context.Context, tr *harness.Trial) error {
	defer disk.Tune(disk.Tuning{})
	for n := uint64(0); tr.Done < tr.Count; n++ {
		dir, err := os.MkdirTemp(tr.Dir, "family")
		if err != nil {
			return err
		}
		random := rand.New(rand.NewPCG(tr.Seed, n))
		moments, err := family(ctx, tr.Seed+n, dir, random)
		if err != nil {
			return fmt.Errorf("family %d, in %s: %w", n, dir, err)
		}
		tr.Note("moments", len(moments))
		for i := 0; i < perFamily && tr.Done < tr.Count; i++ {
			p := newPair(random, moments)
			if err := p.judge(ctx, filepath.Join(dir, "pair"), tr); err != nil {
				return fmt.Errorf("family %d, pair %d, in %s: %s: %w", n, i, dir, p, err)
			}
			tr.Done++
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return awake(tr)
}

// awake says what a run has missed.
func awake(tr *harness.Trial) error {
	for _, what := range []string{
		refused, opened, "of one moment", "of half applied files", "of another store", "of another copy",
		"without the file", "without the log",
	} {
		if tr.Done >= perFamily && tr.Figures["pairs "+what] == 0 {
			return fmt.Errorf("the harness sleeps: there were no pairs %s", what)
		}
	}
	return nil
}

const (
	refused = "that were refused"
	opened  = "that were opened"
)

// pair is a file of a store, and files of logs.
type pair struct {
	file     *moment            // nil: there is none
	logs     map[string]*moment // of which they are, by their names
	readOnly bool
}

// newPair draws a pair. Half of them have files of logs that are all of one moment.
func newPair(r *rand.Rand, moments []*moment) pair {
	p := pair{logs: map[string]*moment{}, readOnly: r.IntN(3) == 0}
	at := r.IntN(len(moments))
	p.file = moments[at]
	another := func() *moment {
		if r.IntN(2) == 0 { // near
			return moments[max(0, min(len(moments)-1, at+r.IntN(9)-4))]
		}
		return moments[r.IntN(len(moments))]
	}
	switch r.IntN(8) {
	case 0:
		p.add(p.file)
	case 1, 2, 3:
		p.add(another())
	case 4: // none
	default:
		for name := range p.file.logs { // some of its own
			if r.IntN(2) == 0 {
				p.logs[name] = p.file
			}
		}
		for range 1 + r.IntN(3) {
			m := another()
			for name := range m.logs {
				if r.IntN(2) == 0 {
					p.logs[name] = m
				}
			}
		}
	}
	if r.IntN(8) == 0 && len(p.logs) > 0 { // often enough for the short runs of CI
		p.file = nil
	}
	return p
}

// add adds all files of the log of a moment.
func (p *pair) add(m *moment) {
	for name := range m.logs {
		p.logs[name] = m
	}
}

func (p pair) String() string {
	s := "no file"
	if p.file != nil {
		s = p.file.String()
	}
	for name, m := range p.logs {
		s += fmt.Sprintf(", %s of %v", name, m)
	}
	if p.readOnly {
		s += ", for reading only"
	}
	return s
}

// whole says whether the pair is what one moment had.
func (p pair) whole() bool {
	if p.file == nil || len(p.logs) != len(p.file.logs) {
		return false
	}
	for _, m := range p.logs {
		if m != p.file {
			return false
		}
	}
	return true
}

// write writes the pair.
func (p pair) write(dir string) (path string, err error) {
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)); err != nil {
		return "", err
	}
	path = filepath.Join(dir, oracle.StoreName)
	if p.file != nil {
		err = os.WriteFile(path, p.file.file, 0o600)
	}
	for name, m := range p.logs {
		err = errors.Join(err, os.WriteFile(path+name, m.logs[name], 0o600))
	}
	return path, err
}

// judge opens the pair.
func (p pair) judge(ctx context.Context, dir string, tr *harness.Trial) error {
	path, err := p.write(dir)
	if err != nil {
		return err
	}
	p.note(tr)
	changed := oracle.Unchanged(path)
	o := oracle.Options(0)
	o.ReadOnly = p.readOnly && p.file != nil
	s, err := kuzzlite.Open(path, o)
	if err != nil {
		return p.mayRefuse(err, changed, tr)
	}
	defer s.Close()
	tr.Note("pairs "+opened, 1)
	switch {
	case p.file == nil:
		return errors.New("a store was made where there is the log of one")
	case p.file.open && len(p.logs) == 0:
		return errors.New("the file says that there is a log, and was opened without one")
	}
	if err := errors.Join(p.isAcknowledged(ctx, s), p.hasLogs(ctx, s)); err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	if o.ReadOnly {
		return changed()
	}
	return errors.Join(oracle.NoLogs(path), oracle.PlainSound(path, tr))
}

// mayRefuse judges an error of Open.
func (p pair) mayRefuse(err error, changed func() error, tr *harness.Trial) error {
	tr.Note("pairs "+refused, 1)
	switch {
	case p.whole():
		return fmt.Errorf("it is as it was left, and refused: %w", err)
	case !errors.Is(err, kuzzlite.ErrCorrupt):
		return fmt.Errorf("the refusal does not say that the pair is damaged: %w", err)
	}
	if now := changed(); now != nil {
		return fmt.Errorf("%w, before it was refused: %w", now, err)
	}
	return nil
}

// isAcknowledged says whether a store is as it, or one that the logs are of, was at a moment.
func (p pair) isAcknowledged(ctx context.Context, s *kuzzlite.Store) error {
	if err := oracle.Sound(ctx, s); err != nil {
		return err
	}
	n := s.Sequence()
	if p.whole() && n != p.file.sequence {
		return fmt.Errorf("it is as it was left at sequence %d, and opened at %d", p.file.sequence, n)
	}
	err := p.file.history.isState(ctx, s)
	for _, m := range p.logs {
		if err != nil && m.history != p.file.history && m.history.isState(ctx, s) == nil {
			return nil
		}
	}
	return err
}

// hasLogs says whether a store has what the newest segments say, whatever moment they are of: or else they are in the
// way.
//
// A segment of another copy is not looked at. If the copies went their own ways in the middle of a segment the file
// knows that it contains that segment, and not that the other copy has added more to it.
func (p pair) hasLogs(ctx context.Context, s *kuzzlite.Store) error {
	for name, m := range p.logs {
		another := m.history != p.file.history && m.history.store == p.file.history.store
		if name != m.newest || another {
			continue
		}
		if n := s.Sequence(); n < m.sequence {
			return fmt.Errorf("its log goes up to sequence %d, and it was opened at %d", m.sequence, n)
		}
		if err := m.history.begins(ctx, s, m.sequence); err != nil {
			return fmt.Errorf("it is not the store of its log %s: %w", name, err)
		}
	}
	return nil
}

// note counts what kind of pair it is.
func (p pair) note(tr *harness.Trial) {
	if p.whole() {
		tr.Note("pairs of one moment", 1)
	}
	if p.file == nil {
		tr.Note("pairs without the file", 1)
		return
	}
	if p.file.open && len(p.logs) == 0 {
		tr.Note("pairs without the log", 1)
	}
	if p.file.halfApplied {
		tr.Note("pairs of half applied files", 1)
	}
	store, copied := false, false
	for _, m := range p.logs {
		store = store || m.history.store != p.file.history.store
		copied = copied || m.history.store == p.file.history.store && m.history != p.file.history
	}
	if store {
		tr.Note("pairs of another store", 1)
	}
	if copied {
		tr.Note("pairs of another copy", 1)
	}
}
