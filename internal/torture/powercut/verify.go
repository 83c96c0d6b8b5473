package powercut

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// verification is the look at one image.
type verification struct {
	*hearsay
	seed   uint64
	dir    string
	random *rand.Rand
	trial  *harness.Trial

	model *oracle.Model // of what the image was found to have
}

// run has bbolt look at what the power cut has left, opens it, and compares it with what was told.
func (v *verification) run(ctx context.Context) error {
	path := filepath.Join(v.dir, oracle.StoreName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !v.opened {
		v.trial.Note("images from before there was a store", 1)
		return nil
	}
	if _, err := oracle.Look(path, filepath.Dir(v.dir), v.trial); err != nil {
		return err
	}
	as := v.random.IntN(140) // all kinds of options
	oracle.Tune(as)
	o := oracle.Options(as)
	if v.random.IntN(4) == 0 {
		if err := v.readOnly(ctx, path, *o); err != nil {
			return fmt.Errorf("for reading only: %w", err)
		}
	}
	if err := v.open(ctx, path, o); err != nil {
		return err
	}
	if err := errors.Join(oracle.NoLogs(path), oracle.PlainSound(path, v.trial)); err != nil {
		return fmt.Errorf("after recovery: %w", err)
	}
	told := &oracle.Told{Relaxed: true, Backups: maps.Clone(v.backups)}
	return v.model.VerifyBackups(ctx, v.dir, told, v.trial)
}

// readOnly opens the image for reading only, which must change nothing.
func (v *verification) readOnly(ctx context.Context, path string, o kuzzlite.Options) error {
	v.trial.Note("images opened for reading only", 1)
	changed := oracle.Unchanged(path)
	o.ReadOnly = true
	return errors.Join(v.open(ctx, path, &o), changed())
}

// open opens the image and compares it with what was told.
func (v *verification) open(ctx context.Context, path string, o *kuzzlite.Options) error {
	s, err := kuzzlite.Open(path, o)
	if err != nil {
		return err
	}
	defer s.Close()
	if !o.ReadOnly {
		if err := oracle.NoteRecovery(ctx, s, v.trial); err != nil {
			return err
		}
	}
	if err := oracle.Sound(ctx, s); err != nil {
		return err
	}
	changes, err := oracle.ReadFeed(ctx, s, 0)
	if err != nil {
		return err
	}
	v.model = oracle.NewModel(v.seed)
	calls, drops, err := v.model.Replay(changes)
	if err != nil {
		return err
	}
	err = errors.Join(v.compare(calls, drops, v.trial), v.model.Compare(ctx, s), v.model.NoteQueries(ctx, s, v.trial))
	if err != nil {
		return err
	}
	if !o.ReadOnly && v.random.IntN(4) == 0 {
		if err := goOn(ctx, s, v.seed, v.trial); err != nil {
			return fmt.Errorf("written to again: %w", err)
		}
	}
	return s.Close()
}

// goOn writes to a store that has come through, which must be sound after that too.
func goOn(ctx context.Context, s *kuzzlite.Store, seed uint64, tr *harness.Trial) error {
	const afterAll = 1000 // a round that no worker had
	for n := range 3 {
		if _, _, err := oracle.NewCall(seed, oracle.Tag{Round: afterAll, Caller: 0, N: n}).Run(s); err != nil {
			return err
		}
	}
	tr.Note("images written to again", 1)
	return oracle.Sound(ctx, s)
}
