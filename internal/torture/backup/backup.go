// Package backup takes backups of a store that is written to and compacted.
package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// Harness takes backups while callers write, the store is compacted, and checkpoints go on, and holds each to the
// model: it opens, Check finds nothing, and its feed and its documents are those of the store at its sequence, to the
// last change of a call.
var Harness = harness.Harness{
	Name: "backups",
	What: "Backup, to fast and slow writers, and BackupFile, while callers write and Compact runs",
	Unit: "backups",
	Full: 1_000,
	Few:  40,
	Run:  run,
}

// perLifetime is how many backups are taken of one store: each is compared with the whole history.
const perLifetime = 20

func run(ctx context.Context, tr *harness.Trial) error {
	for life := 1; tr.Done < tr.Count; life++ {
		dir, err := os.MkdirTemp(tr.Dir, "store")
		if err != nil {
			return err
		}
		l := &lifetime{dir: dir, seed: tr.Seed, life: life, random: rand.New(rand.NewPCG(tr.Seed, uint64(life)))}
		if err := l.run(ctx, tr, min(perLifetime, tr.Count-tr.Done)); err != nil {
			return fmt.Errorf("store %d, in %s: %w", life, dir, err)
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	for _, what := range []string{
		"backups in which calls were committed meanwhile", "backups during Compact", checkpoints,
		"backups during which a checkpoint ended",
	} {
		if tr.Count >= 200 && tr.Figures[what] == 0 {
			return fmt.Errorf("the harness sleeps: there were no %s", what)
		}
	}
	return nil
}

// lifetime is one store, with its backups.
type lifetime struct {
	dir    string
	seed   uint64
	life   int
	random *rand.Rand
	store  *kuzzlite.Store
	list   []taken

	compacting atomic.Bool
}

// taken is a backup, and the sequences of the store before and after.
type taken struct {
	file        string
	least, most uint64
}

func (l *lifetime) run(ctx context.Context, tr *harness.Trial, n int) (err error) {
	oracle.Tune(2 + l.life%5) // which make many checkpoints
	o := oracle.Options(1)
	o.Durability = kuzzlite.Relaxed // syncs are not the matter here
	if l.store, err = kuzzlite.Open(filepath.Join(l.dir, oracle.StoreName), o); err != nil {
		return err
	}
	defer l.store.Close()
	if err := oracle.PrepareUnique(ctx, l.store); err != nil {
		return err
	}
	work, stop := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	for w := range oracle.Callers {
		wg.Go(func() { stop(l.write(work, w)) })
	}
	wg.Go(func() { stop(l.compact(work)) })
	wg.Go(func() { stop(l.tend(work, rand.New(rand.NewPCG(l.seed, uint64(l.life)<<1)))) })
	for i := 0; i < n && work.Err() == nil; i++ {
		if err := l.take(work, tr, i); err != nil {
			stop(err)
		}
	}
	stop(nil)
	wg.Wait()
	if err := context.Cause(work); !errors.Is(err, context.Canceled) {
		return err
	}
	tr.Note(checkpoints, int(l.checkpoints(ctx)))
	return cmp.Or(ctx.Err(), l.verify(ctx, tr))
}

const checkpoints = "checkpoints meanwhile"

// write calls until ctx ends. The calls themselves do not end with it: the oracle wants whole ones.
func (l *lifetime) write(ctx context.Context, caller int) error {
	for n := 1; ctx.Err() == nil; n++ {
		if _, _, err := oracle.NewCall(l.seed, oracle.Tag{Round: l.life, Caller: caller, N: n}).Run(l.store); err != nil {
			return err
		}
	}
	return nil
}

func (l *lifetime) compact(ctx context.Context) error {
	for ctx.Err() == nil {
		l.compacting.Store(true)
		_, err := l.store.Compact(context.WithoutCancel(ctx))
		l.compacting.Store(false)
		if err != nil {
			return err
		}
		for since := l.store.Sequence(); ctx.Err() == nil && l.store.Sequence() < since+200; {
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}

// tend makes field indexes and drops them, until ctx ends.
func (l *lifetime) tend(ctx context.Context, r *rand.Rand) error {
	for ctx.Err() == nil {
		if err := oracle.TendFieldIndex(context.WithoutCancel(ctx), l.store, r, r.IntN(4) == 0); err != nil {
			return err
		}
		for since := l.store.Sequence(); ctx.Err() == nil && l.store.Sequence() < since+100; {
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}

// take takes a backup in one of the ways.
func (l *lifetime) take(ctx context.Context, tr *harness.Trial, n int) error {
	t := taken{file: filepath.Join(l.dir, fmt.Sprint(oracle.BackupStart, n)), least: l.store.Sequence()}
	compacts, before := l.compacting.Load(), l.checkpoints(ctx)
	var err error
	how := [...]string{"by BackupFile", "by Backup", "by Backup to a slow writer"}[l.random.IntN(3)]
	if how == "by BackupFile" {
		_, err = l.store.BackupFile(context.WithoutCancel(ctx), t.file)
	} else {
		err = l.stream(context.WithoutCancel(ctx), t.file, how == "by Backup to a slow writer")
	}
	if err != nil {
		return err
	}
	t.most = l.store.Sequence()
	tr.Note("backups "+how, 1)
	if t.most > t.least {
		tr.Note("backups in which calls were committed meanwhile", 1)
	}
	if compacts || l.compacting.Load() {
		tr.Note("backups during Compact", 1)
	}
	if l.checkpoints(ctx) > before {
		tr.Note("backups during which a checkpoint ended", 1)
	}
	l.list = append(l.list, t)
	return nil
}

// checkpoints is how many have ended.
func (l *lifetime) checkpoints(ctx context.Context) uint64 {
	st, err := l.store.Stats(ctx)
	if err != nil {
		return 0
	}
	return st.Checkpoints
}

func (l *lifetime) stream(ctx context.Context, file string, slow bool) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	var w io.Writer = f
	if slow {
		w = &slowWriter{w: f, store: l.store}
	}
	n, err := l.store.Backup(ctx, w)
	if info, e := f.Stat(); err == nil && e == nil && info.Size() != n {
		err = fmt.Errorf("wrote %d bytes, says %d", info.Size(), n)
	}
	return errors.Join(err, f.Close())
}

// slowWriter waits with each of its first writes until the store has gone on, but not for ever: callers end.
type slowWriter struct {
	w     io.Writer
	store *kuzzlite.Store
	waits int
}

func (s *slowWriter) Write(b []byte) (n int, err error) {
	if s.waits++; s.waits <= 8 {
		since := s.store.Sequence()
		for tries := 0; s.store.Sequence() < since+30 && tries < 20; tries++ {
			time.Sleep(time.Millisecond)
		}
	}
	return s.w.Write(b)
}

// verify replays the feed of the store up to each backup in turn, and compares.
func (l *lifetime) verify(ctx context.Context, tr *harness.Trial) error {
	changes, err := oracle.ReadFeed(ctx, l.store, 0)
	if err != nil {
		return err
	}
	m := oracle.NewModel(l.seed)
	for _, t := range l.list {
		if changes, err = t.verify(ctx, m, changes, tr); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(t.file), err)
		}
		tr.Done++
	}
	_, _, err = m.Replay(changes)
	tr.Note("changes", int(m.Sequence))
	return errors.Join(err, m.Compare(ctx, l.store))
}

// verify compares a backup with the model, which it takes on to the backup's sequence. It returns the changes that
// follow.
func (t taken) verify(ctx context.Context, m *oracle.Model, changes []kuzzlite.Change,
	tr *harness.Trial) ([]kuzzlite.Change, error) {
	s, err := kuzzlite.Open(t.file, &kuzzlite.Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	n := s.Sequence()
	if n < t.least || n > t.most || n < m.Sequence {
		return nil, fmt.Errorf("has sequence %d; the store had %d before it and %d after", n, t.least, t.most)
	}
	now := int(n - m.Sequence)
	if _, _, err := m.Replay(changes[:now]); err != nil {
		return nil, err
	}
	if err := errors.Join(m.Compare(ctx, s), m.NoteQueries(ctx, s, tr), s.Close()); err != nil {
		return nil, err
	}
	return changes[now:], m.VerifyBackup(ctx, t.file, n)
}
